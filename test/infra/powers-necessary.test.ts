// Each condition in the stack's policies is necessary. The test makes an attack in a region with the function's real role, which the condition stops.
// The same role without that one condition lets the attack through. `npm test -- powers` runs all of them.
import { describe, expect, it } from '@jest/globals';
import { listOf } from '../../local/services/iam/conditions.ts';
import { type PolicyDocument, type Statement, statementsOf } from '../../local/services/iam/policy.ts';
import { AwsError } from '../../local/simulator/service.ts';
import { sampled } from '../fixtures/asked.ts';
import { type Attack, attacksOn } from './powers/attacks.ts';
import { type Condition, conditionsIn, conditionsInTemplate, nameOf, without } from './powers/conditions.ts';
import { answered, type Deployed, theFive, withEverything } from './powers/stacks.ts';

/** Of some three hundred and fifty. */
const EVERY = 12;
const DENIED = /^(UnauthorizedOperation|AccessDenied|AccessDeniedException|AuthorizationErrorException)$/;

const THROTTLED = /^(RequestLimitExceeded|Throttling|TooManyRequestsException)$/;
const THROTTLED_MS = 10_000;
const TRIES_MAX = 10;

const stacks = { 'the five fleets': await theFive(), 'fleets that ask for everything': await withEverything() };

let clones = 0;
const call = { at: 0, actor: 'person' };

/** A role with these policies, in as many documents as needed. */
function roleWith({ region }: Deployed, documents: readonly PolicyDocument[], trust = '{}'): string {
  const { operations } = region.iam;
  const RoleName = `clone-${++clones}`;
  operations['CreateRole']?.({ RoleName, AssumeRolePolicyDocument: trust }, call);
  for (const [at, document] of documents.entries()) {
    const PolicyName = `${RoleName}-${at}`;
    const PolicyDocument = JSON.stringify(document);
    if (PolicyDocument.length > 6_144) {
      operations['PutRolePolicy']?.({ RoleName, PolicyName, PolicyDocument }, call);
      continue;
    }
    const PolicyArn = `arn:aws:iam::${region.kernel.accountId}:policy/${PolicyName}`;
    operations['CreatePolicy']?.({ PolicyName, PolicyDocument }, call);
    operations['AttachRolePolicy']?.({ RoleName, PolicyArn }, call);
  }
  return `arn:aws:iam::${region.kernel.accountId}:role/${RoleName}`;
}

const withAlso = (documents: readonly PolicyDocument[], also: Statement | undefined): readonly PolicyDocument[] =>
  also === undefined ? documents : [...documents, { Version: '2012-10-17', Statement: [also] }];

/** The function whose code would send the request: the one that has this role. */
const functionOf = ({ region }: Deployed, roleArn: string): string | undefined =>
  region.lambda.functionArns().find((arn) => region.lambda.roleOf(arn) === roleArn);

/** AWS's answer to an attack: "done", or the code of its refusal. */
async function outcomeOf(
  place: Deployed,
  attack: Attack,
  as: { readonly roleArn?: string; readonly functionArn?: string },
): Promise<string> {
  const { region } = place;
  return answered(region, async () => {
    const { principal, insecure, ...asked } = await attack.request();
    const who = { ...as, ...(principal && { principal }), ...(insecure && { insecure }) };
    for (let tries = 0; ; tries++) {
      const outcome = await region.gateway.request({ ...asked, actor: 'attacker', ...who }).then(
        () => 'done',
        (error: unknown) => {
          if (error instanceof AwsError) return error.name;
          throw error;
        },
      );
      if (!THROTTLED.test(outcome) || tries === TRIES_MAX) return outcome;
      await region.clock.sleep(THROTTLED_MS);
    }
  });
}

/** The outcomes with the unchanged role or policies, and without the one condition. */
async function bothOutcomes(place: Deployed, condition: Condition, attack: Attack): Promise<readonly [string, string]> {
  const { owner, documents } = condition;
  if (condition.of === 'role') {
    const functionArn = functionOf(place, owner);
    const as = (roleArn: string) => ({ roleArn, ...(functionArn !== undefined && { functionArn }) });
    const real = attack.also ? roleWith(place, withAlso(documents, attack.also)) : owner;
    const stopped = await outcomeOf(place, attack, as(real));
    return [stopped, await outcomeOf(place, attack, as(roleWith(place, withAlso(without(condition), attack.also))))];
  }
  const [open = NOTHING] = without(condition);
  const [before = NOTHING] = documents;
  const both = async (): Promise<readonly [string, string]> => [
    await outcomeOf(place, attack, {}),
    await withPolicy(place, owner, open, before, attack),
  ];
  const [keyArn] = place.region.kms.keyArns();
  if (attack.opens === undefined || keyArn === undefined) return both();
  const key = place.region.kms.policy(keyArn) ?? NOTHING;
  await put(place, keyArn, EVERYBODY);
  const outcomes = await both();
  await put(place, keyArn, key);
  return outcomes;
}

const NOTHING: PolicyDocument = { Statement: [] };
const EVERYBODY: PolicyDocument = {
  Statement: [
    { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: 'kms:*', Resource: '*' },
  ],
};

/** Gives a resource another policy for the time of the attack; for a role, uses another role with it. */
async function withPolicy(
  place: Deployed,
  owner: string,
  policy: PolicyDocument,
  before: PolicyDocument,
  attack: Attack,
): Promise<string> {
  if (owner.includes(':role/')) {
    const roleArn = roleWith(place, [], JSON.stringify(policy));
    const retargeted = async () => ({ ...(await attack.request()), input: { RoleArn: roleArn, RoleSessionName: 'x' } });
    return outcomeOf(place, { ...attack, request: retargeted }, {});
  }
  await put(place, owner, policy);
  const outcome = await outcomeOf(place, attack, {});
  await put(place, owner, before);
  return outcome;
}

async function put({ region }: Deployed, owner: string, document: PolicyDocument): Promise<void> {
  const Policy = JSON.stringify(document);
  const [, , service = '', , account, name] = owner.split(':');
  if (service === 'lambda') return region.lambda.setPolicy(owner, document);
  const QueueUrl = `https://sqs.${region.kernel.regionName}.amazonaws.com/${account}/${name}`;
  const calls: Readonly<Record<string, readonly [string, object]>> = {
    sns: ['SetTopicAttributes', { TopicArn: owner, AttributeName: 'Policy', AttributeValue: Policy }],
    kms: ['PutKeyPolicy', { KeyId: owner, Policy }],
    sqs: ['SetQueueAttributes', { QueueUrl, Attributes: { Policy } }],
  };
  const [operation, input] = calls[service] ?? [];
  if (operation === undefined || input === undefined) throw new Error(`${owner} has no policy that could be put`);
  await answered(region, () => region.call(service, operation, input));
}

describe.each(Object.entries(stacks))('%s', (_, place) => {
  const conditions = conditionsIn(place.region);

  it('are deployed with every condition of the template', () => {
    expect(conditions.length).toBe(conditionsInTemplate(place.template));
    expect(conditions.length).toBeGreaterThan(50);
  });

  it('have no condition without an attack', () => {
    const bare = conditions.filter((condition) => attacksOn(place, condition).length === 0).map(nameOf);
    // For a new condition: say in powers/attacks.ts what it stops, or remove it.
    expect(bare).toEqual([]);
  });

  it('have no action under a condition that no attack tries', () => {
    const byStatement = Map.groupBy(conditions, ({ owner, statement }) => `${owner} ${JSON.stringify(statement)}`);
    const untried = [...byStatement.values()].flatMap((some) => {
      const tried = new Set(some.flatMap((condition) => attacksOn(place, condition).map(({ action }) => action)));
      const [first] = some;
      return first === undefined
        ? []
        : listOf(first.statement.Action)
            .filter((action) => !tried.has(action))
            .map((action) => `${nameOf(first)}: ${action}`);
    });
    expect(untried).toEqual([]);
  });

  it.each(sampled('powers', conditions, EVERY).map((condition) => [nameOf(condition), condition] as const))(
    '%s is necessary',
    async (_name, condition) => {
      for (const attack of attacksOn(place, condition)) {
        const [stopped, through] = await bothOutcomes(place, condition, attack);
        expect({ attack: attack.name, stopped: DENIED.test(stopped), through }).toEqual({
          attack: attack.name,
          stopped: true,
          through:
            attack.ends === undefined ? 'done' : expect.stringMatching(new RegExp(`^(done|${attack.ends.join('|')})$`)),
        });
      }
    },
  );
});

it('a statement is told apart from its twin with one condition less', () => {
  const [condition] = conditionsIn(stacks['the five fleets'].region).filter(({ of }) => of === 'role');
  if (!condition) throw new Error('there is no condition');
  const count = (documents: readonly PolicyDocument[]) =>
    documents.flatMap(statementsOf).flatMap(({ Condition = {} }) => Object.values(Condition).flatMap(Object.keys))
      .length;
  expect(count(without(condition))).toBe(count(condition.documents) - 1);
});
