// The host suite: needs root, loop devices and filesystem tools; says so and skips where it cannot have them.
import base from '../../jest.config.js';

export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/host/*.test.ts'],
  // It often runs beside the real stories: time-outs are for what hangs.
  testTimeout: 240_000,
};
