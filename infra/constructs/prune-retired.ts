// prune-retired: every six hours it removes what heals have kept until a date that is now past, and old command documents. Of the other functions
// only audit-snapshots may delete, and only what it has launched itself.
import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { FLEET_TAG, KEEP_UNTIL_TAG, LEDGER_TAGS, LOCKED_BY_TAG, RETIRED_TAG } from '../../shared/model/tags.ts';
import type { HealProps } from './durable-heal.ts';
import type { Grant } from './grants.ts';
import { fleetNames, holdGrants, ledgerGrants } from './replace-grants.ts';
import { Schedule } from './schedule.ts';
import { SuiteFunction } from './suite-function.ts';
import { arn, suiteNames } from './suite-names.ts';

export type PruneRetiredProps = HealProps;

/** The function works for 240 s; the rest is for the calls that it has begun. */
const TIMEOUT_SECONDS = 300;

export class PruneRetired extends Construct {
  readonly suiteFunction: SuiteFunction;

  constructor(scope: Construct, id: string, props: PruneRetiredProps) {
    super(scope, id);
    const { state, pages, settings } = props;
    this.suiteFunction = new SuiteFunction(this, 'PruneRetired', {
      functionName: suiteNames(this).functions.pruneRetired,
      description: 'Removes what was kept of replaced nodes once its date is past.',
      bundles: props.bundles,
      environment: {
        TABLE_NAME: state.table.tableName,
        TOPIC_ARN: pages.topic.topicArn,
        PARAMETER_PREFIX: suiteNames(this).parameterPrefix,
        DOCUMENTS: props.commands.names.join(),
      },
      grants: [
        ...state.grants('prune-retired'),
        ...pages.grants(),
        settings.grantByName(),
        settings.grantAll(),
        {
          sid: 'ReadWhatIsKept',
          actions: [
            'ec2:DescribeInstances',
            'ec2:DescribeLockedSnapshots',
            'ec2:DescribeSnapshots',
            'ec2:DescribeTags',
            'ec2:DescribeVolumes',
          ],
          resources: ['*'],
          wildcard: 'These reads have no resource-level permissions (Service Authorization Reference).',
        },
        ...this.#removals(props.fleets),
        {
          sid: 'ReadDocuments',
          actions: ['ssm:ListDocuments'],
          resources: ['*'],
          wildcard: 'A list has no resource-level permissions (Service Authorization Reference).',
        },
        {
          sid: 'DeleteOldDocuments',
          actions: ['ssm:DeleteDocument'],
          resources: [arn(this, 'ssm', `document/${suiteNames(this).suite}-*`)],
          wildcard: 'Documents of earlier deployments: each is named by its content.',
        },
      ],
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    this.suiteFunction.keepFailedEvents({ retryAttempts: 2, maxEventAge: Duration.hours(1) });
    new Schedule(this, 'Sweep', {
      name: suiteNames(this).functions.pruneRetired,
      description: 'Has what was kept and is due removed.',
      mayDo: 'What the schedule of prune-retired may do.',
      every: { minutes: 6 * 60 },
      target: this.suiteFunction,
      sweeps: this.suiteFunction.takeSweeps({ maxEventAge: Duration.hours(1) }),
      input: { kind: 'prune' },
    });
  }

  /** Deletes only a fleet's resources: those that a heal has tagged with a date, and snapshots with the ledger's tags. */
  #removals(fleets: readonly Fleet[]): Grant[] {
    const { partition, region } = Stack.of(this);
    const marked = (...keys: readonly string[]) => ({
      StringEquals: { [`aws:ResourceTag/${FLEET_TAG}`]: fleetNames(fleets) },
      Null: Object.fromEntries(keys.map((key) => [`aws:ResourceTag/${key}`, 'false'])),
    });
    const wildcard = 'What a heal has marked as kept for a while; the condition names the tags.';
    return [
      {
        sid: 'DeleteKeptVolumes',
        actions: ['ec2:DeleteVolume'],
        resources: [arn(this, 'ec2', 'volume/*')],
        conditions: marked(KEEP_UNTIL_TAG),
        wildcard,
      },
      {
        sid: 'TerminateRetired',
        actions: ['ec2:TerminateInstances'],
        resources: [arn(this, 'ec2', 'instance/*')],
        conditions: marked(KEEP_UNTIL_TAG, RETIRED_TAG),
        wildcard,
      },
      ...holdGrants(this),
      ...ledgerGrants(this, fleets, [LEDGER_TAGS.heldBy, LOCKED_BY_TAG]),
      {
        sid: 'DeleteOldSets',
        actions: ['ec2:DeleteSnapshot'],
        // A snapshot's ARN has no account.
        resources: [`arn:${partition}:ec2:${region}::snapshot/*`],
        conditions: marked(LEDGER_TAGS.setId),
        wildcard,
      },
    ];
  }
}
