import { Revocations } from './revocations';

const durable = true;
const kind = 'revocation' as const;

describe('Revocations', () => {
  it('cover a token by its id until their time is over', () => {
    const revocations = new Revocations();
    revocations.add({ kind, durable, tokenId: 't1', until: 1_000 });
    expect(revocations.covers({ userId: 'ann', tokenId: 't1' }, 999)).toBe(true);
    expect(revocations.covers({ userId: 'ann', tokenId: 't1' }, 1_000)).toBe(false);
    expect(revocations.covers({ userId: 'ann', tokenId: 't2' }, 0)).toBe(false);
    expect(revocations.covers({ userId: 'ann' }, 0)).toBe(false);
  });

  it('are not cut short by a second one of the same token', () => {
    const revocations = new Revocations();
    revocations.add({ kind, durable, tokenId: 't1', until: 1_000 });
    revocations.add({ kind, durable, tokenId: 't1', until: 500 });
    expect(revocations.covers({ userId: 'ann', tokenId: 't1' }, 700)).toBe(true);
    revocations.add({ kind, durable, tokenId: 't1', until: 2_000 });
    expect(revocations.covers({ userId: 'ann', tokenId: 't1' }, 1_500)).toBe(true);
  });

  it('cover a user’s tokens that were issued before, and those that do not say when', () => {
    const revocations = new Revocations();
    revocations.add({ kind, durable, userId: 'ann', issuedBefore: 100, until: 1_000 });
    expect(revocations.covers({ userId: 'ann', issuedAt: 99 }, 0)).toBe(true);
    expect(revocations.covers({ userId: 'ann', issuedAt: 100 }, 0)).toBe(false);
    expect(revocations.covers({ userId: 'ann' }, 0)).toBe(true);
    expect(revocations.covers({ userId: 'bob', issuedAt: 99 }, 0)).toBe(false);
    expect(revocations.covers({ userId: 'ann', issuedAt: 99 }, 1_000)).toBe(false);
  });

  it('hold each for itself when a user has several', () => {
    const revocations = new Revocations();
    revocations.add({ kind, durable, userId: 'ann', issuedBefore: 100, until: 1_000 });
    revocations.add({ kind, durable, userId: 'ann', issuedBefore: 200, until: 500 });
    expect(revocations.covers({ userId: 'ann', issuedAt: 150 }, 0)).toBe(true);
    expect(revocations.covers({ userId: 'ann', issuedAt: 150 }, 600)).toBe(false);
    expect(revocations.covers({ userId: 'ann', issuedAt: 50 }, 600)).toBe(true);
  });

  it('do not take a token’s id for a user’s', () => {
    const revocations = new Revocations();
    revocations.add({ kind, durable, tokenId: 'ann', until: 1_000 });
    expect(revocations.covers({ userId: 'ann', issuedAt: 0 }, 0)).toBe(false);
  });

  it('are forgotten when their time is over, and only then', () => {
    const revocations = new Revocations();
    revocations.add({ kind, durable, tokenId: 't1', until: 100 });
    revocations.add({ kind, durable, tokenId: 't2', until: 200 });
    revocations.add({ kind, durable, userId: 'ann', issuedBefore: 10, until: 100 });
    revocations.add({ kind, durable, userId: 'ann', issuedBefore: 5, until: 200 });
    revocations.prune(100);
    expect(revocations.covers({ userId: 'ann', issuedAt: 7 }, 0)).toBe(false);
    expect(revocations.covers({ userId: 'ann', issuedAt: 4 }, 0)).toBe(true);
    expect(revocations.covers({ userId: 'bob', tokenId: 't1' }, 0)).toBe(false);
    expect(revocations.covers({ userId: 'bob', tokenId: 't2' }, 0)).toBe(true);
    revocations.prune(200);
    expect(revocations['untilByToken'].size + revocations['byUser'].size).toBe(0);
  });
});
