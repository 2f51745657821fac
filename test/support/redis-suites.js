const { execFileSync } = require('node:child_process');
const { existsSync } = require('node:fs');

const isThere = () => tryTo('redis-server', '--version');

/** The suites that need a `redis-server`: how their paths go on after the root. */
const REDIS_SUITES = '/test/redis-';

/** What Jest leaves out: nothing where there is a `redis-server`, or where it can be had (Debian, as root). */
function suitesNotRun() {
  if (isThere()) return [];
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    tryTo('apt-get', 'update');
    tryTo('apt-get', 'install', '-y', '--no-install-recommends', 'redis-server');
    if (isThere()) return [];
  }
  return [`<rootDir>${REDIS_SUITES}`];
}

function tryTo(command, ...args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

module.exports = { REDIS_SUITES, suitesNotRun };
