// Runs one invocation of a function, counted as CloudWatch counts it.
import type { PutMetric } from '../../simulator/lambda-runtime/environment.ts';
import type { Target } from './functions.ts';
import type { Outcome, Sandboxes } from './sandboxes.ts';

export type Measure = (target: Target, metricName: string, value: number) => void;

export type Invoke = (target: Target, requestId: string, payload: string, done: (outcome: Outcome) => void) => void;

/** "Viewing metrics for Lambda functions": each metric by function name and, for qualified names, also by resource. */
export function createMeasure(put: PutMetric): Measure {
  return (target, metricName, value) => {
    const { functionName } = target.fn;
    put('AWS/Lambda', metricName, { FunctionName: functionName }, value);
    if (target.qualifier === undefined) return;
    const resource = `${functionName}:${target.qualifier}`;
    put('AWS/Lambda', metricName, { FunctionName: functionName, Resource: resource }, value);
  };
}

/** Calls `done` exactly once. If it throws TooManyRequestsException, it never calls `done`. */
export function createInvoke(sandboxes: Sandboxes, measure: Measure): Invoke {
  return (target, requestId, payload, done) => {
    const { fn, invokedArn } = target;
    try {
      sandboxes.run({ fn, invokedArn, requestId, payload }, (outcome) => {
        measure(target, 'Invocations', 1);
        measure(target, 'Errors', outcome.ok ? 0 : 1);
        done(outcome);
      });
    } catch (error) {
      measure(target, 'Throttles', 1);
      throw error;
    }
  };
}
