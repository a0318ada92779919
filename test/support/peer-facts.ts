// The members of a fleet as rotate-peers chooses among them: followers in three zones, synced and up for days.
import type { ChooseFacts, PeerCandidate } from '../../functions/rotate-peers/peer-selection.ts';
import { DAY_MS, NOON_MS } from './builders/time.ts';

export const idOf = (index: number): string => String(index).repeat(40);
export const entryOf = (index: number): string => `${idOf(index)}@10.0.0.${index}:26656`;

/** "node3", whose address ends in 3. */
export const member = (index: number, more: Partial<PeerCandidate> = {}): PeerCandidate => ({
  instanceId: `i-${index}`,
  name: `node${index}`,
  role: 'follower',
  availabilityZone: ['a', 'b', 'c'][index % 3] ?? 'a',
  health: 'synced',
  upSinceMs: NOON_MS - 4 * DAY_MS,
  entry: entryOf(index),
  ...more,
});

/** A fleet of these members, all of whom answer. */
export const chooseFacts = (members: readonly PeerCandidate[], more: Partial<ChooseFacts> = {}): ChooseFacts => ({
  nowMs: NOON_MS,
  members,
  absent: [],
  hasSentries: members.some(({ role }) => role === 'sentry'),
  seeds: [],
  maximum: 10,
  ...more,
});
