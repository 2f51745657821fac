/** A little of each suite, in minutes: what CI runs. */
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const RUNS = [
  ['main.js', { SEED: '11', EVENTS: '40000', FAULTS: '20', CLIENTS: '500', MINUTES: '4' }],
  ['failovers/main.js', { SEED: '11', FAILOVERS: '10' }],
  ['races/main.js', { SEED: '11', RACES: '5000' }],
];

for (const [file, settings] of RUNS) {
  const main = join(__dirname, 'dist/test/faults', file);
  const { status } = spawnSync(process.execPath, [main], {
    env: { ...settings, ...process.env },
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
