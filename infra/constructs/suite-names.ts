// The names of the suite that a construct belongs to. It knows CDK, which takes a second to load; infra/names.ts does not.
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DEFAULT_SUITE } from '../../shared/model/suite.ts';
import { type Names, namesOf } from '../names.ts';

const named = new WeakMap<Construct, Names>();

/** Names the suite that is made below this construct. */
export const nameSuite = (scope: Construct, suite: string): void => void named.set(scope, namesOf(suite));

/** The names of the suite that a construct belongs to, as `Stack.of` tells its stack. */
export const suiteNames = (construct: Construct): Names => {
  for (const scope of construct.node.scopes.toReversed()) {
    const names = named.get(scope as Construct);
    if (names) return names;
  }
  return namesOf(DEFAULT_SUITE);
};

/** ARN of something in the stack's own account and region: `arn(this, 'ssm', 'parameter/chainmend/pause')`. */
export const arn = (scope: Construct, service: string, resource: string) => {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
};
