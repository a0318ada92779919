import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  judgePauses,
  judgePauseTag,
  judgeSwitches,
  PAUSE_TAG,
  type Switches,
} from '../../../shared/guardrails/switches.ts';
import { DEPLOYED, deployedOf } from '../../fixtures/builders/fleet.ts';
import { bitcoin } from '../../fixtures/fleet-documents.ts';

const PREFIX = '/chainmend';
const PAUSE = '/chainmend/pause';
const FLEET_PAUSE = '/chainmend/pauses/bitcoin';
const FLEET = '/chainmend/fleets/bitcoin';

const parameters = (more: Record<string, string | undefined> = {}): Map<string, string> => {
  const all: Record<string, string | undefined> = {
    [PAUSE]: 'off',
    [FLEET]: JSON.stringify(bitcoin),
    [DEPLOYED]: deployedOf(bitcoin),
    ...more,
  };
  return new Map(Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
};
const judge = (more: Record<string, string | undefined> = {}) => judgeSwitches(PREFIX, 'bitcoin', parameters(more));
const pauses = (more: Record<string, string | undefined> = {}) => judgePauses(PREFIX, 'bitcoin', parameters(more));

describe('the pauses', () => {
  it('are off where the global one says so and the fleet has none', () => {
    expect(pauses()).toBeNull();
    expect(pauses({ [FLEET_PAUSE]: 'off' })).toBeNull();
  });

  it('say where and why, in the words of the person who set them', () => {
    expect(pauses({ [PAUSE]: 'audit until Monday' })).toEqual({
      refuse: 'paused',
      reason: 'everything is paused: audit until Monday',
      page: false,
      retryAfterMs: 60_000,
    });
    expect(pauses({ [FLEET_PAUSE]: 'upgrade' })).toMatchObject({
      refuse: 'paused',
      reason: 'fleet bitcoin is paused: upgrade',
    });
    expect(pauses({ [PAUSE]: 'audit', [FLEET_PAUSE]: 'off' })).toMatchObject({ reason: 'everything is paused: audit' });
  });

  it('count as set where the global one is not there, and a person is told', () => {
    expect(pauses({ [PAUSE]: undefined })).toEqual({
      refuse: 'pause-unreadable',
      reason: '/chainmend/pause cannot be read',
      page: true,
      retryAfterMs: 60_000,
    });
  });

  it('are off by the very word only', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('OFF', 'off ', 'Off', 'false', '0', '')), (value) => {
        expect(pauses({ [PAUSE]: value }) === null).toBe(value === 'off');
        expect(pauses({ [FLEET_PAUSE]: value }) === null).toBe(value === 'off');
        expect(judgePauseTag({ [PAUSE_TAG]: value }) === null).toBe(value === 'off');
      }),
    );
  });

  it('of another fleet are none of this one’s', () => {
    expect(pauses({ '/chainmend/pauses/litecoin': 'upgrade' })).toBeNull();
  });
});

describe('the pause of a node', () => {
  it('is its tag, whose value is the reason', () => {
    expect(judgePauseTag({ Name: 'node2' })).toBeNull();
    expect(judgePauseTag({ [PAUSE_TAG]: 'off' })).toBeNull();
    expect(judgePauseTag({ [PAUSE_TAG]: 'Ada debugs' })).toMatchObject({
      refuse: 'paused',
      reason: 'the node is paused by its tag chainmend:pause: Ada debugs',
    });
    expect(judgePauseTag({ [PAUSE_TAG]: '' })).toMatchObject({
      reason: expect.stringMatching(/: \(no reason given\)$/),
    });
  });
});

describe('the switches', () => {
  const read = (judged: ReturnType<typeof judge>): Switches => {
    if ('refuse' in judged) throw new Error(judged.reason);
    return judged;
  };

  it('are the fleet file, its hash, and whether anything is paused', () => {
    const switches = read(judge());
    expect(switches).toMatchObject({ fleet: { name: 'bitcoin', mode: 'plan' }, refusal: null });
    expect(switches.fleetHash).toMatch(/^[0-9a-f]{16}$/);
    expect(read(judge({ [PAUSE]: 'audit' }))).toMatchObject({
      fleet: { name: 'bitcoin' },
      refusal: { refuse: 'paused' },
    });
  });

  it('name the very file that was read', () => {
    const other = JSON.stringify({ ...bitcoin, mode: 'act' });
    expect(read(judge({ [FLEET]: other })).fleetHash).not.toBe(read(judge()).fleetHash);
  });

  it.each([
    ['is not there', undefined, 'there is no fleet file in /chainmend/fleets/bitcoin'],
    ['is not JSON', '{', 'fleet file'],
    ['has a word that is not known', JSON.stringify({ ...bitcoin, mod: 'act' }), 'mod'],
    [
      'asks for nodes that the deployment does not know',
      JSON.stringify({ ...bitcoin, nodes: { tag: { Component: 'nodes/litecoin' } } }),
      'nodes.tag is {"Component":"nodes/litecoin"}; expected {"Component":"nodes/bitcoin"} at least: npm run deploy',
    ],
    ['is another fleet’s', JSON.stringify({ ...bitcoin, fleet: 'litecoin' }), '/chainmend/fleets/bitcoin'],
  ])('refuse, and a person is told, where the fleet file %s', (_, file, words) => {
    expect(judge({ [FLEET]: file })).toEqual({
      refuse: 'fleet-file-invalid',
      reason: expect.stringContaining(words),
      page: true,
      retryAfterMs: 60_000,
    });
  });
});
