const { spawnSync } = require('node:child_process');
const { accessSync, constants, existsSync, readdirSync } = require('node:fs');
const { delimiter, join } = require('node:path');

/** Debian's nginx and PostgreSQL lie beside the PATH. */
const ALSO_IN = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];
const POSTGRES_VERSIONS = '/usr/lib/postgresql';

/** The programs by the Debian package that has them. */
const PROGRAMS = {
  'redis-server': 'redis-server',
  initdb: 'postgresql',
  postgres: 'postgresql',
  nginx: 'nginx-light',
};

/** What one is told to install elsewhere. */
const NAMES = { 'redis-server': 'Redis 6.2 or newer', postgresql: 'PostgreSQL', 'nginx-light': 'nginx' };

/**
 * The paths of all programs by their names; what is missing is installed on Debian as root.
 *
 * @throws Error that says what to install
 */
function requirePrograms(say) {
  const missing = missingPackages();
  if (missing.length > 0 && existsSync('/etc/debian_version') && process.getuid?.() === 0)
    install(missing, say);
  const left = missingPackages();
  if (left.length > 0) throw new Error(adviceFor(left));
  return Object.fromEntries(Object.keys(PROGRAMS).map((program) => [program, find(program)]));
}

function missingPackages() {
  return [
    ...new Set(
      Object.keys(PROGRAMS)
        .filter((program) => !find(program))
        .map((program) => PROGRAMS[program]),
    ),
  ];
}

function adviceFor(packages) {
  const names = packages.map((name) => NAMES[name]).join(', ');
  return `missing: ${names}. Install them and start again; on Debian: apt-get install ${packages.join(' ')}`;
}

function install(packages, say) {
  say(`Installing ${packages.join(', ')}`);
  // Without starting services, where Debian can be told so (invoke-rc.d).
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const run = (...args) => spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  run('update');
  run('install', '-y', '--no-install-recommends', ...packages);
}

function find(program) {
  return foldersOfPrograms()
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

function foldersOfPrograms() {
  const versions = existsSync(POSTGRES_VERSIONS) ? readdirSync(POSTGRES_VERSIONS) : [];
  const newestFirst = versions.sort((one, other) => Number(other) - Number(one));
  return [
    ...newestFirst.map((version) => join(POSTGRES_VERSIONS, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
    ...ALSO_IN,
  ];
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

module.exports = { requirePrograms };
