/** Applies each of the breaks to a copy of the sources, and expects the property test to fail on it. */
const { execFileSync } = require('node:child_process');
const { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const breaks = require('./breaks.js');

const root = join(__dirname, '../..');
const copy = mkdtempSync(join(tmpdir(), 'live-messages-breaks-'));
const RUNS = { PROPERTY_RUNS: '3000', PROPERTY_COMMANDS: '50' };

function notices() {
  try {
    const args = ['node_modules/jest/bin/jest.js', 'test/handover.property', '--silent'];
    execFileSync(process.execPath, args, { cwd: copy, env: { ...process.env, ...RUNS }, stdio: 'pipe' });
    return false;
  } catch (error) {
    // A break that does not compile or run would be noticed by anything.
    if (!String(error.stderr).includes('Property failed after')) throw error;
    return true;
  }
}

try {
  for (const name of ['src', 'package.json', 'jest.config.js', 'tsconfig.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const name of ['handover.property.e2e-spec.ts', 'property', 'support'])
    cpSync(join(root, 'test', name), join(copy, 'test', name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  if (notices()) throw new Error('the property test fails without any break');
  let survivors = 0;
  for (const { name, file, from, to } of breaks) {
    const whole = readFileSync(join(copy, file), 'utf8');
    if (whole.split(from).length !== 2) throw new Error(`${name}: ${file} does not have its text once`);
    writeFileSync(
      join(copy, file),
      whole.replace(from, () => to),
    );
    const isNoticed = notices();
    survivors += isNoticed ? 0 : 1;
    console.log(`${isNoticed ? 'noticed ' : 'SURVIVED'}  ${name}`);
    writeFileSync(join(copy, file), whole);
  }
  process.exitCode = survivors > 0 ? 1 : 0;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
