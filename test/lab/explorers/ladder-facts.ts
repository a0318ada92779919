// The facts that the ladder reads of the small world, as functions/replace-node/facts.ts and sources.ts do.

import { type Facts, heardOf, type Machine, type Needs } from '../../../functions/replace-node/facts.ts';
import { needsOf } from '../../../functions/replace-node/ladder.ts';
import { madeVolumes } from '../../../functions/replace-node/state.ts';
import type { Sources } from '../../../functions/replace-node/supply.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import type { SnapshotFact, SnapshotSet } from '../../../shared/snapshots/model.ts';
import { asOwn } from '../../fixtures/builders/snapshot.ts';
import { type LadderSetting, ZONES } from './ladder-setting.ts';
import { machineOf, volumesOf } from './ladder-view.ts';
import { type LadderWorld, NODE, OLD, SIBLING_ID, START_MS, STOPPED_AT } from './ladder-world.ts';

/** The same facts as facts.ts reads. */
export function factsOf(
  world: LadderWorld,
  memory: LadderState | null,
  seen: NodeState | null,
  unanswered: Facts['unanswered'],
): Facts {
  const { setting, nowMs, stale } = world;
  const view = stale && nowMs < stale.untilMs ? stale.view : null;
  const youngId = memory?.replacement?.instanceId ?? '';
  const shown = (id: string): Machine | null => {
    const box = view === null ? world.boxes.get(id) : undefined;
    return box ? machineOf(world, box) : (view?.boxes.get(id) ?? null);
  };
  const old = shown(OLD);
  const young = shown(youngId);
  const volumes = view?.volumes ?? volumesOf(world);
  const machines = { original: old, replacement: heardOf(young, unanswered) };
  const needs = needsOf({ fleet: setting.fleet, want: setting.want, gone: null, move: null, ...machines }, memory);
  const known = new Set([OLD, youngId].filter((id) => id !== ''));
  const ids = new Set(
    [...(memory?.found.volumes ?? []), ...(memory?.restoredVolumes ? madeVolumes(memory.restoredVolumes) : [])].map(
      ({ volumeId }) => volumeId,
    ),
  );
  const isTakenBack =
    setting.want.do !== 'undo' && world.word !== null && (memory?.client ?? 'untouched') === 'untouched';
  if (isTakenBack) world.word = 'heard';
  const watched = world.watched(memory?.replacement?.membership === 'joined' ? youngId : OLD);
  const facts: Facts = {
    nowMs,
    fleet: setting.fleet,
    want: setting.want,
    role: setting.role,
    node: NODE,
    incidentId: '7f3a0c1d',
    onsetMs: START_MS - 60_000,
    original: machines.original,
    replacement: machines.replacement,
    instanceId: OLD,
    gone: null,
    move: null,
    instanceStore: needs.stop ? false : null,
    stopProtected: needs.stop ? false : null,
    standbyFault: null,
    volumes: volumes.filter(({ volumeId, attachment }) => ids.has(volumeId) || known.has(attachment?.instanceId ?? '')),
    impairedVolumes: [],
    seen,
    unanswered,
    openUntilMs: null,
    watched,
    breaker: watched?.health === 'unknown' ? BLIND : CLOSED,
    haltedSinceMs: null,
    sources: suppliesOf(world, memory, needs),
    keyScope: KEY_SCOPE,
    launch: launchOf(world, needs),
    reach: null,
    mateBack: null,
    rollBack: setting.fleet.replace.rollBack === undefined ? null : { trial: null, lastAtMs: null },
    reindex: setting.fleet.replace.reindex === undefined ? null : MEASURED,
    initialization: needs.initialization ? initialized(world, memory) : null,
  };
  const isSpared = setting.want.do === 'upgrade' || setting.want.do === 'shrink';
  if (!isSpared && !isTakenBack) return facts;
  return { ...facts, ...(isSpared && { spared: sparedIn(watched) }), ...(isTakenBack && { laterWord: LATER_WORD }) };
}

const BLIND: Facts['breaker'] = {
  open: true,
  isBlind: true,
  sentence: '5 of 5 nodes unhealthy or unknown, limit 1',
};
const CLOSED: Facts['breaker'] = { open: false, sentence: '1 of 5 nodes unhealthy or unknown, limit 1' };
const KEY_SCOPE: Facts['keyScope'] = { accountId: '111122223333', kmsKeys: [] };
const LATER_WORD: NonNullable<Facts['laterWord']> = { trigger: 'request:undo', incidentId: '0badcafe', state: 'open' };

/** By a drill: a reindex is quicker than a swap. */
const MEASURED: Facts['reindex'] = {
  trial: {
    ...{
      command: '/opt/node/reindex',
      setId: 'set-0',
      is: 'verified',
      atMs: START_MS - 60_000,
      reason: 'it has caught up',
    },
    ...{ minutes: 20, addedGiB: 0 },
  },
  proved: { minutes: 50 },
  lastAtMs: null,
};

/** The same as `judgeUpgrade` of a fleet whose other nodes are well. */
const sparedIn = (watched: Facts['watched']): Refusal | null =>
  watched?.health === 'synced'
    ? null
    : { refuse: 'cannot-be-spared', reason: 'what it has comes first', page: false, retryAfterMs: 300_000 };

/** The same as `readLaunch`: EC2's answer before an instance is requested. */
function launchOf({ setting: { forbids } }: LadderWorld, { launch }: Needs): Facts['launch'] {
  if (!launch) return null;
  if (forbids === null) return { is: 'accepted' };
  return forbids === 'told'
    ? { is: 'refused', reason: 'AWS does not permit the launch' }
    : { is: 'unknown', reason: 'no answer came' };
}

/** The same as `readSupply` of facts.ts: an unreadable source is a value as long as nothing is copied. */
function suppliesOf(world: LadderWorld, memory: LadderState | null, { sources, supply }: Needs): Sources | null {
  if (!sources && !supply) return null;
  if (!sources && world.nowMs - START_MS < world.setting.unreadMinutes * 60_000)
    return { unread: 'Unavailable: the service is unavailable', good: [], refused: [], sibling: null, kept: null };
  return sourcesOf(world, memory);
}

function sourcesOf(world: LadderWorld, memory: LadderState | null): Sources {
  const { kept, want, fleet } = world.setting;
  if (want.do === 'undo') {
    const volumes = [...world.disks.values()].flatMap(({ origin, part, id, at }) =>
      origin === 'kept' && at === null ? [[fleet.volumes[part]?.role ?? '', id]] : [],
    );
    const there = kept !== null && volumes.length === fleet.volumes.length;
    const source = { incidentId: 'before', availabilityZone: ZONES[0], volumes: Object.fromEntries(volumes) };
    return { good: [], refused: [], sibling: null, kept: there ? source : null };
  }
  const tried = new Set(memory?.tried.map(({ source }) => source));
  const good = setsOf(world.setting).filter(({ setId }) => !tried.has(setId));
  const parts = fleet.volumes.map(({ role }, part) => [role, `vol-0d0000000000000${part}d`]);
  const volumes = {
    instanceId: SIBLING_ID,
    node: 'node1',
    height: STOPPED_AT + 50,
    volumes: Object.fromEntries(parts),
  };
  return { good, refused: [], sibling: world.setting.sibling === null ? null : volumes, kept: null };
}

/** The volumes' blocks are initialized within twenty minutes, where the request asked for that. */
function initialized(world: LadderWorld, memory: LadderState | null): Facts['initialization'] {
  if (world.setting.fleet.replace.initializationMiBps === undefined) return null;
  const made =
    memory?.restoredVolumes?.volumes.flatMap(({ volumeId }) => world.disks.get(volumeId)?.madeAtMs ?? []) ?? [];
  if (made.length === 0) return null;
  const percent = Math.min(100, (world.nowMs - Math.max(...made)) / (20 * 600));
  return { percent, etaSeconds: null, done: percent === 100 };
}

const SETS = new WeakMap<LadderSetting, readonly SnapshotSet[]>();

function setsOf(setting: LadderSetting): readonly SnapshotSet[] {
  const sets = SETS.get(setting) ?? setting.sets.map((_, at) => setOf(setting, at));
  SETS.set(setting, sets);
  return sets;
}

/** The fields of a set that the ladder reads. */
const setOf = ({ fleet, donor }: LadderSetting, at: number): SnapshotSet => ({
  setId: `set-${at}`,
  node: donor === 'itself' ? NODE : 'node1',
  takenAtMs: START_MS - (at + 1) * 3_600_000,
  untilMs: START_MS - (at + 1) * 3_600_000,
  parts: Object.fromEntries(fleet.volumes.map(({ role }, part) => [role, partOf(at, part)])),
  rank: 'clean',
  height: STOPPED_AT - 100,
});

const partOf = (at: number, part: number): SnapshotFact =>
  asOwn({
    snapshotId: `snap-0${at}${part}`,
    volumeId: '',
    sizeGiB: 500,
    startedAtMs: 0,
    state: 'completed',
    encrypted: true,
    kmsKeyId: null,
    ownerId: '111122223333',
    tags: {},
    policyId: null,
    locked: false,
    archived: false,
    ledger: {
      fleet: null,
      node: null,
      ofValidator: false,
      role: null,
      setId: null,
      parts: null,
      height: null,
      blockHash: null,
      chainId: null,
      client: null,
      clientVersion: null,
      mode: null,
      cleanStop: true,
      verifiedAtMs: null,
      quarantined: null,
      heldBy: null,
    },
  });
