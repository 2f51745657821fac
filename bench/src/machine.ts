import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** File descriptors of a process beside its connections, generously. */
const OTHER_FILES = 200;

interface Report {
  readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } };
}

/** The machine, in one line. */
export function machine(): string {
  const gibibytes = (totalmem() / 1_024 ** 3).toFixed(0);
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `${model}, ${availableParallelism()} cores, ${gibibytes} GiB; ${type()} ${release()}; Node ${process.version}`;
}

/** What is wrong with the limit of open files for so many connections, or undefined. */
export function tooFewFiles(connections: number): string | undefined {
  const { userLimits } = (process.report?.getReport() ?? {}) as Report;
  const limit = userLimits?.open_files?.soft;
  const needed = connections + OTHER_FILES;
  if (typeof limit !== 'number' || limit >= needed) return undefined;
  return `${connections} connections need ${needed} open files in a process, and the limit is ${limit}: raise it with \`ulimit -n ${needed}\``;
}
