// What forbids a client's restart, the swap of its volumes or the replacement of its instance: rules 2, 3 and 6, and the owners of instances. Pure:
// the same facts give the same refusal.
import type { Fleet, Role } from '../fleet/model.ts';
import type { Evidence } from '../fleet/observation.ts';
import type { HeldAct } from '../model/conditions.ts';
import type { GuardrailCode, Refusal } from '../model/guardrail-codes.ts';
import type { Rung } from '../model/rungs.ts';
import { type BreakerReading, passLine } from './breaker.ts';
import { judgeHalt } from './conditions.ts';
import { judgeDrift, ownerOf } from './owner.ts';

/** The classes that guardrails judge: growing destroys nothing, names can be written again, a stopped client serves nobody. */
export type ActionClass = 'grow' | 'restart' | 'replace' | 'names';

/** The rungs that run an executable of the node's owner on its data: the instance and its volumes stay. */
export type OwnRung = 'roll-back' | 'reindex';
export const isOwnCommand = (rung: Rung): rung is OwnRung => rung === 'roll-back' || rung === 'reindex';

/** The budget that counts a rung. `stop-start` keeps instance and data, as a restart does; an owner's command keeps the instance and its volumes. */
export const classOf = (rung: Rung): 'restart' | 'replace' =>
  rung === 'restart' || rung === 'stop-start' || isOwnCommand(rung) ? 'restart' : 'replace';

/** The guards that apply to a rung: an owner's command changes data, and is as strictly judged as other data. */
export const guardedAs = (rung: Rung): 'restart' | 'replace' => (isOwnCommand(rung) ? 'replace' : classOf(rung));

/** What a condition of the fleet calls a rung. */
export const actOf = (rung: Rung): HeldAct => (rung === 'stop-start' ? 'stop' : isOwnCommand(rung) ? 'swap' : rung);

const RETRY_AFTER_MS = 5 * 60_000;
/** What only a person can change is judged again after this time. */
const PERSON_MS = 60 * 60_000;

export interface ClassFacts {
  readonly class: 'restart' | 'replace';
  readonly fleet: Pick<Fleet, 'name' | 'owner'>;
  readonly role: Role;
  readonly node: { readonly instanceId: string; readonly name: string };
  readonly breaker: BreakerReading;
  /** Since when no node of the fleet and no reference has advanced, ms since the epoch; null while any of them does. */
  readonly haltedSinceMs: number | null;
  /**
   * known: the trouble is this node's own in any state of the chain: its client has ended or failed, or its disk or its instance has, or its vote is missing
   * (`isVoteMissed`).
   */
  readonly cause: 'known' | 'unknown';
  /** A person asked for it, by the node's name. */
  readonly manual: boolean;
  /** That person confirms that it is a validator, and that no other copy of it runs. */
  readonly acknowledgesValidator: boolean;
}

/**
 * Whether the chain waits for this validator's vote, and its owner lets validators be restarted. Where the owner does not, the chain's page names it, and
 * nothing more is said of it.
 */
export const isVoteMissed = ({ owner }: Pick<Fleet, 'owner'>, evidence: Evidence | undefined): boolean =>
  evidence === 'votes' && owner.restartValidators;

/**
 * Whether an act of this class may be done to a node now. First whether the cause is the node's own, then what is never done, then what is not done
 * now.
 *
 * A person who names one node has looked at the fleet, and may know more about it than we do. (Where no probe asks the nodes all of them are unknown,
 * and the breaker is always open.) So neither a halted chain nor the breaker refuses that. Budgets and the fleet's turn still hold.
 */
export function judgeClass(facts: ClassFacts): Refusal | null {
  const { class: act, node, haltedSinceMs } = facts;
  return judgeHalt(act, node.name, haltedSinceMs, facts) ?? judgeRole(facts) ?? judgeBreaker(facts);
}

/**
 * Rule 6: validators, and nodes of unknown role, which may be validators, are never replaced. No restore may bring back an older signing state, and
 * no second copy may sign. They are restarted in place only with `restartValidators`: a validator that is down costs its owner little; one that comes
 * back with a half-written state may cost the stake. A person may acknowledge a restore of the same node, which keeps its identity and the newer
 * signing state.
 */
function judgeRole(facts: ClassFacts): Refusal | null {
  const { class: of, fleet, role, node, manual, acknowledgesValidator } = facts;
  if (role !== 'validator' && role !== 'unknown') return null;
  if (of === 'restart' ? fleet.owner.restartValidators : manual && acknowledgesValidator) return null;
  const forPerson = { page: true, retryAfterMs: PERSON_MS };
  if (role === 'unknown') {
    const reason = `no role is known of ${node.name}, and it could be a validator: say in the fleet file what it does (role: follower, sentry, bootnode or validator)`;
    return refuse('role-unknown', reason, forPerson);
  }
  const what = of === 'restart' ? 'the fleet file does not say owner.restartValidators: true' : 'it is never replaced';
  const look = `Look at ${node.name} (${node.instanceId}) itself. If its client has ended, start it where it is`;
  const restore = `To restore its data, first make sure that no other copy of its key runs: npm run chainmend -- restore ${fleet.name}/${node.name} --acknowledge-validator`;
  return refuse('validator', `${node.name} is a validator, and ${what}. ${look}. ${restore}`, forPerson);
}

/**
 * A restart costs little, and is paced where many are sick (pace.ts); what costs more waits for a person. Where nobody knows how most of them are,
 * nothing is done: it may be our own eyes.
 */
function judgeBreaker({ class: of, fleet, breaker, manual, node }: ClassFacts): Refusal | null {
  if (manual) return null;
  const zone = of === 'replace' || isUnsure(breaker) ? judgeZone(breaker, node) : null;
  if (zone) return zone;
  if (!breaker.open || (of === 'restart' && !isUnsure(breaker))) return null;
  const pass = passLine(fleet.name, node.name);
  return refuse(
    'breaker-open',
    `${breaker.sentence}: chainmend leaves ${node.name} alone until a person has looked. ${pass}`,
    {
      page: true,
    },
  );
}

const isUnsure = ({ isBlind, isMostlyUnknown }: BreakerReading): boolean =>
  isBlind === true || isMostlyUnknown === true;

/** What is a whole zone's trouble is not cured by changing one of its nodes. Its clients may be restarted where they are. */
export function judgeZone({ zone }: BreakerReading, { instanceId }: ClassFacts['node']): Refusal | null {
  if (zone === undefined || !zone.instanceIds.includes(instanceId)) return null;
  const held = 'nothing in it is swapped, replaced or stopped';
  return zone.isEnding
    ? refuse('zone-down', `${zone.sentence}; the last look no longer saw that, but until the next one ${held}`, {})
    : refuse('zone-down', `${zone.sentence}: the zone is at fault, and ${held}`, { page: true });
}

export interface OwnerFacts {
  readonly rung: Rung;
  readonly fleet: Pick<Fleet, 'owner' | 'replace'>;
  /** The instance's tags. */
  readonly tags: Readonly<Record<string, string>>;
  readonly autoScalingGroup: string | null;
  /** Its type has disks whose data last only while it runs. null: not read, which no rung that stops it may take for a no. */
  readonly instanceStore: boolean | null;
  /** Whether EC2 refuses to stop it to everybody (`DisableApiStop`): a person's word. null: AWS does not let us ask. */
  readonly stopProtected: boolean | null;
  /** Why its group could not set it aside; null where it could. */
  readonly standbyFault: string | null;
  readonly publicIp: { readonly ip: string; readonly allocationId: string | null } | null;
}

/** What an owner would find changed after a rung. */
const CHANGES = { swap: 'the ids of its data volumes', replace: 'its instance and its data volumes' } as const;

/** Whether somebody else owns what a rung would change. A restart in place changes nothing that anybody owns. */
export function judgeOwner({
  rung,
  fleet,
  tags,
  autoScalingGroup,
  instanceStore,
  stopProtected,
  standbyFault,
  publicIp,
}: OwnerFacts): Refusal | null {
  // An upgrade changes what its owner has installed for it; its way back is judged as a swap. A roll-back and a reindex run what its owner has written for it.
  if (rung === 'restart' || rung === 'upgrade' || isOwnCommand(rung)) return null;
  const forPerson = { page: true, retryAfterMs: PERSON_MS };
  if (autoScalingGroup !== null && fleet.replace.autoScaling === 'refuse') {
    const reason = `Auto Scaling group ${autoScalingGroup} replaces a member that is stopped or fails its checks; with replace.autoScaling: standby it would be set aside first`;
    return refuse('asg-owned', reason, forPerson);
  }
  // Known before anything is made for the rung: a group at its minimum can spare none.
  if (standbyFault !== null && autoScalingGroup !== null) return refuse('asg-owned', standbyFault, forPerson);
  // The same instance with the same volumes is no drift.
  const drift = rung === 'stop-start' ? null : judgeDrift(ownerOf(fleet.owner.by, tags), fleet.owner, CHANGES[rung]);
  if (drift !== null) return drift;
  if (rung === 'swap') return null;
  if (instanceStore === null)
    return refuse('instance-store', 'whether a stop would lose disks of its own is not known', {});
  if (instanceStore)
    return refuse(
      'instance-store',
      'its instance store would be empty after a stop: what lies there is a person’s to judge',
      forPerson,
    );
  // It was asked for, and a refusal does not end by itself.
  if (stopProtected === null)
    return refuse(
      'aws-refused',
      'AWS does not let chainmend ask whether it is protected against a stop (ec2:DescribeInstanceAttribute). Where the fleet file allows it only lately, npm run deploy gives that right',
      forPerson,
    );
  if (stopProtected)
    return refuse(
      'stop-protected',
      'somebody has protected it against a stop (DisableApiStop), and this rung would stop it: turn that off to have it healed',
      forPerson,
    );
  const lost = lostAddressOf({ publicIp });
  if (lost !== null && fleet.replace.publicAddress !== 'may-change')
    return refuse(
      'public-ip',
      `its public address ${lost} is not elastic: it would get another one, and others may know it by this one. With replace.publicAddress: may-change it is done`,
      forPerson,
    );
  return null;
}

/** The public address that the instance loses when it stops; null where it has none, or an elastic one. */
export const lostAddressOf = ({ publicIp }: Pick<OwnerFacts, 'publicIp'>): string | null =>
  publicIp !== null && publicIp.allocationId === null ? publicIp.ip : null;

const refuse = (
  code: GuardrailCode,
  reason: string,
  { page = false, retryAfterMs = RETRY_AFTER_MS }: { readonly page?: boolean; readonly retryAfterMs?: number },
): Refusal => ({ refuse: code, reason, page, retryAfterMs });
