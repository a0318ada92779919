// The names of the suite that a construct belongs to. It knows CDK, which takes a second to load; infra/names.ts does not.
import { Fn, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DEFAULT_SUITE } from '../../shared/model/suite.ts';
import { type Names, namesOf } from '../names.ts';

const named = new WeakMap<Construct, Names>();

/** The construct that a suite was made below, and the suite's names. */
const suiteOf = (construct: Construct): readonly [Construct, Names] => {
  for (const scope of construct.node.scopes.toReversed()) {
    const names = named.get(scope as Construct);
    if (names) return [scope as Construct, names];
  }
  return [Stack.of(construct), namesOf(DEFAULT_SUITE)];
};

/** Names the suite that is made below this construct. */
export const nameSuite = (scope: Construct, suite: string): void => void named.set(scope, namesOf(suite));

/** The names of the suite that a construct belongs to, as `Stack.of` tells its stack. */
export const suiteNames = (construct: Construct): Names => suiteOf(construct)[1];

/** The construct that its suite was made below: what all of the suite share is made there. */
export const suiteScope = (construct: Construct): Construct => suiteOf(construct)[0];

/**
 * ARN of something in the stack's own account and region: `arn(this, 'ssm', 'parameter/chainmend/pause')`. `Fn::Sub` takes half the bytes of the
 * `Fn::Join` that CDK writes, and a template has hundreds of ARNs.
 */
export const arn = (scope: Construct, service: string, resource: string): string => {
  const { partition, region, account } = Stack.of(scope);
  // The name of a resource of the stack is not text yet.
  return Token.isUnresolved(resource)
    ? `arn:${partition}:${service}:${region}:${account}:${resource}`
    : Fn.sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`);
};

/** The same of an image or a snapshot: their ARNs have no account. */
export const arnWithoutAccount = (service: string, resource: string): string =>
  arnOf(`${service}:\${AWS::Region}::${resource}`);

/** An ARN by all that follows the partition: `arnOf('route53:::hostedzone/*')`. */
export const arnOf = (rest: string): string => Fn.sub(`arn:\${AWS::Partition}:${rest}`);
