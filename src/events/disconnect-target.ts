import { MAX_ID_LENGTH, isId } from '../protocol/id';
import { DisconnectRecord, RevocationRecord } from '../log/records';

/** How long a revocation lasts when the host does not say, in milliseconds: 30 days. */
const DEFAULT_REVOCATION_MS = 30 * 24 * 60 * 60 * 1_000;

/**
 * Whose connections are closed, with 3000. `{ userId }` kicks: a valid token may return. `{ tokenId }` (the `jti`
 * claim) and `{ userId, issuedBefore }` (the `iat` claim) revoke: such tokens are refused until `until`, which
 * should not lie before their `exp`; the default is 30 days from now.
 */
export type DisconnectTarget =
  | { readonly userId: string; readonly issuedBefore?: undefined }
  | { readonly tokenId: string; readonly until?: Date }
  | { readonly userId: string; readonly issuedBefore: Date; readonly until?: Date };

/** @throws TypeError when the target is none */
export function disconnectRecord(target: DisconnectTarget): DisconnectRecord | RevocationRecord {
  const { userId, tokenId, issuedBefore, until } = (target ?? {}) as Partial<Record<string, unknown>>;
  const end = until === undefined ? Date.now() + DEFAULT_REVOCATION_MS : timeOf(until);
  if (isId(tokenId) && userId === undefined && issuedBefore === undefined && end !== undefined) {
    return { kind: 'revocation', tokenId, until: end, durable: true };
  }
  if (isId(userId) && tokenId === undefined && issuedBefore === undefined && until === undefined) {
    return { kind: 'disconnect', userId, durable: true };
  }
  const before = timeOf(issuedBefore);
  if (isId(userId) && tokenId === undefined && before !== undefined && end !== undefined) {
    return { kind: 'revocation', userId, issuedBefore: before, until: end, durable: true };
  }
  throw new TypeError(
    'disconnect() needs { userId }, { tokenId, until? } or { userId, issuedBefore, until? }, the ids as strings ' +
      `of 1 to ${MAX_ID_LENGTH} characters, issuedBefore and until as Dates`,
  );
}

function timeOf(value: unknown): number | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.getTime() : undefined;
}
