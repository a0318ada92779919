import { describe, expect, it } from '@jest/globals';
import { begin, next, turn } from './ladder.ts';
import { exploreLadder } from './ladder-explore.ts';
import { asFound } from './ladder-never.ts';
import { LADDER_FULL } from './ladder-rules.ts';
import {
  BESIDE_SETTINGS,
  type LadderSetting,
  SHRINK_SETTINGS,
  SWAP_SETTINGS,
  UPGRADE_SETTINGS,
  VALIDATOR_SETTINGS,
} from './ladder-setting.ts';
import { exploreWorldOfLadder, LADDER_RULES, withoutRule } from './ladder-worlds.ts';

const settingOf = (node: string) => Object.fromEntries(Object.entries(SWAP_SETTINGS).filter(([name]) => name === node));

/** A story without faults. */
function told(setting: LadderSetting | undefined) {
  if (!setting) throw new Error('there is no such setting');
  const story = begin(setting, LADDER_FULL);
  while (story.end === null) turn(story, next(story), null);
  return { ...story, words: story.words.join(', ') };
}

const code = ({ end }: ReturnType<typeof told>) =>
  end?.as === 'refused' ? end.refusal.refuse : end?.as === 'healed' ? 'healed' : end?.code;

describe('the ladder, where nothing goes wrong', () => {
  it.each([
    ['a restart helps', 'healed', /^inspect original, begin, hold-snapshots, take restart, restart, (?!.*take swap)/],
    [
      'what could be copied cannot be read, a restart helps',
      'healed',
      /begin, hold-snapshots, take restart, restart, (?!.*take swap)/,
    ],
    [
      'what could be copied cannot be read at first',
      'healed',
      /begin, hold-snapshots, take restart, restart, .*fail .*hold-snapshots, take swap, choose-volumes/,
    ],
    [
      'what could be copied cannot be read',
      'unreadable',
      /begin, hold-snapshots, take restart, restart, (?!.*take swap)/,
    ],
    [
      'dead, and what could be copied cannot be read',
      'healed',
      /hold-snapshots, take stop-start, .*take replace.*take-over.*prove/,
    ],
    [
      'a roll-back helps',
      'healed',
      /take restart, restart, .*take roll-back, undo-blocks, wait, prove, (?!.*take swap)/,
    ],
    [
      'a roll-back does not help, other data do',
      'healed',
      /take roll-back, undo-blocks, wait, fail .*take swap.*swap to restored.*prove/,
    ],
    [
      'a roll-back spoils the data, other data help',
      'healed',
      /take roll-back, undo-blocks, take swap.*swap to restored.*prove/,
    ],
    [
      'neither a roll-back nor other data help',
      'ladder-spent',
      /take roll-back.*take swap.*take replace.*end escalated .*its data may have been taken back by some blocks/,
    ],
    ['a reindex helps', 'healed', /take restart, restart, .*take reindex, rebuild-data, wait, prove, (?!.*take swap)/],
    [
      'a reindex does not help, other data do',
      'healed',
      /take reindex, rebuild-data, wait, .*fail .*take swap.*swap to restored.*prove/,
    ],
    [
      'a reindex spoils the data, other data help',
      'healed',
      /take reindex, rebuild-data, take swap.*swap to restored.*prove/,
    ],
    [
      'neither a reindex nor other data help',
      'ladder-spent',
      /take reindex.*take swap.*take replace.*end escalated .*its data may have been built again in part/,
    ],
    [
      'other data help',
      'healed',
      /take restart.*take swap.*create.*attach.*check, warm, swap to restored.*prove, detach/,
    ],
    [
      'the client ends, the second set helps',
      'healed',
      /swap to restored, detach.*drop-volumes, choose-volumes.*swap to restored.*quarantine/,
    ],
    ['a bug of the client', 'same-stop', /swap to found.*end escalated \(with other data it stops at the same height/],
    ['no good snapshot', 'no-good-snapshot', /take swap, fail \(no good snapshot is left\), take replace/],
    ['it comes up after a stop', 'healed', /take stop-start, stop original, wait, start-instance.*prove/],
    [
      'the instance is dead',
      'healed',
      /launch.*inspect replacement, note-masked.*stop original, wait, detach .* original.*note-fenced.*take-over.*prove/,
    ],
    [
      'dead, no capacity in its zone',
      'healed',
      /launch, drop-replacement, plan-replacement, launch.*create.*attach .* replacement.*take-over/,
    ],
    [
      'dead, no capacity',
      'no-capacity',
      /launch, drop-replacement, plan-replacement, launch, drop-replacement, end refused/,
    ],
    [
      'dead, no capacity at all',
      'ladder-spent',
      /start-instance, take replace, .*launch, drop-replacement, plan-replacement, launch, drop-replacement, end refused .*fail \(none of 2 subnets/,
    ],
    [
      'dead, no capacity at all, and then there is',
      'healed',
      /end refused \(no-capacity: its instance is stopped.*— the next attempt, start-instance, .*— the next attempt, start-instance, wait, .*launch, wait, inspect replacement.*take-over.*prove/,
    ],
    [
      'dead, a launch is not permitted',
      'ladder-spent',
      /skip replace \(AWS does not permit the launch\), end (?!.*take replace)/,
    ],
    [
      'dead, a launch is not permitted, and nobody knows before',
      'ladder-spent',
      /take replace, plan-replacement, launch, drop-replacement, fail \(AWS does not permit (?!.*launch,)/,
    ],
    ['nothing helps, a launch is not permitted', 'ladder-spent', /take swap.*fail .*skip replace (?!.*take replace)/],
    ['a person wants another instance, a launch is not permitted', 'ladder-spent', /skip replace (?!.*take replace)/],
    [
      'dead, the new one is not masked',
      'ladder-spent',
      /give up the replacement \(the client of the new instance is not masked/,
    ],
    [
      'dead, its own data end, and others help',
      'healed',
      /take replace.*take-over, .*drop-replacement, take replace, plan-replacement, launch, .*choose-volumes.*create.*take-over.*prove/,
    ],
    [
      'dead, its own data end, and so do the best others',
      'healed',
      /take replace.*drop-replacement, take replace.*drop-replacement, take replace.*take-over.*prove/,
    ],
    [
      'dead, its own data end, and so do all others that are tried',
      'ladder-spent',
      /take replace.*drop-replacement, take replace.*drop-replacement, take replace.*drop-replacement, end escalated (?!.*take replace)/,
    ],
    [
      'dead, its own data end, and there are no others',
      'ladder-spent',
      /drop-replacement, skip replace \(its own data do not open, and no good snapshot is left\), end escalated/,
    ],
    [
      'a person wants another instance, its own data end',
      'ladder-spent',
      /take replace.*take-over.*drop-replacement, end escalated (?!.*choose-volumes)/,
    ],
    ['a member on standby', 'healed', /standby, swap to restored.*clean up leave-standby/],
    ['a person takes a restore back', 'healed', /take swap, choose-volumes, attach.*swap to restored, prove/],
  ])('%s: %s', (name, ends, words) => {
    const story = told(SWAP_SETTINGS[name]);
    expect([...story.world.broken]).toEqual([]);
    expect(code(story)).toBe(ends);
    expect(story.words).toMatch(words);
    // What AWS has no room to start stays stopped, and is told as that.
    if (ends !== 'healed') expect(asFound(story.world)).toBe(story.setting.starts ? null : 'it is stopped');
  });

  it.each([
    ['a stuck validator', 'validator'],
    ['a dead validator', 'validator'],
    ['a restore that nobody acknowledged', 'validator'],
    ['another instance is wanted', 'validator'],
    ['a role that nobody knows', 'role-unknown'],
    ['a stuck validator that may be restarted', 'validator'],
    ['a restore that is acknowledged', 'healed'],
    ['an acknowledged restore, bad data', 'ladder-spent'],
  ])('%s: %s', (name, ends) => {
    const story = told(VALIDATOR_SETTINGS[name]);
    expect([...story.world.broken]).toEqual([]);
    expect(code(story)).toBe(ends);
    if (ends !== 'healed') expect(asFound(story.world)).toBeNull();
  });
});

describe('an upgrade, where nothing goes wrong', () => {
  it.each([
    [
      'the new version works',
      'healed',
      /^inspect original, begin, take upgrade, leave-pool, switch to 28.1, (?!.*take swap).*prove/,
    ],
    ['the canary is watched', 'healed', /switch to 28.1, wait, prove/],
    [
      'the new version ends',
      'upgrade-failed',
      /switch to 28.1, switch to 28.0, fail .*take swap.*swap to restored.*prove/,
    ],
    [
      'the new version stands still',
      'upgrade-failed',
      /switch to 28.1, wait, give up the version .*switch to 28.0, fail .*take swap.*swap to restored.*prove/,
    ],
    ['the new version is not installed', 'upgrade-failed', /switch to 28.1, end escalated .*runs as before/],
    ['the new version stands still, and so does the snapshot', 'upgrade-failed', /take swap.*could not be put back/],
    ['there is nothing to go back to', 'snapshot-unfit', /^(?!.*switch to)/],
    ['its volumes are two', 'upgrade-failed', /switch to 28.0.*swap to restored.*prove/],
    ['a node that is not well', 'cannot-be-spared', /^(?!.*switch to)/],
  ])('%s: %s', (name, ends, words) => {
    const story = told(UPGRADE_SETTINGS[name]);
    expect([...story.world.broken]).toEqual([]);
    expect(code(story)).toBe(ends);
    expect(story.words).toMatch(words);
  });
});

describe('a smaller disk, where nothing goes wrong', () => {
  it.each([
    ['a smaller disk', 'healed', /create, create, .*fill, fill, detach 001 original, wait, check, .*swap to restored/],
    ['a smaller disk, the snapshot cannot be mounted', 'shrink-failed', /fill, detach (?!.*swap to)/],
    ['a smaller disk, the client ends on it', 'shrink-failed', /swap to restored, detach (?!.*choose-volumes)/],
    ['a smaller disk, the snapshot stops lower', 'shrink-failed', /swap to restored, .*swap to found/],
    ['a smaller disk, there is no good snapshot', 'snapshot-unfit', /^(?!.*create)/],
    ['a smaller disk of a node that is not well', 'cannot-be-spared', /^(?!.*begin)/],
    ['a disk that would be too small', 'shrink-unfit', /^(?!.*begin)/],
  ])('%s: %s', (name, ends, words) => {
    const story = told(SHRINK_SETTINGS[name]);
    expect([...story.world.broken]).toEqual([]);
    expect(code(story)).toBe(ends);
    expect(story.words).toMatch(words);
    if (ends === 'shrink-failed') expect(asFound(story.world)).toBeNull();
  });
});

describe('an upgrade beside the node, where nothing goes wrong', () => {
  it.each([
    [
      'the new version works',
      'healed',
      /take replace, .*launch, .*enable-version, start-beside, look-beside, .*prove-beside, keep-volumes, join, wait, prove, .*leave-pool, mask-original, stop original/,
    ],
    ['its volumes are two', 'healed', /create, create, .*start-beside, .*prove-beside/],
    ['no capacity in its zone', 'healed', /launch, drop-replacement, .*launch, .*prove-beside/],
    ['the new version ends', 'upgrade-failed', /start-beside, mask-replacement, stop replacement, (?!.*join)/],
    ['the new version stands still', 'upgrade-failed', /give up the replacement \(it stands: (?!.*join)/],
    ['the new version is not installed', 'upgrade-failed', /enable-version, stop replacement, (?!.*start-beside)/],
    ['the snapshot stops lower', 'upgrade-failed', /give up the replacement \(it stands: (?!.*join)/],
    ['the snapshot is forked', 'upgrade-failed', /give up the replacement \(its block at (?!.*join)/],
    ['there is no good snapshot', 'upgrade-failed', /skip replace (?!.*launch)/],
    [
      'the new instance is not masked',
      'upgrade-failed',
      /give up the replacement \(the client of the new instance is not/,
    ],
  ])('%s: %s', (name, ends, words) => {
    const story = told(BESIDE_SETTINGS[`beside it: ${name}`]);
    expect([...story.world.broken]).toEqual([]);
    expect(code(story)).toBe(ends);
    expect(story.words).toMatch(words);
    if (ends !== 'healed') expect(asFound(story.world)).toBeNull();
  });
});

describe('the ladder, with one fault at each act', () => {
  it.each([
    ['swap', 5],
    ['validator', 1],
    ['upgrade', 1],
    ['beside', 3],
    ['shrink', 1],
  ] as const)('world %s: whatever must never be is not', (world, everyNth) => {
    const { broken, stories } = exploreWorldOfLadder(world, 1, { everyNth });
    expect(Object.fromEntries(broken)).toEqual({});
    expect(stories).toBeGreaterThan(300);
  });
});

describe('the ladder, with people who stop a client twice', () => {
  it.each(['other data help', 'the newest cannot be mounted'])('what helps is not taken away again: %s', (node) => {
    const only = ['a person stops the client', 'a person stops the instance'] as const;
    const { broken, stories } = exploreLadder(settingOf(node), { faults: 2, only });
    expect(Object.fromEntries(broken)).toEqual({});
    expect(stories).toBeGreaterThan(250);
  });
});

describe('the ladder, with something else away or dead at the same time', () => {
  it.each([
    ['a client that hangs', SWAP_SETTINGS, ['a person stops the client', 'EC2 is away']],
    ['the new version ends', UPGRADE_SETTINGS, ['dies behind it', 'EC2 is away']],
  ] as const)('%s: nothing that helps is taken away, and it comes to an end', (node, settings, only) => {
    const { broken, stories } = exploreLadder({ [node]: settings[node] as LadderSetting }, { faults: 2, only });
    expect(Object.fromEntries(broken)).toEqual({});
    expect(stories).toBeGreaterThan(100);
  });
});

describe('without a rule of the ladder', () => {
  it.each(Object.entries(LADDER_RULES))('%s: something breaks', (_, rule) => {
    expect(withoutRule(rule)).not.toBeNull();
  });
});
