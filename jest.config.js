// All suites that need neither root nor a network. Sources are ESM TypeScript, stripped of their types by Node itself.
import { execFileSync } from 'node:child_process';
import { ALWAYS, TURNS, turnOf } from './test/turns.ts';

// What somebody asks for by name is run in full; where nobody asks, the long suites run a sample of themselves (test/fixtures/asked.ts).
process.env.CHAINMEND_ASKED ??= process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('-'))
  .join(' ');

// Where nobody asks for a suite, the long ones take turns.
const { words, waiting, only } =
  process.env.CHAINMEND_ASKED === ''
    ? turnOf(process.env.CHAINMEND_TURN ?? '', commitNumber())
    : { words: '', waiting: [], only: undefined };

/** Of a copy without Git: 0. */
function commitNumber() {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'];
    return (
      Number.parseInt(execFileSync('git', ['rev-parse', '--short=6', 'HEAD'], { stdio, encoding: 'utf8' }), 16) || 0
    );
  } catch {
    return 0;
  }
}

// Processes of tests have hundreds of modules stripped of their types and compiled once, and not each its own.
process.env.NODE_COMPILE_CACHE ??= `${import.meta.dirname}/dist/compile-cache`;

export default {
  globalSetup: './test/fixtures/job-pool.ts',
  globalTeardown: './test/fixtures/job-pool-end.ts',
  setupFiles: ['<rootDir>/test/fixtures/properties.js'],
  testEnvironment: './test/fixtures/environment.js',
  // Jest leaves a core free, which of two cores is half of the machine; and a worker mostly waits for a simulation's own process.
  maxWorkers: 2,
  // Most simulations run in a process of their own, which a busy machine starts late: time-outs are for what hangs.
  testTimeout: 120_000,
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': './test/fixtures/strip-types.js' },
  moduleNameMapper: { '^node:timers/promises$': '<rootDir>/test/fixtures/timers-promises.ts' },
  testMatch: only?.map((suite) => `<rootDir>/test/${suite}.test.ts`) ?? ['<rootDir>/test/**/*.test.ts'],
  reporters: ['default', ['<rootDir>/test/fixtures/turn-reporter.js', { words, known: [...ALWAYS, ...TURNS.flat()] }]],
  // They need root and real machines: npm run test:host.
  testPathIgnorePatterns: [
    '<rootDir>/test/host/',
    '/node_modules/',
    ...waiting.map((suite) => `<rootDir>/test/${suite}\\.test\\.ts$`),
  ],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out/', '<rootDir>/dist/'],
};
