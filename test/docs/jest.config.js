const base = require('../../jest.config');

/** The pages' clients in other languages, run by their own tools. `npm run test:docs`. */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/docs/*.docs-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 30_000,
};
