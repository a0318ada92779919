// When a release is upgraded to without a person.
import { describe, expect, it } from '@jest/globals';
import { patchToBegin } from '../../../functions/dispatch-heal/patches.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const RELEASES = { feed: 'https://github.com/bitcoin/bitcoin/releases.atom', auto: 'patch' } as const;
const CLIENT = { versions: ['28.0', '28.1'] };
const lets = (more: object = {}): Fleet =>
  bitcoinFleet({ mode: 'act', unit: 'node@*', releases: RELEASES, client: CLIENT, ...more });

const SEEN = { patch: { to: '28.1', atMs: NOON_MS - HOUR_MS } };

describe('a patch that watch-releases has seen', () => {
  it('is begun where the file lets it and its mode is act', () => {
    expect(patchToBegin(lets(), SEEN, undefined, NOON_MS)).toBe('28.1');
  });

  it.each([
    ['in mode ask', lets({ mode: 'ask' })],
    ['in mode plan', lets({ mode: 'plan' })],
    ['where the file does not let it', lets({ releases: { feed: RELEASES.feed } })],
    ['where the file names it no more', lets({ client: { versions: ['28.0', '28.2'] } })],
    ['where the file names no version', lets({ releases: { feed: RELEASES.feed }, client: undefined })],
  ])('is not begun %s', (_, fleet) => {
    expect(patchToBegin(fleet, SEEN, undefined, NOON_MS)).toBeNull();
  });

  it('is not begun where nobody has seen one, or none for two days', () => {
    expect(patchToBegin(lets(), undefined, undefined, NOON_MS)).toBeNull();
    expect(patchToBegin(lets(), {}, undefined, NOON_MS)).toBeNull();
    expect(patchToBegin(lets(), { patch: null }, undefined, NOON_MS)).toBeNull();
    const seenAtMs = (hours: number) => ({ patch: { to: '28.1', atMs: NOON_MS - hours * HOUR_MS } });
    expect(patchToBegin(lets(), seenAtMs(48), undefined, NOON_MS)).toBe('28.1');
    expect(patchToBegin(lets(), seenAtMs(49), undefined, NOON_MS)).toBeNull();
  });

  it('is tried once, however that ended, and waits for another upgrade', () => {
    expect(patchToBegin(lets(), SEEN, { to: '28.1', state: 'ended' }, NOON_MS)).toBeNull();
    expect(patchToBegin(lets(), SEEN, { to: '28.0', state: 'under-way' }, NOON_MS)).toBeNull();
    expect(patchToBegin(lets(), SEEN, { to: '28.0', state: 'ended' }, NOON_MS)).toBe('28.1');
  });

  it('is not begun again where a person has asked for another version since, which takes it back', () => {
    expect(patchToBegin(lets(), SEEN, { to: '28.0', state: 'done', tried: ['28.1'] }, NOON_MS)).toBeNull();
    expect(patchToBegin(lets(), SEEN, { to: '28.0', state: 'done', tried: ['27.2'] }, NOON_MS)).toBe('28.1');
  });
});
