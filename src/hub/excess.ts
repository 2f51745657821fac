import { Close } from '../protocol/close-codes';

/** What the oldest connection is told of a user who has too many. */
export const REPLACED: Close = { name: 'replaced', reason: 'too many connections of this user' };
