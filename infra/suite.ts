// The suite: one table, one topic, one dispatcher, the heals, and alarms on all of them. The repository's own stack and the construct that owners have
// in their apps (library/chainmend.ts) are both made of it.
import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Fleet } from '../shared/fleet/model.ts';
import { pauseParameterName } from '../shared/fleet/parameter.ts';
import { resolveFleet } from '../shared/fleet/resolve.ts';
import { DEFAULT_SUITE } from '../shared/model/suite.ts';
import { replaces } from '../shared/readiness/launch-facts.ts';
import { AuditSnapshots } from './constructs/audit-snapshots.ts';
import { CheckReadiness } from './constructs/check-readiness.ts';
import { Dashboards } from './constructs/dashboards.ts';
import { DeadLetters } from './constructs/dead-letters.ts';
import { DispatchHeal } from './constructs/dispatch-heal.ts';
import { type CommandDocuments, Documents } from './constructs/documents.ts';
import { MarkRoot } from './constructs/mark-root.ts';
import { nodeRoleArns } from './constructs/node-fleet.ts';
import { Pages } from './constructs/pages.ts';
import { PlanSnapshots } from './constructs/plan-snapshots.ts';
import { ProbeNodes } from './constructs/probe-nodes.ts';
import { PruneRetired } from './constructs/prune-retired.ts';
import { RegisterNodes } from './constructs/register-nodes.ts';
import { RelayPages } from './constructs/relay-pages.ts';
import { ReplaceNode } from './constructs/replace-node.ts';
import { ResizeVolume } from './constructs/resize-volume.ts';
import { RotatePeers } from './constructs/rotate-peers.ts';
import { SeedGroups } from './constructs/seed-groups.ts';
import { Settings } from './constructs/settings.ts';
import { SnapshotNode } from './constructs/snapshot-node.ts';
import { SnapshotPolicies } from './constructs/snapshots.ts';
import { State } from './constructs/state.ts';
import { SuiteAlarms } from './constructs/suite-alarms.ts';
import { nameSuite, suiteNames } from './constructs/suite-names.ts';
import { WatchFleet } from './constructs/watch-fleet.ts';
import { WatchReleases } from './constructs/watch-releases.ts';
import type { FleetFile } from './fleets.ts';
import { keepWithinLimits } from './limits.ts';

const listed = (fleets: readonly Fleet[]): string => fleets.map(({ name }) => name).join(', ');

export interface SuiteProps {
  /** How the suite's names begin (shared/model/suite.ts); `chainmend` unless given. */
  readonly suite?: string;
  readonly fleets: readonly FleetFile[];
  readonly documents: CommandDocuments;
  /** Folder of the functions' bundles. */
  readonly bundles: string;
  /** The email address that gets pages, in addition to other subscribers; none unless given. */
  readonly email?: string;
  /** Where the address of a chat's incoming webhook lies, `ssm:/NAME` or `secret:NAME`; none unless given. */
  readonly webhook?: string;
  /** The prefix of the runbooks' paths in the alarms' descriptions; none unless given. */
  readonly runbooks?: string;
  /** ARNs of the roles that the fleets' instances have. A heal passes them on to an instance that it launches. undefined: nobody has named any. */
  readonly nodeRoles?: readonly string[];
  /** ARNs of keys of other accounts that encrypt the fleets' volumes; none unless given. */
  readonly kmsKeys?: readonly string[];
  /** Whether each fleet has a dashboard, which costs money and is the largest part of its template; true unless given. */
  readonly dashboards?: boolean;
}

/** How a person gives what a warning asks for. */
export interface HowGiven {
  readonly email: string;
  readonly nodeRoles: string;
  /** A sentence: how the roles of nodes are named. */
  readonly nameRoles: string;
  readonly noDashboards: string;
}

/** What others may build on. */
export interface Suite {
  readonly table: TableV2;
  readonly topic: Topic;
}

/**
 * Makes the suite's constructs right below `scope`: its logical ids are those of a stack of its own.
 *
 * A region of an account has room for one suite of a name, because its functions have literal names. Synthesis sends no request to AWS. Not every region
 * has durable functions. Where they are missing, CloudFormation refuses `DurableConfig` and rolls back. AWS Capabilities by Region (builder.aws.com) shows it
 * before a deployment, as does `get_regional_availability` of the AWS MCP Server; no API of an account does.
 */
export function addSuite(scope: Construct, props: SuiteProps, how: HowGiven): Suite {
  const { documents, bundles, email, webhook, runbooks, nodeRoles, kmsKeys = [], dashboards = true } = props;
  const { suite = DEFAULT_SUITE } = props;
  nameSuite(scope, suite);
  const { parameterPrefix } = suiteNames(scope);
  const fleets = props.fleets.map((file) => ({ ...file, fleet: resolveFleet(file.document, suite) }));
  const state = new State(scope, 'State');
  const undelivered = new DeadLetters(scope, 'Undelivered', `${suite}-undelivered`);
  const pages = new Pages(scope, 'Pages', email, undelivered);
  const settings = new Settings(scope, 'Settings', fleets);
  const commands = new Documents(scope, 'Documents', documents);

  const shared = { bundles, fleets: fleets.map(({ fleet }) => fleet), state, pages, settings, commands };
  const resizeVolume = new ResizeVolume(scope, 'ResizeVolume', shared);
  const deployed = fleets.flatMap(({ document }) => (document.deploy ? [document.fleet] : []));
  const ofNodes = fleets.flatMap(({ document }) => nodeRoleArns(Stack.of(scope), suite, document));
  const passed = [...(nodeRoles ?? []), ...ofNodes];
  const replaceNode = new ReplaceNode(scope, 'ReplaceNode', { ...shared, nodeRoles: passed, kmsKeys });
  if (nodeRoles === undefined) {
    const others = shared.fleets.filter(({ name }) => !deployed.includes(name));
    warnOfRoles(scope, others, how);
  }
  const snapshotNode = new SnapshotNode(scope, 'SnapshotNode', shared);
  const auditSnapshots = shared.fleets.some(({ drills }) => drills !== undefined)
    ? new AuditSnapshots(scope, 'AuditSnapshots', { ...shared, nodeRoles: passed, kmsKeys })
    : undefined;
  const heals = { resizeVolume, replaceNode, snapshotNode };
  const planSnapshots = new PlanSnapshots(scope, 'PlanSnapshots', shared);
  const markRoot = new MarkRoot(scope, 'MarkRoot', shared);
  const dispatchHeal = new DispatchHeal(scope, 'DispatchHeal', { ...shared, ...heals, auditSnapshots, undelivered });
  const pruneRetired = new PruneRetired(scope, 'PruneRetired', shared);
  const seedGroups = shared.fleets.some(({ seedsGroups, boost }) => seedsGroups || boost)
    ? [new SeedGroups(scope, 'SeedGroups', shared)]
    : [];
  const registerNodes = new RegisterNodes(scope, 'RegisterNodes', {
    ...shared,
    undelivered,
    ...(runbooks !== undefined && { runbooks }),
  });
  const watchFleet = new WatchFleet(scope, 'WatchFleet', shared);
  const rotatePeers = new RotatePeers(scope, 'RotatePeers', shared);
  const probeNodes = new ProbeNodes(scope, 'ProbeNodes', shared);
  const replaceRole = replaceNode.suiteFunction.roleArn;
  const checkReadiness = shared.fleets.some(({ pages: { readiness } }) => readiness)
    ? [new CheckReadiness(scope, 'CheckReadiness', { ...shared, replaceRole, kmsKeys })]
    : [];
  const watchReleases = shared.fleets.some(({ releases }) => releases !== undefined)
    ? [new WatchReleases(scope, 'WatchReleases', shared)]
    : [];
  const relayPages =
    webhook === undefined ? [] : [new RelayPages(scope, 'RelayPages', { bundles, pages, undelivered, webhook })];
  if (webhook !== undefined && email === undefined) warnOfWebhook(scope, how);
  new SuiteAlarms(scope, 'Alarms', {
    pages,
    functions: [
      dispatchHeal.suiteFunction,
      resizeVolume.suiteFunction,
      replaceNode.suiteFunction,
      snapshotNode.suiteFunction,
      ...(auditSnapshots ? [auditSnapshots.suiteFunction] : []),
      pruneRetired.suiteFunction,
      ...seedGroups.map(({ suiteFunction }) => suiteFunction),
      registerNodes.suiteFunction,
      watchFleet.suiteFunction,
      rotatePeers.suiteFunction,
      ...checkReadiness.map(({ suiteFunction }) => suiteFunction),
      ...watchReleases.map(({ suiteFunction }) => suiteFunction),
      ...relayPages.map(({ suiteFunction }) => suiteFunction),
    ],
    heals: [...Object.values(heals), ...(auditSnapshots ? [auditSnapshots] : [])].map(
      ({ suiteFunction }) => suiteFunction,
    ),
    synchronous: [...probeNodes.functions, planSnapshots.suiteFunction, markRoot.suiteFunction],
    undelivered,
    rules: [...dispatchHeal.rules, ...registerNodes.rules],
  });

  settings.precede(dispatchHeal.suiteFunction.function);
  if (dashboards) new Dashboards(scope, 'Dashboards', shared.fleets);
  new SnapshotPolicies(scope, 'Snapshots', shared.fleets);

  const pause = (value: string) =>
    `aws ssm put-parameter --overwrite --name ${pauseParameterName(parameterPrefix)} --value ${value}`;
  output(scope, 'TableName', 'Incidents, leases and the journal.', state.table.tableName);
  output(scope, 'TopicArn', 'Where pages are published.', pages.topic.topicArn);
  output(
    scope,
    'Subscribe',
    'How to be paged.',
    `aws sns subscribe --topic-arn ${pages.topic.topicArn} --protocol email --notification-endpoint YOU@EXAMPLE.COM`,
  );
  output(scope, 'Pause', 'Stops everything at once.', pause('"why"'));
  output(scope, 'Resume', 'Goes on.', pause('off'));
  keepWithinLimits(Stack.of(scope), how.noDashboards);
  return { table: state.table, topic: pages.topic };
}

/** Only the account knows the content of the launch templates, and synthesis sends it no request. */
function warnOfRoles(scope: Construct, fleets: readonly Fleet[], how: HowGiven): void {
  const replaced = fleets.filter(replaces);
  if (replaced.length === 0) return;
  const acting = replaced.filter(({ mode }) => mode === 'act').map(({ name }) => name);
  Annotations.of(scope).addWarningV2(
    'chainmend:node-roles',
    `No role may be passed on to a new instance (no ${how.nodeRoles}), so replace-node can launch none that has an instance profile, as nearly every node has: ${listed(replaced)}` +
      `${acting.length > 0 ? `, of which ${acting.join(', ')} ${acting.length === 1 ? 'acts' : 'act'} already` : ''}. ${how.nameRoles}`,
  );
}

/** Only the account knows who else subscribes to the topic. */
function warnOfWebhook(scope: Construct, how: HowGiven): void {
  Annotations.of(scope).addWarningV2(
    'chainmend:webhook-alone',
    `Pages go to a webhook, and no ${how.email} is given: a webhook that fails would be told by itself alone. Give an address, too, or subscribe another way to the topic of the pages (the output Subscribe has the command)`,
  );
}

function output(scope: Construct, id: string, description: string, value: string): void {
  new CfnOutput(scope, id, { description, value });
}
