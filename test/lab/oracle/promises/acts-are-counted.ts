// No node is restarted, and nothing is replaced, more often than the fleet file allows.
import { Forgotten } from '../forgotten.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { tagsIn } from '../seen-nodes.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Right before the call that is told now. */
const wasStopped = (scene: Scene, instanceId: string): boolean => scene.instances.get(instanceId)?.state === 'stopped';

export const actsAreCounted: MakeRule = (scene, say) => {
  const restarts = new Map<string, number[]>();
  /** Whose clients ours have down for a restart. */
  const stopped = new Set<string>();
  const snapshots = new Map<string, number[]>();
  const forgotten = new Forgotten();
  /** Replacements of the account, once for each incident and rung: the tries of one rung are one. */
  const replacements = new Map<string, number>();

  const restarted = (subject: string, fleet: string, atMs: number): void => {
    say.matters();
    const times = [...(restarts.get(subject) ?? []).filter((before) => before > atMs - DAY_MS), atMs];
    restarts.set(subject, times);
    const most = scene.ceilings(fleet)?.restartsPerDay ?? Number.POSITIVE_INFINITY;
    const asked = scene.persons.filter((one) => one.kind === 'request' && one.atMs > atMs - DAY_MS).length;
    if (times.length > most + asked)
      say.broken(subject, `It was restarted ${times.length} times within a day; its file allows ${most}.`, atMs);
  };

  const snapshotted = (fleet: string, atMs: number): void => {
    say.matters();
    // A restored table knows nothing of snapshots that were taken since its backup.
    const known = (snapshots.get(fleet) ?? []).filter((before) => !forgotten.has(before, atMs));
    const times = [...known.filter((before) => before > atMs - DAY_MS), atMs];
    snapshots.set(fleet, times);
    const asked = scene.persons.filter((one) => one.kind === 'request' && one.atMs > atMs - DAY_MS).length;
    // Each node that is upgraded gives a snapshot first, within a week; with `auto: patch` nobody asks for it.
    const upgrades =
      scene.fleets.get(fleet)?.releases?.auto === 'patch' ||
      scene.persons.some((one) => one.ofAll && one.fleet === fleet && one.atMs > atMs - 7 * DAY_MS);
    const ofUpgrade = upgrades ? scene.nodes.filter((node) => node.fleet === fleet).length : 0;
    const { cleanEveryMs = DAY_MS } = scene.ceilings(fleet) ?? {};
    // A set that was of no use may be followed by another donor’s.
    const most = Math.ceil(DAY_MS / cleanEveryMs) + 1 + asked + ofUpgrade;
    if (times.length > most)
      say.broken(fleet, `${times.length} nodes were stopped for snapshots within a day; ${most} may be.`, atMs);
  };

  const replaced = (key: string, atMs: number): void => {
    if (replacements.has(key)) return;
    say.matters();
    replacements.set(key, atMs);
    const within = (ms: number): number => [...replacements.values()].filter((at) => at > atMs - ms).length;
    const asked = (ms: number): number =>
      scene.persons.filter((one) => one.kind === 'request' && one.atMs > atMs - ms - DAY_MS).length;
    const most = (pick: 'replacementsPerHour' | 'replacementsPerDay'): number =>
      Math.max(...[...scene.fleets.keys()].map((name) => scene.ceilings(name)?.[pick] ?? 0));
    if (within(HOUR_MS) > most('replacementsPerHour') + asked(HOUR_MS))
      say.broken('account', `${within(HOUR_MS)} replacements within an hour.`, atMs);
    if (within(DAY_MS) > most('replacementsPerDay') + asked(DAY_MS))
      say.broken('account', `${within(DAY_MS)} replacements within a day.`, atMs);
  };

  return {
    person: (act) => forgotten.hear(act),
    stopped({ node, by, operation, atMs }) {
      if (by !== 'ours' || operation !== 'restart-client') return;
      stopped.add(node.subject);
      restarted(node.subject, node.fleet, atMs);
    },
    started({ node, by, operation, atMs }) {
      // One that ours had stopped for it was counted then.
      if (by !== 'ours' || operation !== 'restart-client' || stopped.delete(node.subject)) return;
      restarted(node.subject, node.fleet, atMs);
    },
    act({ operation, input, at }) {
      if (/^CreateSnapshots?$/.test(operation))
        for (const node of scene.nodesOf({ input })) snapshotted(node.fleet, at);
      if (operation !== 'StartInstances') return;
      for (const id of scene.targets(input)) {
        const node = scene.nodeOf(id);
        // A call that was repeated, since its answer was lost, finds it started already.
        if (node && !scene.made.has(id) && scene.present(node)?.instanceId === id && wasStopped(scene, id))
          restarted(node.subject, node.fleet, at);
      }
    },
    volume(_, after) {
      if (after?.attachment?.state !== 'attached' || !scene.made.has(after.volumeId)) return;
      if (scene.made.has(after.attachment.instanceId)) return;
      const tags = tagsIn(after.tags);
      const node = scene.nodeOf(after.attachment.instanceId);
      if (node) replaced(`swap ${node.subject} ${tags['chainmend:incident'] ?? ''}`, scene.nowMs);
    },
    instance(before, after) {
      if (before || !after || !scene.made.has(after.instanceId)) return;
      const tags = tagsIn(after.tags);
      // A drill replaces nobody.
      if ('chainmend:drill' in tags) return;
      replaced(`launch ${tags['chainmend:node'] ?? after.instanceId} ${tags['chainmend:incident'] ?? ''}`, scene.nowMs);
    },
  };
};
