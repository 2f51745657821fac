import { LogRecord } from '../log/records';

/**
 * What of a replay is not overtaken by what comes later in it: of several edits of a message the last, of a deleted one
 * its deletion. To be applied to what one user may see: another's edit must not stand for one that he got.
 */
export function compact(records: readonly LogRecord[]): LogRecord[] {
  const overtaking = new Map<string, string>();
  return records.toReversed().filter(isNotOvertaken).reverse();

  function isNotOvertaken({ body }: LogRecord): boolean {
    if (body.kind !== 'event' || body.subject === undefined) return true;
    const key = `${body.topic?.length}:${body.topic}${body.subject}`;
    const later = overtaking.get(key);
    if (later === 'DELETE_MESSAGE' || (later === 'EDIT_MESSAGE' && body.type === 'EDIT_MESSAGE'))
      return false;
    if (body.type !== 'MESSAGE') overtaking.set(key, body.type);
    return true;
  }
}
