// The stack: one table, one topic, one dispatcher, the heals, and alarms on all of them.
import { Annotations, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Fleet } from '../shared/fleet/model.ts';
import { pauseParameterName } from '../shared/fleet/parameter.ts';
import { replaces } from '../shared/readiness/launch-facts.ts';
import { AuditSnapshots } from './constructs/audit-snapshots.ts';
import { CheckReadiness } from './constructs/check-readiness.ts';
import { Dashboards } from './constructs/dashboards.ts';
import { DeadLetters } from './constructs/dead-letters.ts';
import { DispatchHeal } from './constructs/dispatch-heal.ts';
import { type CommandDocuments, Documents } from './constructs/documents.ts';
import { MarkRoot } from './constructs/mark-root.ts';
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
import { WatchFleet } from './constructs/watch-fleet.ts';
import { WatchReleases } from './constructs/watch-releases.ts';
import type { FleetFile } from './fleets.ts';
import { parameterPrefix } from './names.ts';

const names = (fleets: readonly Fleet[]): string => fleets.map(({ name }) => name).join(', ');

export interface ChainmendProps extends StackProps {
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
  /** ARNs of the roles that the fleets' instances have. A heal passes them on to an instance that it launches. undefined: the context names none. */
  readonly nodeRoles?: readonly string[];
  /** ARNs of keys of other accounts that encrypt the fleets' volumes; none unless given. */
  readonly kmsKeys?: readonly string[];
}

/**
 * A region of an account has room for one such stack, because its functions have literal names. Synthesis sends no request to AWS. Not every region
 * has durable functions, and AWS publishes no list of them that a program could trust. Where they are missing, CloudFormation refuses `DurableConfig`
 * and rolls back. AWS Capabilities by Region (builder.aws.com) shows it before a deployment.
 */
export class ChainmendStack extends Stack {
  constructor(scope: Construct, id: string, props: ChainmendProps) {
    const { fleets, documents, bundles, email, webhook, runbooks, nodeRoles, kmsKeys = [], ...stackProps } = props;
    super(scope, id, {
      description: 'chainmend: keeps fleets of blockchain nodes healthy.',
      // CloudFormation takes 1 MB, including whitespace ("Template body size in an S3 object", CloudFormation quotas).
      suppressTemplateIndentation: true,
      ...stackProps,
    });
    const state = new State(this, 'State');
    const undelivered = new DeadLetters(this, 'Undelivered', 'chainmend-undelivered');
    const pages = new Pages(this, 'Pages', email, undelivered);
    const settings = new Settings(this, 'Settings', fleets);
    const commands = new Documents(this, 'Documents', documents);

    const shared = { bundles, fleets: fleets.map(({ fleet }) => fleet), state, pages, settings, commands };
    const resizeVolume = new ResizeVolume(this, 'ResizeVolume', shared);
    const replaceNode = new ReplaceNode(this, 'ReplaceNode', { ...shared, nodeRoles: nodeRoles ?? [], kmsKeys });
    if (nodeRoles === undefined) this.#warnOfRoles(shared.fleets);
    const snapshotNode = new SnapshotNode(this, 'SnapshotNode', shared);
    const auditSnapshots = shared.fleets.some(({ drills }) => drills !== undefined)
      ? new AuditSnapshots(this, 'AuditSnapshots', { ...shared, nodeRoles: nodeRoles ?? [], kmsKeys })
      : undefined;
    const heals = { resizeVolume, replaceNode, snapshotNode };
    const planSnapshots = new PlanSnapshots(this, 'PlanSnapshots', shared);
    const markRoot = new MarkRoot(this, 'MarkRoot', shared);
    const dispatchHeal = new DispatchHeal(this, 'DispatchHeal', { ...shared, ...heals, auditSnapshots, undelivered });
    const pruneRetired = new PruneRetired(this, 'PruneRetired', shared);
    const seedGroups = shared.fleets.some(({ seedsGroups }) => seedsGroups)
      ? [new SeedGroups(this, 'SeedGroups', shared)]
      : [];
    const registerNodes = new RegisterNodes(this, 'RegisterNodes', {
      ...shared,
      undelivered,
      ...(runbooks !== undefined && { runbooks }),
    });
    const watchFleet = new WatchFleet(this, 'WatchFleet', shared);
    const rotatePeers = new RotatePeers(this, 'RotatePeers', shared);
    const probeNodes = new ProbeNodes(this, 'ProbeNodes', shared);
    const checkReadiness = new CheckReadiness(this, 'CheckReadiness', {
      ...shared,
      replaceRole: replaceNode.suiteFunction.roleArn,
      kmsKeys,
    });
    const watchReleases = shared.fleets.some(({ releases }) => releases !== undefined)
      ? [new WatchReleases(this, 'WatchReleases', shared)]
      : [];
    const relayPages =
      webhook === undefined ? [] : [new RelayPages(this, 'RelayPages', { bundles, pages, undelivered, webhook })];
    if (webhook !== undefined && email === undefined) this.#warnOfWebhook();
    new SuiteAlarms(this, 'Alarms', {
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
        checkReadiness.suiteFunction,
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

    new Dashboards(this, 'Dashboards', shared.fleets);
    new SnapshotPolicies(this, 'Snapshots', shared.fleets);

    const pause = (value: string) =>
      `aws ssm put-parameter --overwrite --name ${pauseParameterName(parameterPrefix)} --value ${value}`;
    this.#output('TableName', 'Incidents, leases and the journal.', state.table.tableName);
    this.#output('TopicArn', 'Where pages are published.', pages.topic.topicArn);
    this.#output(
      'Subscribe',
      'How to be paged.',
      `aws sns subscribe --topic-arn ${pages.topic.topicArn} --protocol email --notification-endpoint YOU@EXAMPLE.COM`,
    );
    this.#output('Pause', 'Stops everything at once.', pause('"why"'));
    this.#output('Resume', 'Goes on.', pause('off'));
  }

  /** Only the account knows the content of the launch templates, and synthesis sends it no request. */
  #warnOfRoles(fleets: readonly Fleet[]): void {
    const replaced = fleets.filter(replaces);
    if (replaced.length === 0) return;
    const acting = replaced.filter(({ mode }) => mode === 'act').map(({ name }) => name);
    Annotations.of(this).addWarningV2(
      'chainmend:node-roles',
      `No role may be passed on to a new instance (no -c nodeRoles), so replace-node can launch none that has an instance profile, as nearly every node has: ${names(replaced)}` +
        `${acting.length > 0 ? `, of which ${acting.join(', ')} ${acting.length === 1 ? 'acts' : 'act'} already` : ''}. ` +
        'npm run chainmend -- check --account prints the command: npm run deploy -- -c nodeRoles=ARN,… or, where no node has a profile, -c nodeRoles=none',
    );
  }

  /** Only the account knows who else subscribes to the topic. */
  #warnOfWebhook(): void {
    Annotations.of(this).addWarningV2(
      'chainmend:webhook-alone',
      'Pages go to a webhook, and no -c email is given: a webhook that fails would be told by itself alone. Give an address, too, or subscribe another way to the topic of the pages (the output Subscribe has the command)',
    );
  }

  #output(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value });
  }
}
