// What a role could do from one fleet to another, by the template's own policies: each power that is needed works, and each attack is refused.
import { describe, expect, it } from '@jest/globals';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { commandDocuments } from '../../shared/node-commands/index.ts';
import { manyFleets } from './many-fleets.ts';
import { type Has, mayIn } from './powers/ask.ts';
import { buildStack, fleetFile, resourcesOf } from './support.ts';

const EC2 = 'arn:aws:ec2:eu-west-1:111122223333';
const volume = `${EC2}:volume/vol-1`;
const instance = `${EC2}:instance/i-1`;
const snapshot = 'arn:aws:ec2:eu-west-1::snapshot/snap-1';

const fleet = (name: string, more: object = {}) =>
  fleetFile({
    ...{ fleet: name, chain: 'bitcoin', mode: 'act', role: 'follower', unit: 'node@*' },
    nodes: { tag: { Component: `nodes/${name}` } },
    ...more,
  });

const { stack } = buildStack({
  commands: commandDocuments(),
  fleets: [
    fleet('alice'),
    fleet('bob'),
    fleet('project', { nodes: { tag: { Project: 'ledger', Stage: 'production' } } }),
    fleet('sealers', { role: 'validator' }),
    fleet('mixed', { role: { tag: 'Role', values: { sealer: 'validator', rpc: 'follower', new: 'unknown' } } }),
  ],
});
const resources = resourcesOf(stack);
const may = (name: string, action: string, arn: string, has: Has = {}) => mayIn(resources, name, action, arn, has);
const tags = (arn: string, has: Has['has'], gives: Has['gives']) =>
  may('replace-node', 'ec2:CreateTags', arn, { has: has ?? {}, gives: gives ?? {} });

const alice = { Component: 'nodes/alice' };
const bob = { Component: 'nodes/bob' };
const project = { Project: 'ledger', Stage: 'production' };
const of = (name: string) => ({ 'chainmend:fleet': name });
const retired = { 'chainmend:retired': 'now', 'chainmend:keep-until': 'later' };

describe('a volume', () => {
  it('is put away by its own fleet, and given back its own tags', () => {
    expect(tags(volume, alice, { ...of('alice'), ...retired })).toBe(true);
    expect(tags(volume, { ...of('alice'), ...retired }, alice)).toBe(true);
    expect(tags(volume, of('project'), project)).toBe(true);
    expect(may('replace-node', 'ec2:DeleteTags', volume, { has: of('alice'), takes: ['Component'] })).toBe(true);
  });

  it.each([
    ['by the name of the other', alice, of('bob')],
    ['by the name of the other, though it is known by its own', { ...alice, ...of('alice') }, of('bob')],
    ['by the tags of the other', { ...alice, ...of('alice') }, bob],
    ['by the tags of the other, and a name of its own', of('alice'), { ...of('alice'), ...bob }],
    ['by another key, of which the other is known', of('alice'), project],
    ['by one of the keys of the other', of('alice'), { Project: 'ledger' }],
    ['by the tags of nobody', of('alice'), { Component: 'payroll' }],
    ['before it is a fleet’s at all', {}, alice],
  ])('goes to no other fleet %s', (_, has, gives) => {
    expect(tags(volume, has, gives)).toBe(false);
  });

  it('is never made a stranger’s, paused, or marked as a root', () => {
    for (const key of ['Owner', 'chainmend:pause', 'chainmend:root', 'chainmend:suite', 'chainmend:verified'])
      expect(tags(volume, { ...alice, ...of('alice') }, { [key]: 'x' })).toBe(false);
  });
});

describe('an instance', () => {
  it('is retired where its fleet has nodes replaced, and its role is one that is', () => {
    expect(tags(instance, alice, { ...of('alice'), ...retired })).toBe(true);
    expect(tags(instance, { Component: 'nodes/mixed', Role: 'rpc' }, { ...of('mixed'), ...retired })).toBe(true);
    expect(tags(instance, alice, of('bob'))).toBe(false);
  });

  it.each([
    ['of a fleet of validators', { Component: 'nodes/sealers' }],
    ['that its tag says is a validator', { Component: 'nodes/mixed', Role: 'sealer' }],
    ['of unknown role', { Component: 'nodes/mixed', Role: 'new' }],
    ['without a role', { Component: 'nodes/mixed' }],
  ])('%s is neither retired nor terminated, whatever tags it carries', (_, has) => {
    const named = of(has.Component.replace('nodes/', ''));
    expect(tags(instance, has, retired)).toBe(false);
    expect(tags(instance, { ...has, ...named }, retired)).toBe(false);
    const kept = { ...has, ...named, ...retired };
    expect(may('prune-retired', 'ec2:TerminateInstances', instance, { has: kept })).toBe(false);
  });

  it('that a heal has retired goes at its date', () => {
    for (const has of [
      { ...of('alice'), ...retired },
      { ...of('mixed'), Role: 'rpc', ...retired },
    ])
      expect(may('prune-retired', 'ec2:TerminateInstances', instance, { has })).toBe(true);
  });
});

describe('a lock of a snapshot', () => {
  const marked = { 'chainmend:held-by': 'x', 'chainmend:locked-by': 'x' };
  const both = (name: string, has: Readonly<Record<string, string>>) => [
    may(name, 'ec2:LockSnapshot', snapshot, { has, more: { 'ec2:SnapshotLockDuration': '1' } }),
    may(name, 'ec2:UnlockSnapshot', snapshot, { has }),
  ];

  it.each(['replace-node', 'prune-retired'])('is the fleet’s for %s, and nobody else’s', (name) => {
    for (const has of [alice, of('alice'), project]) expect(both(name, { ...has, ...marked })).toEqual([true, true]);
    for (const has of [{}, { Component: 'payroll' }, of('payroll')])
      expect(both(name, { ...has, ...marked })).toEqual([false, false]);
  });
});

describe('a command document', () => {
  const remove = (name: string) =>
    may('prune-retired', 'ssm:DeleteDocument', `arn:aws:ssm:eu-west-1:111122223333:document/${name}`);

  it('of an earlier deployment goes, and none that this one sends', () => {
    for (const { name } of Object.values(commandDocuments())) {
      expect(remove(name)).toBe(false);
      expect(remove(name.replace(/[0-9a-f]{8}$/, '0a1b2c3d'))).toBe(true);
    }
  });

  it('of somebody else stays, though it begins as ours do', () => {
    for (const name of ['chainmend-runbook', 'chainmend-restart-everything', 'chainmend-our-own-0a1b2c3d'])
      expect(remove(name)).toBe(false);
  });
});

describe('an alarm', () => {
  const put = (name: string) =>
    may('register-nodes', 'cloudwatch:PutMetricAlarm', `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${name}`);

  it('is written under the name of a fleet that is deployed, and under no other', () => {
    expect(['chainmend-alice-node1-disk', 'chainmend-bob-node1-disk'].map(put)).toEqual([true, true]);
    expect(['chainmend-payroll', 'chainmend-aliceandmore', 'chainmend/blind', 'payroll'].map(put)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('where there is no room for the values of all fleets', () => {
  const many = (count: number) => buildStack({ fleets: manyFleets(count).map(fleetFile), dashboards: false }).stack;
  const told = (count: number) =>
    Annotations.fromStack(many(count))
      .findWarning('*', Match.stringLikeRegexp('fenced by keys'))
      .map(({ entry }) =>
        String(entry.data).replace(/^The role of \S+ is fenced by keys for (.*), and not by.*$/s, '$1'),
      );

  it('nothing is told of twenty-five fleets, whose fences are by values', () => {
    expect(told(25)).toEqual([]);
  });

  it('a hundred fleets are fenced by keys, which is told at synthesis', () => {
    const synthesized = many(100);
    const ask = (has: Has) => mayIn(resourcesOf(synthesized), 'replace-node', 'ec2:CreateTags', volume, has);
    expect([...new Set(told(100))].sort()).toEqual([
      'alarms of nodes',
      'locks of snapshots',
      'the tags of volumes and instances',
    ]);
    expect(ask({ has: { Component: 'nodes/chain1' }, gives: of('chain2') })).toBe(true);
    expect(ask({ has: { Component: 'payroll' }, gives: of('chain2') })).toBe(false);
  });
});
