// All suites that need neither root nor a network. Sources are ESM TypeScript, stripped of their types by Node itself.

// What somebody asks for by name is run in full; where nobody asks, suites that enumerate play a sample (test/fixtures/asked.ts).
process.env.CHAINMEND_ASKED ??= process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('-'))
  .join(' ');

// Processes of tests have hundreds of modules stripped of their types and compiled once, and not each its own.
process.env.NODE_COMPILE_CACHE ??= `${import.meta.dirname}/dist/compile-cache`;

export default {
  globalSetup: './test/fixtures/job-pool.ts',
  globalTeardown: './test/fixtures/job-pool-end.ts',
  setupFiles: ['<rootDir>/test/fixtures/properties.js'],
  testEnvironment: './test/fixtures/environment.js',
  // Jest leaves a core free, which of two cores is half of the machine; and a worker mostly waits for a simulation's own process.
  maxWorkers: 2,
  // What a worker has loaded stays in its memory: a larger one is followed by another.
  workerIdleMemoryLimit: '250MB',
  // Most simulations run in a process of their own, which a busy machine starts late: time-outs are for what hangs.
  testTimeout: 120_000,
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': './test/fixtures/strip-types.js' },
  moduleNameMapper: { '^node:timers/promises$': '<rootDir>/test/fixtures/timers-promises.ts' },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  reporters: ['default', './test/fixtures/closing-line.js'],
  // They need root and real machines: npm run test:host.
  testPathIgnorePatterns: ['<rootDir>/test/lab/host/', '/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out/', '<rootDir>/dist/'],
};
