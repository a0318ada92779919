// How the durable SDK reads an execution's state and writes its checkpoints: over a client of ours. The SDK's own transport imports a whole Lambda client
// when it first needs it, and a bundle cannot be shaken below such an import.
import type { DurableExecutionClient } from '@aws/durable-execution-sdk-js';
import {
  CheckpointDurableExecutionCommand,
  GetDurableExecutionStateCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';

type Logger = Parameters<DurableExecutionClient['checkpoint']>[1];

/** Each call fails with the client's own error, after it is logged in the words of the SDK's transport. */
export const durableTransport = (client: LambdaClient): DurableExecutionClient => ({
  getExecutionState: (request, logger) =>
    logFailure('Failed to get durable execution state', logger, () =>
      client.send(new GetDurableExecutionStateCommand(request)),
    ),
  checkpoint: (request, logger) =>
    logFailure('Failed to checkpoint durable execution', logger, () =>
      client.send(new CheckpointDurableExecutionCommand(request)),
    ),
});

async function logFailure<Answer>(sentence: string, logger: Logger, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    const requestId = (error as { readonly $metadata?: { readonly requestId?: string } }).$metadata?.requestId;
    logger?.error(sentence, error as Error, { requestId });
    throw error;
  }
}
