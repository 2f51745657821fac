import { NewRecord } from './records';

/** What a record costs beside its text and its users, roughly, in bytes. */
const OVERHEAD_BYTES = 256;

/** What an id in a list costs, roughly, in bytes. */
const ID_BYTES = 64;

/** What a record takes in memory, roughly and rather too much, in bytes: what bounds are counted in. */
export function weightOf(body: NewRecord): number {
  const text = 'json' in body ? body.json.length * 2 : 0;
  const listed = 'userIds' in body ? body.userIds.length : 'serials' in body ? body.serials.length : 0;
  return OVERHEAD_BYTES + text + (listed + usersOfAudience(body)) * ID_BYTES;
}

function usersOfAudience(body: NewRecord): number {
  if (!('audience' in body)) return 0;
  const { target, excepted } = body.audience;
  return excepted.size + (target.kind === 'users' ? target.userIds.length : 0);
}
