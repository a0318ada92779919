// The effects of the ladder's acts on the small world: calls as EC2 handles them, commands as the node's scripts do.
import type { Result } from '../../../functions/replace-node/acts/act.ts';
import type { Act } from '../../../functions/replace-node/acts/table.ts';
import { madeVolumes, type Which } from '../../../functions/replace-node/state.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { lookBeside } from './ladder-beside.ts';
import { command } from './ladder-commands.ts';
import { NEVER } from './ladder-never.ts';
import type { LadderRules } from './ladder-rules.ts';
import { SUBNETS, ZONES } from './ladder-setting.ts';
import { type Box, type LadderWorld, OLD, START_MS } from './ladder-world.ts';

type Done = Extract<Result, { is: 'done' }>;

/** An act with its maker and its fence. */
export interface Made {
  readonly act: Act;
  readonly memory: LadderState | null;
  readonly fence: number;
  /** Of a command: its place among those of its fence. */
  readonly ordinal: number;
  /** The client ran when the node was last asked. */
  readonly ran: boolean;
}

const COMMANDS: ReadonlySet<Act['do']> = new Set([
  'inspect',
  'restart',
  'check',
  'warm',
  'swap',
  'mask-original',
  'take-over',
  'mask-replacement',
  'start-original',
  'switch-version',
  'undo-blocks',
  'rebuild-data',
  'start-again',
  'enable-version',
  'start-beside',
  'fill',
]);
export const isCommand = ({ do: what }: Act): boolean => COMMANDS.has(what);

/** What touches nothing itself: no guard holds it. */
const DECIDED: ReadonlySet<Act['do']> = new Set([
  'wait',
  'begin',
  'end-rung',
  'skip-rung',
  'choose-volumes',
  'give-up-volumes',
  'plan-replacement',
  'note-masked',
  'note-fenced',
  'give-up-replacement',
  'give-up-version',
  'keep-version',
  'lose-version',
  'prove',
  'prove-beside',
]);
export const isGuarded = ({ do: what }: Act): boolean => !DECIDED.has(what);

const SECONDS: Partial<Record<Act['do'], number>> = {
  restart: 15,
  swap: 20,
  'switch-version': 15,
  'undo-blocks': 60,
  'rebuild-data': 60,
  'mask-original': 10,
  'mask-replacement': 10,
  'leave-pool': 65,
  'enable-version': 10,
  'start-beside': 15,
  'look-beside': 6,
  fill: 60,
};

/** The time until its answer. */
export const lastsMs = (act: Act): number => (act.do === 'wait' ? act.seconds : (SECONDS[act.do] ?? 4)) * 1_000;

/** The main effects of a rung; putting something back is not one. */
const FELT: readonly Act['do'][] = [
  'restart',
  'swap',
  'switch-version',
  'undo-blocks',
  'rebuild-data',
  'create',
  'attach',
  'launch',
  'mask-original',
  'standby',
];

/** Carries an act out completely, at this moment. */
export function carryOut(world: LadderWorld, made: Made, rules: LadderRules): Result {
  const { act } = made;
  const result = carriedOut(world, made, rules);
  // What only decides is done to nothing.
  if (isGuarded(act)) world.touch();
  const isStop = act.do === 'stop-instance' && act.which === 'original';
  if (result.is === 'done' && (FELT.includes(act.do) || isStop)) world.felt = true;
  return result;
}

function carriedOut(world: LadderWorld, made: Made, rules: LadderRules): Result {
  const { act, memory } = made;
  const done: Done = { is: 'done', atMs: world.nowMs };
  const youngId = memory?.replacement?.instanceId ?? '';
  const boxOf = (which: Which): Box => world.box(which === 'original' ? OLD : youngId);
  if (isCommand(act)) return command(world, made, rules);
  switch (act.do) {
    case 'stop-instance':
      return stop(world, boxOf(act.which), done, rules.saysItRan && act.ran === true);
    case 'start-instance':
      return start(world, boxOf('original'), done);
    case 'create':
      return create(world, made, act.at, rules, done);
    case 'attach':
      return attach(world, act, boxOf(act.which), done);
    case 'detach':
      return detach(world, act.volumeId, boxOf(act.which), done);
    case 'standby':
      boxOf('original').standby = true;
      return done;
    case 'launch':
      return launch(world, made, rules, done);
    case 'join':
      boxOf('original').retired = true;
      boxOf('replacement').joining = false;
      return done;
    case 'look-beside':
      return lookBeside(world, world.boxes.get(youngId), memory);
    case 'leave':
      boxOf('replacement').joining = true;
      boxOf('original').retired = false;
      return done;
    case 'drop-volumes':
      for (const { volumeId } of memory?.restoredVolumes ? madeVolumes(memory.restoredVolumes) : [])
        keep(world, volumeId);
      return done;
    case 'drop-replacement':
      if (youngId !== '') boxOf('replacement').retired = true;
      return done;
    case 'clean-up':
      if (act.piece.kind === 'keep' || act.piece.kind === 'drop-copy')
        for (const id of act.piece.target.split(' ')) keep(world, id);
      if (act.piece.kind === 'unkeep') for (const id of act.piece.target.split(' ')) keep(world, id, false);
      if (act.piece.kind === 'leave-standby') boxOf('original').standby = false;
      return done;
    default:
      return done;
  }
}

const keep = (world: LadderWorld, volumeId: string, kept = true): void => {
  const disk = world.disks.get(volumeId);
  if (disk) disk.kept = kept;
};

const failed = (world: LadderWorld, reason: string) => ({ is: 'failed', atMs: world.nowMs, reason }) as const;

const isShort = ({ setting, nowMs }: LadderWorld): boolean => nowMs - START_MS < setting.shortMinutes * 60_000;
const noCapacity = (world: LadderWorld) =>
  ({ ...failed(world, 'InsufficientInstanceCapacity'), code: 'InsufficientInstanceCapacity' }) as const;

function stop(world: LadderWorld, box: Box, done: Done, ran: boolean): Result {
  if (box.power === 'terminated') return failed(world, 'InvalidInstanceID.NotFound');
  if (box.power === 'pending') return failed(world, 'IncorrectInstanceState');
  if (box.power !== 'running') return ran ? { ...failed(world, `it was ${box.power} already`), fault: 'person' } : done;
  box.ours = true;
  if (world.setting.group !== null && box.id === OLD && !box.standby) world.broken.add(NEVER.group);
  world.power(box, 'stop');
  return done;
}

function start(world: LadderWorld, box: Box, done: Done): Result {
  if (box.power === 'pending' || box.power === 'running') return done;
  if (box.power !== 'stopped') return failed(world, 'IncorrectInstanceState');
  if (!world.isAttached(box.rootId, box.id)) return failed(world, 'IncorrectInstanceState: no root volume');
  if (!world.setting.starts && isShort(world)) return noCapacity(world);
  world.power(box, 'start');
  return done;
}

const volumeToken = (
  { beganAtMs }: LadderState,
  generation: number,
  at: number,
  fence: number,
  { tokenOfIncident }: LadderRules,
): string => `${beganAtMs}-${generation}-${at}${tokenOfIncident ? '' : `-${fence}`}`;

const instanceToken = (
  { beganAtMs }: LadderState,
  generation: number,
  fence: number,
  { tokenOfIncident }: LadderRules,
): string => `${beganAtMs}-${generation}${tokenOfIncident ? '' : `-${fence}`}`;

/** Does not refuse what has already happened: a known token, a member on standby, a running instance. */
export function hasHappened(world: LadderWorld, { act, memory, fence }: Made, rules: LadderRules): boolean {
  if (act.do === 'standby') return world.box(OLD).standby;
  if (act.do === 'start-instance') return ['pending', 'running'].includes(world.box(OLD).power);
  if (act.do === 'create' && memory?.restoredVolumes)
    return world.tokens.has(volumeToken(memory, memory.restoredVolumes.generation, act.at, fence, rules));
  return (
    act.do === 'launch' &&
    memory?.replacement != null &&
    world.tokens.has(instanceToken(memory, memory.replacement.generation, fence, rules))
  );
}

function create(world: LadderWorld, { memory, fence }: Made, at: number, rules: LadderRules, done: Done): Result {
  const copy = memory?.restoredVolumes;
  if (!memory || !copy) throw new Error('a volume is made before it was chosen');
  const token = volumeToken(memory, copy.generation, at, fence, rules);
  const known = world.tokens.get(token);
  if (known) return { ...done, volumeId: known };
  const volumeId = `vol-0c${String(world.tokens.size).padStart(15, '0')}`;
  world.tokens.set(token, volumeId);
  const { sets, sibling } = world.setting;
  const behaviour = (copy.from === 'sibling' ? sibling : sets[Number(copy.source.split('-')[1])]) ?? 'follows';
  const disk = world.newDisk(volumeId, copy.source, at, behaviour, copy.availabilityZone);
  // The smaller one is empty.
  if (copy.shrink !== undefined && at === 0) Object.assign(disk, { behaviour: 'unmountable', fillsLeft: 2 });
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
  if (disk.origin === 'root' && box.power !== 'stopped') return failed(world, 'OperationNotPermitted: a root volume');
  if (box.mounted.includes(volumeId)) {
    world.broken.add(NEVER.mounted);
    world.stopClient(box);
    box.mounted = box.mounted.map((id) => (id === volumeId ? null : id));
  }
  world.moves(disk, 'detaching');
  return done;
}

/** AWS's code for a call that the caller may not make. */
const NOT_PERMITTED = 'UnauthorizedOperation';

/** Notes that EC2 does not permit a launch, once its answer was heard. */
export function hearLaunch(world: LadderWorld, memory: LadderState | null, heard: Result): void {
  if (heard.is !== 'failed' || heard.code !== NOT_PERMITTED) return;
  world.forbiddenIn.add(ZONES[positionOf(memory?.replacement?.subnetId)]);
}

/** The position of a subnet's zone. */
const positionOf = (subnetId: string | undefined): 0 | 1 => (subnetId === SUBNETS[1] ? 1 : 0);

function launch(world: LadderWorld, { memory, fence }: Made, rules: LadderRules, done: Done): Result {
  const machine = memory?.replacement;
  if (!memory || !machine) throw new Error('an instance is launched before it was planned');
  const at = positionOf(machine.subnetId);
  const zone = ZONES[at];
  const token = instanceToken(memory, machine.generation, fence, rules);
  const known = world.tokens.get(token);
  if (known) return { ...done, instanceId: known, fence, availabilityZone: zone };
  if (world.setting.forbids !== null) {
    if ([...world.forbiddenIn].some((known) => known !== zone)) world.broken.add(NEVER.hopeless);
    return { ...failed(world, 'UnauthorizedOperation: not authorized'), code: NOT_PERMITTED };
  }
  if (!world.setting.capacity[at] && isShort(world)) return noCapacity(world);
  const id = `i-0c${String(world.tokens.size).padStart(15, '0')}`;
  world.tokens.set(token, id);
  world.boxes.set(id, world.newYoung(id, zone));
  world.power(world.box(id), 'start');
  if (world.setting.role === 'validator') world.broken.add(NEVER.validator);
  return { ...done, instanceId: id, fence, availabilityZone: zone };
}
