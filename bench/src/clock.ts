/** Milliseconds on the system's monotonic clock, which is the same for all its processes. */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
