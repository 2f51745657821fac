import { DocBlock } from './doc-blocks';
import { transpile } from './doc-types';
import { Host } from './host';

/** Where a block's code is to go. */
type Address = Pick<Host, 'url' | 'httpUrl'>;

/** A block's code with the host's addresses in the place of the page's. */
export function addressed({ code }: DocBlock, host: Address): string {
  return code.replaceAll('wss://chat.example', host.url).replaceAll('https://chat.example', host.httpUrl);
}

/**
 * Runs a block of JavaScript or TypeScript against a host.
 *
 * @param scope what the block takes for granted: globals, and modules by their relative names
 * @returns what it exports
 */
export async function runDoc<Exports>(
  block: DocBlock,
  host: Address,
  scope: Readonly<Record<string, unknown>> = {},
): Promise<Exports> {
  const globals = Object.entries(scope).filter(([name]) => /^\w+$/.test(name));
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const load = (name: string): unknown => (name in scope ? scope[name] : require(name));
  const body = `return (async () => {${transpile(addressed(block, host))}\n})()`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const run = new Function('require', 'exports', ...globals.map(([name]) => name), body) as (
    ...args: unknown[]
  ) => Promise<void>;
  const exports = {};
  await run(load, exports, ...globals.map(([, value]) => value));
  return exports as Exports;
}
