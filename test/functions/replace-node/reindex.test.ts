// The rung that has a follower's client build its data again by its owner's own command: when it is climbed, what it does, and what it never does twice.
import { describe, expect, it } from '@jest/globals';
import { intendAct, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts, ReindexFacts } from '../../../functions/replace-node/facts.ts';
import { guardOf } from '../../../functions/replace-node/judge.ts';
import { ladderOf } from '../../../functions/replace-node/ladder.ts';
import { needsTurn } from '../../../functions/replace-node/permission.ts';
import { planOf } from '../../../functions/replace-node/plan.ts';
import { measuredText, REINDEX } from '../../../functions/replace-node/rungs/reindex.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { ReindexTrial } from '../../../shared/heal/drill.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { DATA_PATH } from '../../fixtures/builders/volume.ts';
import { client, facts, ladderState, machine, seen, watched } from '../../fixtures/replace-facts.ts';

const COMMAND = '/opt/node/reindex';
const fleetWith = (replace: object = { reindex: { command: COMMAND } }) =>
  bitcoinFleet({
    ...{ probe: 'ssm', role: 'follower', volumes: { data: { path: DATA_PATH } } },
    drills: { securityGroup: 'sg-0123456789abcdef0' },
    replace,
  } as Parameters<typeof bitcoinFleet>[0]);
const FLEET = fleetWith();
const TRIAL: ReindexTrial = {
  ...{ command: COMMAND, setId: 'set-0', is: 'verified', atMs: NOON_MS - 5 * HOUR_MS },
  ...{ reason: 'it has caught up to 1000', minutes: 38, addedGiB: 0 },
};
const proved = { setId: 'set-0', takenAtMs: 0, height: 1000, atMs: NOON_MS - 6 * HOUR_MS, minutes: 52, usd: 0.2 };
const KNOWN: ReindexFacts = { trial: TRIAL, proved, lastAtMs: null };
const CORRUPT = 'Corrupted block database detected. Please restart with -reindex or -reindex-chainstate to recover.';
const ends = { watched: watched('unreachable'), seen: seen([client('failed', { lastLine: CORRUPT })]) };
const at = (more: Partial<Facts> = {}): Facts => facts({ fleet: FLEET, reindex: KNOWN, ...ends, ...more });
const restarted = (has: Partial<LadderState> = {}): LadderState =>
  ladderState({ hold: 'held', failed: [{ rung: 'restart', reason: 'its client ends again' }], ...has });
const under = (has: Partial<LadderState> = {}): LadderState => restarted({ rung: 'reindex', ...has });

function told(act: Decision): string {
  if (act.do === 'wait') return `wait: ${act.what}`;
  if (act.do !== 'end') return 'reason' in act && act.reason ? `${act.do}: ${act.reason}` : act.do;
  const { end } = act;
  return end.as === 'refused' ? `${end.refusal.refuse}: ${end.refusal.reason}` : `${end.as}: ${end.reason}`;
}

describe('a reindex is climbed', () => {
  it('after a restart and a roll-back, and before other data, where the fleet file has the command', () => {
    const both = fleetWith({ reindex: { command: COMMAND }, rollBack: { command: '/opt/node/roll-back' } });
    expect(ladderOf(at({ fleet: both }), { failed: [] })).toEqual([
      'restart',
      'roll-back',
      'reindex',
      'swap',
      'replace',
    ]);
    expect(ladderOf(at(), { failed: [] })).toEqual(['restart', 'reindex', 'swap', 'replace']);
    expect(ladderOf(at({ fleet: fleetWith({}) }), { failed: [] })).toEqual(['restart', 'swap', 'replace']);
  });

  it('with what was measured of both, and what came of it on a copy', () => {
    expect(told(decide(at(), restarted()))).toBe(
      'take-rung: restart did not help: its client ends again; reindex 38 min, swap 52 min: reindex (/opt/node/reindex on a copy of set-0: its client was at the tip again 38 min after its stop, and its data take as much as before)',
    );
  });

  const why = (more: Partial<Facts>, has: Partial<LadderState> = {}) => REINDEX.cannotBegin(at(more), restarted(has));

  it('only for followers', () => {
    expect(why({})).toBeNull();
    for (const role of ['validator', 'sentry', 'bootnode', 'unknown'] as const)
      expect(why({ role })).toContain('only a follower’s data are built again');
  });

  it('only where it is measured to be quicker than a swap; else the ladder goes on, and says so', () => {
    const slower = { reindex: { ...KNOWN, proved: { ...proved, minutes: 20 } } };
    expect(why(slower)).toBe('reindex 38 min, swap 20 min: swap');
    expect(told(decide(at(slower), restarted()))).toBe('skip-rung: reindex 38 min, swap 20 min: swap');
    expect(why({ reindex: { ...KNOWN, trial: null } })).toBe('no drill has tried /opt/node/reindex on a copy yet');
    expect(why({ reindex: { ...KNOWN, proved: null } })).toContain('no drill has measured');
    expect(why({ reindex: null })).toBe('no drill has tried /opt/node/reindex on a copy yet');
  });

  it('only with a command, and with drills that have tried it', () => {
    expect(why({ fleet: fleetWith({}) })).toBe('the fleet file has no command for it (replace.reindex)');
    expect(why({ fleet: { ...FLEET, drills: undefined } as unknown as Facts['fleet'] })).not.toBeNull();
  });

  it('and what was measured is told only where it is chosen', () => {
    const slower = { reindex: { ...KNOWN, proved: { ...proved, minutes: 20 } } };
    expect(measuredText(at())).toMatch(/^reindex 38 min, swap 52 min: reindex \(/);
    expect([
      measuredText(at(slower)),
      measuredText(at({ fleet: fleetWith({}) })),
      measuredText(at({ reindex: null })),
    ]).toEqual([...['', '', '']]);
  });

  it('of a node that nobody sees it is told that it does not follow its chain', () => {
    const unseen = { watched: null, fleet: { ...FLEET, probe: undefined } };
    expect(REINDEX.next(at(unseen), under())).toMatchObject({ reason: 'it does not follow its chain' });
  });

  it('once a day for each node, and once for each heal', () => {
    const last = (hours: number) => why({ reindex: { ...KNOWN, lastAtMs: NOON_MS - hours * HOUR_MS } });
    expect(last(23)).toBe('its data were built again 23 h ago, and once a day is all');
    expect(last(24)).toBeNull();
    expect(why({}, { reindexed: { patientUntilMs: 0, untilMs: 0 } })).toBe('it was done in this heal already');
  });

  it('only where its data are the trouble: its client ends and names them, or it stands where it stood', () => {
    const nothing = 'nothing says that a block of its own is the trouble';
    const line = (lastLine: string) => why({ seen: seen([client('failed', { lastLine })]) });
    expect(line('Error opening block database.')).toBeNull();
    expect(line('Error: address already in use')).toBe(nothing);
    expect(why({ watched: watched('stuck', { height: 1002 }), seen: seen() })).toBeNull();
    expect(why({ watched: watched('unreachable'), seen: seen() })).toBe(nothing);
  });

  it('of a client that its unit starts again and again: its restart has heard why it ends', () => {
    const heard = (reason: string) =>
      why({ watched: watched('unreachable'), seen: seen() }, { failed: [{ rung: 'restart', reason }] });
    const said = 'node@0.21.service was started and is failed or was restarted, and its last line is';
    const nothing = 'nothing says that a block of its own is the trouble';
    expect(heard(`${said} ": Error opening block database."`)).toBeNull();
    expect(heard('its client ends again: failed, exit status 1, "Fatal LevelDB error: Corruption"')).toBeNull();
    expect(heard(`${said} "Error: address already in use"`)).toBe(nothing);
    expect(heard('10.0.64.10:8332 refuses connections: a database of sorts')).toBe(nothing);
  });

  it('under the guards of other data, and with the fleet’s turn', () => {
    const open = { breaker: { open: true, sentence: '3 of 5 nodes unhealthy' } };
    expect(guardOf(at(open), 'reindex')).toMatchObject({ refuse: 'breaker-open' });
    const one = { watched: watched('stuck', { evidence: 'one-reference' }), seen: seen() };
    expect(guardOf(at(one), 'reindex')).toMatchObject({ refuse: 'one-witness' });
    expect(guardOf(at({ role: 'validator' }), 'reindex')).toMatchObject({ refuse: 'validator' });
    expect(needsTurn(under())).toBe(true);
  });
});

describe('a reindex', () => {
  const next = (has: Partial<LadderState> = {}, more: Partial<Facts> = {}) => REINDEX.next(at(more), under(has));
  const patience = { patientUntilMs: NOON_MS + 91 * MINUTE_MS, untilMs: NOON_MS + 120 * MINUTE_MS };
  const begun = { reindexed: patience, client: 'mayBeDown' } as const;

  it('is one command, with how long its client is waited for: twice what was measured, and what the file allows', () => {
    expect(next()).toMatchObject({ do: 'rebuild-data', own: { command: COMMAND, seconds: 7_200 }, ...patience });
    const long = fleetWith({ reindex: { command: COMMAND, minutes: 600 } });
    expect(next({}, { fleet: long })).toMatchObject({ own: { seconds: 7_200 }, untilMs: NOON_MS + 600 * MINUTE_MS });
    const short = fleetWith({ reindex: { command: COMMAND, minutes: 45 } });
    expect(next({}, { fleet: short })).toMatchObject({
      own: { seconds: 2_700 },
      patientUntilMs: NOON_MS + 45 * MINUTE_MS,
    });
  });

  it('is remembered before it is sent, with how long it is waited for', () => {
    const act = next();
    expect(act.do === 'rebuild-data' && intendAct(under(), act, NOON_MS)).toMatchObject(begun);
  });

  it('is judged again right before the node feels it, by what is measured by then', () => {
    expect(told(next({}, { seen: seen([client('stopped')]) }))).toMatch(/^client-stopped/);
    expect(told(next({}, { watched: null }))).toMatch(/^wait: nobody knows how it is by now/);
    const blind = { open: true, isBlind: true as const, sentence: 'nobody has looked at the fleet' };
    expect(told(next({}, { breaker: blind }))).toBe('wait: nobody has looked at the fleet');
    expect(told(next({}, { breaker: { open: true, sentence: '3 of 5 nodes unhealthy' } }))).toMatch(/^breaker-open/);
    // What an act of this rung has stopped, no person has.
    expect(next({ client: 'mayBeDown' }, { seen: seen([client('stopped')]) })).toMatchObject({ do: 'rebuild-data' });
    expect(told(next({}, { fleet: fleetWith({}) }))).toMatch(/^end-rung: the fleet file has no command/);
    expect(told(next({}, { original: machine({}, { agentOnline: false }) }))).toMatch(/^end-rung/);
    expect(told(next({}, { reindex: { ...KNOWN, proved: { ...proved, minutes: 20 } } }))).toBe(
      'end-rung: reindex 38 min, swap 20 min: swap',
    );
  });

  it('is not done twice: where nobody knows what became of it, its client is asked for, and started where it is down', () => {
    expect(next(begun, { seen: null })).toEqual({ do: 'inspect', which: 'original' });
    expect(next(begun, { seen: seen() })).toEqual({ do: 'inspect', which: 'original' });
    // One of two is enough.
    expect(next(begun, { seen: seen([client('running'), client('stopped')]) })).toMatchObject({ do: 'start-again' });
    expect(next(begun, { seen: seen([client('stopped')]) })).toMatchObject({ do: 'start-again' });
    expect(next(begun, { original: machine({}, { agentOnline: false }) })).toMatchObject({
      end: {
        refusal: {
          ...{ refuse: 'node-silent', page: true },
          reason: 'what became of its reindex nobody knows, and it does not answer',
        },
      },
    });
  });

  it('whose answer was lost is waited for once its client runs, and once it was started', () => {
    const asked = reduceAct(
      under(begun),
      { do: 'inspect', which: 'original' },
      { is: 'done', atMs: NOON_MS, seen: seen() },
    );
    expect(asked.upSinceMs).toBe(NOON_MS);
    const started = reduceAct(
      under(begun),
      { do: 'start-again', reason: 'it is down' },
      { is: 'done', atMs: NOON_MS, seen: seen() },
    );
    expect(started.upSinceMs).toBe(NOON_MS);
  });

  it('may be silent and stand for longer than any start, then is proved by others’ eyes, or has not helped', () => {
    const up = { ...begun, upSinceMs: NOON_MS - 70 * MINUTE_MS, inspectedAtMs: NOON_MS - MINUTE_MS };
    const is = (one: Facts['watched'], has: Partial<LadderState> = {}) =>
      told(next({ ...up, ...has }, { seen: seen(), watched: one }));
    expect(is(watched('unreachable'))).toMatch(/^wait/);
    expect(is(watched('stuck', { sinceMs: NOON_MS - MINUTE_MS }))).toMatch(/^wait/);
    expect(is(watched('synced', { height: 1010, lagBlocks: 0 }))).toMatch(/^prove/);
    const over = { reindexed: { patientUntilMs: NOON_MS - 1, untilMs: NOON_MS - 1 } };
    expect(is(watched('behind', { height: 900, lagBlocks: 100 }), over)).toMatch(
      /^end-rung: it has not built its data again in its time/,
    );
    // What a reindex before it was given is no other rung's.
    const now = { ...up, rung: 'restart', inspectedAtMs: NOON_MS } as const;
    const swap = decide(at({ seen: seen(), watched: watched('unreachable') }), under(now));
    expect(told(swap)).toMatch(/^end-rung: no answer/);
  });

  const act = { do: 'rebuild-data', own: { command: COMMAND, seconds: 900 }, ...patience, reason: 'it ends' } as const;
  const fails = (state: 'running' | 'failed' | 'unknown') =>
    reduceAct(under(begun), act, {
      ...{ is: 'failed', atMs: NOON_MS, reason: `${COMMAND} exits with 1` },
      seen: seen([client(state)]),
    });

  it('that fails on the node ends the rung with the node’s own words, and is remembered', () => {
    expect(fails('failed')).toMatchObject({ rung: null, reindexed: patience, client: 'untouched' });
    expect(fails('failed').failed.at(-1)).toEqual({ rung: 'reindex', reason: `${COMMAND} exits with 1` });
  });

  it('that AWS has refused, or of a client that nobody can follow, was not done', () => {
    const refused = reduceAct(under(begun), act, {
      is: 'failed',
      atMs: NOON_MS,
      reason: 'AccessDenied',
      fault: 'none',
    });
    expect(refused).not.toHaveProperty('reindexed');
    expect(fails('unknown')).toMatchObject({ rung: 'reindex', client: 'untouched' });
    expect(fails('unknown')).not.toHaveProperty('reindexed');
  });

  it('leaves no node as it was found, where nothing helps', () => {
    const failed = (['restart', 'reindex', 'swap', 'replace'] as const).map((rung) => ({ rung, reason: 'no' }));
    const end = (has: Partial<LadderState>) => decide(at(), restarted({ failed, ...has }));
    expect(end({ reindexed: patience })).toMatchObject({ end: { as: 'escalated', asFound: false } });
    expect(told(end({ reindexed: patience }))).toContain('its data may have been built again in part');
    expect(end({})).toMatchObject({ end: { as: 'escalated', asFound: true } });
  });
});

describe('the plan of a reindex', () => {
  const planned = (more: Partial<Facts> = {}) => planOf(at({ seen: null, watched: watched('unreachable'), ...more }));

  it('names what was measured of both, what came of it on a copy, and its minutes', () => {
    expect(planned()).toMatchObject({
      rungs: ['restart', 'reindex', 'swap', 'replace'],
      sentence: expect.stringContaining(
        '; reindex 38 min, swap 52 min: reindex (/opt/node/reindex on a copy of set-0: its client was at the tip again 38 min after its stop, and its data take as much as before); data:',
      ),
      evidence: { minutes: 176 },
      terms: expect.arrayContaining([['reindex', COMMAND]]),
    });
  });

  it('leaves it out with the reason, where a swap is quicker', () => {
    const plan = planned({ reindex: { ...KNOWN, proved: { ...proved, minutes: 20 } } });
    expect(plan).toMatchObject({
      rungs: ['restart', 'swap', 'replace'],
      sentence: expect.stringContaining('; no reindex: reindex 38 min, swap 20 min: swap'),
    });
    expect(JSON.stringify(plan)).not.toContain('["reindex","/opt');
  });
});
