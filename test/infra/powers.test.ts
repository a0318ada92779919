// docs/powers.csv says the most that each function could do, from the template of the five fleets. `UPDATE=1 npm test -- powers` writes it again, so
// a review shows a new power as a change of that file.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { decide, type PolicyDocument } from '../../local/services/iam/policy.ts';
import { PAUSE_TAG } from '../../shared/guardrails/switches.ts';
import { KEEP_UNTIL_TAG, LEDGER_TAGS } from '../../shared/model/tags.ts';
import { exampleFleets } from '../fixtures/example-fleets.ts';
import { powersOf } from './powers/words.ts';
import { buildStack, resourcesOf } from './support.ts';

const PAGE = join(repositoryRoot, 'docs/security.md');
const POWERS = join(repositoryRoot, 'docs/powers.csv');

const fleets = readFleets(exampleFleets);
const resources = resourcesOf(buildStack({ fleets }).stack);
const written = powersOf(
  resources,
  fleets.map(({ fleet }) => fleet),
);

it('docs/powers.csv says what each function could do at most', () => {
  if (process.env['UPDATE'] === '1') writeFileSync(POWERS, written);
  expect(readFileSync(POWERS, 'utf8')).toBe(written);
});

it('names every function of the stack, and every action of every role', () => {
  for (const { Properties } of resources('AWS::Lambda::Function'))
    expect(written).toContain(`\n${Properties.FunctionName},`);
  const documents = [
    ...resources('AWS::IAM::Role').flatMap(({ Properties }) =>
      (Properties.Policies ?? []).map(({ PolicyDocument }: { PolicyDocument: object }) => PolicyDocument),
    ),
    ...resources('AWS::IAM::ManagedPolicy').map(({ Properties }) => Properties.PolicyDocument),
  ];
  const actions = documents.flatMap(({ Statement }) =>
    Statement.flatMap(({ Action }: { Action: string | string[] }) => (typeof Action === 'string' ? [Action] : Action)),
  );
  expect(actions.length).toBeGreaterThan(100);
  for (const action of new Set<string>(actions)) expect(written).toContain(action);
});

describe('the service control policy of the page', () => {
  const [json = ''] = /\{\n {2}"Effect": "Deny"[\s\S]*?\n\}/.exec(readFileSync(PAGE, 'utf8')) ?? [];
  const document: PolicyDocument = { Statement: [JSON.parse(json), { Effect: 'Allow', Action: '*', Resource: '*' }] };
  const tag = (role: string, ...keys: readonly string[]) =>
    decide(
      [document],
      'ec2:CreateTags',
      'arn:aws:ec2:eu-west-1:111122223333:volume/vol-1',
      new Map([
        ['aws:principalarn', [`arn:aws:iam::111122223333:role/${role}`]],
        ['aws:tagkeys', keys],
      ]),
    );

  it('keeps the tags of heals for the suite, and for what copies them', () => {
    for (const role of [
      'Chainmend-ReplaceNodeRole184C7DA0-X',
      'service-role/AWSDataLifecycleManagerDefaultRole',
      'ops',
    ])
      expect(tag(role, 'chainmend:fleet')).toBe('allowed');
    expect(tag('developer', 'Name', 'chainmend:root')).toBe('denied');
  });

  it('leaves people theirs', () => {
    expect(tag('developer', 'Name')).toBe('allowed');
    for (const key of [PAUSE_TAG, KEEP_UNTIL_TAG, LEDGER_TAGS.heldBy]) expect(tag('developer', key)).toBe('allowed');
  });
});
