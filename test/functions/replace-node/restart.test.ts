// The rungs that restart something, place by place: the client alone, and the instance that EC2 finds impaired.
import { describe, expect, it } from '@jest/globals';
import type { Facts, Machine } from '../../../functions/replace-node/facts.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import { broughtBack, RESTART, STOP_START } from '../../../functions/replace-node/rungs/restart.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import { client, FLEET, facts, impaired, ladderState, machine, seen, watched } from '../../fixtures/replace-facts.ts';

/** "stop-instance: EC2 finds it impaired, or its agent is silent": the act, and why. */
function told(act: Decision | null): string {
  if (act === null) return 'nothing';
  if (act.do === 'wait') return `wait: ${act.what}`;
  if (act.do !== 'end') return 'reason' in act && act.reason ? `${act.do}: ${act.reason}` : act.do;
  const { end } = act;
  return end.as === 'refused'
    ? `${end.refusal.refuse}${end.refusal.page ? ' (paged)' : ''}: ${end.refusal.reason}`
    : end.as;
}

const restart = (has: Partial<LadderState> = {}, more: Partial<Facts> = {}): Decision =>
  RESTART.next(facts(more), ladderState({ rung: 'restart', ...has }));
const stopStart = (original: Machine | null, has: Partial<LadderState> = {}, more: Partial<Facts> = {}): string =>
  told(STOP_START.next(facts({ original, ...more }), ladderState({ rung: 'stop-start', ...has })));

const checks = (instance: 'ok' | 'initializing' | 'impaired', system: 'ok' | 'initializing' | 'impaired' = 'ok') =>
  ({ instance, system, attachedEbs: 'ok' }) as const;
const power = (state: Machine['instance']['state'], rest: Partial<Machine> = {}): Machine => machine({ state }, rest);
const ago = (minutes: number): number => NOON_MS - minutes * MINUTE_MS;
const LATE = { waitingSinceMs: ago(16) };

describe('a restart of the client', () => {
  it('says what is wrong with it: that it is down, or what others see', () => {
    expect(told(restart())).toBe('restart: it is stuck');
    expect(told(restart({}, { watched: null, seen: seen([client('failed')]) }))).toBe('restart: its client is failed');
    expect(told(restart({}, { seen: seen([client('failed')]) }))).toBe('restart: its client is failed');
    expect(told(restart({}, { seen: seen([client('running'), client('failed')]) }))).toBe(
      'restart: its client is failed',
    );
  });

  it('is known as one of a client that is down only where every client is', () => {
    expect(restart({}, { seen: seen([client('failed'), client('failed')]) })).toMatchObject({ isDown: true });
    expect(restart({}, { seen: seen([client('running'), client('failed')]) })).not.toHaveProperty('isDown');
    expect(restart()).not.toHaveProperty('isDown');
    expect(restart({}, { seen: null })).not.toHaveProperty('isDown');
  });

  it('fails where the node does not answer commands, and nobody can ask it', () => {
    expect(told(restart({}, { original: machine({}, { agentOnline: false }) }))).toBe(
      'end-rung: the node does not answer commands',
    );
    expect(told(restart({}, { original: null }))).toBe('end-rung: the node does not answer commands');
  });

  it('is not made where somebody has stopped the client, or it was called off meanwhile', () => {
    expect(told(restart({}, { seen: seen([client('stopped')]) }))).toMatch(/^client-stopped/);
    const paused = { haltedSinceMs: ago(30) };
    expect(told(restart({}, paused))).toMatch(/^chain-standing/);
    // Its client may be down already: nobody keeps it so.
    expect(told(restart({ client: 'mayBeDown' }, paused))).toBe('restart: it is stuck');
  });

  it('is of a client that another heal has left stopped, and has its data mounted first where they are not', () => {
    const down = seen([client('stopped')]);
    expect(told(restart({}, { seen: down, leftStopped: true }))).toBe('restart: its client is stopped');
    expect(restart({}, { seen: down, leftStopped: true })).not.toHaveProperty('unmounted');
    const bare = { ...down, volumes: [] };
    expect(restart({}, { seen: bare, leftStopped: true })).toMatchObject({ isDown: true, unmounted: true });
    const other = { ...down, volumes: down.volumes.map((one) => ({ ...one, volumeId: 'vol-0aaaaaaaaaaaaaaaa' })) };
    expect(restart({}, { seen: other, leftStopped: true })).toMatchObject({ unmounted: true });
    // One that runs on has its files open, wherever they are; one that ends again and again runs by chance.
    const runs = { ...seen([client('running')]), volumes: [] };
    expect(restart({}, { seen: runs })).not.toHaveProperty('unmounted');
    const looping = { seen: runs, watched: { ...watched('stuck'), endsAgain: true as const } };
    expect(told(restart({}, looping))).toMatch(/^stop-for-move: it ends again and again, and its data are not mounted/);
    const stopped = { ...looping, seen: bare };
    expect(restart({ client: 'mayBeDown' }, stopped)).toMatchObject({ do: 'restart', isDown: true, unmounted: true });
    // It ran since: whoever has stopped it after the start is somebody else.
    const up = { upSinceMs: ago(3), inspectedAtMs: ago(1) };
    expect(told(restart(up, { seen: down, leftStopped: true, watched: watched('unreachable') }))).toMatch(
      /client-stopped/,
    );
  });

  it('is proved or given up once it is up', () => {
    const up = { upSinceMs: ago(3) };
    const at = (more: Partial<Facts>) => told(restart(up, more));
    expect(at({ watched: watched('synced', { height: 1010, lagBlocks: 0 }) })).toMatch(/^prove/);
    expect(at({ watched: watched('stuck', { sinceMs: ago(2) }) })).toMatch(/^(wait|end-rung)/);
  });
});

describe('a restart that others see silent for longer than its grace', () => {
  const silent = watched('unreachable');
  const at = (inspectedMinutesAgo: number | null, more: Partial<Facts> = {}): string =>
    told(
      restart(
        { upSinceMs: ago(120), inspectedAtMs: inspectedMinutesAgo === null ? null : ago(inspectedMinutesAgo) },
        { watched: silent, ...more },
      ),
    );

  it('is given up only after the node itself was asked just now: a person may have stopped its client meanwhile', () => {
    expect(at(null)).toBe('inspect');
    expect(at(1)).toBe('inspect');
    expect(at(0.5)).toMatch(/^end-rung: no answer 120 min after its start/);
    expect(at(0.5, { seen: seen([client('stopped')]) })).toMatch(/^client-stopped/);
  });

  it('is given up without its word where nobody can ask it, or it has not answered', () => {
    expect(at(null, { original: machine({}, { agentOnline: false }) })).toMatch(/^end-rung/);
    expect(at(null, { unanswered: { count: 9, reason: 'no answer', isStale: false } })).toMatch(/^end-rung/);
  });
});

describe('an instance that EC2 finds impaired', () => {
  it('is stopped, if it does not come up by itself', () => {
    expect(stopStart(impaired('system'))).toBe('stop-instance: EC2 finds it impaired, or its agent is silent');
    expect(stopStart(impaired('instance'))).toBe('stop-instance: EC2 finds it impaired, or its agent is silent');
    expect(stopStart(power('running', { agentOnline: false }))).toBe(
      'stop-instance: EC2 finds it impaired, or its agent is silent',
    );
    expect(stopStart(power('running', { checks: null }))).toBe(
      'stop-instance: EC2 finds it impaired, or its agent is silent',
    );
  });

  it('is left alone while it boots, a quarter of an hour, unless it is impaired besides', () => {
    const booting = power('running', { checks: checks('initializing'), agentOnline: false });
    const coming = 'wait: the instance is coming up by itself, its checks are not through';
    expect(stopStart(booting)).toMatch(coming);
    expect(stopStart(power('running', { checks: checks('ok', 'initializing'), agentOnline: false }))).toMatch(coming);
    expect(stopStart(booting, { waitingSinceMs: ago(15) })).toMatch(coming);
    expect(stopStart(booting, LATE)).toMatch(/^stop-instance/);
    const both = power('running', { checks: checks('initializing', 'impaired'), agentOnline: false });
    expect(stopStart(both)).toMatch(/^stop-instance/);
  });

  it('that EC2 has recovered by itself is only started: all checks pass, and its agent answers', () => {
    expect(stopStart(power('running'))).toBe(
      'start-instance: EC2 has recovered it by itself: its checks pass and its agent answers',
    );
    expect(stopStart(power('running', { checks: checks('ok', 'impaired') }))).toMatch(/^stop-instance/);
    expect(stopStart(power('running', { checks: checks('impaired') }))).toMatch(/^stop-instance/);
  });

  it('that a person has stopped is the person’s', () => {
    for (const state of ['stopped', 'stopping'] as const)
      expect(stopStart(power(state))).toBe(`instance-stopped (paged): the instance is ${state}, by somebody else`);
  });

  it('that starts is waited for, and not for ever', () => {
    expect(stopStart(power('pending'))).toMatch('the instance is pending');
    expect(stopStart(power('pending'), { waitingSinceMs: ago(15) })).toMatch(/^wait/);
    expect(stopStart(power('pending'), LATE)).toBe('end-rung: it is still pending');
    expect(stopStart(null)).toBe('end-rung: the instance is gone');
  });

  it('whose stop AWS refuses again and again is given up, with its words', () => {
    const setback = { act: 'stop-instance original', reason: 'IncorrectInstanceState', count: 3, atMs: NOON_MS };
    const act = STOP_START.next(facts({ original: impaired('system') }), ladderState({ rung: 'stop-start' }));
    const key = `${act.do}${'which' in act ? ` ${act.which}` : ''}`;
    const given = stopStart(impaired('system'), { setback: { ...setback, act: key } as LadderState['setback'] });
    expect(given).toMatch(/^(end-rung: .* failed several times: IncorrectInstanceState|stop-instance)/);
  });
});

describe('an instance that this heal has stopped', () => {
  const owed = { original: 'stopRequested' } as const;
  const pending = (call: 'StopInstances' | 'StartInstances', atMs = NOON_MS - 1_000) =>
    ({ pending: { call, target: INSTANCE, atMs } }) as Partial<LadderState>;

  it('is started once it has stopped, and not twice', () => {
    expect(stopStart(power('stopped'), owed)).toBe('start-instance: it has stopped');
    expect(stopStart(power('stopped'), { ...owed, ...pending('StartInstances') })).toMatch(/^wait/);
  });

  it('that runs is stopped again where nobody knows what became of the stop, and not while that is fresh', () => {
    expect(stopStart(power('running'), owed)).toBe(
      'stop-instance: what became of the stop before nobody knows, and it runs',
    );
    expect(stopStart(power('running'), { ...owed, ...pending('StopInstances') })).toMatch(
      /^wait.*the instance is running/,
    );
    expect(stopStart(power('running'), { ...owed, ...pending('StartInstances') })).toBe(
      'start-instance: it has started: nothing is left to do',
    );
    const foreign = { pending: { call: 'StartInstances', target: 'i-other', atMs: NOON_MS } } as Partial<LadderState>;
    expect(stopStart(power('running'), { ...owed, ...foreign })).toMatch(/^stop-instance/);
  });

  it('that stops is waited for, twenty minutes', () => {
    expect(stopStart(power('stopping'), owed)).toMatch(/^wait.*the instance is stopping/);
    expect(stopStart(power('stopping'), { ...owed, waitingSinceMs: ago(20) })).toMatch(/^wait/);
    expect(stopStart(power('stopping'), { ...owed, waitingSinceMs: ago(21) })).toBe('end-rung: it is still stopping');
  });
});

describe('an instance that this heal has started', () => {
  const done = { original: 'started' } as const;

  it('is asked once its checks pass and its agent answers', () => {
    expect(stopStart(power('running'), done)).toBe('inspect');
    expect(stopStart(power('running', { agentOnline: false }), done)).toMatch(/^wait.*its agent is not heard of yet/);
    expect(stopStart(power('running', { checks: checks('initializing') }), done)).toMatch(
      /^wait.*the instance is running, its checks are not through/,
    );
    expect(stopStart(power('pending', { checks: null }), done)).toMatch(/^wait.*the instance is pending/);
    expect(stopStart(power('pending'), done)).toMatch(/^wait.*the instance is pending/);
  });

  it('that does not come up in a quarter of an hour does not help, and it is said what it shows', () => {
    const late = { ...done, ...LATE };
    expect(stopStart(power('running', { agentOnline: false }), late)).toBe('end-rung: its agent stays silent');
    expect(stopStart(power('pending', { checks: null }), late)).toBe('end-rung: it is pending, its checks say nothing');
    expect(stopStart(power('running', { checks: checks('initializing') }), late)).toBe(
      'end-rung: it is running, its checks say initializing',
    );
    expect(stopStart(power('running', { agentOnline: false }), { ...done, waitingSinceMs: ago(15) })).toMatch(/^wait/);
  });

  it('that is impaired still, or stopped again, has not been helped', () => {
    expect(stopStart(impaired('system'), done)).toBe('end-rung: EC2 finds it impaired still');
    expect(stopStart(machine({ state: 'stopped', stateReason: 'Server.InternalError' }), done)).toBe(
      'end-rung: it was started and is stopped again: Server.InternalError',
    );
    expect(stopStart(machine({ state: 'stopped', stateReason: undefined as unknown as string }), done)).toBe(
      'end-rung: it was started and is stopped again: nobody says why',
    );
    const pending = { call: 'StartInstances', target: INSTANCE, atMs: NOON_MS - 1_000 } as LadderState['pending'];
    expect(stopStart(power('stopped'), { ...done, pending })).toMatch(/^wait/);
  });

  it('whose client is up is proved as after any rung', () => {
    const up = { ...done, upSinceMs: ago(3) };
    const well = { watched: watched('synced', { height: 1010, lagBlocks: 0 }) };
    expect(stopStart(power('running'), up, well)).toMatch(/^prove/);
    expect(stopStart(power('running'), { ...done, moves: true })).toBe(
      'start-again: its instance has booted on other hardware',
    );
    expect(stopStart(power('running'), { ...done, moves: true }, { seen: null })).toBe('inspect');
  });
});

describe('a key that keeps an instance down', () => {
  const OTHERS = 'arn:aws:kms:eu-west-1:999988887777:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const OWN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const volume = (kmsKeyId: string | null, more: object = {}) => volumeNow({ kmsKeyId, ...more });
  const why = (more: Partial<Facts>, state: LadderState | null = null) => STOP_START.cannotBegin(facts(more), state);

  it('is one of another account that heals may not use', () => {
    expect(why({ volumes: [volume(null), volume(OTHERS)] })).toMatch(
      /^with vol-\w+ on it the instance could not be started again: KMS key arn:aws:kms:eu-west-1:999988887777:/,
    );
    expect(STOP_START.cannotBegin(facts({ volumes: [volume(OTHERS)] }), ladderState())).toMatch(/could not be started/);
    const allowed = { accountId: '111122223333', kmsKeys: [OTHERS] };
    expect(why({ volumes: [volume(OTHERS)], keyScope: allowed })).toBeNull();
  });

  it('is one under which a volume has vanished in this heal', () => {
    const tried = [{ deniedKey: OWN }] as unknown as LadderState['tried'];
    expect(why({ volumes: [volume(OWN)] }, ladderState({ tried }))).toMatch(
      /a volume that was made under KMS key .* has vanished/,
    );
    const other = [{ deniedKey: 'another' }, { deniedKey: null }] as unknown as LadderState['tried'];
    expect(why({ volumes: [volume(OWN)] }, ladderState({ tried: other }))).toBeNull();
  });

  it('is none of our own, none of a volume that is elsewhere, and none of an instance that is gone', () => {
    expect(why({ volumes: [volume(OWN)] })).toBeNull();
    expect(why({ volumes: [volume(null)] })).toBeNull();
    expect(why({ volumes: [volume(OTHERS, { attachment: null })] })).toBeNull();
    const elsewhere = { ...attachedAt('/dev/sdg'), instanceId: 'i-other' };
    expect(why({ volumes: [volume(OTHERS, { attachment: elsewhere })] })).toBeNull();
    expect(why({ volumes: [volume(OTHERS)], original: null })).toBeNull();
  });
});

describe('a client that was stopped for a move that was not made', () => {
  const state = (more: Partial<LadderState> = {}) =>
    ladderState({ moves: true, failed: [{ rung: 'stop-start', reason: 'no' }] as LadderState['failed'], ...more });
  const down = { seen: seen([client('stopped')]) };
  const back = (more: Partial<Facts> = {}, has: Partial<LadderState> = {}) =>
    told(broughtBack(facts({ ...down, ...more }), state(has)));

  it('is started again', () => {
    expect(back()).toBe('start-again: it was stopped for a move that was not made');
    expect(back({ seen: seen([client('running'), client('stopped')]) })).toMatch(/^start-again/);
  });

  it('is asked about first, a few times', () => {
    expect(back({ seen: null })).toBe('inspect');
    const unanswered = { sinceMs: ago(3), count: 99, reason: 'silence' } as unknown as Facts['unanswered'];
    expect(back({ seen: null, unanswered })).toBe('nothing');
  });

  it.each<[string, Partial<Facts>, Partial<LadderState>]>([
    ['it runs', { seen: seen() }, {}],
    ['the heal moves nothing', {}, { moves: undefined as unknown as true }],
    ['the move has not failed', {}, { failed: [] }],
    ['its instance does not run', { original: power('stopped') }, {}],
    ['its instance is gone', { original: null }, {}],
    ['its agent is silent', { original: machine({}, { agentOnline: false }) }, {}],
  ])('and nothing is owed where %s', (_, more, has) => {
    expect(back(more, has)).toBe('nothing');
  });

  it('is started in place of a stop that a guard forbids', () => {
    const stop = STOP_START.next(facts({ original: impaired('system') }), ladderState({ rung: 'stop-start' }));
    const instead = (has: LadderState | null, answer: Facts['seen']) =>
      told(giveBackInstead({ refused: stop as never, why: 'paused' }, has, { seen: answer, unanswered: null }));
    const moves = ladderState({ moves: true, rung: 'stop-start', client: 'mayBeDown' });
    expect(instead(moves, seen([client('stopped')]))).toBe('start-again: paused: its client does not stay down');
    expect(instead(moves, seen([client('running'), client('running')]))).toBe('nothing');
    expect(instead(moves, null)).toBe('nothing');
    expect(instead(ladderState(), seen([client('stopped')]))).toBe('nothing');
    expect(instead(null, seen([client('stopped')]))).toBe('nothing');
    const act = restart() as never;
    expect(
      told(
        giveBackInstead({ refused: act, why: 'paused' }, moves, { seen: seen([client('stopped')]), unanswered: null }),
      ),
    ).toBe('nothing');
  });
});

describe('a restart, place by place', () => {
  const two = [
    { name: 'execution', runtime: { kind: 'systemd', unit: 'geth' }, stopGraceSeconds: 300, cleanLine: undefined },
    { name: 'beacon', runtime: { kind: 'systemd', unit: 'lighthouse' }, stopGraceSeconds: 120, cleanLine: undefined },
  ] as const;
  const fleet = { ...FLEET, units: two } as Facts['fleet'];
  const atFault = watched('stuck', { cause: 'consensus-client' });
  const blind = { breaker: { open: true, sentence: 'no observation', isBlind: true } } as const;
  const unit = { fleet: { ...FLEET, probe: { by: 'unit' } } as Facts['fleet'], watched: null };

  it('is of the client at fault alone, where one is', () => {
    expect(restart({}, { fleet, watched: atFault })).toMatchObject({ only: 'beacon' });
    expect(restart({}, { fleet })).not.toHaveProperty('only');
    const RESTORE = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;
    expect(restart({}, { fleet, watched: atFault, want: RESTORE })).not.toHaveProperty('only');
  });

  it('is of the execution client, too, where that stands after its consensus client was restarted', () => {
    const then = (has: object, more: Partial<Facts> = {}) =>
      restart(
        { upSinceMs: NOON_MS - 10 * MINUTE_MS, ...has },
        { fleet, watched: watched('stuck', { sinceMs: NOON_MS - MINUTE_MS }), ...more },
      );
    const whole = then({ restartedOnly: 'beacon' });
    expect(whole).toMatchObject({
      do: 'restart',
      reason: expect.stringMatching(/^beacon was restarted, and it does not help: /),
    });
    // A node may have a third client: nobody has said which one it is.
    expect(whole).not.toHaveProperty('only');
    // Once, and only where the other one is not at fault any more.
    expect(then({ restartedOnly: 'execution' })).toMatchObject({ do: 'end-rung' });
    expect(then({})).toMatchObject({ do: 'end-rung' });
    const still = watched('stuck', { sinceMs: NOON_MS - MINUTE_MS, cause: 'consensus-client' });
    expect(then({ restartedOnly: 'beacon' }, { watched: still })).toMatchObject({ do: 'end-rung' });
    expect(then({ restartedOnly: 'beacon' }, blind)).toMatchObject({ do: 'end-rung' });
    expect(then({ restartedOnly: 'beacon' }, { original: null })).toMatchObject({ do: 'end-rung' });
    // Of a fleet whose heights nobody sees nothing is known of a cause.
    const ends = { seen: seen([client('failed')]), watched: null };
    const unseen = { ...fleet, probe: { by: 'unit' } } as Facts['fleet'];
    expect(then({ restartedOnly: 'beacon', inspectedAtMs: NOON_MS }, { ...ends, fleet: unseen })).toMatchObject({
      do: 'end-rung',
    });
    expect(then({ restartedOnly: 'beacon' }, { fleet: { ...FLEET } })).toMatchObject({ do: 'end-rung' });
  });

  it('is known as one of a client that is down only where there is one', () => {
    expect(restart({}, { seen: seen([]) })).not.toHaveProperty('isDown');
  });

  it('has the data mounted first where one of two volumes is not, or is at another path', () => {
    const down = seen([client('stopped')]);
    const found = {
      ...ladderState().found,
      volumes: [foundVolume(), foundVolume({ path: '/wal', volumeId: 'vol-wal' })],
    };
    expect(restart({ found }, { seen: down, leftStopped: true })).toMatchObject({ isDown: true, unmounted: true });
    const elsewhere = { ...down, volumes: down.volumes.map((one) => ({ ...one, path: '/mnt' })) };
    expect(restart({}, { seen: elsewhere, leftStopped: true })).toMatchObject({ unmounted: true });
  });

  it('goes on with a client that it may have taken down itself', () => {
    expect(told(restart({ client: 'mayBeDown' }, { seen: seen([client('stopped')]) }))).toBe(
      'restart: its client is stopped',
    );
    expect(told(restart({ client: 'mayBeDown' }, { ...unit, seen: seen() }))).toBe(
      'restart: it does not follow its chain',
    );
    expect(told(restart({}, { ...unit, seen: seen() }))).toMatch(/^prove: its client runs again/);
  });

  it('waits while nobody sees its fleet, and for nothing else', () => {
    expect(told(restart({}, blind))).toBe('wait: no observation');
    expect(told(restart({}, { ...blind, haltedSinceMs: ago(30) }))).toMatch(/^chain-standing/);
    expect(told(restart({}, { haltedSinceMs: ago(30) }))).toMatch(/^chain-standing/);
    expect(told(restart({ waitingSinceMs: ago(120) }, blind))).toMatch(/^breaker-open/);
  });
});

describe('a move of a well node, place by place', () => {
  const event = { id: 'e1', code: 'instance-retirement', notBeforeMs: NOON_MS, description: '' } as const;
  const cause = { by: 'event', event } as const;
  const refusal = { refuse: 'cannot-be-spared', reason: 'another one is stuck', page: false, retryAfterMs: 1 } as const;
  const WHY =
    'EC2 retires its instance at 2026-01-01T12:00Z or later (instance-retirement): it is moved to other hardware before';
  const units = [
    { ...FLEET.units[0], stopGraceSeconds: 30 },
    { ...FLEET.units[0], stopGraceSeconds: 600 },
  ];
  const fleet = { ...FLEET, units } as Facts['fleet'];
  const moving = (more: Partial<Facts> = {}, has: Partial<LadderState> = {}): Decision =>
    STOP_START.next(
      facts({ watched: watched('synced'), move: { cause, refusal: null }, ...more }),
      ladderState({ rung: 'stop-start', moves: true, pool: 'left', ...has }),
    );
  const blind = { breaker: { open: true, sentence: 'no observation', isBlind: true } } as const;
  const asked = { client: 'mayBeDown' } as const;
  const half = seen([client('running'), client('stopped')]);
  const down = seen([client('stopped'), client('stopped')]);
  const over = { move: { cause: null, refusal: null }, watched: watched('stuck') } as const;

  it.each<[string, Partial<Facts>, Partial<LadderState>, string | RegExp]>([
    ['it has the longest grace of its clients', { fleet }, {}, `stop-for-move: ${WHY}; it has 600 s`],
    [
      'a reading that does not say why',
      { fleet, move: null },
      {},
      'stop-for-move: it is moved to other hardware; it has 600 s',
    ],
    ['it is stopped once its clients have ended', { seen: down }, asked, `stop-instance: ${WHY}`],
    ['it is not while one of them runs', { seen: half }, asked, /^stop-for-move/],
    ['nor where a person has stopped them', { seen: down }, {}, /^client-stopped/],
    ['it is asked first', { seen: null }, {}, 'inspect'],
    ['one that starts is waited for', { original: power('pending') }, {}, 'wait: the instance is pending'],
    ['one that a person has stopped is the person’s', { original: power('stopped') }, {}, /^instance-stopped/],
    [
      'its agent is silent',
      { original: machine({}, { agentOnline: false }) },
      {},
      /^node-silent: its agent is silent, so/,
    ],
    ['its fleet cannot spare it', { move: { cause, refusal } }, {}, 'cannot-be-spared: another one is stuck'],
    [
      'that is waited for while nobody sees the fleet',
      { ...blind, move: { cause, refusal } },
      {},
      'wait: no observation',
    ],
    [
      'nobody sees the fleet, and nothing refuses it',
      { breaker: { open: false, sentence: '', isBlind: true } },
      {},
      /^stop-for-move/,
    ],
    ['what it was for is over', over, {}, 'end-rung: what it was for is over'],
  ])('%s', (_, more, has, words) => {
    const act = told(moving(more, has));
    if (typeof words === 'string') expect(act).toBe(words);
    else expect(act).toMatch(words);
  });

  it('asks, and stops, the instance that is moved', () => {
    expect(moving({ seen: null })).toEqual({ do: 'inspect', which: 'original' });
    expect(moving({ seen: down }, asked)).toMatchObject({ do: 'stop-instance', which: 'original' });
    expect(moving({ original: machine({}, { agentOnline: false }) })).toMatchObject({
      end: { refusal: { page: false, retryAfterMs: 15 * MINUTE_MS } },
    });
  });

  it('is asked three times after one that was not made', () => {
    const asksAgain = (count: number) =>
      broughtBack(
        facts({ seen: null, unanswered: { count, reason: 'late', isStale: false } }),
        ladderState({ moves: true, failed: [{ rung: 'stop-start', reason: 'no' }] }),
      );
    expect([asksAgain(2), asksAgain(3)]).toEqual([{ do: 'inspect', which: 'original' }, null]);
  });

  it('starts its client only once all checks pass and its agent answers', () => {
    const done = { original: 'started' } as const;
    const booted = (original: Machine) => told(moving({ original }, done));
    expect(booted(power('running'))).toBe('start-again: its instance has booted on other hardware');
    expect(booted(power('running', { agentOnline: false }))).toBe('wait: its agent is not heard of yet');
    expect(booted(power('running', { checks: checks('initializing') }))).toMatch(/its checks are not through$/);
  });

  it('is started with the type that it has, where a guard forbids another one', () => {
    const type = (to: string, retypes: LadderState['retypes']) => {
      const has = ladderState({ moves: true, ...(retypes && { retypes }) });
      return giveBackInstead({ refused: { do: 'change-type', to, reason: '' }, why: 'paused' }, has, {
        seen: null,
        unanswered: null,
      });
    };
    const held = { do: 'start-instance', reason: 'paused: it starts with the type that it has', held: true };
    expect([type('b', { from: 'a', to: 'b' }), type('b', undefined)]).toEqual([held, held]);
    // The type with which it has run is given back under any pause.
    expect(type('a', { from: 'a', to: 'b' })).toBeNull();
  });

  it('gives back no type that a person has chosen', () => {
    const off = machine(
      { state: 'stopped', instanceType: 'r6i.large', stateReason: 'no room' },
      { agentOnline: false },
    );
    const has = { original: 'started', retypes: { from: 'm6i.8xlarge', to: 'm6i.large' } } as const;
    expect(told(moving({ original: off, seen: null }, has))).toBe(
      'end-rung: it was started and is stopped again: no room',
    );
  });
});
