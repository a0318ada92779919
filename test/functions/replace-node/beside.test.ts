// A well node gets its next version on another instance, which proves itself beside it before anything is done to the node.

import { describe, expect, it } from '@jest/globals';
import { keepingMade } from '../../../functions/replace-node/acts/cleanup.ts';
import { doesRecover, intendAct, performAct, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { lookAt, withLook } from '../../../functions/replace-node/beside-look.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import { guardOf } from '../../../functions/replace-node/judge.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import { phaseOf, type ReplaceContext } from '../../../functions/replace-node/state.ts';
import { ROLLING } from '../../../shared/guardrails/upgrade.ts';
import { turnAt } from '../../../shared/heal/context.ts';
import type { Beside, BesideLook, LadderState, Replacement } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { ME } from '../../fixtures/builders/incident.ts';
import { standing } from '../../fixtures/builders/observation.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, DATA_PATH, volumeNow } from '../../fixtures/builders/volume.ts';
import { patientContext, shell } from '../../fixtures/heal-shell.ts';
import {
  besideNode,
  COPY_VOLUME,
  client,
  copy,
  copyVolume,
  facts,
  ladderState,
  machine,
  newReplacement,
  seen,
  watched,
  YOUNG,
} from '../../fixtures/replace-facts.ts';

const fleet = bitcoinFleet({
  ...{ probe: 'ssm', unit: 'node@*', volumes: { data: { path: DATA_PATH } } },
  client: { versions: ['28.0', '28.1'] },
  replace: { rungs: ['restart', 'swap', 'replace'], launchTemplate: 'lt-0123456789abcdef0' },
});
const want = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 0, strategy: 'blue-green' } as const;
const runs = (instance: string) => seen([client('running', { instance })]);
const REACH = { launch: [], pointers: [] };
const LAUNCH = { is: 'accepted' } as const;
const well = { fleet, want, spared: null, watched: watched('synced', { lagBlocks: 0 }), seen: runs('28.0') };
const before = { ...well, reach: REACH, launch: LAUNCH };

const words = (act: Decision): string => {
  if (act.do === 'take-rung') return `${act.do} ${act.rung}`;
  if (act.do !== 'end') return act.do;
  return act.end.as === 'refused' ? act.end.refusal.refuse : act.end.as === 'healed' ? 'healed' : act.end.code;
};
const then = (has: Partial<LadderState>, more: Partial<Facts> = {}) =>
  words(decide(facts({ ...before, ...more }), ladderState({ hold: 'none', ...has })));

const UP = NOON_MS - 5 * MINUTE_MS;
const young = machine({ instanceId: YOUNG, devices: [] });
const there = {
  replacement: young,
  volumes: [volumeNow(), copyVolume({ attachment: { ...attachedAt('/dev/sdg'), instanceId: YOUNG } })],
  seen: runs('28.1'),
};
const look = (more: Partial<BesideLook> = {}): BesideLook => ({
  ...{ atMs: NOON_MS, health: 'synced', reason: 'it is at 1010, 0 behind', height: 1010, lagBlocks: 0 },
  ...{ track: standing(1010, NOON_MS), ...more },
});
const beside = (more: Partial<Beside> = {}, of: Partial<Replacement> = {}): Partial<LadderState> => ({
  ...{ rung: 'replace', hasMade: true, restoredVolumes: copy(), upSinceMs: UP, inspectedAtMs: UP },
  replacement: newReplacement({ takeOver: 'intended', ...of }),
  beside: besideNode({ isEnabled: true, firstHeight: 1000, look: look(), ...more }),
});
const next = (has: Partial<LadderState>, more: Partial<Facts> = {}) => then(has, { ...there, ...more });
const acts = (has: Partial<LadderState>, more: Partial<Facts> = {}) =>
  decide(facts({ ...before, ...there, ...more }), ladderState({ hold: 'none', ...has }));

describe('an upgrade beside the node begins', () => {
  it('with another instance, and never with the node itself', () => {
    expect(words(decide(facts(before), null))).toBe('begin');
    expect(then({})).toBe('take-rung replace');
    expect(decide(facts(before), ladderState({ rung: 'replace' }))).toMatchObject({
      do: 'plan-replacement',
      beside: { from: '28.0', to: '28.1', proved: null },
    });
  });

  it('not where a heal had begun with another instance: that one comes in the place of the node', () => {
    const { strategy: _, ...inPlace } = want;
    const act = decide(facts({ ...before, want: inPlace }), ladderState({ rung: 'replace' }));
    expect(act.do).toBe('plan-replacement');
    expect(act).not.toHaveProperty('beside');
  });

  it.each<[string, Partial<Facts>]>([
    ['no good snapshot is there', { sources: { good: [], refused: [], sibling: null, kept: null } }],
    ['its template carries no tags of the fleet', { reach: { launch: ['launch template nodes'], pointers: [] } }],
    ['a stop would lose its disks', { instanceStore: true }],
    [
      'its group replaces what stops',
      {
        original: machine({ autoScalingGroup: 'nodes' }),
        fleet: { ...fleet, replace: { ...fleet.replace, autoScaling: 'refuse' } },
      },
    ],
  ])('not where %s: nothing is made, and a person is told what works', (_, more) => {
    expect(decide(facts({ ...before, ...more }), ladderState({ hold: 'none' }))).toMatchObject({
      do: 'skip-rung',
      reason: expect.stringContaining(ROLLING),
    });
  });

  it('not where AWS has no room: it is told once, and a person asks again', () => {
    const shortage = { of: 'capacity', sinceMs: NOON_MS, atMs: NOON_MS } as const;
    const unplaced = [{ subnetId: 'subnet-0a', reason: 'no capacity', isEverywhere: true, shortage }];
    expect(decide(facts(before), ladderState({ rung: 'replace', unplaced }))).toMatchObject({
      do: 'end-rung',
      reason: expect.stringContaining(ROLLING),
    });
  });

  it('what is not known for a moment is waited for', () => {
    const end = decide(facts({ ...before, instanceStore: null }), ladderState({ hold: 'none' }));
    expect(end).toMatchObject({ end: { as: 'refused', refusal: { refuse: 'instance-store', page: false } } });
  });

  it('where no launch template is named nothing is made, and a person is told what works', () => {
    const replace = { ...fleet.replace, launchTemplate: undefined };
    const none = { fleet: { ...fleet, replace }, original: machine({ launchTemplate: null }) };
    expect(decide(facts({ ...before, ...none }), ladderState({ hold: 'none' }))).toMatchObject({
      do: 'skip-rung',
      reason: expect.stringContaining(ROLLING),
    });
    const failed = [{ rung: 'replace', reason: 'no template' }] as const;
    expect(decide(facts({ ...before, ...none }), ladderState({ failed }))).toMatchObject({
      end: { as: 'escalated', code: 'upgrade-failed', asFound: true },
    });
  });

  it('a copy that is smaller than the disk that somebody has grown since takes nobody’s place', () => {
    const { sizeGiB } = volumeNow();
    const [own, other] = there.volumes;
    const grown = { volumes: [{ ...volumeNow(), ...own, sizeGiB: sizeGiB + 100 }, ...(other ? [other] : [])] };
    // Before its client has run there another copy is made; afterwards a person asks again.
    expect(acts({ ...beside({ look: null }), upSinceMs: null })).not.toMatchObject({ do: 'give-up-volumes' });
    expect(acts({ ...beside({ look: null }), upSinceMs: null }, grown)).toMatchObject({ do: 'give-up-volumes' });
    const proved = beside({ proved: 'synced' }, { volumesKept: true });
    expect(acts(proved, {})).toMatchObject({ do: 'join' });
    expect(acts(proved, grown)).toMatchObject({
      ...{ do: 'give-up-replacement', reason: expect.stringMatching(/: ask again, and its next copy is as large$/) },
    });
  });

  it('what its fleet cannot spare is not begun', () => {
    const refusal = {
      refuse: 'cannot-be-spared',
      reason: 'another one is stuck',
      page: false,
      retryAfterMs: 1,
    } as const;
    expect(guardOf(facts({ ...before, spared: refusal }), 'replace')).toEqual(refusal);
    expect(then({}, { spared: refusal })).toBe('cannot-be-spared');
  });
});

describe('on the new instance', () => {
  it('the wanted version is enabled before anything may start', () => {
    expect(next({ ...beside({ isEnabled: false }), upSinceMs: null })).toBe('enable-version');
    expect(next({ ...beside(), upSinceMs: null })).toBe('start-beside');
  });

  it('one that would start another version is given up', () => {
    const state = ladderState(beside({ isEnabled: false }));
    const done = (instance: string) =>
      reduceAct(
        state,
        { do: 'enable-version' },
        { is: 'done', atMs: NOON_MS, seen: seen([client('stopped', { instance })]) },
      );
    expect(done('28.1').beside?.isEnabled).toBe(true);
    expect(done('28.0')).toMatchObject({ beside: { isEnabled: false }, replacement: { givenUp: expect.any(String) } });
  });

  it('its data lose what makes another node itself, whosever they are', async () => {
    const here = shell();
    here.nodes.set(YOUNG, nodeRecord({ instanceId: YOUNG, owner: ME, fence: 1 }));
    const leases = {
      ...{ holder: { execution: ME, fence: 4 }, leased: [], ordinals: { original: 1, replacement: 1 } },
      ...{ commandsOver: true, openUntilMs: null, seenFence: 4, clientUp: { original: false, replacement: false } },
    };
    const payload = { ...here.tools.payload, want: { do: 'upgrade' } };
    const context = {
      ...({ ...here.tools, payload } as unknown as ReplaceContext),
      ...turnAt(patientContext().ctx, '010'),
      leases,
    };
    const state = ladderState({ ...beside(), restoredVolumes: copy({ ofNode: 'node2' }) });
    await performAct({ ...context, state }, { do: 'start-beside' }).catch(() => undefined);
    const sent = here.sent.find((input) => 'DocumentName' in input);
    const { Scrub, Places } = (sent?.Parameters ?? {}) as Record<string, string[]>;
    const text = (packed: string[] | undefined) => Buffer.from(packed?.[0] ?? '', 'base64').toString('utf8');
    expect(text(Scrub)).toContain('onion_v3_private_key');
    expect(text(Places)).toContain(COPY_VOLUME);
  });

  it('a start that nobody answered is asked for again, and one that was carried out before is none to give up for', () => {
    const state = ladderState({ ...beside(), upSinceMs: null });
    const unknown = reduceAct(state, { do: 'start-beside' }, { is: 'unknown', atMs: NOON_MS, reason: 'no answer' });
    expect(words(decide(facts({ ...before, ...there, nowMs: NOON_MS + 2 * MINUTE_MS }), unknown))).toBe('start-beside');
    const failed = (seenThen: Facts['seen']) =>
      reduceAct(unknown, { do: 'start-beside' }, { is: 'failed', atMs: NOON_MS, reason: 'it ends', seen: seenThen });
    expect(failed(runs('28.1'))).toMatchObject({ upSinceMs: NOON_MS, replacement: { givenUp: null } });
    expect(failed(seen([client('failed')])).replacement?.givenUp).toBe('it ends');
  });
});

describe('it proves itself beside the node', () => {
  it('by blocks of the fleet above the first that the new version told', () => {
    expect(next(beside())).toBe('prove-beside');
    expect(next(beside({ firstHeight: 1008 }))).toBe('wait');
    expect(next(beside({ look: look({ health: 'behind', lagBlocks: 40 }) }))).toBe('wait');
    expect(next(beside({ look: null }))).toBe('look-beside');
  });

  it.each<[string, Partial<BesideLook>, Partial<Facts>]>([
    ['has other blocks than the fleet', { health: 'forked' }, {}],
    ['stands', { health: 'stuck', track: standing(1010, UP + MINUTE_MS) }, {}],
    [
      'ends',
      { health: 'unreachable', height: null, lagBlocks: null },
      { seen: seen([client('failed', { instance: '28.1' })]) },
    ],
  ])('one that %s is given up', (_, of, more) => {
    const nowMs = more.nowMs ?? NOON_MS;
    const state = { ...beside({ look: look({ ...of, atMs: nowMs }) }), inspectedAtMs: nowMs };
    expect(next(state, more)).toBe('give-up-replacement');
  });

  it('one that answers nobody within its grace is given up once its machine was asked, and for a full disk with that word', () => {
    const nowMs = NOON_MS + 40 * MINUTE_MS;
    const silent = beside({ look: look({ health: 'unreachable', height: null, lagBlocks: null, atMs: nowMs }) });
    const asked = (secondsAgo: number, more: Partial<Facts> = {}) =>
      acts({ ...silent, inspectedAtMs: nowMs - secondsAgo * 1_000 }, { nowMs, ...more });
    expect(asked(90)).toMatchObject({ do: 'inspect', which: 'replacement' });
    // Its agent does not answer: nobody can ask.
    expect(asked(90, { replacement: { ...young, agentOnline: false } })).toMatchObject({ do: 'give-up-replacement' });
    expect(asked(5)).toMatchObject({ do: 'give-up-replacement', reason: expect.stringMatching(/^no answer 45 min/) });
    const ended = seen([client('failed', { instance: '28.1' })], COPY_VOLUME, 500);
    expect(asked(5, { seen: ended })).toMatchObject({
      do: 'give-up-replacement',
      reason: expect.stringMatching(/is full: it says nothing of the version/),
    });
  });

  it('no full disk explains other blocks, nor one that was seen before its client was started', () => {
    const reasonOf = (health: 'forked' | 'stuck', inspectedAtMs: number) => {
      const state = beside({ look: look({ health, track: standing(1010, UP + MINUTE_MS) }) });
      const act = acts({ ...state, inspectedAtMs }, { seen: seen([client('running')], COPY_VOLUME, 500) });
      return act.do === 'give-up-replacement' ? act.reason : act.do;
    };
    expect(reasonOf('forked', UP + 1)).not.toMatch(/is full/);
    for (const before of [UP - 1, UP]) expect(reasonOf('stuck', before)).not.toMatch(/is full/);
    expect(reasonOf('stuck', UP + 1)).toMatch(/is full/);
  });

  it('until then nothing is done to the node, whatever is seen', () => {
    const untouched = new Set(['look-beside', 'wait', 'prove-beside', 'give-up-replacement', 'inspect']);
    const healths = ['synced', 'behind', 'starting', 'stuck', 'forked', 'unreachable', 'unknown'] as const;
    for (const health of healths)
      for (const firstHeight of [null, 900, 1010])
        for (const own of ['synced', 'stuck', 'unreachable'] as const) {
          const has = beside({ look: look({ health }), firstHeight });
          const act = acts(has, { watched: watched(own) });
          expect(untouched).toContain(act.do);
          if (act.do === 'inspect') expect(act.which).toBe('replacement');
        }
  });

  it('one answer that is lost says nothing, also after hours; two hours of them do', () => {
    const nowMs = UP + 5 * 60 * MINUTE_MS;
    const lost = (minutesAgo: number) => {
      const knownAtMs = nowMs - minutesAgo * MINUTE_MS;
      return next(beside({ look: look({ health: 'unknown', atMs: nowMs }), knownAtMs }), { nowMs });
    };
    expect(lost(10)).toBe('wait');
    expect(lost(121)).toBe('give-up-replacement');
  });

  it('what was proved before a pause is looked at again before it takes the place of the node', () => {
    const nowMs = NOON_MS + 60 * MINUTE_MS;
    const kept = (of: Partial<BesideLook>) =>
      next(beside({ proved: 'it is at 1010', look: look(of) }, { volumesKept: true }), { nowMs });
    expect(kept({})).toBe('look-beside');
    expect(kept({ atMs: nowMs })).toBe('join');
    expect(kept({ atMs: nowMs, health: 'behind', lagBlocks: 9 })).toBe('wait');
    expect(kept({ atMs: nowMs, health: 'forked' })).toBe('give-up-replacement');
  });

  it('and it serves on: nothing is owed on it until another one stands in its place', () => {
    expect(phaseOf(ladderState(beside()))).toBe('preparing');
    const joining = intendAct(ladderState(beside({ proved: 'it is' })), { do: 'join' }, NOON_MS);
    expect(phaseOf(joining)).toBe('down');
  });

  it('no pause lets it take the place of the node, and none is taken for begun that a pause has forbidden', () => {
    const proved = ladderState(beside({ proved: 'it is' }, { volumesKept: true }));
    const act = { do: 'join' } as const;
    expect(doesRecover(act, proved)).toBe(false);
    const intended = intendAct(proved, act, NOON_MS);
    const instead = giveBackInstead({ refused: act, why: 'paused' }, proved, { seen: null, unanswered: null });
    expect(instead).toEqual({ do: 'leave' });
    const waits = reduceAct(intended, { do: 'leave' }, { is: 'done', atMs: NOON_MS });
    expect(phaseOf(waits)).toBe('preparing');
    expect(waits).toMatchObject({ beside: { mayHaveServed: false }, replacement: { membership: 'apart' } });
    // The guards are read again by what comes next.
    expect(words(decide(facts({ ...before, ...there }), waits))).toBe('keep-volumes');
  });

  it('what has begun to take its place does so, under any pause', () => {
    const begun = intendAct(ladderState(beside({ proved: 'it is' })), { do: 'join' }, NOON_MS);
    expect(doesRecover({ do: 'join' }, begun)).toBe(true);
    expect(
      giveBackInstead({ refused: { do: 'join' }, why: 'paused' }, begun, { seen: null, unanswered: null }),
    ).toBeNull();
    expect(doesRecover({ do: 'join' }, ladderState({ replacement: newReplacement() }))).toBe(true);
  });

  it('a version that the fleet file names no more, and one that nobody wants, is given up', () => {
    const none = { ...fleet, client: { ...fleet.client, versions: ['28.0'] } } as Facts['fleet'];
    expect(next(beside(), { fleet: none })).toBe('give-up-replacement');
    expect(next(beside(), { want: { do: 'heal' }, watched: watched('stuck') })).toBe('give-up-replacement');
    expect(next(beside(), { want: { ...want, to: '29.0' } })).toBe('give-up-replacement');
  });
});

describe('once proved', () => {
  const proved = beside({ proved: 'it is at 1010' });

  it('it takes the place of the node, which runs on', () => {
    expect(next(proved)).toBe('keep-volumes');
    expect(next(beside({ proved: 'it is' }, { volumesKept: true }))).toBe('join');
  });

  const joined = {
    ...beside({ proved: 'it is at 1010', mayHaveServed: true }, { volumesKept: true, membership: 'joined' }),
    cameUp: { upSinceMs: UP, height: 1000, nearest: { atMs: UP, height: 1000, lagBlocks: 0 } },
    client: 'mayBeDown',
  } as const;
  const seenNow = (height: number) => ({ watched: watched('synced', { height, lagBlocks: 0, instanceId: YOUNG }) });

  it('others have to see it there, and the canary for as long as its file says', () => {
    expect(next(joined, seenNow(1002))).toBe('wait');
    expect(next(joined, seenNow(1003))).toBe('prove');
    expect(next(joined, { ...seenNow(1003), want: { ...want, watchMinutes: 60 } })).toBe('wait');
  });

  it('its group sets the old one aside before it is stopped', () => {
    const original = machine({ autoScalingGroup: 'nodes' });
    expect(next(joined, { ...seenNow(1003), original })).toBe('standby');
  });

  it('where it fails there, the node has its place again, and was never stopped', () => {
    const givenUp = {
      ...joined,
      restoredVolumes: null,
      replacement: newReplacement({ membership: 'joined', givenUp: 'it stands', takeOver: 'withdrawn' }),
    };
    const stopped = machine({ instanceId: YOUNG, state: 'stopped' });
    expect(next(givenUp, { replacement: stopped, volumes: [volumeNow()] })).toBe('leave');
    const left = { ...givenUp, replacement: newReplacement({ givenUp: 'it stands', takeOver: 'withdrawn' }) };
    expect(next(left, { replacement: stopped, volumes: [volumeNow()] })).toBe('drop-replacement');
  });

  it.each(['joining', 'joined'] as const)(
    '%s, and given up: the node has its place again before that client ends',
    (membership) => {
      const givenUp = {
        ...joined,
        replacement: newReplacement({ membership, givenUp: 'AWS refuses', takeOver: 'intended' }),
      };
      expect(next(givenUp)).toBe('leave');
      const left = { ...givenUp, replacement: { ...givenUp.replacement, membership: 'apart' as const } };
      expect(next(left)).toBe('mask-replacement');
      // Where nothing is left of the node, nobody serves but the new one: it gives no place back.
      expect(next(givenUp, { original: machine({ state: 'terminated' }) })).toBe('mask-replacement');
    },
  );

  const over = { ...joined, proved: '28.0 → 28.1', pool: 'in' } as const;
  const pieces = (state: Partial<LadderState>, more: Partial<Facts> = {}): readonly string[] => {
    let now = ladderState({ hold: 'none', ...state });
    const done: string[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const act = decide(facts({ ...before, ...there, ...more }), now);
      if (act.do === 'end') break;
      done.push(act.do === 'clean-up' ? act.piece.kind : act.do === 'stop-instance' ? `stop ${act.which}` : act.do);
      if (act.do === 'stop-instance') break;
      now = reduceAct(now, act, { is: 'done', atMs: NOON_MS });
    }
    return done;
  };

  it('names and addresses go first, then the old client ends with its grace, then its instance', () => {
    const done = pieces(over);
    const order = ['hand-over', 'mask-original', 'stop original'].map((what) => done.indexOf(what));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    const dns = {
      ...fleet,
      dns: { zone: 'bitcoin.internal', pool: 'pool', ttlSeconds: 5, p2pPort: 8333 },
    } as Facts['fleet'];
    const named = pieces(over, { fleet: dns });
    expect(named.slice(named.indexOf('register'))).toEqual([
      'register',
      'rotate',
      'leave-pool',
      'mask-original',
      'stop original',
    ]);
  });

  it('an old instance that EC2 does not show any more is neither asked nor stopped', () => {
    const done = pieces(over, { original: null });
    expect(done).toContain('retire');
    for (const what of ['mask-original', 'stop original']) expect(done).not.toContain(what);
  });

  it('a pause keeps the old one running', () => {
    const act = { do: 'mask-original', reason: '' } as const;
    expect(doesRecover(act, ladderState(over))).toBe(false);
  });
});

describe('where a client stands that no sweep asks', () => {
  const chain = { tip: 1010, canonical: { height: 1005, hash: 'aa' }, chainId: 'main', haltedSinceMs: null };
  const health = { behindBlocks: 2, patienceSeconds: 600 };
  const status = (height: number, hash: string | null = 'aa', more: object = {}) =>
    ({ height, chainId: 'main', hashes: hash === null ? [] : [{ height: 1005, hash }], ...more }) as never;
  const at = (heard: Parameters<typeof lookAt>[0]['heard'], more: object = {}) =>
    lookAt({ nowMs: NOON_MS, health, asked: null, heard, chain, before: null, ...more }).health;
  const tells = (...of: Parameters<typeof status>) => ({ is: 'facts', status: status(...of) }) as const;
  const MOVED_ON = { asked: chain.canonical, chain: { ...chain, canonical: { height: 1007, hash: 'cc' } } };

  it.each<[string, string, ReturnType<typeof at>]>([
    ['synced', 'it is at the tip, on the block of the fleet', at(tells(1009))],
    ['unknown', 'it is at the tip, and does not tell that block', at(tells(1009, null))],
    ['synced', 'it tells the block that it was asked for, and the fleet has moved on', at(tells(1009), MOVED_ON)],
    ['unknown', 'it tells neither block', at(tells(1009, 'bb'), MOVED_ON)],
    ['forked', 'it has another block than the fleet', at(tells(1009, 'bb'))],
    ['forked', 'it is on another chain', at(tells(1009, 'aa', { chainId: 'test' }))],
    ['synced', 'its chain is named with capital letters', at(tells(1009, 'aa', { chainId: 'Main' }))],
    ['behind', 'it has blocks to fetch', at(tells(990, null))],
    ['unknown', 'nobody knows the blocks of the fleet', at(tells(1009), { chain: null })],
    ['starting', 'it loads', at({ is: 'starting', reason: 'loading' })],
    ['unreachable', 'it is silent', at({ is: 'silent', reason: 'no answer' })],
    ['unknown', 'it could not be asked', at({ is: 'unasked', reason: 'throttled' })],
  ])('%s: %s', (expected, _, is) => {
    expect(is).toBe(expected);
  });

  it('it stands after half an hour without a block, unless its chain does', () => {
    const stood = look({ height: 990, track: standing(990, NOON_MS - 31 * MINUTE_MS) });
    expect(at(tells(990, null), { before: stood })).toBe('stuck');
    expect(at(tells(991, null), { before: stood })).toBe('behind');
    expect(at(tells(990, null), { before: stood, chain: { ...chain, haltedSinceMs: UP } })).toBe('behind');
  });

  it('it goes on where its stages do, or where it says in which it is', () => {
    const stood = look({ height: 990, track: standing(990, NOON_MS - 90 * MINUTE_MS, { counters: { Execution: 7 } }) });
    const then = (more: object) => at(tells(990, null, more), { before: stood });
    expect(then({})).toBe('stuck');
    expect(then({ counters: { Execution: 7 } })).toBe('stuck');
    expect(then({ counters: { Execution: 8 } })).toBe('behind');
    expect(then({ works: 'stage Execution' })).toBe('behind');
  });

  it('its first height stays, and what is nearer is remembered', () => {
    const first = withLook(besideNode(), look({ height: 900, lagBlocks: 110 }));
    const second = withLook(first, look({ height: 950, lagBlocks: 60, atMs: NOON_MS + 1 }));
    expect(second).toMatchObject({ firstHeight: 900, nearest: { lagBlocks: 60, atMs: NOON_MS + 1 } });
    expect(withLook(second, look({ height: 950, lagBlocks: 70, atMs: NOON_MS + 2 })).nearest?.lagBlocks).toBe(60);
  });
});

describe('what was made beside the node', () => {
  it('goes at once where it never stood in its place, and is kept for days where it did, or is another heal’s', () => {
    const days = (has: Partial<LadderState>) => {
      const { atMs, untilMs } = keepingMade(fleet, ladderState(has));
      return (untilMs - atMs) / (24 * 60 * MINUTE_MS);
    };
    expect(days(beside())).toBe(0);
    expect(days(beside({ mayHaveServed: true }))).toBe(fleet.replace.keepDays);
    expect(days({ rung: 'replace', replacement: newReplacement() })).toBe(fleet.replace.keepDays);
  });
});
