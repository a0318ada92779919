// Whether a terminated node is made again, by case.
import { describe, expect, it } from '@jest/globals';
import { judgeTerminated, namesakeOf, type TerminatedFacts } from '../../../shared/guardrails/terminated.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const fleet = (more: object = {}) => bitcoinFleet({ replace: { terminated: true }, ...more });
const expecting = (expected: number) => fleet({ nodes: { tag: { Component: 'nodes/bitcoin' }, expected } });
const named = (...names: string[]) => names.map((name) => ({ instanceId: `i-${name}`, name }));
const gone = (name: string, minutesAgo: number) => ({
  instanceId: name === 'node2' ? INSTANCE : `i-${name}`,
  name,
  sinceMs: NOON_MS - minutesAgo * MINUTE_MS,
});
const node = { instanceId: INSTANCE, name: 'node2', role: 'follower' } as const;

const TAGS = { Component: 'nodes/bitcoin', Name: 'node2' };

const facts = (more: Partial<TerminatedFacts> = {}): TerminatedFacts => ({
  nowMs: NOON_MS,
  fleet: fleet(),
  node,
  present: named('node1', 'node3', 'node4', 'node5'),
  gone: [gone('node2', 3)],
  machine: { autoScalingGroup: null, tags: TAGS },
  ...more,
});

/** [case, facts, refusal, and whether people are paged]; null: it is made again. */
const CASES: readonly [string, Partial<TerminatedFacts>, string | null][] = [
  ['a follower that is missed', {}, null],
  ['one whose fleet file does not ask for it', { fleet: bitcoinFleet() }, 'not-made-again'],
  ['a person has launched another one with its name', { present: named('node1', 'node2') }, 'name-taken'],
  ['a validator', { node: { ...node, role: 'validator' } }, 'validator'],
  [
    'a validator of which nothing is written down',
    { node: { ...node, role: 'validator' }, machine: null },
    'validator',
  ],
  ['a node of unknown role', { node: { ...node, role: 'unknown' } }, 'role-unknown, and people are paged'],
  ['nobody has written down what it was like', { machine: null }, 'not-made-again, and people are paged'],
  ['a member of an Auto Scaling group', { machine: { autoScalingGroup: 'bitcoin', tags: TAGS } }, 'asg-owned'],
  [
    'a person has changed the selector since, so that another one would be no node',
    { fleet: fleet({ nodes: { tag: { Component: 'nodes/bitcoin', Role: 'archive' } } }) },
    'not-made-again',
  ],
  ['the only node of its fleet', { present: [], fleet: expecting(1) }, null],
  ['as many are there as the owner expects', { fleet: expecting(4) }, 'scaled-down'],
  ['fewer are there than the owner expects', { fleet: expecting(5) }, null],
  ['two of six went together', { gone: [gone('node2', 3), gone('node6', 40)] }, 'breaker-open, and people are paged'],
  [
    'the same, and the owner expects six',
    { fleet: expecting(6), gone: [gone('node2', 3), gone('node6', 3)] },
    'breaker-open, and people are paged',
  ],
  ['another one went an hour ago', { gone: [gone('node2', 3), gone('node6', 60)] }, null],
  ['another one went hours ago', { gone: [gone('node2', 3), gone('node6', 90)] }, null],
];

describe('a terminated node', () => {
  it.each(CASES)('%s', (_case, more, expected) => {
    const refusal = judgeTerminated(facts(more));
    expect(refusal && `${refusal.refuse}${refusal.page ? ', and people are paged' : ''}`).toBe(expected);
  });

  it('has no namesake in itself', () => {
    expect(namesakeOf({ node, present: [{ instanceId: INSTANCE, name: 'node2' }] })).toBeNull();
    expect(namesakeOf({ node, present: [{ instanceId: 'i-other', name: 'node2' }] })).toBe('i-other');
  });

  it('of a large fleet is one of a fifth that may go together; with one more, a person is told which', () => {
    const together = (count: number) =>
      judgeTerminated(
        facts({
          present: Array.from({ length: 20 - count }, (_, at) => ({ instanceId: `i-p${at}`, name: `p${at}` })),
          gone: [gone('node2', 3), ...Array.from({ length: count - 1 }, (_, at) => gone(`g${at}`, 5))],
        }),
      );
    expect(together(4)).toBeNull();
    expect(together(5)).toMatchObject({
      reason: expect.stringMatching(
        /^5 of 20 nodes are gone within an hour \(node2, g0, g1.*\), limit 4: somebody may be scaling down/,
      ),
      retryAfterMs: 15 * MINUTE_MS,
    });
  });

  it('that is scaled down is told with both numbers', () => {
    expect(judgeTerminated(facts({ fleet: expecting(4) }))?.reason).toBe(
      'the fleet has 4 nodes, 4 expected: it does not need node2 any more',
    );
  });
});
