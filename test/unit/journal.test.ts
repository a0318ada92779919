import { describe, expect, it } from '@jest/globals';
import { createJournal, type JournalOwner } from '../../shared/heal/journal.ts';
import type { Key, Store } from '../../shared/heal/store.ts';
import { payload } from '../support/heal-facts.ts';

/** Keys that a heal's journal writes to, for the same entry. */
async function keyOf(owner: Partial<JournalOwner>): Promise<Key> {
  let written: Key | undefined;
  const store: Pick<Store, 'writeOnce'> = {
    writeOnce: async (key) => {
      written = key;
    },
  };
  const journal = createJournal(store, {
    by: 'resize-volume',
    ...payload(),
    heal: 'resize-volume',
    writer: 'me',
    ...owner,
  });
  await journal('05-intent', { atMs: payload().onsetMs, kind: 'intent', sentence: 'grow' });
  if (!written) throw new Error('nothing was written');
  return written;
}

describe('the journal', () => {
  it('keeps apart two troubles of one node that began at the same moment', async () => {
    // Each has its own counter of attempts, so both are at their first.
    const data = await keyOf({ incidentId: '7f3a0c1d' });
    const ancient = await keyOf({ incidentId: '90be21aa' });
    expect(ancient).not.toEqual(data);
  });

  it('writes a replayed step over nothing: the same entry has the same key', async () => {
    expect(await keyOf({})).toEqual(await keyOf({}));
  });

  it('orders the stories of a fleet by their onset, and the entries of a story by attempt and place', async () => {
    const keys = [
      await keyOf({ attempt: 2 }),
      await keyOf({ attempt: 10 }),
      await keyOf({ onsetMs: payload().onsetMs + 1, attempt: 1 }),
    ].map(({ sk }) => sk);
    expect([...keys].sort()).toEqual(keys);
  });
});
