// What is made is no larger than what it stands for, bounded in number, and growth stays below the month's limit.
import type { Volume } from '../../../../local/services/ec2/model.ts';
import { Forgotten } from '../forgotten.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import type { SeenNode } from '../seen-nodes.ts';

/** us-east-1, a GiB and month: the price that the README's story counts with for gp3; aws.amazon.com/ebs/pricing. */
const USD_A_GIB: Readonly<Record<string, number>> = {
  gp2: 0.1,
  gp3: 0.08,
  io1: 0.125,
  io2: 0.125,
  st1: 0.045,
  sc1: 0.015,
};
const USD_A_GIB_OTHER = 0.05;
/** A cent for each step: the suite may round. */
const ROUNDING_USD = 0.05;

export const billIsBounded: MakeRule = (scene, say) => {
  const grown: { readonly month: string; readonly atMs: number; readonly usd: number }[] = [];
  const forgotten = new Forgotten();
  return {
    person: (act) => forgotten.hear(act),
    act({ operation, input, at }) {
      if (operation === 'ModifyVolume') {
        const { VolumeId = '', Size } = input as { VolumeId?: string; Size?: number };
        const volume = scene.volumes.get(VolumeId);
        const node = scene.nodeOfThing(VolumeId);
        if (!volume || !node || Size === undefined) return;
        say.matters();
        const month = `${node.fleet} ${new Date(at).toISOString().slice(0, 7)}`;
        const price = USD_A_GIB[volume.performance.type] ?? USD_A_GIB_OTHER;
        grown.push({ month, atMs: at, usd: (Size - volume.performance.sizeGiB) * price });
        const known = grown.filter((one) => one.month === month && !forgotten.has(one.atMs, at));
        const usd = known.reduce((sum, one) => sum + one.usd, 0);
        const most = scene.ceilings(node.fleet)?.monthlyIncreaseUsd ?? Number.POSITIVE_INFINITY;
        if (usd > most + ROUNDING_USD)
          say.broken(
            node.fleet,
            `Growth of ${month.slice(-7)} adds $${usd.toFixed(2)} a month; its file allows $${most}.`,
          );
      }
      if (operation === 'RunInstances') judgeLaunch(scene, input, say);
    },
    volume(before, after) {
      const made = after && !before ? scene.made.get(after.volumeId) : undefined;
      if (!after || !made?.node) return;
      say.matters();
      const why = tooMuch(scene, made.node, after);
      if (why !== undefined) say.broken(made.node.subject, `${after.volumeId}: ${why}.`);
    },
  };
};

function tooMuch(
  scene: Scene,
  node: SeenNode,
  { volumeId, performance, snapshotId, attachment }: Volume,
): string | undefined {
  const siblings = [...scene.volumes.values()].filter((other) => other.volumeId !== volumeId);
  const ofFleet = siblings.filter((other) => scene.nodeOfThing(other.volumeId)?.fleet === node.fleet);
  const largest = Math.max(0, ...ofFleet.map((other) => other.performance.sizeGiB));
  const source = scene.region.ec2.snapshots().find((snapshot) => snapshot.snapshotId === snapshotId);
  const needed = Math.max(largest, source?.volumeSizeGiB ?? 0);
  // Root volumes come from an image.
  if (attachment === undefined && performance.sizeGiB > needed)
    return `it has ${performance.sizeGiB} GiB, and nothing of its fleet has more than ${needed}`;
  const own = siblings.filter((other) => scene.made.get(other.volumeId)?.node === node);
  const places = scene.fleets.get(node.fleet)?.volumes;
  const perSet = Math.max(1, Object.keys(places ?? { data: '' }).length);
  const { replacementsPerNode = 3 } = scene.ceilings(node.fleet) ?? {};
  // Each replacement tries a few sets, clean and crash-consistent ones, and a launch has a root volume.
  const most = perSet * replacementsPerNode * SETS_A_RUNG + replacementsPerNode;
  return own.length + 1 > most ? `${own.length + 1} volumes were made for one node; ${most} are plenty` : undefined;
}

const SETS_A_RUNG = 8;

function judgeLaunch(scene: Scene, input: unknown, say: Parameters<MakeRule>[1]): void {
  const { MaxCount = 1, InstanceType } = input as { MaxCount?: number; InstanceType?: string };
  const node = scene.nodesOf({ input })[0];
  if (!node) return;
  say.matters();
  if (MaxCount > 1) say.broken(node.subject, `${MaxCount} instances were asked for at once.`);
  const types = node.instanceIds.flatMap((id) => scene.instances.get(id)?.instanceType ?? []);
  if (InstanceType !== undefined && types.length > 0 && !types.includes(InstanceType))
    say.broken(node.subject, `A ${InstanceType} was launched in place of a ${types[0]}.`);
}
