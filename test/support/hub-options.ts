import { HubOptions } from '../../src/hub/hub';

/** The options of a hub as they are by default. */
export const HUB_OPTIONS: HubOptions = {
  nodeId: 'this one',
  greeting: true,
  heartbeatMs: 25_000,
  recheckMs: 300_000,
  window: { maxMs: 300_000, maxBytes: 67_108_864, keepsPast: true },
  compact: true,
  slowConsumer: { maxBytes: 1_048_576, maxMs: 10_000 },
  typing: { throttleMs: 2_000, lifeMs: 5_000 },
  refreshPerSecond: () => 500,
};
