// Checks what heals have made and kept: whether it is accounted for, whether it may be deleted, and whether a client was left stopped.

import type { Fleet } from '../../../shared/fleet/model.ts';
import { dateOf, hasTags, KEEP_UNTIL_TAG, RETIRED_TAG } from '../../../shared/model/tags.ts';
import { readLedger } from '../../../shared/snapshots/ledger.ts';
import type { Region } from '../../region.ts';
import type { Mutation } from '../report/calls.ts';
import type { JournalLine } from '../report/journal.ts';
import { pagesOf } from '../report/pages.ts';
import type { World } from '../world/world.ts';

/** Volumes, instances and snapshots of the region, by id. */
export const resourceIdsIn = ({ ec2 }: Region): readonly string[] => [
  ...ec2.volumes().map(({ volumeId }) => volumeId),
  ...ec2.instances().map(({ instanceId }) => instanceId),
  ...ec2.snapshots().map(({ snapshotId }) => snapshotId),
];

/** The tags of resources before they were deleted: afterwards AWS cannot return them. */
export class KnownResources {
  #tags: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map();
  #ledger: ReadonlyMap<string, string | null> = new Map();

  see({ region }: World): void {
    this.#tags = new Map(resourceIdsIn(region).map((id) => [id, region.ec2.tags(id)]));
    const fleetOf = (id: string): string | null => {
      const { setId, quarantined, fleet } = readLedger(this.#tags.get(id) ?? {});
      return setId === null || quarantined !== null ? null : fleet;
    };
    this.#ledger = new Map(region.ec2.snapshots().map(({ snapshotId }) => [snapshotId, fleetOf(snapshotId)]));
  }

  /** Only what chainmend kept and tagged, after its date. A snapshot only if nothing uses it, and it is not the last of its fleet. */
  mayGo(id: string, atMs: number): boolean {
    const tags = this.#tags.get(id) ?? {};
    const keptUntilMs = dateOf(tags[KEEP_UNTIL_TAG]);
    if (!id.startsWith('snap-')) return keptUntilMs !== null && keptUntilMs <= atMs;
    const { setId, heldBy } = readLedger(tags);
    if (setId === null || heldBy !== null || (keptUntilMs !== null && keptUntilMs > atMs)) return false;
    const fleet = this.#ledger.get(id) ?? null;
    return fleet === null || [...this.#ledger].some(([other, of]) => other !== id && of === fleet);
  }
}

/** By a node that uses it, by a tag with its retention date, or by the ledger. Or by the outcome in the journal: there a person finds it. */
export function isAccountedFor(world: World, journal: readonly JournalLine[], id: string): boolean {
  const { ec2 } = world.region;
  const tags = ec2.tags(id);
  if (tags[KEEP_UNTIL_TAG] !== undefined || readLedger(tags).setId !== null) return true;
  if (tags[POLICY_TAG] !== undefined || tags[MANAGED_TAG] !== undefined) return true;
  const snapshot = ec2.snapshots().find(({ snapshotId }) => snapshotId === id);
  if (snapshot && snapshot.ownerId !== world.region.kernel.accountId) return true;
  const current = world.current;
  if (current.some(({ instanceId, machine }) => instanceId === id || machine.isMounted(id))) return true;
  const instance = ec2.instances().find(({ instanceId }) => instanceId === id);
  if (instance?.state === 'terminated' || instance?.state === 'shutting-down') return true;
  // A volume that is deleted with its instance is accounted for with it.
  const { attachment } = ec2.volumes().find(({ volumeId }) => volumeId === id) ?? {};
  if (attachment?.device === ROOT_DEVICE) return isAccountedFor(world, journal, attachment.instanceId);
  // Of a node whose machine does not come up: nothing is mounted there, and it is the node's all the same.
  if (current.some(({ instanceId, machine }) => instanceId === attachment?.instanceId && !machine.isPowered))
    return true;
  return journal.some(
    ({ kind, sentence, evidence }) => TELLS_PEOPLE.has(kind) && `${sentence} ${evidence ?? ''}`.includes(id),
  );
}

/** A lifecycle policy's tags: copies in another region have the second one alone. */
const POLICY_TAG = 'aws:dlm:lifecycle-policy-id';
const MANAGED_TAG = 'dlm:managed';
const ROOT_DEVICE = '/dev/xvda';
const TELLS_PEOPLE: ReadonlySet<JournalLine['kind']> = new Set(['outcome', 'page', 'refusal']);

/** Longest time between the request for a stop and the stop: commands wait, and clients have their grace period. */
const STOPS_WITHIN_MS = 30 * 60_000;

/** Nodes whose client has been down since a heal: masked, stopped, or terminated with its instance. */
export const leftStopped = ({ current, region }: World, mutations: readonly Mutation[]): readonly string[] =>
  current
    .filter(({ fleet, name, machine, instanceId }) => {
      const outage = machine.client.outages.at(-1);
      if (machine.client.state === 'running' || outage === undefined || !STOPPED.has(outage.cause)) return false;
      if (region.ec2.tags(instanceId)[RETIRED_TAG] !== undefined) return false;
      if (machine.isStoppedByPerson || isOutAndTold(region, fleet, name, instanceId)) return false;
      return mutations.some(
        (mutation) =>
          mutation.instanceId === instanceId &&
          !leavesClient(mutation.record) &&
          mutation.record.at <= outage.fromMs &&
          outage.fromMs - mutation.record.at <= STOPS_WITHIN_MS,
      );
    })
    .map(({ fleet, name }) => `${fleet.name}/${name}`);

/** A command to write a file says itself whether it restarts the client. */
const leavesClient = ({ input }: Mutation['record']): boolean =>
  (input as { readonly Parameters?: Readonly<Record<string, readonly string[]>> }).Parameters?.['Restart']?.[0] ===
  'no';

/** A person has taken its fleet's tags from it: IAM lets nobody send it a command, so people have to know that it is down. */
const isOutAndTold = (region: Region, fleet: Fleet, name: string, instanceId: string): boolean =>
  !hasTags(region.ec2.tags(instanceId), fleet.nodes.tags) &&
  pagesOf(region).some((page) => page.fleet === fleet.name && page.node === name && TELLS_STOPPED.test(page.sentence));

const TELLS_STOPPED = /its client (is|may be) stopped/;

const STOPPED: ReadonlySet<string> = new Set(['stopped', 'killed', 'instance-down', 'volume-gone']);
