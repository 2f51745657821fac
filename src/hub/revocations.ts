import { RevocationRecord } from '../log/records';
import { Principal } from './principal';

/** The tokens that do not count any more. */
export class Revocations {
  private readonly untilByToken = new Map<string, number>();
  private readonly byUser = new Map<string, { readonly issuedBefore: number; readonly until: number }[]>();

  add(record: RevocationRecord): void {
    if ('tokenId' in record) {
      const until = Math.max(record.until, this.untilByToken.get(record.tokenId) ?? 0);
      this.untilByToken.set(record.tokenId, until);
    } else {
      const { issuedBefore, until } = record;
      this.byUser.set(record.userId, [...(this.byUser.get(record.userId) ?? []), { issuedBefore, until }]);
    }
  }

  /** Whether a token is revoked. One that does not say when it was issued counts as issued before. */
  covers({ userId, tokenId, issuedAt }: Principal, now: number): boolean {
    if (tokenId !== undefined && (this.untilByToken.get(tokenId) ?? 0) > now) return true;
    const entries = this.byUser.get(userId) ?? [];
    return entries.some(
      (entry) => entry.until > now && (issuedAt === undefined || issuedAt < entry.issuedBefore),
    );
  }

  /** Forgets what has had its time. */
  prune(now: number): void {
    for (const [tokenId, until] of this.untilByToken) if (until <= now) this.untilByToken.delete(tokenId);
    for (const [userId, entries] of this.byUser) {
      const kept = entries.filter((entry) => entry.until > now);
      if (kept.length === 0) this.byUser.delete(userId);
      else if (kept.length < entries.length) this.byUser.set(userId, kept);
    }
  }
}
