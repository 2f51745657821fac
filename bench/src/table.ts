import { Figures } from './life';
import { Scenario, ServerName } from './scenarios';
import { median } from './statistics';

interface Row {
  readonly scenario: Scenario;
  readonly figure: string;
  readonly label: string;
  readonly digits: number;
  /** Servers for which the figure would say something else. */
  readonly without?: ServerName;
}

const fanOutRows = (scenario: Scenario): Row[] => [
  { scenario, figure: 'cpu', label: 'server CPU a delivery, µs', digits: 2 },
  { scenario, figure: 'p50', label: 'latency p50, ms', digits: 2 },
  { scenario, figure: 'p99', label: 'latency p99, ms', digits: 2 },
];

const ROWS: readonly Row[] = [
  ...fanOutRows('one-1000'),
  ...fanOutRows('burst-1000'),
  ...fanOutRows('one-10000'),
  ...fanOutRows('channels'),
  { scenario: 'connect', figure: 'perSecond', label: 'connects a second', digits: 0, without: 'bare' },
  { scenario: 'connect', figure: 'cpu', label: 'server CPU a connect, µs', digits: 0, without: 'bare' },
  { scenario: 'idle', figure: 'rss', label: 'memory a connection, KiB', digits: 2 },
  { scenario: 'idle', figure: 'cpu', label: 'server CPU a connection and second, µs', digits: 2 },
];

export const NOTHING = '–';

/** What all runs have measured, and the table of it. */
export class Table {
  private readonly values = new Map<string, number[]>();

  constructor(
    private readonly scenarios: ReadonlySet<Scenario>,
    private readonly servers: readonly ServerName[],
  ) {}

  add(server: ServerName, measured: ReadonlyMap<Scenario, Figures>): void {
    for (const [scenario, figures] of measured) {
      for (const [figure, value] of Object.entries(figures)) {
        const key = keyOf(server, scenario, figure);
        this.values.set(key, [...(this.values.get(key) ?? []), value]);
      }
    }
  }

  /** The medians in Markdown, and what part of each other server's figure the first one's is. */
  toString(): string {
    const [first, ...others] = this.servers;
    const ratios = others.map((other) => `${first} / ${other}`);
    const head = ['scenario', 'figure', ...this.servers, ...ratios];
    const rows = ROWS.filter(({ scenario }) => this.scenarios.has(scenario)).map((row) => this.cells(row));
    return aligned([head, ...rows]);
  }

  private cells(row: Row): string[] {
    const medians = this.servers.map((server) => this.medianOf(row, server));
    const ratios = medians.slice(1).map((other) => ratioOf(medians[0], other));
    const shown = medians.map((value) => (value === undefined ? NOTHING : value.toFixed(row.digits)));
    return [row.scenario, row.label, ...shown, ...ratios];
  }

  private medianOf({ scenario, figure, without }: Row, server: ServerName): number | undefined {
    const values = this.values.get(keyOf(server, scenario, figure));
    return values && server !== without ? median(values) : undefined;
  }
}

function keyOf(server: ServerName, scenario: Scenario, figure: string): string {
  return `${server} ${scenario} ${figure}`;
}

/** One value as a part of another one. */
export function ratioOf(value: number | undefined, other: number | undefined): string {
  if (value === undefined || other === undefined || other <= 0) return NOTHING;
  const ratio = value / other;
  return ratio.toFixed(ratio < 0.1 ? 3 : 2);
}

/** A table in Markdown: numbers, after two columns of text, to the right, so that they can be read as they are. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const isText = (column: number) => column < 2;
  const line = (row: readonly string[]) => {
    const cells = row.map((cell, n) => (isText(n) ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!)));
    return `| ${cells.join(' | ')} |`;
  };
  const rule = widths.map((width, n) => (isText(n) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(rows[0]!), line(rule), ...rows.slice(1).map(line)].join('\n');
}
