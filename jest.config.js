// All suites that need neither root nor a network. Sources are ESM TypeScript, stripped of their types by Node itself.

const WITH_A_WORD = [
  '--changedSince',
  '--config',
  '--maxWorkers',
  '--outputFile',
  '--shard',
  '-t',
  '--testNamePattern',
];

// What somebody asks for by name is run in full; where nobody asks, suites that enumerate play a sample (test/fixtures/asked.ts).
// A word behind an option is the option's own: `--changedSince main`.
process.env.CHAINMEND_ASKED ??= process.argv
  .slice(2)
  .filter((word, at, words) => !word.startsWith('-') && !WITH_A_WORD.includes(words[at - 1]))
  .join(' ');

// Processes of tests have hundreds of modules stripped of their types and compiled once, and not each its own.
process.env.NODE_COMPILE_CACHE ??= `${import.meta.dirname}/dist/compile-cache`;

export default {
  globalSetup: './test/fixtures/job-pool.ts',
  globalTeardown: './test/fixtures/job-pool-end.ts',
  // Processes, and not threads: suites change their environment, and send signals.
  runner: './test/fixtures/runner.js',
  setupFiles: ['<rootDir>/test/fixtures/properties.js'],
  setupFilesAfterEnv: ['<rootDir>/test/fixtures/bare-node.ts'],
  // Jest leaves a core free, which of two cores is half of the machine; and a worker mostly waits for a simulation's own process.
  maxWorkers: 3,
  // Node.js itself strips types.
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  reporters: ['default', './test/fixtures/closing-line.js'],
  // They need root and real machines: npm run test:host.
  testPathIgnorePatterns: ['<rootDir>/test/lab/host/', '/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out/', '<rootDir>/dist/'],
};
