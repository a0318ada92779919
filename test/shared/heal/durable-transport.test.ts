import type { LambdaClient } from '@aws-sdk/client-lambda';
import { expect, it } from '@jest/globals';
import { durableTransport } from '../../../shared/heal/durable-transport.ts';

const sending = (send: (command: { readonly input: object }) => Promise<object>) =>
  durableTransport({ send } as unknown as LambdaClient);

const request = { DurableExecutionArn: 'arn', CheckpointToken: 'token' };

it('a checkpoint and the state of an execution are asked of the given client', async () => {
  const sent: [string, object][] = [];
  const transport = sending(async (command) => {
    sent.push([command.constructor.name, command.input]);
    return { Operations: [] };
  });
  await transport.checkpoint({ ...request, Updates: [] });
  expect(await transport.getExecutionState(request)).toEqual({ Operations: [] });
  expect(sent).toEqual([
    ['CheckpointDurableExecutionCommand', { ...request, Updates: [] }],
    ['GetDurableExecutionStateCommand', request],
  ]);
});

it('what AWS refuses is logged with its request, and fails', async () => {
  const refused = Object.assign(new Error('no'), { $metadata: { requestId: 'r-1' } });
  const transport = sending(() => Promise.reject(refused));
  const lines: unknown[][] = [];
  const logger = { error: (...line: unknown[]) => void lines.push(line) } as unknown as Parameters<
    typeof transport.checkpoint
  >[1];
  await expect(transport.checkpoint({ ...request, Updates: [] }, logger)).rejects.toBe(refused);
  await expect(transport.getExecutionState(request, logger)).rejects.toBe(refused);
  expect(lines).toEqual([
    ['Failed to checkpoint durable execution', refused, { requestId: 'r-1' }],
    ['Failed to get durable execution state', refused, { requestId: 'r-1' }],
  ]);
});
