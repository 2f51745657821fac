const { REDIS_SUITES } = require('./redis-suites');

/** Says at the end what was left out, so that nobody takes it for passed; in CI that is a failure. */
module.exports = class NotRunReporter {
  onRunComplete(contexts) {
    const leftOut = [...contexts].flatMap(({ config }) => config.testPathIgnorePatterns);
    this.hasNotRun = leftOut.some((pattern) => pattern.endsWith(REDIS_SUITES));
    if (this.hasNotRun) {
      process.stderr.write('\nNOT RUN, because redis-server is not installed: test/redis-*.e2e-spec.ts\n');
    }
  }

  getLastError() {
    return this.hasNotRun && process.env.CI ? new Error('suites were not run') : undefined;
  }
};
