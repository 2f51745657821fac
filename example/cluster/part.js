const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { closeSync, openSync, readFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');

/** How often a part is asked whether it is ready, in milliseconds. */
const ASK_MS = 100;

/** How long a part may take to be ready, in milliseconds. */
const START_MS = 60_000;

/** How long a part may take to end, in milliseconds: longer than the drain of a node. */
const STOP_MS = 25_000;

/** So many lines of its log are shown of a part that has ended by itself. */
const LAST_LINES = 20;

const running = new Set();
// Whatever ends this process otherwise leaves nothing behind.
process.once('exit', () => running.forEach((child) => signalGroup(child, 'SIGKILL')));

/** One of the cluster's processes, with what it prints in a file. */
class Part {
  #child;
  #logFile;
  #stopSignal;
  #isStopping = false;

  /**
   * @param name `redis`
   * @param options `{ command, args, logFile }`; `env`, `uid`, `gid` as of `spawn`; `stopSignal`, SIGTERM when left out
   */
  constructor(name, { command, args, logFile, stopSignal = 'SIGTERM', ...options }) {
    this.name = name;
    this.#logFile = logFile;
    this.#stopSignal = stopSignal;
    const log = openSync(logFile, 'a', 0o600);
    // A group of its own, which a Ctrl-C of the terminal does not reach: the order in which parts stop is ours.
    this.#child = spawn(command, args, { detached: true, stdio: ['ignore', log, log], ...options });
    closeSync(log);
    running.add(this.#child);
    /** Rejects when the part ends by itself. */
    this.crashed = new Promise((_, reject) => {
      this.#child.once('error', (error) => this.#ended(reject, error.message));
      this.#child.once('exit', (code, signal) =>
        this.#ended(reject, `ended with ${signal ?? `code ${code}`}`),
      );
    });
    this.crashed.catch(() => undefined);
  }

  /** Waits until it answers; rejects where it crashes or is stopped. @param isReady asked again until it resolves with true */
  async ready(isReady) {
    const started = Date.now();
    const look = async () => {
      while (!(await isReady().catch(() => false))) {
        if (this.#isStopping) throw new Error(`${this.name} was stopped`);
        if (Date.now() - started > START_MS) throw new Error(`${this.name} is not ready${this.#lastLines()}`);
        await sleep(ASK_MS);
      }
    };
    await Promise.race([look(), this.crashed]);
  }

  /** Waits until it has done its work and ended; rejects where that went wrong. */
  async finished() {
    await this.crashed.catch((error) => {
      if (this.#child.exitCode !== 0) throw error;
    });
  }

  async stop() {
    this.#isStopping = true;
    if (!running.has(this.#child)) return;
    const exited = once(this.#child, 'exit');
    // To the process alone: it knows how to end its own.
    this.#child.kill(this.#stopSignal);
    const timer = setTimeout(() => signalGroup(this.#child, 'SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(timer);
  }

  #ended(reject, why) {
    running.delete(this.#child);
    if (!this.#isStopping) reject(new Error(`${this.name} has crashed: ${why}${this.#lastLines()}`));
  }

  #lastLines() {
    const lines = readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES);
    return lines.map((line) => `\n  ${this.name} | ${line}`).join('');
  }
}

function signalGroup({ pid }, signal) {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}

module.exports = { Part };
