// All scenarios, in the best order for a newcomer: those of this folder, and the world files beside it. A world file is read when it is chosen.

import { join } from 'node:path';
import type { PublicIncident, Scenario } from '../scenario.ts';
import type { TimelineObserver } from '../world-file/build.ts';
import { worldNamed, worldsIn } from '../world-file/read.ts';
import { allDisksFull } from './all-disks-full.ts';
import { asgOwned } from './asg-owned.ts';
import { azNoCapacity } from './az-no-capacity.ts';
import { badLatestSnapshot } from './bad-latest-snapshot.ts';
import { brokenFilesystem } from './broken-filesystem.ts';
import { bundleBadDigest, bundleLoaded } from './bundles.ts';
import { burstOf200 } from './burst-of-200.ts';
import { chainHalt } from './chain-halt.ts';
import { clientBug } from './client-bug.ts';
import { corruptData } from './corrupt-data.ts';
import { dailySnapshot } from './daily-snapshot.ts';
import { deploy25Coins } from './deploy-25-coins.ts';
import { deployClique, sealerDead } from './deploy-clique.ts';
import { deployConsortium } from './deploy-consortium.ts';
import { deployData } from './deploy-data.ts';
import { deployHa } from './deploy-ha.ts';
import { deploySingle } from './deploy-single.ts';
import { diskFull } from './disk-full.ts';
import { diskFullAsk } from './disk-full-ask.ts';
import { diskFullBudgetSpent } from './disk-full-budget-spent.ts';
import { diskFullGrownBefore } from './disk-full-grown-before.ts';
import { diskFullPaused } from './disk-full-paused.ts';
import { diskFullPlan } from './disk-full-plan.ts';
import { dnsDrift } from './dns-drift.ts';
import { doubleAlarm } from './double-alarm.ts';
import { drillBadSet, drillBudget, drillDaily, drillLeft, drillProtected } from './drills.ts';
import { executionLost } from './execution-lost.ts';
import { firstDay } from './first-day.ts';
import { fleetRenamed } from './fleet-renamed.ts';
import { halfFleetStuck } from './half-fleet-stuck.ts';
import { instanceDead } from './instance-dead.ts';
import { lateCommand } from './late-command.ts';
import { manualRestore } from './manual-restore.ts';
import { minorityFork } from './minority-fork.ts';
import { newFleet } from './new-fleet.ts';
import { noGoodSnapshot } from './no-good-snapshot.ts';
import { ownAlarm, ownAlarmComposite, ownAlarmWrong } from './own-alarms.ts';
import { peersLost } from './peers-lost.ts';
import { pruneBeforeGrow, pruneNoHelp } from './prunes.ts';
import { readinessKept, readinessLost, readinessRegained, readinessTrials } from './readiness.ts';
import { referenceLies } from './reference-lies.ts';
import { rehearseMigration } from './rehearsals.ts';
import { reindexFails, reindexNoHelp, reindexRung, reindexSlower } from './reindexes.ts';
import { deadlineNear, releaseAutoPatch, releaseTold } from './releases.ts';
import { rollbackNoHelp, rollbackOnceADay, rollbackRung, rollbackUnfit } from './roll-backs.ts';
import { rpcDead } from './rpc-dead.ts';
import { scaleDown, scaleUp } from './scales.ts';
import { secondAccount, secondAccountKey, secondAccountStopped } from './second-account.ts';
import { secondRegion, secondRegionKey, secondRegionStopped } from './second-region.ts';
import { shrink, shrinkPruned, shrinkReboot, shrinkRefused, shrinkUndone } from './shrinks.ts';
import { slowStart } from './slow-start.ts';
import { smokeGround, smokeLadderGround } from './smoke-ground.ts';
import { stateSync } from './state-sync.ts';
import { stuckNode } from './stuck-node.ts';
import { syncBoost } from './sync-boost.ts';
import { tableRolledBack } from './table-rolled-back.ts';
import { undoRestore } from './undo-restore.ts';
import {
  upgradeAtHeight,
  upgradeBlueGreen,
  upgradeBlueGreenFails,
  upgradeCanaryFails,
  upgradeHaltedByBug,
  upgradeInterrupted,
  upgradeRolling,
  upgradeValidatorFails,
  upgradeValidators,
  upgradeZones,
  upgradeZonesFail,
} from './upgrades.ts';
import { validatorStuck } from './validator-stuck.ts';
import { swapCold, swapLearned, swapWarmed } from './warmed-swaps.ts';
import { webhookDown, webhookHostile, webhookTold } from './webhook.ts';

/** A scenario that plays a public incident. */
export interface Exhibit extends Scenario {
  readonly happened: PublicIncident;
}

const WORLDS = join(import.meta.dirname, '../worlds');
const EXHIBITS = join(import.meta.dirname, '../museum');

let exhibits: readonly Exhibit[] | undefined;

/** Public incidents, dated and with their sources, in the order of their days. */
export function museum(): readonly Exhibit[] {
  exhibits ??= worldsIn(EXHIBITS)
    .filter(isExhibit)
    .toSorted((a, b) => a.happened.on.localeCompare(b.happened.on) || a.name.localeCompare(b.name));
  return exhibits;
}

function isExhibit(scenario: Scenario): scenario is Exhibit {
  return scenario.happened !== undefined;
}

const FIRST: readonly Scenario[] = [
  diskFull,
  allDisksFull,
  diskFullGrownBefore,
  diskFullBudgetSpent,
  diskFullPaused,
  diskFullPlan,
  diskFullAsk,
  rpcDead,
  minorityFork,
  chainHalt,
  referenceLies,
  slowStart,
  dnsDrift,
  peersLost,
  newFleet,
  stuckNode,
  corruptData,
  badLatestSnapshot,
  firstDay,
  brokenFilesystem,
  noGoodSnapshot,
  clientBug,
  burstOf200,
  deploySingle,
  deployData,
  deploy25Coins,
  deployConsortium,
  deployClique,
  sealerDead,
  deployHa,
  scaleUp,
  scaleDown,
  instanceDead,
  azNoCapacity,
  asgOwned,
  halfFleetStuck,
  validatorStuck,
  doubleAlarm,
  ownAlarm,
  ownAlarmComposite,
  ownAlarmWrong,
  lateCommand,
  fleetRenamed,
  tableRolledBack,
  executionLost,
  dailySnapshot,
  readinessLost,
  readinessKept,
  readinessRegained,
  readinessTrials,
  releaseTold,
  releaseAutoPatch,
  deadlineNear,
  webhookTold,
  webhookDown,
  webhookHostile,
  manualRestore,
  swapWarmed,
  swapCold,
  swapLearned,
  undoRestore,
  shrink,
  shrinkRefused,
  shrinkReboot,
  shrinkUndone,
  shrinkPruned,
  upgradeRolling,
  upgradeInterrupted,
  upgradeCanaryFails,
  rehearseMigration,
  rollbackRung,
  rollbackNoHelp,
  rollbackUnfit,
  rollbackOnceADay,
  reindexRung,
  reindexSlower,
  reindexFails,
  reindexNoHelp,
  pruneBeforeGrow,
  pruneNoHelp,
  upgradeBlueGreen,
  upgradeBlueGreenFails,
  upgradeAtHeight,
  upgradeHaltedByBug,
  upgradeValidators,
  upgradeZones,
  upgradeZonesFail,
  upgradeValidatorFails,
  drillDaily,
  drillProtected,
  drillLeft,
  drillBadSet,
  drillBudget,
  secondAccount,
  secondAccountKey,
  secondAccountStopped,
  secondRegion,
  secondRegionKey,
  secondRegionStopped,
  bundleLoaded,
  bundleBadDigest,
  stateSync,
  syncBoost,
];

const LAST: readonly Scenario[] = [smokeGround, smokeLadderGround];

let all: readonly Scenario[] | undefined;

/** Reads each world file: use `findScenario` for one scenario, `scenarioEntries` for names and sentences. */
export function allScenarios(): readonly Scenario[] {
  all ??= [...FIRST, ...worldsIn(WORLDS), ...museum(), ...LAST];
  return all;
}

/**
 * Reads no world file but its own.
 *
 * @param observer hears of the timeline, where it is a world file
 */
export function findScenario(name: string, observer?: TimelineObserver): Scenario | undefined {
  const written = [...FIRST, ...LAST].find((scenario) => scenario.name === name);
  return written ?? worldNamed(WORLDS, name, observer) ?? worldNamed(EXHIBITS, name, observer);
}
