// Accounts with the stack and one fleet of the smoke test, and nothing else: for `npm run chainmend -- smoke --stack-is-deployed`, and with --ladder.
import { join } from 'node:path';
import { ACCOUNT_ID } from '../../region.ts';
import { nobodyPaged } from '../checks/expectations.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world/world.ts';

/** The role of the instance profile that a run is given, as docs/fidelity.md asks for it. */
const PROFILE = 'smoke-node';
const makeProfile = ({ region }: Pick<World, 'region'>): void =>
  region.iam.addRole(PROFILE, ['AmazonSSMManagedInstanceCore', 'CloudWatchAgentServerPolicy']);

export const smokeGround: Scenario = {
  name: 'smoke-ground',
  sentence: 'An account without nodes, its stack deployed with the fleet of the smoke test; for --serve.',
  deployedWith: join(import.meta.dirname, '../fleets-smoke'),
  build: makeProfile,
  done: () => true,
  hours: 1,
  expect: [nobodyPaged, { sentence: 'where nothing is, nothing is done', holds: ({ heals }) => heals.length === 0 }],
};

const BLOCK_SECONDS = 5;

/** The node's client follows a chain of its own here, too, as infra/commands/smoke/client.py makes one. */
export const smokeLadderGround: Scenario = {
  ...smokeGround,
  name: 'smoke-ladder-ground',
  sentence:
    'An account without nodes, its stack deployed with the fleet of the ladder’s smoke test and one that is asked from a VPC; for --serve.',
  deployedWith: join(import.meta.dirname, '../fleets-smoke-ladder'),
  context: { nodeRoles: `arn:aws:iam::${ACCOUNT_ID}:role/${PROFILE}` },
  build: (world) => {
    makeProfile(world);
    world.chain({
      ...{ name: 'smoke-ladder', heightAtStart: 1_000, blockIntervalMs: BLOCK_SECONDS * 1_000 },
      ...{ bytesPerBlock: 0, inodesPerBlock: 0, consensus: 'elsewhere' },
    });
  },
};
