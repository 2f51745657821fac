import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '../..');

/** A fenced block of a page. */
export interface DocBlock {
  /** `docs/clients.md` */
  readonly page: string;
  readonly line: number;
  readonly language: string;
  /** What its first line says as a comment, `live.ts`; else its heading, and which block below that it is. */
  readonly name: string;
  readonly code: string;
}

/** The pages whose blocks are checked. */
export const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Every fenced block of a page, in order. */
export function blocksOf(page: string): DocBlock[] {
  const blocks: DocBlock[] = [];
  let heading = '';
  let ordinal = 0;
  let open: { indent: string; language: string; line: number; lines: string[] } | undefined;
  readFileSync(join(ROOT, page), 'utf8')
    .split('\n')
    .forEach((text, index) => {
      const fence = /^( *)```+(\S*)\s*$/.exec(text);
      if (open && fence?.[2] === '') {
        const { indent, lines, ...where } = open;
        const code = lines.map((line) => line.slice(indent.length)).join('\n');
        const name = /^(?:\/\/|#) ([\w.-]+\.\w+)\n/.exec(code)?.[1] ?? `${heading} ${(ordinal += 1)}`;
        blocks.push({ page, name, code: `${code}\n`, ...where });
        open = undefined;
      } else if (open) {
        open.lines.push(text);
      } else if (fence) {
        open = { indent: fence[1]!, language: fence[2]!, line: index + 1, lines: [] };
      } else if (/^#+ /.test(text)) {
        heading = text.replace(/^#+ /, '');
        ordinal = 0;
      }
    });
  if (open) throw new Error(`${page}:${open.line}: a block without an end`);
  return blocks;
}

/** The block of that name. */
export function blockOf(page: string, name: string): DocBlock {
  const found = blocksOf(page).filter((block) => block.name === name);
  if (found.length !== 1) throw new Error(`${page} has ${found.length} blocks with the name ${name}`);
  return found[0]!;
}
