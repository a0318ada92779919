// Mode ask: what a yes to a plan of the ladder is worth when the plan is another one by then. The attempt as it runs, up to its lease.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { describe, expect, it } from '@jest/globals';
import { attempt } from '../../functions/replace-node/attempt.ts';
import type { HealContext } from '../../functions/replace-node/context.ts';
import { keys } from '../../shared/heal/store.ts';
import { bitcoin } from '../support/fleet-documents.ts';
import {
  allocatedIncident,
  DATA_VOLUME,
  INSTANCE,
  ME,
  NODE_TAGS,
  nodeRecord,
  OTHER,
  payload,
} from '../support/heal-facts.ts';
import { patientContext, shell } from '../support/heal-shell.ts';
import { tableOfHeals } from '../support/table.ts';

const EXECUTION = ME.replace('resize-volume', 'replace-node');
const asTags = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** An attempt that asks a person about a restart; the node is held by another heal, so that it ends when it wants the lease. */
async function asked(answerTo: (plan: string) => object, meanwhile: (volume: { Size: number }) => void = () => {}) {
  const { store } = tableOfHeals();
  const trigger = 'node:health';
  const wish = { ...payload({ mode: 'ask', trigger }), kind: 'replace-node', want: { do: 'heal' } } as const;
  await store.replace(keys.incident('bitcoin', INSTANCE, trigger), {
    ...allocatedIncident({ trigger, version: 1 }),
    ...{ payload: wish, version: 1 },
  });
  await store.replace(keys.node('bitcoin', INSTANCE), nodeRecord({ owner: OTHER, fence: 1 }));
  const sick = {
    instanceId: INSTANCE,
    health: 'stuck',
    reason: 'it stands still',
    height: 5,
    lagBlocks: 9,
    sinceMs: 0,
  };
  const seen = { observedAtMs: Date.now(), nodes: [sick], version: 1 };
  await store.replace(keys.observation('bitcoin', 0), seen);

  const here = shell();
  const file = { ...bitcoin, mode: 'ask', probe: 'ssm', replace: { rungs: ['restart'] } };
  here.parameters.set('/chainmend/fleets/bitcoin', JSON.stringify(file));
  const Tags = asTags(NODE_TAGS);
  const volume = {
    ...{ VolumeId: DATA_VOLUME, State: 'in-use', Size: 500, VolumeType: 'gp3', AvailabilityZone: 'eu-west-1a', Tags },
    Attachments: [{ InstanceId: INSTANCE, Device: '/dev/sdf', State: 'attached' }],
  };
  const { promise: answered, resolve: answer } = Promise.withResolvers<string>();
  Object.assign(here.answers, {
    DescribeInstancesCommand: () => ({
      Reservations: [{ Instances: [{ InstanceId: INSTANCE, State: { Name: 'running' }, Tags }] }],
    }),
    DescribeInstanceStatusCommand: () => ({ InstanceStatuses: [] }),
    DescribeVolumesCommand: () => ({ Volumes: [volume] }),
    GetDurableExecutionCommand: () => ({ Status: 'RUNNING' }),
    // A person reads the page, takes his time, and answers.
    PublishCommand: ({ Message }: { Message: string }) => {
      const { plan } = JSON.parse(JSON.parse(Message).lambda) as { plan?: string };
      meanwhile(volume);
      if (plan !== undefined) answer(JSON.stringify(answerTo(plan)));
      return {};
    },
  });
  const ctx = { ...patientContext().ctx, createCallback: async () => [answered, 'callback-1'] };
  const environment = { ...here.tools.environment, KMS_KEYS: '' };
  const tools = { ...here.tools, store, payload: wish, execution: EXECUTION, environment };
  const ending = await attempt(ctx as unknown as DurableContext, tools as unknown as HealContext);
  return { ending, sent: here.changes().filter((name) => name !== 'PublishCommand') };
}

const yes = (plan: string) => ({ approve: true, plan });

describe('a plan that a person has said yes to', () => {
  it('is carried out as it was shown', async () => {
    // Up to the node's lease, which is another heal's.
    expect(await asked(yes)).toMatchObject({ ending: { code: 'busy' }, sent: [] });
  });

  it('is not carried out where it is another one by then, and people are told the difference', async () => {
    const told = await asked(yes, (volume) => {
      volume.Size = 900;
    });
    expect(told).toMatchObject({
      ending: { outcome: 'refused', code: 'approval-exceeded', reason: expect.stringMatching(/500 GiB.* → .*900 GiB/) },
      sent: [],
    });
  });

  it.each<[string, (plan: string) => object]>([
    ['to another plan', () => yes('0000000000000000')],
    ['that is a no', (plan) => ({ approve: false, plan })],
  ])('is not carried out for an answer %s', async (_, answer) => {
    expect(await asked(answer)).toMatchObject({ ending: { code: 'approval-denied' }, sent: [] });
  });
});
