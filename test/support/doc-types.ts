import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './doc-blocks';

const STRICT: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  noUncheckedIndexedAccess: true,
};

/** As a front end is built, and as a Nest application is. */
const COMPILERS = {
  'front end': {
    ...STRICT,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.ReactJSX,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
  },
  host: {
    ...STRICT,
    module: ts.ModuleKind.Node20,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
  },
} satisfies Record<string, ts.CompilerOptions>;

/** Where the files seem to be: inside the package, so that its name means what was built. */
const FOLDER = join(ROOT, 'test/docs/blocks');

/**
 * Type-checks files that are only in memory against the built package.
 *
 * @param files their texts by name; a front end's may import each other
 * @returns what is wrong, as `name:line: message`
 */
export function typeErrors(kind: keyof typeof COMPILERS, files: ReadonlyMap<string, string>): string[] {
  const texts = new Map([...files].map(([name, text]) => [join(FOLDER, name), text]));
  const options = COMPILERS[kind];
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    getCurrentDirectory: () => ROOT,
    fileExists: (path) => texts.has(path) || disk.fileExists(path),
    readFile: (path) => texts.get(path) ?? disk.readFile(path),
    directoryExists: (path) => path === FOLDER || disk.directoryExists!(path),
    getSourceFile: (path, ...rest) =>
      texts.has(path)
        ? ts.createSourceFile(path, texts.get(path)!, ts.ScriptTarget.ES2022)
        : disk.getSourceFile(path, ...rest),
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    const name = file?.fileName.replace(`${FOLDER}/`, '') ?? 'options';
    return `${name}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

/** JavaScript of a block, for {@link runDoc}. */
export function transpile(code: string): string {
  return ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      jsx: ts.JsxEmit.ReactJSX,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      esModuleInterop: true,
    },
  }).outputText;
}
