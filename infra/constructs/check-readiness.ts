// check-readiness, where a fleet file says `pages.readiness`: once a day it looks whether heals would work now. It reads, and writes nothing but its own
// memory: no call of a heal is among its rights.
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { NO_KEYS } from '../../shared/aws/keys.ts';
import type { HealProps } from './durable-heal.ts';
import { Schedule } from './schedule.ts';
import { SuiteFunction } from './suite-function.ts';
import { arn, arnOf, suiteNames } from './suite-names.ts';

export interface CheckReadinessProps extends HealProps {
  /** ARN of the role of replace-node: what its policies allow is asked of IAM. */
  readonly replaceRole: string;
  /** ARNs of keys of other accounts. */
  readonly kmsKeys: readonly string[];
}

/** The function works for 200 s; the rest is for the fleet that it has begun. */
const TIMEOUT_SECONDS = 300;

export class CheckReadiness extends Construct {
  readonly suiteFunction: SuiteFunction;

  constructor(
    scope: Construct,
    id: string,
    { bundles, state, pages, settings, replaceRole, kmsKeys }: CheckReadinessProps,
  ) {
    super(scope, id);
    this.suiteFunction = new SuiteFunction(this, 'CheckReadiness', {
      functionName: suiteNames(this).functions.checkReadiness,
      description: 'Looks once a day whether heals would work now.',
      bundles,
      environment: {
        TABLE_NAME: state.table.tableName,
        TOPIC_ARN: pages.topic.topicArn,
        PARAMETER_PREFIX: suiteNames(this).parameterPrefix,
        REPLACE_ROLE: replaceRole,
        KMS_KEYS: kmsKeys.join(',') || NO_KEYS,
      },
      grants: [
        ...state.grants('check-readiness'),
        ...pages.grants(),
        settings.grantAll(),
        {
          sid: 'ReadWhatHealsNeed',
          actions: [
            'autoscaling:DescribeAutoScalingGroups',
            'autoscaling:DescribeAutoScalingInstances',
            'dlm:GetLifecyclePolicies',
            'ec2:DescribeAddresses',
            'ec2:DescribeInstanceTypes',
            'ec2:DescribeInstances',
            'ec2:DescribeLaunchTemplateVersions',
            'ec2:DescribeLockedSnapshots',
            'ec2:DescribeSnapshots',
            'ec2:DescribeTags',
            'ec2:DescribeVolumes',
            'ec2:DescribeVolumesModifications',
            'servicequotas:GetAWSDefaultServiceQuota',
            'servicequotas:GetServiceQuota',
            'ssm:DescribeInstanceInformation',
          ],
          resources: ['*'],
          wildcard: 'These reads have no resource-level permissions (Service Authorization Reference).',
        },
        {
          sid: 'ReadPolicies',
          actions: ['dlm:GetLifecyclePolicy'],
          resources: [arn(this, 'dlm', 'policy/*')],
          wildcard: 'Policies that people have made are known by what they target, not by name.',
        },
        {
          sid: 'ReadKeys',
          actions: ['kms:DescribeKey', 'kms:GetKeyPolicy'],
          resources: [arn(this, 'kms', 'key/*'), ...kmsKeys],
          wildcard: 'The keys of the fleets’ volumes are known by their volumes, not by name.',
        },
        {
          sid: 'ReadProfiles',
          actions: ['iam:GetInstanceProfile'],
          resources: [profilesArn()],
          wildcard: 'The profile of a node is known by its launch template, not by name.',
        },
        { sid: 'AskOfReplaceNode', actions: ['iam:SimulatePrincipalPolicy'], resources: [replaceRole] },
      ],
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    this.suiteFunction.keepFailedEvents({ retryAttempts: 2, maxEventAge: Duration.hours(1) });
    new Schedule(this, 'Sweep', {
      name: suiteNames(this).functions.checkReadiness,
      description: 'Has it looked at whether heals would work.',
      mayDo: 'What the schedule of check-readiness may do.',
      every: { dailyAtUtc: { hour: 6, minute: 17 } },
      target: this.suiteFunction,
      sweeps: this.suiteFunction.takeSweeps({ maxEventAge: Duration.hours(1) }),
      input: { kind: 'check' },
    });
  }
}

/** IAM has no regions. */
const profilesArn = (): string => arnOf(`iam::\${AWS::AccountId}:instance-profile/*`);
