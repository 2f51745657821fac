import { Connection } from '../../src/hub/connection';
import { ConnectionRegistry } from '../../src/hub/connection-registry';
import { Hub } from '../../src/hub/hub';
import { LiveUsers } from '../../src/hub/live-users';
import { Place } from '../../src/hub/window';
import { Audience, toEveryone } from '../../src/log/audience';
import { Position } from '../../src/log/position';
import { EventRecord } from '../../src/log/records';
import { MembershipReader } from '../../src/memberships/membership-reader';
import { Close } from '../../src/protocol/close-codes';
import { Topic } from '../../src/protocol/topic';
import { FakeSocket } from '../support/fake-connection';
import { HUB_OPTIONS } from '../support/hub-options';
import { Client } from './client';
import { Expected, HEARTBEAT_MS, Model, TOPICS, USERS } from './model';
import { TickedLog } from './ticked-log';

const MOST_CALLS = 2;
const EXPIRED: Close = { name: 'unauthorized', reason: 'token expired' };

/** A call of the host's `topicsOf` that waits for the test. */
interface Call {
  readonly userId: string;
  readonly session: object;
  readonly askedAt: number;
  readonly resolve: (topics: Topic[]) => void;
  readonly reject: (error: Error) => void;
}

/** A connection as it is, beside what is expected of it. */
export interface Pair {
  readonly expected: Expected;
  readonly socket: FakeSocket;
  readonly connection: Connection;
  /** Who opened it, if he comes back with a cursor. */
  readonly client: Client | undefined;
  /** Whether the client knows that it is gone. */
  hasHungUp: boolean;
}

/** An upgrade whose guard is still at work. */
interface Upgrade {
  readonly userId: string;
  readonly place: Place;
  readonly at: number;
  readonly resume: string | undefined;
  readonly client: Client | undefined;
}

/** What the test looks at, inside of a hub. */
interface Inside {
  readonly window: {
    readonly places: Set<unknown>;
    readonly buffer: { dropUntil(place: Position): void };
    readonly index: { readonly byKey: Map<unknown, unknown> };
  };
  readonly memberships: { readonly index: { readonly members: Map<unknown, unknown> } };
  readonly handover: { readonly ahead: Set<unknown> };
}

/** The real hub, with a host, clients and a log that do what the test says. */
export class World {
  log = new TickedLog();
  calls: Call[] = [];
  readonly upgrades: Upgrade[] = [];
  readonly pairs: Pair[] = [];
  readonly clients: Client[] = [];
  readonly reports: string[] = [];
  private readonly tables = new Map<string, Topic[][]>(USERS.map((userId) => [userId, [[]]]));
  private users = new LiveUsers();
  private hub: Hub;
  private emitted = 0;

  constructor(readonly model: Model) {
    this.hub = this.makeHub();
  }

  async start(): Promise<void> {
    await this.hub.start();
    this.model.restart(this.hub.head.epoch);
  }

  async stop(): Promise<void> {
    this.hub.stop();
    await this.log.close();
  }

  /** The process is gone, and its log with it; another one takes its place. */
  async restart(): Promise<void> {
    for (const pair of this.open()) {
      this.hangUp(pair);
      this.hub.forget(pair.connection);
    }
    for (const call of this.calls) call.resolve([]);
    while (this.upgrades.length > 0) this.abandon(0);
    await this.stop();
    // An epoch is the millisecond in which it began.
    while (Date.now() <= this.model.epoch);
    this.log = new TickedLog();
    this.calls = [];
    this.users = new LiveUsers();
    this.hub = this.makeHub();
    await this.start();
  }

  open(): Pair[] {
    return this.pairs.filter(({ expected }) => !expected.closed);
  }

  emit(audience: Audience, type: string, subject: string, topic: Topic): void {
    this.emitted += 1;
    const json = JSON.stringify({ n: this.emitted });
    const event: EventRecord = { kind: 'event', type, json, audience, subject, topic, durable: true };
    this.log.add(event);
  }

  emitToAll(): void {
    this.emit(toEveryone(), 'MESSAGE', 'last', TOPICS[0]!);
  }

  hostWrites(userId: string, topics: Topic[]): void {
    this.tables.get(userId)!.push(topics);
  }

  upgrade(userId: string, client?: Client, resume?: string): void {
    client?.connecting();
    const place = this.hub.takePlace();
    this.upgrades.push({ userId, place, at: this.model.head, resume, client });
  }

  abandon(index: number): void {
    const [{ place, client }] = this.upgrades.splice(index, 1) as [Upgrade];
    this.hub.release(place);
    client?.hangUp([], 0, false);
  }

  async register(index: number): Promise<void> {
    const { userId, place, at, resume, client } = this.upgrades.splice(index, 1)[0]!;
    const socket = new FakeSocket();
    const expected = this.model.register(userId, at, resume);
    const connection = this.hub.register(socket, { userId }, place, resume);
    this.pairs.push({ expected, socket, connection, client, hasHungUp: false });
    await this.promises();
  }

  /** The client is gone, and the server does not know yet; of what was written so much has come through. */
  hangUp(pair: Pair, share = 1, hasFetched = true): void {
    if (pair.hasHungUp) return;
    pair.hasHungUp = true;
    pair.client?.hangUp(pair.socket.texts, share, hasFetched);
  }

  /** The socket is gone; of what was written so much has come through. */
  async disconnect(pair: Pair, share = 1, hasFetched = true): Promise<void> {
    this.hangUp(pair, share, hasFetched);
    this.hub.forget(pair.connection);
    this.model.close(pair.expected, 'left');
    await this.promises();
  }

  async expire(pair: Pair): Promise<void> {
    this.hub.close(pair.connection, EXPIRED);
    this.model.close(pair.expected, 'expired');
    await this.promises();
  }

  beat(pair: Pair): void {
    this.hub.beat(pair.connection);
    this.hub.flush();
    this.model.beat(pair.expected);
  }

  trim(): void {
    this.inside.window.buffer.dropUntil(this.hub.head);
    this.model.trim();
  }

  async tick(count: number): Promise<void> {
    this.model.apply(await this.log.tick(count));
    await this.promises();
    this.listen();
  }

  /** @param lag how many of the host's last writes the answer does not know of; undefined: the host fails */
  async answer(index: number, lag: number | undefined): Promise<void> {
    const [call] = this.calls.splice(index, 1) as [Call];
    const versions = this.tables.get(call.userId)!;
    const answer = lag === undefined ? undefined : versions[Math.max(0, versions.length - 1 - lag)]!;
    if (answer) call.resolve(answer);
    else call.reject(new Error('no database'));
    this.model.answered(call, answer, this.log.length);
    await this.promises();
    this.listen();
  }

  /** What must be held for somebody, or for nobody. */
  get held(): number {
    const { window, memberships, handover } = this.inside;
    const index = memberships.index.members.size;
    return window.places.size + index + handover.ahead.size + this.users.connectionCount;
  }

  get inside(): Inside {
    return this.hub as unknown as Inside;
  }

  /** Clients whose connections the server has closed have got everything that was written before. */
  private listen(): void {
    for (const pair of this.pairs) if (pair.expected.closed) this.hangUp(pair);
  }

  private makeHub(): Hub {
    const report = (line: string, error?: unknown) => void this.reports.push(`${line}: ${String(error)}`);
    const { users, log } = this;
    const source = { topicsOf: (userId: string) => this.topicsOf(userId, log) };
    const reader = new MembershipReader(source, { concurrency: MOST_CALLS, timeoutMs: 60_000 });
    const options = { ...HUB_OPTIONS, heartbeatMs: HEARTBEAT_MS, refreshPerSecond: () => Infinity };
    return new Hub(log, users, new ConnectionRegistry(users, report), reader, options, report);
  }

  private topicsOf(userId: string, log: TickedLog): Promise<Topic[]> {
    // A process that is gone asks nobody.
    if (log !== this.log) return new Promise(() => undefined);
    const session = this.model.sessions.get(userId)!;
    if (this.calls.some((call) => call.session === session))
      throw new Error('two calls for one user at once');
    if (this.calls.length >= MOST_CALLS) throw new Error('too many calls at once');
    return new Promise((resolve, reject) => {
      this.calls.push({ userId, session, askedAt: this.hub.head.seq, resolve, reject });
    });
  }

  /** Lets the promises of an answer run out, and nothing else. */
  private async promises(): Promise<void> {
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  }
}
