import { Child } from '../../bench/src/child';
import { Audit } from './audit';
import { Emissions } from './emitter';
import { Expected } from './expected';
import { EventFacts } from './facts';
import { Figures } from './figures';
import { readJournal } from './journal';
import { Lives } from './lives';
import { PlaceOrder } from './place';
import { PlainReading } from './plain-reading';
import { ResumableReading } from './resumable-reading';
import { ClientsRole } from './roles';
import { Topology, topicOfEvent } from './topology';

const PATIENCE_MS = 60_000;
const PAGE = 20;

/** All that is known when a run is over. */
export interface Evidence {
  readonly events: number;
  readonly topology: Topology;
  readonly emissions: Emissions;
  readonly audit: Audit;
  readonly lives: Lives;
  readonly clients: Child<ClientsRole>;
}

/** Judges a run. */
export async function judge(evidence: Evidence): Promise<Figures> {
  const { events, topology, emissions, audit, lives, clients } = evidence;
  const figures = new Figures();
  const epochs = await clients.ask(PATIENCE_MS, 'epochs');
  const order = new PlaceOrder([epochs, emissions.places.epochs, audit.places.epochs]);
  const topicOf = (event: number) => topicOfEvent(event, events, topology.topics);
  const facts = new EventFacts(emissions, order, lives, topicOf);
  const expected = new Expected(topology);
  for (const [event] of emissions.accepted()) expected.add(topicOf(event), facts.placeOf(event));
  const translate = order.of(epochs);
  for (let first = 0; first < topology.clients; first += PAGE) {
    const journals = await clients.ask(PATIENCE_MS, 'journals', first, PAGE);
    journals.forEach((journal, offset) => {
      const client = first + offset;
      const name = `client ${client}`;
      const reading = topology.isPlain(client)
        ? new PlainReading(name, expected.of(client), facts, figures)
        : new ResumableReading(name, expected.of(client), facts, figures);
      readJournal(journal, (step, value, place) => reading.read(step, value, translate(place)));
      reading.end();
    });
  }
  judgeLog(evidence, order, facts, figures);
  return figures;
}

/** Each accepted event is in the log once. */
function judgeLog(
  { emissions, audit, lives }: Evidence,
  order: PlaceOrder,
  facts: EventFacts,
  figures: Figures,
): void {
  const translate = order.of(audit.places.epochs);
  for (const [event, places] of audit.entries) {
    for (const place of places) facts.claim(translate(place), event, 'the log', figures);
    const [first, ...others] = places.map(translate);
    const twice = others.filter((other) => !facts.mayBeTwice(first!, other)).length;
    figures.wrong('log: entries twice', twice, `event ${event}`);
  }
  for (const [event] of emissions.accepted()) {
    facts.claim(facts.placeOf(event), event, 'emit', figures);
    if (audit.entries.has(event)) continue;
    const place = facts.placeOf(event);
    if (lives.hasLostBetween(facts.epochOf(place), Number.POSITIVE_INFINITY)) continue;
    figures.wrong('log: accepted without an entry', 1, `event ${event} at ${facts.text(place)}`);
  }
  figures.wrong('log: emptied or trimmed too early', audit.emptied.length, audit.emptied[0] ?? '');
  figures.wrong('log: epochs without a cause', order.epochs - lives.most, `${order.epochs} epochs`);
}
