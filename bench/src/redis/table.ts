import { NOTHING, aligned, ratioOf } from '../table';
import { Measured } from './figures';
import { Scenario } from './scenarios';

interface Row {
  readonly part: string;
  readonly figure: string;
  readonly label: string;
  readonly digits: number;
  readonly goal?: string;
}

const twoNodes = (pace: string): Row[] => [
  { part: `two-nodes-${pace}`, figure: 'p50', label: 'latency p50, ms', digits: 2 },
  { part: `two-nodes-${pace}`, figure: 'p99', label: 'latency p99, ms', digits: 2, goal: 'ratio ≤ 1' },
  { part: `two-nodes-${pace}`, figure: 'cpu', label: 'CPU a delivery, µs', digits: 1, goal: 'ratio ≤ 0.5' },
  {
    part: `two-nodes-${pace}`,
    figure: 'emitterCpuAnEvent',
    label: 'CPU an event, emitting node, µs',
    digits: 0,
  },
  {
    part: `two-nodes-${pace}`,
    figure: 'receiverCpuAnEvent',
    label: 'CPU an event, receiving node, µs',
    digits: 0,
  },
  { part: `two-nodes-${pace}`, figure: 'eventsASecond', label: 'events a second, really', digits: 0 },
];

const follow = (name: string): Row[] => [
  { part: `follow-${name}-1000`, figure: 'corePercent', label: 'of a core, %', digits: 1, goal: '< 25' },
  { part: `follow-${name}-1000`, figure: 'cpu', label: 'CPU a record, µs', digits: 1 },
  { part: `follow-${name}-5000`, figure: 'cpu', label: 'CPU a record, µs', digits: 1, goal: '≤ 20' },
  { part: `follow-${name}-behind`, figure: 'cpu', label: 'CPU a record, µs', digits: 2, goal: '≤ 5' },
  { part: `follow-${name}-behind`, figure: 'perSecond', label: 'records a second', digits: 0 },
  { part: `follow-${name}-behind`, figure: 'redisCpu', label: "Redis's CPU a record, µs", digits: 2 },
];

const ROWS: Readonly<Record<Scenario, readonly Row[]>> = {
  'two-nodes': [...twoNodes('100'), ...twoNodes('1000')],
  append: [
    {
      part: 'append-saturated',
      figure: 'perSecond',
      label: 'appends a second',
      digits: 0,
      goal: '≥ 100,000',
    },
    { part: 'append-saturated', figure: 'cpu', label: 'CPU an append, µs', digits: 2 },
    { part: 'append-saturated', figure: 'redisCpu', label: "Redis's CPU an append, µs", digits: 2 },
    { part: 'append-5000', figure: 'p50', label: 'latency p50, ms', digits: 2 },
    { part: 'append-5000', figure: 'p99', label: 'latency p99, ms', digits: 2, goal: '≤ 2' },
    { part: 'append-5000', figure: 'cpu', label: 'CPU an append, µs', digits: 1 },
    { part: 'append-5000', figure: 'redisCpu', label: "Redis's CPU an append, µs", digits: 1 },
  ],
  follow: [...follow('tail'), ...follow('node')],
};

/** The medians in Markdown, beside the goals. */
export function tableOf(measured: Measured, scenarios: ReadonlySet<Scenario>): string {
  const head = ['measured', 'figure', 'ours', 'socket.io', 'ours / socket.io', 'goal'];
  const rows = (Object.keys(ROWS) as Scenario[])
    .filter((scenario) => scenarios.has(scenario))
    .flatMap((scenario) => ROWS[scenario])
    .map(({ part, figure, label, digits, goal }) => {
      const [ours, theirs] = ['ours', 'socket.io'].map((subject) => measured.median(part, subject, figure));
      const shown = [ours, theirs].map((value) => value?.toFixed(digits) ?? NOTHING);
      return [part, label, ...shown, ratioOf(ours, theirs), goal ?? NOTHING];
    });
  return aligned([head, ...rows]);
}
