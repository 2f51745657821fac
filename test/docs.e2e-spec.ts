import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { resolveOptions } from '../src/resolve-options';
import { DocBlock, PAGES, ROOT, blockOf, blocksOf } from './support/doc-blocks';
import { FRONT_END, HOST, REPOSITORY, inContext } from './support/doc-surroundings';
import { typeErrors } from './support/doc-types';
import { SECRET } from './support/tokens';

const BLOCKS = PAGES.flatMap(blocksOf);

/** The files of the README's first application: test/pack builds and runs it. */
const PACKED = ['channel-memberships.ts', 'app.module.ts', 'main.ts'];

/** The README's parts of a host, which need their surroundings. */
const PARTS = [
  'Emit 1',
  'Emit 2',
  'Emit 3',
  'Memberships 1',
  'Who is online 1',
  'Connect 2',
  'In your tests 1',
];

/** Blocks of TypeScript by what they are compiled as. */
type Kind = 'packed' | 'part' | 'host' | 'front end';

function kindOf({ page, name, code }: DocBlock): Kind {
  if (page === 'README.md' && PACKED.includes(name)) return 'packed';
  if (page === 'README.md' && PARTS.includes(name)) return 'part';
  const isHost =
    /from '(@nestjs\/.*|nestjs-live-messages(\/redis)?)'/.test(code) ||
    page === 'docs/redis.md' ||
    ['cors.ts', 'history.ts', 'relay.ts'].includes(name);
  return isHost ? 'host' : 'front end';
}

const typed = BLOCKS.filter(({ language }) => language === 'ts' || language === 'tsx');
const ofKind = (...kinds: Kind[]) => typed.filter((block) => kinds.includes(kindOf(block)));

/** A name for a file in memory that tells where the block is. */
const fileOf = ({ page, line, language, name }: DocBlock) =>
  page === 'README.md' ? `readme-${line}.${language}` : name;

/** What may stand on a line of the shell. */
const COMMANDS = /^(npm (ci|start|install( [\w@/.-]+)+|run [\w:]+)( && )?)+$/;

describe('the code blocks of the pages', () => {
  it('are of kinds that are checked, here or where they are run', () => {
    const here = ['ts', 'tsx', 'json', 'sh', 'yaml'];
    const elsewhere = ['js', 'python', 'go', 'redis', 'nginx', 'haproxy'];
    const checked = [...here, ...elsewhere];
    expect(BLOCKS.filter(({ language }) => !checked.includes(language))).toEqual([]);
    expect(BLOCKS.length).toBeGreaterThan(30);
  });

  it('have names of their own on each page', () => {
    for (const page of PAGES) {
      const names = blocksOf(page).map(({ name }) => name);
      expect(names).toEqual([...new Set(names)]);
    }
  });

  it('that test/pack builds are there', () => {
    expect(ofKind('packed').map(({ name }) => name)).toEqual(PACKED);
  });

  it.each(BLOCKS.filter(({ language }) => language === 'json'))('are JSON: $page:$line', ({ code }) => {
    for (const line of code.trim().split(/\n(?=\{)/)) expect(JSON.parse(line)).toBeInstanceOf(Object);
  });

  it.each(BLOCKS.filter(({ language }) => language === 'sh'))('are commands: $page:$line', ({ code }) => {
    for (const line of code.trim().split('\n')) expect(line).toMatch(COMMANDS);
  });

  it('leave a pod of Kubernetes the time that a drain takes', () => {
    const { code } = blockOf('docs/deploy.md', 'chat.yaml');
    const secondsOf = (pattern: RegExp) => Number(pattern.exec(code)![1]);
    const { drain } = resolveOptions({ jwt: { secret: SECRET, algorithms: ['HS256'] } });
    const preStop = secondsOf(/preStop:\s+exec: \{ command: \[sleep, '(\d+)'\] \}/);
    const catchUp = 1;
    const longest = preStop + catchUp + drain.timeoutMs / 1_000;
    expect(secondsOf(/terminationGracePeriodSeconds: (\d+)/)).toBeGreaterThan(longest);
  });

  it('compile as a front end, against what was built', () => {
    const files = new Map(ofKind('front end').map((block) => [fileOf(block), `${block.code}export {};\n`]));
    files.set('surroundings.ts', FRONT_END);
    expect(typeErrors('front end', files)).toEqual([]);
  });

  it('compile as a host, against what was built', () => {
    const files = new Map(ofKind('host').map((block) => [fileOf(block), `${block.code}export {};\n`]));
    for (const block of ofKind('part')) files.set(fileOf(block), inContext(block));
    files.set('surroundings.ts', HOST).set('messages.repository.ts', REPOSITORY);
    expect(typeErrors('host', files)).toEqual([]);
  });

  it('would not compile with a mistake', () => {
    const wrong = `import { createLiveClient } from 'nestjs-live-messages/client';
      createLiveClient({ url: '/ws', token: 'no function' });`;
    expect(typeErrors('front end', new Map([['wrong.ts', wrong]]))).toHaveLength(1);
    const nowhere = `import { Nothing } from 'nestjs-live-messages';\nNothing;`;
    expect(typeErrors('host', new Map([['wrong.ts', nowhere]]))).toHaveLength(1);
  });
});

/** As GitHub makes them of headings. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

it.each([...PAGES, 'PROTOCOL.md'])('every link and image of %s leads somewhere', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const targets = [...text.matchAll(/\]\(([^)]+)\)|src="([^"]+)"/g)].map(([, link, image]) => link ?? image!);
  for (const target of targets.filter((link) => !/^https?:/.test(link))) {
    const [path, anchor] = target.split('#') as [string, string?];
    const file = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path);
    expect({ target, exists: existsSync(file) }).toEqual({ target, exists: true });
    if (anchor === undefined) continue;
    const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      anchorOf(heading!),
    );
    expect(headings).toContain(anchor);
  }
});
