// No client or instance is stopped or started unless its own trouble, the fleet file or a person asks for it.
import type { SimulatedChain } from '../../../../local/nodes/chain.ts';
import { functionOf } from '../hands.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { isApart, type SeenNode } from '../seen-nodes.ts';

/** A trouble that has passed may still be the reason of an act for so long: a sweep, a queue, a look at the node. */
const LASTING_MS = 30 * 60_000;
/** What people ask for is tried for an hour, and a restore takes as long as its blocks do. */
const ASKED_MS = 4 * 86_400_000;

/** A start that has no capacity is tried for a day. */
const BACK_MS = 25 * 3_600_000;

/** A scaling has a week, and what was set aside comes back a look later. */
const SCALED_MS = 8 * 86_400_000;

export const onlyTheSick: MakeRule = (scene, say) => {
  /** When an instance that has the type of its first sync was last stopped: its start, with another type, belongs to that. */
  const boosted = new Map<string, number>();
  const isOfBoost = (node: SeenNode, instanceId: string, atMs: number): boolean => {
    const { types } = scene.ceilings(node.fleet) ?? {};
    if (types !== undefined && scene.instances.get(instanceId)?.instanceType === types.from)
      boosted.set(instanceId, atMs);
    return atMs - (boosted.get(instanceId) ?? Number.NEGATIVE_INFINITY) <= BACK_MS;
  };
  const judge = (
    node: SeenNode,
    instanceId: string,
    atMs: number,
    actor: string,
    what: string,
    { restarts = false, isSwitch = false }: { readonly restarts?: boolean; readonly isSwitch?: boolean } = {},
  ): void => {
    say.matters();
    if (isSwitch && takesPatches(scene, node)) return;
    // The end of a boost restarts no client: it stops one, and then its instance.
    if (!restarts && isOfBoost(node, instanceId, atMs)) return;
    if (isExcused(scene, node, instanceId, atMs, actor)) return;
    say.broken(
      node.subject,
      `${functionOf(actor)} ${what} ${instanceId}, whose node was in no trouble of its own.`,
      atMs,
    );
  };
  /** Of each chain its last halt, as far as it was seen. */
  const halts = new Map<SimulatedChain, Halt>();
  /** The height at which a node that stands alone was last restarted. */
  const restartedAt = new Map<SeenNode, number>();
  const isFirstOfHeight = (node: SeenNode, instanceId: string, atMs: number): boolean => {
    const height = scene.machine(instanceId)?.client.height() ?? 0;
    if (restartedAt.get(node) === height || !stoodAlone(scene, node, instanceId, atMs, halts)) return false;
    restartedAt.set(node, height);
    return true;
  };
  /** It takes its volume with it: nothing but a yes to fewer nodes is a reason. */
  const judgeEnded = (input: unknown, actor: string, atMs: number): void => {
    for (const id of scene.targets(input)) {
      const node = scene.nodeOf(id);
      if (!node) continue;
      say.matters();
      const isWanted = scene
        .said()
        .some(({ nodes, fleet, atMs: at }) => nodes !== undefined && fleet === node.fleet && at >= atMs - SCALED_MS);
      if (!isWanted || node.role === 'validator')
        say.broken(node.subject, `${functionOf(actor)} ended ${id} in its group, and nobody wants fewer nodes.`, atMs);
    }
  };
  return {
    look(nowMs) {
      for (const { instanceId } of scene.instances.values()) {
        const chain = scene.machine(instanceId)?.chain;
        if (chain?.main.haltedAtMs !== undefined)
          halts.set(chain, { fromMs: chain.main.haltedAtMs, lastSeenMs: nowMs });
      }
    },
    stopped({ node, instanceId, by, atMs, actor, operation, isSwitch = false }) {
      if (operation === 'restart-client' && isFirstOfHeight(node, instanceId, atMs)) return say.matters();
      if (by === 'ours' && actor !== undefined)
        judge(node, instanceId, atMs, actor, 'stopped the client on', {
          restarts: operation === 'restart-client',
          isSwitch,
        });
    },
    act({ operation, input, actor, at }) {
      if (operation === 'TerminateInstanceInAutoScalingGroup') return judgeEnded(input, actor, at);
      const what = ACTS[operation];
      if (what === undefined) return;
      for (const id of scene.targets(input)) {
        const node = scene.nodeOf(id);
        if (node) judge(node, id, at, actor, what);
      }
    },
  };
};

const ACTS: Readonly<Record<string, string>> = {
  StopInstances: 'stopped',
  TerminateInstances: 'terminated',
  RebootInstances: 'restarted',
  StartInstances: 'started',
};

/** A patch is "rolled out like any upgrade: the canary first, a snapshot before each" (docs/releases.md), and nobody asks for it. */
const takesPatches = (scene: Scene, { fleet }: SeenNode): boolean =>
  scene.fleets.get(fleet)?.releases?.auto === 'patch';

function isExcused(scene: Scene, node: SeenNode, instanceId: string, atMs: number, actor: string): boolean {
  const document = scene.fleets.get(node.fleet);
  const instance = scene.instances.get(instanceId);
  // What ours made is theirs to stop; what was put away is no node any more.
  if (scene.made.has(instanceId) || (instance && isApart(instance))) return true;
  if (scene.askedFor(node, atMs - ASKED_MS)) return true;
  const isSnapshot = functionOf(actor) === 'chainmend-snapshot-node';
  if (isSnapshot && (document?.snapshots?.clean !== undefined || takesPatches(scene, node))) return true;
  if (functionOf(actor) === 'chainmend-rotate-peers' && typeof document?.peers === 'object') return true;
  const { moveBeforeMs = 0 } = scene.ceilings(node.fleet) ?? {};
  if (instance?.events.some(({ isOver, notBeforeMs }) => !isOver && notBeforeMs - atMs <= moveBeforeMs)) return true;
  const since = scene.inHandSince(node, atMs) ?? atMs;
  return node.lastSickMs >= since - LASTING_MS;
}

interface Halt {
  readonly fromMs: number;
  readonly lastSeenMs: number;
}

/** What a node was observed to be counts for so long (docs/decisions.md): a chain may go on meanwhile. */
const OBSERVED_MS = 3 * 60_000;

/**
 * A node without siblings and references stands for `health.haltSeconds`: nobody can tell it from its chain; and one whose "only reference has three linked
 * blocks above it" is restarted, too (docs/architecture.md): while its chain stands, that reference lies.
 */
function stoodAlone(
  scene: Scene,
  node: SeenNode,
  instanceId: string,
  atMs: number,
  halts: ReadonlyMap<SimulatedChain, Halt>,
): boolean {
  const { health } = scene.fleets.get(node.fleet) ?? {};
  const siblings = scene.nodes.filter((other) => other.fleet === node.fleet && scene.present(other));
  const chain = scene.machine(instanceId)?.chain;
  if (siblings.length > 1 || (health?.references ?? []).length > 1 || chain === undefined) return false;
  const last = halts.get(chain);
  const { haltedAtMs: fromMs = last?.fromMs } = chain.main;
  if (fromMs === undefined) return false;
  const toMs = chain.main.haltedAtMs === undefined ? (last?.lastSeenMs ?? fromMs) : atMs;
  return atMs - toMs <= OBSERVED_MS && toMs - fromMs >= (health?.haltSeconds ?? HALT_SECONDS_LEAST) * 1_000;
}

/** The least that a chain fills in for `health.haltSeconds` (docs/fleet-files.md). */
const HALT_SECONDS_LEAST = 300;
