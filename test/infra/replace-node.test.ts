// What heals that stop a client may do, by the template's own policies: the region's evaluation of IAM decides.

import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { isWithinReach } from '../../shared/snapshots/ranking.ts';
import { mayIn, policiesOf, type Has as Question } from './powers/ask.ts';
import { bitcoin, buildStack, fleetFile, type Resource, resourcesOf, statementsIn } from './support.ts';

const NODE_ROLE = 'arn:aws:iam::111122223333:role/bitcoin-node';
const resources = resourcesOf(buildStack({ nodeRoles: [NODE_ROLE] }).stack);
const EC2 = 'arn:aws:ec2:eu-west-1:111122223333';

type Tags = Readonly<Record<string, string>>;
const bitcoinTags = { Component: 'nodes/bitcoin' };
const strangers = { Component: 'payroll' };
const ours = { 'chainmend:fleet': 'bitcoin' };
const kept = { ...ours, 'chainmend:keep-until': '2026-01-08T00:00:00Z' };

const may = (name: string, action: string, arn: string, question: Question = {}, from = resources): boolean =>
  mayIn(from, name, action, arn, question);

const named = (replace: object) => fleetFile({ ...bitcoin.document, replace });

const volume = `${EC2}:volume/vol-1`;
const instance = `${EC2}:instance/i-1`;
const snapshot = 'arn:aws:ec2:eu-west-1::snapshot/snap-1';
const replace = (action: string, arn: string, question?: Question) =>
  may('replace-node', `ec2:${action}`, arn, question);

describe('replace-node', () => {
  it('may attach volumes of a fleet, and roots that mark-root has marked, to a node of a fleet', () => {
    for (const has of [bitcoinTags, ours, { 'chainmend:root': 'bitcoin' }])
      expect(replace('AttachVolume', volume, { has })).toBe(true);
    for (const has of [{}, strangers, { 'chainmend:root': 'payroll' }, { 'chainmend:keep-until': '2026-01-08' }])
      expect(replace('AttachVolume', volume, { has })).toBe(false);
    expect(replace('AttachVolume', instance, { has: bitcoinTags })).toBe(true);
    expect([replace('AttachVolume', instance, { has: strangers }), replace('AttachVolume', instance)]).toEqual([
      false,
      false,
    ]);
  });

  it('may cut a volume without tags off from a node of a fleet, and from nobody else’s', () => {
    expect([replace('DetachVolume', volume), replace('DetachVolume', instance, { has: bitcoinTags })]).toEqual([
      true,
      true,
    ]);
    expect(replace('DetachVolume', instance, { has: strangers })).toBe(false);
  });

  it('never writes the tag by which a root may be attached, which mark-root writes and nothing else', () => {
    const gives = { 'chainmend:root': 'bitcoin' };
    for (const has of [bitcoinTags, ours, {}]) expect(replace('CreateTags', volume, { has, gives })).toBe(false);
    const mark = (action: string, question: Question) => may('mark-root', `ec2:${action}`, volume, question);
    expect(mark('CreateTags', { gives })).toBe(true);
    expect(mark('CreateTags', { gives: { ...gives, Component: 'nodes/bitcoin' } })).toBe(false);
    expect(mark('CreateTags', { gives: { 'chainmend:root': 'payroll' } })).toBe(false);
    for (const action of ['AttachVolume', 'DetachVolume', 'DeleteTags', 'DeleteVolume'])
      expect(mark(action, { has: { ...bitcoinTags, ...gives }, takes: ['chainmend:root'] })).toBe(false);
  });

  it.each(['StopInstances', 'StartInstances', 'AssociateAddress'])('may %s for a fleet’s nodes only', (action) => {
    expect([replace(action, instance, { has: bitcoinTags }), replace(action, instance, { has: strangers })]).toEqual([
      true,
      false,
    ]);
  });

  it('says what outlives an instance, and changes no other attribute of it: neither user data nor groups', () => {
    const modify = (has: Tags, attribute?: string) =>
      replace('ModifyInstanceAttribute', instance, {
        has,
        ...(attribute !== undefined && { more: { 'ec2:Attribute': attribute } }),
      });
    expect([modify(bitcoinTags, 'BlockDeviceMapping'), modify(strangers, 'BlockDeviceMapping')]).toEqual([true, false]);
    for (const attribute of ['UserData', 'GroupId', 'InstanceType', undefined])
      expect(modify(bitcoinTags, attribute)).toBe(false);
    const group = `${EC2}:security-group/sg-1`;
    expect(replace('ModifyInstanceAttribute', group, { has: bitcoinTags })).toBe(false);
  });

  it('sets the type of an instance only where a first sync has a boost, and only to one of its two', () => {
    const from = resourcesOf(
      buildStack({ fleets: readFleets(join(repositoryRoot, 'local/scenarios/fleets-sync-boost')) }).stack,
    );
    const modify = (component: string, more: Tags): boolean =>
      may('replace-node', 'ec2:ModifyInstanceAttribute', instance, { has: { Component: component }, more }, from);
    const to = (type: string) => ({ 'ec2:Attribute': 'InstanceType', 'ec2:Attribute/InstanceType': type });
    expect(modify('nodes/bitcoin', to('m6i.large'))).toBe(true);
    expect(modify('nodes/bitcoin', to('m6i.8xlarge'))).toBe(true);
    expect(modify('nodes/bitcoin', to('p5.48xlarge'))).toBe(false);
    expect(modify('nodes/bitcoin', { 'ec2:Attribute': 'UserData' })).toBe(false);
    // The fleet beside it has no boost.
    expect(modify('nodes/bitcoin-plain', to('m6i.large'))).toBe(false);
  });

  it('has one statement for all fleets that go from one type to another', () => {
    const boosted = (fleet: string, firstSync: string) =>
      fleetFile({
        ...{ fleet, chain: 'bitcoin', mode: 'act', role: 'follower', unit: 'bitcoind' },
        nodes: { tag: { Component: `nodes/${fleet}` } },
        deploy: {
          ...{ kind: 'single', nodes: { node1: 'eu-west-1a' }, vpc: 'vpc-0123456789abcdef0' },
          subnets: { 'eu-west-1a': 'subnet-0123456789abcdef0' },
          ...{ instanceType: 'm6i.large', boost: { instanceType: firstSync }, volume: { sizeGiB: 500 } },
        },
      });
    const fleets = [boosted('one', 'm6i.8xlarge'), boosted('two', 'm6i.8xlarge'), boosted('three', 'r6i.8xlarge')];
    const [{ Statement } = { Statement: [] }] = policiesOf(resourcesOf(buildStack({ fleets }).stack), 'replace-node');
    const types = JSON.stringify(Statement).match(/"ec2:Attribute\/InstanceType":\["[a-z0-9.]+","m6i.large"\]/g);
    expect(types).toHaveLength(2);
  });

  it('needs all tags of a fleet that is known by two', () => {
    const one = { Component: 'nodes/litecoin' };
    expect(replace('StopInstances', instance, { has: one })).toBe(false);
    expect(replace('StopInstances', instance, { has: { ...one, Stage: 'production' } })).toBe(true);
  });

  it('makes volumes that are tagged as a fleet’s, from snapshots of a fleet', () => {
    const made = `${EC2}:volume/*`;
    expect(replace('CreateVolume', made, { gives: ours })).toBe(true);
    expect(replace('CreateVolume', made, { gives: { 'chainmend:fleet': 'payroll' } })).toBe(false);
    expect(replace('CreateVolume', made)).toBe(false);
    expect(replace('CreateVolume', snapshot, { has: bitcoinTags })).toBe(true);
    expect(replace('CreateVolume', snapshot, { has: ours })).toBe(true);
    // A snapshot of another team's policy; the fleet file names a policy that copies no tags.
    const policy = { 'aws:dlm:lifecycle-policy-id': 'policy-0123456789abcdef0' };
    expect(replace('CreateVolume', snapshot, { has: policy })).toBe(false);
    const naming = resourcesOf(
      buildStack({ fleets: [named({ lifecyclePolicies: ['policy-0123456789abcdef0'] })] }).stack,
    );
    expect(may('replace-node', 'ec2:CreateVolume', snapshot, { has: policy }, naming)).toBe(true);
    expect(replace('CreateVolume', snapshot, { has: strangers })).toBe(false);
  });

  it('tags what it makes as it makes it, and afterwards only what is a fleet’s, with keys of its own', () => {
    const creation = { more: { 'ec2:CreateAction': 'CreateVolume' } };
    expect(replace('CreateTags', volume, { gives: { ...ours, Component: 'nodes/bitcoin' }, ...creation })).toBe(true);
    expect(replace('CreateTags', volume, { gives: ours, more: { 'ec2:CreateAction': 'CreateVpc' } })).toBe(false);
    expect(replace('CreateTags', volume, { has: bitcoinTags, gives: kept })).toBe(true);
    expect(replace('CreateTags', instance, { has: bitcoinTags, gives: { 'chainmend:retired': 'now' } })).toBe(true);
    expect(replace('CreateTags', snapshot, { has: ours, gives: { 'chainmend:verified': 'now' } })).toBe(true);
    // Tags that would bring it into scope: neither our own tag nor a fleet's.
    for (const gives of [ours, bitcoinTags]) {
      expect(replace('CreateTags', volume, { has: strangers, gives })).toBe(false);
      expect(replace('CreateTags', instance, { has: {}, gives })).toBe(false);
    }
    expect(replace('CreateTags', volume, { has: bitcoinTags, gives: { Owner: 'me' } })).toBe(false);
    expect(replace('CreateTags', volume, { has: bitcoinTags, gives: { ...ours, Owner: 'me' } })).toBe(false);
    expect(replace('DeleteTags', instance, { has: bitcoinTags, takes: ['Component'] })).toBe(false);
    expect(replace('DeleteTags', instance, { has: bitcoinTags, takes: ['chainmend:joining'] })).toBe(true);
    // A request without keys would remove every tag.
    expect(replace('DeleteTags', instance, { has: bitcoinTags })).toBe(false);
  });

  it('takes a lifecycle policy’s tags from a volume that is put away, and gives them back to it', () => {
    expect(replace('DeleteTags', volume, { has: { ...bitcoinTags, ...ours }, takes: ['Component', 'Stage'] })).toBe(
      true,
    );
    expect(replace('CreateTags', volume, { has: ours, gives: bitcoinTags })).toBe(true);
    expect(replace('DeleteTags', volume, { has: bitcoinTags, takes: ['Component'] })).toBe(false);
    expect(replace('CreateTags', volume, { has: {}, gives: bitcoinTags })).toBe(false);
  });

  it('marks what Data Lifecycle Manager made for a fleet, and never makes it a fleet’s own', () => {
    const has = { ...bitcoinTags, 'aws:dlm:lifecycle-policy-id': 'policy-1' };
    expect(replace('CreateTags', snapshot, { has, gives: { 'chainmend:held-by': '7f3a' } })).toBe(true);
    for (const gives of [ours, { 'chainmend:height': '840000' }, { 'chainmend:clean-stop': 'true' }])
      expect(replace('CreateTags', snapshot, { has, gives })).toBe(false);
  });

  it('locks what it holds, for a month at most, and unlocks what carries its own mark', () => {
    const held = { ...bitcoinTags, 'chainmend:held-by': '7f3a' };
    const lock = (has: Tags, days: string) =>
      replace('LockSnapshot', snapshot, { has, more: { 'ec2:SnapshotLockDuration': days } });
    expect([lock(held, '30'), lock(held, '31'), lock(bitcoinTags, '1')]).toEqual([true, false, false]);
    expect(replace('LockSnapshot', snapshot, { has: held })).toBe(false);
    const locked = { 'chainmend:locked-by': '7f3a' };
    expect(replace('UnlockSnapshot', snapshot, { has: { ...bitcoinTags, ...locked } })).toBe(true);
    expect(replace('UnlockSnapshot', snapshot, { has: held })).toBe(false);
  });

  it('leaves the locks of strangers alone, whatever tags of ours their snapshots carry', () => {
    const has = { ...strangers, 'chainmend:held-by': '7f3a', 'chainmend:locked-by': '7f3a' };
    expect(replace('LockSnapshot', snapshot, { has, more: { 'ec2:SnapshotLockDuration': '1' } })).toBe(false);
    expect(replace('UnlockSnapshot', snapshot, { has })).toBe(false);
  });

  it('launches instances and volumes that are a fleet’s, with new network interfaces', () => {
    for (const arn of [`${EC2}:instance/*`, `${EC2}:volume/*`])
      expect([ours, strangers, {}].map((gives) => replace('RunInstances', arn, { gives }))).toEqual([
        true,
        false,
        false,
      ]);
    const card = (id: string, more: Readonly<Record<string, string>> = {}) =>
      replace('RunInstances', `${EC2}:network-interface/${id}`, { more });
    expect([card('*'), card('eni-1', { 'ec2:NetworkInterfaceID': 'eni-1' })]).toEqual([true, false]);
    expect(replace('RunInstances', `${EC2}:subnet/subnet-1`)).toBe(true);
  });

  it('launches with the image, snapshots, key pair and groups of the template, or with groups of a fleet', () => {
    const as = (itSays: string) => ({ more: { 'ec2:IsLaunchTemplateResource': itSays } });
    for (const arn of [
      'arn:aws:ec2:eu-west-1::image/ami-1',
      snapshot,
      `${EC2}:key-pair/ops`,
      `${EC2}:security-group/sg-1`,
    ])
      expect([replace('RunInstances', arn, as('true')), replace('RunInstances', arn, as('false'))]).toEqual([
        true,
        false,
      ]);
    const group = (has: Tags) => replace('RunInstances', `${EC2}:security-group/sg-1`, { has });
    expect([group(bitcoinTags), group(ours), group(strangers)]).toEqual([true, true, false]);
  });

  it('launches from templates that carry the tags of a fleet, or that the fleet files name by id', () => {
    const id = 'lt-0123456789abcdef0';
    const launch = (which: string, has: Tags = {}, from = resources) =>
      may('replace-node', 'ec2:RunInstances', `${EC2}:launch-template/${which}`, { has }, from);
    expect([launch(id, bitcoinTags), launch(id, strangers), launch(id)]).toEqual([true, false, false]);
    const pinned = resourcesOf(buildStack({ fleets: [named({ launchTemplate: id })] }).stack);
    expect([launch(id, {}, pinned), launch('lt-1', bitcoinTags, pinned)]).toEqual([true, false]);
  });

  it('hands over addresses and target groups that carry the tags of a fleet', () => {
    const address = `${EC2}:elastic-ip/eipalloc-1`;
    const group = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/rpc/1';
    for (const [action, arn] of [
      ['ec2:AssociateAddress', address],
      ['elasticloadbalancing:RegisterTargets', group],
      ['elasticloadbalancing:DeregisterTargets', group],
    ] as const)
      expect([bitcoinTags, ours, strangers, {}].map((has) => may('replace-node', action, arn, { has }))).toEqual([
        true,
        true,
        false,
        false,
      ]);
  });

  it('gets what only some fleets ask for, for those alone', () => {
    const from = resourcesOf(buildStack({ fleets: [named({ rungs: ['restart', 'swap'] })] }).stack);
    // Neither fleet asks for a sibling's volume, has a group, or gets a replacement instance.
    expect(may('replace-node', 'ec2:CopyVolumes', volume, { has: bitcoinTags, gives: ours }, from)).toBe(false);
    expect(may('replace-node', 'ec2:StopInstances', instance, { has: bitcoinTags }, from)).toBe(false);
    expect(may('mark-root', 'ec2:CreateTags', volume, { gives: { 'chainmend:root': 'bitcoin' } }, from)).toBe(false);
    const group = 'arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:1:autoScalingGroupName/nodes';
    const standby = (has: Tags) => may('replace-node', 'autoscaling:EnterStandby', group, { has });
    const litecoinTags = { Component: 'nodes/litecoin', Stage: 'production' };
    expect([standby(litecoinTags), standby(bitcoinTags), standby({})]).toEqual([true, false, false]);
    const copy = (has: Tags) => replace('CopyVolumes', volume, { has });
    expect([copy(litecoinTags), copy(bitcoinTags), copy(strangers)]).toEqual([true, false, false]);
  });

  it('passes on the roles of nodes that the deployment names, to instances only, and none unless told', () => {
    const pass = (service: string, role = NODE_ROLE) =>
      may('replace-node', 'iam:PassRole', role, { more: { 'iam:PassedToService': service } });
    expect([pass('ec2.amazonaws.com'), pass('lambda.amazonaws.com')]).toEqual([true, false]);
    expect(pass('ec2.amazonaws.com', 'arn:aws:iam::111122223333:role/admin')).toBe(false);
    const untold = resourcesOf(buildStack().stack);
    expect(
      may('replace-node', 'iam:PassRole', NODE_ROLE, { more: { 'iam:PassedToService': 'ec2.amazonaws.com' } }, untold),
    ).toBe(false);
  });

  it('uses keys of other accounts only where the deployment names them, and tells the heal which', () => {
    const theirs = 'arn:aws:kms:eu-west-1:444455556666:key/11111111-2222-4333-8444-555555555555';
    const more = { 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com', 'kms:GrantIsForAWSResource': 'true' };
    const told = resourcesOf(buildStack({ kmsKeys: [theirs] }).stack);
    const use = (action: string, from = told, key = theirs) =>
      may('replace-node', `kms:${action}`, key, { more }, from);
    expect([use('DescribeKey'), use('CreateGrant'), use('Decrypt')]).toEqual([true, true, true]);
    expect([use('DescribeKey', resources), use('CreateGrant', resources)]).toEqual([false, false]);
    expect(use('CreateGrant', told, theirs.replace('5555', '6666'))).toBe(false);
    const keysOf = (from: typeof resources) =>
      from('AWS::Lambda::Function').flatMap(({ Properties }) => Properties.Environment?.Variables?.KMS_KEYS ?? []);
    // The heal, and the daily look whether it would work.
    expect([keysOf(told), keysOf(resources)]).toEqual([
      [theirs, theirs],
      ['none', 'none'],
    ]);
  });

  it('uses keys through EC2 only', () => {
    const key = 'arn:aws:kms:eu-west-1:111122223333:key/1';
    const use = (action: string, more: Record<string, string>) => may('replace-node', `kms:${action}`, key, { more });
    const via = { 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com' };
    for (const action of ['Decrypt', 'CreateGrant', 'GenerateDataKeyWithoutPlaintext'])
      expect([use(action, via), use(action, {})]).toEqual([true, false]);
  });

  it('knows the budgets that all fleets have together, which no other heal does', () => {
    const read = (name: string) =>
      may(name, 'dynamodb:GetItem', tableArn(), { more: { 'dynamodb:LeadingKeys': 'ACCOUNT' } });
    expect([read('replace-node'), read('snapshot-node'), read('resize-volume')]).toEqual([true, false, false]);
  });
});

function tableArn(): string {
  const role = resources('AWS::IAM::Role').find(({ id }) => id.startsWith('ReplaceNode')) as Resource;
  return statementsIn(resources, role).find(({ actions }) => actions.includes('dynamodb:GetItem'))?.resources[0] ?? '';
}

describe('snapshot-node', () => {
  const snap = (arn: string, question?: Question) => may('snapshot-node', 'ec2:CreateSnapshots', arn, question);

  it('snapshots volumes of a fleet’s nodes, as the fleet’s', () => {
    expect([snap(instance, { has: bitcoinTags }), snap(volume, { has: bitcoinTags })]).toEqual([true, true]);
    expect([snap(instance, { has: strangers }), snap(volume, { has: strangers })]).toEqual([false, false]);
    const made = 'arn:aws:ec2:eu-west-1::snapshot/*';
    expect([snap(made, { gives: ours }), snap(made)]).toEqual([true, false]);
  });

  it('makes no volume, attaches none, and stops no instance', () => {
    for (const action of ['CreateVolume', 'AttachVolume', 'DetachVolume', 'StopInstances', 'ModifySnapshotAttribute'])
      expect(may('snapshot-node', `ec2:${action}`, volume, { has: bitcoinTags, gives: ours })).toBe(false);
  });
});

describe('prune-retired', () => {
  const prune = (action: string, arn: string, has: Tags) => may('prune-retired', `ec2:${action}`, arn, { has });
  const until = { 'chainmend:keep-until': '2026-01-08T00:00:00Z' };

  it('deletes volumes of a fleet that are kept for a while, and no other', () => {
    expect(prune('DeleteVolume', volume, kept)).toBe(true);
    for (const has of [
      ours,
      until,
      bitcoinTags,
      { ...bitcoinTags, ...until },
      { ...until, 'chainmend:fleet': 'payroll' },
    ])
      expect(prune('DeleteVolume', volume, has)).toBe(false);
  });

  it('ends instances of a fleet that are retired and kept for a while, and no other', () => {
    const retired = { 'chainmend:retired': '2026-01-01T00:00:00Z' };
    expect(prune('TerminateInstances', instance, { ...kept, ...retired })).toBe(true);
    for (const has of [kept, { ...ours, ...retired }, { ...until, ...retired }])
      expect(prune('TerminateInstances', instance, has)).toBe(false);
  });

  it('deletes snapshots of the ledger, and none of Data Lifecycle Manager', () => {
    expect(prune('DeleteSnapshot', snapshot, { ...ours, 'chainmend:set': 's1' })).toBe(true);
    expect(prune('DeleteSnapshot', snapshot, { ...ours, 'aws:dlm:lifecycle-policy-id': 'policy-1' })).toBe(false);
  });
});

describe('the ladder takes for good what its role may use, and nothing else', () => {
  const naming = resourcesOf(
    buildStack({ fleets: [named({ lifecyclePolicies: ['policy-0123456789abcdef0'] })] }).stack,
  );

  it.each<[string, Tags]>([
    ['of the console, without tags', {}],
    ['with the tags of the fleet’s volumes', bitcoinTags],
    ['that a person has tagged as the fleet’s', ours],
    ['of a lifecycle policy that copies no tags', { 'aws:dlm:lifecycle-policy-id': 'policy-0123456789abcdef0' }],
    [
      'of a lifecycle policy that copies them',
      { ...bitcoinTags, 'aws:dlm:lifecycle-policy-id': 'policy-0123456789abcdef0' },
    ],
    ['of strangers', strangers],
    ['of a fleet that there is not', { 'chainmend:fleet': 'payroll' }],
  ])('a snapshot %s', (_, has) => {
    for (const [lifecyclePolicies, from] of [
      [[], resources],
      [['policy-0123456789abcdef0'], naming],
    ] as const) {
      const { volumes, replace } = bitcoin.fleet;
      const fleet = { tag: 'bitcoin', volumes, replace: { ...replace, lifecyclePolicies } };
      const isUsed = isWithinReach(
        { tags: has, policyId: has['aws:dlm:lifecycle-policy-id'] ?? null, ownerId: '111122223333' },
        fleet,
      );
      const mayReplace = (action: string, question: Question) =>
        may('replace-node', `ec2:${action}`, snapshot, question, from);
      const held = mayReplace('CreateTags', { has, gives: { 'chainmend:held-by': '7f3a' } });
      expect({
        made: mayReplace('CreateVolume', { has }),
        held,
        // Only a held snapshot can be locked.
        locked:
          held &&
          mayReplace('LockSnapshot', {
            has: { ...has, 'chainmend:held-by': '7f3a' },
            more: { 'ec2:SnapshotLockDuration': '1' },
          }),
        released: mayReplace('DeleteTags', { has, takes: ['chainmend:held-by', 'chainmend:locked-by'] }),
      }).toEqual({ made: isUsed, held: isUsed, locked: isUsed, released: isUsed });
    }
  });
});

it('roles with all of that fit into what IAM takes, for 25 fleets that differ in one tag', () => {
  const fleets = Array.from({ length: 25 }, (_, index) =>
    fleetFile({
      ...bitcoin.document,
      fleet: `chain${index}`,
      nodes: { tag: { Component: `nodes/chain${index}` } },
      alarms: { namePatterns: [] },
      replace: { source: 'sibling', autoScaling: 'standby' },
    }),
  );
  const policies = resourcesOf(buildStack({ fleets, nodeRoles: [NODE_ROLE] }).stack)('AWS::IAM::ManagedPolicy');
  expect(policies.length).toBeGreaterThan(0);
});
