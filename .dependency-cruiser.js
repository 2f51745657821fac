/** One direction: protocol <- log <- memberships <- hub <- gateway <- the module; events and hub meet in the log only. */
const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.spec\\.ts$' },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...to.map((folder) => `^src/${folder}`)] },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: {},
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['npm-peer'] },
    },
    only('protocol-imports-nothing', 'protocol', []),
    only('log-knows-the-protocol', 'log', ['protocol/', 'live-messages\\.errors']),
    only('events-know-the-log', 'events', ['protocol/', 'log/', 'live-messages\\.errors']),
    only('memberships-know-the-log', 'memberships', [
      'protocol/',
      'log/',
      'live-messages\\.errors',
      'turn-slice',
    ]),
    only('hub-knows-log-and-memberships', 'hub', [
      'protocol/',
      'log/',
      'memberships/',
      'live-messages\\.errors',
    ]),
    only('gateway-knows-the-hub', 'gateway', [
      'protocol/',
      'log/',
      'hub/',
      'live-messages\\.errors',
      'turn-slice',
    ]),
    only('presence-knows-log-and-hub', 'presence', ['protocol/', 'log/', 'hub/', 'live-messages\\.errors']),
    only('drain-knows-the-gateway', 'drain', ['protocol/', 'hub/', 'gateway/']),
    only('client-knows-the-protocol', 'client', ['protocol/']),
    only('react-knows-the-client', 'react', ['client/']),
    {
      name: 'nobody-imports-the-client',
      severity: 'error',
      from: { path: '^src/(?!client/|react/)' },
      to: { path: '^src/(client|react)/' },
    },
    only('testing-knows-the-log', 'testing', ['protocol/', 'log/', 'live-messages\\.errors']),
    {
      name: 'redis-behind-its-subpath',
      comment: 'ioredis is an optional peer: a host without it must be able to load everything else',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(log/redis/|redis\\.ts$)' },
      to: { path: '^src/(log/redis/|redis\\.ts$)' },
    },
    {
      name: 'ioredis-in-one-folder',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/log/redis/' },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'nobody-imports-testing',
      severity: 'error',
      from: { path: '^src/(?!testing/)', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
