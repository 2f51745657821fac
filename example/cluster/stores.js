const { execFileSync } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { chownSync, mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { Client } = require('pg');
const { Part } = require('./part');
const { isOpen } = require('./ports');

/** A Redis with the settings that the log wants. @returns `{ part, url, isReady }` */
function startRedis({ program, dir, port }) {
  const password = randomBytes(16).toString('hex');
  const folder = join(dir, 'redis');
  mkdirSync(folder, { mode: 0o700 });
  const config = join(folder, 'redis.conf');
  const lines = ['bind 127.0.0.1', `port ${port}`, `dir ${folder}`, `requirepass ${password}`, 'save ""'];
  writeFileSync(config, [...lines, 'maxmemory-policy noeviction', ''].join('\n'), { mode: 0o600 });
  const part = new Part('redis', { command: program, args: [config], logFile: join(dir, 'redis.log') });
  return { part, url: `redis://:${password}@127.0.0.1:${port}`, isReady: () => isOpen(port) };
}

/** Makes the folder of a Postgres. @returns `{ part, folder, password, owner }`, and the part ends by itself */
function makePostgres({ program, dir }) {
  const password = randomBytes(16).toString('hex');
  const folder = join(dir, 'postgres');
  const passwordFile = join(dir, 'postgres.password');
  const owner = ordinaryUser();
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner.uid !== undefined)
    for (const path of [folder, passwordFile]) chownSync(path, owner.uid, owner.gid);
  const access = ['-U', 'chat', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  const part = new Part('initdb', {
    command: program,
    args: ['-D', folder, ...access, '--encoding=UTF8', '--no-locale', '--no-sync'],
    logFile: join(dir, 'initdb.log'),
    cwd: folder,
    ...owner,
  });
  return { part, folder, password, owner };
}

/** A Postgres in a folder that was made, as somebody else than root, as which it refuses to run. */
function startPostgres({ program, dir, port, folder, password, owner }) {
  const part = new Part('postgres', {
    command: program,
    // No socket in a folder of the system's.
    args: ['-D', folder, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', ''],
    logFile: join(dir, 'postgres.log'),
    cwd: folder,
    // At once, without waiting for clients.
    stopSignal: 'SIGINT',
    ...owner,
  });
  const url = `postgres://chat:${password}@127.0.0.1:${port}/postgres`;
  return { part, url, isReady: () => answers(url) };
}

async function answers(connectionString) {
  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whom root runs it as; somebody else runs it himself. */
function ordinaryUser() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    try {
      const idOf = (flag) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: idOf('-u'), gid: idOf('-g') };
    } catch {
      // There is no such user.
    }
  }
  throw new Error('Postgres does not run as root: start the cluster as somebody else');
}

module.exports = { makePostgres, startPostgres, startRedis };
