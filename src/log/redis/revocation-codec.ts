import { RevocationRecord } from '../records';

/** A revocation as a member of a sorted set, whose score is its end: the same one twice is the same member. */
export function encodeRevocation(revocation: RevocationRecord): string {
  return JSON.stringify(
    'tokenId' in revocation
      ? { tokenId: revocation.tokenId }
      : { userId: revocation.userId, issuedBefore: revocation.issuedBefore },
  );
}

/** Members and scores in turn. What is none of ours is left out. */
export function decodeRevocations(entries: readonly string[]): RevocationRecord[] {
  const found: RevocationRecord[] = [];
  for (let index = 0; index + 1 < entries.length; index += 2) {
    const revocation = decode(entries[index]!, Number(entries[index + 1]));
    if (revocation) found.push(revocation);
  }
  return found;
}

function decode(member: string, until: number): RevocationRecord | undefined {
  const { tokenId, userId, issuedBefore } = parse(member);
  if (typeof tokenId === 'string') return { kind: 'revocation', tokenId, until, durable: true };
  if (typeof userId !== 'string' || typeof issuedBefore !== 'number') return undefined;
  return { kind: 'revocation', userId, issuedBefore, until, durable: true };
}

function parse(member: string): Record<string, unknown> {
  try {
    return (JSON.parse(member) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}
