// A group whose file names several ports, deployed into the region: each port has a target group with a check that fits it, and all members are in each.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readFleets } from '../../../infra/fleets.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
import { NodesStack } from '../../../infra/stack.ts';
import type { Assembly } from '../../../local/simulator/cloudformation/assembly.ts';
import { parseFleetDocument } from '../../../shared/fleet/whole.ts';
import { firstBootScripts } from '../../../shared/node-commands/index.ts';
import { type WholeRegion, wholeRegion } from '../../fixtures/whole-region.ts';

const [file] = readFleets(join(repositoryRoot, 'local/scenarios/fleets-deploy-ha'));
if (!file?.document.deploy) throw new Error('the scenario deploy-ha has no fleet with deploy');
const { rpcFrom, ...deploy } = file.document.deploy;
const document = parseFleetDocument({
  ...file.document,
  deploy: {
    ...deploy,
    ports: [
      { name: 'rpc', port: 8332, from: rpcFrom },
      { name: 'zmq', port: 28_332, from: 'access' },
    ],
  },
});

let whole: WholeRegion;
beforeEach(async () => {
  whole = await wholeRegion();
});
afterEach(() => whole.following.stop());

describe('a group with two ports', () => {
  it('is deployed: one target group each with the same members, and the group that others import', async () => {
    const { region } = whole;
    const stack = new NodesStack(new App(), 'Nodes', { document, scripts: firstBootScripts() });
    const template = Template.fromStack(stack).toJSON() as Assembly['template'];
    const { resources, outputs } = await region.deploy({ assembly: { stackName: 'Nodes', template, assets: [] } });
    const { TargetGroups } = (await region.call('elasticloadbalancing', 'DescribeTargetGroups', {})) as {
      TargetGroups: {
        Port: number;
        HealthCheckProtocol: string;
        HealthCheckPort: string;
        LoadBalancerArns: string[];
      }[];
    };
    const checks = TargetGroups.map(({ Port, HealthCheckProtocol, HealthCheckPort }) => [
      ...[Port, HealthCheckProtocol, HealthCheckPort],
    ]);
    expect(checks).toEqual([
      [8332, 'HTTP', '8099'],
      [28_332, 'TCP', 'traffic-port'],
    ]);
    expect(new Set(TargetGroups.flatMap(({ LoadBalancerArns }) => LoadBalancerArns)).size).toBe(1);
    const { AutoScalingGroups } = (await region.call('autoscaling', 'DescribeAutoScalingGroups', {})) as {
      AutoScalingGroups: { TargetGroupARNs: string[] }[];
    };
    expect(AutoScalingGroups.map(({ TargetGroupARNs }) => TargetGroupARNs.length)).toEqual([2]);
    expect(outputs['AccessGroup']).toBe(resources.get('Access')?.ref);
    expect(outputs['Endpoint28332']).toMatch(/^[\w-]+\.elb\.eu-west-1\.amazonaws\.com:28332$/);
    expect(outputs['Endpoint8332']).toBe(`http://${outputs['Address']}:8332`);
  });
});
