import { setTimeout as sleep } from 'node:timers/promises';
import { tokenOf } from '../../support/tokens';
import { Node } from '../node';
import { PlaceBook } from '../place';
import { Random } from '../random';
import { HostDatabase } from './host-database';
import { RaceConnection } from './race-connection';
import { RaceFigures } from './race-figures';
import { RaceNodeRole, channelOf } from './race-node';

const PATIENCE_MS = 60_000;

/** Within how many milliseconds the leave and the events are on their way. */
const AT_ONCE_MS = 3;

const EVENTS = 3;

/** How far the read replica is behind, in milliseconds: a user's is always the same. */
const LAGS_MS = [0, 5, 50, 1_500];

/** One in so many commits that come after the call is seconds late; the others are by milliseconds. */
const VERY_LATE = 50;

type Back = 'stays' | 'back while out' | 'back after the join';

/** What all races share. */
export interface Course {
  readonly nodes: readonly Node<RaceNodeRole>[];
  readonly database: HostDatabase;
  readonly places: PlaceBook;
  readonly figures: RaceFigures;
  readonly random: Random;
  /** @returns the number of an event that there was none of */
  nextEvent(): number;
}

/** A user who leaves his channel while others write to it, and joins it again, and again. */
export class Racer {
  private readonly id: string;
  private readonly lagMs: number;
  private readonly home: Node<RaceNodeRole>;
  /** One that is always there, and one that comes and goes. */
  private readonly steady: RaceConnection;
  private readonly fickle: RaceConnection;
  private readonly barred = new Set<number>();

  constructor(
    private readonly user: number,
    private readonly course: Course,
  ) {
    this.id = String(user);
    this.lagMs = LAGS_MS[user % LAGS_MS.length]!;
    this.home = course.random.pick(course.nodes);
    const token = tokenOf(this.id, {}, { expiresIn: '6h' });
    this.steady = new RaceConnection(token, user % 7 === 0);
    this.fickle = new RaceConnection(token, user % 5 === 0);
  }

  async open(): Promise<void> {
    await Promise.all([this.steady.open(this.home.port), this.fickle.open(this.home.port)]);
    // Before the log says so, the host's word alone has him in: a commit before the call could end that too early.
    await this.isIn(await this.rejoin(), 'stays');
  }

  /** One race: the log's order is to decide, whatever the host's database says, and whoever comes back meanwhile. */
  async race(): Promise<void> {
    const { random, nodes, figures } = this.course;
    const back = random.pick<Back>(['stays', 'stays', 'back while out', 'back after the join']);
    const isCommittedBefore = random.next() < 0.5;
    if (back !== 'stays') this.fickle.drop();
    if (isCommittedBefore) await this.commit(false);
    const [leaveOn, emitOn] = random.next() < 0.5 ? [0, 1] : [2, random.below(2)];
    const events = Array.from({ length: EVENTS }, () => this.course.nextEvent());
    const soon = () => random.next() * AT_ONCE_MS;
    const [left, cursors] = await Promise.all([
      nodes[leaveOn]!.ask(PATIENCE_MS, 'left', this.id, this.channel, soon()),
      Promise.all(
        events.map((event) => nodes[emitOn]!.ask(PATIENCE_MS, 'emit', event, this.channel, soon())),
      ),
      back === 'back while out' ? this.fickle.open(random.pick(nodes).port) : undefined,
    ]);
    await this.beOut(isCommittedBefore);
    const marker = await this.rejoin();
    const isIn = await this.isIn(marker, back);
    this.judge(left, events, cursors, back);
    figures.races += 1;
    figures.kind(back);
    figures.kind(`commit ${isCommittedBefore ? 'before' : 'after'} the call`);
    if (this.lagMs > 0) figures.kind('lagging replica');
    if (!isIn) figures.wrong('not let in again', `user ${this.id}, event ${marker}`);
  }

  /** What came later than its race was judged, and whatever broke off. */
  end(): void {
    for (const connection of [this.steady, this.fickle]) {
      const { figures } = this.course;
      this.lookForBarred(connection);
      for (let count = 0; count < connection.falls; count += 1)
        figures.wrong('connections that fell', this.id);
      for (let count = 0; count < connection.resyncs; count += 1)
        figures.wrong('RESYNC without a reason', this.id);
      connection.drop();
    }
  }

  private get channel(): number {
    return channelOf(this.user);
  }

  /** Others go on writing while the host's database, or its replica, may still say that the user is in. */
  private async beOut(isCommitted: boolean): Promise<void> {
    const { random, nodes } = this.course;
    const event = this.course.nextEvent();
    this.barred.add(event);
    await random.pick(nodes).ask(PATIENCE_MS, 'emit', event, this.channel, 0);
    if (isCommitted) return;
    const isVeryLate = random.below(VERY_LATE) === 0;
    await sleep(isVeryLate ? random.between(1_000, 3_000) : random.between(0, 20));
    await this.commit(false);
  }

  /** @returns an event of the channel after the join */
  private async rejoin(): Promise<number> {
    const { random, nodes } = this.course;
    await this.commit(true);
    await random.pick(nodes).ask(PATIENCE_MS, 'joined', this.id, this.channel);
    const marker = this.course.nextEvent();
    await random.pick(nodes).ask(PATIENCE_MS, 'emit', marker, this.channel, 0);
    return marker;
  }

  /** Everything before the marker has come when it has; who comes back now does so to a node that knows of the join. */
  private async isIn(marker: number, back: Back): Promise<boolean> {
    const isIn = await this.steady.get(marker, PATIENCE_MS);
    if (back === 'back after the join') await this.fickle.open(this.home.port);
    const missesIt = back === 'back after the join' && this.fickle.isPlain;
    return (missesIt || (await this.fickle.get(marker, PATIENCE_MS))) && isIn;
  }

  private judge(left: string, events: readonly number[], cursors: readonly string[], back: Back): void {
    const { figures, places } = this.course;
    const place = places.place(left);
    const before = events.filter((_, index) => places.place(cursors[index]!) < place);
    const mustHave = back === 'stays' || (back === 'back after the join' && !this.fickle.isPlain);
    for (const event of events) if (!before.includes(event)) this.barred.add(event);
    figures.before += before.length;
    figures.after += events.length - before.length;
    figures.barred += 2 * (events.length - before.length + 1);
    for (const connection of mustHave ? [this.steady, this.fickle] : [this.steady]) {
      figures.due += before.length;
      for (const event of before) {
        if (connection.received.has(event)) continue;
        figures.wrong('events before the leave that never came', `user ${this.id}, event ${event}, ${back}`);
      }
    }
  }

  private lookForBarred({ received }: RaceConnection): void {
    for (const event of this.barred) {
      if (received.has(event))
        this.course.figures.wrong('events after the leave', `user ${this.id}, event ${event}`);
    }
  }

  private commit(isIn: boolean): Promise<void> {
    return this.course.database.commit(this.id, isIn, this.lagMs);
  }
}
