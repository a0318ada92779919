// What nodes had answered to chainmend at the time, where Systems Manager still has it.
import { describe, expect, it } from '@jest/globals';
import { backtestOf } from '../../../../infra/commands/backtest/backtest.ts';
import type { History, Told } from '../../../../infra/commands/backtest/history.ts';
import { wordOf } from '../../../../infra/commands/backtest/verdict.ts';
import { HEALTH_VALUE } from '../../../../shared/fleet/resource-names.ts';
import { act, diskHistory, history, minutely, nodeHistory, same, sibling } from '../../../fixtures/builders/history.ts';
import { INSTANCE } from '../../../fixtures/builders/node.ts';
import { clientState, nodeState, observation } from '../../../fixtures/builders/observation.ts';
import { DAY_MS, NOON_MS } from '../../../fixtures/builders/time.ts';

const MINUTE_MS = 60_000;
const THEN_MS = NOON_MS - 2 * DAY_MS;
const ASKED_MS = THEN_MS + 4 * MINUTE_MS;
const { synced, unreachable } = HEALTH_VALUE;

const said = (past: History): readonly string[] => {
  const [row] = backtestOf(past).rows;
  return row === undefined ? [] : [wordOf(row.verdict), ...row.provided];
};

describe('a disk whose node had been asked', () => {
  const full = diskHistory(THEN_MS, [80, 81, 92, 93, 93, 93]);
  const past = (...told: readonly Told[]) => history({ nodes: [nodeHistory({ disks: [full], told })] });
  const disk = (more: Parameters<typeof observation>[0] = {}, atMs = ASKED_MS): Told => ({
    ...{ about: 'disk', atMs },
    seen: observation(more),
  });

  it('is grown without a proviso', () => {
    expect(said(past())).toEqual(['grow to 600 GiB', 'its node said of the disk what its CloudWatch agent said']);
    expect(said(past(disk()))).toEqual(['grow to 600 GiB']);
  });

  it('is left alone where its data lay on no volume of their own', () => {
    expect(said(past(disk({ volumeId: '' })))).toEqual(['refused volume-not-found']);
  });

  it('is judged by the first answer: later ones have the heal’s own work in them', () => {
    expect(said(past(disk(), disk({ volumeId: '' }, ASKED_MS + MINUTE_MS)))).toEqual(['grow to 600 GiB']);
  });

  it.each([
    ['before it was full', THEN_MS],
    ['an hour later', THEN_MS + 60 * MINUTE_MS],
  ])('is not judged by an answer of %s', (_, atMs) => {
    expect(said(past(disk({ volumeId: '' }, atMs)))).toContain('grow to 600 GiB');
  });

  it('is not judged by an answer about another disk', () => {
    expect(said(past(disk({ volumeId: '', path: '/ancient' })))).toContain('grow to 600 GiB');
  });

  it('is known although it was over within minutes', () => {
    const brief = diskHistory(THEN_MS, [80, 81, 92, 93, 50, 50, 50]);
    const over = (...told: readonly Told[]) => history({ nodes: [nodeHistory({ disks: [brief], told })] });
    expect(said(over())).toEqual(['not knowable']);
    expect(said(over(disk({ usedBytes: 250 * 2 ** 30 })))).toEqual(['left alone']);
  });

  it('is left alone where the node refused to say how it was', () => {
    const late: Told = { about: 'disk refused', atMs: ASKED_MS, reason: 'late: its clock was ahead' };
    expect(said(past(late))).toEqual(['refused node-silent']);
  });
});

describe('a sick node that had been asked', () => {
  const past = (told: readonly Told[], more: Partial<History> = {}) =>
    history({
      nodes: [
        nodeHistory({ health: minutely(THEN_MS, synced, ...same(unreachable, 6), synced), told }),
        ...['node1', 'node3'].map((name) => sibling(name, { health: minutely(THEN_MS, ...same(synced, 8)) })),
      ],
      halted: minutely(THEN_MS, ...same(0, 8)),
      ...more,
    });
  const node = (more: Parameters<typeof nodeState>[0] = {}): Told => ({
    ...{ about: 'node', atMs: ASKED_MS },
    seen: nodeState(more),
  });
  const stopped = node({ clients: [clientState({ state: 'stopped', exitStatus: 0, asked: true })] });

  it('is restarted without a proviso', () => {
    expect(said(past([])).slice(1)).not.toEqual([]);
    expect(said(past([node()]))).toEqual(['restart']);
  });

  it('is left to whoever had stopped its client', () => {
    expect(said(past([stopped]))).toEqual(['refused client-stopped']);
  });

  it('is known although a person was on it', () => {
    const hand = act({ what: 'StartSession', atMs: THEN_MS - 10 * MINUTE_MS, ids: [INSTANCE] });
    expect(said(past([], { acts: [hand] }))).toEqual(['not knowable']);
    expect(said(past([stopped], { acts: [hand] }))).toEqual(['refused client-stopped']);
  });

  it('is left alone where it refused to say how it was', () => {
    expect(said(past([{ about: 'node refused', atMs: ASKED_MS, reason: 'late' }]))).toEqual(['refused node-silent']);
  });
});
