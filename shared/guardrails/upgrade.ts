// Whether a node may be upgraded now. Nothing is wrong with it, so it is known to be well, and so are all others: the fleet can spare it. Where the
// chain itself stops for the upgrade, none of them can go on without it. Pure.
import { type Fleet, heightProbeOf } from '../fleet/model.ts';
import type { ObservedNode } from '../fleet/observation.ts';
import type { GuardrailCode, Refusal } from '../model/guardrail-codes.ts';
import { judgeOthers, judgeSelf, type MoveFacts } from './move.ts';
import { judgeClass } from './replace.ts';
import { judgeVotingPower } from './voting-power.ts';

export type UpgradeFacts = Omit<MoveFacts, 'cause'> & {
  /** The version that is wanted. */
  readonly to: string;
  /** The first block that only this version makes; absent where the nodes are upgraded one after the other. */
  readonly atHeight?: number;
  /** On another instance beside it. */
  readonly isBlueGreen?: true;
  /** The instances that go over at once, this one among them; empty where it goes alone. */
  readonly together: readonly string[];
  /** A person has named this very node, and said that it is a validator. */
  readonly acknowledgesValidator: boolean;
  /** What its clients say of it, as the node tells: that they need another version, or, where they have ended, the last line. */
  readonly lastLines: readonly string[];
};

const SOON_MS = 60_000;
/** An upgrade is over two hours after its height: a client that says nothing is asked a few times. */
const LATER_MS = 20 * 60_000;
const PERSON_MS = 60 * 60_000;

/** Why it is not upgraded now; null where it may be. Nobody is paged for a wait. */
export function judgeUpgrade(facts: UpgradeFacts): Refusal | null {
  const { fleet, node, nodes, role, breaker, haltedSinceMs, to, atHeight, acknowledgesValidator } = facts;
  const mayVote = role === 'validator' || role === 'unknown';
  if (!fleet.client?.versions.includes(to)) {
    const known = fleet.client?.versions.join(', ') ?? 'none';
    return refuse('version-unknown', `the fleet file does not name ${to} under client.versions (${known})`, PERSON_MS);
  }
  if (mayVote && !acknowledgesValidator) {
    const what = role === 'validator' ? 'is a validator' : 'is of unknown role, and could be a validator';
    const how = `npm run chainmend -- upgrade ${fleet.name}/${node.name} --to ${to} --acknowledge-validator`;
    return refuse(role === 'validator' ? 'validator' : 'role-unknown', `${node.name} ${what}: ${how}`, PERSON_MS);
  }
  if (atHeight !== undefined) return judgeHeight(facts, atHeight);
  if (facts.isBlueGreen) {
    const lacking = blueGreenFault(fleet) ?? knownFault(role, node.name);
    if (lacking !== null) return { ...refuse('upgrade-beside', `${lacking}. ${ROLLING}`, PERSON_MS), page: true };
  }
  const refusal =
    judgeSelf(facts) ??
    judgeClass({
      ...{ class: 'replace', fleet, role, node, breaker, haltedSinceMs },
      ...{ cause: 'unknown', manual: mayVote, acknowledgesValidator },
    }) ??
    judgeOthers({ ...facts, nodes: facts.nodes.filter((one) => !isBeside(one, facts)) }, 'upgrade') ??
    (mayVote ? judgeVotingPower({ fleet, nodes, instanceId: node.instanceId }) : null);
  // Its heals page for a breaker or a zone; an upgrade that waits for them does not.
  return refusal && { ...refusal, page: false };
}

/** Its client is down, or about to be, for the same step of the same upgrade. */
const isBeside = (
  { instanceId }: Pick<ObservedNode, 'instanceId'>,
  { node, together }: Pick<UpgradeFacts, 'node' | 'together'>,
): boolean => instanceId !== node.instanceId && together.includes(instanceId);

/** What works where no instance may come beside a node. */
export const ROLLING = 'Without --strategy blue-green it is upgraded where it is';

/** Where the client stands among those of an answer that has all of them; -1 where the file lets none be upgraded. */
export const positionOf = ({ client, units }: Pick<Fleet, 'client' | 'units'>): number =>
  client === undefined ? -1 : units.findIndex(({ name }) => name === client.unit);

/** Whether the client that is upgraded is a container, of Compose or not. */
export function isContainer(fleet: Pick<Fleet, 'client' | 'units'>): boolean {
  const kind = fleet.units[positionOf(fleet)]?.runtime.kind;
  return kind === 'docker' || kind === 'compose';
}

/** What a fleet file lacks so that another instance could prove a version beside each node; null: nothing. */
export function blueGreenFault(
  fleet: Pick<Fleet, 'client' | 'replace' | 'units' | 'rpc' | 'probe' | 'health'>,
): string | null {
  if (isContainer(fleet))
    return 'its client is a container, and Docker is kept down on a new instance, where no other one could be made';
  if (!fleet.replace.rungs.includes('replace'))
    return 'the fleet file does not allow another instance (replace.rungs lacks "replace")';
  if (fleet.units.some(({ runtime }) => runtime.kind === 'commands'))
    return 'a client is started by its owner’s own commands, and cannot be kept from starting on a new instance';
  if (heightProbeOf(fleet) === undefined || fleet.rpc === undefined)
    return 'nobody can see where a client stands (probe and rpc of the fleet file), so that no version could be proved before it serves';
  if (fleet.probe?.by === 'metric' && fleet.health.references.length === 0)
    return 'a metric tells no block hashes, and the fleet file has no health.references: nobody could tell whether the new client is on the fleet’s blocks';
  return null;
}

/** The new instance is another peer: the identity stays with the old one. */
const knownFault = (role: MoveFacts['role'], name: string): string | null =>
  role === 'follower'
    ? null
    : `${name} is a ${role}, which others know by its identity, and another instance has another one`;

/** A version that has the blocks below the height already would not execute them as the chain has: nothing is switched before. */
function judgeHeight({ node, nodes, lastLines }: UpgradeFacts, atHeight: number): Refusal | null {
  const self = nodes.find(({ instanceId }) => instanceId === node.instanceId);
  if (self && standsBelow(self, atHeight)) return null;
  if (lastLines.some((line) => namesHeight(line, atHeight))) return null;
  const where =
    self === undefined
      ? 'it was not observed for 3 min'
      : self.height === null
        ? `it does not answer, and its client does not say that it waits there${quoted(lastLines)}`
        : `it is at ${self.height}`;
  return refuse('upgrade-height', `${node.name} does not stand below block ${atHeight}: ${where}`, LATER_MS);
}

/** The upgrade of a fleet that is under way, as the heals of its nodes see it. */
export interface HeightUnderWay {
  readonly to: string;
  readonly atHeight: number;
}

/**
 * Why a node whose client stands, or has ended, below the height of an upgrade is not healed; null where it is. Nothing but the new version helps it,
 * and the upgrade ends within hours of its height.
 *
 * @param tip the highest block that is believed
 */
export function judgeBelowHeight(
  node: Pick<ObservedNode, 'name' | 'health'> & SeenHeight,
  { to, atHeight }: HeightUnderWay,
  tip: number | null,
): Refusal | null {
  const isThere = standsBelow(node, atHeight) || (mayHaveEnded(node) && tip !== null && tip >= atHeight - 1);
  if (!isThere) return null;
  const reason = `the chain stops below block ${atHeight} for ${to}: ${node.name} is switched to it first`;
  return refuse('upgrade-height', reason, SOON_MS);
}

/**
 * Its client has executed the last block of the version before: from there it does not go on, so that what was seen once stays true while it is silent.
 * CometBFT stores a block before its application executes it (finalizeCommit of consensus/state.go), and tells the height that it has stored
 * (rpc/core/status.go): a client that has stopped for the upgrade tells the very height, and one that ends by `halt-height` may tell the one below.
 */
export const standsBelow = (node: SeenHeight, atHeight: number): boolean => mayWaitAt(knownHeight(node), atHeight);

/** Whether a client that tells this height may wait for the upgrade: see standsBelow. Above it the upgrade is over. */
export const mayWaitAt = (height: number | null, atHeight: number): boolean =>
  height === atHeight - 1 || height === atHeight;

/** Its client may have ended for the upgrade: nothing answers, and it is not that nobody could ask. */
export const mayHaveEnded = ({ health }: Pick<ObservedNode, 'health'>): boolean => health === 'unreachable';

type SeenHeight = Pick<ObservedNode, 'height' | 'memory'>;

const knownHeight = ({ height, memory }: SeenHeight): number | null => height ?? memory?.track.progress ?? null;

/**
 * Whether a client has ended because of the upgrade: `UPGRADE "v2" NEEDED at height: 100` (BuildUpgradeNeededMsg, x/upgrade/keeper/abci.go of the Cosmos
 * SDK), or `halt per configuration height 100` (checkHalt, baseapp/abci.go: `halt-height` of its app.toml).
 */
const namesHeight = (line: string, atHeight: number): boolean => {
  const [, needed, halted] =
    /\bUPGRADE "[^"]{1,100}" NEEDED at height: (\d{1,10})\b|\bhalt per configuration height (\d{1,10})\b/.exec(line) ??
    [];
  return Number(needed ?? halted) === atHeight;
};

const quoted = ([last]: readonly string[]): string => (last ? ` ("${last.slice(0, 160)}")` : '');

const refuse = (code: GuardrailCode, reason: string, retryAfterMs: number): Refusal => ({
  refuse: code,
  reason,
  page: false,
  retryAfterMs,
});
