import { describe, expect, it } from '@jest/globals';
import { climbedText, linesOfEntry } from '../../../local/cli/story/heals.ts';
import type { HealReport } from '../../../local/scenarios/report/heals.ts';
import { type JournalLine, readAct } from '../../../local/scenarios/report/journal.ts';
import type { NodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { ME } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { storyFacts } from '../../fixtures/builders/story.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const line = ({ kind = 'decision', act, ...more }: Partial<JournalLine>): JournalLine => ({
  ...{ atMs: NOON_MS, place: '010-decision', kind, sentence: '', code: undefined, act, ...readAct(kind, act ?? '') },
  ...{ evidence: undefined, fields: {}, fleet: 'bitcoin', node: 'node2', instanceId: INSTANCE },
  ...{ incidentId: '7f3a0000', attempt: 1, by: 'replace-node', heal: 'replace-node', writer: ME },
  ...more,
});
const told = (of: JournalLine, { journal = [of], explain = false } = {}) =>
  linesOfEntry(storyFacts({ journal }), of, explain).map(({ label, text }) => `${label}  ${text}`);

describe('what the ladder has decided', () => {
  it('is told with its rung, and the failure of the rung before it only once', () => {
    const why = 'restart did not help: it stands still at height 931006';
    const failed = line({ place: '020-decision', sentence: why });
    const next = line({ place: '021-decision', sentence: `swap: ${why}`, fields: { rung: 'swap', reason: why } });
    const journal = [failed, next];
    expect(told(failed, { journal })).toEqual([]);
    expect(told(next, { journal })).toEqual([`decided  swap: ${why}`]);
    expect(told(failed, { journal, explain: true })).toEqual([`decided  ${why}`]);
  });

  it('that it follows its chain again is a proof', () => {
    const fields = { rung: 'swap', proved: true } as const;
    expect(told(line({ sentence: 'it follows its chain again: height 5, 3 beyond', fields }))).toEqual([
      'proved  it follows its chain again: height 5, 3 beyond',
    ]);
  });

  it('by the dispatcher is told as any heal’s', () => {
    const dispatched = { by: 'dispatch-heal', writer: 'dispatch-heal' } as const;
    expect(told(line({ ...dispatched, fields: { mode: 'ask' } }))).toEqual([
      'incident 7f3a  attempt 1 → replace-node, mode ask',
    ]);
  });
});

describe('what the ladder does to AWS', () => {
  it('is told as it was intended, by the name of the call', () => {
    const sentence = 'make a data volume in eu-west-1b, from set-1';
    expect(told(line({ kind: 'intent', act: 'CreateVolume set-1 data 0', sentence }))).toEqual([
      `CreateVolume  ${sentence}`,
    ]);
    expect(told(line({ kind: 'intent', act: 'Invoke register-nodes', sentence: 'it leaves the pool first' }))).toEqual([
      'register-nodes  it leaves the pool first',
    ]);
  });

  it('is told of what went wrong, not of what went well', () => {
    const result = (sentence: string, fields: JournalLine['fields']) =>
      told(line({ kind: 'result', act: 'AttachVolume vol-1', sentence, fields }));
    expect(result('done', { status: 'done' })).toEqual([]);
    expect(result('failed: VolumeInUse: …', { status: 'failed', reason: 'VolumeInUse: …' })).toEqual([
      'AWS  VolumeInUse: …',
    ]);
    expect(result('not done: paused', { status: 'refused' })).toEqual(['AWS  not done: paused']);
  });

  it('marks are told where they stay, those for the while of the incident only to those who ask', () => {
    const kept = line({ kind: 'intent', act: 'CreateTags vol-1', sentence: 'keep vol-1, and note how to put it back' });
    const held = line({
      kind: 'intent',
      act: 'DeleteTags',
      sentence: 'the snapshots that were held are released',
      fields: { bookkeeping: true },
    });
    expect(told(kept)).toEqual(['noted  keep vol-1, and note how to put it back']);
    expect(told(held)).toEqual([]);
    expect(told(held, { explain: true })).toEqual(['noted  the snapshots that were held are released']);
  });
});

describe('what a node answers', () => {
  const sent = (operation: string, id: string) =>
    line({ kind: 'intent', act: `SendCommand ${operation} ${id}`, sentence: 'so it is' });
  const answer = (id: string, place: string, { result = 'done', ...more }: Partial<NodeAnswer> = {}) => {
    const nothing = { reason: null, stop: null, startSeconds: null, putBack: false, before: null, after: null };
    const evidence = JSON.stringify({ operationId: id, fence: 4, result, ...nothing, ...more });
    const fields = { status: result, fence: 4 };
    return line({ kind: 'result', act: `SendCommand ${id}`, sentence: 'its words', place, evidence, fields });
  };
  const running = { clients: [{ state: 'running', exitStatus: null, lastLine: '', masked: false }] };
  const after = { ...running, volumes: [], devices: [], rootUsedPercent: 1 } as unknown as NodeAnswer['after'];

  it('is told by its command; of the looks the first one, which raises the fence', () => {
    const first = answer('4.0', '010-result', { after });
    const second = answer('4.2', '030-result', { after });
    const stop = { seconds: 7, clean: true, exitStatus: 0, lastLine: '' };
    const swap = answer('4.1', '020-result', { stop, startSeconds: 3, after });
    const journal = [
      ...[sent('inspect-node', '4.0'), first, sent('swap-volumes', '4.1'), swap],
      ...[sent('inspect-node', '4.2'), second],
    ];
    expect(told(sent('swap-volumes', '4.1'), { journal })).toEqual([]);
    expect(told(first, { journal })).toEqual(['node fenced  fence 4 acknowledged; seen: client running']);
    expect(told(swap, { journal })).toEqual(['swap-volumes  stopped in 7 s, cleanly; started in 3 s; client running']);
    expect(told(second, { journal })).toEqual([]);
  });

  it('that says no more than that it is done is told with what it was for', () => {
    const checked = answer('4.1', '020-result');
    expect(told(checked, { journal: [sent('check-volume', '4.1'), checked] })).toEqual([
      'check-volume  so it is: done',
    ]);
  });

  it('that it did not do it is told as it is', () => {
    const failed = answer('4.1', '020-result', { result: 'failed', reason: 'the client ended', putBack: true });
    expect(told(failed, { journal: [sent('swap-volumes', '4.1'), failed] })).toEqual([
      'swap-volumes  failed; the client ended; what was there before is there again',
    ]);
  });

  it('that is too long for the journal is told in its own words', () => {
    const cut = { ...answer('4.1', '020-result'), evidence: '{"operationId":"4.1","resu' };
    expect(told(cut, { journal: [sent('swap-volumes', '4.1'), cut] })).toEqual(['swap-volumes  its words']);
  });
});

describe('a heal of the ladder ends', () => {
  const heal: HealReport = {
    ...{ kind: 'replace-node', fleet: 'bitcoin', node: 'node2', incident: '7f3a0000', attempt: 1, rung: 'swap' },
    ...{ outcome: 'healed', reason: '', startedAtSeconds: 1, alarmToHealedSeconds: 1_320, awsSeconds: 540 },
    ...{ backgroundSeconds: 0, nodeOutageSeconds: 42 },
    ...{ outageSeconds: 42, clientSeconds: 35, caughtUpSeconds: 240 },
    ...{ apiCalls: 37, guardCalls: 1, pollCalls: 1, stateCalls: 1 },
  };
  const words = (more: Partial<HealReport>) => climbedText({ ...heal, ...more });

  it('with its rung, its time, and whose that was', () => {
    expect(words({})).toBe(
      'by swap, 22 min after it was reported, 9 min of them AWS’s own; outage 42 s, 35 s of them its client’s own; synced 4 min after its start',
    );
  });

  it('with the node’s whole outage, of which the heal’s own part is told', () => {
    expect(words({ nodeOutageSeconds: 738 })).toContain('; outage 12 min, 42 s of them by the heal; ');
    expect(words({ nodeOutageSeconds: 738, outageSeconds: 0 })).toContain('; outage 12 min, none of it by the heal; ');
  });

  it('with what AWS went on with while the node served', () => {
    expect(words({ backgroundSeconds: 540 })).toMatch(/; AWS loaded its volume for 9 min meanwhile$/);
  });

  it('without what was not', () => {
    expect(words({ nodeOutageSeconds: 0, outageSeconds: 0, clientSeconds: 0, caughtUpSeconds: 0 })).toBe(
      'by swap, 22 min after it was reported, 9 min of them AWS’s own',
    );
  });
});
