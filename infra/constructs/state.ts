// The one DynamoDB table: fleets, nodes, incidents, budgets and the journal. Single items, conditional writes; each function writes its own.
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { DRILL_KIND, HEAL_KINDS, partitions, type Writer } from '../../shared/heal/records.ts';
import type { HealKind } from '../../shared/model/payload.ts';
import type { Grant } from './grants.ts';
import { suiteNames } from './suite-names.ts';

export class State extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      // A literal name: after a stack is deleted, the next deployment adopts its journal (`--import-existing-resources`).
      tableName: suiteNames(this).tableName,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // The table holds fences and leases. Without them a second heal could start next to a running one.
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /**
   * Lets a function read what it needs and write its own items, one at a time: no scan, no delete, no batch, no PartiQL. Each of the three actions
   * names one partition key. So the condition never sees a request without a key, which ForAllValues would allow.
   */
  grants(name: StateUser): Grant[] {
    const { reads, writes } = ACCESS[name];
    return [
      ...this.#grant('ReadState', ['dynamodb:GetItem', 'dynamodb:Query'], reads),
      ...this.#grant('WriteOwnState', ['dynamodb:PutItem'], writes),
    ];
  }

  /** What a scaling reads besides, and the end of a boost: whether a heal is at work on a node. Where there is neither, nobody may read it for that. */
  grantsToScale(): Grant[] {
    return this.#grant('ReadHeals', ['dynamodb:GetItem', 'dynamodb:Query'], SCALING_READS);
  }

  #grant(sid: string, actions: readonly string[], keys: readonly string[]): Grant[] {
    if (keys.length === 0) return [];
    const conditions = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } };
    return [{ sid, actions, resources: [this.table.tableArn], conditions }];
  }
}

export type StateUser = Writer | 'plan-snapshots';

export interface StateAccess {
  /** Patterns of partition keys, see shared/heal/records.ts. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

const ownPartition = (writer: Writer): string => partitions.own('*', writer);
const incidentsOf = (kind: HealKind): string => partitions.incidents('*', kind);
const allIncidents = HEAL_KINDS.map(incidentsOf);
const nodes = partitions.nodes();
const turn = partitions.turn('*');
const kept = partitions.kept('*');
const account = partitions.account();
const watched = ownPartition('watch-fleet');

/** The access of one function, including its journal lines, which it writes and does not read. */
const access = (writer: Writer, shared: readonly string[], readsBesides: readonly string[]): StateAccess => ({
  reads: [ownPartition(writer), ...shared, ...readsBesides],
  writes: [ownPartition(writer), ...shared, partitions.journal('*', writer)],
});

/** Of seed-groups, where a group may be scaled, or a first sync has a boost: heals at work, and what register-nodes last saw in the pool. */
const SCALING_READS: readonly string[] = [nodes, ...allIncidents, ownPartition('register-nodes')];

/**
 * Which function may write what, and which reads it. docs/architecture.md says what a forger would gain. A test compares it with the template. A function
 * trusts only records in a partition that functions with at least the same powers write. What watch-fleet says of nodes, and a drill of an owner's
 * command, counts as a claim.
 */
export const ACCESS: Readonly<Record<StateUser, StateAccess>> = {
  // The dispatcher's: whether a chain that stands stops for an upgrade.
  'watch-fleet': access('watch-fleet', [], [...allIncidents, ownPartition('dispatch-heal')]),
  'register-nodes': access('register-nodes', [], [watched, nodes]),
  'rotate-peers': access('rotate-peers', [], [watched, nodes, ...allIncidents]),
  'prune-retired': access('prune-retired', [kept], [watched, nodes, ...allIncidents, ownPartition('seed-groups')]),
  'seed-groups': access('seed-groups', [], [watched]),
  // A drill's: what it has shown of the owner's commands.
  'check-readiness': access(
    'check-readiness',
    [],
    [
      ...[watched, nodes, ownPartition('resize-volume'), ownPartition('replace-node'), account],
      ownPartition(DRILL_KIND),
    ],
  ),
  'watch-releases': access('watch-releases', [], [watched]),
  'plan-snapshots': { reads: [watched, nodes, ...allIncidents], writes: [] },
  // The dispatcher opens incidents of every kind, and frees nodes whose lease holders have died.
  'dispatch-heal': access(
    'dispatch-heal',
    [nodes, ...allIncidents, incidentsOf(DRILL_KIND)],
    [
      ...[watched, ownPartition('resize-volume'), ownPartition('replace-node'), turn, account],
      ownPartition(DRILL_KIND),
      // Whether the cause of what they have paged lasts.
      ...(
        ['register-nodes', 'rotate-peers', 'prune-retired', 'seed-groups', 'watch-releases', 'check-readiness'] as const
      ).map(ownPartition),
    ],
  ),
  // A drill's: whether the owner's pruning has come through on a copy. How often a volume was taken back from the figures of its first sync: EBS counts that.
  // And whether another heal has seen a person's stop, before the disk was full.
  'resize-volume': access(
    'resize-volume',
    [nodes, incidentsOf('resize-volume'), turn],
    [watched, incidentsOf('replace-node'), ownPartition(DRILL_KIND), ownPartition('seed-groups')],
  ),
  // A drill's: whether the owner's roll-back has come through on a copy. And whether a disk waits for it to be grown.
  'replace-node': access(
    'replace-node',
    [nodes, incidentsOf('replace-node'), turn, kept, account],
    [watched, ownPartition(DRILL_KIND), incidentsOf('resize-volume')],
  ),
  'snapshot-node': access('snapshot-node', [nodes, incidentsOf('snapshot-node'), turn, kept], [watched]),
  // It gives way to every heal of its fleet.
  'audit-snapshots': access('audit-snapshots', [nodes, incidentsOf(DRILL_KIND), kept], [watched, ...allIncidents]),
};
