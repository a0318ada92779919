// Resources without the fleet's tags: no launch uses them, and a plan says what would stay behind.
import { describe, expect, it } from '@jest/globals';
import { guardOf } from '../../../functions/replace-node/judge.ts';
import { planOf } from '../../../functions/replace-node/plan.ts';
import { isDenied } from '../../../shared/aws/refusals.ts';
import { isResourceOf } from '../../../shared/fleet/membership.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { FLEET, facts, impaired } from '../../fixtures/replace-facts.ts';

describe('another instance', () => {
  const lacking = { launch: ['lt-0123456789abcdef0', 'sg-0123456789abcdef0'], pointers: ['target group rpc'] };

  it('is not launched with what carries no tags of the fleet, and the refusal names it and the tags', () => {
    const refusal = guardOf(facts({ reach: lacking }), 'replace');
    expect(refusal).toMatchObject({ refuse: 'out-of-reach', page: true });
    const [tag] = Object.entries(FLEET.nodes.tags);
    for (const part of [...lacking.launch, tag?.join('=') ?? '']) expect(refusal?.reason).toContain(part);
  });

  it('is launched where all of it does, whatever points at the old one', () => {
    expect(guardOf(facts({ reach: { launch: [], pointers: ['target group rpc'] } }), 'replace')).toBeNull();
    expect(guardOf(facts({ reach: lacking }), 'swap')).toBeNull();
  });

  it('is not launched for a person either, where the fleet file allows none', () => {
    const fleet = bitcoinFleet({ probe: 'ssm', replace: { rungs: ['restart'] } });
    const refusal = guardOf(facts({ fleet, want: { do: 'replace-instance' } }), 'replace');
    expect(refusal).toMatchObject({ refuse: 'restart-forbidden', reason: expect.stringContaining('npm run deploy') });
  });

  it('is planned with what would go on pointing at the old one', () => {
    const plan = (pointers: readonly string[]) =>
      planOf(facts({ original: impaired('instance'), reach: { launch: [], pointers } }));
    expect(plan(['target group rpc'])).toMatchObject({
      sentence: expect.stringMatching(/old instance: target group rpc/),
    });
    expect(plan([])).toMatchObject({ sentence: expect.not.stringMatching(/old instance:/) });
  });
});

it('is told by the tags of the nodes, all of them, or by the name of the fleet', () => {
  const own = { Component: 'nodes/bitcoin', Stage: 'production' };
  const fleet = {
    suite: 'chainmend',
    tag: 'bitcoin',
    neighbours: [{ name: 'irita', tags: { Project: 'irita' }, volumes: [] }],
    nodes: { tags: own },
  };
  expect(isResourceOf(fleet, { ...own, Name: 'x' })).toBe(true);
  expect(isResourceOf(fleet, { 'chainmend:fleet': 'bitcoin' })).toBe(true);
  for (const tags of [
    {},
    { Component: 'nodes/bitcoin' },
    { 'chainmend:fleet': 'litecoin' },
    // Two fleets claim these.
    { ...own, Project: 'irita' },
    { ...own, 'chainmend:fleet': 'irita' },
    { 'chainmend:fleet': 'bitcoin', Project: 'irita' },
  ])
    expect(isResourceOf(fleet, tags)).toBe(false);
});

it.each([
  ['UnauthorizedOperation', true],
  ['AccessDenied', true],
  ['AccessDeniedException', true],
  ['InsufficientInstanceCapacity', false],
  ['AccessDeniedForDependencyException', false],
])('%s means that tags are missing: %s', (code, expected) => {
  expect(isDenied({ code })).toBe(expected);
});
