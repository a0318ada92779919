// A new instance beside a node that serves (blue/green): its commands and its looks in the small world, and what must never be there.
import type { Result } from '../../../functions/replace-node/acts/act.ts';
import { lookAt } from '../../../functions/replace-node/beside-look.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { Heard } from '../../../shared/heal/apart-client.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { isBlueGreen } from '../../../shared/model/payload.ts';
import type { LadderRules } from './ladder-rules.ts';
import { type Box, type LadderWorld, OLD } from './ladder-world.ts';

export const BESIDE_NEVER = {
  serves: 'of a node that is upgraded beside itself one client serves at every moment',
  proved: 'a new instance takes the place of its node only with the wanted version, on data on which it follows',
  paused: 'under a pause no new instance takes the place of its node, and no old one is stopped',
  first: 'nothing is done to a node before the new instance was proved in its place',
} as const;

export const isBeside = ({ setting: { want } }: LadderWorld): boolean => isBlueGreen(want);

const isRunning = ({ power, runsSinceMs }: Box): boolean => power === 'running' && runsSinceMs !== null;

/** Whether it has, or would mount at its next boot, what makes its node itself. Beside no node only one client may run at all. */
export const hasIdentity = (world: LadderWorld, { mounted, fstab }: Box): boolean =>
  !isBeside(world) || [...mounted, ...fstab].some((id) => (world.disks.get(id ?? '')?.identity ?? 'none') !== 'none');

/** Where the new client stands, as the deployed look judges what it says. */
export function lookBeside(world: LadderWorld, box: Box | undefined, memory: LadderState | null): Result {
  const { nowMs, setting, chain } = world;
  const height = box === undefined ? null : world.heightOf(box);
  const isForked = box !== undefined && world.disks.get(box.mounted[0] ?? '')?.behaviour === 'forked';
  const heard: Heard =
    box === undefined || !world.answers(box) || nowMs < world.blindUntilMs
      ? { is: 'unasked', reason: 'nobody answered' }
      : height === null
        ? { is: 'silent', reason: 'its client does not answer' }
        : { is: 'facts', status: statusOf(height, chain, isForked) };
  const view = { tip: chain, canonical: { height: chain, hash: hashOf(chain) }, chainId: null, haltedSinceMs: null };
  const { health } = setting.fleet;
  return {
    is: 'done',
    atMs: nowMs,
    look: lookAt({ nowMs, health, asked: null, heard, chain: view, before: memory?.beside?.look ?? null }),
  };
}

const hashOf = (height: number): string => `0x${height}`;

/** A client that follows knows the hash at the chain's height once it is near: what it does not have yet it does not tell. */
const statusOf = (height: number, chain: number, isForked: boolean): Extract<Heard, { is: 'facts' }>['status'] =>
  ({
    height,
    hashes: height >= chain - 3 ? [{ height: chain, hash: isForked ? '0xf0' : hashOf(chain) }] : [],
  }) as unknown as Extract<Heard, { is: 'facts' }>['status'];

/** A command to the new instance. */
export function commandBeside(
  world: LadderWorld,
  box: Box,
  what: 'enable-version' | 'start-beside',
  copies: readonly string[],
  { scrubsBeside }: LadderRules,
  seen: () => NonNullable<Extract<Result, { is: 'done' }>['seen']>,
): Result {
  const atMs = world.nowMs;
  const fails = (reason: string): Result => ({ is: 'failed', atMs, reason, fault: 'node', seen: seen() });
  if (what === 'enable-version') {
    if (world.setting.newVersion === 'missing') return fails('systemd knows no such unit');
    box.version = 'to';
    return { is: 'done', atMs, seen: seen() };
  }
  const missing = copies.find((id) => !world.isAttached(id, box.id));
  if (missing !== undefined) return fails(`${missing} is not attached`);
  if (box.runsSinceMs === null) {
    box.mounted = [...copies];
    box.fstab = [...copies];
    for (const id of copies) {
      const disk = world.disks.get(id);
      if (disk && scrubsBeside) disk.identity = 'none';
    }
  }
  box.masked = false;
  world.startClient(box);
  return box.ended ? fails('its client ends') : { is: 'done', atMs, seen: seen() };
}

/** Looked for after each act. */
export function lookAtService(world: LadderWorld): void {
  if (!isBeside(world) || world.meddled) return;
  const serves = [...world.boxes.values()].some((box) => !box.joining && !box.retired && isRunning(box));
  if (!serves) world.broken.add(BESIDE_NEVER.serves);
}

const touchesOld = (act: Decision): boolean =>
  act.do === 'mask-original' || ((act.do === 'stop-instance' || act.do === 'detach') && act.which === 'original');

/** Looked for before an act. */
export function lookBeforeBeside(world: LadderWorld, act: Decision, memory: LadderState | null): void {
  if (!isBeside(world)) return;
  const young = world.boxes.get(memory?.replacement?.instanceId ?? '');
  if (act.do === 'join') {
    const disk = world.disks.get(young?.mounted[0] ?? '');
    const isProved = young?.version === 'to' && disk?.behaviour === 'follows' && world.setting.newVersion === 'works';
    if (!isProved && !world.meddled) world.broken.add(BESIDE_NEVER.proved);
  }
  if (touchesOld(act) && memory?.proved == null) world.broken.add(BESIDE_NEVER.first);
}

/** Looked for where an act is made, by a heal that lives or dies at it. */
export function lookUnderPause(world: LadderWorld, act: Decision): void {
  if (!isBeside(world)) return;
  const what = act.do === 'join' ? 'join' : touchesOld(act) ? 'end' : null;
  if (what === null) return;
  if (world.isHeld && !world.begunBeside.has(what)) world.broken.add(BESIDE_NEVER.paused);
  world.begunBeside.add(what);
}

/** Either the new instance is the node, with the wanted version, and the old one is stopped; or the node is as it was, and the new one is stopped. */
export function isOverBeside(world: LadderWorld, isHealed: boolean, asFound: string | null): boolean {
  const old = world.box(OLD);
  const inFleet = [...world.boxes.values()].filter(({ joining, retired }) => !joining && !retired);
  const [node, another] = inFleet;
  if (!node || another || !isRunning(node)) return false;
  const follows = node.mounted.every((id) => world.disks.get(id ?? '')?.behaviour === 'follows');
  if (isHealed) return node !== old && node.version === 'to' && follows && old.retired && old.power !== 'running';
  return node === old && asFound === null && old.version === 'from' && world.youngs().every((box) => !isRunning(box));
}
