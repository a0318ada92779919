// Nothing is begun against a condition that people were told and that holds. What was begun before may go on to its end, and be put back.

import type { Act } from '../acts.ts';
import { functionOf, operationIn } from '../hands.ts';
import { isWanting, pagesOf } from '../pages.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { type SeenNode, tagsIn } from '../seen-nodes.ts';
import { FORBIDDEN, type HeldAct, IS_SO } from '../told-conditions.ts';
import { isSick } from '../troubles.ts';

/** A request that is on its way, and the sweep after which every function knows. */
const ON_ITS_WAY_MS = 2 * 60_000;

interface Standing {
  readonly code: string;
  readonly fleet: string;
  readonly sinceMs: number;
}

export const whatIsToldBinds: MakeRule = (scene, say) => {
  const newPages = pagesOf(scene);
  const standing = new Map<string, Standing>();
  const read = (): void => {
    for (const page of newPages()) {
      if (page.key === '') continue;
      const { code, fleet, atMs, key } = page;
      if (page.severity === 'resolved') standing.delete(key);
      else if (isWanting(page) && Object.hasOwn(IS_SO, code) && !standing.has(key))
        standing.set(key, { code, fleet, sinceMs: atMs });
    }
  };
  return {
    look() {
      read();
      for (const { code, fleet } of standing.values())
        if (scene.nodes.some((node) => node.fleet === fleet && IS_SO[code]?.(scene, { fleet, node })))
          return say.matters();
    },
    act(act) {
      const begun = beginningOf(scene, act);
      if (begun === undefined) return;
      read();
      const { does, node, fleet } = begun;
      for (const one of standing.values()) {
        if (one.fleet !== fleet || act.at < one.sinceMs + ON_ITS_WAY_MS) continue;
        if (!FORBIDDEN[one.code]?.includes(does) || !IS_SO[one.code]?.(scene, { fleet, node })) continue;
        // "That the chain stops is no trouble" (docs/upgrades.md, at a height).
        if (does === 'upgrade' && isAtHeight(scene, fleet)) continue;
        // "A person who names a node passes for a restore, a replacement and an undo."
        if (node && (wasBegun(scene, node, one.sinceMs) || isNamedByPerson(scene, node))) continue;
        // "A validator whose vote is missing is restarted where its owner allows that."
        if (does === 'restart' && one.code === 'own-chain-halted' && node && isAwaited(scene, node)) continue;
        const since = new Date(one.sinceMs).toISOString();
        say.broken(node?.subject ?? fleet, `${act.operation} (${does}): people were told ${one.code} at ${since}.`);
      }
    },
  };
};

interface Beginning {
  readonly does: HeldAct;
  readonly fleet: string;
  readonly node: SeenNode | undefined;
}

/** What an act begins, in the words of docs/decisions.md. Undefined: nothing that a condition forbids. */
function beginningOf(scene: Scene, act: Act): Beginning | undefined {
  const [node] = scene.nodesOf(act);
  const drill = drillIn(act);
  if (drill !== undefined) return { does: 'drill', fleet: drill, node: undefined };
  if (!node) return undefined;
  const does = doneBy(scene, act, node);
  return does && { does, fleet: node.fleet, node };
}

function doneBy(scene: Scene, { operation, actor, input }: Act, node: SeenNode): HeldAct | undefined {
  const by = functionOf(actor);
  if (operation === 'StopInstances') return isSick(node.trouble) ? 'stop' : 'move';
  if (operation === 'RunInstances') return by.endsWith('replace-node') ? 'replace' : undefined;
  if (operation !== 'SendCommand') return undefined;
  const { DocumentName = '', Parameters = {} } = input as {
    readonly DocumentName?: string;
    readonly Parameters?: Readonly<Record<string, readonly string[] | undefined>>;
  };
  switch (operationIn(DocumentName)) {
    case 'swap-volumes':
      return 'swap';
    case 'stop-client':
      return by.endsWith('snapshot-node') ? 'snapshot' : 'move';
    case 'restart-client': {
      if (Parameters['Only']?.[0] === 'switch') return 'upgrade';
      if (by.endsWith('rotate-peers')) return 'peers';
      // A client that has ended is started.
      return scene.machine(scene.present(node)?.instanceId)?.client.state === 'running' ? 'restart' : undefined;
    }
    default:
      return undefined;
  }
}

/** The fleet of a throw-away instance that is launched. */
function drillIn({ operation, input }: Act): string | undefined {
  if (operation !== 'RunInstances') return undefined;
  const { TagSpecifications = [] } = input as {
    readonly TagSpecifications?: readonly { readonly Tags?: readonly { Key?: string; Value?: string }[] }[];
  };
  return tagsIn(TagSpecifications.flatMap(({ Tags = [] }) => Tags))['chainmend:drill'];
}

/** One and the same heal had done something to the node when people were told. */
function wasBegun(scene: Scene, node: SeenNode, toldMs: number): boolean {
  const sinceMs = scene.inHandSince(node);
  if (sinceMs === undefined || sinceMs >= toldMs + ON_ITS_WAY_MS) return false;
  const sent = node.instanceIds.some((id) => {
    const atMs = scene.hands.lastSentMs(id, toldMs + ON_ITS_WAY_MS);
    return atMs !== undefined && atMs >= sinceMs;
  });
  const made = [...scene.made.values()].some(
    (one) => one.node === node && one.atMs >= sinceMs && one.atMs < toldMs + ON_ITS_WAY_MS,
  );
  return sent || made;
}

/** Its client hangs, and a file lets validators be restarted. */
const isAwaited = (scene: Scene, node: SeenNode): boolean =>
  node.role === 'validator' &&
  scene.fleets.get(node.fleet)?.owner?.restartValidators === true &&
  scene.machine(scene.present(node)?.instanceId)?.client.heldBy.has('frozen') === true;

const isAtHeight = (scene: Scene, of: string): boolean =>
  scene.said().some(({ kind, fleet, atHeight }) => kind === 'request' && fleet === of && atHeight !== undefined);

const REQUEST_LASTS_MS = 4 * 86_400_000;

const isNamedByPerson = (scene: Scene, node: SeenNode): boolean =>
  scene
    .said()
    .some(
      ({ kind, atMs, fleet, node: name, to }) =>
        kind === 'request' &&
        to === undefined &&
        atMs > scene.nowMs - REQUEST_LASTS_MS &&
        (fleet === undefined || fleet === node.fleet) &&
        (name === node.name || (name !== undefined && node.instanceIds.includes(name))),
    );
