// CreateSnapshots has no token: who may call it, what is written before, and what is believed where the answer is lost.
import { describe, expect, it } from '@jest/globals';
import { downSince } from '../../../functions/snapshot-node/progress.ts';
import { take } from '../../../functions/snapshot-node/snapshots.ts';
import type { SnapshotActContext } from '../../../functions/snapshot-node/state.ts';
import { ME, OTHER, snapshotPayload } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME, INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { patientContext, type Shell, shell } from '../../fixtures/heal-shell.ts';
import { facts, HOLDER, operation, SNAPSHOT } from '../../fixtures/snapshot-node-facts.ts';

const begun = operation({}, { clean: { exitStatus: 0, lastLine: 'Shutdown: done' } });
/** The node's record when EC2 is called. */
let remembered: unknown;

function world(): Shell {
  const here = shell(snapshotPayload() as never, nodeRecord({ owner: ME, fence: 4, operation: begun }));
  here.answers['CreateSnapshotsCommand'] = () => {
    remembered = here.nodes.get(INSTANCE)?.operation;
    return { Snapshots: [{ SnapshotId: SNAPSHOT, VolumeId: DATA_VOLUME }] };
  };
  return here;
}

/** Something happens between the intent and the call. */
function meanwhile(here: Shell, happens: () => void): Shell {
  const { journal } = here.tools;
  const telling: typeof journal = async (place, entry) => {
    await journal(place, entry);
    if (entry.kind === 'intent') happens();
  };
  return { ...here, tools: { ...here.tools, journal: telling } };
}

const taking = ({ tools }: Shell) => {
  const { ctx, step } = patientContext();
  const held = { holder: HOLDER, ordinal: 2, commandsOver: true, seenFence: 4 };
  const from = downSince(held, begun, { by: 'this attempt', facts: facts() });
  const context = { ...tools, durable: ctx, step, place: '07' } as unknown as SnapshotActContext;
  return take(context, { do: 'take', from, facts: facts() });
};

describe('snapshots of a client that has ended', () => {
  it('are taken once it is written on the node’s record that they may have been', async () => {
    const here = world();
    expect(await taking(here)).toMatchObject({ whole: true, memory: { snapshotIds: [SNAPSHOT] } });
    expect(remembered).toMatchObject({ phase: 'down', memory: { intent: { call: 'CreateSnapshots' } } });
    expect(here.nodes.get(INSTANCE)?.operation).toMatchObject({ memory: { snapshotIds: [SNAPSHOT] } });
  });

  it('are not taken by an attempt that was superseded a moment ago', async () => {
    const here = world();
    const others = nodeRecord({ owner: OTHER, fence: 5, version: 9 });
    expect(await taking(meanwhile(here, () => void here.nodes.set(INSTANCE, others)))).toEqual({ lost: true });
    expect(here.changes()).toEqual([]);
  });

  it('are not taken under a pause that began a moment ago', async () => {
    const here = world();
    const paused = meanwhile(here, () => void here.parameters.set('/chainmend/pause', 'audit'));
    expect(await taking(paused)).toMatchObject({ refuse: 'paused' });
    expect(here.changes()).toEqual([]);
  });
});
