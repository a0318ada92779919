// Queries of people and other functions about durable executions: get, list, history, stop.
import type {
  Execution as ExecutionSummary,
  GetDurableExecutionHistoryRequest,
  GetDurableExecutionRequest,
  GetDurableExecutionResponse,
  ListDurableExecutionsByFunctionRequest,
  StopDurableExecutionRequest,
} from '@aws-sdk/client-lambda';
import type { Call } from '../../simulator/service.ts';
import { paged } from './checkpoints.ts';
import type { Execution } from './execution.ts';
import type { Executions } from './executions.ts';
import type { Functions } from './functions.ts';
import { withoutData } from './history.ts';

export function createDurableQueries(functions: Functions, executions: Executions) {
  const get = (input: GetDurableExecutionRequest): GetDurableExecutionResponse => {
    const execution = executions.find(input.DurableExecutionArn);
    const withData = input.IncludeExecutionData ?? true;
    return {
      ...summary(execution),
      Version: execution.target.fn.version,
      DurableConfig: execution.config,
      ExecutionDataIncluded: withData,
      ...(withData ? { InputPayload: execution.payload } : {}),
      ...(withData && execution.result !== undefined ? { Result: execution.result } : {}),
      ...(withData && execution.error !== undefined ? { Error: execution.error } : {}),
    };
  };

  const list = (input: ListDurableExecutionsByFunctionRequest): object => {
    const { fn, qualifier } = functions.resolve(input.FunctionName ?? '', input.Qualifier);
    const matching = executions
      .all()
      .filter(({ target }) => target.fn.functionName === fn.functionName)
      .filter(({ target }) => qualifier === undefined || target.fn.version === fn.version)
      .filter(({ name }) => input.DurableExecutionName === undefined || name === input.DurableExecutionName)
      .filter(({ status }) => !input.Statuses?.length || input.Statuses.includes(status))
      .filter(({ startedAtMs }) => input.StartedAfter === undefined || startedAtMs > input.StartedAfter.getTime())
      .filter(({ startedAtMs }) => input.StartedBefore === undefined || startedAtMs < input.StartedBefore.getTime());
    // "ReverseOrder: set to true to return results in chronological order"
    const ordered = input.ReverseOrder === true ? matching : matching.reverse();
    const { items, next } = paged(ordered.map(summary), input.Marker, input.MaxItems);
    return { DurableExecutions: items, ...next };
  };

  const history = (input: GetDurableExecutionHistoryRequest): object => {
    const execution = executions.find(input.DurableExecutionArn);
    const events = input.IncludeExecutionData === false ? execution.history.map(withoutData) : [...execution.history];
    const ordered = input.ReverseOrder === true ? events.reverse() : events;
    const { items, next } = paged(ordered, input.Marker, input.MaxItems);
    return { Events: items, ...next };
  };

  /** Stopping an ended execution changes nothing, and returns its end time. */
  const stop = (input: StopDurableExecutionRequest, call: Call): object => {
    const execution = executions.find(input.DurableExecutionArn);
    executions.end(execution, 'STOPPED', { error: input.Error ?? {} });
    return { StopTimestamp: new Date(execution.endedAtMs ?? call.at) };
  };

  return { get, list, history, stop };
}

function summary(execution: Execution): ExecutionSummary {
  return {
    DurableExecutionArn: execution.arn,
    DurableExecutionName: execution.name,
    FunctionArn: `${execution.target.fn.unqualifiedArn}:${execution.target.fn.version}`,
    Status: execution.status,
    StartTimestamp: new Date(execution.startedAtMs),
    ...(execution.endedAtMs === undefined ? {} : { EndTimestamp: new Date(execution.endedAtMs) }),
  };
}
