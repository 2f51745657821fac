const base = require('../../jest.config');

/** What a user gets: the packed tarball in a fresh application. `npm run test:pack`. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/pack/*.pack-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
  maxWorkers: 1,
};
