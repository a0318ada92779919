// The condition keys of each action's requests here, as in the Service Authorization Reference. A policy with another key is refused when it is
// written. In a request that key would be absent, and an absent key allows or refuses depending on the operator.
import type { ConditionKeys } from '../../simulator/kernel.ts';
import { notEmulated } from '../../simulator/service.ts';
import { isOperator, listOf } from './conditions.ts';
import { listedActions, nameOf, type PolicyDocument, type Statement, statementsOf } from './policy.ts';

/** "AWS global condition context keys" (IAM guide), of every request; absent if AWS leaves them out. */
const GLOBAL = [
  ...['aws:PrincipalAccount', 'aws:PrincipalArn', 'aws:RequestedRegion', 'aws:ResourceAccount', 'aws:SecureTransport'],
  // Only in the requests of AWS services.
  ...['aws:SourceAccount', 'aws:SourceArn'],
  // Only in the requests of a function's code ("Working with source function ARN", Lambda guide).
  'lambda:SourceFunctionArn',
];

const isGlobal = matcherOf(GLOBAL);

/** @param byAction the keys of each action, from the services' declarations */
export function conditionKeysOf(byAction: Readonly<Record<string, readonly string[]>>): ConditionKeys {
  const matchers = new Map(Object.entries(byAction).map(([action, keys]) => [action.toLowerCase(), matcherOf(keys)]));
  // Requests carry them as they are written here.
  const written = new Map(Object.entries(byAction).map(([action, keys]) => [action, new Set([...GLOBAL, ...keys])]));
  return {
    actions: Object.keys(byAction),
    has: (action, key) => {
      if (written.get(action)?.has(key)) return true;
      const name = key.toLowerCase();
      return isGlobal(name) || matchers.get(action.toLowerCase())?.(name) === true;
    },
  };
}

/** "aws:ResourceTag/*" stands for every key with this beginning. */
function matcherOf(keys: readonly string[]): (key: string) => boolean {
  const exact = new Set(keys.map((key) => key.toLowerCase()));
  const prefixes = keys.filter((key) => key.endsWith('*')).map((key) => key.slice(0, -1).toLowerCase());
  return (key) => exact.has(key) || prefixes.some((prefix) => key.startsWith(prefix) && key.length > prefix.length);
}

/**
 * @throws AwsError NotImplemented if the region could not evaluate a condition of the document as AWS does; it names statement, action and key. A pattern of actions is
 * checked for all actions that the region knows.
 */
export function checkConditions(document: PolicyDocument, known: ConditionKeys): void {
  for (const statement of statementsOf(document)) {
    const { Condition = {} } = statement;
    const name = nameOf(statement);
    for (const operator of Object.keys(Condition))
      if (!isOperator(operator))
        throw notEmulated(`the operator ${operator} of a condition, in policy statement ${name}`);
    const keys = keysOf(statement);
    if (keys.length === 0) continue;
    for (const action of listedActions(statement, known.actions))
      for (const key of keys)
        if (!known.has(action, key))
          throw notEmulated(
            `the condition key ${key} of ${action}, in policy statement ${name}: ` +
              'it is not in the permissions of the service in local/services (Service Authorization Reference)',
          );
  }
}

/** Keys that conditions name, and keys in variables of values and resources. */
function keysOf({ Condition = {}, Resource, NotResource }: Statement): string[] {
  const values = Object.values(Condition).flatMap((keys) => Object.values(keys).flatMap(listOf));
  const texts = [
    ...values,
    ...(Resource === undefined ? [] : listOf(Resource)),
    ...(NotResource === undefined ? [] : listOf(NotResource)),
  ];
  const variables = texts.flatMap((text) => [...text.matchAll(/\$\{([^}]+)\}/g)].map(([, key = '']) => key));
  const named = Object.values(Condition).flatMap((keys) => Object.keys(keys));
  return [...new Set([...named, ...variables.filter((key) => !['*', '?', '$'].includes(key))])];
}
