// The host suite: needs root, loop devices and filesystem tools; says so and skips where it cannot have them.
import base from '../../jest.config.js';

export default { ...base, rootDir: '../..', testMatch: ['<rootDir>/test/nodes/*.test.ts'], testTimeout: 60_000 };
