// Commands to a node, as its scripts carry them out: each is one step, under its fence.
import type { Result } from '../../../functions/replace-node/acts/act.ts';
import type { Act } from '../../../functions/replace-node/acts/table.ts';
import { commandIdOf } from '../../../functions/replace-node/state.ts';
import type { Made } from './ladder-acts.ts';
import { commandBeside } from './ladder-beside.ts';
import type { LadderRules } from './ladder-rules.ts';
import { stateOf } from './ladder-view.ts';
import { type Box, type LadderWorld, NODE, OLD } from './ladder-world.ts';

/** What takes the client down; on the original. */
const STOPPING: readonly Act['do'][] = [
  ...(['restart', 'undo-blocks', 'rebuild-data', 'switch-version', 'swap', 'mask-original'] as const),
];

/** The node notes each command that it obeys, and tells the one before it. */
export function command(world: LadderWorld, made: Made, rules: LadderRules): Result {
  const box = receiverOf(world, made);
  const { lastDone } = box;
  const result = obeyed(world, box, made, rules);
  if (result.is === 'unknown') return result;
  box.lastDone = commandIdOf(made.fence, made.ordinal);
  return made.act.do === 'inspect' && result.is === 'done' ? { ...result, lastDone } : result;
}

function receiverOf(world: LadderWorld, { act, memory }: Made): Box {
  const young =
    act.do === 'enable-version' ||
    act.do === 'start-beside' ||
    act.do === 'take-over' ||
    act.do === 'mask-replacement' ||
    (act.do === 'inspect' && act.which === 'replacement');
  return world.box(young ? (memory?.replacement?.instanceId ?? '') : OLD);
}

function obeyed(world: LadderWorld, box: Box, made: Made, rules: LadderRules): Result {
  const { act, memory, fence } = made;
  const atMs = world.nowMs;
  if (!world.answers(box)) return { is: 'unknown', atMs, reason: 'nobody answered' };
  if (fence < box.fence) return { is: 'unknown', atMs, reason: `stale: the node has heard of ${box.fence}` };
  if (act.do !== 'inspect' || rules.inspectingFences) box.fence = fence;
  const seen = () => stateOf(world, box);
  if (STOPPING.includes(act.do)) {
    const isStopped = box.runsSinceMs === null && !box.ended;
    if (made.ran && isStopped && rules.saysItRan)
      return { is: 'failed', atMs, reason: 'somebody has stopped it, which ran', fault: 'person', seen: seen() };
    box.ours = true;
  }
  const copies = memory?.restoredVolumes?.volumes.map(({ volumeId }) => volumeId) ?? [];
  const found = memory?.found.volumes.map(({ volumeId }) => volumeId) ?? [];
  switch (act.do) {
    case 'restart': {
      if (box.masked) return { is: 'failed', atMs, reason: 'it is masked', fault: 'node', seen: seen() };
      world.stopClient(box);
      world.startClient(box);
      return { is: 'done', atMs, seen: seen() };
    }
    case 'start-again':
      world.startClient(box);
      return { is: 'done', atMs, seen: seen() };
    case 'undo-blocks': {
      if (box.masked) return { is: 'failed', atMs, reason: 'it is masked', fault: 'node', seen: seen() };
      world.stopClient(box);
      world.rollBack(box);
      world.startClient(box);
      return box.ended
        ? { is: 'failed', atMs, reason: 'its client ends', fault: 'none', seen: seen() }
        : { is: 'done', atMs, seen: seen() };
    }
    case 'rebuild-data': {
      if (box.masked) return { is: 'failed', atMs, reason: 'it is masked', fault: 'node', seen: seen() };
      world.stopClient(box);
      world.reindexes++;
      world.startClient(box);
      return box.ended
        ? { is: 'failed', atMs, reason: 'its client ends', fault: 'none', seen: seen() }
        : { is: 'done', atMs, seen: seen() };
    }
    case 'switch-version': {
      const refuse = (reason: string): Result => ({ is: 'failed', atMs, reason, fault: 'node', seen: seen() });
      if (box.masked) return refuse('it is masked');
      if (act.goes === 'to' && world.setting.newVersion === 'missing') return refuse('systemd knows no such unit');
      if (box.version !== act.goes) {
        world.stopClient(box);
        box.version = act.goes;
      }
      world.startClient(box);
      return box.ended
        ? { is: 'failed', atMs, reason: 'its client ends', fault: 'none', seen: seen() }
        : { is: 'done', atMs, seen: seen() };
    }
    case 'check': {
      const disk = world.disks.get(copies[act.at] ?? '');
      if (!disk || !world.isAttached(disk.id, OLD))
        return { is: 'failed', atMs, reason: 'not attached', fault: 'node' };
      if (disk.behaviour === 'unmountable') return { is: 'failed', atMs, reason: 'cannot be mounted', fault: 'data' };
      return { is: 'done', atMs, seen: seen() };
    }
    case 'warm':
      return { is: 'done', atMs, seen: seen() };
    case 'swap':
      return swap(world, box, made, act.to === 'restored' ? [found, copies] : [copies, found], rules);
    case 'mask-original':
    case 'mask-replacement':
      world.stopClient(box);
      box.masked = true;
      box.ended = false;
      box.mounted = box.mounted.map(() => null);
      return { is: 'done', atMs, seen: seen() };
    case 'take-over':
    case 'start-original': {
      const places = act.do === 'take-over' && memory?.restoredVolumes ? copies : found;
      const missing = places.find((id) => !world.isAttached(id, box.id));
      if (missing !== undefined && rules.startsMountedOnly)
        return { is: 'failed', atMs, reason: `${missing} is not attached`, fault: 'node', seen: seen() };
      if (box.runsSinceMs === null) mount(box, places);
      if (memory?.restoredVolumes && memory.restoredVolumes.ofNode !== NODE) scrub(world, places);
      box.masked = false;
      world.startClient(box);
      const isOfData = places.some((id) => world.disks.get(id)?.behaviour === 'ends');
      const reason = isOfData ? 'its client ends: its database is corrupt' : 'its client ends';
      const result = box.ended ? { is: 'failed' as const, reason } : { is: 'done' as const };
      return { ...result, atMs, seen: seen() };
    }
    case 'fill':
      return fill(world, box, copies[0] ?? '', memory?.restoredVolumes?.shrink?.copy.volumeId ?? '');
    case 'enable-version':
    case 'start-beside':
      return commandBeside(world, box, act.do, copies, rules, seen);
    default:
      return { is: 'done', atMs, seen: seen() };
  }
}

/** One long command: some files, and the rest by the next one. */
function fill(world: LadderWorld, box: Box, to: string, from: string): Result {
  const atMs = world.nowMs;
  const [small, copy] = [world.disks.get(to), world.disks.get(from)];
  if (!small || !copy || !world.isAttached(to, box.id) || !world.isAttached(from, box.id))
    return { is: 'failed', atMs, reason: 'not attached', fault: 'node' };
  if (copy.behaviour === 'unmountable') return { is: 'failed', atMs, reason: 'cannot be mounted', fault: 'data' };
  small.fillsLeft = Math.max(0, small.fillsLeft - 1);
  if (small.fillsLeft === 0) small.behaviour = copy.behaviour;
  const leftBytes = small.fillsLeft * 2 ** 30;
  const filled = { files: 10, leftFiles: small.fillsLeft, bytes: 2 * 2 ** 30, leftBytes };
  return { is: 'done', atMs, filled } as unknown as Result;
}

const mount = (box: Box, places: readonly string[]): void => {
  box.mounted = [...places];
  box.fstab = [...places];
};

/** Removes a donor's identity from its copy. */
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
  const refuse = (reason: string): Result => ({ is: 'failed', atMs, reason, fault: 'node', seen: stateOf(world, box) });
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
  if (!box.ended) return { is: 'done', atMs, seen: stateOf(world, box) };
  // On the way back nothing is copied back: the found client may have ended by itself.
  if (back)
    return { is: 'failed', atMs, reason: 'its client ends', fault: 'none', putBack: false, seen: stateOf(world, box) };
  mount(box, from);
  world.startClient(box);
  return {
    is: 'failed',
    atMs,
    reason: 'its client ends on it: Corrupted block database detected',
    fault: box.ended ? 'none' : 'data',
    putBack: true,
    seen: stateOf(world, box),
  };
}

/** The node's own identity moves with it. Of two signing states the newer one stays. */
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
