const { chmodSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { startBalancer } = require('./balancer');
const { Part } = require('./part');
const { freePorts, requireFree } = require('./ports');
const { requirePrograms } = require('./requirements');
const { makePostgres, startPostgres, startRedis } = require('./stores');

const NODES = 3;
const EXAMPLE = join(__dirname, '..', 'dist', 'main.js');

const say = (text) => process.stdout.write(`${text}\n`);

/** The example on several nodes behind a load balancer, until Ctrl-C, or until a part of it crashes. */
class Cluster {
  #dir = mkdtempSync(join(tmpdir(), 'live-messages-cluster-'));
  /** In groups: the last is stopped first, and each group at once. */
  #parts = [];

  async start() {
    // Postgres, as another user, has to come through to its folder.
    chmodSync(this.#dir, 0o711);
    const wished = portFrom(process.env.PORT);
    if (wished !== 0) await requireFree(wished);
    const programs = requirePrograms(say);
    const [any, redisPort, postgresPort, ...nodePorts] = await freePorts(3 + NODES);
    const port = wished || any;
    const stores = await this.#startStores(programs, redisPort, postgresPort);
    await this.#startNodes(stores, nodePorts);
    await this.#startBalancer(programs, port, nodePorts);
    say(
      `\nOpen http://localhost:${port} in two tabs and talk to yourself, over ${NODES} nodes. Ctrl-C stops it all.`,
    );
  }

  /** Rejects when a part has crashed. */
  crashed() {
    return Promise.race(this.#parts.flat().map((part) => part.crashed));
  }

  async stop() {
    for (const parts of this.#parts.splice(0).reverse()) {
      say(`Stopping ${parts.map(({ name }) => name).join(', ')}`);
      await Promise.all(parts.map((part) => part.stop()));
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #startStores(programs, redisPort, postgresPort) {
    say('Starting Redis and Postgres');
    const dir = this.#dir;
    const { part: making, ...made } = makePostgres({ program: programs.initdb, dir });
    this.#parts.push([making]);
    await making.finished();
    this.#parts.pop();
    const redis = startRedis({ program: programs['redis-server'], dir, port: redisPort });
    const postgres = startPostgres({ program: programs.postgres, dir, port: postgresPort, ...made });
    this.#parts.push([redis.part, postgres.part]);
    await Promise.all([redis, postgres].map(({ part, isReady }) => part.ready(isReady)));
    return { REDIS_URL: redis.url, DATABASE_URL: postgres.url };
  }

  async #startNodes(stores, ports) {
    say(`Starting ${NODES} nodes`);
    const nodes = ports.map((port, index) => {
      const name = `node-${index + 1}`;
      const env = { ...process.env, ...stores, NODE_NAME: name, HOST: '127.0.0.1', PORT: String(port) };
      const logFile = join(this.#dir, `${name}.log`);
      return new Part(name, { command: process.execPath, args: [EXAMPLE], env, logFile });
    });
    this.#parts.push(nodes);
    const isReady = (port) => async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok;
    await Promise.all(nodes.map((node, index) => node.ready(isReady(ports[index]))));
  }

  async #startBalancer(programs, port, nodePorts) {
    say('Starting nginx');
    const { part, isReady } = startBalancer({ program: programs.nginx, dir: this.#dir, port, nodePorts });
    // The pages' connections are the nodes' to close, so it stops after them.
    this.#parts.splice(1, 0, [part]);
    await part.ready(isReady);
  }
}

function portFrom(value) {
  const port = Number(value || 3000);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT must be a whole number from 0 to 65535, not "${value}"`);
}

/** Resolves at the first Ctrl-C or SIGTERM; npm passes on what the terminal has sent already, so more say no more. */
function askedToStop() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, resolve);
  });
}

async function main() {
  const cluster = new Cluster();
  const asked = askedToStop();
  try {
    const isUp = await Promise.race([cluster.start().then(() => true), asked.then(() => false)]);
    if (isUp) await Promise.race([cluster.crashed(), asked]);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`\nThe cluster has ended: ${error.message}\n`);
  }
  say('');
  await cluster.stop();
  say('Nothing of it is left running.');
  process.exit();
}

void main();
