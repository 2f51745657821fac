import { ChildProcess, fork } from 'node:child_process';
import { Call, Outcome } from './answer';

type Role<R> = { readonly [Name in keyof R]: (...args: never[]) => unknown };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** How long a process may take to end by itself, in milliseconds. */
const END_MS = 3_000;

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A process of the benchmark, which plays a role: its methods are called over IPC. It never outlives this one. */
export class Child<R extends Role<R>> {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private gone: Error | undefined;

  constructor(
    private readonly name: string,
    file: string,
    args: readonly string[] = [],
    execArgv: readonly string[] = [],
  ) {
    // What a child prints goes to stderr: stdout has the table and nothing else.
    this.child = fork(file, [...args], { execArgv: [...execArgv], stdio: ['ignore', 2, 2, 'ipc'] });
    running.add(this.child);
    this.child.on('message', (outcome: Outcome) => this.settle(outcome));
    this.child.on('error', (error) => this.fail(error.message));
    this.child.on('exit', (code, signal) => {
      running.delete(this.child);
      this.fail(`ended with ${signal ?? `code ${code}`}`);
    });
  }

  /** Calls a method of its role. Rejects when that does, when the process ends, and when it takes too long. */
  ask<Name extends keyof R & string>(
    timeoutMs: number,
    method: Name,
    ...args: Parameters<R[Name]>
  ): Promise<Awaited<ReturnType<R[Name]>>> {
    return new Promise((resolve, reject) => {
      if (this.gone) return reject(this.gone);
      const id = (this.lastId += 1);
      const late = () => this.settle({ id, error: `${method} took longer than ${timeoutMs} ms` });
      const timer = setTimeout(late, timeoutMs);
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject, timer });
      this.child.send({ id, method, args } satisfies Call);
    });
  }

  /** Sends it a signal: it may stop, go on, or be gone. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.child.kill(name);
  }

  /** Lets it end by itself, or else kills it. */
  async end(): Promise<void> {
    if (this.gone) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    this.child.disconnect();
    await ended;
    clearTimeout(timer);
  }

  private settle({ id, result, error }: Outcome): void {
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    this.waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(`${this.name}: ${error}`));
  }

  private fail(why: string): void {
    this.gone ??= new Error(`${this.name}: ${why}`);
    for (const id of [...this.waiting.keys()]) this.settle({ id, error: why });
  }
}
