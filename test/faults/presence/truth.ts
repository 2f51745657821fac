import { NodeHistory, Span } from './history';
import { Stay } from './roles';
import { GRACE_MS } from './settings';

/** How soon presence has to be right, in milliseconds. */
export const RIGHT_MS = 35_000;

/** How soon somebody has to be online who came to a node that is well, in milliseconds. */
const SETTLED_MS = 2_500;

/** For how long a node that says nothing more certainly counts as alive: a lease, less a beat that is a little late. */
const LEAST_LEASE_MS = 8_000;

/** How soon a node that was stopped or cut off has said again whom it has, in milliseconds. */
const RECOVERED_MS = 10_000;

/** How much of its grace a connection certainly gets that its client has closed, in milliseconds. */
const LEAST_GRACE_MS = GRACE_MS - 300;

/** How late the kill of a node may have been written down, in milliseconds. */
const NOTED_MS = 50;

const NEVER = Number.POSITIVE_INFINITY;

/** What is known of a user, whatever the nodes say. */
export class UserTruth {
  /** When he certainly counts as online. */
  readonly sure: readonly Span[];
  /** When he has a connection, or may have one: nodes that were stopped know of it until they go on. */
  readonly present: readonly Span[];

  constructor(stays: readonly Stay[], nodes: readonly NodeHistory[]) {
    const known = stays.map((stay) => new StayTruth(stay, nodes[stay.node]!));
    this.sure = union(known.flatMap(({ sure }) => sure));
    this.present = union(known.map(({ present }) => present));
  }

  isSure(from: number, until: number): boolean {
    return this.sure.some(([begin, end]) => begin <= from && until <= end);
  }

  /** He must not be online any more, or not yet, in all of this time. */
  isOff(from: number, until: number): boolean {
    return !this.present.some(([begin, end]) => begin < until && from < end + RIGHT_MS);
  }
}

class StayTruth {
  readonly present: Span;
  readonly sure: readonly Span[];

  constructor({ asked, opened, gone = NEVER }: Stay, node: NodeHistory) {
    const killed = node.killAfter(asked);
    const wasKilled = killed <= gone + NOTED_MS;
    const during = ([from, until]: Span) => from <= gone && gone < until;
    const heardOf = node.impairments.find(during)?.[1] ?? gone;
    this.present = [asked, wasKilled ? killed : heardOf];
    if (opened === undefined || opened > killed) this.sure = [];
    else this.sure = sureOf(opened, wasKilled ? killed : undefined, gone, node.impairments);
  }
}

function sureOf(
  opened: number,
  killed: number | undefined,
  gone: number,
  impairments: readonly Span[],
): readonly Span[] {
  const end = killed === undefined ? gone + LEAST_GRACE_MS : killed + LEAST_LEASE_MS;
  const told = killed ?? gone;
  const sure: Span[] = [];
  let from = opened + SETTLED_MS;
  for (const [begin, over] of impairments) {
    if (over < opened || begin > told) continue;
    if (from <= begin) sure.push([from, Math.min(end, begin + LEAST_LEASE_MS)]);
    from = Math.max(from, over + RECOVERED_MS);
  }
  if (from <= told) sure.push([from, end]);
  return sure.filter(([begin, until]) => begin < until);
}

function union(spans: readonly Span[]): Span[] {
  const joined: [number, number][] = [];
  for (const [from, until] of [...spans].sort(([one], [other]) => one - other)) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], until);
    else joined.push([from, until]);
  }
  return joined;
}
