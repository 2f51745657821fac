const { suitesNotRun } = require('./test/support/redis-suites');

/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.e2e-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/browser/', ...suitesNotRun()],
  reporters: ['default', '<rootDir>/test/support/not-run-reporter.js'],
  transform: {
    '^.+\\.c?[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!@nestjs/|@electric-sql/)'],
  moduleNameMapper: {
    '^nestjs-live-messages$': '<rootDir>/src/index.ts',
    '^nestjs-live-messages/(client|react)$': '<rootDir>/src/$1/index.ts',
    '^nestjs-live-messages/redis$': '<rootDir>/src/redis.ts',
    '^nestjs-live-messages/testing$': '<rootDir>/src/testing/index.ts',
  },
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts'],
  testEnvironment: 'node',
};
