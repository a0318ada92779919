// The forbidden states of the ladder, after each act and at its end. Each is the sentence under which a broken story is printed.
import type { Decision, End } from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { BESIDE_NEVER, hasIdentity, isBeside, isOverBeside, lookAtService, lookBeforeBeside } from './ladder-beside.ts';
import { type Box, isMade, type LadderWorld, OLD } from './ladder-world.ts';

export const NEVER = {
  ...BESIDE_NEVER,
  ends: 'it always comes to an end',
  identity: 'never two copies of one identity run',
  fenced: 'a client runs on one instance only when that of the other is masked, or its root volume is off',
  mounted: 'a mounted volume is never detached',
  mixed: 'a client never runs on volumes of two moments',
  missing: 'a client never runs without its volumes',
  donor: 'a client never runs with the identity of another node',
  signed: 'a validator never signs with an older signing state',
  validator: 'volumes of a validator are exchanged only by a person who acknowledges it, its instance never',
  repeated: 'a call without a token is never made again while it may still take effect',
  made: 'a volume is made at most once of each source and role, an instance at most once, or three times where the data end there',
  milder: 'what is only held for a later rung never keeps a milder one from being taken',
  blind: 'a client that runs is neither exchanged nor stopped for a heal while nobody knows how it is',
  hopeless:
    'a rung that cannot be had is not taken where EC2 says so before, and a launch that is not permitted is asked for in one subnet',
  spent: 'what was reserved for a rung is given back only where the rung did nothing',
  twice: 'no rung is taken twice, but another instance for other data; and nothing is tried twice',
  orphan: 'whatever was made is in use, or tagged with how long it is kept',
  asFound: 'a ladder climbed in vain leaves the node as it was found, or says what could not be put back',
  healed: 'healed is a node that follows its chain, on one set of volumes',
  works: 'data on which the node follows its chain are not taken away again',
  version:
    'an upgrade ends with the new version, proved, or with the version and the data of before, or says what could not be put back',
  wayBack: 'no version is changed where there are no data to go back to',
  rolledBack: 'an owner’s roll-back is made once, and never to a validator; where nothing helps it is told',
  reindexed: 'an owner’s reindex is made once, and never to a validator; where nothing helps it is told',
  filled: 'a smaller volume is mounted only when all files are on it',
  unwanted: 'no client is stopped for data that a person has taken back',
  left: 'a client that a person has stopped is not started before that person starts it',
  kept: 'a client that a heal has stopped runs again within a quarter of an hour, where a command reaches its node and its volumes are there',
  group: 'a member of a group is stopped only on standby, and not left there',
} as const;
export type LadderNever = keyof typeof NEVER;

const isRunning = (box: Box): boolean => box.power === 'running' && box.runsSinceMs !== null;

/** Checks the world after each act that may have changed it. */
export function look(world: LadderWorld): void {
  if (world.lookedAt === world.version) return;
  world.lookedAt = world.version;
  // What runs beside the node without its identity is no copy of it.
  const runs = (box: Box): boolean => isRunning(box) && hasIdentity(world, box);
  lookAtService(world);
  if (world.overruled) world.broken.add(NEVER.left);
  if (world.keptDown) world.broken.add(NEVER.kept);
  const old = world.box(OLD);
  const youngs = world.youngs();
  if ([old, ...youngs].filter(runs).length > 1) world.broken.add(NEVER.identity);
  if (youngs.some(runs) && !old.masked && world.isAttached(old.rootId, OLD)) world.broken.add(NEVER.fenced);
  // On the way back the same holds in reverse, for an instance that was ever given the node's data.
  const could = youngs.some(
    (box) => hasIdentity(world, box) && !box.masked && world.isAttached(box.rootId, box.id) && box.fstab.some(Boolean),
  );
  if (runs(old) && could) world.broken.add(NEVER.fenced);
  for (const box of [old, ...youngs]) if (isRunning(box)) lookAtMounts(world, box);
  const isBad = [...world.disks.values()].some(({ behaviour }) => behaviour === 'ends');
  if (youngs.length > (isBad ? 3 : 1)) world.broken.add(NEVER.made);
  if (world.rollBacks > (world.setting.role === 'follower' ? 1 : 0)) world.broken.add(NEVER.rolledBack);
  if (world.reindexes > (world.setting.role === 'follower' ? 1 : 0)) world.broken.add(NEVER.reindexed);
  const made = [...world.disks.values()].flatMap(({ origin, part, zone }) =>
    isMade(origin) ? [`${origin} ${part} ${zone}`] : [],
  );
  // What AWS has refused is copied again an hour later.
  if (made.length - new Set(made).size > world.copiesRefused) world.broken.add(NEVER.made);
}

function lookAtMounts(world: LadderWorld, { id, mounted }: Box): void {
  const disks = mounted.flatMap((id) => world.disks.get(id ?? '') ?? []);
  if (disks.length < mounted.length || disks.some((disk) => !world.isAttached(disk.id, id)))
    world.broken.add(NEVER.missing);
  if (new Set(disks.map(({ origin }) => origin)).size > 1) world.broken.add(NEVER.mixed);
  if (disks.some(({ identity }) => identity === 'donor')) world.broken.add(NEVER.donor);
  const { role, want } = world.setting;
  if (role !== 'validator') return;
  if (disks.some(({ signed }) => signed < world.signed)) world.broken.add(NEVER.signed);
  const acknowledged = want.do === 'restore' && want.acknowledgesValidator;
  if (!acknowledged && disks.some(({ origin }) => origin !== 'found')) world.broken.add(NEVER.validator);
}

/** Another instance is made twice more at most, with other data, where the client has ended on those before. */
function isTakenAgain(rung: string, memory: LadderState | null): boolean {
  const before = memory?.failed.filter((one) => one.rung === rung) ?? [];
  return before.length > (rung === 'replace' && before.every(({ badData }) => badData !== undefined) ? 2 : 0);
}

/**
 * A copy that came to nothing on the node, or by a person, says nothing of its data: another rung uses them. What AWS has refused is asked for again an hour
 * later (shared/model/doors.ts).
 */
const isTriedAgain = (of: string, memory: LadderState | null): boolean =>
  memory?.tried.some(
    ({ source, door, rung }) => source === of && (door === 'data' || (door !== 'aws' && rung === memory.rung)),
  ) ?? false;

/** Checks an act before it is made: what it must not do now. */
export function lookBefore(world: LadderWorld, act: Decision, memory: LadderState | null): void {
  lookBeforeBeside(world, act, memory);
  // Where nobody can see the node, a wait is for that: no rung is taken then, held or not.
  const isHeldUp =
    memory?.setback?.act === 'hold-snapshots' &&
    memory.rung === null &&
    memory.failed.length === 0 &&
    world.watched(OLD)?.health !== 'unknown';
  if (isHeldUp && (act.do === 'wait' || (act.do === 'end' && act.end.as === 'failed'))) world.broken.add(NEVER.milder);
  const begins =
    act.do === 'take-rung' || (act.do === 'swap' && act.to === 'restored' && memory?.client === 'untouched');
  if (
    begins &&
    world.setting.want.do === 'heal' &&
    isRunning(world.box(OLD)) &&
    world.watched(OLD)?.health === 'unknown'
  )
    world.broken.add(NEVER.blind);
  if (act.do === 'switch-version' && act.goes === 'to' && world.setting.sets.length === 0)
    world.broken.add(NEVER.wayBack);
  const isTakenBack = world.word === 'heard' && world.setting.want.do !== 'undo' && memory?.client === 'untouched';
  if (isTakenBack && act.do === 'swap' && act.to === 'restored') world.broken.add(NEVER.unwanted);
  if (act.do === 'swap' && act.to === 'restored') {
    const isEmpty = memory?.restoredVolumes?.volumes.some(
      ({ volumeId }) => (world.disks.get(volumeId)?.fillsLeft ?? 0) > 0,
    );
    if (isEmpty) world.broken.add(NEVER.filled);
  }
  if (act.do === 'take-rung' && act.rung === 'replace' && world.setting.forbids === 'told')
    world.broken.add(NEVER.hopeless);
  if (act.do === 'take-rung' && isTakenAgain(act.rung, memory)) world.broken.add(NEVER.twice);
  if (act.do === 'choose-volumes' && isTriedAgain(act.volumes.source, memory)) world.broken.add(NEVER.twice);
  const old = world.box(OLD);
  const works =
    world.disks.get(old.mounted[0] ?? '')?.behaviour === 'follows' &&
    old.runsSinceMs !== null &&
    world.nowMs - old.runsSinceMs > 150_000;
  if (act.do === 'swap' && act.to === 'found' && works && world.setting.want.do === 'heal')
    world.broken.add(NEVER.works);
}

/** Checks the end. Where people have interfered, the node need not be as it was found. */
export function lookAtEnd(world: LadderWorld, end: End, memory: LadderState | null, meddled: boolean): void {
  const orphan = [...world.disks.values()].some(
    ({ id, origin, kept }) => isMade(origin) && !kept && !isMounted(world, id),
  );
  const strange = world.youngs().some((box) => !box.retired && (box.joining || box.power !== 'running'));
  if ((orphan || strange) && !meddled) world.broken.add(NEVER.orphan);
  const stays = world.box(OLD).standby && !world.box(OLD).retired;
  if (stays && !meddled) world.broken.add(NEVER.group);
  if (meddled) return;
  if (isBeside(world)) {
    if (!isOverBeside(world, end.as === 'healed', asFound(world))) world.broken.add(NEVER.version);
    return;
  }
  if (world.setting.want.do === 'upgrade') {
    if (!isUpgradeOver(world, end, memory)) world.broken.add(NEVER.version);
    return;
  }
  if (end.as === 'healed' && memory !== null && !isHealed(world)) world.broken.add(NEVER.healed);
  if (end.as === 'healed') return;
  const says = end.as !== 'escalated' || end.asFound;
  // Whether one that was intended was made, nobody may know.
  if ((world.rollBacks > 0 || memory?.rolledBack) && end.as === 'escalated') {
    if (says && world.rollBacks > 0) world.broken.add(NEVER.rolledBack);
    return;
  }
  if ((world.reindexes > 0 || memory?.reindexed) && end.as === 'escalated') {
    if (says && world.reindexes > 0) world.broken.add(NEVER.reindexed);
    return;
  }
  // Where the instance cannot be started again, the end must say so.
  if (says ? asFound(world) !== null : world.setting.starts) world.broken.add(NEVER.asFound);
}

/** Its client runs on data that its version can open, and follows its chain. */
function isUpgradeOver(world: LadderWorld, end: End, memory: LadderState | null): boolean {
  const old = world.box(OLD);
  const disks = old.mounted.flatMap((id) => world.disks.get(id ?? '') ?? []);
  const follows = old.runsSinceMs !== null && disks.every(({ behaviour }) => behaviour === 'follows');
  if (end.as === 'healed') return old.version === 'to' && world.setting.newVersion === 'works' && follows;
  if (end.as === 'refused')
    return asFound(world) === null && old.version === 'from' && disks.every((disk) => !disk.migrated);
  // Where data to go back to are there, they are tried.
  const isTried = memory !== null && memory.tried.length > 0;
  if (end.as !== 'escalated' || !end.asFound)
    return old.version === 'from' && (isTried || !world.setting.sets.includes('follows'));
  return old.version === 'from' && follows && disks.every(({ migrated }) => !migrated);
}

const isMounted = (world: LadderWorld, id: string): boolean =>
  [...world.boxes.values()].some(({ mounted, retired }) => mounted.includes(id) && !retired);

/** One instance of that name is in the fleet, all others are stopped, and its client follows on its own volumes. All others are out of the fleet. */
function isHealed(world: LadderWorld): boolean {
  const inFleet = [...world.boxes.values()].filter(({ joining, retired }) => !joining && !retired);
  const [box, another] = inFleet;
  const idle = [...world.boxes.values()].filter(({ retired }) => retired);
  if (idle.some(({ power }) => power === 'running' || power === 'pending')) return false;
  if (!box || another || box.power !== 'running' || box.runsSinceMs === null) return false;
  const attached = [...world.disks.values()].filter(({ at, origin }) => at?.instanceId === box.id && origin !== 'root');
  const one =
    attached.length === box.mounted.length && attached.every(({ id, kept }) => box.mounted.includes(id) && !kept);
  const { want } = world.setting;
  return one && (want.do === 'undo' || attached.every(({ behaviour }) => behaviour === 'follows'));
}

/** The node has its own volumes and its own instance, is in the fleet, and has nothing added. null when all of that is true. */
export function asFound(world: LadderWorld): string | null {
  const old = world.box(OLD);
  if (old.retired) return 'it is not in the fleet';
  if (world.youngs().some(({ runsSinceMs }) => runsSinceMs !== null)) return 'the new client runs';
  if (!world.isAttached(old.rootId, OLD)) return 'the old instance has no root volume';
  const [own, others] = partition([...world.disks.values()], ({ origin }) => origin === 'found');
  const lost = own.find(({ id }) => !world.isAttached(id, OLD));
  if (lost) return `${lost.id} is not attached to it`;
  const stray = others.find(({ at, origin }) => at?.instanceId === OLD && origin !== 'root');
  if (stray) return `${stray.id} is still attached to it`;
  if (old.masked) return 'its client is masked';
  if (old.power !== 'running') return old.power === 'pending' ? null : `it is ${old.power}`;
  if (!own.every(({ id }) => old.mounted.includes(id))) return 'its volumes are not mounted';
  return old.runsSinceMs !== null || old.ended ? null : 'its client is stopped';
}

const partition = <T>(all: readonly T[], is: (one: T) => boolean): readonly [readonly T[], readonly T[]] => [
  all.filter(is),
  all.filter((one) => !is(one)),
];
