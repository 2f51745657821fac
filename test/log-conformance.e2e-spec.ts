import { MemoryEventLog } from '../src/log/memory-event-log';
import { EVENT_LOG_CONFORMANCE, MakeEventLog } from '../src/testing/event-log-conformance';

/** Every implementation of the log that the package brings. */
const LOGS: Record<string, MakeEventLog> = {
  MemoryEventLog: () => new MemoryEventLog(),
};

describe.each(Object.entries(LOGS))('%s', (_, makeLog) => {
  it.each(EVENT_LOG_CONFORMANCE.map(({ name, run }) => [name, run] as const))('%s', (__, run) =>
    run(makeLog),
  );
});
