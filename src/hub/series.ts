import { LogRecord } from '../log/records';

/**
 * Cuts a batch into series: neighbouring events for one audience together, everything else alone. Between the events
 * of a series nothing happens that could change who gets them.
 */
export function seriesOf(records: readonly LogRecord[]): LogRecord[][] {
  const all: LogRecord[][] = [];
  let series: LogRecord[] = [];
  for (const record of records) {
    if (series.length > 0 && haveOneAudience(series[0]!, record)) {
      series.push(record);
    } else {
      series = [record];
      all.push(series);
    }
  }
  return all;
}

function haveOneAudience({ body: first }: LogRecord, { body: next }: LogRecord): boolean {
  if (first.kind !== 'event' || next.kind !== 'event') return false;
  if (first.audience === next.audience) return true;
  if (first.audience.excepted.size > 0 || next.audience.excepted.size > 0) return false;
  const [a, b] = [first.audience.target, next.audience.target];
  if (a.kind === 'topic' && b.kind === 'topic') return a.topic === b.topic;
  return a.kind === 'everyone' && b.kind === 'everyone';
}
