// Lambda throttles a synchronous call: the nodes are unknown, and nothing fails.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { askPeers, type PeersClient } from '../../../functions/rotate-peers/commands.ts';
import type { RotateContext } from '../../../functions/rotate-peers/context.ts';
import { probeInBatches } from '../../../functions/watch-fleet/probes/probe.ts';
import type { FleetNode } from '../../../shared/fleet/nodes.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { fleetNode } from '../../fixtures/builders/node.ts';

const throttled = Object.assign(new Error('Rate Exceeded.'), { name: 'TooManyRequestsException' });
const other = Object.assign(new Error('it is gone'), { name: 'ResourceNotFoundException' });

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('a sweep', () => {
  const portion = { size: 2, atOnce: 2, beginUntilMs: Number.POSITIVE_INFINITY };
  const nodes = ['a', 'b', 'c'].map((instanceId) => ({ instanceId }) as FleetNode);
  const asked = (error: Error) => probeInBatches(nodes, portion, async () => Promise.reject(error));

  it('does not fail by nodes that could not be asked for want of room: they are unknown', async () => {
    const { failures, readings } = await asked(throttled);
    expect(failures).toEqual([]);
    expect([...readings.values()]).toEqual(
      nodes.map(() => ({ kind: 'unasked', reason: expect.stringContaining('Rate Exceeded.') })),
    );
  });

  it('fails by whatever else keeps them from being asked', async () => {
    expect((await asked(other)).failures).toEqual([other, other]);
  });
});

describe('a look at the peers of nodes', () => {
  const client = { peers: { reach: 'network' } } as unknown as PeersClient;
  const readings = async (error: Error) => {
    const fleet = { ...bitcoinFleet({ probe: 'ssm' }), probe: { by: 'vpc', vpcId: 'vpc-0a' } };
    const lambdaOnce = { send: async () => Promise.reject(error) };
    const work = { clients: { lambdaOnce }, environment: { PROBE_FUNCTION_PREFIX: 'probe-' }, fleet };
    const asking = askPeers(work as unknown as RotateContext, client, [
      { ...fleetNode({ instanceId: 'i-0a' }), host: '10.0.0.1' },
    ]).catch((failed: Error) => failed);
    await jest.advanceTimersByTimeAsync(60_000);
    return asking;
  };

  it('tells of each why it was not asked, and goes on with the others', async () => {
    expect(await readings(throttled)).toEqual(
      new Map([['i-0a', { kind: 'error', code: 'unreachable', reason: expect.stringContaining('Rate Exceeded.') }]]),
    );
    expect(await readings(other)).toBe(other);
  });
});
