const base = require('../../jest.config');

/** Nodes behind real proxies, with the configurations of docs/deploy.md. `npm run test:deploy`. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/deploy/*.deploy-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  reporters: ['default'],
  testTimeout: 120_000,
};
