// Whether an execution lives: only GetDurableExecution decides that, never a clock of ours.
import { GetDurableExecutionCommand, type LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import type { ExecutionStatus } from '../model/execution.ts';

/** An execution whose retention is over ended long before: the service keeps ended ones for 30 days. */
const LONG_AGO_MS = 0;

export async function readExecution(lambda: LambdaClient, arn: string): Promise<ExecutionStatus> {
  try {
    const { Status, EndTimestamp } = await lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }));
    if (Status === 'RUNNING') return { state: 'running' };
    return Status && EndTimestamp ? { state: 'ended', endedAtMs: EndTimestamp.getTime() } : { state: 'unknown' };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return { state: 'ended', endedAtMs: LONG_AGO_MS };
    throw error;
  }
}
