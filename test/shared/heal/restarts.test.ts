// What has become of the restarts of a fleet: whether one that has not ended keeps its place from others.
import { expect, it } from '@jest/globals';
import type { PaceRecord } from '../../../shared/guardrails/pace.ts';
import { readRestarts } from '../../../shared/heal/budgets.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { NodeRecord } from '../../../shared/heal/records.ts';
import type { ExecutionStatus } from '../../../shared/model/execution.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { ladderState } from '../../fixtures/replace-facts.ts';

const record: PaceRecord = {
  restarts: [
    {
      ...{ key: 'k1', execution: 'e1', incidentId: 'x1', instanceId: INSTANCE, node: 'node2', zone: 'a' },
      atMs: NOON_MS,
    },
  ],
  version: 1,
};
const down = (memory: Partial<LadderState>): NodeRecord =>
  nodeRecord({
    operation: {
      kind: 'replace',
      phase: 'down',
      incidentId: 'x1',
      memory: ladderState(memory),
    } as NodeRecord['operation'],
  });
const seen = async (node: NodeRecord, state: ExecutionStatus['state'] = 'ended'): Promise<readonly string[]> => {
  const status = (): ExecutionStatus => ({ state }) as ExecutionStatus;
  return (await readRestarts(record, { readNode: async () => node }, status)).map(({ is }) => is);
};

it('one that was left in the middle goes on: the next attempt settles it', async () => {
  expect(await seen(down({}))).toEqual(['under-way']);
  expect(await seen(nodeRecord())).toEqual(['lost']);
});

it('one that waits for capacity that only AWS can give keeps nobody waiting', async () => {
  const unstarted = {
    of: 'capacity',
    sinceMs: NOON_MS,
    atMs: NOON_MS,
    reason: 'InsufficientInstanceCapacity',
  } as const;
  expect(await seen(down({ unstarted }))).toEqual(['lost']);
  expect(await seen(down({ unstarted }), 'running')).toEqual(['under-way']);
});
