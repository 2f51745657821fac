import { Costs } from './costs';

/**
 * As measured on the machine that docs/scaling.md names, by `npm run bench` (deliveries, connects, idle connections) and
 * `npm run bench:redis` (everything else).
 */
export const MEASURED: Costs = {
  deliveryUs: 26.3,
  frameUs: 0.3,
  readUs: 170,
  recordUs: 16,
  emitUs: 170,
  appendRedisUs: 25,
  readRedisUs: 17,
  recordRedisUs: 0.6,
  presenceRedisUs: 16,
  connectUs: 440,
  idleUs: 2.6,
  connectionKiB: 7.6,
  presenceBytes: 340,
  recordBytes: 560,
};
