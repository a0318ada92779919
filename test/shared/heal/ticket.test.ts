// The ticket: what is taken of a node, and what giving it back needs.
import { expect, it } from '@jest/globals';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { Operation } from '../../../shared/heal/records.ts';
import { givesClientsBack, takenBy, ticketOf } from '../../../shared/heal/ticket.ts';
import { besideNode, copy, ladderState, newReplacement } from '../../fixtures/replace-facts.ts';

const lines = (has: Partial<LadderState>): readonly string[] =>
  takenBy(ladderState(has)).map(({ taken, needs }) => `${taken}: ${needs.join(', ')}`);
const down = { client: 'mayBeDown' } as const;
const version = {
  from: '28.0',
  to: '28.1',
  at: 0,
  cleanSinceMs: 0,
  is: 'to',
  givenUp: null,
  mayHaveRun: true,
} as const;
const replaced = (more: Parameters<typeof newReplacement>[0]) =>
  ({ ...down, rung: 'replace', replacement: newReplacement({ fencingBegun: true, ...more }) }) as const;

it.each<[string, Partial<LadderState>, readonly string[]]>([
  ['a node that was only asked', {}, []],
  ['volumes that were only made', { restoredVolumes: copy() }, []],
  ['a restart', { ...down, rung: 'restart' }, ['clients: node, ssm']],
  ['an exchange of its volumes', { ...down, rung: 'swap', restoredVolumes: copy() }, ['clients: node, ssm']],
  ['a client that was masked for another instance', replaced({}), ['clients: node, ssm']],
  ['a volume that may be off', replaced({ mayBeUnplugged: true }), ['clients: node, ssm, ec2']],
  ['an identity that may run elsewhere', replaced({ takeOver: 'intended' }), ['clients: node, ssm, ec2']],
  ['a place that another instance has', { ...down, beside: besideNode() }, ['clients: node, ssm, ec2']],
  ['a version that may have changed the data', { upgrade: version }, ['data: node, ssm, ec2']],
  ['an instance that is stopped', { ...down, original: 'stopRequested' }, ['clients: node, ssm, ec2', 'power: ec2']],
  ['a member that is set aside', { standby: 'entering' }, ['standby: ec2']],
  [
    'a proved member that is still set aside',
    { standby: 'entered', proved: 'it follows', rung: 'swap' },
    ['standby: ec2'],
  ],
  ['a replaced member, which stays there', { standby: 'entered', proved: 'it follows', rung: 'replace' }, []],
  ['a proved rung', { ...down, proved: 'it follows', rung: 'restart' }, []],
])('%s', (_, has, expected) => {
  expect(lines(has)).toEqual(expected);
});

it('is one for all heals: a stop for a snapshot or a pruning takes the clients, from before its command until its proof', () => {
  const of = (kind: 'snapshot' | 'grow', phase: Operation['phase']) =>
    ticketOf({ kind, phase, memory: {}, prune: {} } as unknown as Operation);
  for (const kind of ['snapshot', 'grow'] as const) {
    expect(of(kind, 'down')).toEqual([{ taken: 'clients', needs: ['node', 'ssm'] }]);
    expect([of(kind, 'preparing'), of(kind, 'proved')]).toEqual([[], []]);
  }
  expect(ticketOf({ kind: 'grow', phase: 'down' } as Operation)).toEqual([]);
  const memory = ladderState({ ...down, rung: 'restart' });
  expect(ticketOf({ kind: 'replace', phase: 'down', incidentId: '', memory })).toEqual(takenBy(memory));
  expect(ticketOf(null)).toEqual([]);
});

it('is given back by a command alone where the clients need no EC2', () => {
  expect(givesClientsBack(takenBy(ladderState(replaced({}))))).toBe(true);
  expect(givesClientsBack(takenBy(ladderState(replaced({ mayBeUnplugged: true }))))).toBe(false);
  expect(givesClientsBack(takenBy(ladderState({ standby: 'entered' })))).toBe(false);
});
