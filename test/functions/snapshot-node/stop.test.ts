// The stop of a validator: its guards are asked again in the very steps that lead to the command.
import { describe, expect, it } from '@jest/globals';
import { stop } from '../../../functions/snapshot-node/commands.ts';
import type { Preparing, SnapshotActContext } from '../../../functions/snapshot-node/state.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { bitcoinFile } from '../../fixtures/builders/fleet.ts';
import { ME, snapshotPayload } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { patientContext, type Shell, shell } from '../../fixtures/heal-shell.ts';
import { facts, HOLDER, operation } from '../../fixtures/snapshot-node-facts.ts';

const NAMES = ['node1', 'node2', 'node3', 'node4'];
const validators = (missing: number): readonly ObservedNode[] =>
  NAMES.map((name) =>
    observedNode({ name, role: 'validator', votes: { own: 10, chain: { total: 40, missing, byzantine: 0 } } }),
  );

/** @param looks what the chain lacks, at each time that the fleet's observation is read; the last one stays */
function world(looks: readonly number[]): Shell {
  const node = nodeRecord({ owner: ME, fence: 4 });
  const here = shell(snapshotPayload({ requestedBy: 'person', acknowledgesValidator: true }) as never, node);
  const file = bitcoinFile({ chain: 'cometbft', role: 'validator', probe: 'ssm' });
  here.parameters.set('/chainmend/fleets/bitcoin', JSON.stringify(file));
  const running = { InstanceId: INSTANCE, State: { Name: 'running' }, Tags: [] };
  here.answers['DescribeInstancesCommand'] = () => ({ Reservations: [{ Instances: [running] }] });
  here.answers['DescribeVolumesCommand'] = () => ({ Volumes: [] });
  here.answers['DescribeSnapshotsCommand'] = () => ({ Snapshots: [] });
  let reads = 0;
  const readFleetReading = async () => {
    const missing = looks[Math.min(reads++, looks.length - 1)] ?? 0;
    return { observations: [{ observedAtMs: Date.now(), nodes: validators(missing) }], watch: undefined };
  };
  const store = {
    ...here.tools.store,
    readFleetReading,
    readIncident: async () => undefined,
  };
  return { ...here, tools: { ...here.tools, store } as never };
}

const stopping = ({ tools }: Shell) => {
  const { ctx, step } = patientContext();
  const held = { holder: HOLDER, ordinal: 1, commandsOver: true, seenFence: 4 };
  const from: Preparing = { at: 'preparing', held, facts: facts(), seen: null, operation: operation() };
  const context = { ...tools, durable: ctx, step, place: '07' } as unknown as SnapshotActContext;
  return stop(context, { do: 'stop', from, facts: facts(), operation: operation() });
};

describe('a validator that a person wants stopped', () => {
  it('is not stopped where another one went down a moment ago: its record does not even say that it may be', async () => {
    const here = world([10]);
    expect(await stopping(here)).toMatchObject({ refuse: 'quorum-at-risk', down: false });
    expect(here.nodes.get(INSTANCE)?.operation).toBeNull();
    expect(here.changes()).toEqual([]);
  });

  it('is not stopped where another one went down since its record says that it may be, and is put back', async () => {
    const here = world([0, 10]);
    const ended = await stopping(here).catch(String);
    expect(here.changes()).toEqual([]);
    expect(ended).toMatchObject({ refuse: 'quorum-at-risk', down: true });
    expect(here.nodes.get(INSTANCE)?.operation).toMatchObject({ phase: 'down' });
  });
});
