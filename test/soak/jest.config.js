const base = require('../../jest.config');

/** Long runs, one at a time: `npm run test:soak`. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/soak/*.soak-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 900_000,
  maxWorkers: 1,
};
