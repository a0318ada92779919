// A node in trouble is healed, or a page names it or its fleet, within a bound after the faults stop. In mode plan it is enough that the journal says what
// would be done.

import { isTold } from '../pages.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import type { SeenNode } from '../seen-nodes.ts';
import { isSick, type Trouble } from '../troubles.ts';

/** "four hours for a ladder at work or in the queue at the door" (docs/architecture.md), and one for sweeps and attempts. */
const BOUND_MS = 5 * 3_600_000;
/** "What a whole fleet is refused for is told once a day at most": a page of that day counts. */
const TOLD_BEFORE_MS = 86_400_000;

export const healedOrTold: MakeRule = (scene, say) => {
  /** When the last plan for a node was written, in ms since the epoch, by fleet and node. */
  const plannedMs = new Map<string, number>();
  const isPlanned = ({ fleet, name, troubleSinceMs }: SeenNode): boolean =>
    scene.fleets.get(fleet)?.mode === 'plan' && (plannedMs.get(`${fleet}/${name}`) ?? 0) >= troubleSinceMs;
  return {
    act({ service, input, at }) {
      const { Item } = input as { readonly Item?: Readonly<Record<string, { readonly S?: string } | undefined>> };
      if (service !== 'dynamodb' || Item?.['kind']?.S !== 'plan' || !Item['pk']?.S?.startsWith('JOURNAL#')) return;
      plannedMs.set(`${Item['fleet']?.S}/${Item['node']?.S}`, at);
    },
    look() {
      if (scene.nodes.some(({ trouble }) => isSick(trouble))) say.matters();
    },
    end(atMs) {
      const from = scene.faultsEndedMs;
      if (from === undefined) return;
      for (const node of scene.nodes) {
        const { trouble, troubleSinceMs } = node;
        if (!isSick(trouble) || isKnown(scene, node)) continue;
        if (atMs - Math.max(from, troubleSinceMs) < BOUND_MS) continue;
        if (isPlanned(node) || isTold(scene, node, troubleSinceMs - TOLD_BEFORE_MS)) continue;
        say.broken(
          node.subject,
          `It is in trouble (${trouble}) since ${new Date(troubleSinceMs).toISOString()}, and no page names it or its fleet.`,
          atMs,
        );
      }
    },
  };
};

/** What people know by themselves: they paused it, stopped it, terminated it, or have nobody ask it how it is. */
function isKnown(scene: Scene, node: SeenNode): boolean {
  const document = scene.fleets.get(node.fleet);
  const present = scene.present(node);
  if (document === undefined || scene.pausedSince(node.fleet, node) !== undefined || present === undefined) return true;
  if (scene.down.get(present.instanceId)?.by === 'person') return true;
  if (present.state === 'stopped' && scene.down.get(present.instanceId)?.by !== 'ours') return true;
  const { probe, chain } = document;
  // It serves its chain, and only a command would not reach it: nobody has to do anything yet.
  if (node.trouble === 'agent') return true;
  // Nobody asks; and of a chain that nobody knows, only what its file says.
  const isUnseen = probe === 'none' || (chain === 'other' && probe === undefined);
  // "A command that only looks whether the client runs" (docs/fleet-files.md): one that hangs does.
  if (probe === 'unit' && node.trouble !== undefined && UNSEEN_BY_UNIT.has(node.trouble)) return true;
  // "It tells heights only: no hashes, so no forks" (docs/fleet-files.md).
  if (typeof probe === 'object' && 'metric' in probe && node.trouble === 'forked') return true;
  return isUnseen && node.trouble !== 'disk' && node.trouble !== 'checks';
}

const UNSEEN_BY_UNIT: ReadonlySet<Trouble> = new Set(['held', 'forked', 'port', 'behind', 'starting']);
