// The stack of a fleet's own nodes: what it makes, what it keeps, what a node may do, and what is said before AWS would.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { addChecks } from '../../infra/checks.ts';
import { nodeGrants } from '../../infra/constructs/node-fleet.ts';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { NodesStack } from '../../infra/stack.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import { dataParameterOf } from '../../shared/model/node-data.ts';
import { packed } from '../../shared/node-commands/first-boot.ts';
import { firstBootScripts } from '../../shared/node-commands/index.ts';
import { bitcoin, buildStack, resourcesOf } from './support.ts';

const examples = readFleets(join(repositoryRoot, 'examples/deploy'));
const example = examples.find(({ document }) => document.fleet === 'bitcoin');
if (!example?.document.deploy) throw new Error('examples/deploy has no fleet with deploy');
const { document } = example;
const { deploy } = example.document as FleetDocument & { deploy: NonNullable<FleetDocument['deploy']> };

function nodesOf(of: FleetDocument = document): Template {
  const app = new App({ analyticsReporting: false, context: recommendedFlags, builtinCloudFormationValidation: false });
  const stack = new NodesStack(app, `ChainmendNodes-${of.fleet}`, { document: of, scripts: firstBootScripts() });
  // A finding without an acknowledgement stops it.
  addChecks(app);
  app.synth();
  return Template.fromStack(stack);
}
const template = nodesOf();
const OF_FLEET = { Key: 'Component', Value: 'nodes/bitcoin' };

describe('the lines of an example', () => {
  // On another instance they run before its volume is there: what they wrote would lie beneath it, a fresh key of a validator among it.
  const makesUser = /^useradd /;
  const ownsPlace = (path: string): RegExp => new RegExp(`^chown \\S+ ${path}$`);
  const namesInText = /^printf /;

  it.each(examples.map(({ document: of }) => [of.fleet, of] as const))(
    'write below the path of the volume only where that is mounted: %s',
    (_, { volumes, deploy: made }) => {
      const [path = ''] = Object.values(volumes ?? {}) as string[];
      const touching = (made?.install?.lines ?? []).filter(
        (line) =>
          line.includes(path) && ![makesUser, ownsPlace(path), namesInText].some((harmless) => harmless.test(line)),
      );
      expect(touching.filter((line) => !line.startsWith(`if mountpoint -q ${path}`))).toEqual([]);
    },
  );
});

describe('the nodes of a fleet', () => {
  it('are one instance, template, volume and attachment for each name', () => {
    for (const type of ['Instance', 'LaunchTemplate', 'Volume', 'VolumeAttachment'])
      template.resourceCountIs(`AWS::EC2::${type}`, Object.keys(deploy.nodes ?? {}).length);
  });

  it('keep their data in encrypted gp3 volumes that outlive the stack', () => {
    template.allResources('AWS::EC2::Volume', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { Encrypted: true, VolumeType: 'gp3', Tags: Match.arrayWith([OF_FLEET]) },
    });
  });

  it('are made with the figures of the first sync where the file says them, and differ in nothing else', () => {
    const boost = { iops: 16_000, throughputMiBps: 1_000 };
    const boosted = nodesOf({ ...document, deploy: { ...deploy, volume: { ...deploy.volume, boost } } });
    boosted.allResources('AWS::EC2::Volume', { Properties: { Iops: 16_000, Throughput: 1_000 } });
    const without = (of: Template): string => JSON.stringify(of.toJSON()).replaceAll(/"(Iops|Throughput)":\d+/g, '');
    expect(without(boosted)).toBe(without(template));
  });

  it('are made with the type of the first sync where the file says one, and whatever stands in for them later with the one that stays', () => {
    const boosted = nodesOf({ ...document, deploy: { ...deploy, boost: { instanceType: 'm6i.8xlarge' } } });
    boosted.allResources('AWS::EC2::Instance', { Properties: { InstanceType: 'm6i.8xlarge' } });
    const without = (of: Template): string =>
      JSON.stringify(of.toJSON()).replaceAll('"InstanceType":"m6i.8xlarge",', '');
    expect(without(boosted)).toBe(without(template));
  });

  describe('and what they begin with', () => {
    const [name = ''] = Object.keys(deploy.nodes ?? {});
    const key = dataParameterOf(document.fleet, name);
    const volumeOf = (of: Template) => {
      const volumes = Object.values(of.findResources('AWS::EC2::Volume'));
      return volumes.find(({ Properties }) => JSON.stringify(Properties.SnapshotId ?? '').includes(key))?.[
        'Properties'
      ];
    };
    const conditionOf = (of: Template): unknown =>
      of.findConditions(volumeOf(of).SnapshotId['Fn::If'][0])[volumeOf(of).SnapshotId['Fn::If'][0]];

    it('is a parameter of each node, empty by itself: its volume is empty then, and as large as the file says', () => {
      template.hasParameter(key, { Type: 'String', Default: '' });
      const part = (at: number) => ({ 'Fn::Select': [at, { 'Fn::Split': [':', { Ref: key }] }] });
      expect(volumeOf(template)).toMatchObject({
        SnapshotId: { 'Fn::If': [expect.any(String), part(0), { Ref: 'AWS::NoValue' }] },
        Size: { 'Fn::If': [expect.any(String), part(1), deploy.volume.sizeGiB] },
      });
      expect(conditionOf(template)).toEqual({ 'Fn::Not': [{ 'Fn::Equals': [{ Ref: key }, ''] }] });
    });

    it('is known to the first boot, which takes a filesystem that it has not made for a copy then alone', () => {
      const [made] = Object.values(template.findResources('AWS::EC2::LaunchTemplate'));
      const parts = made?.['Properties'].LaunchTemplateData.UserData['Fn::Base64']['Fn::Join'][1];
      const at = parts.findIndex((part: unknown) => typeof part === 'string' && part.endsWith("readonly COPY='"));
      expect(parts[at + 1]).toEqual({ Ref: key });
      expect(parts[at + 2]).toMatch(/^'\nreadonly IDENTITY=\(/);
    });

    it('is the snapshot that the file names, where it names one, and no parameter where it says sync', () => {
      const snapshot = 'snap-0123456789abcdef0';
      nodesOf({ ...document, deploy: { ...deploy, data: { snapshot } } }).hasParameter(key, {
        Default: `${snapshot}:${deploy.volume.sizeGiB}`,
      });
      const plain = nodesOf({ ...document, deploy: { ...deploy, data: 'sync' } });
      expect(plain.findParameters(key)).toEqual({});
      plain.allResourcesProperties('AWS::EC2::Volume', { SnapshotId: Match.absent(), Size: deploy.volume.sizeGiB });
    });
  });

  it('carry the tags of the fleet wherever a heal asks for them, and their root volumes do not', () => {
    const tagged = { Properties: { Tags: Match.arrayWith([OF_FLEET]) } };
    template.allResources('AWS::EC2::Instance', tagged);
    template.allResources('AWS::EC2::SecurityGroup', tagged);
    template.allResources('AWS::EC2::LaunchTemplate', {
      Properties: {
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: Match.arrayWith([OF_FLEET]) }],
        LaunchTemplateData: {
          TagSpecifications: [{ ResourceType: 'instance', Tags: Match.arrayWith([OF_FLEET]) }],
        },
      },
    });
    template.hasResourceProperties('AWS::EC2::Instance', { Tags: Match.arrayWith([{ Key: 'Name', Value: 'node2' }]) });
  });

  it('answer IMDSv2 alone, a hop away nothing, and have no key', () => {
    const metadata = { HttpTokens: 'required', HttpPutResponseHopLimit: 1, HttpEndpoint: 'enabled' };
    template.allResourcesProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { MetadataOptions: metadata, KeyName: Match.absent(), NetworkInterfaces: Match.absent() },
    });
  });

  it('are open to the world on P2P, on RPC to one group, and on nothing else', () => {
    const [group] = Object.values(template.findResources('AWS::EC2::SecurityGroup'));
    expect(group?.['Properties'].SecurityGroupIngress).toEqual([
      expect.objectContaining({ IpProtocol: 'tcp', FromPort: 8333, ToPort: 8333, CidrIp: '0.0.0.0/0' }),
      expect.objectContaining({ FromPort: 8332, ToPort: 8332, SourceSecurityGroupId: deploy.rpcFrom }),
    ]);
    const { rpcFrom: _, ...closed } = deploy;
    const [other] = Object.values(nodesOf({ ...document, deploy: closed }).findResources('AWS::EC2::SecurityGroup'));
    expect(other?.['Properties'].SecurityGroupIngress).toHaveLength(1);
  });

  it('are terminated by nobody by mistake: neither one of them, nor the stack', () => {
    template.allResourcesProperties('AWS::EC2::Instance', { DisableApiTermination: true });
    // A heal gives up what it has launched itself.
    template.allResourcesProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { DisableApiTermination: Match.absent() },
    });
    const app = new App();
    expect(new NodesStack(app, 'N', { document, scripts: firstBootScripts() }).terminationProtection).toBe(true);
  });

  it('are not replaced by a change of their template, which counts for the next instance', () => {
    template.allResourcesProperties('AWS::EC2::Instance', {
      LaunchTemplate: { Version: '1' },
      ImageId: Match.absent(),
      InstanceType: Match.absent(),
    });
  });

  it('may be managed and tell their metrics and logs, and nothing more without a policy of their owner', () => {
    const grants = nodeGrants(new Stack(new App(), 'S'), 'chainmend', 'bitcoin', 'classic');
    expect(grants.map(({ sid }) => sid)).toEqual(['BeManaged', 'TellMetrics', 'TellLogs']);
    const [role] = Object.values(template.findResources('AWS::IAM::Role'));
    expect(role?.['Properties'].ManagedPolicyArns).toBeUndefined();
    expect(JSON.stringify(role)).not.toMatch(/GetParameter|GetSecret|ec2:|s3:|iam:/);
    const policies = ['arn:aws:iam::111122223333:policy/node-secrets'];
    nodesOf({ ...document, deploy: { ...deploy, policies } }).hasResourceProperties('AWS::IAM::Role', {
      ManagedPolicyArns: policies,
    });
  });

  it('get a first boot that has their volume’s own id, and nothing that a shell would evaluate', () => {
    const plain = nodesOf({ ...document, deploy: { ...deploy, data: 'sync' } });
    const [volumeId] = Object.keys(plain.findResources('AWS::EC2::Volume'));
    const [made] = Object.values(plain.findResources('AWS::EC2::LaunchTemplate'));
    const [before, ref, behind] = (made ?? { Properties: undefined })['Properties'].LaunchTemplateData.UserData[
      'Fn::Base64'
    ]['Fn::Join'][1];
    expect(before).toMatch(/\nreadonly VOLUME='$/);
    expect(ref).toEqual({ Ref: volumeId });
    expect(behind.endsWith(firstBootScripts().single)).toBe(true);
    expect(behind).toMatch(
      /\nreadonly AGENT_CONFIG='.*"mem":\{"measurement":\["used_percent"\],"append_dimensions":\{"Fleet":"bitcoin"\}\}/,
    );
    expect(behind).toMatch(/\nreadonly JOURNAL_CONFIG='.*"units":\["[a-z]+(@[\d.]+)?"\]/);
  });

  it('are refused at synthesis where EC2 would not take their user data', () => {
    const lines = Array.from({ length: 12 }, () => 'x'.repeat(1000));
    const long = { ...document, deploy: { ...deploy, install: { lines } } };
    expect(() => nodesOf(long)).toThrow(
      /fleet bitcoin: the first boot has \d+ bytes, and EC2 takes 16384 of user data/,
    );
  });

  it('are refused without a network', () => {
    const { vpc: _, subnets: __, ...nowhere } = deploy;
    expect(() => nodesOf({ ...document, deploy: nowhere })).toThrow('deploy.vpc and deploy.subnets are missing');
  });
});

describe('the nodes of a group', () => {
  const grouped = examples.find(({ document }) => document.deploy?.kind === 'ha');
  if (!grouped?.document.deploy) throw new Error('examples/deploy has no fleet with kind: ha');
  const of = grouped.document;
  const template = nodesOf(of);
  const tag = { Key: 'Component', Value: 'nodes/bitcoin-rpc' };
  const groups = template.findResources('AWS::EC2::SecurityGroup');
  const only = (type: string) => {
    const [[id, { Properties }] = ['', { Properties: undefined }], ...others] = Object.entries(
      template.findResources(type),
    );
    expect(others).toEqual([]);
    return { id, Properties };
  };

  it('come from one launch template, whose volumes are encrypted gp3, tagged, and go with their instances', () => {
    const { Properties } = only('AWS::EC2::LaunchTemplate');
    const { BlockDeviceMappings, TagSpecifications, MetadataOptions, KeyName } = Properties.LaunchTemplateData;
    expect(BlockDeviceMappings).toMatchObject([
      { DeviceName: '/dev/xvda', Ebs: { Encrypted: true } },
      {
        DeviceName: '/dev/sdf',
        Ebs: { VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true, VolumeSize: 1000 },
      },
    ]);
    expect(TagSpecifications.map(({ ResourceType }: { ResourceType: string }) => ResourceType)).toEqual([
      'instance',
      'volume',
    ]);
    for (const { Tags } of [...TagSpecifications, ...Properties.TagSpecifications]) expect(Tags).toContainEqual(tag);
    expect(MetadataOptions).toMatchObject({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 });
    expect(KeyName).toBeUndefined();
    for (const type of ['Instance', 'Volume', 'VolumeAttachment']) template.resourceCountIs(`AWS::EC2::${type}`, 0);
  });

  it('leave one of them to a heal, and are ended neither by the load balancer nor by a balance of zones', () => {
    expect(only('AWS::AutoScaling::AutoScalingGroup').Properties).toMatchObject({
      ...{ MinSize: '2', DesiredCapacity: '3', MaxSize: '3', HealthCheckType: 'EC2' },
      NewInstancesProtectedFromScaleIn: true,
      Tags: [{ ...tag, PropagateAtLaunch: false }],
      VPCZoneIdentifier: Object.values(of.deploy?.subnets ?? {}),
    });
  });

  it('are as many as people want between the two limits of the file, which no deployment undoes', () => {
    const group = { size: 3, healthPort: 8099, minimum: 2, maximum: 6 };
    const [scaled] = Object.values(
      nodesOf({ ...of, deploy: { ...of.deploy, group } } as FleetDocument).findResources(
        'AWS::AutoScaling::AutoScalingGroup',
      ),
    );
    expect(scaled).toMatchObject({
      Properties: { MinSize: '1', DesiredCapacity: '3', MaxSize: '6' },
      UpdatePolicy: { AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: true } },
    });
    const [fixed] = Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'));
    expect(fixed).not.toHaveProperty('UpdatePolicy');
  });

  it('launch the newest version of the template: CloudFormation takes no $Latest, so a schedule says it', () => {
    const template_ = { Ref: only('AWS::EC2::LaunchTemplate').id };
    const group = only('AWS::AutoScaling::AutoScalingGroup');
    expect(group.Properties.LaunchTemplate).toEqual({ LaunchTemplateId: template_, Version: '1' });
    const { Target } = only('AWS::Scheduler::Schedule').Properties;
    expect(JSON.stringify(Target.Arn)).toContain(':scheduler:::aws-sdk:autoscaling:updateAutoScalingGroup');
    const [, parts] = Target.Input['Fn::Join'];
    expect(parts).toEqual([
      '{"AutoScalingGroupName":"',
      { Ref: group.id },
      '","LaunchTemplate":{"LaunchTemplateId":"',
      template_,
      '","Version":"$Latest"}}',
    ]);
  });

  it('are open on RPC to one group, by the load balancer, which alone asks whether they have caught up', () => {
    const rpcFrom = of.deploy?.rpcFrom;
    const named = Object.fromEntries(Object.entries(groups).map(([id, { Properties }]) => [id, Properties]));
    expect(named['BalancerGroup'].SecurityGroupIngress).toMatchObject([
      { FromPort: 8332, SourceSecurityGroupId: rpcFrom },
    ]);
    expect(named['Group'].SecurityGroupIngress).toMatchObject([
      { FromPort: 8333, CidrIp: '0.0.0.0/0' },
      { FromPort: 8332, SourceSecurityGroupId: rpcFrom },
    ]);
    const rules = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(
      ({ Properties }) => Properties,
    );
    expect(rules.map(({ FromPort }) => FromPort)).toEqual([8332, 8099]);
    for (const { SourceSecurityGroupId } of rules)
      expect(SourceSecurityGroupId).toEqual({ 'Fn::GetAtt': ['BalancerGroup', 'GroupId'] });
    expect(only('AWS::ElasticLoadBalancingV2::LoadBalancer').Properties).toMatchObject({
      Type: 'network',
      Scheme: 'internal',
    });
    expect(only('AWS::ElasticLoadBalancingV2::TargetGroup').Properties).toMatchObject({
      ...{ Protocol: 'TCP', Port: 8332, HealthCheckProtocol: 'HTTP', HealthCheckPort: '8099' },
      Tags: [tag, { Key: 'Name', Value: 'bitcoin-rpc-nodes' }],
    });
  });

  it('get a first boot with room for their owner’s lines, in which each value can be read', () => {
    const text: string = only('AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData.UserData['Fn::Base64'];
    expect(text).toContain("\nreadonly IDENTITY=('/var/lib/bitcoind/wallets' ");
    expect(text).toContain("\nreadonly CREDENTIALS='/var/lib/bitcoind/.cookie'\n");
    expect(text.endsWith(packed(firstBootScripts(), 'group'))).toBe(true);
    expect(Buffer.byteLength(text)).toBeLessThan(12_000);
    const shown = execFileSync('bash', ['-c', 'base64 -d | gzip -d'], {
      input: /<<<'([^']+)'/.exec(text)?.[1] ?? '',
      encoding: 'utf8',
    });
    expect(shown).toBe(firstBootScripts().group);
  });
});

describe('the stack of the suite', () => {
  const passing = (fleets: (typeof bitcoin)[]) => {
    const of = resourcesOf(buildStack({ fleets }).stack);
    return JSON.stringify([of('AWS::IAM::Role'), of('AWS::IAM::ManagedPolicy')]);
  };

  it('may pass the role of deployed nodes on to another instance, without being told', () => {
    expect(passing([example as typeof bitcoin])).toContain(':role/chainmend-node-bitcoin-');
  });

  it('knows nothing of it where no fleet is deployed', () => {
    expect(passing([bitcoin])).not.toContain('chainmend-node-');
  });
});
