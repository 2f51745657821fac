import { answer } from '../../bench/src/answer';
import { tokenOf } from '../support/tokens';
import { Client } from './client';
import { PlaceBook } from './place';
import { Random } from './random';
import { ClientsRole } from './roles';
import { readSettings } from './settings';
import { Topology } from './topology';

const { seed, clients } = readSettings();
const topology = new Topology(clients);

/** How often it is looked who is silent and who leaves, in milliseconds. */
const TICK_MS = 250;

/** How many of a hundred leave by themselves in a minute. */
const LEAVING = 60;

/** All the clients, in a process of their own. */
class Clients implements ClientsRole {
  private readonly places = new PlaceBook();
  private readonly random = new Random(seed, 'clients');
  private all: Client[] = [];
  private isCalm = false;

  open(ports: readonly number[]): void {
    for (let index = 0; index < clients; index += 1) {
      const token = tokenOf(String(index), {}, { expiresIn: '6h' });
      const isPlain = topology.isPlain(index);
      const client = new Client(`/ws?token=${token}`, isPlain, ports, this.places, this.random);
      this.all.push(client);
      setTimeout(() => client.open(), this.random.between(0, 2_000));
    }
    setInterval(() => this.tick(), TICK_MS);
  }

  connected(): number {
    return this.all.filter((client) => client.isConnected).length;
  }

  calm(): void {
    this.isCalm = true;
  }

  lacking(event: number): number {
    const has = (client: Client, topic: number) => (client.newest.get(topic) ?? -1) >= event;
    return this.all.filter((client, index) => !topology.topicsOf(index).every((topic) => has(client, topic)))
      .length;
  }

  epochs(): number[] {
    return this.places.epochs;
  }

  journals(first: number, count: number): string[] {
    return this.all.slice(first, first + count).map(({ journal }) => journal.pack());
  }

  private tick(): void {
    const now = performance.now();
    for (const client of this.all) client.look(now);
    if (this.isCalm) return;
    const leaving = (clients * LEAVING * TICK_MS) / 6_000_000;
    for (let left = leaving; left > 0; left -= 1) {
      if (this.random.next() < left) this.random.pick(this.all).leave();
    }
  }
}

answer(new Clients());
