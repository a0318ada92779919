// The records of heals over the region's own table: the first writer wins, and no writer overwrites a record that it has not read.
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import type { JournalRecord } from '../../../shared/heal/journal.ts';
import { newNode } from '../../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../../shared/heal/records.ts';
import { keys, settle } from '../../../shared/heal/store.ts';
import { claimedIncident, ME, OTHER, openIncidentRecord, payload } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { type Table, tableOfHeals } from '../../fixtures/table.ts';

const NODE = keys.node(INSTANCE);
const INCIDENT = keys.incident('bitcoin', INSTANCE, 'disk:data');

let table: Table;
const read = () => table.store.readNode(INSTANCE);
const write = (more: Partial<NodeRecord>) => table.store.replace(NODE, nodeRecord(more));

beforeEach(() => {
  table = tableOfHeals();
});

describe('a record', () => {
  it('is written by who has read it last, and read as it was written a moment ago', async () => {
    expect(await write({ version: 1, fence: 1 })).toBe(true);
    expect(await write({ version: 2, fence: 2 })).toBe(true);
    expect(await read()).toEqual(nodeRecord({ version: 2, fence: 2 }));
    expect(await table.store.readNodes()).toEqual([nodeRecord({ version: 2, fence: 2 })]);
  });

  it('that somebody else has made or changed meanwhile is not overwritten', async () => {
    await write({ version: 1, owner: OTHER });
    expect(await write({ version: 1, owner: ME })).toBe(false);
    await write({ version: 2, owner: OTHER, fence: 2 });
    expect(await write({ version: 2, owner: ME, fence: 2 })).toBe(false);
    expect(await write({ version: 4, owner: ME, fence: 4 })).toBe(false);
    expect(await read()).toMatchObject({ owner: OTHER, fence: 2, version: 2 });
  });

  it('whose answer is lost is our own success when it stands there, and no success when another one does', async () => {
    table.loseAnswer();
    expect(await write({ version: 1, owner: ME })).toBe(true);
    table.loseAnswer();
    table.meanwhile = async () => void (await write({ version: 2, owner: OTHER }));
    expect(await write({ version: 2, owner: ME })).toBe(false);
  });

  it('is decided upon again when somebody else was first', async () => {
    await write({ version: 1 });
    table.meanwhile = async () => void (await write({ version: 2, fence: 7 }));
    const fence = await settle<NodeRecord, number>(table.store, NODE, read, (now = newNode('bitcoin', INSTANCE)) => {
      const next = { ...now, fence: now.fence + 1, version: now.version + 1 };
      return { write: next, result: next.fence };
    });
    expect(fence).toBe(8);
    expect(await read()).toMatchObject({ fence: 8, version: 3 });
  });
});

describe('the observation of a fleet', () => {
  it('has no part beyond the size of the fleet, however old that part is', async () => {
    const part = (at: number, nodes: readonly ObservedNode[], observedAtMs: number) =>
      table.store.replace(keys.observation('bitcoin', at), { observedAtMs, nodes, version: 1 } as never);
    await part(0, [observedNode()], NOON_MS);
    await part(1, [], NOON_MS - HOUR_MS);
    expect(await table.store.readObservations('bitcoin')).toMatchObject([{ observedAtMs: NOON_MS }]);
    expect(await table.store.readFleetReading('bitcoin')).toMatchObject({ observations: [{ observedAtMs: NOON_MS }] });
  });

  it('is read with its watch, and with nothing else that lies beside them', async () => {
    expect(await table.store.readFleetReading('bitcoin')).toEqual({ observations: [], watch: undefined });
    await table.store.replace(keys.observation('bitcoin', 0), {
      observedAtMs: NOON_MS,
      nodes: [observedNode()],
      version: 1,
    } as never);
    await table.store.replace(keys.watch('bitcoin'), { observedAtMs: NOON_MS, tip: 7, version: 1 } as never);
    await table.store.replace(keys.machine('bitcoin', 'i-1'), { version: 1 } as never);
    const read = await table.store.readFleetReading('bitcoin');
    expect(read.observations).toEqual(await table.store.readObservations('bitcoin'));
    expect(read.watch).toEqual(await table.store.readWatch('bitcoin'));
    expect(read.watch).toMatchObject({ tip: 7 });
  });
});

describe('a line of the journal', () => {
  it('stays as it was written, however often its step is tried', async () => {
    const key = { pk: 'JOURNAL#bitcoin#resize-volume', sk: '2026-01-01T12:00:00Z' };
    const line = (sentence: string) => ({ sentence, version: 1 }) as unknown as JournalRecord;
    await table.store.writeOnce(key, line('the volume is grown'));
    await table.store.writeOnce(key, line('nothing was done'));
    expect(await table.store.read(key)).toMatchObject({ sentence: 'the volume is grown' });
  });
});

describe('an incident', () => {
  const forge = (more: object) => table.store.replace(INCIDENT, { ...claimedIncident({ version: 1 }), ...more });
  const told = async () => {
    const foreign: string[] = [];
    return {
      alone: await table.store.readIncident('bitcoin', INSTANCE, 'disk:data'),
      incidents: await table.store.readIncidents('bitcoin', foreign),
      foreign,
    };
  };

  it('is read where its heal may write it', async () => {
    const incident: IncidentRecord = openIncidentRecord({ version: 1 });
    await table.store.replace(INCIDENT, incident);
    expect(await told()).toEqual({ alone: incident, incidents: [incident], foreign: [] });
  });

  it.each([
    ['the payload of another heal', { payload: { ...payload(), kind: 'replace-node' } }],
    ['the execution of another heal', { execution: ME.replace('chainmend-resize-volume', 'chainmend-replace-node') }],
    ['the execution of somebody else’s function', { execution: ME.replace('chainmend-resize-volume', 'mine') }],
    ['another node', { instanceId: 'i-0fedcba9876543210' }],
    ['another fleet', { fleet: 'litecoin' }],
    ['another trouble', { trigger: 'node:health' }],
  ])('with %s counts as none, and its place is told', async (_, more) => {
    await forge(more);
    const { alone, incidents, foreign } = await told();
    expect({ alone, incidents, foreign }).toEqual({
      alone: undefined,
      incidents: [],
      foreign: [`${INCIDENT.pk} ${INCIDENT.sk}`],
    });
  });
});
