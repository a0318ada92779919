// What chainmend would have done about a sick node, by what AWS has kept of it. Pure.

import { FULL_PERCENT, type Past, planThen } from '../../../functions/replace-node/hindsight.ts';
import type { Fleet, Role } from '../../../shared/fleet/model.ts';
import type { Health } from '../../../shared/fleet/observation.ts';
import { roleOf } from '../../../shared/fleet/resolve.ts';
import { HEALTH_VALUE } from '../../../shared/fleet/resource-names.ts';
import { readBreaker } from '../../../shared/guardrails/breaker.ts';
import { nodesNow } from '../../../shared/guardrails/fleet-view.ts';
import { peersLacking } from '../../../shared/guardrails/peers.ts';
import type { HealthReading } from '../../../shared/guardrails/records.ts';
import { judgeClass } from '../../../shared/guardrails/replace.ts';
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import { type History, type NodeHistory, sampleAt, stepMsAt } from './history.ts';
import type { Incident } from './incidents.ts';
import { rungsAfter } from './rungs-then.ts';
import { tagThen } from './tags-then.ts';
import { refusedToSay, toldThen } from './told-then.ts';
import { type Judged, refusedBy, unknowable, type Verdict } from './verdict.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const AGENT = 'its SSM agent answered';
export const SILENT = 'its SSM agent was as silent as its CloudWatch agent';
export const CLIENT = 'nobody had stopped its client on the node';
const OTHERS = 'the other nodes followed their chain';
const ADVANCED = 'the chain advanced';
const TURN = 'its turn came while many were sick';

export function ladderOf(history: History, one: NodeHistory, incident: Incident): Judged {
  const { onsetMs: nowMs, trouble } = incident;
  const isImpaired = trouble === 'failed checks';
  const role = roleThen(history, one, nowMs);
  if (typeof role === 'object') return unknowable(incident, role.unknown);
  if (history.fleet.replace.rungs.length === 0)
    return { incident, verdict: { is: 'left', because: 'the fleet file has no rung: nothing is begun' }, provided: [] };
  const told = isImpaired ? undefined : toldThen(one, incident, 'node');
  const hand = told === undefined ? handOnNode(history, one, nowMs) : null;
  if (hand !== null && !isImpaired) return unknowable(incident, hand);
  const reading = readingAt(history, nowMs, one, trouble);
  const halted = haltedAt(history, nowMs);
  const isSilent = told === undefined && trouble === 'unreachable' && fellSilent(history, one, incident);
  const provided = [
    ...(isImpaired || told !== undefined ? [] : [isSilent ? SILENT : AGENT]),
    ...(trouble === 'unreachable' && !isSilent && told === undefined ? [CLIENT] : []),
    ...(reading.isWhole ? [] : [OTHERS]),
    ...(halted === undefined ? [ADVANCED] : []),
  ];
  const isOn = isImpaired || told !== undefined || wasRunning(history, one, nowMs);
  const past = pastOf(history, one, incident, {
    ...{ reading: reading.reading, haltedSinceMs: halted ?? null, agentOnline: !isImpaired && !isSilent },
    ...{ role, isOn },
    seen: told?.seen ?? (isImpaired || isSilent || !isOn ? null : diskSeen(history, one, nowMs)),
  });
  // The dispatcher judges before anything is read of the instance.
  const door = doorOf(past, trouble) ?? peersOf(history, one, incident);
  if (door !== null) return { incident, verdict: refusedBy(door), provided: [...(reading.isWhole ? [] : [OTHERS])] };
  const refused = told === undefined && !isImpaired ? toldThen(one, incident, 'node refused') : undefined;
  if (refused !== undefined) return { incident, verdict: refusedBy(refusedToSay(refused)), provided: [] };
  const verdict = ladderVerdict(history, past);
  // Neither who was on a node nor whether its agent answered decides about an instance that does not run.
  if (!isOn) return { incident, verdict, provided: [] };
  // One canary first, then more after each proof (docs/adr/0028): who went first, and whether that helped, is not kept.
  const isPaced = past.breaker.open && verdict.is === 'healed';
  return { incident, verdict, provided: isPaced ? [...provided, TURN] : provided };
}

const doorOf = ({ fleet, role, breaker, haltedSinceMs, instanceId, node: name }: Past, trouble: Incident['trouble']) =>
  judgeClass({
    ...{
      class: mayRestart(fleet) ? 'restart' : 'replace',
      fleet,
      role,
      breaker,
      haltedSinceMs,
      node: { instanceId, name },
    },
    // Whoever does not answer is down for its own reason, as far as anybody sees.
    ...{ cause: trouble === 'stuck' ? 'unknown' : 'known', manual: false, acknowledgesValidator: false },
  });

const mayRestart = ({ replace }: Fleet): boolean =>
  replace.rungs.some((rung) => rung === 'restart' || rung === 'stop-start');

/** A client without peers cannot follow, and is given some first. */
function peersOf(history: History, { node, peers }: NodeHistory, { trouble, fromMs, onsetMs }: Incident) {
  const peerCount = sampleAt(peers, onsetMs, 3 * stepMsAt(history.toMs - onsetMs));
  if (trouble !== 'stuck' || peerCount === undefined) return null;
  return peersLacking(history.fleet, { name: node.name, peerCount, sinceMs: fromMs }, onsetMs);
}

/** As its tag said; that a role was changed since is kept, and what it was is not always. */
function roleThen(
  { fleet, acts }: History,
  { node, instance }: NodeHistory,
  nowMs: number,
): Role | { unknown: string } {
  if (!('fromTag' in fleet.role)) return node.role;
  const { fromTag } = fleet.role;
  const value = tagThen(acts, instance, fromTag, nowMs);
  if (value === undefined)
    return { unknown: `its tag ${fromTag} was changed since, and what it said before is not kept` };
  const { [fromTag]: _, ...tags } = instance.tags;
  return roleOf(fleet, value === null ? tags : { ...tags, [fromTag]: value });
}

/** EC2 publishes the status checks of an instance that runs, each minute; so long none is published for, whatever stopped it, it does not run. */
const UNCHECKED_STEPS = 5;

/** By the calls that stopped or started it, and, where EC2 itself did, by its status checks. */
function wasRunning({ acts, toMs }: History, { node, checks }: NodeHistory, nowMs: number): boolean {
  const power = acts?.findLast(
    ({ what, ids, atMs, hasFailed }) =>
      (what === 'StopInstances' || what === 'StartInstances') &&
      !hasFailed &&
      atMs <= nowMs &&
      ids.includes(node.instanceId),
  );
  if (power !== undefined) return power.what === 'StartInstances';
  const sinceMs = nowMs - UNCHECKED_STEPS * stepMsAt(toMs - nowMs);
  const wasChecked = checks.some(([atMs]) => atMs > nowMs - DAY_MS && atMs <= sinceMs);
  return !wasChecked || checks.some(([atMs]) => atMs > sinceMs && atMs <= nowMs);
}

/** mke2fs keeps 5 % of the blocks for root by default (mke2fs(8), -m), and the agent's percentage leaves them out. */
const EXT4_USABLE = 0.95;

/** What the node would have said of a full disk, by its CloudWatch agent; null where it told of none. */
function diskSeen({ toMs }: History, { disks }: NodeHistory, nowMs: number): NodeState | null {
  const volumes = disks.flatMap(({ path, filesystem, percent, used }) => {
    const validMs = 3 * stepMsAt(toMs - nowMs);
    const [share, usedBytes] = [sampleAt(percent, nowMs, validMs) ?? 0, sampleAt(used, nowMs, validMs) ?? 0];
    const sizeBytes = share === 0 ? 0 : usedBytes / (share / 100) / (filesystem === 'ext4' ? EXT4_USABLE : 1);
    const isFull = sizeBytes > 0 && usedBytes * 100 >= sizeBytes * FULL_PERCENT;
    return isFull ? [{ path, volumeId: '', filesystem, sizeBytes, usedBytes, readOnly: false }] : [];
  });
  return volumes.length === 0 ? null : { clients: [], volumes, devices: [], rootUsedPercent: 0 };
}

function ladderVerdict(history: History, past: Past): Verdict {
  const plan = planThen(past, null);
  if ('refusal' in plan) return refusedBy(plan.refusal);
  if ('well' in plan) return { is: 'left', because: plan.well };
  const [first] = plan.rungs;
  if (first === undefined) return { is: 'left', because: plan.sentence };
  const because = past.watched?.reason ?? 'its status checks failed';
  return { is: 'healed', by: first, because, orElse: rungsAfter(history, past, first) };
}

/** A person who is on the node may have stopped its client: whether the heal would have left it to them is not kept. */
function handOnNode({ acts }: History, { node }: NodeHistory, nowMs: number): string | null {
  const hand = acts?.findLast(
    ({ what, by, ids, atMs, hasFailed }) =>
      (what === 'SendCommand' || what === 'StartSession') &&
      by === 'people' &&
      !hasFailed &&
      atMs <= nowMs &&
      nowMs - atMs <= HOUR_MS &&
      ids.includes(node.instanceId),
  );
  return hand === undefined ? null : `${hand.who} was on the node (${hand.what}), and what was done there is not kept`;
}

/** The CloudWatch agent, another program of the same instance, had told of it before, and told nothing once the trouble had begun. */
function fellSilent(
  { toMs: readMs }: History,
  { disks, agent }: NodeHistory,
  { fromMs, onsetMs, toMs }: Incident,
): boolean {
  const stepMs = stepMsAt(readMs - onsetMs);
  const untilMs = Math.min(toMs ?? readMs, onsetMs + 5 * stepMs);
  const told = [agent, ...disks.map(({ percent }) => percent)].flatMap((samples) => samples.map(([atMs]) => atMs));
  const isBetween = (fromMs: number, untilMs: number): boolean => told.some((atMs) => atMs > fromMs && atMs <= untilMs);
  return isBetween(fromMs - DAY_MS, fromMs) && !isBetween(fromMs + stepMs, untilMs);
}

const HEALTH_OF: ReadonlyMap<number, Health> = new Map(
  Object.entries(HEALTH_VALUE).map(([health, value]) => [value, health as Health]),
);

/** The health of all nodes then; of those that nobody watched: well, which the verdict says. */
function readingAt(
  history: History,
  nowMs: number,
  about: NodeHistory,
  trouble: Incident['trouble'],
): { readonly reading: HealthReading; readonly isWhole: boolean } {
  const validMs = 3 * stepMsAt(history.toMs - nowMs);
  let isWhole = true;
  const nodes = nodesAt(history, nowMs, about).map(({ node, health, checks }) => {
    const value = sampleAt(health, nowMs, validMs);
    const seen = value === undefined ? undefined : HEALTH_OF.get(value);
    const isImpaired = (sampleAt(checks, nowMs, validMs) ?? 0) >= 1;
    const isAbout = node.instanceId === about.node.instanceId;
    if (seen === undefined && !isAbout) isWhole = false;
    const told: Health = seen ?? (isImpaired ? 'unreachable' : 'synced');
    const now: Health = isAbout && trouble === 'stuck' ? 'stuck' : isAbout ? 'unreachable' : told;
    return { instanceId: node.instanceId, availabilityZone: node.availabilityZone, health: now, sinceMs: nowMs };
  });
  return { reading: { observedAtMs: nowMs, nodes }, isWhole };
}

/** Of each name the instance of then: one that was retired since, or the one of today. */
const nodesAt = ({ nodes }: History, nowMs: number, about: NodeHistory): readonly NodeHistory[] =>
  nodes.filter(
    (one) =>
      one === about ||
      (one.node.name !== about.node.name &&
        (one.retiredAtMs ?? Number.POSITIVE_INFINITY) > nowMs &&
        !nodes.some(
          (other) =>
            other !== one &&
            other.node.name === one.node.name &&
            other.retiredAtMs !== null &&
            other.retiredAtMs > nowMs &&
            other.retiredAtMs < (one.retiredAtMs ?? Number.POSITIVE_INFINITY),
        )),
  );

/** Since when the chain stood; null while it advanced; undefined where nobody watched it. */
function haltedAt({ halted, toMs }: History, nowMs: number): number | null | undefined {
  const now = sampleAt(halted, nowMs, 3 * stepMsAt(toMs - nowMs));
  if (now === undefined) return undefined;
  if (now < 1) return null;
  const before = halted.findLast(([atMs, value]) => atMs <= nowMs && value < 1);
  return before === undefined ? nowMs : before[0];
}

interface Then {
  readonly reading: HealthReading;
  readonly haltedSinceMs: number | null;
  readonly agentOnline: boolean;
  readonly role: Role;
  readonly isOn: boolean;
  readonly seen: NodeState | null;
}

function pastOf(
  history: History,
  { node, instance, instanceStore, volumes, attachedEbs }: NodeHistory,
  { trouble, fromMs, onsetMs: nowMs }: Incident,
  { reading, haltedSinceMs, agentOnline, role, isOn, seen }: Then,
): Past {
  const { fleet } = history;
  const isImpaired = trouble === 'failed checks';
  const stall = sampleAt(attachedEbs, nowMs, 3 * stepMsAt(history.toMs - nowMs)) ?? 0;
  return {
    nowMs,
    fleet,
    role,
    node: node.name,
    instanceId: node.instanceId,
    onsetMs: fromMs,
    original: {
      instance: { ...instance, state: isOn ? 'running' : 'stopped' },
      checks: {
        system: 'ok',
        instance: isImpaired ? 'impaired' : 'ok',
        attachedEbs: stall >= 1 ? 'impaired' : 'ok',
      },
      agentOnline,
    },
    instanceStore,
    volumes,
    seen,
    watched: {
      ...{
        instanceId: node.instanceId,
        health: trouble === 'stuck' ? 'stuck' : 'unreachable',
        reason: REASON[trouble],
      },
      ...{ sinceMs: fromMs, observedAtMs: nowMs, height: null, lagBlocks: null, stoodSinceMs: null },
    },
    breaker: readBreaker(fleet, nodesNow([reading], nowMs)),
    haltedSinceMs,
    keyScope: history.keyScope,
  };
}

const REASON: Readonly<Record<Incident['trouble'], string>> = {
  'full disk': 'its disk was full',
  'failed checks': 'its status checks failed',
  stuck: 'it stood while others had newer blocks',
  unreachable: 'it did not answer',
};
