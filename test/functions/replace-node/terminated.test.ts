// A node whose instance somebody has terminated is made again: from what is written down of it, with the volume that is left or other data.
import { describe, expect, it } from '@jest/globals';
import { doesRecover } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import type { Gone } from '../../../functions/replace-node/gone.ts';
import { planOf } from '../../../functions/replace-node/plan.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState, Replacement } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { DATA_VOLUME, INSTANCE, instanceNow } from '../../fixtures/builders/node.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { DATA_PATH, foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import { client, facts, ladderState, machine, newReplacement, seen, YOUNG } from '../../fixtures/replace-facts.ts';

const fleet = bitcoinFleet({ probe: 'ssm', volumes: { data: { path: DATA_PATH } }, replace: { terminated: true } });
const was = { instance: instanceNow(), clientVersion: null };
const left = volumeNow({ state: 'available', attachment: null });
const present = ['node1', 'node3', 'node4', 'node5'].map((name) => ({ instanceId: `i-${name}`, name }));
const missed = [{ instanceId: INSTANCE, name: 'node2', sinceMs: NOON_MS - 10 * MINUTE_MS }];
const goneNode = (more: Partial<Gone> = {}): Gone => ({
  ...{ machine: was, volumes: [volumeNow()], power: 'terminated', present, missed },
  ...more,
});
const ended = machine({ state: 'terminated', devices: [], rootVolumeId: null }, { checks: null, agentOnline: false });
const terminated = (more: Partial<Facts> = {}, of: Partial<Gone> = {}): Facts =>
  facts({ fleet, original: ended, seen: null, watched: null, volumes: [left], gone: goneNode(of), ...more });

const said = (decision: Decision): string => {
  switch (decision.do) {
    case 'end':
      return decision.end.as === 'refused' ? decision.end.refusal.refuse : decision.end.as;
    case 'begin':
      return decision.state.found.dataLost ? 'begin without its data' : 'begin with its data';
    case 'note-fenced':
      return `fenced by ${decision.by}`;
    case 'attach':
    case 'detach':
      return `${decision.do} ${decision.volumeId === DATA_VOLUME ? 'data' : 'copy'} ${decision.which}`;
    default:
      return decision.do;
  }
};

describe('it begins', () => {
  const busy = (instanceId: string) =>
    volumeNow({ attachment: { instanceId, device: '/dev/sdf', state: 'attached', deleteOnTermination: false } });
  const cases: readonly [string, Facts, string][] = [
    ['with the volume that is left', terminated(), 'begin with its data'],
    ['without it, where it is gone', terminated({ volumes: [] }), 'begin without its data'],
    [
      'without it, where a heal has put it away',
      terminated({ volumes: [{ ...left, tags: { ...left.tags, 'chainmend:retired': '2026' } }] }),
      'begin without its data',
    ],
    [
      'without it, where it carries no tags of the fleet',
      terminated({ volumes: [{ ...left, tags: {} }] }),
      'begin without its data',
    ],
    ['not where the instance runs', terminated({ original: machine() }, { power: 'running' }), 'not-confirmed'],
    ['not while it is shutting down', terminated({}, { power: 'shutting-down' }), 'busy'],
    [
      'not by one reading that does not show it',
      terminated({ onsetMs: NOON_MS - 3 * MINUTE_MS }, { power: null }),
      'busy',
    ],
    ['once EC2 has forgotten it', terminated({}, { power: null }), 'begin with its data'],
    ['not while its volume is not released', terminated({ volumes: [busy(INSTANCE)] }), 'busy'],
    ['not while a person is at work with its volume', terminated({ volumes: [busy('i-other')] }), 'not-made-again'],
    ['not where its volumes cannot be told', terminated({}, { volumes: [] }), 'not-made-again'],
    [
      'not where a person has its name',
      terminated({}, { present: [{ instanceId: 'i-other', name: 'node2' }] }),
      'name-taken',
    ],
    ['not where nothing is written down', terminated({ original: null }, { machine: null }), 'not-made-again'],
    [
      'not where a person had paused it',
      terminated(
        {},
        { machine: { ...was, instance: instanceNow({ tags: { ...was.instance.tags, 'chainmend:pause': 'Anna' } }) } },
      ),
      'paused',
    ],
    ['not for a validator', terminated({ role: 'validator' }), 'validator'],
  ];
  it.each(cases)('%s', (_case, given, expected) => {
    expect(said(decide(given, null))).toBe(expected);
  });
});

const found = { instanceId: INSTANCE, availabilityZone: 'eu-west-1a', volumes: [foundVolume()], height: null } as const;
const begun = (more: Partial<LadderState> = {}, of: Partial<LadderState['found']> = {}): LadderState =>
  ladderState({ found: { ...found, lagBlocks: null, client: 'unknown', machine: was, ...of }, ...more });

describe('what is missing is told, and waits for a person', () => {
  const accepted = { launch: { is: 'accepted' } } as const;
  it('a launch template', () => {
    const none = machine({ ...ended.instance, launchTemplate: null }, { checks: null, agentOnline: false });
    const decision = decide(terminated({ original: none }), begun());
    expect(said(decision)).toBe('not-made-again');
    expect(JSON.stringify(decision)).toContain('names a launch template');
  });
  it('data, where its volumes went with it', () => {
    const sources = { good: [], refused: [], sibling: null, kept: null };
    const decision = decide(terminated({ ...accepted, volumes: [], sources }), begun({}, { dataLost: true }));
    expect(JSON.stringify(decision)).toContain('its volumes are gone, and no good snapshot is left');
    expect(said(decide(terminated({ ...accepted, sources }), begun()))).toBe('take-rung');
  });
  it('nothing but another instance is tried', () => {
    expect(decide(terminated(accepted), begun())).toMatchObject({
      ...{ do: 'take-rung', rung: 'replace' },
      reason: 'its instance was terminated',
    });
    const failed = begun({ failed: [{ rung: 'replace', reason: 'no capacity' }] });
    expect(said(decide(terminated(accepted), failed))).toBe('escalated');
  });
});

describe('its new instance', () => {
  const young = machine({ instanceId: YOUNG, devices: [] });
  const masked = seen([client('stopped', { masked: true })]);
  const next = (
    more: Partial<Facts>,
    is: Partial<Replacement>,
    has: Partial<LadderState['found']> = {},
    of: Partial<Gone> = {},
  ) =>
    said(
      decide(
        terminated({ replacement: young, seen: masked, ...more }, of),
        begun({ rung: 'replace', replacement: newReplacement(is) }, has),
      ),
    );
  const fenced = { fencedBy: 'terminated', identity: 'none', fencingBegun: true } as const;
  const on = (instanceId: string) =>
    volumeNow({ attachment: { instanceId, device: '/dev/sdf', state: 'attached', deleteOnTermination: false } });
  const namesake = { present: [{ instanceId: 'i-other', name: 'node2' }] };

  it('needs no mask of the old one, which is gone', () => {
    expect(next({}, {})).toBe('fenced by terminated');
  });
  it('takes the volume that is left', () => {
    expect(next({}, fenced)).toBe('attach data replacement');
    expect(next({ volumes: [on(YOUNG)] }, fenced)).toBe('join');
    expect(next({ volumes: [on(YOUNG)] }, { ...fenced, membership: 'joined' })).toBe('take-over');
  });
  it('takes other data where the volume is gone', () => {
    expect(next({ volumes: [] }, {}, { dataLost: true })).toBe('choose-volumes');
  });
  it('never takes a volume from a third instance', () => {
    expect(next({ volumes: [on('i-other')] }, fenced)).toBe('give-up-replacement');
  });
  it('yields to one that a person has launched with its name', () => {
    expect(next({}, {}, {}, namesake)).toBe('give-up-replacement');
    expect(next({ volumes: [on(YOUNG)] }, { ...fenced, membership: 'joined' }, {}, namesake)).toBe(
      'give-up-replacement',
    );
    expect(said(decide(terminated({}, namesake), begun()))).toBe('name-taken');
    const failed = [{ rung: 'replace', reason: 'its client ends' }] as const;
    expect(said(decide(terminated({}, namesake), begun({ failed })))).toBe('name-taken');
  });
  it('leaves the volume as it was found where it did not help', () => {
    const stopped = machine({ instanceId: YOUNG, state: 'stopped', rootVolumeId: null }, { agentOnline: false });
    const gaveUp = { ...fenced, membership: 'joined', takeOver: 'withdrawn', givenUp: 'its client ends' } as const;
    expect(next({ replacement: stopped, volumes: [on(YOUNG)] }, gaveUp)).toBe('detach data replacement');
    expect(next({ replacement: stopped }, gaveUp)).toBe('drop-replacement');
  });
});

describe('a plan of it', () => {
  it('says which data it uses, and that nothing is kept beside them', () => {
    const plan = planOf(terminated({ launch: { is: 'accepted' } }));
    expect(plan).toMatchObject({ rungs: ['replace'], source: null, evidence: { costUsdPerMonth: 0 } });
    expect('words' in plan && plan.words.because).toContain('its instance was terminated; its own volumes are left');
  });
  it('is refused where no data are left', () => {
    const sources = { good: [], refused: [], sibling: null, kept: null };
    expect(planOf(terminated({ launch: { is: 'accepted' }, volumes: [], sources }))).toMatchObject({
      refusal: { refuse: 'not-made-again' },
    });
  });
  it('is refused where EC2 would not launch it', () => {
    expect(planOf(terminated({ launch: { is: 'refused', reason: 'no such AMI' } }))).toMatchObject({
      refusal: { refuse: 'not-made-again', reason: expect.stringContaining('no such AMI') },
    });
  });
});

describe('a pause', () => {
  const attach = { do: 'attach', volumeId: DATA_VOLUME, which: 'replacement', device: '/dev/sdf', reason: '' } as const;
  const takeOver = { do: 'take-over', reason: '' } as const;
  const fenced = newReplacement({ fencedBy: 'terminated' });
  const again = { ...ladderState().found, machine: was };

  it('holds each step of a node that is made again: nothing of it is down through the heal', () => {
    const state = ladderState({ rung: 'replace', found: again, replacement: fenced });
    expect([doesRecover(attach, state), doesRecover(takeOver, state)]).toEqual([false, false]);
  });

  it('holds neither what takes its volumes off again, nor the move of a node that this heal has fenced', () => {
    const givenUp = ladderState({
      rung: 'replace',
      found: again,
      replacement: { ...fenced, givenUp: 'it did not help' },
    });
    expect(doesRecover({ ...attach, do: 'detach' }, givenUp)).toBe(true);
    const moved = ladderState({ rung: 'replace', replacement: newReplacement({ fencedBy: 'acknowledgement' }) });
    expect([doesRecover(attach, moved), doesRecover(takeOver, moved)]).toEqual([true, true]);
  });
});
