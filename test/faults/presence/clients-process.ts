import { answer } from '../../../bench/src/answer';
import { Random } from '../random';
import { Absence, Seat } from './seat';
import { ClientsRole, Stay } from './roles';
import { readSettings } from './settings';

const { seed, users } = readSettings();

/** How often it is looked who leaves by himself, in milliseconds. */
const TICK_MS = 250;

/** How many of a hundred connections are closed by their clients in a minute. */
const LEAVING = 15;

/** All the clients, in a process of their own. */
class Clients implements ClientsRole {
  private readonly random = new Random(seed, 'presence clients');
  private readonly seats = new Set<Seat>();
  private readonly journal: Stay[] = [];
  private ports: readonly number[] = [];
  private usable: readonly number[] = [];
  private nextUser = 0;
  private isCalm = true;
  private isOver = false;

  open(ports: readonly number[]): void {
    this.ports = ports;
    this.usable = ports.map((_, node) => node);
    for (let user = 0; user < users; user += 1) this.addUser(this.random.between(0, 2_000));
    setInterval(() => this.tick(), TICK_MS);
  }

  use(nodes: readonly number[]): void {
    this.usable = nodes;
  }

  population(): number {
    return this.nextUser;
  }

  stir(): void {
    this.isCalm = false;
  }

  calm(): void {
    this.isCalm = true;
    for (const seat of this.seats) if (!seat.isTaken) seat.comeIn(this.random.between(0, 1_000));
  }

  missing(): number {
    return [...this.seats].filter(({ isOpen }) => !isOpen).length;
  }

  leave(): void {
    this.isOver = true;
    for (const seat of this.seats) seat.leave();
  }

  stays(): Stay[] {
    return this.journal;
  }

  /** Most have one connection, some two or three, each on another node. */
  private addUser(inMs: number): void {
    const user = this.nextUser++;
    const connections = this.random.pick([1, 1, 1, 1, 1, 1, 1, 2, 2, 3]);
    const siblings: Seat[] = [];
    for (let index = 0; index < connections; index += 1) {
      const seat = new Seat(user, siblings, this.journal, {
        pick: (taken) => this.pick(taken),
        onLost: () => this.onLost(seat),
      });
      siblings.push(seat);
      this.seats.add(seat);
      seat.comeIn(inMs);
    }
  }

  private pick(taken: ReadonlySet<number>): { node: number; port: number } {
    const free = this.usable.filter((node) => !taken.has(node));
    const node = this.random.pick(free.length > 0 ? free : this.usable);
    return { node, port: this.ports[node]! };
  }

  private onLost(seat: Seat): void {
    if (this.isOver) return;
    if (this.isCalm) return seat.comeIn(this.random.between(0, 1_000));
    const absence = this.absence();
    if (absence.kind === 'for a while' || !seat.isAlone) return seat.comeIn(absence.ms);
    this.seats.delete(seat);
    this.addUser(absence.ms);
  }

  /** Within the grace, after it, at about the end of a lease, much later, or never: then it is somebody else. */
  private absence(): Absence {
    const { random } = this;
    const draw = random.next();
    if (draw < 0.35) return { kind: 'for a while', ms: random.between(0, 1_500) };
    if (draw < 0.5) return { kind: 'for a while', ms: random.between(4_000, 8_000) };
    if (draw < 0.6) return { kind: 'for a while', ms: random.between(8_000, 22_000) };
    if (draw < 0.85) return { kind: 'for a while', ms: random.between(40_000, 60_000) };
    return { kind: 'for ever', ms: random.between(2_000, 20_000) };
  }

  private tick(): void {
    if (this.isCalm) return;
    const leaving = (this.seats.size * LEAVING * TICK_MS) / 6_000_000;
    if (this.random.next() < leaving) this.random.pick([...this.seats]).close();
  }
}

answer(new Clients());
