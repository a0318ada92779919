// The record of a new instance and that of the old one, between which volumes go.
import { describe, expect, it } from '@jest/globals';
import { leaseReplacement, leaseReplacementAgain } from '../../../functions/replace-node/replacement-lease.ts';
import type { ReplaceContext } from '../../../functions/replace-node/state.ts';
import { ME, OTHER } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { shell } from '../../fixtures/heal-shell.ts';

const NEW = 'i-0fedcba9876543210';
const grown = (atMs: number) => ({ volumeId: 'vol-0123456789abcdef0', toGiB: 100 + atMs, atMs });
const me = { execution: ME, fence: 4 };
const at = (modifications: readonly ReturnType<typeof grown>[], newOnes?: readonly ReturnType<typeof grown>[]) => {
  const { tools, nodes, answers } = shell({}, nodeRecord({ owner: ME, fence: 4, modifications }));
  answers['GetDurableExecutionCommand'] = () => ({ Status: 'RUNNING' });
  if (newOnes) nodes.set(NEW, nodeRecord({ instanceId: NEW, modifications: newOnes }));
  const context = tools as unknown as ReplaceContext;
  const of = (id: string) => nodes.get(id)?.modifications.map(({ atMs }) => atMs);
  return { context, nodes, known: () => ({ old: of(INSTANCE), new: of(NEW) }) };
};

describe('the growths of a volume that goes to another instance', () => {
  it('are known there from its launch on', async () => {
    const { context, known } = at([grown(1), grown(2)]);
    expect(await leaseReplacement(context, NEW)).toMatchObject({ holder: { execution: ME, fence: 1 } });
    expect(known()).toEqual({ old: [1, 2], new: [1, 2] });
  });

  it('are known on both once a disk has grown there between two attempts: the volume may come back', async () => {
    const { context, known, nodes } = at([grown(1)], [grown(1), grown(2)]);
    await leaseReplacementAgain(context, NEW, me);
    expect(known()).toEqual({ old: [1, 2], new: [1, 2] });
    expect(nodes.get(INSTANCE)).toMatchObject({ owner: ME, fence: 4 });
  });

  it('are written to no record that another heal holds', async () => {
    const busy = at([grown(1)], [grown(2)]);
    busy.nodes.set(NEW, nodeRecord({ instanceId: NEW, owner: OTHER, fence: 9, modifications: [grown(2)] }));
    expect(await leaseReplacementAgain(busy.context, NEW, me)).toMatchObject({ busy: OTHER });
    expect(busy.known()).toEqual({ old: [1], new: [2] });
    const lost = at([grown(1)], [grown(2)]);
    await leaseReplacementAgain(lost.context, NEW, { execution: OTHER, fence: 4 });
    expect(lost.known().old).toEqual([1]);
  });
});
