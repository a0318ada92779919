// What a deployment opens, as `check` says it, and whether AWS's quotas have room for it.
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { describe, expect, it } from '@jest/globals';
import { openingText, roomForPorts, rulesQuota } from '../../../../infra/commands/nodes/open-ports.ts';
import { parseFleetDocument } from '../../../../shared/fleet/whole.ts';

const GROUP = 'sg-0123456789abcdef0';
const file = (deploy: object | undefined, more: object = {}) =>
  parseFleetDocument({
    ...{
      fleet: 'mainnet',
      chain: 'ethereum',
      mode: 'plan',
      nodes: { tag: { A: 'b' } },
      role: 'follower',
      unit: 'geth',
    },
    ...(deploy && { deploy: { instanceType: 'm6i.large', volume: { sizeGiB: 500 }, ...deploy } }),
    ...more,
  });
const SINGLE = { kind: 'single', nodes: { node1: 'eu-west-1a' } };
const HA = { kind: 'ha', group: { size: 3 } };
const OF_HA = { snapshots: { clean: {} }, asg: { seed: 'newest-good', identityFree: true } };
const ports = [
  { name: 'rpc', port: 8545, from: GROUP },
  { name: 'ws', port: 8546, from: 'access' },
];

describe('what is open is said', () => {
  it.each([
    [
      'each port, with its group',
      file({ ...SINGLE, ports }),
      `mainnet opens rpc (8545) to ${GROUP}, ws (8546) to who joins the group chainmend:mainnet:access.`,
    ],
    ['the RPC of an old file', file({ ...SINGLE, rpcFrom: GROUP }), `mainnet opens rpc (8545) to ${GROUP}.`],
    [
      'that nobody may',
      file(SINGLE),
      'Nobody may open a port of the clients of mainnet (deploy.ports, deploy.rpcFrom).',
    ],
    [
      'a load balancer',
      file({ ...HA, rpcFrom: GROUP }, OF_HA),
      `mainnet opens rpc (8545) to ${GROUP}, by a load balancer.`,
    ],
    ['nothing, where nothing is deployed', file(undefined), null],
  ])('%s', (_, document, said) => {
    expect(openingText('chainmend', document)).toBe(said);
  });
});

describe('the quotas', () => {
  it('have room for what is opened, and it is said how much of them', () => {
    expect(roomForPorts(file({ ...SINGLE, ports }), { value: 60 })).toEqual({
      line: 'mainnet: 4 of 60 rules of its nodes’ security group',
    });
    expect(roomForPorts(file({ ...HA, ports }, OF_HA), { value: 60 })).toEqual({
      line: 'mainnet: 7 of 60 rules of its nodes’ security group, 2 of 50 listeners of its load balancer',
    });
    expect(roomForPorts(file(undefined), { value: 60 })).toBeNull();
  });

  it('that are too small are a problem, with what was expected and the command', () => {
    expect(roomForPorts(file({ ...SINGLE, ports }), { value: 3 })?.problem).toBe(
      'mainnet: deploy.ports opens 2, and the security group of its nodes would have 4 rules; expected at most 3, the account’s quota: aws service-quotas request-service-quota-increase --service-code vpc --quota-code L-0EA8095F --desired-value 4',
    );
  });

  it('that nobody knows are no problem, and it is said that they are not known', () => {
    expect(roomForPorts(file({ ...SINGLE, ports }), { unread: 'Service Quotas does not answer' })).toEqual({
      line: 'mainnet: its nodes’ security group needs 4 rules; Service Quotas does not answer',
    });
  });

  it('are asked by their code, and what fails is a sentence', async () => {
    const asked: object[] = [];
    const answering = (answer: () => object) =>
      ({
        send: async ({ input }: { input: object }) => {
          asked.push(input);
          return answer();
        },
      }) as unknown as ServiceQuotasClient;
    expect(await rulesQuota(answering(() => ({ Quota: { Value: 120 } })))).toEqual({ value: 120 });
    expect(asked).toEqual([{ ServiceCode: 'vpc', QuotaCode: 'L-0EA8095F' }]);
    const denied = await rulesQuota(
      answering(() => {
        throw new Error('not allowed');
      }),
    );
    expect(denied).toEqual({ unread: expect.stringContaining('the quota of rules of a security group') });
  });
});
