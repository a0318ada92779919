// What heals would take of the account's quotas, and what is left of them. Pure. A dry run asks for none of them, so a heal would meet them in the night.
import type { FleetFacts, NodeFacts } from './facts.ts';
import type { Told } from './preconditions.ts';
import { type Room, SNAPSHOTS, storageQuotaOf, vcpuQuotaOf } from './quotas.ts';
import { gibText, leftWords, type RoomNeed } from './room.ts';
import type { Read } from './verdict.ts';
import type { NodePlan } from './wishes.ts';

/** What each heal of a node takes of the account's quotas, if it began now. */
export function roomsOf(facts: FleetFacts, node: NodeFacts, plan: NodePlan): NonNullable<Told['rooms']> {
  const restore = ofRestore(facts, node);
  const instance = ofLaunch(facts, node);
  return {
    grow: ofGrowth(facts, node, plan),
    ...{ swap: restore, 'way-back': restore, shrink: restore },
    replace: instance,
    // Its copy is beside the old data for a while.
    'blue-green': [...instance, ...restore],
    snapshot: [{ room: facts.quotas.snapshots, needed: node.data.length, what: 'a snapshot of its data' }],
  };
}

/** Growth of a full disk: the storage that it adds, and its new size while it is being modified. */
const ofGrowth = (facts: FleetFacts, node: NodeFacts, plan: NodePlan): readonly RoomNeed[] =>
  [...plan.growth.values()].flatMap((decision) => {
    if (!('do' in decision) || decision.do !== 'modify') return [];
    const volume = node.data.find((one) => one.volume.volumeId === decision.volumeId)?.volume;
    if (volume === undefined) return [];
    const more = Math.max(0, decision.toGiB - volume.sizeGiB);
    return [
      { room: facts.quotas.storage.get(volume.type), needed: more, what: 'its growth' },
      { room: facts.quotas.modifications.get(volume.type), needed: decision.toGiB, what: 'its growth' },
    ];
  });

/** Other data: one more volume for each of the node's, beside those that are kept. */
const ofRestore = ({ quotas }: FleetFacts, { data }: NodeFacts): readonly RoomNeed[] =>
  [...restoredGiB(data)].map(([type, needed]) => ({
    room: quotas.storage.get(type),
    needed,
    what: 'a restore of its data',
  }));

/** Another instance: it runs beside the one that it replaces for a while. */
function ofLaunch({ quotas }: FleetFacts, { node }: NodeFacts): readonly RoomNeed[] {
  const room = quotas.vcpus.get(node.instanceType);
  const needed = room !== undefined && 'value' in room ? room.value.each : 0;
  return [{ room, needed, what: 'another instance' }];
}

/** One line of what is left, for people and machines. */
export interface QuotaReport {
  readonly name: string;
  /** null: it could not be read, and `words` say why. */
  readonly quota: number | null;
  readonly used: number | null;
  /** How many more restores, replacements or snapshots of the fleet's largest node fit; null where that is not known or not asked of this quota. */
  readonly roomFor: number | null;
  /** False: growth of every volume of the fleet up to the fleet file's ceiling does not fit; null where that is not known or not asked of this quota. */
  readonly ceilingsFit: boolean | null;
  readonly words: string;
}

/** What is left of each quota that this fleet can meet, by its largest node. */
export function quotaReports(facts: FleetFacts): readonly QuotaReport[] {
  const { quotas, nodes, fleet } = facts;
  const storage = [...quotas.storage].map(([type, room]) =>
    reported(storageQuotaOf(type)?.name ?? `${type} storage`, room, (value) => {
      const largest = Math.max(0, ...nodes.map(({ data }) => restoredGiB(data).get(type) ?? 0));
      const ceilings = nodes
        .flatMap(({ data }) => data)
        .filter(({ volume }) => volume.type === type)
        .reduce((sum, { volume }) => sum + Math.max(0, fleet.disk.maximumSizeGiB - volume.sizeGiB), 0);
      const grown = value.used + ceilings <= value.quota;
      return {
        roomFor: largest === 0 ? null : timesOf(value, largest),
        ceilingsFit: grown,
        more: [
          ...(largest === 0 ? [] : [`room for ${timesOf(value, largest)} more restores of ${gibText(largest)}`]),
          ...(grown
            ? []
            : [`growth of all its volumes to ${gibText(fleet.disk.maximumSizeGiB)} needs ${gibText(ceilings)}`]),
        ],
      };
    }),
  );
  const vcpus = [...quotas.vcpus].map(([type, room]) =>
    reported(vcpuQuotaOf(type)?.name ?? `vCPUs of ${type}`, room, (value) => ({
      roomFor: timesOf(value, value.each),
      ceilingsFit: null,
      more: [`room for ${timesOf(value, value.each)} more ${type}`],
    })),
  );
  const snapshots = reported(SNAPSHOTS.name, quotas.snapshots, (value) => ({
    roomFor: timesOf(value, Math.max(1, fleet.volumes.length)),
    ceilingsFit: null,
    more: [],
  }));
  return [...storage, ...vcpus, snapshots];
}

const timesOf = ({ quota, used }: Room, each: number): number =>
  each <= 0 ? 0 : Math.max(0, Math.floor((quota - used) / each));

type Counts = Pick<QuotaReport, 'roomFor' | 'ceilingsFit'> & { readonly more: readonly string[] };

function reported<R extends Room>(name: string, room: Read<R>, told: (value: R) => Counts): QuotaReport {
  if ('unread' in room)
    return { name, quota: null, used: null, roomFor: null, ceilingsFit: null, words: `not known: ${room.unread}` };
  const { value } = room;
  const { more, ...counts } = told(value);
  return { name, quota: value.quota, used: value.used, ...counts, words: [leftWords(value), ...more].join('; ') };
}

/** GiB of a restore, by volume type. */
function restoredGiB(data: NodeFacts['data']): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { volume } of data) found.set(volume.type, (found.get(volume.type) ?? 0) + volume.sizeGiB);
  return found;
}
