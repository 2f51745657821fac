import { parseArgs } from 'node:util';
import { SCENARIOS, SERVERS, Scenario, ServerName } from './scenarios';

/** What is to be measured, and how often. */
export interface Order {
  readonly scenarios: ReadonlySet<Scenario>;
  /** In the order of {@link SERVERS}. */
  readonly servers: readonly ServerName[];
  readonly runs: number;
  /** The folder that CPU profiles of the servers are written to, if they are wanted. */
  readonly profiles: string | undefined;
}

/** How it is used. */
export const USAGE = `npm run bench -- [scenarios and servers] [--runs N] [--profile FOLDER]
  scenarios: ${SCENARIOS.join(', ')}
  servers:   ${SERVERS.join(', ')}
  e.g.       npm run bench -- one-1000 ours,stock --runs 1`;

/** @throws Error when it makes no sense */
export function readCommandLine(args: readonly string[]): Order {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { runs: { type: 'string', default: '3' }, profile: { type: 'string' } },
  });
  const words = positionals.flatMap((word) => word.split(',')).filter((word) => word !== '');
  const known: readonly string[] = [...SCENARIOS, ...SERVERS];
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new Error(`there is no scenario or server "${unknown}"`);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs needs a whole number from 1');
  return {
    scenarios: new Set(chosen(SCENARIOS, words)),
    servers: chosen(SERVERS, words),
    runs,
    profiles: values.profile,
  };
}

/** Those that are named, or all when none is. */
function chosen<T extends string>(all: readonly T[], words: readonly string[]): readonly T[] {
  const named = all.filter((name) => words.includes(name));
  return named.length > 0 ? named : all;
}
