import { describe, expect, it } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { MACHINE_METRICS } from '../../infra/agent-config.ts';
import { SnapshotPolicies } from '../../infra/constructs/snapshots.ts';
import type { Template as LocalTemplate } from '../../local/simulator/cloudformation/assembly.ts';
import { resolve } from '../../local/simulator/cloudformation/intrinsics.ts';
import {
  CONSENSUS_CLIENT_METRICS,
  CONSENSUS_METRICS,
  FLEET_METRICS,
  NODE_METRICS,
  OPEN_INCIDENTS,
} from '../../shared/fleet/resource-names.ts';
import { bitcoin, buildStack, fleetFile, listOf, litecoin, type Resource, resourcesOf, text } from './support.ts';

const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const kept = fleetFile({ ...bitcoin.document, snapshots: { everyHours: 6, keep: 4 } });
const sent = fleetFile({
  ...bitcoin.document,
  fleet: 'irita',
  chain: 'cometbft',
  nodes: { tag: { Project: 'irita' } },
  volumes: { data: '/data', logs: { path: '/logs', tag: { Part: 'logs' } } },
  alarms: {},
  snapshots: {
    shareWith: { accounts: ['444455556666'], kmsKeyArn: key, identityFree: true },
    copyTo: { region: 'eu-central-1', keepDays: 30 },
  },
});

describe('dashboards', () => {
  const { stack } = buildStack({ fleets: [bitcoin, sent] });
  /** As CloudFormation joins them. */
  const bodiesIn = (of: ReturnType<typeof buildStack>['stack']): Map<string, string> => {
    const template = Template.fromStack(of).toJSON() as LocalTemplate;
    const scope = {
      ...{ template, stackName: 'Chainmend', accountId: '111122223333', regionName: 'eu-west-1' },
      ...{ parameters: new Map(), resources: new Map() },
    };
    return new Map(
      resourcesOf(of)('AWS::CloudWatch::Dashboard').map(({ Properties }) => [
        Properties.DashboardName as string,
        String(resolve(Properties.DashboardBody, scope, 'DashboardBody')),
      ]),
    );
  };
  const dashboards = new Map([...bodiesIn(stack)].map(([name, body]) => [name, JSON.parse(body).widgets as unknown[]]));
  const drawn = (fleet: string) => JSON.stringify(dashboards.get(`chainmend-${fleet}`));

  it('are there for each fleet, by its name', () => {
    expect([...dashboards.keys()].sort()).toEqual(['chainmend', 'chainmend-bitcoin', 'chainmend-irita']);
  });

  it('are to the byte what each would be alone, and stand once in the template where they are alike', () => {
    const named = (fleet: string) => fleetFile({ ...bitcoin.document, fleet, nodes: { tag: { Component: fleet } } });
    // The second name is a word of every dashboard, the third begins as another one does.
    const fleets = [bitcoin, named('label'), named('bitcoin-2'), sent];
    const together = buildStack({ fleets }).stack;
    const alone = fleets.flatMap((fleet) => [...bodiesIn(buildStack({ fleets: [fleet] }).stack)]);
    const { chainmend, ...own } = Object.fromEntries(bodiesIn(together));
    expect(Object.entries(own)).toEqual(alone);
    expect(chainmend).toContain('[bitcoin-2](#dashboards:name=chainmend-bitcoin-2)');
    const written = JSON.stringify(Template.fromStack(together).toJSON());
    expect(written.split('Age of the last block, s')).toHaveLength(2);
  });

  it('draw every metric that is published, of nodes whoever they are', () => {
    for (const metric of NODE_METRICS)
      expect(drawn('bitcoin')).toContain(`{chainmend,Fleet,Node} MetricName=\\"${metric}\\" Fleet=\\"bitcoin\\"`);
    for (const metric of [...FLEET_METRICS, OPEN_INCIDENTS]) expect(drawn('bitcoin')).toContain(`"${metric}"`);
    for (const metric of MACHINE_METRICS)
      expect(drawn('bitcoin')).toContain(`Namespace=\\"CWAgent\\" MetricName=\\"${metric}\\" Fleet=\\"bitcoin\\"`);
  });

  it('draw the height of each node, which is no metric: the newest block less its lag', () => {
    expect(drawn('bitcoin')).toContain('"expression":"tip - lag"');
    expect(drawn('bitcoin')).toMatch(/\["chainmend","Tip","Fleet","bitcoin",\{[^}]*"id":"tip"/);
  });

  it('are one more for several fleets: what is new, sick, open, halted, behind and full in any of them', () => {
    const all = JSON.stringify(dashboards.get('chainmend'));
    for (const metric of ['Tip', 'Unhealthy', OPEN_INCIDENTS, 'Halted'])
      expect(all).toContain(`SEARCH('{chainmend,Fleet} MetricName=\\"${metric}\\"'`);
    for (const metric of ['HeightLag', 'DiskUsedPercent'])
      expect(all).toContain(`SORT(SEARCH('{chainmend,Fleet,Node} MetricName=\\"${metric}\\"'`);
    // No name of a fleet stands in a search: a fleet's nodes are found by its dimension.
    expect(all).not.toContain('Fleet=');
    expect(resourcesOf(buildStack({ fleets: [bitcoin] }).stack)('AWS::CloudWatch::Dashboard')).toHaveLength(1);
    expect(all).not.toContain('metrics: otlp');
    const otlp = fleetFile({ ...sent.document, metrics: 'otlp' });
    const [, , told] = resourcesOf(buildStack({ fleets: [bitcoin, otlp] }).stack)('AWS::CloudWatch::Dashboard');
    expect(text(told?.Properties.DashboardBody)).toContain('Of irita only open incidents are drawn here');
  });

  it('draw the rules of consensus where the chain has one whose metrics are read', () => {
    for (const metric of CONSENSUS_METRICS) {
      expect(drawn('irita')).toContain(`"${metric}"`);
      expect(drawn('bitcoin')).not.toContain(`"${metric}"`);
    }
    const unread = fleetFile({ ...sent.document, rpc: { metricsPort: 'none' } });
    const [only] = resourcesOf(buildStack({ fleets: [unread] }).stack)('AWS::CloudWatch::Dashboard');
    expect(text(only?.Properties.DashboardBody)).not.toContain('ConsensusRounds');
  });

  it('draw consensus clients where the fleet has them asked', () => {
    const asked = fleetFile({ ...bitcoin.document, fleet: 'ethereum', chain: 'ethereum', rpc: { beaconPort: 5052 } });
    const [only] = resourcesOf(buildStack({ fleets: [asked] }).stack)('AWS::CloudWatch::Dashboard');
    for (const metric of CONSENSUS_CLIENT_METRICS) {
      expect(text(only?.Properties.DashboardBody)).toContain(metric);
      expect(drawn('bitcoin')).not.toContain(metric);
    }
  });

  it('draw voting power at its lowest, and everything else at its highest', () => {
    const stats = [...drawn('irita').matchAll(/"label":"(\w+)",(?:"id":"tip",)?"period":60,"stat":"(\w+)"/g)];
    const lowest = stats.flatMap(([, label, stat]) => (stat === 'Minimum' ? [label] : []));
    expect(lowest).toEqual(['OnlineVotingPowerPercent']);
    expect(stats.length).toBe(FLEET_METRICS.length + CONSENSUS_METRICS.length + 1);
  });

  it('draw the disks of every volume, and say where alarms, journal and runbooks are', () => {
    expect(drawn('irita')).toContain('path=\\"/logs\\"');
    expect(drawn('irita')).toContain('docs/runbooks/byzantine-validators.md');
    expect(drawn('irita')).toContain('JOURNAL#irita');
  });
});

describe('snapshots', () => {
  const { app, stack } = buildStack({ fleets: [kept, sent, litecoin], checked: true });
  const policies = resourcesOf(stack)('AWS::DLM::LifecyclePolicy');
  const roles = resourcesOf(stack)('AWS::IAM::Role');
  const policyOf = (fleet: string) =>
    policies.find(({ Properties }) => Properties.Tags[0].Value === fleet)?.Properties as Resource['Properties'];
  const roleOf = (fleet: string) =>
    roles.find(({ id }) => text(policyOf(fleet).ExecutionRoleArn) === `<${id}.Arn>`)
      ?.Properties as Resource['Properties'];
  const statementsOf = (fleet: string): Resource['Properties'][] => roleOf(fleet).Policies[0].PolicyDocument.Statement;
  const allowing = (fleet: string, action: string) =>
    statementsOf(fleet).filter(({ Action }) => listOf(Action).includes(action));

  it('are made for fleets whose file says so, and for no other', () => {
    expect(policies).toHaveLength(2);
    expect(resourcesOf(buildStack().stack)('AWS::DLM::LifecyclePolicy')).toEqual([]);
  });

  it('are of the volumes of the fleet, carry their tags and the fleet’s name, and the oldest go', () => {
    expect(policyOf('bitcoin')).toMatchObject({
      State: 'ENABLED',
      PolicyDetails: {
        ResourceTypes: ['VOLUME'],
        TargetTags: [{ Key: 'Component', Value: 'nodes/bitcoin' }],
        Schedules: [
          {
            CopyTags: true,
            TagsToAdd: [{ Key: 'chainmend:fleet', Value: 'bitcoin' }],
            CreateRule: { Interval: 6, IntervalUnit: 'HOURS' },
            RetainRule: { Count: 4 },
          },
        ],
      },
    });
    expect(policyOf('bitcoin').Description).toMatch(/^[0-9A-Za-z _-]+$/);
    expect(policyOf('irita').PolicyDetails.TargetTags).toEqual([
      { Key: 'Project', Value: 'irita' },
      { Key: 'Part', Value: 'logs' },
    ]);
  });

  it('are shared and copied where the file says so', () => {
    const [schedule] = policyOf('irita').PolicyDetails.Schedules;
    expect(schedule.ShareRules).toEqual([{ TargetAccounts: ['444455556666'] }]);
    expect(schedule.CrossRegionCopyRules).toEqual([
      { Target: 'eu-central-1', Encrypted: true, CopyTags: true, RetainRule: { Interval: 30, IntervalUnit: 'DAYS' } },
    ]);
    const [plain] = policyOf('bitcoin').PolicyDetails.Schedules;
    expect(Object.keys(plain)).not.toContain('ShareRules');
    expect(Object.keys(plain)).not.toContain('CrossRegionCopyRules');
  });

  it('are made of volumes that carry the tags of the fleet, and only what was made here is deleted or shared', () => {
    const [ofVolumes, ofSnapshots] = allowing('bitcoin', 'ec2:CreateSnapshot');
    expect(ofVolumes.Condition).toEqual({ StringEquals: { 'aws:ResourceTag/Component': ['nodes/bitcoin'] } });
    expect(text(ofVolumes.Resource)).toMatch(/:volume\/\*$/);
    expect(text(ofSnapshots.Resource)).toMatch(/::snapshot\/\*$/);
    for (const action of ['ec2:DeleteSnapshot', 'ec2:ModifySnapshotAttribute']) {
      const [statement] = allowing('irita', action);
      expect(statement.Condition).toEqual({ StringEquals: { 'aws:ResourceTag/chainmend:fleet': 'irita' } });
    }
    expect(allowing('bitcoin', 'ec2:ModifySnapshotAttribute')).toEqual([]);
    expect(allowing('bitcoin', 'ec2:CopySnapshot')).toEqual([]);
    expect(allowing('bitcoin', 'kms:CreateGrant')).toEqual([]);
  });

  it('are made by a role of their own, which DLM may take for this account’s policies only', () => {
    const [{ Principal, Condition }] = roleOf('irita').AssumeRolePolicyDocument.Statement;
    expect(Principal).toEqual({ Service: 'dlm.amazonaws.com' });
    expect(text(Condition.ArnLike['aws:SourceArn'])).toBe(
      'arn:<AWS::Partition>:dlm:<AWS::Region>:<AWS::AccountId>:policy/*',
    );
    expect(roleOf('irita').ManagedPolicyArns).toBeUndefined();
    const actions = statementsOf('irita').flatMap(({ Action }) => listOf(Action) as string[]);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    const [grant] = allowing('irita', 'kms:CreateGrant');
    expect(text(grant.Condition.StringEquals['kms:ViaService'])).toBe('ec2.<AWS::Region>.amazonaws.com');
    expect(grant).toMatchObject({ Resource: key });
  });

  it('pass the checks, each wildcard with its reason', () => {
    expect(() => app.synth()).not.toThrow();
  });

  it('of volumes that two tags tell are refused, as DLM would take those that carry one', () => {
    const fleet = { ...kept.fleet, volumes: [{ role: 'data', path: '/x', tags: { A: 'b', C: 'd' } }] };
    expect(() => new SnapshotPolicies(buildStack().stack, 'Again', [fleet])).toThrow(
      'fleet "bitcoin": volume data has 2 tags, snapshots need exactly one',
    );
  });
});
