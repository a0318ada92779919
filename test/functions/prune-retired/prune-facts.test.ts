// What starts a pruning, and which nodes it does not touch.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parsePruneEvent } from '../../../functions/prune-retired/event.ts';
import { busyOf } from '../../../functions/prune-retired/facts.ts';
import { EventError } from '../../../shared/events/errors.ts';
import type { IncidentRecord, NodeRecord } from '../../../shared/heal/records.ts';
import { endedIncident, openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { fleetNode } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { DAY_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const sample: unknown = JSON.parse(
  readFileSync(new URL('../../../events/prune-retired.json', import.meta.url), 'utf8'),
);

describe('an event', () => {
  it('of the schedule is about every fleet; a person names one, and may ask for the plan alone', () => {
    expect(parsePruneEvent({ kind: 'prune' })).toEqual({ kind: 'prune', fleet: undefined, plan: false });
    expect(parsePruneEvent(sample)).toEqual({ kind: 'prune', fleet: 'bitcoin', plan: true });
    const yes = { kind: 'approve', fleet: 'bitcoin', plan: '0123456789ab' };
    expect(parsePruneEvent(yes)).toEqual(yes);
  });

  it.each([
    [{ kind: 'sweep' }, 'kind'],
    [{}, 'kind'],
    [{ kind: 'prune', fleet: 'Bitcoin' }, 'fleet'],
    [{ kind: 'prune', plan: 'yes' }, 'plan'],
    [{ kind: 'prune', all: true }, 'all'],
    [{ kind: 'approve', fleet: 'bitcoin', plan: 'yes' }, 'plan'],
    ['prune', 'event'],
  ])('%j is refused, and its field %s named', (event, field) => {
    expect(() => parsePruneEvent(event)).toThrow(EventError);
    expect(() => parsePruneEvent(event)).toThrow(expect.objectContaining({ field }));
  });
});

describe('a node is left alone', () => {
  const node = fleetNode({ instanceId: 'i-1', name: 'node1' });
  const of = { node: 'node1', instanceId: 'i-1', trigger: 'node:health' };
  const incident = (state: 'open' | 'healed' | 'escalated', endedAtMs = NOON_MS): IncidentRecord =>
    state === 'open' ? openIncidentRecord(of) : endedIncident(state, endedAtMs, of);
  const record = (more: Partial<NodeRecord>): NodeRecord => nodeRecord({ instanceId: 'i-1', ...more });
  const busy = (
    incidents: readonly IncidentRecord[],
    nodes: readonly NodeRecord[],
    tags: Record<string, string> = {},
  ) => [...busyOf([{ ...node, tags }], { incidents, nodes }, NOON_MS).keys()].sort();

  it('while an incident of it is open, and for a week after one that nobody but a person could end', () => {
    expect(busy([incident('open')], [])).toEqual(['i-1', 'node1']);
    expect(busy([incident('healed')], [])).toEqual([]);
    expect(busy([incident('escalated', NOON_MS - 6 * DAY_MS)], [])).toEqual(['i-1', 'node1']);
    expect(busy([incident('escalated', NOON_MS - 8 * DAY_MS)], [])).toEqual([]);
  });

  it('while a heal holds it', () => {
    expect(busy([], [record({ owner: 'arn:me' })])).toEqual(['i-1', 'node1']);
    expect(busy([], [record({})])).toEqual([]);
  });

  it('while its tag pauses it', () => {
    expect(busy([], [], { 'chainmend:pause': 'mine' })).toEqual(['i-1', 'node1']);
  });

  it('by its name, also where the incident was of the instance that it had before', () => {
    const before = { ...incident('open'), instanceId: 'i-0' };
    expect(busy([before], [])).toEqual(['i-0', 'node1']);
  });
});
