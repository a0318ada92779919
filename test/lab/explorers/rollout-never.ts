// What must never be in an explored upgrade of a fleet: each is the sentence under which a broken story is printed.
import type { Rollout, RolloutSetting } from './rollout.ts';
import { FIRST, isAway, placesIn, SNAP, UP } from './rollout-node.ts';

export const ROLLOUT_NEVER = {
  few: 'no more nodes are away for an upgrade at once than the fleet file allows',
  spared: 'no node is stopped for an upgrade while another one is seen not to be well',
  zones: 'nodes of two zones are never away for an upgrade at once',
  validators: 'two validators are never away at once',
  canary: 'no other node is switched before the first one is proved',
  wayBack: 'no node is switched without a snapshot of its own',
  failed: 'no node is begun with where the version has failed on another one',
  back: 'data of before are put back on one node at a time',
  besides: 'no two nodes of a fleet have a new instance in their place that is not proved',
  again: 'no node that is upgraded gets another instance again',
  rehearsed: 'no node is begun with before the version has come through on a copy',
  undisturbed: 'no node is stopped for a snapshot while the version is tried on a copy',
  paused: 'under a pause no client is stopped, no version is switched and no data are exchanged',
  mode: 'in mode plan nothing is begun, and in mode ask nothing that nobody has approved',
  keptDown: 'no pause and no mode ends an attempt that could start a client which its switch has left down',
} as const;
export type RolloutNever = (typeof ROLLOUT_NEVER)[keyof typeof ROLLOUT_NEVER];

/** What a step breaks. */
export function rolloutBroken(
  { nodes: kinds, mostAway, how }: RolloutSetting,
  before: Rollout,
  after: Rollout,
): RolloutNever | undefined {
  if (after.nodes.filter(({ up }) => up === UP.placed).length > 1) return ROLLOUT_NEVER.besides;
  if (
    how === 'rehearsed' &&
    before.tried !== 'verified' &&
    after.nodes.some(({ up }, at) => up === UP.asked && before.nodes[at]?.up === UP.none)
  )
    return ROLLOUT_NEVER.rehearsed;
  if (
    before.tried === 'trying' &&
    after.nodes.some(({ snap }, at) => snap === SNAP.asked && before.nodes[at]?.snap === SNAP.none)
  )
    return ROLLOUT_NEVER.undisturbed;
  const places = after.nodes.flatMap((node, at) => (node === before.nodes[at] ? [] : [at]));
  const away = after.nodes.flatMap((node, at) => (isAway(node) ? [at] : []));
  const swapping = after.nodes.filter(({ up }) => up === UP.swapping);
  if (swapping.length > 1) return ROLLOUT_NEVER.back;
  for (const at of places) {
    const node = after.nodes[at] ?? FIRST;
    const was = before.nodes[at] ?? FIRST;
    const hasGone = isAway(node) && !isAway(was);
    const isOff = hasGone || (node.up === UP.swapping && was.up !== UP.swapping);
    const isPlaced = node.up === UP.placed && was.up !== UP.placed;
    if (isOff || isPlaced || (node.up === UP.switched && was.up === UP.cut)) {
      if (before.isPaused) return ROLLOUT_NEVER.paused;
      if (before.mode === 'plan') return ROLLOUT_NEVER.mode;
    }
    if (hasGone && before.mode === 'ask' && was.attempt !== 'asked') return ROLLOUT_NEVER.mode;
    if (node.up === UP.cut && was.attempt !== 'none' && node.attempt === 'none' && after.faults === before.faults)
      return ROLLOUT_NEVER.keptDown;
    if (!hasGone) continue;
    if (away.length > mostAway) return ROLLOUT_NEVER.few;
    if (new Set(away.map((one) => kinds[one]?.zone)).size > 1) return ROLLOUT_NEVER.zones;
    if (away.filter((one) => kinds[one]?.role === 'validator').length > 1) return ROLLOUT_NEVER.validators;
    const beside = new Set([at, ...placesIn(node.together)]);
    if (before.nodes.some((one, other) => !beside.has(other) && !one.isSeenWell && one.isSick))
      return ROLLOUT_NEVER.spared;
    if (node.up !== UP.switched && node.up !== UP.cut) continue;
    if (node.snap !== SNAP.done) return ROLLOUT_NEVER.wayBack;
    const others = before.nodes.filter((_, other) => other !== at);
    const isFirst = others.every(({ up }) => up === UP.none);
    const isProved = others.some(({ up }) => up === UP.healed);
    if (!isFirst && !isProved && kinds[at]?.role !== 'validator') return ROLLOUT_NEVER.canary;
  }
  const asked = after.nodes.some(
    ({ up, snap }, at) =>
      (up === UP.asked && before.nodes[at]?.up === UP.none) ||
      (snap === SNAP.asked && before.nodes[at]?.snap === SNAP.none),
  );
  if (asked && before.nodes.some(({ hasFailed }) => hasFailed)) return ROLLOUT_NEVER.failed;
  return undefined;
}
