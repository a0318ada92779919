// The rung that gives a node other data, blue/green on its own instance: all is made, attached and checked while the node is as it is; one
// command exchanges the volumes; the found ones stay attached until the node has proved itself. Pure.
import type { Blame, LadderState, RestoredVolumes } from '../../../shared/heal/memory.ts';
import { endRung, giveUpVolumes, prove } from '../acts/decisions.ts';
import { standBy } from '../acts/instances.ts';
import { inspect, swap } from '../acts/node-commands.ts';
import { leavePool } from '../acts/precautions.ts';
import { type Facts, followsAgain } from '../facts.ts';
import { guardOf } from '../guards.ts';
import { mountedOf } from '../state.ts';
import { isSpent, sentenceOfSetback } from './patience.ts';
import { type Decision, type End, type Rung, refuse } from './rung.ts';
import { onceSettled, proving } from './settle.ts';
import { choose, type NoChoice, prepare, takeAway } from './volumes.ts';

export const SWAP: Rung = {
  name: 'swap',
  class: 'replace',
  asksOriginalFirst: true,
  cannotBegin: () => null,
  next: (facts, state) => {
    const { restoredVolumes: restored, found } = state;
    if (found.volumes.length === 0)
      return endRung({
        reason:
          'which volumes are the node’s cannot be told: the node is silent, or its mounts do not fit the fleet file',
      });
    if (!restored) return facts.original ? beforeVolumes(facts, state) : endRung({ reason: 'the instance is gone' });
    const unreachable = outOfReach(facts, state, restored);
    if (unreachable) return unreachable;
    if (restored.givenUp) return takeAway(facts, state, restored, restored.givenUp);
    if (!isWanted(facts, restored)) return giveUpVolumes({ blame: OTHERWISE });
    const act = prepare(facts, state, restored, 'original') ?? exchange(facts, state, restored);
    return isSpent(state, act) ? giveUp(sentenceOfSetback(state)) : act;
  },
};

const giveUp = (reason: string): Decision => giveUpVolumes({ blame: { fault: 'other', reason } });

/** A heal of before may have left volumes in the middle: proved, they would pass for what a person has asked for since. */
function isWanted({ want }: Facts, { from, volumes }: RestoredVolumes): boolean {
  if (want.do === 'undo') return from === 'kept';
  if (want.do !== 'restore') return true;
  const named = want.snapshotId;
  return from === 'snapshot' && (named === null || volumes.some(({ snapshotId }) => snapshotId === named));
}

const OTHERWISE: Blame = {
  fault: 'other',
  reason: 'another heal had begun with it, and a person has asked for other data',
};

/** What is mounted only the node can tell; where it does not, nothing is taken off it. */
function outOfReach(facts: Facts, state: LadderState, restored: RestoredVolumes): Decision | null {
  const { original, seen } = facts;
  const power = original?.instance.state ?? 'terminated';
  if (power === 'terminated')
    return takeAway(facts, state, { ...restored, mounted: 'found' }, restored.givenUp ?? GONE);
  const runs = power === 'running';
  if (runs && (original?.agentOnline || seen !== null)) return null;
  // Before the first exchange only EC2 has to be asked; a client that is up on the restored volumes is proved by what others see of it.
  if (state.client === 'untouched') return restored.givenUp ? null : giveUpVolumes({ blame: SILENT });
  if (runs && restored.givenUp === null && restored.mounted === 'restored' && state.upSinceMs !== null) return null;
  return runs
    ? refuse('node-silent', 'the node does not answer, and only it can tell which volumes are mounted', { page: true })
    : refuse('instance-stopped', `the instance is ${power}: somebody has stopped it in the middle of a swap`, {
        page: true,
        retryAfterMs: STOPPED_AGAIN_MS,
      });
}

const STOPPED_AGAIN_MS = 15 * 60_000;
const GONE: Blame = { fault: 'other', reason: 'the instance is gone' };
const SILENT: Blame = { fault: 'other', reason: 'the node does not answer commands any more' };

function beforeVolumes(facts: Facts, state: LadderState): Decision {
  if (!facts.original?.agentOnline)
    return endRung({ reason: 'the node does not answer commands, and its volumes are exchanged by one' });
  if (state.standby === 'refused') return endRung({ reason: 'its group does not set it aside' });
  if (state.tried.some(({ fault }) => fault === 'same-stop')) return onceSettled(facts, state, sameStop(state));
  const chosen = choose(facts, state, state.found.availabilityZone);
  return 'failed' in chosen ? noneLeft(facts, state, chosen) : chosen;
}

/** The data were not the trouble: more of them will not help, nor will another instance. */
const sameStop = ({ tried }: LadderState): End => ({
  as: 'escalated',
  code: 'same-stop',
  reason: `with other data it stops at the same height: a bug of its client, or a fork, and not its data. ${tried.at(-1)?.reason ?? ''}`,
  asFound: true,
});

function noneLeft({ want }: Facts, { tried }: LadderState, { failed: reason, code }: NoChoice): Decision {
  if (want.do === 'undo' && tried.length === 0) return refuse('nothing-to-undo', reason);
  if (want.do === 'restore' && tried.length === 0) return refuse('snapshot-unfit', reason);
  return endRung({ reason, ...(code !== undefined && { code }) });
}

function exchange(facts: Facts, state: LadderState, restored: RestoredVolumes): Decision {
  const { from, source, rank, height } = restored;
  if (restored.mounted === 'found') {
    const off = state.client === 'mayBeDown' && !runsOnFound(facts, state) ? null : calledOff(facts, state);
    if (off) return off;
    if (needsPool(facts, state)) return leavePool({});
    const group = facts.original?.instance.autoScalingGroup;
    if (group && state.standby !== 'entered') return standBy({ group });
    const data = from === 'snapshot' ? `${source}, ${rank}` : source;
    return swap({ to: 'restored', reason: `data of ${data}${height === null ? '' : `, height ${height}`}` });
  }
  if (facts.want.do === 'undo') return undone(facts, state);
  if (state.upSinceMs === null) return inspect({ which: 'original' });
  return proving(facts, state, state.upSinceMs, 'original', (reason, fault) =>
    giveUpVolumes({ blame: { fault, reason } }),
  );
}

/** Blocks may have taken two days to come: what was true when the rung was taken is asked again before the node feels anything of it. */
function calledOff(facts: Facts, state: LadderState): Decision | null {
  if (followsAgain(facts)) return giveUp(FOLLOWS_AGAIN);
  const refusal = guardOf(facts, 'swap');
  return refusal && onceSettled(facts, state, { as: 'refused', refusal });
}

/** An exchange that was intended and forbidden by a guard has taken nothing down: the node says so, under this attempt's fence. */
const runsOnFound = ({ seen }: Facts, state: LadderState): boolean =>
  mountedOf(state, seen) === 'found' && seen?.clients.every(({ state: is }) => is === 'running') === true;

export const FOLLOWS_AGAIN = 'the node follows its chain again by itself';

/** A node that serves is taken out of the pool before; one that is not well is out of it by its health. */
export const needsPool = ({ watched, fleet }: Facts, { pool }: LadderState): boolean =>
  fleet.dns !== undefined && watched?.health === 'synced' && pool === 'in';

/** What a person wants back need not follow the chain better than what was there. */
function undone({ seen }: Facts, state: LadderState): Decision {
  if (!seen || state.upSinceMs === null) return inspect({ which: 'original' });
  if (seen.clients.every(({ state: is }) => is === 'running'))
    return prove({ reason: 'the volumes of before are mounted again, and the client runs on them' });
  return giveUp('the client does not run on them');
}
