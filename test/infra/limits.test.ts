// A hundred fleets, within what CloudFormation and IAM take; and what is said where there are more.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import fc from 'fast-check';
import { fenced } from '../../infra/constructs/fleet-grants.ts';
import { type Grant, roleOf } from '../../infra/constructs/grants.ts';
import type { FleetFile } from '../../infra/fleets.ts';
import { limitFault } from '../../infra/limits.ts';
import { commandDocuments } from '../../shared/node-commands/index.ts';
import { sampled } from '../fixtures/asked.ts';
import { manyFleets } from './many-fleets.ts';
import { buildStack, fleetFile, type Resource } from './support.ts';

interface Statement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Condition?: { readonly StringEquals?: Readonly<Record<string, string | readonly string[]>> };
}

interface Policy {
  readonly Statement: readonly Statement[];
}

/** The file as it is synthesized, the template in it, and the policies of each role: its own first. */
function synthesized(fleets: FleetFile[], dashboards: boolean) {
  const { app } = buildStack({ fleets, dashboards, commands: commandDocuments(), email: 'oncall@example.com' });
  const text = readFileSync(app.synth().getStackByName('Chainmend').templateFullPath, 'utf8');
  const resources = Object.entries(JSON.parse(text).Resources as Record<string, Resource>);
  const managed = resources.flatMap(([, { Type, Properties }]) =>
    Type === 'AWS::IAM::ManagedPolicy' ? [Properties] : [],
  );
  const roles = new Map<string, readonly Policy[]>(
    resources.flatMap(([id, { Type, Properties }]) => {
      if (Type !== 'AWS::IAM::Role') return [];
      const attached = managed.filter(({ Roles }) => Roles[0].Ref === id);
      return [[id, [Properties.Policies?.[0]?.PolicyDocument, ...attached.map((one) => one.PolicyDocument)]]];
    }),
  );
  return { text, resources, roles };
}

/** As IAM counts it, in the region with the longest name and with the longest name that an own resource has. */
function charactersOf(policy: unknown): number {
  const words = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(words);
    if (typeof value !== 'object' || value === null) return value;
    const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join, 'Fn::Sub': sub } = value as Record<string, unknown>;
    if (typeof sub === 'string') return sub.replace(/\$\{([^}]+)\}/g, (_, name) => String(words({ Ref: name })));
    if (Ref === 'AWS::AccountId') return '111122223333';
    if (Ref === 'AWS::Region') return 'ap-southeast-2';
    if (Ref === 'AWS::Partition') return 'aws-us-gov';
    if (Ref !== undefined || attribute !== undefined)
      return 'arn:aws-us-gov:sqs:ap-southeast-2:111122223333:chainmend-failed';
    if (Array.isArray(join)) return (words(join[1]) as string[]).join('');
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, words(inner)]));
  };
  return JSON.stringify(words(policy)).length;
}

const hundred = (differently: (fleet: Fleet, at: number) => object): FleetFile[] =>
  manyFleets(100).map((fleet, at) => fleetFile(differently(fleet as Fleet, at)));

interface Fleet {
  readonly fleet: string;
  readonly nodes: { readonly tag: Readonly<Record<string, string>> };
}

const tagged = (fleet: Fleet, tag: Readonly<Record<string, string>>) => ({ ...fleet, nodes: { tag } });

describe('a hundred fleets without dashboards', () => {
  const TAGGED: readonly (readonly [string, (fleet: Fleet, at: number) => object])[] = [
    ['of one tag', (fleet) => fleet],
    ['of two tags', (fleet) => tagged(fleet, { ...fleet.nodes.tag, Stage: 'production' })],
    [
      'of three tags, two of which differ',
      (fleet, at) => tagged(fleet, { ...fleet.nodes.tag, Stage: at % 2 ? 'production' : 'test', Team: 'nodes' }),
    ],
    [
      'whose values have 32 characters',
      (fleet) => tagged(fleet, { Component: `nodes/${fleet.fleet}`.padEnd(32, '-') }),
    ],
    [
      'that use all that a fleet file has',
      (fleet) => ({
        ...{ ...fleet, mode: 'act', snapshots: { clean: {}, everyHours: 6 } },
        drills: { securityGroup: 'sg-0d0000000000000d1' },
        releases: { feed: 'https://github.com/ZcashFoundation/zebra/releases.atom' },
      }),
    ],
  ];
  it.each(sampled('limits', TAGGED, 4))('%s are within every limit of CloudFormation and IAM', (_, differently) => {
    const { text, resources, roles } = synthesized(hundred(differently), false);
    expect(resources.length).toBeGreaterThan(200);
    expect(resources.length).toBeLessThanOrEqual(500);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000);
    for (const [role, [inline, ...managed]] of roles) {
      expect([role, managed.length <= 10, charactersOf(inline ?? '') <= 10_240]).toEqual([role, true, true]);
      for (const policy of managed) expect([role, charactersOf(policy) <= 6_144]).toEqual([role, true]);
    }
  });

  it('have room for a dashboard each, and one of all', () => {
    const { text, resources } = synthesized(
      hundred((fleet) => fleet),
      true,
    );
    expect(resources.filter(([, { Type }]) => Type === 'AWS::CloudWatch::Dashboard')).toHaveLength(101);
    expect(resources.length).toBeLessThanOrEqual(500);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(600_000);
  });

  it('may do the same as few, however their grants are divided: to each of them, and to nothing else', () => {
    const powers = (fleets: FleetFile[]) => {
      const { roles } = synthesized(fleets, false);
      const byKind = new Map<string, Set<string>>();
      for (const [role, policies] of roles) {
        for (const { Sid, Condition, ...rest } of policies.flatMap((policy) => policy?.Statement ?? [])) {
          const entries = Object.entries(Condition?.StringEquals ?? {});
          const isTag = ([key]: readonly [string, unknown]) => key.endsWith('/Component');
          const others = entries.map(([key, value]) => [key, isTag([key, value]) ? '' : value]);
          const kind = JSON.stringify([role, rest, { ...Condition, StringEquals: others }]);
          const some = byKind.get(kind) ?? new Set();
          for (const [, values] of entries.filter(isTag)) for (const value of [values].flat()) some.add(value);
          byKind.set(kind, some);
        }
      }
      return byKind;
    };
    const long = (fleet: Fleet) => tagged(fleet, { Component: `nodes/${fleet.fleet}`.padEnd(32, '-') });
    const all = powers(hundred(long));
    const components = hundred(long).map(({ document }) => document.nodes.tag['Component']);
    // What is granted by the names of fleets, zones or instances differs; what is granted by the nodes' tags has all of them.
    const byTag = [...all.values()].filter((values) => values.size > 0);
    expect(byTag.length).toBeGreaterThanOrEqual(15);
    for (const values of byTag) expect([...values].sort()).toEqual([...components].sort());
    const one = powers(hundred(long).slice(0, 1));
    expect([...one.values()].filter((values) => values.size > 0)).toHaveLength(byTag.length);
  });
});

describe('what does not fit into a role', () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `nodes/${at}`.padEnd(32, '-'));
  const allow = (sid: string, count: number): Grant => ({
    ...{ sid, actions: ['ec2:ModifyVolume'], resources: ['arn:aws:ec2:eu-west-1:111122223333:volume/vol-1'] },
    conditions: { StringEquals: { 'aws:ResourceTag/Component': names(count), 'aws:ResourceTag/Stage': 'production' } },
  });
  const made = (grants: Grant[]) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Roles');
    roleOf(new Construct(stack, 'Some'), new ServicePrincipal('lambda.amazonaws.com'), 'What it may do.', grants);
    const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> };
    const policies = Object.values(Resources).map(
      ({ Properties }) => (Properties.PolicyDocument ?? Properties.Policies[0].PolicyDocument) as Policy,
    );
    return policies.map(({ Statement }) => Statement.map(({ Sid }) => Sid));
  };

  it('goes into managed policies, and what it must never do stays', () => {
    const never: Grant = { sid: 'Never', effect: 'Deny', actions: ['ec2:DeleteVolume'], resources: ['*'] };
    expect(made([allow('One', 10), never])).toEqual([['One', 'Never']]);
    expect(made([allow('One', 150), allow('Two', 150), allow('Three', 2), never])).toEqual([
      ['Never', 'One', 'Three'],
      ['Two'],
    ]);
  });

  it('is halved where a policy has no room for one statement', () => {
    expect(made([allow('One', 250), allow('Two', 250)])).toEqual([['One'], ['TwoA'], ['TwoB']]);
  });

  it('is refused where it cannot be halved', () => {
    const wide: Grant = {
      sid: 'Wide',
      actions: names(800).map((_, at) => `ec2:Describe${at}`),
      resources: ['arn:aws:ec2:::x'],
    };
    expect(() => made([wide])).toThrow(
      /^Wide of Roles\/Some has 1\d{4} characters, IAM allows 6144 in a managed policy/,
    );
  });
});

describe('what is too much is said before AWS says it', () => {
  it.each<[string, FleetFile[], boolean, RegExp]>([
    [
      'the resources of a hundred lifecycle policies and dashboards',
      hundred((fleet) => ({ ...fleet, snapshots: {} })),
      true,
      /^Chainmend: the template has \d{3} resources, CloudFormation allows 500: -c dashboards=none leaves out 101/,
    ],
    [
      'the policies of a hundred fleets with values of 64 characters',
      hundred((fleet) => tagged(fleet, { Component: `nodes/${fleet.fleet}`.padEnd(64, '-') })),
      false,
      /^the role of Chainmend\/ReplaceNode\/ReplaceNode needs \d{2} managed policies, IAM attaches 10: give the fleets selectors that differ/,
    ],
  ])('%s', (_, fleets, dashboards, message) => {
    expect(() => synthesized(fleets, dashboards)).toThrow(message);
  });

  const resources = (count: number, Type = 'AWS::SNS::Topic') =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`R${at}`, { Type }]));

  it.each([
    ['500 resources', { Resources: resources(500) }, undefined],
    ['501 resources', { Resources: resources(501) }, 'the template has 501 resources, CloudFormation allows 500: take'],
    ['201 outputs', { Outputs: resources(201) }, 'the template has 201 outputs, CloudFormation allows 200: take'],
    ['201 parameters', { Parameters: resources(201) }, 'the template has 201 parameters, CloudFormation allows 200'],
    [
      'the bytes of a dashboard',
      { Resources: { A: { Type: 'AWS::CloudWatch::Dashboard', Properties: 'x'.repeat(1_000_000) } } },
      'bytes, CloudFormation allows 1,000,000: dashboards: false leaves out 1 dashboards of 1,000,0',
    ],
    [
      'white space alone',
      { Resources: { A: { Type: 'AWS::SNS::Topic', Properties: Array.from({ length: 490_000 }, () => 1) } } },
      'give the stack suppressTemplateIndentation: true, which makes it 980,',
    ],
  ])('%s', (_, template, fault) => {
    const told = limitFault(template, true, 'dashboards: false');
    expect(told).toEqual(fault === undefined ? undefined : expect.stringContaining(fault));
  });
});

describe('the condition of a grant', () => {
  it.each([
    ['one tag', [{ A: '1' }, { A: '2' }], [{ 'p/A': ['1', '2'] }]],
    ['one tag, twice the same', [{ A: '1' }, { A: '1' }], [{ 'p/A': ['1'] }]],
    ['two keys', [{ A: '1' }, { B: '2' }], [{ 'p/A': ['1'] }, { 'p/B': ['2'] }]],
    [
      'two tags, one alike',
      [
        { A: '1', S: 'x' },
        { A: '2', S: 'x' },
      ],
      [{ 'p/A': ['1', '2'], 'p/S': 'x' }],
    ],
    [
      'two tags, both of which differ: not every pair of them',
      [
        { A: '1', S: 'x' },
        { A: '2', S: 'y' },
      ],
      [
        { 'p/A': '1', 'p/S': 'x' },
        { 'p/A': '2', 'p/S': 'y' },
      ],
    ],
    ['one tag before two', [{ A: '1', S: 'x' }, { A: '2' }], [{ 'p/A': ['2'] }, { 'p/A': '1', 'p/S': 'x' }]],
  ])('%s', (_, selectors, conditions) => {
    const some = selectors as unknown as readonly Readonly<Record<string, string>>[];
    expect(fenced(some, 'p')).toEqual(conditions.map((condition) => ({ StringEquals: condition })));
  });

  it('lets through what a selector names, and nothing else', () => {
    const value = fc.constantFrom('1', '2', '3');
    const tags = fc.record({ A: value, B: value, C: value }, { requiredKeys: [] });
    const selectors = fc.array(
      tags.filter((some) => Object.keys(some).length > 0),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(selectors, tags, (all, resource) => {
        const carries = (wanted: Readonly<Record<string, unknown>>) =>
          Object.entries(wanted).every(([key, one]) => [one].flat().includes(resource[key as 'A']));
        const conditions = fenced(all as readonly Record<string, string>[], 'p').map(({ StringEquals }) =>
          Object.fromEntries(Object.entries(StringEquals).map(([key, one]) => [key.slice(2), one])),
        );
        expect(conditions.some(carries)).toBe(all.some(carries));
      }),
      { numRuns: 500 },
    );
  });

  it('is never empty', () => {
    expect(() => fenced([{}], 'p')).toThrow('a selector without tags');
  });
});
