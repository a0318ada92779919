// Launch templates, scaling groups and target groups of a template.
import { items, type Maker, member, type Properties, pick, type ResourceType, text } from './resource.ts';

async function createTemplate(properties: Properties, maker: Maker) {
  const LaunchTemplateName = text(properties['LaunchTemplateName'] ?? maker.generatedName(128));
  const { LaunchTemplate } = await maker.call('ec2', 'CreateLaunchTemplate', {
    ...pick(properties, ['LaunchTemplateData', 'VersionDescription', 'TagSpecifications']),
    LaunchTemplateName,
  });
  const ref = member(LaunchTemplate as Properties, 'LaunchTemplateId');
  return { ref, attributes: { LaunchTemplateId: ref, DefaultVersionNumber: '1', LatestVersionNumber: '1' } };
}

const GROUP = ['HealthCheckType', 'LaunchTemplate', 'Tags', 'TargetGroupARNs'];
/** CloudFormation takes numbers as text. */
const GROUP_NUMBERS = ['DesiredCapacity', 'HealthCheckGracePeriod', 'MaxSize', 'MinSize'];

async function createGroup(properties: Properties, maker: Maker) {
  const name = text(properties['AutoScalingGroupName'] ?? maker.generatedName(255));
  const numbers = Object.entries(pick(properties, GROUP_NUMBERS)).map(([key, value]) => [key, Number(value)]);
  await maker.call('autoscaling', 'CreateAutoScalingGroup', {
    ...pick(properties, GROUP),
    ...Object.fromEntries(numbers),
    AutoScalingGroupName: name,
    VPCZoneIdentifier: items(properties['VPCZoneIdentifier']).map(String).join(','),
  });
  return { ref: name, attributes: {} };
}

const TARGET_GROUP = [
  'HealthCheckPath',
  'HealthCheckPort',
  'HealthCheckProtocol',
  'Matcher',
  'Protocol',
  'Tags',
  'TargetType',
  'VpcId',
];
const TARGET_GROUP_NUMBERS = [
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'Port',
  'UnhealthyThresholdCount',
];

async function createTargetGroup(properties: Properties, maker: Maker) {
  const Name = text(properties['Name'] ?? maker.generatedName(32));
  const numbers = Object.entries(pick(properties, TARGET_GROUP_NUMBERS)).map(([key, value]) => [key, Number(value)]);
  const { TargetGroups } = await maker.call('elasticloadbalancing', 'CreateTargetGroup', {
    ...pick(properties, TARGET_GROUP),
    ...Object.fromEntries(numbers),
    Name,
  });
  const [made = {}] = items(TargetGroups) as Properties[];
  const ref = member(made, 'TargetGroupArn');
  const TargetGroupFullName = ref.slice(ref.indexOf('targetgroup/'));
  return { ref, attributes: { TargetGroupArn: ref, TargetGroupName: Name, TargetGroupFullName } };
}

export const instanceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::EC2::LaunchTemplate': {
    uses: ['LaunchTemplateData', 'LaunchTemplateName', 'TagSpecifications', 'VersionDescription'],
    create: createTemplate,
  },
  'AWS::AutoScaling::AutoScalingGroup': {
    uses: ['AutoScalingGroupName', 'VPCZoneIdentifier', ...GROUP, ...GROUP_NUMBERS],
    create: createGroup,
  },
  'AWS::ElasticLoadBalancingV2::TargetGroup': {
    uses: ['Name', ...TARGET_GROUP, ...TARGET_GROUP_NUMBERS],
    create: createTargetGroup,
  },
};
