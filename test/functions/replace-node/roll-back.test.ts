// The rung that takes a follower's data back by its owner's own command: when it is climbed, what it does, and what it never does twice.
import { describe, expect, it } from '@jest/globals';
import { skipRung } from '../../../functions/replace-node/acts/decisions.ts';
import { reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts, RollBackFacts } from '../../../functions/replace-node/facts.ts';
import { guardOf } from '../../../functions/replace-node/judge.ts';
import { ladderOf } from '../../../functions/replace-node/ladder.ts';
import { needsTurn } from '../../../functions/replace-node/permission.ts';
import { planOf } from '../../../functions/replace-node/plan.ts';
import { ROLL_BACK, rehearsedText } from '../../../functions/replace-node/rungs/roll-back.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { RollBackTrial } from '../../../shared/heal/drill.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { DATA_PATH } from '../../fixtures/builders/volume.ts';
import { client, facts, ladderState, machine, seen, watched } from '../../fixtures/replace-facts.ts';

const COMMAND = '/opt/node/roll-back';
const fleetWith = (rollBack: object | null = { command: COMMAND }) =>
  bitcoinFleet({
    ...{ probe: 'ssm', role: 'follower', volumes: { data: { path: DATA_PATH } } },
    drills: { securityGroup: 'sg-0123456789abcdef0' },
    ...(rollBack && { replace: { rollBack } }),
  } as Parameters<typeof bitcoinFleet>[0]);
const FLEET = fleetWith();
const TRIAL: RollBackTrial = {
  ...{ command: COMMAND, setId: 'set-0', is: 'verified', atMs: NOON_MS - 5 * HOUR_MS },
  ...{ reason: 'it has caught up to 1000', minutes: 3.2 },
};
const KNOWN: RollBackFacts = { trial: TRIAL, lastAtMs: null };
const at = (more: Partial<Facts> = {}): Facts => facts({ fleet: FLEET, rollBack: KNOWN, ...more });
/** A restart was tried, and did not help. */
const restarted = (has: Partial<LadderState> = {}): LadderState =>
  ladderState({ hold: 'held', failed: [{ rung: 'restart', reason: 'it stands still at height 1000' }], ...has });
const under = (has: Partial<LadderState> = {}): LadderState => restarted({ rung: 'roll-back', ...has });

function told(act: Decision): string {
  if (act.do === 'wait') return `wait: ${act.what}`;
  if (act.do !== 'end') return 'reason' in act && act.reason ? `${act.do}: ${act.reason}` : act.do;
  const { end } = act;
  return end.as === 'refused' ? `${end.refusal.refuse}: ${end.refusal.reason}` : `${end.as}: ${end.reason}`;
}

describe('a roll-back is climbed', () => {
  it('after a restart and before other data, where the fleet file has the command', () => {
    expect(ladderOf(at(), { failed: [] })).toEqual(['restart', 'roll-back', 'swap', 'replace']);
    expect(ladderOf(at({ fleet: fleetWith(null) }), { failed: [] })).toEqual(['restart', 'swap', 'replace']);
  });

  it('never for an instance that EC2 finds impaired, nor for what a person asks for', () => {
    const silent = machine({}, { agentOnline: false });
    expect(ladderOf(at({ original: silent }), { failed: [] })).toEqual(['stop-start', 'replace']);
    const restore = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;
    expect(ladderOf(at({ want: restore }), { failed: [] })).toEqual(['swap']);
  });

  it('with what it runs, and what came of that on a copy', () => {
    expect(told(decide(at(), restarted()))).toBe(
      'take-rung: restart did not help: it stands still at height 1000; /opt/node/roll-back on a copy of set-0: its client was at the tip again 3 min after its stop',
    );
    const alone = fleetWith({ command: COMMAND, rehearse: false });
    expect(told(decide(at({ fleet: alone, rollBack: { trial: null, lastAtMs: null } }), restarted()))).toContain(
      '; /opt/node/roll-back, which was tried on no copy (rehearse: false)',
    );
  });

  const why = (more: Partial<Facts>, has: Partial<LadderState> = {}) => ROLL_BACK.cannotBegin(at(more), restarted(has));

  it('only for followers', () => {
    expect(why({})).toBeNull();
    for (const role of ['validator', 'sentry', 'bootnode', 'unknown'] as const)
      expect(why({ role })).toContain('only a follower’s data are taken back');
  });

  it('only with what came through on a copy: this very command, and not too long ago', () => {
    const trial = (more: Partial<RollBackTrial> | null) =>
      why({ rollBack: { trial: more && { ...TRIAL, ...more }, lastAtMs: null } });
    expect(trial(null)).toBe('no drill has tried /opt/node/roll-back on a copy yet');
    expect(trial({ command: '/opt/node/other' })).toBe('no drill has tried /opt/node/roll-back on a copy yet');
    expect(trial({ is: 'unproved', reason: 'it exits with 1' })).toBe(
      'it did not come through: /opt/node/roll-back on a copy of set-0: it exits with 1',
    );
    expect(trial({ atMs: NOON_MS - 48 * HOUR_MS })).toBeNull();
    expect(trial({ atMs: NOON_MS - 49 * HOUR_MS })).toContain('49 h ago, and that counts for 48 h');
    const alone = fleetWith({ command: COMMAND, rehearse: false });
    expect(why({ fleet: alone, rollBack: { trial: null, lastAtMs: null } })).toBeNull();
  });

  it('only with a command, and with drills that have tried it', () => {
    expect(why({ fleet: fleetWith(null) })).toBe('the fleet file has no command for it (replace.rollBack)');
    expect(why({ rollBack: null })).toBe('no drill has tried /opt/node/roll-back on a copy yet');
    expect(why({ fleet: { ...FLEET, drills: undefined } as unknown as Facts['fleet'] })).toContain('5 h ago, and that');
  });

  it('and what came of it on a copy is told only where it has to be tried on one', () => {
    const untried = '/opt/node/roll-back, which was tried on no copy (rehearse: false)';
    const alone = fleetWith({ command: COMMAND, rehearse: false });
    expect(rehearsedText({ fleet: FLEET, rollBack: KNOWN })).toContain('on a copy of set-0');
    expect([
      rehearsedText({ fleet: alone, rollBack: KNOWN }),
      rehearsedText({ fleet: FLEET, rollBack: { ...KNOWN, trial: null } }),
      rehearsedText({ fleet: FLEET, rollBack: null }),
    ]).toEqual([untried, untried, untried]);
  });

  it('once a day for each node, and once for each heal', () => {
    const last = (hours: number) => why({ rollBack: { trial: TRIAL, lastAtMs: NOON_MS - hours * HOUR_MS } });
    expect(last(23)).toBe('its data were taken back 23 h ago, and once a day is all');
    expect(last(24)).toBeNull();
    expect(why({}, { rolledBack: true })).toBe('it was done in this heal already');
  });

  it('only where a block is the trouble: it stands where it stood, or its client ends and names its data', () => {
    const nothing = 'nothing says that a block of its own is the trouble';
    expect(why({ watched: watched('stuck', { height: 1002 }) })).toBeNull();
    expect(why({ watched: watched('stuck', { height: 1003 }) })).toBe(nothing);
    expect(why({ watched: watched('stuck', { height: null }) })).toBe(nothing);
    expect(why({ watched: watched('unreachable') })).toBe(nothing);
    expect(why({ watched: null })).toBe(nothing);
    const ends = (lastLine: string) => why({ watched: null, seen: seen([client('failed', { lastLine })]) });
    expect(ends('panic: wrong Block.Header.AppHash. Expected 7F, got 3A')).toBeNull();
    expect(ends('Error: address already in use')).toBe(nothing);
  });

  it('and where it cannot be, the ladder goes on', () => {
    expect(told(decide(at({ rollBack: { trial: null, lastAtMs: null } }), restarted()))).toBe(
      'skip-rung: no drill has tried /opt/node/roll-back on a copy yet',
    );
  });

  it('and is told as left out, never as one that did not help', () => {
    const untried = { rung: 'roll-back', reason: 'no drill has tried it', notBegun: true } as const;
    const after = (failed: LadderState['failed']) => told(decide(at(), restarted({ failed })));
    expect(after([...restarted().failed, untried])).toMatch(
      /^take-rung: restart did not help: it stands still at height 1000; roll-back was not begun: no drill has tried it/,
    );
    const skip = skipRung({ rung: 'roll-back', reason: 'no drill has tried it' });
    expect(reduceAct(restarted(), skip, { is: 'done', atMs: NOON_MS }).failed.at(-1)).toEqual(untried);
  });

  it('under the guards of other data: not while more nodes are sick than the breaker allows, nor by the word of one', () => {
    const open = { breaker: { open: true, sentence: '3 of 5 nodes unhealthy' } };
    expect(guardOf(at(open), 'roll-back')).toMatchObject({ refuse: 'breaker-open' });
    expect(guardOf(at(open), 'restart')).toBeNull();
    const one = { watched: watched('stuck', { evidence: 'one-reference' }) };
    expect(guardOf(at(one), 'roll-back')).toMatchObject({ refuse: 'one-witness' });
    expect(guardOf(at({ role: 'validator' }), 'roll-back')).toMatchObject({ refuse: 'validator' });
    expect(needsTurn(under())).toBe(true);
  });
});

describe('a roll-back', () => {
  const next = (has: Partial<LadderState> = {}, more: Partial<Facts> = {}) => ROLL_BACK.next(at(more), under(has));
  const begun = { rolledBack: true, client: 'mayBeDown' } as const;

  it('is one command: the owner’s, for as long as the file says', () => {
    expect(next()).toMatchObject({ do: 'undo-blocks', own: { command: COMMAND, seconds: 900 } });
  });

  it('is told with what is wrong, as far as somebody sees it', () => {
    expect(next()).toMatchObject({ reason: 'it is stuck' });
    const unseen = { watched: null, fleet: { ...FLEET, probe: undefined } };
    expect(next({}, unseen)).toMatchObject({ do: 'undo-blocks', reason: 'it does not follow its chain' });
  });

  it('is judged again right before the node feels it', () => {
    expect(told(next({}, { haltedSinceMs: NOON_MS - HOUR_MS }))).toMatch(/^chain-standing/);
    expect(told(next({}, { seen: seen([client('stopped')]) }))).toMatch(/^client-stopped/);
    expect(told(next({}, { watched: null }))).toMatch(/^wait: nobody knows how it is by now/);
    expect(told(next({}, { fleet: fleetWith(null) }))).toMatch(/^end-rung: the fleet file has no command/);
    expect(told(next({}, { original: machine({}, { agentOnline: false }) }))).toMatch(/^end-rung/);
  });

  it('is not done twice: where nobody knows what became of it, its client is asked for, and started where it is down', () => {
    expect(next(begun, { seen: null })).toMatchObject({ do: 'inspect' });
    expect(next(begun, { seen: seen() })).toMatchObject({ do: 'inspect' });
    expect(next(begun, { seen: seen([client('stopped')]) })).toMatchObject({ do: 'start-again' });
    expect(told(next(begun, { seen: seen([client('unknown')]) }))).toMatch(/^client-unknown/);
    expect(told(next(begun, { original: machine({}, { agentOnline: false }) }))).toMatch(/^node-silent/);
    const spent = { act: 'start-again', count: 3, reason: 'it did not answer', atMs: NOON_MS };
    expect(told(next({ ...begun, setback: spent }, { seen: seen([client('stopped')]) }))).toMatch(/^end-rung/);
  });

  it('is proved by others’ eyes, or ends as a rung that did not help', () => {
    const up = { ...begun, upSinceMs: NOON_MS - 3 * MINUTE_MS };
    expect(told(next(up, { watched: watched('synced', { height: 1010, lagBlocks: 0 }) }))).toMatch(/^prove/);
    expect(told(next(up, { watched: watched('starting', { height: 990 }) }))).toMatch(/^wait/);
    expect(told(next(up, { watched: watched('stuck', { sinceMs: NOON_MS - MINUTE_MS }) }))).toMatch(
      /^end-rung: it stands still at height 1000, where it had stopped before/,
    );
  });

  const act = { do: 'undo-blocks', own: { command: COMMAND, seconds: 900 }, reason: 'it is stuck' } as const;
  const fails = (state: 'running' | 'failed' | 'unknown') =>
    reduceAct(under(begun), act, {
      ...{ is: 'failed', atMs: NOON_MS, reason: `${COMMAND} exits with 1` },
      seen: seen([client(state)]),
    });

  it('that fails on the node ends the rung with the node’s own words, and is remembered', () => {
    expect(fails('running')).toMatchObject({ rung: null, rolledBack: true, client: 'untouched' });
    expect(fails('running').failed.at(-1)).toEqual({ rung: 'roll-back', reason: `${COMMAND} exits with 1` });
  });

  it('that AWS has refused was not done', () => {
    const refused = reduceAct(under(begun), act, {
      is: 'failed',
      atMs: NOON_MS,
      reason: 'AccessDenied',
      fault: 'none',
    });
    expect(refused).toMatchObject({ rung: null });
    expect(refused).not.toHaveProperty('rolledBack');
  });

  it('of a client that nobody can follow was not done', () => {
    expect(fails('unknown')).toMatchObject({ rung: 'roll-back', client: 'untouched' });
    expect(fails('unknown')).not.toHaveProperty('rolledBack');
  });

  it('leaves no node as it was found, where nothing helps', () => {
    const failed = (['restart', 'roll-back', 'swap', 'replace'] as const).map((rung) => ({ rung, reason: 'no' }));
    const end = (has: Partial<LadderState>) => decide(at(), restarted({ failed, ...has }));
    expect(end({ rolledBack: true })).toMatchObject({ end: { as: 'escalated', asFound: false } });
    expect(told(end({ rolledBack: true }))).toContain('its data may have been taken back by some blocks');
    expect(end({})).toMatchObject({ end: { as: 'escalated', asFound: true } });
  });
});

describe('the plan of a roll-back', () => {
  const planned = (more: Partial<Facts> = {}) => planOf(at({ seen: null, ...more }));

  it('names the command, what came of it on a copy, and its minutes', () => {
    expect(planned()).toMatchObject({
      rungs: ['restart', 'roll-back', 'swap', 'replace'],
      sentence: expect.stringContaining(
        '; roll-back: /opt/node/roll-back on a copy of set-0: its client was at the tip again 3 min after its stop; data:',
      ),
      evidence: { minutes: 71 },
      terms: expect.arrayContaining([['roll-back', COMMAND]]),
    });
  });

  it('leaves it out with the reason, where it was tried on no copy', () => {
    const plan = planned({ rollBack: { trial: null, lastAtMs: null } });
    expect(plan).toMatchObject({
      rungs: ['restart', 'swap', 'replace'],
      sentence: expect.stringContaining('; no roll-back: no drill has tried /opt/node/roll-back on a copy yet'),
    });
    expect(JSON.stringify(plan)).not.toContain('["roll-back","/opt');
    expect(JSON.stringify(plan)).not.toContain('"rule":"roll-back"');
  });
});
