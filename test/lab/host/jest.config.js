// The host suite: needs root, loop devices and filesystem tools. Without them it says so and skips.
import base from '../../../jest.config.js';

export default {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/test/lab/host/*.test.ts'],
  // The base leaves this folder out.
  testPathIgnorePatterns: ['/node_modules/'],
};
