/** For how long a node waits for more before it reads, at so many records a second, in milliseconds: as `Gathering` does. */
export function gatherMs(perSecond: number, nodes: number): number {
  const from = Math.max(500, Math.min(15_000 / nodes, 1_500));
  return perSecond < from ? 0 : Math.min(10, Math.ceil((perSecond / 1_000) * 2));
}

/** How often a node reads at so many records a second, a second. */
export function readsPerSecond(perSecond: number, nodes: number): number {
  const gather = gatherMs(perSecond, nodes);
  // The first record after a wait wakes it.
  return gather === 0 ? perSecond : 1_000 / (gather + 1_000 / perSecond);
}
