/** Applies each of the breaks to a copy of the sources, and expects a short run of the faults to notice it. */
const { execFileSync, spawnSync } = require('node:child_process');
const { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const breaks = require('./breaks.js');

const root = join(__dirname, '../..');
const copy = mkdtempSync(join(tmpdir(), 'live-messages-faults-'));
const RUN = { SEED: '3', EVENTS: '20000', FAULTS: '11', CLIENTS: '200', MINUTES: '1', ...process.env };

function compile(project) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
    cwd: copy,
    stdio: 'inherit',
  });
}

/** What a run has found wrong, each on a line of its own. */
function findings() {
  compile('tsconfig.build.json');
  const main = 'test/faults/dist/test/faults/main.js';
  const { stdout, stderr } = spawnSync(process.execPath, [main], { cwd: copy, env: RUN, encoding: 'utf8' });
  // A run that breaks off would be noticed by anything.
  if (!/^(PASS|FAIL) after/m.test(stdout)) throw new Error(`the run has ended early:\n${stdout}\n${stderr}`);
  return stdout.split('\n').filter((line) => line.startsWith('WRONG'));
}

/** @returns what puts the file as it was */
function change({ file, from, to }) {
  const path = join(copy, file);
  const whole = readFileSync(path, 'utf8');
  if (whole.split(from).length !== 2) throw new Error(`${file} does not have once: ${from}`);
  writeFileSync(
    path,
    whole.replace(from, () => to),
  );
  return () => writeFileSync(path, whole);
}

try {
  for (const name of [
    'src',
    'bench/src',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'test/support',
  ])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  cpSync(__dirname, join(copy, 'test/faults'), {
    recursive: true,
    filter: (path) => !path.endsWith('/dist'),
  });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  compile('tsconfig.build.json');
  compile('test/faults/tsconfig.json');
  const before = findings();
  if (before.length > 0) throw new Error(`something is wrong without any break:\n${before.join('\n')}`);
  const wanted = process.argv.slice(2);
  let survivors = 0;
  for (const { name, by, and = [], ...first } of breaks) {
    if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
    const undo = [first, ...and].map(change);
    const wrong = findings();
    for (const putBack of undo.reverse()) putBack();
    const isNoticed = wrong.some((line) => line.startsWith(`WRONG ${by}: `));
    survivors += isNoticed ? 0 : 1;
    console.log(`${isNoticed ? 'noticed ' : 'SURVIVED'}  ${name} (by: ${by})`);
    for (const line of wrong) console.log(`            ${line}`);
  }
  process.exitCode = survivors > 0 ? 1 : 0;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
