// The list of real-machine stories: their groups, and what each needs of the host besides machines.
import { entriesOf, type StoryGroup } from '../story.ts';
import { anvil } from './anvil.ts';
import { beacon } from './beacon.ts';
import { clique } from './clique.ts';
import { cometbft, cometbftHalted } from './cometbft.ts';
import { cometbftRollback } from './cometbft-rollback.ts';
import { cometbftUpgrade } from './cometbft-upgrade.ts';
import { consortium } from './consortium.ts';
import { geth, gethReplaced, gethUpgrade, gethUserData } from './geth.ts';
import { litecoin, litecoinDrills } from './litecoin.ts';
import { litecoinReindex } from './litecoin-reindex.ts';
import type { StoryEntry } from './plan.ts';

export const STORY_GROUPS: readonly StoryGroup[] = [
  litecoin,
  litecoinDrills,
  litecoinReindex,
  cometbft,
  cometbftHalted,
  cometbftUpgrade,
  cometbftRollback,
  consortium,
  clique,
  geth,
  gethReplaced,
  gethUserData,
  gethUpgrade,
  beacon,
  anvil,
];

export const STORIES: readonly StoryEntry[] = STORY_GROUPS.flatMap(entriesOf);
