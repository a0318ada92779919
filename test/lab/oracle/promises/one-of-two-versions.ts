// A node runs the version that it ran before, or one that a person asked for; and whatever became of an upgrade, its client opens its data in the end,
// or a page tells of it.
import { isTold } from '../pages.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import type { SeenNode } from '../seen-nodes.ts';
import { isSettled, SETTLED_MS } from '../settled.ts';

export const oneOfTwoVersions: MakeRule = (scene, say) => {
  /** The first version of each node that was seen. */
  const first = new Map<SeenNode, string>();

  const look = (): void => {
    for (const node of scene.nodes) {
      const version = versionOf(scene, node);
      if (version === undefined) continue;
      const before = first.get(node) ?? version;
      first.set(node, before);
      if (version === before) continue;
      say.matters();
      if (!wantedIn(scene, node.fleet, before).includes(version))
        say.broken(node.subject, `It runs ${version}; before it was ${before}, and nobody asked for another one.`);
    }
  };

  return {
    look,
    stopped({ isSwitch }) {
      if (isSwitch) say.matters();
    },
    end(atMs) {
      look();
      const from = scene.faultsEndedMs;
      if (from === undefined || atMs - from < SETTLED_MS) return;
      for (const node of scene.nodes) {
        if (!isUpgraded(scene, node.fleet) || !isSettled(scene, node, atMs)) continue;
        const machine = scene.machine(scene.present(node)?.instanceId);
        const refusal = machine?.disks.data.refusal;
        if (!machine?.isPowered || machine.client.state === 'running' || refusal === undefined) continue;
        if (!isTold(scene, node, from - 86_400_000))
          say.broken(
            node.subject,
            `${machine.clientInstance() ?? 'Its client'} does not open its data: ${refusal}`,
            atMs,
          );
      }
    },
  };
};

const versionOf = (scene: Scene, node: SeenNode): string | undefined => {
  const machine = scene.machine(scene.present(node)?.instanceId);
  return machine?.client.state === 'running' ? machine.clientInstance() : undefined;
};

const isUpgraded = (scene: Scene, fleet: string): boolean => wantedIn(scene, fleet).length > 0;

/**
 * "differs from what runs in its last number alone, and that the file names": such a version may come without a person (docs/releases.md). What a feed says
 * counts for nothing here: it may lie.
 */
function wantedIn(scene: Scene, fleet: string, before?: string): readonly string[] {
  const asked = scene.said().flatMap(({ fleet: of, to }) => (of === fleet && to !== undefined ? [to] : []));
  const { releases, client } = scene.fleets.get(fleet) ?? {};
  if (releases?.auto !== 'patch') return asked;
  return [...asked, ...(client?.versions ?? []).filter((to) => before === undefined || isPatch(before, to))];
}

const isPatch = (before: string, to: string): boolean => lineOf(before) === lineOf(to) && before !== to;
const lineOf = (version: string): string => version.split('.').slice(0, -1).join('.');
