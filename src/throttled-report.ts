import { LoggerService } from '@nestjs/common';
import { Report } from './hub/report';

/** The same line comes at most so often, in milliseconds: what goes wrong goes wrong for ten thousand at once. */
const ONCE_PER_MS = 10_000;

/** Writes what goes wrong to Nest's logger, and counts what it keeps back. */
export function throttledReport(logger: LoggerService): Report {
  const lines = new Map<string, { at: number; keptBack: number }>();
  return (message, error) => {
    const now = Date.now();
    const line = lines.get(message);
    if (line && now - line.at < ONCE_PER_MS) {
      line.keptBack += 1;
      return;
    }
    const more = line?.keptBack ? ` (and ${line.keptBack} times since the last such line)` : '';
    lines.set(message, { at: now, keptBack: 0 });
    logger.error(
      `${message}${more}${error instanceof Error ? `: ${error.message}` : ''}`,
      error instanceof Error ? error.stack : undefined,
    );
  };
}
