// Watches a run: tells the invariants what each mutation was, and what was true at that moment.
import { fromItem } from '../../../shared/aws/attributes.ts';
import { unsettled } from '../../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../../shared/heal/records.ts';
import type { Region } from '../../region.ts';
import type { CallRecord } from '../../simulator/trace.ts';
import { isMutation } from '../report/calls.ts';
import { type JournalLine, readJournal } from '../report/journal.ts';
import { Belongings, isAccountedFor, leftStopped, thingsIn } from '../world/belongings.ts';
import { pausesOf } from '../world/pauses.ts';
import { Pictures } from '../world/pictures.ts';
import type { World } from '../world/world.ts';
import { checkEnd, checkMutation, checkPeers, type Violation } from './invariants.ts';
import { MachinesWatch } from './machines.ts';
import { namesViolations } from './names.ts';
import { executionOf, payloadOf, subjectOf } from './subjects.ts';

export interface Mutation {
  readonly record: CallRecord;
  /** ARN of the durable execution that made it; the actor where none did. */
  readonly by: string;
  readonly resource: string;
  readonly instanceId: string;
}

/** Bounds what one run can complain about: the first ones are the interesting ones. */
const MAX_VIOLATIONS = 100;
/** Heals that may take a client down, or put something in its place. */
const TAKES_DOWN = /^chainmend-(replace-node|snapshot-node)\//;

export class Watch {
  readonly mutations: Mutation[] = [];
  readonly violations: Violation[] = [];
  readonly #machines = new MachinesWatch();
  readonly #pictures = new Pictures();
  readonly #belongings = new Belongings();
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
    this.#belongings.see(world);
  }

  /** Whether a node was, at the end of an execution, as it was when the first one of its incident began. */
  isAsFound(incidentId: string, arn: string): boolean {
    return this.#pictures.isAsFound(incidentId, arn);
  }

  /** To be called right after the effect of each request. */
  readonly onCall = (record: CallRecord): void => {
    const world = this.#world;
    if (!world || !record.actor.startsWith('chainmend-')) return;
    if (record.operation === 'ChangeResourceRecordSets') this.#report(namesViolations(world, record));
    const { region } = world;
    if (TAKES_DOWN.test(record.actor)) {
      const arn = executionOf(region, record.actor);
      const heal = payloadOf(region, arn);
      if (heal) this.#pictures.take(world, heal, arn);
    }
    if (isMutation(record)) this.#mutated(world, record);
    else if (prunes(record.actor)) this.#belongings.see(world);
  };

  #mutated(world: World, record: CallRecord): void {
    const { region } = world;
    const by = executionOf(region, record.actor);
    const heal = payloadOf(region, by);
    const { resource, instanceId } = subjectOf(region, record, heal);
    this.mutations.push({ record, by, resource, instanceId });
    const records = readRecords<NodeRecord>(region, world.tableName, 'NODE#');
    const node = records.find((candidate) => candidate.instanceId === instanceId);
    // Who rotates peers, or takes away what is kept, holds no node; while another does, it leaves it alone.
    const isAlone = rotates(record.actor) || prunes(record.actor);
    this.#report(
      checkMutation({
        atMs: record.at,
        operation: record.operation,
        resource,
        instanceId,
        by,
        holder: isAlone ? (node?.owner ?? by) : (node?.owner ?? null),
        // A client that is down because of us may be brought back under a pause.
        pauses: node?.owner === by && node.operation?.phase === 'down' ? [] : pausesOf(world, instanceId),
        intentJournalled: readJournal(region, world.tableName).some(
          (line) =>
            line.kind === 'intent' &&
            (isAlone ? record.actor.startsWith(`chainmend-${line.heal}/`) : line.writer === by) &&
            intends(line, record),
        ),
        ...(prunes(record.actor) && { mayGo: this.#belongings.mayGo(resource, record.at) }),
        modificationsMs: this.#modificationsOf(resource),
        ...(record.operation === 'ModifyVolume' &&
          record.outcome !== 'caller killed before' && { size: sizeOf(world, resource) }),
      }),
    );
    this.#report(this.#machines.look(world, records));
  }

  /** What must hold once everything has come to rest. */
  end(): readonly Violation[] {
    const world = this.#world;
    if (!world) return this.violations;
    const { region, tableName } = world;
    const journal = readJournal(region, tableName);
    const records = readRecords<NodeRecord>(region, tableName, 'NODE#');
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
        // What a ladder has tried may be remembered on a node that is free.
        leases: records.map((record) => ({ ...record, open: unsettled(record) })),
        made: thingsIn(region)
          .filter((id) => !this.#there.has(id) && !world.theirs.has(id))
          .map((id) => ({ id, accountedFor: isAccountedFor(world, journal, id) })),
        leftStopped: leftStopped(world, this.mutations),
      }),
    );
    this.#report(this.#machines.look(world, records));
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
    if (!item['sk']?.S?.startsWith(prefix) || !item['pk']?.S?.startsWith(prefix)) return [];
    return [fromItem(item) as unknown as R];
  });
}

/** What is handed over together is intended together. */
const intends = ({ act = '' }: JournalLine, { operation }: CallRecord): boolean =>
  act.startsWith(operation) || (act.startsWith('RegisterTargets') && HAND_OVER.has(operation));

const HAND_OVER: ReadonlySet<string> = new Set(['AssociateAddress', 'DisassociateAddress', 'DeregisterTargets']);

const rotates = (actor: string): boolean => actor.startsWith('chainmend-rotate-peers');
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
