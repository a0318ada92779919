import { describe, expect, it } from '@jest/globals';
import { createJournal, type JournalEntry, type JournalOwner } from '../../../shared/heal/journal.ts';
import type { Key, Store } from '../../../shared/heal/store.ts';
import { payload } from '../../fixtures/builders/incident.ts';

/** The keys of a heal's journal, for the same entry. */
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

/** The stored form of an entry. */
async function storedOf(entry: Partial<JournalEntry>): Promise<Readonly<Record<string, unknown>>> {
  let stored: object = {};
  const writeOnce: Store['writeOnce'] = async (_, record) => {
    stored = record;
  };
  const owner = { by: 'resize-volume', ...payload(), heal: 'resize-volume', writer: 'me' } as const;
  await createJournal({ writeOnce }, owner)('05-plan', { atMs: 0, kind: 'plan', sentence: 'grow', ...entry });
  return { ...stored };
}

describe('the journal', () => {
  it('stores the fields of an entry as JSON that reads back', async () => {
    const fields = { would: 'grow 500 → 900 GiB', because: 'it \u001b[31m fills' };
    const { fields: json } = await storedOf({ fields });
    expect(JSON.parse(String(json))).toEqual(fields);
    expect(json).not.toContain('\u001b');
  });

  it('stores fields whole or not at all', async () => {
    const alarms = Array.from({ length: 1_000 }, (_, at) => ({ alarmName: `alarm-${at}`, change: 'made' }) as const);
    expect(await storedOf({ fields: { alarms } })).toMatchObject({ fields: undefined });
    expect(await storedOf({})).toMatchObject({ fields: undefined });
  });

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
