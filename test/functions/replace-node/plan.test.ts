// What a person reads before anything is done: the rungs, the guards' answers for each, the data, minutes and cost.
import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { sourceOf } from '../../../functions/replace-node/permission.ts';
import { type LadderPlan, planOf, planOn, stateOf, waitingText } from '../../../functions/replace-node/plan.ts';
import { hashOf } from '../../../shared/heal/approval.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { snapshotSet } from '../../fixtures/builders/snapshot.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { DATA_PATH, volumeNow } from '../../fixtures/builders/volume.ts';
import {
  COPY_VOLUME,
  client,
  copy,
  FLEET,
  facts,
  impaired,
  ladderState,
  machine,
  newReplacement,
  seen,
  watched,
  YOUNG,
} from '../../fixtures/replace-facts.ts';

function planned(more: Partial<Facts> = {}): LadderPlan {
  const plan = planOf(facts({ seen: null, ...more }));
  if (!('rungs' in plan)) throw new Error(`no plan: ${JSON.stringify(plan)}`);
  return plan;
}
const restore = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;

describe('a plan', () => {
  it('says the rungs, why, from which data, how long and for how much', () => {
    expect(planned().sentence).toBe(
      'restart, then swap, then replace: it is stuck; data: set-0 of node2: clean, height 900, taken 2026-01-01T11:00:00.000Z; 51 min at most, +$40.00 a month while the old volumes are kept',
    );
  });

  it('of an impaired instance leaves its data alone', () => {
    expect(planned({ original: impaired('instance') }).rungs).toEqual(['stop-start', 'replace']);
  });

  it('counts the time until the blocks are there, where that is asked for', () => {
    const rated = { ...FLEET, replace: { ...FLEET.replace, initializationMiBps: 100 } };
    expect(planned({ fleet: rated, want: restore }).evidence.minutes).toBe(15 + Math.ceil((500 * 1024) / 100 / 60));
  });

  it('says how long the data take to be in step, by the rate that the fleet has shown', () => {
    const rate = { blocksPerSecond: 0.1, node: 'node3', atMs: NOON_MS };
    const chain = { head: { height: 2_700, atMs: NOON_MS }, blockMs: 30_000, rate };
    const known = { good: [snapshotSet()], refused: [], sibling: null, kept: null, chain };
    const words = '1800 blocks ÷ 0.1 blocks/s = 300 min, as node3 showed on 2026-01-01';
    expect(planned({ sources: known })).toMatchObject({
      sentence: expect.stringContaining(`; time to catch up: ${words}; `),
      evidence: { minutes: 51, caughtUpMinutes: 300, caughtUp: words },
    });
    const unknown = planned({ sources: { ...known, chain: { ...chain, rate: null } } });
    expect(unknown.sentence).toContain('time to catch up: unknown: no heal has seen this fleet catch up yet');
    expect(unknown.evidence.caughtUpMinutes).toBeNull();
  });

  it('tells what a guard says of each rung, and leaves out what it refuses', () => {
    const plan = planned({ original: machine({ publicIp: { ip: '203.0.113.7', allocationId: null } }) });
    expect(plan.rungs).toEqual(['restart', 'swap']);
    expect(plan.evidence.guardrails).toEqual([
      { rule: 'restart', verdict: 'may be done' },
      { rule: 'swap', verdict: 'may be done' },
      { rule: 'replace', verdict: expect.stringContaining('203.0.113.7') },
    ]);
  });

  it('names the public address that becomes another one, where the fleet file lets it', () => {
    const changing = { ...FLEET, replace: { ...FLEET.replace, publicAddress: 'may-change' as const } };
    const lost = { publicIp: { ip: '203.0.113.7', allocationId: null } };
    const plan = planned({ fleet: changing, original: machine(lost) });
    expect(plan.rungs).toContain('replace');
    expect(plan.sentence).toContain('; its public address 203.0.113.7 becomes another one where replace is done');
    expect(new Map(plan.terms).get('public address')).toBe('203.0.113.7 is lost');
    const kept = { publicIp: { ip: '203.0.113.7', allocationId: 'eipalloc-0123456789abcdef0' } };
    expect(planned({ fleet: changing, original: machine(kept) }).sentence).not.toContain('203.0.113.7');
  });

  it.each<[string, Partial<Facts>, string]>([
    ['of a validator', { role: 'validator' }, 'validator'],
    ['while the chain stands', { haltedSinceMs: NOON_MS }, 'chain-standing'],
    ['of an instance that somebody has stopped', { original: machine({ state: 'stopped' }) }, 'instance-stopped'],
  ])('is a refusal %s', (_, more, code) => {
    expect(planOf(facts({ seen: null, ...more }))).toMatchObject({ refusal: { refuse: code } });
  });

  it('is none of a node that follows its chain', () => {
    expect(planOf(facts({ watched: watched('synced') }))).toEqual({
      well: expect.stringContaining('it follows its chain again'),
    });
  });

  it('says that there is nothing to be copied', () => {
    const none = { good: [], refused: [{ setId: 'set-9', why: 'quarantined' }], sibling: null, kept: null };
    const plan = planned({ sources: none });
    expect(plan.evidence.source).toBe('no good snapshot is left; set-9: quarantined');
    expect(plan.sentence).toContain(
      '; a swap has no data, and does nothing: no good snapshot is left; set-9: quarantined; 25 min at most',
    );
  });

  it('tells the cost of old volumes only where it may keep any', () => {
    const none = { good: [], refused: [], sibling: null, kept: null };
    const fleet = { ...FLEET, replace: { ...FLEET.replace, rungs: ['restart', 'swap'] as const } };
    const costOf = ({ terms, sentence, evidence }: ReturnType<typeof planned>) => [
      new Map(terms).get('cost'),
      sentence.includes('a month'),
      evidence.costUsdPerMonth,
    ];
    expect(costOf(planned({ fleet }))).toEqual([COST, true, 40]);
    expect(costOf(planned({ fleet, sources: none }))).toEqual(['nothing', false, null]);
  });

  it('of a restore is a refusal where the act would be one: no snapshot fits, or nothing was kept', () => {
    const none = { good: [], refused: [{ setId: 'set-9', why: 'quarantined' }], sibling: null, kept: null };
    expect(planOf(facts({ seen: null, want: restore, sources: none }))).toMatchObject({
      refusal: { refuse: 'snapshot-unfit', reason: expect.stringContaining('set-9: quarantined'), page: false },
    });
    expect(planOf(facts({ seen: null, want: { do: 'undo' }, sources: none }))).toMatchObject({
      refusal: { refuse: 'nothing-to-undo' },
    });
  });

  it('of a restore is a refusal where the budget is spent; the milder rungs of a heal are left', () => {
    const spent = { refuse: 'replacements-spent', reason: 'two this hour', page: false, retryAfterMs: 1 } as const;
    expect(planOf(facts({ seen: null, want: restore }), spent)).toEqual({ refusal: spent });
    expect(planOf(facts({ seen: null }), spent)).toMatchObject({ rungs: ['restart'] });
  });

  it('is made without a word to the node', () => {
    expect(stateOf(facts({ seen: null }))?.found.volumes).toHaveLength(1);
    expect(
      stateOf(facts({ seen: null, volumes: [volumeNow(), volumeNow({ volumeId: 'vol-0b1b2c3d4e5f60718' })] }))?.found
        .volumes,
    ).toEqual([]);
  });
});

describe('a plan after an attempt that has tried something', () => {
  const first = snapshotSet();
  const second = snapshotSet(1);
  const sources = { good: [first, second], refused: [], sibling: null, kept: null };
  const restarted = { rung: 'restart', reason: 'it stands still' } as const;
  const stands = { door: 'data', fault: 'lower-stop', reason: 'it stands lower' } as const;
  const gaveUp = { ...stands, source: 'set-0', rank: 'clean', snapshotIds: [], rung: 'swap', atMs: NOON_MS } as const;
  const on = (more: Partial<LadderState>, about: Partial<Facts> = {}) =>
    planOn(facts({ seen: null, sources, ...about }), ladderState(more));

  it('names what would be done next, and not what was tried', () => {
    const plan = on({ failed: [restarted] });
    expect(plan).toMatchObject({ rungs: ['swap', 'replace'], source: expect.stringContaining('set-0') });
    expect(plan).toMatchObject({ sentence: expect.stringContaining('tried before: restart: it stands still') });
  });

  it('names the data that come next, and goes on with the rung under way', () => {
    expect(on({ rung: 'swap', failed: [restarted], tried: [gaveUp] })).toMatchObject({
      rungs: ['swap', 'replace'],
      source: expect.stringContaining('set-1'),
    });
  });

  it('leaves out a rung for which nothing is left', () => {
    const both = [gaveUp, { ...gaveUp, source: 'set-1' }];
    expect(on({ rung: 'swap', failed: [restarted], tried: both })).toMatchObject({ rungs: ['replace'] });
  });

  it('is the end where nothing is left at all: people are told, and nobody is asked', () => {
    const failed = (['restart', 'swap', 'replace'] as const).map((rung) => ({ rung, reason: 'no use' }));
    expect(on({ failed })).toMatchObject({ end: { as: 'escalated', code: 'ladder-spent' } });
  });

  it('is none where the node follows its chain by itself: what is held for it is let go', () => {
    expect(on({ failed: [restarted], hold: 'held' }, { watched: watched('synced') })).toEqual({ settles: true });
  });

  it('names what was made for it, and what would go on', () => {
    const made = on({ rung: 'replace', failed: [restarted], replacement: newReplacement() });
    expect(made).toMatchObject({
      rungs: ['replace'],
      holds: true,
      sentence: expect.stringContaining(`put away without a yes: ${newReplacement().instanceId}`),
    });
    const prepared = on({ rung: 'swap', failed: [restarted], restoredVolumes: copy() });
    expect(prepared).toMatchObject({ rungs: ['swap', 'replace'], source: sourceOf(copy()), holds: true });
  });

  it('is none where the node follows its chain by itself: what was made is put away', () => {
    const made = { rung: 'replace', replacement: newReplacement() } as const;
    expect(on(made, { watched: watched('synced') })).toEqual({ settles: true });
  });

  it('is a refusal where a guard holds what comes next', () => {
    expect(on({ failed: [restarted] }, { haltedSinceMs: NOON_MS - HOUR_MS })).toMatchObject({ refusal: {} });
  });
});

const upgradable = bitcoinFleet({
  ...{ probe: 'ssm', unit: 'node@*', volumes: { data: { path: DATA_PATH } } },
  client: { versions: ['28.0', '28.1'] },
  replace: { rungs: ['restart', 'swap', 'replace'], launchTemplate: 'lt-0123456789abcdef0' },
});
const upgrade = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 30 } as const;
const upgraded: Partial<Facts> = {
  ...{ fleet: upgradable, want: upgrade, spared: null, watched: watched('synced') },
  seen: seen([client('running', { instance: '28.0' })]),
};
const beside = { ...upgraded, want: { ...upgrade, strategy: 'blue-green' } } as const;
const kept = { incidentId: '0a0b0c0d', availabilityZone: 'eu-west-1a', volumes: { data: 'vol-kept' } };
const none = { good: [], refused: [], sibling: null, kept: null };
const SET = 'set-0 of node2: clean, height 900, taken 2026-01-01T11:00:00.000Z';
const COST = '+$40.00 a month while the old volumes are kept';
const untried = { command: '/opt/node/roll-back', minutes: 15, rehearse: true } as const;
const event = { id: 'e1', code: 'instance-retirement', notBeforeMs: NOON_MS + 24 * HOUR_MS, description: '' } as const;

describe('a heal that does not go on now', () => {
  it('says what was made for it and waits, and costs meanwhile', () => {
    expect(waitingText(ladderState({ restoredVolumes: copy(), replacement: newReplacement() }))).toBe(
      `. Made for it, and kept until it goes on: ${YOUNG}, ${COPY_VOLUME}`,
    );
  });

  it('says nothing where nothing was made: volumes of before were not', () => {
    expect(waitingText(ladderState({}))).toBe('');
    expect(waitingText(ladderState({ restoredVolumes: copy({ from: 'kept' }) }))).toBe('');
  });
});

describe('the plan of what is asked for', () => {
  it.each<[string, Partial<Facts>, string, string]>([
    [
      'a restore',
      { want: restore },
      'restore from the best snapshot',
      `swap: a person asked for it; data: ${SET}; 26 min at most, ${COST}`,
    ],
    [
      'a restore of a validator from one snapshot',
      { want: { ...restore, snapshotId: 'snap-00', acknowledgesValidator: true }, role: 'validator' },
      'restore from snap-00, a validator as a person has acknowledged',
      `swap: a person asked for it; data: ${SET}; 26 min at most, ${COST}`,
    ],
    [
      'another instance',
      { want: { do: 'replace-instance' } },
      'put the node on another instance',
      `replace: a person asked for it; 20 min at most, ${COST}`,
    ],
    [
      'what was kept',
      { want: { do: 'undo' }, sources: { ...none, kept } },
      'put back what was kept',
      `swap: a person asked for it; data: the volumes that incident 0a0b0c0d has kept; 15 min at most, ${COST}`,
    ],
    [
      'a smaller disk',
      { want: { do: 'shrink', toGiB: 400 }, spared: null },
      'exchange its data volume for one of 400 GiB, onto which the files of a clean snapshot are copied',
      `swap: a person asked for it; 500 → 400 GiB, of which 300 may be used: the node is asked before anything is made; its files are copied beside it while it serves; −$8.00 a month once the old volume is gone; data: ${SET}; 56 min at most, +$32.00 a month while the old volumes are kept`,
    ],
    [
      'an upgrade',
      upgraded,
      'run 28.1, and watch it for 30 min after its proof',
      `upgrade, then swap: it was asked for; data: ${SET}; 36 min at most, ${COST}`,
    ],
    [
      'an upgrade that was rehearsed',
      { ...upgraded, want: { ...upgrade, rehearsed: '28.1 on a copy of set-0' } },
      'run 28.1, and watch it for 30 min after its proof (28.1 on a copy of set-0)',
      `upgrade, then swap: it was asked for; data: ${SET}; 36 min at most, ${COST}`,
    ],
    [
      'an upgrade whose snapshot is to come',
      { ...upgraded, sources: none },
      'run 28.1, and watch it for 30 min after its proof',
      `upgrade, then swap: it was asked for; data: of a clean snapshot, which is taken first; 25 min at most, ${COST}`,
    ],
    [
      'an upgrade on another instance',
      beside,
      'run 28.1 on another instance beside it, which then takes its place',
      `replace: it was asked for; another m6i.large runs beside it until it has caught up and taken its place, from ${SET}; 20 min at most, ${COST}`,
    ],
    [
      'a heal of which nobody has seen the node',
      { watched: null },
      'heal the node',
      `restart, then swap, then replace: it does not follow its chain; data: ${SET}; 51 min at most, ${COST}`,
    ],
    [
      'a heal of which no data were read',
      { sources: null },
      'heal the node',
      `restart, then swap, then replace: it is stuck; 40 min at most, ${COST}`,
    ],
    [
      'a heal of a volume whose price nobody knows',
      { volumes: [volumeNow({ type: 'odd' })] },
      'heal the node',
      `restart, then swap, then replace: it is stuck; data: ${SET}; 51 min at most, +$0.00 a month while the old volumes are kept`,
    ],
    [
      'a heal whose new instance EC2 refuses',
      { launch: { is: 'refused', reason: 'no such AMI' } },
      'heal the node',
      `restart, then swap: it is stuck; data: ${SET}; 31 min at most, ${COST}; no replace: no such AMI`,
    ],
    [
      'a heal of which two rungs are left out, each with its reason',
      {
        fleet: { ...FLEET, replace: { ...FLEET.replace, rollBack: untried } },
        launch: { is: 'refused', reason: 'no such AMI' },
      },
      'heal the node',
      `restart, then swap: it is stuck; data: ${SET}; 31 min at most, ${COST}; no roll-back: no drill has tried /opt/node/roll-back on a copy yet; no replace: no such AMI`,
    ],
    [
      'a heal of what carries no tags of its fleet',
      { reach: { launch: [], pointers: ['target group rpc', 'alarm node2'] } },
      'heal the node',
      `restart, then swap, then replace: it is stuck; without the tags of bitcoin, these would go on pointing at the old instance: target group rpc, alarm node2; data: ${SET}; 51 min at most, ${COST}`,
    ],
    [
      'a move',
      { seen: seen(), watched: watched('synced'), move: { cause: { by: 'event', event }, refusal: null } },
      'heal the node',
      'stop-start: EC2 retires its instance at 2026-01-02T12:00Z or later (instance-retirement): it is moved to other hardware before; 10 min at most',
    ],
  ])('%s', (_, more, act, sentence) => {
    const plan = planned(more);
    expect(plan.sentence).toBe(sentence);
    expect(plan.terms[0]).toEqual(['act', act]);
    const minutes = Number(/ (\d+) min at most/.exec(sentence)?.[1]);
    expect(plan.evidence).toMatchObject({ rungs: plan.rungs, minutes });
  });

  it('has in its evidence what it takes its data from, what it costs, and what nobody knows', () => {
    expect(planned().evidence).toEqual({
      rungs: ['restart', 'swap', 'replace'],
      guardrails: (['restart', 'swap', 'replace'] as const).map((rule) => ({ rule, verdict: 'may be done' })),
      ...{ source: SET, costUsdPerMonth: 40, minutes: 51, caughtUpMinutes: null, caughtUp: null },
    });
    expect(planned({ volumes: [volumeNow({ sizeGiB: 33, type: 'st1' })] }).evidence.costUsdPerMonth).toBe(1.49);
  });

  it('covers no data where none are copied, and no volumes where they cannot be told', () => {
    const terms = (more: Partial<Facts>) => new Map(planned(more).terms);
    expect(terms({ sources: null }).get('source')).toBe('none');
    expect(terms({ volumes: [] }).get('volumes')).toBe('unknown');
    expect(planned({ want: { do: 'undo' }, sources: { ...none, kept } }).source).toBe(
      'the volumes that incident 0a0b0c0d has kept: vol-kept',
    );
  });

  it('covers the public address only where a rung loses it', () => {
    const fleet = { ...FLEET, replace: { ...FLEET.replace, publicAddress: 'may-change' as const } };
    const publicIp = { ip: '203.0.113.7', allocationId: null };
    const of = (more: Partial<Facts>) => planned({ fleet, original: machine({ publicIp }), ...more });
    const down = impaired('instance');
    const broken = of({ original: { ...down, instance: { ...down.instance, publicIp } } });
    expect(broken.sentence).toContain('203.0.113.7 becomes another one where stop-start or replace is done');
    expect(of({ want: restore }).sentence).not.toContain('203.0.113.7');
    expect(of({ want: restore }).terms.map(([term]) => term)).toEqual(['act', 'rungs', 'volumes', 'source', 'cost']);
    expect(of({}).terms.map(([term]) => term)).toContain('public address');
  });

  it('says nothing of catching up where a sibling’s volumes are copied', () => {
    const fleet = { ...FLEET, replace: { ...FLEET.replace, source: 'sibling' as const } };
    const sibling = { instanceId: 'i-sibling', node: 'node4', height: 1_234, volumes: { data: 'vol-sibling' } };
    const rate = { blocksPerSecond: 0.1, node: 'node3', atMs: NOON_MS };
    const chain = { head: { height: 2_700, atMs: NOON_MS }, blockMs: 30_000, rate };
    const plan = planned({ fleet, sources: { ...none, good: [snapshotSet()], sibling, chain } });
    expect(plan.evidence).toMatchObject({
      ...{ source: 'the volumes of node4, which follows the chain', caughtUp: null, caughtUpMinutes: null },
    });
  });

  it.each<[string, Partial<Facts>, object]>([
    [
      'another instance that EC2 refuses',
      { want: { do: 'replace-instance' }, launch: { is: 'refused', reason: 'no such AMI' } },
      { refuse: 'aws-refused', reason: 'no such AMI', page: true, retryAfterMs: HOUR_MS },
    ],
    [
      'another instance without a launch template',
      { want: { do: 'replace-instance' }, original: machine({ launchTemplate: null }) },
      { refuse: 'restart-forbidden', page: true, retryAfterMs: HOUR_MS },
    ],
    [
      'a heal for which the file allows no rung',
      {
        original: machine({}, { agentOnline: false }),
        fleet: { ...FLEET, replace: { ...FLEET.replace, rungs: ['swap'] } },
      },
      {
        ...{ refuse: 'restart-forbidden', page: true, retryAfterMs: HOUR_MS },
        reason: 'the fleet file allows no rung that could help here',
      },
    ],
    [
      'an upgrade on another instance without a snapshot',
      { ...beside, sources: none },
      { refuse: 'snapshot-unfit', reason: 'no good snapshot is left', page: false, retryAfterMs: HOUR_MS },
    ],
    [
      'a smaller disk without a snapshot',
      { want: { do: 'shrink', toGiB: 400 }, spared: null, sources: none },
      { refuse: 'snapshot-unfit', reason: 'no good snapshot is left', page: false, retryAfterMs: HOUR_MS },
    ],
  ])('is a refusal, with its page and its hour: %s', (_, more, refusal) => {
    expect(planOf(facts({ seen: null, ...more }))).toMatchObject({ refusal });
  });
});

describe('an approval is of what would be done, and to what', () => {
  const hash = (more: Partial<Facts> = {}) => hashOf(planned(more).terms);
  const at = (more: Partial<Facts>, setId: string) => ({
    ...more,
    sources: { good: [snapshotSet(undefined, { setId })], refused: [], sibling: null, kept: null },
  });

  it('other rungs, other data, other volumes or another wish are another question', () => {
    const other = volumeNow({ volumeId: 'vol-0b1b2c3d4e5f60718' });
    const hashes = [
      hash(),
      hash({ original: impaired('instance') }),
      hash({ want: restore }),
      hash({ want: { ...restore, snapshotId: 'snap-0a1b2c3d4e5f60718' } }),
      hash(at({}, 'set-9')),
      hash({ volumes: [other] }),
      hash({ volumes: [volumeNow({ sizeGiB: 900 })] }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('says each snapshot by its id, so that two sets of one name are not one', () => {
    const terms = new Map(planned().terms);
    expect(terms.get('source')).toMatch(/^set-0 of node2: snap-[0-9a-f]+ \(data\)$/);
    expect(terms.get('volumes')).toMatch(/^vol-[0-9a-f]+ \(data, 500 GiB\)$/);
    expect(terms.get('rungs')).toBe('restart, then swap, then replace');
    expect(terms.get('cost')).toBe('+$40.00 a month while the old volumes are kept');
  });

  it('other words for the same are the same question', () => {
    expect(hash()).toBe(hash({ watched: watched('stuck', { reason: 'stuck at 1000 still' }) }));
  });
});
