// An account where the stack is deployed with the smoke test's fleet and nothing else is: for `npm run smoke -- --stack-is-deployed`.
import { join } from 'node:path';
import { nobodyPaged } from './expectations.ts';
import type { Scenario } from './scenario.ts';

export const smokeGround: Scenario = {
  name: 'smoke-ground',
  sentence: 'An account without nodes, its stack deployed with the fleet of the smoke test; for --serve.',
  deployedWith: join(import.meta.dirname, 'fleets-smoke'),
  build: () => {},
  done: () => true,
  hours: 1,
  expect: [nobodyPaged, { sentence: 'where nothing is, nothing is done', holds: ({ heals }) => heals.length === 0 }],
};
