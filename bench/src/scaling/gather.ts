/** The records a second up to which a node reads each at once. */
const AT_ONCE = 500;

/** For how long a node waits for more before it reads, at so many records a second, in milliseconds: as `RedisTail` does. */
export function gatherMs(perSecond: number): number {
  return perSecond < AT_ONCE ? 0 : Math.min(10, Math.ceil((perSecond / 1_000) * 2));
}

/** How often a node reads at so many records a second, a second. */
export function readsPerSecond(perSecond: number): number {
  const gather = gatherMs(perSecond);
  // The first record after a wait wakes it.
  return gather === 0 ? perSecond : 1_000 / (gather + 1_000 / perSecond);
}
