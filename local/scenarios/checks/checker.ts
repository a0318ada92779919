// Watches a run: gives each mutation, and the facts of that moment, to the invariants.
import { fromItem } from '../../../shared/aws/attributes.ts';
import type { DrillRecord } from '../../../shared/heal/drill.ts';
import { unsettled } from '../../../shared/heal/lease.ts';
import type { NodeRecord } from '../../../shared/heal/records.ts';
import { keys } from '../../../shared/heal/store.ts';
import type { HealPayload } from '../../../shared/model/payload.ts';
import { DRILL_TAG, JOINING_TAG, RETIRED_TAG } from '../../../shared/model/tags.ts';
import type { Region } from '../../region.ts';
import type { CallRecord } from '../../simulator/trace.ts';
import { isMutation, type Mutation } from '../report/calls.ts';
import { type JournalLine, readJournal } from '../report/journal.ts';
import { pagesOf } from '../report/pages.ts';
import { incidentsOf, readRecords } from '../report/records.ts';
import type { PlacedNode } from '../world/nodes.ts';
import type { World } from '../world/world.ts';
import { dnsViolations } from './dns.ts';
import { attemptsOf, causeOf, stillRunning } from './endings.ts';
import { checkEnd, checkEnding, checkMutation, checkPages, checkPeers, type Violation } from './invariants.ts';
import { MachineChecker } from './machines.ts';
import { NodeBaselines } from './node-baselines.ts';
import { isAccountedFor, KnownResources, leftStopped, resourceIdsIn } from './resources.ts';

/** Limits the list of a run: the first violations are the interesting ones. */
const MAX_VIOLATIONS = 100;
/** Heals that may stop a client, or replace a part of a node. */
const TAKES_DOWN = /^chainmend-(replace-node|snapshot-node)\//;

interface Limits {
  readonly pagesAtMost: number | undefined;
  readonly attemptsAtMost: number | undefined;
  /**
   * An execution may run on, and hold its node: a copy may catch up for a day. What an attempt had begun may be open until its incident is looked at again:
   * a person keeps the client stopped.
   */
  readonly mayRunOn?: boolean;
}

/** Two sweeps: what was due since then is begun by the next one. */
const SWEEPS_MS = 2 * 60_000;

export class Checker {
  readonly mutations: Mutation[] = [];
  readonly violations: Violation[] = [];
  readonly #machines = new MachineChecker();
  readonly #baselines = new NodeBaselines();
  readonly #resources = new KnownResources();
  #world: World | undefined;
  /** Resources that existed before any heal. */
  #there: ReadonlySet<string> = new Set();
  /** How many peers each node had to dial when a rotation changed it first since a fault took some, by instance: that is not the rotation's doing, and no list has what does not exist. */
  readonly #dialled = new Map<string, { readonly count: number; readonly losses: number }>();

  /** Checks requests from here on; requests of the deployment are ignored. */
  begin(world: World): void {
    this.#world = world;
    this.#there = new Set(resourceIdsIn(world.region));
    this.#resources.see(world);
  }

  /** Whether a node at the end of an execution was as it was when the first execution of its incident began. */
  isAsFound(incidentId: string, arn: string): boolean {
    return this.#baselines.isAsFound(incidentId, arn);
  }

  /** Call it right after the effect of each request. */
  readonly onCall = (record: CallRecord): void => {
    const world = this.#world;
    if (!world || !record.actor.startsWith('chainmend-')) return;
    if (record.operation === 'ChangeResourceRecordSets') this.#report(dnsViolations(world, record));
    const { region } = world;
    if (TAKES_DOWN.test(record.actor)) {
      const arn = executionOf(region, record.actor);
      const heal = payloadOf(region, arn);
      if (heal) this.#baselines.take(world, heal, arn);
    }
    if (isMutation(record)) this.#mutated(world, record);
    else if (prunes(record.actor)) this.#resources.see(world);
  };

  #mutated(world: World, record: CallRecord): void {
    const { region } = world;
    const by = executionOf(region, record.actor);
    const heal = payloadOf(region, by);
    const { resource, instanceId } = subjectOf(region, record, heal);
    this.mutations.push({ record, by, resource, instanceId });
    const rotated = rotates(record.actor) ? world.nodes.find((node) => node.instanceId === resource) : undefined;
    const losses = rotated?.machine.peers.losses ?? 0;
    if (rotated && this.#dialled.get(resource)?.losses !== losses)
      this.#dialled.set(resource, { count: peersThere(world, rotated.machine), losses });
    const records = readRecords<NodeRecord>(region, world.tableName, 'NODE#');
    const node = records.find((candidate) => candidate.instanceId === instanceId);
    // rotate-peers and prune-retired take no lease; they leave a node alone while another execution holds it. seed-groups ends no member that an execution holds.
    const isAlone = rotates(record.actor) || prunes(record.actor) || seeds(record.actor);
    this.#report(
      checkMutation({
        atMs: record.at,
        operation: record.operation,
        resource,
        instanceId,
        by,
        holder: drills(record.actor)
          ? holderOfDrill(world, heal)
          : isAlone
            ? (node?.owner ?? by)
            : (node?.owner ?? null),
        pauses:
          (node?.owner === by && records.some((one) => one.owner === by && putsBack(region, one, resource))) ||
          (drills(record.actor) && removes(record))
            ? []
            : world.pausesOf(instanceId),
        intentJournalled: readJournal(region, world.tableName).some(
          (line) =>
            line.kind === 'intent' &&
            (isAlone ? record.actor.startsWith(`chainmend-${line.heal}/`) : line.writer === by) &&
            intends(line, record),
        ),
        ...(prunes(record.actor) && { mayGo: this.#resources.mayGo(resource, record.at) }),
        ...(drills(record.actor) && {
          mayGo: world.drills.some((drill) => isOfDrill(region, drill.instanceId, resource)),
        }),
        modificationsMs: this.#modificationsOf(resource),
        ...(record.operation === 'ModifyVolume' &&
          record.outcome !== 'caller killed before' && { size: sizeOf(world, resource) }),
      }),
    );
    this.#report(this.#machines.look(world, records));
  }

  /**
   * What must hold when nothing is in progress any more.
   * @param limits `pagesAtMost`: how many pages the run may send. Undefined for a disturbed run: what is disturbed tells of itself as well, so that only
   * our own pages count, each cause for itself. `attemptsAtMost`: of one incident; five and one an hour by default
   */
  end({ pagesAtMost, attemptsAtMost, mayRunOn = false }: Limits): readonly Violation[] {
    const world = this.#world;
    if (!world) return this.violations;
    const { region, tableName } = world;
    const journal = readJournal(region, tableName);
    const records = readRecords<NodeRecord>(region, tableName, 'NODE#');
    const lookedAtAgain = new Set(
      incidentsOf(world)
        .filter(
          ({ state, notBeforeMs }) => mayRunOn && state === 'open' && notBeforeMs > region.clock.now() - SWEEPS_MS,
        )
        .map(({ incidentId }) => incidentId),
    );
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
        // A free node's record may keep what a ladder has tried.
        leases: records
          .filter(({ owner }) => !(mayRunOn && isRunning(region, owner)))
          .map((record) => ({
            ...record,
            open: unsettled(record) && !lookedAtAgain.has(record.operation?.incidentId ?? ''),
          })),
        made: resourceIdsIn(region)
          .filter((id) => !this.#there.has(id) && !world.theirs.has(id))
          .map((id) => ({
            id,
            accountedFor:
              isAccountedFor(world, journal, id) ||
              (mayRunOn && (isOfDrillAtWork(region, id) || records.some((record) => remembers(record, id)))),
          })),
        leftStopped: leftStopped(world, this.mutations),
      }),
    );
    this.#report(this.#machines.look(world, records));
    this.#report(checkPeers(region.clock.now(), this.#rotated(world)));
    this.#report(
      checkEnding({
        atMs: region.clock.now(),
        attempts: attemptsOf(region),
        attemptsAtMost,
        running: mayRunOn ? [] : stillRunning(region),
      }),
    );
    const pages = pagesOf(region).filter(({ code }) => pagesAtMost !== undefined || code !== 'suite-alarm');
    this.#report(checkPages(region.clock.now(), pages.flatMap(causeOf), pagesAtMost ?? Number.POSITIVE_INFINITY));
    return this.violations;
  }

  #rotated({ nodes }: World) {
    return nodes.flatMap(({ fleet, name, instanceId, machine }) => {
      const before = this.#dialled.get(instanceId);
      if (before?.losses !== machine.peers.losses) return [];
      return [{ node: `${fleet.name}/${name}`, before: before.count, after: machine.peers.wants().size }];
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

/** Peers that a node is to dial, without nodes of the fleets that have no power. */
function peersThere({ nodes, terminated }: World, { peers }: PlacedNode['machine']): number {
  const known = [...nodes, ...terminated].map(({ machine }) => machine);
  const present = new Set(known.filter(({ isPowered }) => isPowered).map(({ privateIp }) => privateIp));
  const absent = known.flatMap(({ privateIp }) => (present.has(privateIp) ? [] : [`${privateIp}:`]));
  return [...peers.wants().keys()].filter((address) => !absent.some((host) => address.startsWith(host))).length;
}

const isRunning = ({ lambda }: Region, owner: string | null): boolean =>
  lambda.executions().some(({ arn, status }) => arn === owner && status === 'RUNNING');

/** Commands that are sent together have one intent. */
const intends = ({ operation: intended }: JournalLine, { operation }: CallRecord): boolean =>
  intended === operation || (intended === 'RegisterTargets' && HAND_OVER.has(operation));

const HAND_OVER: ReadonlySet<string> = new Set(['AssociateAddress', 'DisassociateAddress', 'DeregisterTargets']);

const rotates = (actor: string): boolean => actor.startsWith('chainmend-rotate-peers');
const seeds = (actor: string): boolean => actor.startsWith('chainmend-seed-groups');
const drills = (actor: string): boolean => actor.startsWith('chainmend-audit-snapshots');
const removes = ({ operation }: CallRecord): boolean => /^(Terminate|Delete)/.test(operation);

/** A drill holds no node: its fleet's record says whose it is. Its launch and its removal are its own only while it stands there. */
function holderOfDrill({ region, tableName }: World, heal: HealPayload | undefined): string | null {
  if (heal === undefined) return null;
  const { pk, sk } = keys.drill(heal.fleet);
  const items = region.dynamodb.items(tableName) as Parameters<typeof fromItem>[0][];
  const item = items.find((one) => one['pk']?.S === pk && one['sk']?.S === sk);
  return (item && (fromItem(item) as unknown as DrillRecord).current?.execution) ?? null;
}

/**
 * What goes on under a pause: a client that a heal has stopped is started again, and what a heal has given up is put away. It was made beside the node,
 * and is no part of it.
 */
function putsBack({ ec2 }: Region, { operation }: NodeRecord, resource: string): boolean {
  if (operation?.phase === 'down') return true;
  if (operation?.kind !== 'replace') return false;
  const { replacement, restoredVolumes } = operation.memory;
  // What a failed start leads to is decided in the same turn, and written with the next act.
  if (replacement === null || (replacement.givenUp === null && replacement.takeOver === 'none')) return false;
  const { instanceId } = replacement;
  const copies = restoredVolumes?.volumes.map(({ volumeId }) => volumeId) ?? [];
  return resource === instanceId || attachedTo(ec2, resource) === instanceId || copies.includes(resource);
}

/** The copy of a smaller disk is put away at the end of its heal, which goes on. */
const remembers = ({ operation }: NodeRecord, id: string): boolean =>
  operation?.kind === 'replace' && operation.memory.restoredVolumes?.shrink?.copy.volumeId === id;

/** Its own execution removes it, and has not ended. */
const isOfDrillAtWork = ({ ec2, lambda }: Region, id: string): boolean => {
  const volume = ec2.volumes().find(({ volumeId }) => volumeId === id);
  const isTagged = [id, volume?.attachment?.instanceId ?? ''].some((one) => ec2.tags(one)[DRILL_TAG] !== undefined);
  return isTagged && lambda.executions().some(({ status, arn }) => status === 'RUNNING' && drillsByArn(arn));
};

const drillsByArn = (arn: string): boolean => arn.includes(':function:chainmend-audit-snapshots');

const isOfDrill = ({ ec2 }: Region, instanceId: string, resource: string): boolean =>
  resource === instanceId || (ec2.tags(resource)[DRILL_TAG] !== undefined && resource.startsWith('vol-'));
const prunes = (actor: string): boolean => actor.startsWith('chainmend-prune-retired');

function sizeOf(world: World, volumeId: string) {
  const { modification, performance, attachment } = world.region.ec2.volume(volumeId);
  const fleet = world.nodes.find((node) => node.instanceId === attachment?.instanceId)?.fleet;
  return {
    fromGiB: modification?.original.sizeGiB ?? performance.sizeGiB,
    toGiB: modification?.target.sizeGiB ?? performance.sizeGiB,
    ceilingGiB: fleet?.disk.maximumSizeGiB ?? 0,
  };
}

export interface MutationTarget {
  /** What is changed: a volume, an instance; the operation's name if the input has neither. */
  readonly resource: string;
  /** The node whose lease the caller must hold. */
  readonly instanceId: string;
}

/** Input members that name the subject of a mutation, the most precise first. */
interface Input {
  readonly VolumeId?: string;
  readonly InstanceIds?: readonly string[];
  readonly InstanceId?: string;
  readonly InstanceSpecification?: { readonly InstanceId?: string };
  readonly SnapshotId?: string;
  readonly Targets?: readonly { readonly Id?: string }[];
}

/**
 * An attached volume belongs to its instance. A detached volume belongs to the node of the heal that handles it. So does an instance that has not
 * joined its fleet, or has left it.
 */
function subjectOf({ ec2 }: Region, { input, operation }: CallRecord, heal: HealPayload | undefined): MutationTarget {
  const { VolumeId, InstanceIds, InstanceId, InstanceSpecification, SnapshotId, Targets } = input as Input;
  const instance = InstanceIds?.[0] ?? InstanceId ?? InstanceSpecification?.InstanceId ?? Targets?.[0]?.Id;
  // CreateVolume names its source snapshot, which it does not change.
  const snapshot = operation === 'CreateVolume' ? undefined : SnapshotId;
  const resource = VolumeId ?? instance ?? snapshot ?? operation;
  const attached = VolumeId === undefined ? undefined : attachedTo(ec2, VolumeId);
  const about = instance ?? attached;
  if (heal === undefined) return { resource, instanceId: about ?? (VolumeId === undefined ? resource : '') };
  return { resource, instanceId: about === undefined || isApart(ec2, about) ? heal.instanceId : about };
}

const attachedTo = (ec2: Region['ec2'], volumeId: string): string | undefined =>
  ec2.volumes().find((volume) => volume.volumeId === volumeId)?.attachment?.instanceId;

function isApart(ec2: Region['ec2'], instanceId: string): boolean {
  const tags = ec2.tags(instanceId);
  return tags[JOINING_TAG] !== undefined || tags[RETIRED_TAG] !== undefined;
}

/** The execution of a sandbox's last invocation; the sandbox itself if that was not an execution. */
function executionOf({ spans }: Region, actor: string): string {
  const span = spans.findLast((candidate) => candidate.actor === actor);
  return (span?.event as { DurableExecutionArn?: string } | null)?.DurableExecutionArn ?? actor;
}

/** The payload of an execution; undefined for anything else. */
function payloadOf({ lambda }: Region, arn: string): HealPayload | undefined {
  const execution = lambda.executions().find((candidate) => candidate.arn === arn);
  const payload = execution && (JSON.parse(execution.payload) as Partial<HealPayload>);
  // A person who invokes a heal by hand may send anything.
  return typeof payload?.incidentId === 'string' ? (payload as HealPayload) : undefined;
}
