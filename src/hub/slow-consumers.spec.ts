import { FakeSocket, fakeConnection } from '../../test/support/fake-connection';
import { Connection } from './connection';
import { SlowConsumers } from './slow-consumers';

const MAX_BYTES = 1_000;
const MAX_MS = 4_000;

describe('SlowConsumers', () => {
  let slow: SlowConsumers;
  let tooSlow: Connection[];
  let caughtUp: Connection[];
  let socket: FakeSocket;
  let connection: Connection;

  beforeEach(() => {
    jest.useFakeTimers();
    tooSlow = [];
    caughtUp = [];
    slow = new SlowConsumers(
      { maxBytes: MAX_BYTES, maxMs: MAX_MS },
      (each) => {
        tooSlow.push(each);
        slow.forget(each);
      },
      (each) => caughtUp.push(each),
    );
    socket = new FakeSocket();
    socket.isStuck = true;
    connection = fakeConnection('ann', socket);
  });

  afterEach(() => {
    slow.close();
    jest.useRealTimers();
  });

  function write(bytes: number): void {
    socket.write(Buffer.alloc(bytes));
    slow.look(connection);
  }

  it('takes no notice of one whose every byte is with the kernel', () => {
    socket.isStuck = false;
    write(MAX_BYTES * 10);
    jest.advanceTimersByTime(MAX_MS * 10);
    expect(slow.isBehind(connection)).toBe(false);
    expect([tooSlow, caughtUp]).toEqual([[], []]);
  });

  it('bears the bound, and says at once who is over it', () => {
    write(MAX_BYTES);
    expect(tooSlow).toEqual([]);
    write(1);
    expect(tooSlow).toEqual([connection]);
  });

  it('bears a connection for so long without progress, and no longer', () => {
    write(100);
    jest.advanceTimersByTime(MAX_MS);
    expect(tooSlow).toEqual([]);
    jest.advanceTimersByTime(1_000);
    expect(tooSlow).toEqual([connection]);
    expect(slow.isBehind(connection)).toBe(false);
  });

  it('bears one for ever that goes on reading, however far behind', () => {
    write(500);
    for (let second = 0; second < 60; second += 1) {
      socket.take(150);
      write(150);
      jest.advanceTimersByTime(1_000);
      expect(socket.pendingBytes).toBe(500);
    }
    expect(tooSlow).toEqual([]);
  });

  it('does not bear one that reads, but not what is old enough', () => {
    write(900);
    for (let second = 0; second < 9; second += 1) {
      jest.advanceTimersByTime(1_000);
      socket.take(10);
    }
    expect(tooSlow).toEqual([connection]);
  });

  it('does not take the bytes that came later for those that it waits for', () => {
    write(500);
    for (let second = 0; second < 5 && tooSlow.length === 0; second += 1) {
      socket.take(60);
      write(60);
      jest.advanceTimersByTime(1_000);
    }
    expect(tooSlow).toEqual([connection]);
  });

  it('says who has caught up, once', () => {
    write(100);
    expect(slow.isBehind(connection)).toBe(true);
    socket.take();
    jest.advanceTimersByTime(5_000);
    expect(slow.isBehind(connection)).toBe(false);
    expect(caughtUp).toEqual([connection]);
    expect(tooSlow).toEqual([]);
  });

  it('gives one that has caught up its whole time again', () => {
    write(100);
    jest.advanceTimersByTime(3_000);
    socket.take();
    jest.advanceTimersByTime(1_000);
    write(100);
    jest.advanceTimersByTime(4_000);
    expect(tooSlow).toEqual([]);
  });

  it('knows who is half way', () => {
    write(500);
    expect(slow.isHalfFull(connection)).toBe(false);
    write(1);
    expect(slow.isHalfFull(connection)).toBe(true);
  });

  it('forgets one that is gone', () => {
    write(100);
    slow.forget(connection);
    const seen: Connection[] = [];
    slow.forEach((each) => seen.push(each));
    jest.advanceTimersByTime(MAX_MS * 3);
    expect([seen, tooSlow, caughtUp]).toEqual([[], [], []]);
  });

  it('looks no more once it is closed, and can be closed twice', () => {
    write(100);
    slow.close();
    slow.close();
    jest.advanceTimersByTime(MAX_MS * 3);
    expect(tooSlow).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('bears that those it closes go while it looks', () => {
    const others = [1, 2, 3].map(() => {
      const stuck = new FakeSocket();
      stuck.isStuck = true;
      const other = fakeConnection('bob', stuck);
      stuck.write(Buffer.alloc(10));
      slow.look(other);
      return other;
    });
    jest.advanceTimersByTime(MAX_MS + 1_000);
    expect(tooSlow).toEqual(others);
  });
});
