// The wait for the agent of a throw-away instance.
import { describe, expect, it } from '@jest/globals';
import { awaitBoot } from '../../../functions/audit-snapshots/machine.ts';
import type { DrillActContext } from '../../../functions/audit-snapshots/state.ts';
import type { Drill } from '../../../shared/heal/drill.ts';
import { DEPLOYED, deployedOf } from '../../fixtures/builders/fleet.ts';

const PREFIX = '/chainmend';
const FLEET = { fleet: 'bitcoin', chain: 'bitcoin', role: 'follower', unit: 'bitcoind', mode: 'act' };
const document = { ...FLEET, nodes: { tag: { Component: 'nodes/bitcoin' } }, volumes: { data: '/node-data' } };

interface World {
  readonly pause?: string;
  readonly incidents?: readonly object[];
  /** undefined: it is not heard of. */
  readonly agent?: string;
  readonly state?: string;
}

/** A region in which an instance boots, and a table with incidents; polls take no time. */
function boot({ pause = 'off', incidents = [], agent, state = 'running' }: World, startedAtMs = Date.now()) {
  const parameters = [
    { Name: `${PREFIX}/pause`, Value: pause },
    { Name: `${PREFIX}/fleets/bitcoin`, Value: JSON.stringify(document) },
    { Name: DEPLOYED, Value: deployedOf(document) },
  ];
  const ssm = async ({ constructor: { name } }: object) =>
    name === 'GetParametersCommand'
      ? { Parameters: parameters }
      : { InstanceInformationList: agent ? [{ PingStatus: 'Online', AgentVersion: agent }] : [] };
  const instance = { InstanceId: 'i-1', State: { Name: state } };
  const context = {
    clients: {
      ssm: { send: ssm },
      ec2: { send: async () => ({ Reservations: [{ Instances: [instance] }] }) },
    },
    environment: { PARAMETER_PREFIX: PREFIX },
    payload: { fleet: 'bitcoin' },
    store: { readIncidents: async () => incidents },
    durable: { wait: async () => undefined },
    step: async (_: string, body: () => Promise<unknown>) => body(),
    place: 'boot',
  };
  return awaitBoot(context as unknown as DrillActContext, { instanceId: 'i-1', startedAtMs } as Drill);
}

describe('an instance of a drill that boots', () => {
  it('is waited for until its agent can take commands', async () => {
    expect(await boot({ agent: '3.3.3050.0' })).toEqual({ up: true });
    expect(await boot({ state: 'shutting-down' })).toMatchObject({ failed: expect.stringContaining('shutting-down') });
  });

  it('is not waited for in a pause, nor while a heal is at work, and nobody is told of that', async () => {
    expect(await boot({ pause: 'Anna needs the quota' })).toEqual({
      failed: expect.stringContaining('Anna needs the quota'),
      isTold: false,
    });
    const incident = { node: 'node4', trigger: 'node:health', state: 'open' };
    expect(await boot({ incidents: [incident] })).toEqual({
      failed: expect.stringContaining('node4 (node:health)'),
      isTold: false,
    });
    expect(await boot({ incidents: [{ ...incident, state: 'healed' }], agent: '3.3.3050.0' })).toEqual({ up: true });
  });

  it('is given up after twenty minutes, however long a poll takes', async () => {
    const silent = { failed: expect.stringContaining('within 20 min'), isTold: true };
    expect(await boot({}, Date.now() - 21 * 60_000)).toEqual(silent);
    expect(await boot({})).toEqual(silent);
  });
});
