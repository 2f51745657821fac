import { toEveryone } from '../log/audience';
import { LogRecord, RefreshRecord } from '../log/records';
import { RefreshMemory } from './refresh-memory';

function refresh(seq: number, at: number): LogRecord<RefreshRecord> {
  const body: RefreshRecord = {
    kind: 'refresh',
    what: 'UPDATE_STATUS',
    audience: toEveryone(),
    durable: true,
  };
  return { position: { epoch: 1, seq }, at, body };
}

const place = (seq: number) => ({ epoch: 1, seq });

describe('RefreshMemory', () => {
  it('has those whose spread had not ended at a time, and which lie before the place', () => {
    const memory = new RefreshMemory(1_000);
    const [short, long, later] = [refresh(1, 100), refresh(2, 100), refresh(9, 100)] as const;
    memory.add(short, 50);
    memory.add(long, 500);
    memory.add(later, 500);
    expect(memory.underWayAt(place(5), 149)).toEqual([short, long]);
    expect(memory.underWayAt(place(5), 150)).toEqual([long]);
    expect(memory.underWayAt(place(9), 599)).toEqual([long, later]);
    expect(memory.underWayAt(place(9), 600)).toEqual([]);
    expect(memory.underWayAt(place(1), 0)).toEqual([short]);
  });

  it('does not remember what all got at once', () => {
    const memory = new RefreshMemory(1_000);
    memory.add(refresh(1, 100), 0);
    expect(memory.underWayAt(place(5), 0)).toEqual([]);
  });

  it('forgets what nobody can come back from before', () => {
    const memory = new RefreshMemory(1_000);
    memory.add(refresh(1, 100), 50);
    memory.prune(1_149);
    expect(memory.underWayAt(place(5), 0)).toHaveLength(1);
    memory.prune(1_150);
    expect(memory.underWayAt(place(5), 0)).toHaveLength(0);
  });

  it('says so when it had to forget too many', () => {
    const memory = new RefreshMemory(1_000);
    for (let seq = 1; seq <= 1_001; seq += 1) memory.add(refresh(seq, seq), 100);
    expect(memory.underWayAt(place(2_000), 100)).toBeUndefined();
    expect(memory.underWayAt(place(2_000), 101)).toHaveLength(1_000);
  });
});
