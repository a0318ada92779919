// Whether what heals would ask for fits into the account's quotas, and what is left of them. Pure. A dry run asks for none of them, so a heal would meet them
// in the night.
import type { FleetFacts, NodeFacts } from './facts.ts';
import { isStorage, type QuotaId, type Room, SNAPSHOTS, storageQuotaOf, vcpuQuotaOf } from './quotas.ts';
import { type Finding, known, no, type Read } from './verdict.ts';
import type { NodePlan } from './wishes.ts';

const GIB_PER_TIB = 1_024;

/** Growth of a full disk: the storage that it adds, and its new size while it is being modified. */
export const ofGrowthQuotas = (facts: FleetFacts, node: NodeFacts, plan: NodePlan): readonly Finding[] =>
  [...plan.growth.values()].flatMap((decision) => {
    if (!('do' in decision) || decision.do !== 'modify') return [];
    const volume = node.data.find((one) => one.volume.volumeId === decision.volumeId)?.volume;
    if (volume === undefined) return [];
    const more = Math.max(0, decision.toGiB - volume.sizeGiB);
    return [
      ...fits(facts.quotas.storage.get(volume.type), more, 'its growth'),
      ...fits(facts.quotas.modifications.get(volume.type), decision.toGiB, 'its growth'),
    ];
  });

/** Other data: one more volume for each of the node's, beside those that are kept. */
export function ofRestoreQuotas({ quotas }: FleetFacts, { data }: NodeFacts): readonly Finding[] {
  return [...restoredGiB(data)].flatMap(([type, gib]) => fits(quotas.storage.get(type), gib, 'a restore of its data'));
}

/** Another instance: it runs beside the one that it replaces for a while. */
export function ofLaunchQuotas({ quotas }: FleetFacts, { node }: NodeFacts): readonly Finding[] {
  const room = quotas.vcpus.get(node.instanceType);
  const each = room !== undefined && 'value' in room ? room.value.each : 0;
  return fits(room, each, 'another instance');
}

export const ofSnapshotQuotas = ({ quotas }: FleetFacts, { data }: NodeFacts): readonly Finding[] =>
  fits(quotas.snapshots, data.length, 'a snapshot of its data');

function fits(room: Read<Room> | undefined, needed: number, what: string): readonly Finding[] {
  if (room === undefined) return [];
  return known(room, (value) =>
    value.used + needed <= value.quota
      ? []
      : [
          no('quota-reached', `${what} needs ${amountOf(value, needed)}; ${value.name}: ${leftWords(value)}`, {
            remedy: 'have the quota raised before it is needed; AWS takes hours to days',
            paste: raiseOf(value, value.used + needed),
          }),
        ],
  );
}

const amountOf = (room: QuotaId, amount: number): string =>
  isStorage(room) ? gibText(amount) : `${amount} ${room.code === SNAPSHOTS.code ? 'snapshots' : 'vCPUs'}`;

const gibText = (gib: number): string =>
  gib < GIB_PER_TIB ? `${gib} GiB` : `${Math.round((gib / GIB_PER_TIB) * 10) / 10} TiB`;

function leftWords(room: Room): string {
  const left = Math.max(0, room.quota - room.used);
  return isStorage(room) ? `${gibText(left)} of ${gibText(room.quota)} are left` : `${left} of ${room.quota} are left`;
}

/** The next whole unit of the quota that holds half as much again as is needed. */
function raiseOf({ service, code, ...quota }: Room, needed: number): string {
  const units = (isStorage({ service, code, name: quota.name }) ? needed / GIB_PER_TIB : needed) * 1.5;
  return `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${Math.ceil(units)}`;
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

type Told = Pick<QuotaReport, 'roomFor' | 'ceilingsFit'> & { readonly more: readonly string[] };

function reported<R extends Room>(name: string, room: Read<R>, told: (value: R) => Told): QuotaReport {
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
