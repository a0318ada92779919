// Watches a run: tells the invariants what each mutation was, and what was true at that moment.
import { fromItem } from '../../shared/aws/attributes.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import type { Region } from '../region/region.ts';
import type { CallRecord } from '../region/trace.ts';
import { isMutation } from './calls.ts';
import { checkEnd, checkIdentities, checkMutation, checkPeers, type Violation } from './invariants.ts';
import { type JournalLine, readJournal } from './journal.ts';
import { pausesOf } from './pauses.ts';
import { namesViolations } from './watch-names.ts';
import type { World } from './world.ts';

export interface Mutation {
  readonly record: CallRecord;
  /** ARN of the durable execution that made it; the actor where none did. */
  readonly by: string;
  readonly resource: string;
  readonly instanceId: string;
}

/** Bounds what one run can complain about: the first ones are the interesting ones. */
const MAX_VIOLATIONS = 100;

export class Watch {
  readonly mutations: Mutation[] = [];
  readonly violations: Violation[] = [];
  #world: World | undefined;
  /** What was there before anything was healed. */
  #there: ReadonlySet<string> = new Set();
  /** How many peers each node was told to dial, by instance. */
  #dialled: ReadonlyMap<string, number> = new Map();

  /** From here on requests are looked at; what the deployment did is none of ours. */
  begin(world: World): void {
    this.#world = world;
    this.#there = new Set(thingsIn(world.region));
    this.#dialled = new Map(world.nodes.map(({ instanceId, machine }) => [instanceId, machine.peers.wants().size]));
  }

  /** To be called right after the effect of each request. */
  readonly onCall = (record: CallRecord): void => {
    const world = this.#world;
    if (!world || !record.actor.startsWith('chainmend-')) return;
    if (record.operation === 'ChangeResourceRecordSets') this.#report(namesViolations(world, record));
    if (!isMutation(record)) return;
    const { region } = world;
    const { VolumeId, InstanceIds, InstanceId } = record.input as {
      VolumeId?: string;
      InstanceIds?: string[];
      InstanceId?: string;
    };
    const resource = VolumeId ?? InstanceIds?.[0] ?? InstanceId ?? record.operation;
    const instanceId = VolumeId ? (region.ec2.volume(VolumeId).attachment?.instanceId ?? '') : resource;
    const by = executionOf(region, record.actor);
    this.mutations.push({ record, by, resource, instanceId });
    const node = readRecords<NodeRecord>(region, world.tableName, 'NODE#').find(
      (candidate) => candidate.instanceId === instanceId,
    );
    this.#report(
      checkMutation({
        atMs: record.at,
        operation: record.operation,
        resource,
        instanceId,
        by,
        // Who rotates peers holds no node; while another does, it leaves it alone.
        holder: rotates(record.actor) ? (node?.owner ?? by) : (node?.owner ?? null),
        pauses: pausesOf(world, instanceId),
        intentJournalled: readJournal(region, world.tableName).some(
          (line) =>
            line.kind === 'intent' &&
            (rotates(record.actor) ? line.heal === 'rotate-peers' : line.writer === by) &&
            intends(line, record),
        ),
        modificationsMs: this.#modificationsOf(resource),
        ...(record.operation === 'ModifyVolume' &&
          record.outcome !== 'caller killed before' && { size: sizeOf(world, resource) }),
      }),
    );
    this.#report(checkIdentities(record.at, running(world)));
  };

  /** What must hold once everything has come to rest. */
  end(): readonly Violation[] {
    const world = this.#world;
    if (!world) return this.violations;
    const { region, tableName } = world;
    const journal = readJournal(region, tableName);
    const ended = new Set(
      region.lambda
        .executions()
        .filter(({ status }) => status === 'SUCCEEDED')
        .map(({ arn }) => arn),
    );
    this.#report(
      checkEnd({
        atMs: region.clock.now(),
        unjournalled: this.mutations
          .filter(
            ({ record, by }) =>
              ended.has(by) &&
              !journal.some((line) => line.kind === 'result' && line.atMs >= record.at && line.writer === by),
          )
          .map(({ record, resource }) => `${record.operation} ${resource}`),
        leases: readRecords<NodeRecord>(region, tableName, 'NODE#').map(({ instanceId, owner, operation }) => ({
          instanceId,
          owner,
          open: operation !== null,
        })),
        made: thingsIn(region)
          .filter((id) => !this.#there.has(id) && !world.theirs.has(id))
          .map((id) => ({
            id,
            accountedFor: journal.some(({ evidence, act }) => `${act} ${evidence}`.includes(id)),
          })),
      }),
    );
    this.#report(checkIdentities(region.clock.now(), running(world)));
    this.#report(checkPeers(region.clock.now(), this.#rotated(world)));
    return this.violations;
  }

  #rotated({ nodes }: World) {
    return nodes.flatMap(({ fleet, name, instanceId, machine }) => {
      const before = this.#dialled.get(instanceId);
      const touched = this.mutations.some(({ record, resource }) => rotates(record.actor) && resource === instanceId);
      if (before === undefined || !touched) return [];
      return [{ node: `${fleet.name}/${name}`, before, after: machine.peers.wants().size }];
    });
  }

  #report(violations: readonly Violation[]): void {
    for (const violation of violations) if (this.violations.length < MAX_VIOLATIONS) this.violations.push(violation);
  }

  #modificationsOf(volumeId: string): readonly number[] {
    return this.mutations
      .filter(({ record, resource }) => record.operation === 'ModifyVolume' && resource === volumeId)
      .map(({ record }) => record.at);
  }
}

/** Records of one kind, of all fleets. */
export function readRecords<R extends NodeRecord | IncidentRecord>(
  region: Region,
  tableName: string,
  prefix: 'NODE#' | 'INCIDENT#',
): R[] {
  return region.dynamodb.items(tableName).flatMap((stored): R[] => {
    const item = stored as Parameters<typeof fromItem>[0];
    // Looked at before it is read: this is asked again and again, and observations are long.
    if (!item['sk']?.S?.startsWith(prefix) || !item['pk']?.S?.startsWith('FLEET#')) return [];
    return [fromItem(item) as unknown as R];
  });
}

/** The execution that a sandbox was running at its last invocation. */
function executionOf({ spans }: Region, actor: string): string {
  const span = spans.findLast((candidate) => candidate.actor === actor);
  return (span?.event as { DurableExecutionArn?: string } | null)?.DurableExecutionArn ?? actor;
}

const intends = ({ act = '' }: JournalLine, { operation }: CallRecord): boolean => act.startsWith(operation);

const rotates = (actor: string): boolean => actor.startsWith('chainmend-rotate-peers');

function sizeOf(world: World, volumeId: string) {
  const { modification, performance, attachment } = world.region.ec2.volume(volumeId);
  const fleet = world.nodes.find((node) => node.instanceId === attachment?.instanceId)?.fleet;
  return {
    fromGiB: modification?.original.sizeGiB ?? performance.sizeGiB,
    toGiB: modification?.target.sizeGiB ?? performance.sizeGiB,
    ceilingGiB: fleet?.disk.maximumSizeGiB ?? 0,
  };
}

const running = (world: World) =>
  world.nodes
    .filter(({ machine }) => machine.client.state === 'running')
    .map(({ fleet, name, instanceId }) => ({ identity: `${fleet.name}/${name}`, instanceId }));

/** Volumes and instances of the region, by id. */
const thingsIn = ({ ec2 }: Region): readonly string[] => [
  ...ec2.volumes().map(({ volumeId }) => volumeId),
  ...ec2.instances().map(({ instanceId }) => instanceId),
];
