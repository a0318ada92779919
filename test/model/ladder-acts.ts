// What acts of the ladder do to the small world: EC2's calls as EC2 takes them, commands as the node's scripts do.
import type { Act, Result } from '../../functions/replace-node/model.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import { NEVER } from './ladder-never.ts';
import type { LadderRules } from './ladder-rules.ts';
import { SUBNETS, ZONES } from './ladder-setting.ts';
import { type Box, type LadderWorld, NODE, OLD } from './ladder-world.ts';

type Done = Extract<Result, { is: 'done' }>;

/** An act that is made, by whom, and under which fence. */
export interface Made {
  readonly act: Act;
  readonly memory: ReplaceMemory | null;
  readonly fence: number;
}

export const isCommand = ({ do: what }: Act): boolean =>
  ['inspect', 'restart', 'check', 'swap', 'mask-old', 'take-over', 'mask-young', 'start-old'].includes(what);

const SECONDS: Partial<Record<Act['do'], number>> = {
  restart: 15,
  swap: 20,
  'mask-old': 10,
  'mask-young': 10,
  'leave-pool': 65,
};

/** How long it takes until it is answered. */
export const lastsMs = (act: Act): number => (act.do === 'wait' ? act.seconds : (SECONDS[act.do] ?? 4)) * 1_000;

/** Carries an act out, wholly, at this moment. */
export function carryOut(world: LadderWorld, made: Made, rules: LadderRules): Result {
  const { act, memory } = made;
  const done: Done = { is: 'done', atMs: world.nowMs };
  const youngId = memory?.machine?.instanceId ?? '';
  const boxOf = (which: 'old' | 'young'): Box => world.box(which === 'old' ? OLD : youngId);
  if (isCommand(act)) return command(world, made, rules);
  switch (act.do) {
    case 'stop-instance':
      return stop(world, boxOf(act.which), done);
    case 'start-instance':
      return start(world, boxOf('old'), done);
    case 'create':
      return create(world, made, act.at, rules, done);
    case 'attach':
      return attach(world, act, boxOf(act.which), done);
    case 'detach':
      return detach(world, act.volumeId, boxOf(act.which), done);
    case 'standby':
      boxOf('old').standby = true;
      return done;
    case 'launch':
      return launch(world, made, rules, done);
    case 'join':
      boxOf('old').retired = true;
      boxOf('young').joining = false;
      return done;
    case 'leave':
      boxOf('young').joining = true;
      boxOf('old').retired = false;
      return done;
    case 'drop-copy':
      for (const { volumeId } of memory?.copy?.volumes ?? []) keep(world, volumeId);
      return done;
    case 'drop-machine':
      if (youngId !== '') boxOf('young').retired = true;
      return done;
    case 'clear':
      if (act.what === 'keep') for (const id of act.target.split(' ')) keep(world, id);
      if (act.what === 'unkeep') for (const id of act.target.split(' ')) keep(world, id, false);
      if (act.what === 'leave-standby') boxOf('old').standby = false;
      return done;
    default:
      return done;
  }
}

const keep = (world: LadderWorld, volumeId: string, kept = true): void => {
  const disk = world.disks.get(volumeId);
  if (disk) disk.kept = kept;
};

const failed = (world: LadderWorld, reason: string): Result => ({ is: 'failed', atMs: world.nowMs, reason });

function stop(world: LadderWorld, box: Box, done: Done): Result {
  if (box.power === 'terminated') return failed(world, 'InvalidInstanceID.NotFound');
  if (box.power === 'pending') return failed(world, 'IncorrectInstanceState');
  if (box.power !== 'running') return done;
  if (world.setting.group !== null && box.id === OLD && !box.standby) world.broken.add(NEVER.group);
  world.power(box, 'stop');
  return done;
}

function start(world: LadderWorld, box: Box, done: Done): Result {
  if (box.power === 'pending' || box.power === 'running') return done;
  if (box.power !== 'stopped') return failed(world, 'IncorrectInstanceState');
  if (!world.isAttached(box.rootId, box.id)) return failed(world, 'IncorrectInstanceState: no root volume');
  if (!world.setting.starts) return failed(world, 'InsufficientInstanceCapacity');
  world.power(box, 'start');
  return done;
}

const volumeToken = (
  { beganAtMs }: ReplaceMemory,
  generation: number,
  at: number,
  fence: number,
  { tokenOfIncident }: LadderRules,
): string => `${beganAtMs}-${generation}-${at}${tokenOfIncident ? '' : `-${fence}`}`;

const instanceToken = (
  { beganAtMs }: ReplaceMemory,
  generation: number,
  fence: number,
  { tokenOfIncident }: LadderRules,
): string => `${beganAtMs}-${generation}${tokenOfIncident ? '' : `-${fence}`}`;

/** What has happened already is not refused: a token is known, a member is on standby. */
export function hasHappened(world: LadderWorld, { act, memory, fence }: Made, rules: LadderRules): boolean {
  if (act.do === 'standby') return world.box(OLD).standby;
  if (act.do === 'create' && memory?.copy)
    return world.tokens.has(volumeToken(memory, memory.copy.generation, act.at, fence, rules));
  return (
    act.do === 'launch' &&
    memory?.machine != null &&
    world.tokens.has(instanceToken(memory, memory.machine.generation, fence, rules))
  );
}

function create(world: LadderWorld, { memory, fence }: Made, at: number, rules: LadderRules, done: Done): Result {
  const copy = memory?.copy;
  if (!memory || !copy) throw new Error('a volume is made before it was chosen');
  const token = volumeToken(memory, copy.generation, at, fence, rules);
  const known = world.tokens.get(token);
  if (known) return { ...done, volumeId: known };
  const volumeId = `vol-0c${String(world.tokens.size).padStart(15, '0')}`;
  world.tokens.set(token, volumeId);
  const { sets, sibling } = world.setting;
  const behaviour = (copy.from === 'sibling' ? sibling : sets[Number(copy.source.split('-')[1])]) ?? 'follows';
  const disk = world.newDisk(volumeId, copy.source, at, behaviour, copy.availabilityZone);
  world.disks.set(volumeId, disk);
  world.moves(disk, 'creating');
  return { ...done, volumeId };
}

function attach(world: LadderWorld, act: Extract<Act, { do: 'attach' }>, box: Box, done: Done): Result {
  const disk = world.disks.get(act.volumeId);
  if (!disk) return failed(world, 'InvalidVolume.NotFound');
  if (disk.state !== 'available') return failed(world, `VolumeInUse: ${disk.state}`);
  if (disk.zone !== box.zone) return failed(world, 'InvalidVolume.ZoneMismatch');
  if (box.power === 'terminated') return failed(world, 'InvalidInstanceID.NotFound');
  if ([...world.disks.values()].some(({ at }) => at?.instanceId === box.id && at.device === act.device))
    return failed(world, `InvalidParameterValue: ${act.device} is already in use`);
  disk.at = { instanceId: box.id, device: act.device };
  world.moves(disk, 'attaching');
  return done;
}

function detach(world: LadderWorld, volumeId: string, box: Box, done: Done): Result {
  const disk = world.disks.get(volumeId);
  if (!disk) return failed(world, 'InvalidVolume.NotFound');
  if (disk.state !== 'attached' || disk.at?.instanceId !== box.id)
    return failed(world, `IncorrectState: ${disk.state}`);
  const { device } = disk.at;
  if (disk.origin === 'root' && box.power !== 'stopped') return failed(world, 'OperationNotPermitted: a root volume');
  if (box.mounted.includes(volumeId)) {
    world.broken.add(NEVER.mounted);
    world.stopClient(box);
    box.mounted = box.mounted.map((id) => (id === volumeId ? null : id));
  }
  world.moves(disk, 'detaching');
  return { ...done, note: device };
}

function launch(world: LadderWorld, { memory, fence }: Made, rules: LadderRules, done: Done): Result {
  const machine = memory?.machine;
  if (!memory || !machine) throw new Error('an instance is launched before it was planned');
  const at = machine.subnetId === SUBNETS[1] ? 1 : 0;
  const zone = ZONES[at];
  const token = instanceToken(memory, machine.generation, fence, rules);
  const known = world.tokens.get(token);
  if (known) return { ...done, instanceId: known, fence, note: zone };
  if (!world.setting.capacity[at]) return failed(world, 'InsufficientInstanceCapacity');
  const id = `i-0c${String(world.tokens.size).padStart(15, '0')}`;
  world.tokens.set(token, id);
  world.boxes.set(id, world.newYoung(id, zone));
  world.power(world.box(id), 'start');
  if (world.setting.role === 'validator') world.broken.add(NEVER.validator);
  return { ...done, instanceId: id, fence, note: zone };
}

function command(world: LadderWorld, made: Made, rules: LadderRules): Result {
  const { act, memory, fence } = made;
  const young = act.do === 'take-over' || act.do === 'mask-young' || (act.do === 'inspect' && act.which === 'young');
  const box = world.box(young ? (memory?.machine?.instanceId ?? '') : OLD);
  const atMs = world.nowMs;
  if (!world.answers(box)) return { is: 'unknown', atMs, reason: 'nobody answered' };
  if (fence < box.fence) return { is: 'unknown', atMs, reason: `stale: the node has heard of ${box.fence}` };
  if (act.do !== 'inspect' || rules.inspectingFences) box.fence = fence;
  const seen = () => world.state(box);
  const copies = memory?.copy?.volumes.map(({ volumeId }) => volumeId) ?? [];
  const found = memory?.found.volumes.map(({ volumeId }) => volumeId) ?? [];
  switch (act.do) {
    case 'restart': {
      if (box.masked) return { is: 'failed', atMs, reason: 'it is masked', fault: 'node', seen: seen() };
      world.stopClient(box);
      world.startClient(box);
      return { is: 'done', atMs, seen: seen() };
    }
    case 'check': {
      const disk = world.disks.get(copies[act.at] ?? '');
      if (!disk || !world.isAttached(disk.id, OLD))
        return { is: 'failed', atMs, reason: 'not attached', fault: 'node' };
      if (disk.behaviour === 'unmountable') return { is: 'failed', atMs, reason: 'cannot be mounted', fault: 'data' };
      return { is: 'done', atMs, seen: seen() };
    }
    case 'swap':
      return swap(world, box, made, act.to === 'copy' ? [found, copies] : [copies, found], rules);
    case 'mask-old':
    case 'mask-young':
      world.stopClient(box);
      box.masked = true;
      box.ended = false;
      box.mounted = box.mounted.map(() => null);
      return { is: 'done', atMs, seen: seen() };
    case 'take-over':
    case 'start-old': {
      const places = act.do === 'take-over' && memory?.copy ? copies : found;
      const missing = places.find((id) => !world.isAttached(id, box.id));
      if (missing !== undefined && rules.startsMountedOnly)
        return { is: 'failed', atMs, reason: `${missing} is not attached`, fault: 'node', seen: seen() };
      if (box.runsSinceMs === null) mount(box, places);
      if (memory?.copy && memory.copy.ofNode !== NODE) scrub(world, places);
      box.masked = false;
      world.startClient(box);
      const result = box.ended ? { is: 'failed' as const, reason: 'its client ends' } : { is: 'done' as const };
      return { ...result, atMs, seen: seen() };
    }
    default:
      return { is: 'done', atMs, seen: seen() };
  }
}

const mount = (box: Box, places: readonly string[]): void => {
  box.mounted = [...places];
  box.fstab = [...places];
};

/** What makes a donor itself is taken from its copy. */
const scrub = (world: LadderWorld, places: readonly string[]): void => {
  for (const id of places) {
    const disk = world.disks.get(id);
    if (disk?.identity === 'donor') disk.identity = 'none';
  }
};

/** One critical section: either the volumes of `to` are mounted and their client is up, or those of `from` are mounted again. */
function swap(
  world: LadderWorld,
  box: Box,
  { act }: Made,
  [from, to]: readonly [readonly string[], readonly string[]],
  rules: LadderRules,
): Result {
  const atMs = world.nowMs;
  const back = act.do === 'swap' && act.to === 'found';
  const refuse = (reason: string): Result => ({ is: 'failed', atMs, reason, fault: 'node', seen: world.state(box) });
  if (box.masked) return refuse('it is masked');
  const there = (ids: readonly string[]) => ids.length > 0 && ids.every((id, part) => box.mounted[part] === id);
  if (!to.every((id) => world.isAttached(id, box.id))) return refuse('what comes is not attached');
  if (!there(to)) {
    if (!from.every((id, part) => box.mounted[part] === id || box.mounted[part] === to[part]))
      return refuse('others are mounted');
    world.stopClient(box);
    mount(box, to);
    carry(world, from, to, back, rules);
  }
  world.startClient(box);
  if (!box.ended) return { is: 'done', atMs, seen: world.state(box) };
  // On the way back nothing is brought back: what was found may have ended by itself.
  if (back)
    return { is: 'failed', atMs, reason: 'its client ends', fault: 'none', putBack: false, seen: world.state(box) };
  mount(box, from);
  world.startClient(box);
  return {
    is: 'failed',
    atMs,
    reason: 'its client ends on it',
    fault: box.ended ? 'none' : 'data',
    putBack: true,
    seen: world.state(box),
  };
}

/** The node's own identity goes along, and of two signing states the newer one stays. */
function carry(
  world: LadderWorld,
  from: readonly string[],
  to: readonly string[],
  back: boolean,
  rules: LadderRules,
): void {
  for (const [part, id] of to.entries()) {
    const [theirs, ours] = [world.disks.get(from[part] ?? ''), world.disks.get(id)];
    if (!theirs || !ours) continue;
    if (!back) ours.identity = 'own';
    if (rules.keepsNewestSigned) ours.signed = Math.max(ours.signed, theirs.signed);
  }
}
