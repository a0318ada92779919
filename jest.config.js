// All suites that need neither root nor a network. Sources are ESM TypeScript, stripped of their types by Node itself.
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': './test/support/strip-types.js' },
  testMatch: ['<rootDir>/test/{unit,model,infra,region,simulation}/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out/', '<rootDir>/dist/'],
};
