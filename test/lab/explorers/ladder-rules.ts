// Rules of the heal protocol that matter once a client is stopped, a volume exchanged or an identity moved. Each can be switched off; its naive
// version, which looks right, then takes its place.

import type { Facts } from '../../../functions/replace-node/facts.ts';
import { UNTRACKED } from '../../../shared/fleet/progress.ts';
import type { Beside, LadderState, Replacement, VersionChange } from '../../../shared/heal/memory.ts';
import type { Fault } from './ladder.ts';
import { BLIND, EC2_AWAY } from './ladder-people.ts';
import { VERSIONS } from './ladder-setting.ts';
import { CHAIN_AT_START } from './ladder-world.ts';

export type LadderWorldName = 'swap' | 'validator' | 'upgrade' | 'beside' | 'shrink';

export interface LadderRules {
  /** Tokens belong to the incident. Naive: to the attempt. */
  readonly tokenOfIncident: boolean;
  /** A new holder's first command raises the fence on the node. Naive: the command only reads the node's state. */
  readonly inspectingFences: boolean;
  /** An intent is written before its act. Naive: only the result is written, afterwards. */
  readonly writtenBefore: boolean;
  /** A client is started only where its volumes are mounted. Naive: every present volume is mounted. */
  readonly startsMountedOnly: boolean;
  /** Of two signing states the newer one stays. Naive: each volume keeps its own. */
  readonly keepsNewestSigned: boolean;
  /** The data of a client beside its node lose what makes the node itself. Naive: they are used as they are. */
  readonly scrubsBeside: boolean;
  /** Where EC2 tells nothing, a client that is down is given back by a command. Naive: the next decision waits for EC2. */
  readonly givesBackBlind: boolean;
  /** A join that a guard forbids is taken back. Naive: what was intended goes on. */
  readonly takesJoinBack: boolean;
  /** A command says that the client ran which it stops, and an act on the instance as well. Naive: what runs or not is stopped and started. */
  readonly saysItRan: boolean;
  /** Changes the facts and the memory that the decision gets. */
  readonly sees: (facts: Facts, memory: LadderState | null, attempt: number) => readonly [Facts, LadderState | null];
}

export const LADDER_FULL: LadderRules = {
  tokenOfIncident: true,
  inspectingFences: true,
  writtenBefore: true,
  startsMountedOnly: true,
  keepsNewestSigned: true,
  scrubsBeside: true,
  givesBackBlind: true,
  takesJoinBack: true,
  saysItRan: true,
  sees: (facts, memory) => [facts, memory],
};

export interface LadderRule {
  /** The rule of the protocol. */
  readonly sentence: string;
  /** The naive version. */
  readonly naive: string;
  readonly without: LadderRules;
  readonly world: LadderWorldName;
  /** The node of the setting that shows it. */
  readonly node: string;
  /** Faults in one story. `only` limits them where a story needs more than one. */
  readonly faults: number;
  readonly only?: readonly Fault[];
}

const seeing = (sees: LadderRules['sees']): LadderRules => ({ ...LADDER_FULL, sees });
const withReplacement = (
  memory: LadderState | null,
  change: (replacement: Replacement) => Partial<Replacement>,
): LadderState | null =>
  memory?.replacement ? { ...memory, replacement: { ...memory.replacement, ...change(memory.replacement) } } : memory;

export const LADDER_RULES: Readonly<Record<string, LadderRule>> = {
  push: {
    sentence:
      'a new holder’s first command raises the fence on the node, before anything that it says justifies an act',
    naive: 'a new holder only asks the node how it is',
    without: { ...LADDER_FULL, inspectingFences: false },
    world: 'swap',
    node: 'other data help',
    faults: 2,
    only: ['dies, its command outlives its moment', 'refused'],
  },
  saga: {
    sentence: 'it is written that the client may be down before it may be, and whoever comes next settles it',
    naive: 'what came of an act is written afterwards',
    without: { ...LADDER_FULL, writtenBefore: false },
    world: 'swap',
    node: 'it comes up after a stop',
    faults: 1,
  },
  token: {
    sentence: 'a volume’s and an instance’s token belong to the incident',
    naive: 'each attempt has tokens of its own',
    without: { ...LADDER_FULL, tokenOfIncident: false },
    world: 'swap',
    node: 'other data help',
    faults: 1,
  },
  window: {
    sentence: 'a call without a token that may have been made is not made again before the consistency window is over',
    naive: 'Describe is believed at once',
    without: seeing((facts, memory) => [
      facts,
      memory?.pending ? { ...memory, pending: { ...memory.pending, atMs: 0 } } : memory,
    ]),
    world: 'swap',
    node: 'other data help',
    faults: 1,
  },
  finish: {
    sentence: 'a successor proves what works, and puts back only what does not',
    naive: 'a successor puts back whatever it finds begun',
    without: seeing((facts, memory, attempt) => [facts, attempt > 1 ? undoing(memory) : memory]),
    world: 'swap',
    node: 'other data help',
    faults: 1,
  },
  mounts: {
    sentence: 'which volumes are mounted the node says, and where it is silent nothing is taken off it',
    naive: 'the answer that was lost meant that nothing happened',
    without: seeing((facts, memory) => [{ ...facts, seen: facts.seen ?? NOTHING_SAID }, memory]),
    world: 'swap',
    node: 'other data help',
    faults: 2,
    only: ['no answer, done', 'refused'],
  },
  word: {
    sentence: 'what a person takes back is called off before the client is stopped for it',
    naive: 'what was asked for is done, and then undone',
    without: seeing(({ laterWord: _, ...facts }, memory) => [facts, memory]),
    world: 'swap',
    node: 'a person restores a healthy node',
    faults: 1,
  },
  guard: {
    sentence: 'a client is started only where its volumes are attached',
    naive: 'the client is started',
    without: { ...LADDER_FULL, startsMountedOnly: false },
    world: 'swap',
    node: 'dead, no capacity in its zone',
    faults: 1,
  },
  fenceOff: {
    sentence:
      'before the new client is unmasked the old one is masked by its own word, or its root volume is off its stopped instance',
    naive: 'an instance that is seen stopped is fenced',
    without: seeing((facts, memory) => [facts, seenStopped(facts, memory)]),
    world: 'swap',
    node: 'the instance is dead',
    faults: 1,
  },
  newOff: {
    sentence:
      'the old instance is started again only when the new client is masked by its own word, or its root volume is off',
    naive: 'a new instance that does not answer does not run',
    without: seeing((facts, memory) => [
      memory?.replacement?.givenUp ? { ...facts, replacement: null, nowMs: facts.nowMs } : facts,
      gone(memory),
    ]),
    world: 'swap',
    node: 'no good snapshot',
    faults: 0,
  },
  first: {
    sentence: 'a command says that the client ran which it stops, and is not begun where a person has stopped it since',
    naive: 'a command stops what runs, and starts it',
    without: { ...LADDER_FULL, saysItRan: false },
    world: 'swap',
    node: 'other data help',
    faults: 1,
    only: ['a person stops the client'],
  },
  asked: {
    sentence: 'EC2 is asked whether it would launch an instance before that rung is taken',
    naive: 'the launch itself tells',
    without: seeing((facts, memory) => [{ ...facts, launch: null }, memory]),
    world: 'swap',
    node: 'dead, a launch is not permitted',
    faults: 0,
  },
  unknown: {
    sentence: 'what nobody knows is no reason to act',
    naive: 'a node that cannot be asked is sick',
    without: seeing((facts, memory) => [taken(facts, 'stuck'), memory]),
    world: 'swap',
    node: 'other data help',
    faults: 1,
    only: [BLIND],
  },
  away: {
    sentence: 'a client that a command brings back is brought back though EC2 tells nothing',
    naive: 'what is next is decided once EC2 answers',
    without: { ...LADDER_FULL, givesBackBlind: false },
    world: 'swap',
    node: 'a person wants another instance',
    faults: 1,
    only: [EC2_AWAY],
  },
  unproved: {
    sentence: 'what nobody knows proves nothing',
    naive: 'a node of which nothing bad is heard is well',
    without: seeing((facts, memory) => [taken(facts, 'synced'), memory]),
    world: 'swap',
    node: 'other data help',
    faults: 1,
    only: [BLIND],
  },
  newest: {
    sentence: 'of two signing states the newer one stays, there and back',
    naive: 'each volume keeps the signing state that it has',
    without: { ...LADDER_FULL, keepsNewestSigned: false },
    world: 'validator',
    node: 'a restore that is acknowledged',
    faults: 0,
  },
  dataBack: {
    sentence: 'with the version of before come the data of before, once the new one may have run on them',
    naive: 'the version of before is enough',
    without: seeing((facts, memory) => [facts, withUpgrade(memory, { mayHaveRun: false })]),
    world: 'upgrade',
    node: 'the new version stands still',
    faults: 0,
  },
  versionBack: {
    sentence: 'the version of before comes back before its data do',
    naive: 'the data of before are put under the client as it is',
    without: seeing((facts, memory) => [
      facts,
      memory?.upgrade?.givenUp != null ? withUpgrade(memory, { is: 'from' }) : memory,
    ]),
    world: 'upgrade',
    node: 'the new version stands still',
    faults: 0,
  },
  wayBack: {
    sentence: 'no version is changed before there are data of right before to go back to',
    naive: 'a snapshot will be found when it is needed',
    without: seeing((facts, memory) => [memory?.rung == null ? { ...facts, sources: null } : facts, memory]),
    world: 'upgrade',
    node: 'there is nothing to go back to',
    faults: 0,
  },
  switched: {
    sentence: 'which version a node has it says itself, after every command that was not answered',
    naive: 'the answer that was lost meant that nothing happened',
    without: seeing((facts, memory) =>
      memory?.rung === 'upgrade' && memory.upgrade?.is === 'unknown' && memory.upgrade.givenUp === null
        ? [{ ...facts, seen: facts.seen ?? SAID_BEFORE }, asBefore(memory)]
        : [facts, memory],
    ),
    world: 'upgrade',
    node: 'the new version stands still',
    faults: 2,
    only: ['no answer, done', 'a pause'],
  },
  ownBlocks: {
    sentence: 'only blocks above the first height that others saw of a new version prove it',
    naive: 'blocks above where the node was found prove it: it went on until its client was stopped',
    without: seeing((facts, memory) => [facts, sinceFound(memory)]),
    world: 'upgrade',
    node: 'the new version stands still',
    faults: 0,
  },
  filled: {
    sentence: 'files are copied until the node says that none is left',
    naive: 'a command that has ended well has copied them',
    without: seeing((facts, memory) => [facts, asFilled(memory)]),
    world: 'shrink',
    node: 'a smaller disk',
    faults: 0,
  },
  besideIdentity: {
    sentence: 'a client beside its node starts on data from which the identity was taken',
    naive: 'the data of the snapshot are used as they are',
    without: { ...LADDER_FULL, scrubsBeside: false },
    world: 'beside',
    node: 'beside it: the new version works',
    faults: 0,
  },
  besideVersion: {
    sentence: 'the wanted version is enabled on the new instance, whatever its image starts',
    naive: 'the image has the wanted version',
    without: seeing((facts, memory) => [facts, withBeside(memory, { isEnabled: true })]),
    world: 'beside',
    node: 'beside it: the new version works',
    faults: 0,
  },
  besideProved: {
    sentence: 'a new instance gets the place of its node when the fleet’s own blocks have proved it',
    naive: 'a client that runs is well',
    without: seeing((facts, memory) => [facts, takenAsProved(memory, facts.nowMs)]),
    world: 'beside',
    node: 'beside it: the snapshot stops lower',
    faults: 0,
  },
  besidePaused: {
    sentence: 'a join that a pause forbids is not intended any more',
    naive: 'whoever comes next goes on with what was intended',
    without: { ...LADDER_FULL, takesJoinBack: false },
    world: 'beside',
    node: 'beside it: the new version works',
    faults: 1,
    only: ['a pause'],
  },
  besideFirst: {
    sentence: 'the new instance is proved in the place of its node before the old client is stopped',
    naive: 'the old client is stopped before the new one is started, as where another instance takes over',
    without: seeing((facts, memory) => [facts, withoutBeside(memory)]),
    world: 'beside',
    node: 'beside it: the new version works',
    faults: 0,
  },
};

/** As if the first command had copied all files. */
const asFilled = (memory: LadderState | null): LadderState | null =>
  memory?.restoredVolumes?.shrink?.sinceMs == null
    ? memory
    : {
        ...memory,
        restoredVolumes: {
          ...memory.restoredVolumes,
          checked: memory.restoredVolumes.volumes.length,
          shrink: { ...memory.restoredVolumes.shrink, isFilled: true },
        },
      };

const withBeside = (memory: LadderState | null, change: Partial<Beside>): LadderState | null =>
  memory?.beside ? { ...memory, beside: { ...memory.beside, ...change } } : memory;

/** As if it were the rung of a heal. */
function withoutBeside(memory: LadderState | null): LadderState | null {
  if (memory === null) return null;
  const { beside: _, ...rest } = memory;
  return rest;
}

/** As if a client that runs had proved itself. */
const takenAsProved = (memory: LadderState | null, atMs: number): LadderState | null =>
  memory?.upSinceMs == null
    ? memory
    : withBeside(memory, {
        proved: 'it runs',
        look: { atMs, health: 'synced', reason: 'it runs', height: 0, lagBlocks: 0, track: UNTRACKED },
      });

/** As if the node had told that nothing was done to it. */
const SAID_BEFORE: NonNullable<Facts['seen']> = {
  clients: [{ state: 'running', exitStatus: null, asked: null, lastLine: '', masked: false, instance: VERSIONS.from }],
  ...{ volumes: [], devices: [], rootUsedPercent: 0 },
};

const asBefore = ({ upgrade: _, ...memory }: LadderState): LadderState => ({
  ...memory,
  ...{ client: 'untouched', pending: null, setback: null, upSinceMs: null },
});

/** As if the height at which it was found were the first one of what runs now. */
function sinceFound(memory: LadderState | null): LadderState | null {
  const { upSinceMs = null, found } = memory ?? {};
  const height = found?.height ?? null;
  if (memory === null || upSinceMs === null || height === null) return memory;
  return { ...memory, cameUp: { upSinceMs, height, nearest: { atMs: upSinceMs, height, lagBlocks: 0 } } };
}

const withUpgrade = (memory: LadderState | null, change: Partial<VersionChange>): LadderState | null =>
  memory?.upgrade ? { ...memory, upgrade: { ...memory.upgrade, ...change } } : memory;

/** As if a reading that nobody has were this one. */
const taken = (facts: Facts, health: 'stuck' | 'synced'): Facts =>
  facts.watched?.health === 'unknown'
    ? {
        ...facts,
        watched: { ...facts.watched, health, height: facts.watched.height ?? CHAIN_AT_START * 2, lagBlocks: 0 },
        breaker: { open: false, sentence: '1 of 5 nodes unhealthy or unknown, limit 1' },
      }
    : facts;

const undoing = (memory: LadderState | null): LadderState | null =>
  memory?.restoredVolumes?.mounted === 'restored' && memory.proved === null
    ? {
        ...memory,
        restoredVolumes: {
          ...memory.restoredVolumes,
          givenUp: { door: 'nobody-knows', fault: 'other', reason: 'another attempt had begun it' },
        },
      }
    : memory;

/** An answer that reports running clients and no mounts. */
const NOTHING_SAID: NonNullable<Facts['seen']> = { clients: [], volumes: [], devices: [], rootUsedPercent: 0 };

const seenStopped = ({ original }: Facts, memory: LadderState | null): LadderState | null =>
  original?.instance.state === 'stopped'
    ? withReplacement(memory, ({ fencedBy, identity }) =>
        fencedBy === null ? { fencedBy: 'root-detached', identity: 'none' } : { fencedBy, identity },
      )
    : memory;

/** As if EC2 had not shown the given-up replacement for a long time. */
const gone = (memory: LadderState | null): LadderState | null =>
  memory?.replacement?.givenUp ? { ...memory, waitingSinceMs: 0 } : memory;
