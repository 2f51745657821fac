import { parseArgs } from 'node:util';
import { SCENARIOS, Scenario } from './scenarios';

/** What is to be measured, and how often. */
export interface Order {
  readonly scenarios: ReadonlySet<Scenario>;
  readonly runs: number;
  /** The folder that CPU profiles are written to, if they are wanted. */
  readonly profiles: string | undefined;
  /** The file that the figures are written to, if they are wanted. */
  readonly json: string | undefined;
}

/** How it is used. */
export const USAGE = `npm run bench:redis -- [scenarios] [--runs N] [--json FILE] [--profile FOLDER]
  scenarios: ${SCENARIOS.join(', ')}
  e.g.       npm run bench:redis -- append,follow --runs 1`;

/** @throws Error when it makes no sense */
export function readCommandLine(args: readonly string[]): Order {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '3' },
      profile: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const words = positionals.flatMap((word) => word.split(',')).filter((word) => word !== '');
  const unknown = words.find((word) => !(SCENARIOS as readonly string[]).includes(word));
  if (unknown !== undefined) throw new Error(`there is no scenario "${unknown}"`);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs needs a whole number from 1');
  const named = SCENARIOS.filter((scenario) => words.length === 0 || words.includes(scenario));
  return { scenarios: new Set(named), runs, profiles: values.profile, json: values.json };
}
