// Budgets and the fleet's turn over the region's own table: which heal is first, which waits, and what a dead heal leaves behind.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { performAct } from '../../../functions/replace-node/acts/table.ts';
import { newLeases, reservationKey } from '../../../functions/replace-node/state.ts';
import {
  endPlace,
  leaveReplacement,
  reserveReplacement,
  reserveRestart,
  takeTurn,
  unreserveReplacement,
  unreserveRestart,
  writeReplacementProof,
} from '../../../shared/heal/budgets.ts';
import type { HealContext } from '../../../shared/heal/context.ts';
import { keys, type Store } from '../../../shared/heal/store.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { ME, OTHER, payload } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { patientContext, shell } from '../../fixtures/heal-shell.ts';
import { ladderState } from '../../fixtures/replace-facts.ts';
import { type Table, tableOfHeals } from '../../fixtures/table.ts';

const ANOTHER = 'i-0fedcba9876543210';
const THIRD = OTHER.replace(/.$/, '7');
const fleet = bitcoinFleet({ breaker: { restartPercent: 25 } });

let table: Table;
let store: Store;
/** Answers of GetDurableExecution, by ARN. */
let executions: Map<string, object>;

beforeEach(() => {
  table = tableOfHeals();
  ({ store } = table);
  executions = new Map();
});

const toolsOf = (execution = ME, node = 'node2', instanceId = INSTANCE) =>
  ({
    store,
    execution,
    payload: { ...payload(), node, instanceId, onsetMs: NOON_MS - MINUTE_MS },
    clients: {
      lambda: {
        send: async ({ input }: { input: { DurableExecutionArn: string } }) =>
          executions.get(input.DurableExecutionArn),
      },
    },
  }) as unknown as HealContext;

/** Eight nodes of one zone, all well, and the two that are restarted. */
const watchedFleet = async (): Promise<void> => {
  const ids = [INSTANCE, ANOTHER, ...Array.from({ length: 6 }, (_, at) => `i-${at}`)];
  const nodes = ids.map((instanceId) => ({ instanceId, availabilityZone: 'eu-west-1a', health: 'synced' }));
  await store.replace(keys.observation('bitcoin', 0), { observedAtMs: NOON_MS, nodes, version: 1 } as never);
  for (const execution of [ME, OTHER]) executions.set(execution, running);
};

const running = { Status: 'RUNNING' };
const ended = { Status: 'FAILED', EndTimestamp: new Date(NOON_MS) };
const reserved = { reserved: true };

describe('a replacement', () => {
  it('is reserved once, with the turn of its fleet, however often its step is tried', async () => {
    const tools = toolsOf();
    expect(await reserveReplacement(tools, fleet, 'swap', NOON_MS)).toEqual(reserved);
    expect(await reserveReplacement(tools, fleet, 'swap', NOON_MS + 5)).toEqual(reserved);
    expect((await store.readReplacements())?.entries).toMatchObject([{ key: 'swap', node: 'node2', atMs: NOON_MS }]);
    expect((await store.readReplaceTurn('bitcoin'))?.holder).toMatchObject({ execution: ME, node: 'node2' });
  });

  it('waits while another node’s is under way, and begins when that has ended', async () => {
    executions.set(OTHER, running);
    const other = toolsOf(OTHER, 'node3', ANOTHER);
    expect(await reserveReplacement(other, fleet, 'other', NOON_MS)).toEqual(reserved);
    expect(await reserveReplacement(toolsOf(), fleet, 'swap', NOON_MS)).toMatchObject({ refuse: 'replace-in-flight' });
    await leaveReplacement(other);
    expect(await reserveReplacement(toolsOf(), fleet, 'swap', NOON_MS)).toEqual(reserved);
  });

  it('waits for what a heal that died has left on its node, until that is settled', async () => {
    executions.set(OTHER, ended);
    await takeTurn(toolsOf(OTHER, 'node3', ANOTHER));
    const operation = { kind: 'snapshot', phase: 'down', incidentId: '7f3a', memory: {} };
    const left = { ...nodeRecord({ instanceId: ANOTHER, version: 1 }), operation } as never;
    await store.replace(keys.node(ANOTHER), left);
    expect(await reserveReplacement(toolsOf(), fleet, 'swap', NOON_MS)).toMatchObject({ refuse: 'replace-in-flight' });
    await store.replace(keys.node(ANOTHER), nodeRecord({ instanceId: ANOTHER, version: 2, operation: null }));
    expect(await reserveReplacement(toolsOf(), fleet, 'swap', NOON_MS)).toEqual(reserved);
  });

  it('gives the turn back where the account’s budget refuses it', async () => {
    for (const key of ['one', 'two']) {
      const tools = toolsOf(OTHER, `node-${key}`, ANOTHER);
      await reserveReplacement(tools, fleet, key, NOON_MS);
      await leaveReplacement(tools);
    }
    const refused = await reserveReplacement(toolsOf(), fleet, 'swap', NOON_MS + MINUTE_MS);
    expect(refused).toMatchObject({ refuse: 'replacements-spent' });
    expect((await store.readReplaceTurn('bitcoin'))?.holder).toBeNull();
    expect(await reserveReplacement(toolsOf(), fleet, 'swap', NOON_MS + HOUR_MS)).toEqual(reserved);
  });

  it('is decided again when another fleet’s was written a moment before', async () => {
    table.meanwhile = async () => {
      // The turn is written first; the account's record is next.
      table.meanwhile = async () => {
        const entries = ['a', 'b'].map((key) => ({
          key,
          fleet: 'irita',
          node: key,
          instanceId: 'i',
          onsetMs: 0,
          atMs: NOON_MS,
        }));
        await store.replace(keys.replacements(), { entries, version: 1 } as never);
      };
    };
    expect(await reserveReplacement(toolsOf(), fleet, 'swap', NOON_MS)).toMatchObject({ refuse: 'replacements-spent' });
  });

  it('that was proved gives the node its replacements back after two hours', async () => {
    const tools = toolsOf();
    for (const [at, key] of ['one', 'two', 'three'].entries())
      await reserveReplacement(tools, fleet, key, NOON_MS - (30 - at * 8) * HOUR_MS);
    expect(await reserveReplacement(tools, fleet, 'four', NOON_MS)).toMatchObject({
      refuse: 'node-replacements-spent',
    });
    await writeReplacementProof(tools, 'three', NOON_MS - 3 * HOUR_MS);
    expect(await reserveReplacement(tools, fleet, 'four', NOON_MS)).toEqual(reserved);
  });
});

describe('what did nothing', () => {
  it('is given back, and counts no more', async () => {
    const tools = toolsOf();
    for (const key of ['one', 'two']) await reserveReplacement(tools, fleet, key, NOON_MS);
    expect(await reserveReplacement(tools, fleet, 'three', NOON_MS)).toMatchObject({ refuse: 'replacements-spent' });
    await unreserveReplacement(tools, 'one');
    await unreserveReplacement(tools, 'one');
    expect((await store.readReplacements())?.entries.map(({ key }) => key)).toEqual(['two']);
    expect(await reserveReplacement(tools, fleet, 'three', NOON_MS)).toEqual(reserved);
  });

  it('is not what was proved', async () => {
    const tools = toolsOf();
    await reserveReplacement(tools, fleet, 'one', NOON_MS);
    await writeReplacementProof(tools, 'one', NOON_MS);
    await unreserveReplacement(tools, 'one');
    expect((await store.readReplacements())?.entries).toHaveLength(1);
  });

  it('of restarts as well', async () => {
    await watchedFleet();
    const tools = toolsOf();
    for (const key of ['1', '2', '3', '4', '5', '6']) await reserveRestart(tools, fleet, key, NOON_MS);
    await unreserveRestart(tools, '3');
    await unreserveRestart(tools, 'of somebody else');
    expect(await reserveRestart(tools, fleet, '7', NOON_MS)).toEqual(reserved);
    expect(await reserveRestart(tools, fleet, '8', NOON_MS)).toMatchObject({ refuse: 'restarts-spent' });
  });
});

describe('a restart', () => {
  it('waits while two of eight are restarted, and goes when one of them is proved', async () => {
    await watchedFleet();
    const third = toolsOf(THIRD, 'node4', 'i-0');
    executions.set(THIRD, running);
    await reserveRestart(toolsOf(), fleet, '1', NOON_MS);
    await reserveRestart(toolsOf(OTHER, 'node3', ANOTHER), fleet, '2', NOON_MS);
    expect(await reserveRestart(third, fleet, '3', NOON_MS)).toMatchObject({ refuse: 'restarts-paced', page: false });
    await endPlace(toolsOf(), '1', { as: 'proved', atMs: NOON_MS, reason: 'it follows' });
    expect(await reserveRestart(third, fleet, '3', NOON_MS)).toEqual(reserved);
  });

  it('gives its place back where the node has had its restarts of the day', async () => {
    await watchedFleet();
    for (const key of ['1', '2', '3', '4', '5', '6', '7']) await reserveRestart(toolsOf(), fleet, key, NOON_MS);
    expect((await store.readPace('bitcoin'))?.restarts.at(-1)).toMatchObject({ key: '7', ended: { as: 'undone' } });
  });

  it('waits where nobody has observed the fleet: that is no verdict on it', async () => {
    expect(await reserveRestart(toolsOf(), fleet, '1', NOON_MS)).toEqual({
      blind: expect.stringContaining('has not been observed for 3 min'),
    });
  });

  it('is counted for its instance alone', async () => {
    await watchedFleet();
    for (const key of ['1', '2', '3', '4', '5', '6'])
      expect(await reserveRestart(toolsOf(), fleet, key, NOON_MS)).toEqual(reserved);
    expect(await reserveRestart(toolsOf(), fleet, '7', NOON_MS)).toMatchObject({ refuse: 'restarts-spent' });
    expect(await reserveRestart(toolsOf(OTHER, 'node3', ANOTHER), fleet, '7', NOON_MS)).toEqual(reserved);
  });
});

describe.each(['roll-back', 'reindex'] as const)('a %s', (rung) => {
  const takes = async (execution = ME) => {
    const nowMs = Date.now();
    const nodes = [INSTANCE, ANOTHER].map((instanceId) => ({
      instanceId,
      availabilityZone: 'eu-west-1a',
      health: 'synced',
    }));
    await store.replace(keys.observation('bitcoin', 0), { observedAtMs: nowMs, nodes, version: 1 } as never);
    const here = shell();
    const own = toolsOf(execution);
    const want = { do: 'heal' } as const;
    const tools = {
      ...here.tools,
      ...own,
      payload: { ...own.payload, want },
      clients: { ...here.tools.clients, ...toolsOf().clients },
    };
    const state = ladderState({ failed: [{ rung: 'restart', reason: 'it stands' }] });
    const leases = newLeases({ execution, fence: 4 });
    const { ctx, step } = patientContext();
    const context = { ...tools, durable: ctx, step, place: '010', state, leases } as never;
    return performAct(context, { do: 'take-rung', rung, reason: 'it stands' }).then(({ result }) => result);
  };
  const restarts = async () => (await store.readRestarts('bitcoin', INSTANCE))?.restarts.map(({ key }) => key) ?? [];

  it('takes the fleet’s turn, and a place among the restarts of its node', async () => {
    await store.replace(keys.node(INSTANCE), nodeRecord({ owner: ME, fence: 4, version: 1 }));
    executions.set(ME, running);
    expect(await takes()).toMatchObject({ is: 'done' });
    expect(await restarts()).toEqual([expect.stringMatching(new RegExp(`-${rung}$`))]);
    expect((await store.readReplaceTurn('bitcoin'))?.holder).toMatchObject({ execution: ME });
  });

  it('waits while another node of the fleet has the turn, and counts nothing then', async () => {
    await store.replace(keys.node(INSTANCE), nodeRecord({ owner: ME, fence: 4, version: 1 }));
    executions.set(OTHER, running);
    await reserveReplacement(toolsOf(OTHER, 'node3', ANOTHER), fleet, 'other', NOON_MS);
    expect(await takes()).toMatchObject({ is: 'refused', refusal: { refuse: 'replace-in-flight' } });
    expect(await restarts()).toEqual([]);
  });
});

describe('a restart of a wave that did not help', () => {
  it('is told to the pace of the fleet, under the key of its place', async () => {
    const own = toolsOf(ME);
    const tools = { ...shell().tools, ...own, payload: { ...own.payload, want: { do: 'heal' } } };
    const state = ladderState({ rung: 'restart', client: 'mayBeDown', hasMade: true });
    await store.replace(keys.node(INSTANCE), nodeRecord({ owner: ME, fence: 4, version: 1 }));
    const key = reservationKey(own.payload.incidentId, state, 'restart');
    const place = { key, execution: ME, incidentId: own.payload.incidentId, instanceId: INSTANCE, node: 'node2' };
    const restarts = [{ ...place, zone: 'eu-west-1a', atMs: NOON_MS, inWave: true as const }];
    await store.replace(keys.pace('bitcoin'), { restarts, version: 1 } as never);
    const { ctx, step } = patientContext();
    const context = {
      ...tools,
      durable: ctx,
      step,
      place: '010',
      state,
      leases: newLeases({ execution: ME, fence: 4 }),
    };
    await performAct(context as never, { do: 'end-rung', reason: 'it stands' });
    expect((await store.readPace('bitcoin'))?.restarts).toMatchObject([
      { ended: { as: 'failed', reason: 'it stands' } },
    ]);
  });
});
