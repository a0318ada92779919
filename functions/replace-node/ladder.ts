// The ladder: its rungs in order, and which of them comes next. Pure.
import { isOwnCommand } from '../../shared/guardrails/replace.ts';
import type { LadderState } from '../../shared/heal/memory.ts';
import { mayBeOnStandby } from '../../shared/heal/ticket.ts';
import { isBlueGreen } from '../../shared/model/payload.ts';
import type { Rung as RungName } from '../../shared/model/rungs.ts';
import { isImpaired, type Needs, type Situation } from './facts.ts';
import { REINDEX } from './rungs/reindex.ts';
import { REPLACE } from './rungs/replace.ts';
import { RESTART, STOP_START } from './rungs/restart.ts';
import { ROLL_BACK } from './rungs/roll-back.ts';
import type { Rung } from './rungs/rung.ts';
import { SWAP } from './rungs/swap.ts';
import { UPGRADE } from './rungs/upgrade.ts';
import { needsOtherData } from './state.ts';

/** The mildest first. Each is taken once in an incident (`isTried`). The last four are loaded when they are needed (lazy.ts). */
export const RUNGS: Readonly<Record<RungName, Rung>> = {
  /** Restarts the client, by its own service manager. */
  restart: RESTART,
  /** Stops and starts the instance, if EC2 finds it impaired or nobody reaches it. */
  'stop-start': STOP_START,
  /** Takes the data back by some blocks, by the owner's own command: only where the fleet file has it. */
  get 'roll-back'() {
    return ROLL_BACK;
  },
  /** Has the client build its data again from the blocks on its disk, likewise, where that is measured to be quicker than a swap. */
  get reindex() {
    return REINDEX;
  },
  /** Exchanges the data, from a good snapshot or a healthy sibling. */
  get swap() {
    return SWAP;
  },
  /** Another version of the client: only where it is asked for. */
  get upgrade() {
    return UPGRADE;
  },
  /** Replaces the instance by another one that gets its data, its address and its name. */
  get replace() {
    return REPLACE;
  },
};

/** The rungs that could help here, mildest first. */
export function ladderOf(
  { want, fleet, original, replacement, gone, move }: Situation,
  { failed, upgrade }: Pick<LadderState, 'failed' | 'upgrade'>,
): readonly RungName[] {
  // Nothing is there that could be restarted, or take other data.
  if (gone) return fleet.replace.rungs.filter((rung) => rung === 'replace');
  // A well node is moved, and nothing else is done to it. Only where it has stopped and does not start again is another instance tried.
  if (move && (original?.instance.state !== 'stopped' || failed.length === 0))
    return fleet.replace.rungs.filter((rung) => rung === 'stop-start');
  // Another instance proves the version, and the node is not touched for it.
  if (isBlueGreen(want) && upgrade === undefined) return ['replace'];
  // Where the new version was never on the node, its data are as before. Whoever settles it, nothing else is done to the node.
  if (want.do === 'upgrade' || upgrade !== undefined)
    return failed.some(({ rung }) => rung === 'upgrade') && !upgrade?.mayHaveRun ? ['upgrade'] : ['upgrade', 'swap'];
  switch (want.do) {
    case 'restore':
    case 'undo':
    case 'shrink':
      return ['swap'];
    case 'replace-instance':
      return ['replace'];
    case 'heal': {
      const { rollBack, reindex } = fleet.replace;
      const has = { 'roll-back': rollBack !== undefined, reindex: reindex !== undefined };
      const impaired = isImpaired({ original }) || !original?.agentOnline;
      const booted = failed.some(({ rung }) => rung === 'stop-start');
      const first: readonly RungName[] = impaired || booted ? ['stop-start'] : ['restart'];
      // If nobody reaches the instance, its volumes cannot be exchanged; they are moved to another instance.
      const then: readonly RungName[] =
        impaired && !replacement ? ['replace'] : ['roll-back', 'reindex', 'swap', 'replace'];
      return [...first, ...then].filter((rung) =>
        isOwnCommand(rung) ? has[rung] : fleet.replace.rungs.some((one) => one === rung),
      );
    }
  }
}

/** The mildest rung that was not tried. */
export const nextRung = (situation: Situation, state: Pick<LadderState, 'failed' | 'upgrade'>): RungName | undefined =>
  ladderOf(situation, state).find((rung) => !isTried(situation, state, rung));

/** The rung under way, and the stronger ones that were not tried. */
export const rungsLeft = (
  situation: Situation,
  state: Pick<LadderState, 'rung' | 'failed' | 'upgrade'>,
): readonly RungName[] => {
  const left = ladderOf(situation, state).filter((rung) => !isTried(situation, state, rung));
  const { rung } = state;
  if (rung === null) return left;
  const order = Object.keys(RUNGS);
  return [rung, ...left.filter((one) => order.indexOf(one) > order.indexOf(rung))];
};

/** Its own data, and two copies. */
const INSTANCES_AT_MOST = 3;

/**
 * Once, but another instance while the data were the trouble on each one before: the next gets others. Not where a person has asked for the instance alone,
 * nor where no original is there to get its own data back meanwhile.
 */
function isTried({ want, gone }: Situation, { failed }: Pick<LadderState, 'failed'>, rung: RungName): boolean {
  const before = failed.filter((one) => one.rung === rung);
  const isAgain = want.do === 'heal' && !gone && before.every(({ badData }) => badData !== undefined);
  return before.length >= (isAgain ? INSTANCES_AT_MOST : 1);
}

/** What the next decision needs in addition to what every turn reads. */
export function needsOf(situation: Situation, state: LadderState | null): Needs {
  if (state === null || state.proved !== null)
    return {
      ...{ sources: false, supply: false, initialization: false, stop: false, standby: false },
      ...{ launch: false, replace: false },
    };
  const { rung, replacement, restoredVolumes, found } = state;
  const next = rung ?? nextRung(situation, state);
  const isElsewhere = replacement !== null && replacement.availabilityZone !== found.availabilityZone;
  // From a snapshot, or not at all.
  const isCopied = needsOtherData(state) || (isBlueGreen(situation.want) && next === 'replace');
  const isLost = isCopied && (rung === null || rung === 'replace');
  return {
    // No version is changed without data to go back to.
    sources:
      restoredVolumes === null &&
      (rung === 'swap' || isLost || (rung === 'replace' && isElsewhere) || (rung === null && next === 'upgrade')),
    // Only to be held: a rung that restores nothing does not depend on it.
    supply: restoredVolumes === null && rung === null && state.hold !== 'held' && !state.moves,
    initialization: restoredVolumes !== null && restoredVolumes.shrink === undefined,
    stop: next === 'stop-start' || next === 'replace',
    standby: next !== undefined && next !== 'restart' && !mayBeOnStandby(state),
    launch: rung === null && next === 'replace',
    replace: rung === null && ladderOf(situation, state).includes('replace') && !isTried(situation, state, 'replace'),
  };
}
