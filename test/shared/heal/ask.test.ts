// Whether people are asked at all for a yes to what a node cannot be told.
import { describe, expect, it } from '@jest/globals';
import { askPersonOfCommands } from '../../../shared/heal/ask.ts';
import type { ActContext, HealContext } from '../../../shared/heal/context.ts';

const question = { sentence: 'grow 1 → 2 GiB', words: { would: 'grow', because: 'it is full' }, terms: [] };

/** Tells by the callback whether the person was asked. */
const contextOf = (agent: object): ActContext<HealContext> =>
  ({
    clients: { ssm: { send: async () => ({ InstanceInformationList: [agent] }) } },
    payload: { instanceId: 'i-1' },
    step: async (name: string, body: () => Promise<unknown>) =>
      name === 'before' ? { hours: 4, stands: null } : body(),
    durable: {
      createCallback: async () => {
        throw new Error('the person is asked');
      },
    },
  }) as unknown as ActContext<HealContext>;

describe('a plan of commands to a node', () => {
  it('is put to a person where the node’s agent can take them', async () => {
    for (const agent of [{ PingStatus: 'Online', AgentVersion: '3.3.3050.0' }, { PingStatus: 'ConnectionLost' }])
      await expect(askPersonOfCommands(contextOf(agent), question)).rejects.toThrow('the person is asked');
  });

  it('is put to nobody where its agent is too old for any', async () => {
    const old = contextOf({ PingStatus: 'Online', AgentVersion: '3.3.2745.9' });
    await expect(askPersonOfCommands(old, question)).resolves.toMatchObject({ refuse: 'agent-too-old' });
  });
});
