// What the door refuses by itself, since any heal that it could start would: rules 2, 3 and 6, and a disk that comes first.
import type { Fleet } from '../../shared/fleet/model.ts';
import { roleOf } from '../../shared/fleet/resolve.ts';
import { readBreaker } from '../../shared/guardrails/breaker.ts';
import { classOf, judgeClass } from '../../shared/guardrails/replace.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { GuardrailCode, Refusal } from '../../shared/model/guardrail-codes.ts';
import { subjectOf } from './alarms.ts';
import type { Candidate } from './decide.ts';
import { HEALTH, isPlan } from './kinds.ts';
import type { FleetSeen, InstanceNow } from './truth.ts';

/** Refusals that are said of a fleet: a page for each of its nodes would tell nothing more. */
export const OF_THE_FLEET: ReadonlySet<GuardrailCode> = new Set<GuardrailCode>(['breaker-open', 'chain-standing']);

/** The mildest that the fleet file allows decides: the ladder itself judges each rung. */
export function judgeDoor(
  {
    fleet,
    trouble,
    candidate,
    node,
  }: {
    readonly fleet: Fleet;
    readonly trouble: string;
    readonly candidate: Candidate;
    readonly node: string;
  },
  { tags, instanceId }: InstanceNow,
  { observations, haltedSinceMs }: FleetSeen,
  nowMs: number,
): Refusal | null {
  const { want, atOnce, alarm } = candidate;
  // A plan tells what the guardrails say; an undo is judged by what it would put back.
  if (isPlan(trouble) || want?.do === 'undo' || (trouble !== HEALTH && want === undefined)) return null;
  const seen = observations.flatMap(({ nodes }) => nodes).find((one) => one.instanceId === instanceId);
  const isDown = seen?.health === 'unreachable' || subjectOf({ ...alarm, name: 'StatusCheckFailed' }) === 'checks';
  return judgeClass({
    class: want === undefined || want.do === 'heal' ? mildest(fleet) : 'replace',
    fleet,
    role: roleOf(fleet, tags),
    node: { instanceId, name: node },
    breaker: readBreaker(fleet, observations, nowMs),
    haltedSinceMs,
    // Of a client that is down the ladder finds out why.
    cause: isDown ? 'known' : 'unknown',
    manual: atOnce === true || trouble !== HEALTH,
    acknowledgesValidator: want?.do === 'restore' && want.acknowledgesValidator,
  });
}

const mildest = ({ replace }: Fleet): 'restart' | 'replace' =>
  replace.rungs.some((rung) => classOf(rung) === 'restart') ? 'restart' : 'replace';

/** rotate-peers looks every five minutes, and again where the first list was of no use. */
const PEERS_WITHIN_MS = 30 * 60_000;

/** Without peers a client stands still, and neither a restart nor other data give it any: rotate-peers does, if it can. */
export function peersFirst(
  { peers }: Pick<Fleet, 'peers'>,
  { observations }: Pick<FleetSeen, 'observations'>,
  instanceId: string,
  nowMs: number,
): Refusal | null {
  const seen = observations.flatMap(({ nodes }) => nodes).find((one) => one.instanceId === instanceId);
  if (!peers?.rotate || seen?.health !== 'stuck' || seen.peerCount === null) return null;
  if (seen.peerCount >= peers.minimum || nowMs - seen.sinceMs >= PEERS_WITHIN_MS) return null;
  const reason = `${seen.name} has ${seen.peerCount} peers, ${peers.minimum} at least are needed: it is given some first`;
  return { refuse: 'peers-first', reason, page: false, lookAgainMs: 50_000 };
}

/** Two looks of watch-fleet: until then a node whose disk was grown is known as it was before. */
const SEEN_SINCE_MS = 2 * 60_000;

/**
 * The trouble of a disk may be all that ails, or ailed, a node. Not where the disk's own numbers did not confirm what its alarm says.
 */
export function diskFirst(disks: readonly (IncidentRecord | undefined)[], nowMs: number): Refusal | null {
  const grown = disks.find((disk) => disk?.state === 'healed' && nowMs - disk.endedAtMs < SEEN_SINCE_MS);
  const first = disks.find(
    (disk) =>
      disk !== undefined &&
      disk.state !== 'healed' &&
      !(disk.state === 'open' && disk.failures === 0 && disk.refusedCodes.includes('not-confirmed')),
  );
  if (!first && grown) {
    const reason = `incident ${grown.incidentId} (${grown.trouble}) was healed a moment ago: what became of the node is seen first`;
    return { refuse: 'disk-full-first', reason, page: false, lookAgainMs: 50_000 };
  }
  if (!first) return null;
  const reason = `incident ${first.incidentId} (${first.trouble}) is open: the disk is grown first`;
  return { refuse: 'disk-full-first', reason, page: false, lookAgainMs: 50_000 };
}
