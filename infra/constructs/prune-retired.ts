// prune-retired: every six hours it removes what heals have kept until a date that is now past, and old command documents. Of the other functions
// only audit-snapshots may delete, and only what it has launched itself.
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { KEEP_UNTIL_TAG, LEDGER_TAGS, LOCKED_BY_TAG, RETIRED_TAG } from '../../shared/model/tags.ts';
import type { HealProps } from './durable-heal.ts';
import type { Granted } from './grants.ts';
import { each, ofFleet } from './replace-grants.ts';
import { Schedule } from './schedule.ts';
import { SuiteFunction } from './suite-function.ts';
import { arn, arnWithoutAccount, suiteNames } from './suite-names.ts';
import { holdGrants, ledgerGrants, retired } from './tag-grants.ts';

export type PruneRetiredProps = HealProps;

/** The function works for 240 s; the rest is for the calls that it has begun. */
const TIMEOUT_SECONDS = 300;

/** Of `chainmend-stop-client-0123abcd`, all that its suite has named so: `chainmend-*-client-????????`. */
const earlier = (name: string): string =>
  name.replace(/^((?:[a-z0-9-]+-)?chainmend)-.*?(-[a-z]+)-[0-9a-f]{8}$/, '$1-*$2-????????');

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
          resources: this.#documents([...new Set(props.commands.names.map(earlier))].sort()),
          wildcard: 'Documents of earlier deployments: each is named by what it is about and by its content.',
        },
        // Those of heals that began before this deployment are kept by their age: IAM knows no time.
        {
          sid: 'NeverDocumentsInUse',
          effect: 'Deny',
          actions: ['ssm:DeleteDocument'],
          resources: this.#documents(props.commands.names),
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

  #documents(names: readonly string[]): string[] {
    return names.map((name) => arn(this, 'ssm', `document/${name}`));
  }

  /** Deletes only a fleet's resources: those that a heal has tagged with a date, and snapshots with the ledger's tags. */
  #removals(fleets: readonly Fleet[]): Granted[] {
    const carries = (...keys: readonly string[]) => ({
      Null: Object.fromEntries(keys.map((key) => [`aws:ResourceTag/${key}`, 'false'])),
    });
    const ofAny = ofFleet(fleets);
    const wildcard = 'What a heal has marked as kept for a while; the condition names the tags.';
    return [
      {
        sid: 'DeleteKeptVolumes',
        actions: ['ec2:DeleteVolume'],
        resources: [arn(this, 'ec2', 'volume/*')],
        conditions: { ...ofAny, ...carries(KEEP_UNTIL_TAG) },
        wildcard,
      },
      ...each(
        retired(fleets).map((of) => ({ ...of, ...carries(KEEP_UNTIL_TAG, RETIRED_TAG) })),
        {
          sid: 'TerminateRetired',
          actions: ['ec2:TerminateInstances'],
          resources: [arn(this, 'ec2', 'instance/*')],
          wildcard,
        },
      ),
      ...holdGrants(fleets),
      ...ledgerGrants(fleets, [LEDGER_TAGS.heldBy, LOCKED_BY_TAG]),
      {
        sid: 'DeleteOldSets',
        actions: ['ec2:DeleteSnapshot'],
        resources: [arnWithoutAccount('ec2', 'snapshot/*')],
        conditions: { ...ofAny, ...carries(LEDGER_TAGS.setId) },
        wildcard,
      },
    ];
  }
}
