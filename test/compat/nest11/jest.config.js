const base = require('../../../jest.config');

const nest11 = '<rootDir>/test/compat/nest11/node_modules';

/** The end-to-end suites, against Nest 11. */
module.exports = {
  ...base,
  rootDir: '../../..',
  displayName: 'Nest 11',
  testMatch: ['<rootDir>/test/*.e2e-spec.ts'],
  // The example is an application of its own, on Nest 12; these others have nothing to do with Nest.
  testPathIgnorePatterns: [
    ...base.testPathIgnorePatterns,
    'example',
    'log-conformance',
    'emit-types',
    'property',
    '/test/redis-(?!nodes)',
    // What the docs say is compiled against the types of Nest 12; other clients see the wire only.
    'test/docs',
    'other-clients',
  ],
  moduleNameMapper: {
    ...base.moduleNameMapper,
    '^@nestjs/([^/]+)$': `${nest11}/@nestjs/$1`,
    '^@nestjs/([^/]+)/(.*)$': `${nest11}/@nestjs/$1/$2`,
    '^(rxjs|reflect-metadata)$': `${nest11}/$1`,
    '^rxjs/(.*)$': `${nest11}/rxjs/$1`,
  },
};
