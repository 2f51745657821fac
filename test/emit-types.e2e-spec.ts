import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '..');

/** What a host may write, and what not: the name of a file, and the calls in it. */
const SNIPPETS = {
  'the-spec-s-keys': `
    await live.message({
      id: '1', user_id: 'ann', content: 'hello', date_created: new Date(), date_updated: null,
      recipient_type: 'CHANNEL', reference_id: 'one',
    });`,
  'an-entity-with-more': `
    class MessageEntity {
      id = '1'; user_id = 'ann'; content = 'hello'; date_created = new Date(); date_updated: Date | null = null;
      recipient_type = 'CHANNEL'; reference_id = 'one'; passwordHash = 'a hash'; channel = { members: [] };
    }
    await live.messageEdited(new MessageEntity());
    await live.messageDeleted({ ...new MessageEntity(), more: true });`,
  'text-dates': `
    await live.message({
      id: '1', user_id: 'ann', content: 'hello', date_created: '2024-09-09 14:06:11', date_updated: '',
      recipient_type: 'CHANNEL', reference_id: 'one', more: true,
    });`,
  'typing-and-options': `
    await live.typing({ recipient_type: 'CHANNEL', reference_id: 'one', user_id: 'ann', more: 1 });
    await live.updateStatus({ to: toUsers(['ann']).except(['ben']), actor: 'ann', idempotencyKey: 'key' });
    const { cursor }: { cursor: string } = await live.updateUsers();`,
  'camel-case': `
    await live.message({
      id: '1', userId: 'ann', content: 'hello', dateCreated: new Date(), dateUpdated: null,
      recipientType: 'CHANNEL', referenceId: 'one',
    });`,
  'a-camel-case-entity': `
    class MessageEntity {
      id = '1'; userId = 'ann'; content = 'hello'; dateCreated = new Date(); dateUpdated: Date | null = null;
      recipientType = 'CHANNEL'; referenceId = 'one';
    }
    await live.message(new MessageEntity());`,
  'one-camel-case-key': `
    await live.messageEdited({
      id: '1', userId: 'ann', content: 'hello', date_created: new Date(), date_updated: null,
      recipient_type: 'CHANNEL', reference_id: 'one',
    });`,
  'a-missing-date': `
    await live.messageDeleted({
      id: '1', user_id: 'ann', content: 'hello', date_created: new Date(),
      recipient_type: 'CHANNEL', reference_id: 'one',
    });`,
  'a-number-as-id': `
    await live.message({
      id: 1, user_id: 'ann', content: 'hello', date_created: new Date(), date_updated: null,
      recipient_type: 'CHANNEL', reference_id: 'one',
    });`,
  'a-null-content': `
    await live.message({
      id: '1', user_id: 'ann', content: null, date_created: new Date(), date_updated: null,
      recipient_type: 'CHANNEL', reference_id: 'one',
    });`,
  'a-date-in-milliseconds': `
    await live.message({
      id: '1', user_id: 'ann', content: '', date_created: Date.now(), date_updated: null,
      recipient_type: 'CHANNEL', reference_id: 'one',
    });`,
  'camel-case-typing': `await live.typing({ recipientType: 'CHANNEL', referenceId: 'one', userId: 'ann' });`,
  'no-row': `await live.message();`,
  'a-topic-as-audience': `await live.updateStatus({ to: topic('CHANNEL', 'one') });`,
  'ids-as-audience': `await live.updateStatus({ to: ['ann'] });`,
  'text-as-topic': `await memberships.left('ann', 'CHANNEL:one');`,
  'half-a-target-to-disconnect': `await live.disconnect({ until: new Date() });`,
} as const;

type Snippet = keyof typeof SNIPPETS;

let errorsOf: (snippet: Snippet) => readonly string[];

beforeAll(() => {
  errorsOf = compile();
}, 60_000);

it.each<Snippet>(['the-spec-s-keys', 'an-entity-with-more', 'text-dates', 'typing-and-options'])(
  'compiles: %s',
  (snippet) => {
    expect(errorsOf(snippet)).toEqual([]);
  },
);

it.each<[Snippet, RegExp]>([
  ['camel-case', /'userId' does not exist in type 'MessageRow'. Did you mean to write 'user_id'\?/],
  ['a-camel-case-entity', /user_id, date_created, date_updated, recipient_type/],
  ['one-camel-case-key', /Did you mean to write 'user_id'\?/],
  ['a-missing-date', /'date_updated' is missing/],
  ['a-number-as-id', /'number' is not assignable to type 'string'/],
  ['a-null-content', /'null' is not assignable to type 'string'/],
  ['a-date-in-milliseconds', /'number' is not assignable to type 'string \| Date'/],
  ['camel-case-typing', /Did you mean to write 'recipient_type'\?/],
  ['no-row', /Expected 1-2 arguments, but got 0/],
  ['a-topic-as-audience', /'Topic' is not assignable to type 'Audience/],
  ['ids-as-audience', /is missing the following properties from type 'Audience'/],
  ['text-as-topic', /is not assignable to parameter of type 'Topic'/],
  ['half-a-target-to-disconnect', /not assignable to parameter of type 'DisconnectTarget'/],
])('does not compile: %s', (snippet, message) => {
  const errors = errorsOf(snippet);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(message);
});

/** Checks the snippets as files of the project's own, which exist in memory only. */
function compile(): typeof errorsOf {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, 'tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
        throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
      },
    },
  )!;
  const files = new Map(
    (Object.keys(SNIPPETS) as Snippet[]).map((snippet) => [pathOf(snippet), sourceOf(SNIPPETS[snippet])]),
  );
  const options: ts.CompilerOptions = {
    ...config.options,
    noEmit: true,
    types: ['node'],
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: { 'nestjs-live-messages': [join(ROOT, 'src/index.ts')] },
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, target, ...rest) => {
    const text = files.get(path);
    return text === undefined
      ? getSourceFile(path, target, ...rest)
      : ts.createSourceFile(path, text, target);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return (snippet) => {
    const file = program.getSourceFile(pathOf(snippet));
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
    );
  };
}

function pathOf(snippet: Snippet): string {
  return join(__dirname, `in-memory-${snippet}.ts`);
}

function sourceOf(calls: string): string {
  return `import { LiveEventsService, LiveMemberships, toUsers, topic } from 'nestjs-live-messages';
export async function snippet(live: LiveEventsService, memberships: LiveMemberships): Promise<void> {${calls}
}
void toUsers, topic;
`;
}
