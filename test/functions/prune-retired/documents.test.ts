import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from '@jest/globals';
import {
  type DocumentFact,
  obsoleteDocuments,
  pruneDocuments,
  REPLACED_FOR_MS,
} from '../../../functions/prune-retired/documents.ts';
import { DAY_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const SENT = 'chainmend-observe-node-11111111';
const OLD = 'chainmend-observe-node-22222222';
const of = (name: string, daysAgo: number): DocumentFact => ({ name, createdAtMs: NOON_MS - daysAgo * DAY_MS });
const goes = (documents: readonly DocumentFact[], current = [SENT]): readonly string[] =>
  obsoleteDocuments('chainmend', documents, new Set(current), NOON_MS);

describe('a command document of an earlier deployment', () => {
  it('goes sixty days after its operation got another one', () => {
    expect(REPLACED_FOR_MS).toBe(60 * DAY_MS);
    expect(goes([of(SENT, 60), of(OLD, 300)])).toEqual([OLD]);
    expect(goes([of(SENT, 59), of(OLD, 300)])).toEqual([]);
  });

  it('stays sixty days where a deployment went back to the one before', () => {
    expect(goes([of(SENT, 300), of(OLD, 59)])).toEqual([]);
    expect(goes([of(SENT, 300), of(OLD, 60)])).toEqual([OLD]);
  });

  it('stays where a document of this deployment is missing: the list, or the deployment, is not complete', () => {
    expect(goes([of(SENT, 90), of(OLD, 300)], [SENT, 'chainmend-stop-client-11111111'])).toEqual([]);
    expect(goes([of(OLD, 300)])).toEqual([]);
    expect(goes([of(OLD, 300)], [])).toEqual([]);
  });

  it.each([
    'chainmend-stop-client-22222222',
    'chainmend-observe-node',
    'chainmend-observe-node-2222222',
    'chainmend-observe-node-by-hand',
    'chainmend--22222222',
    'my-chainmend-observe-node-22222222',
  ])('is none that people have made, or whose operation is gone: %s stays', (name) => {
    expect(goes([of(SENT, 90), of(name, 300)])).toEqual([]);
  });

  it('goes with at most twenty in a run, the oldest first', () => {
    const many = Array.from({ length: 30 }, (_, at) =>
      of(`chainmend-observe-node-${String(at).padStart(8, '0')}`, 100 + at),
    );
    const gone = goes([of(SENT, 90), ...many]);
    expect(gone).toEqual(
      many
        .toReversed()
        .slice(0, 20)
        .map(({ name }) => name),
    );
  });
});

it('where AWS throttles, no other document is tried: the round comes back to them', async () => {
  const names = [SENT, OLD, 'chainmend-observe-node-33333333'];
  const DocumentIdentifiers = names.map((Name) => ({ Name, CreatedDate: new Date(NOON_MS - 300 * DAY_MS) }));
  const calls: string[] = [];
  const send = async (command: object) => {
    calls.push(command.constructor.name);
    if (calls.length === 1) return { DocumentIdentifiers };
    throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
  };
  const context = {
    ssm: Object.assign(new SSMClient({ region: 'eu-west-1' }), { send }),
    store: { readNodes: async () => [] },
    ...{ parameterPrefix: '/chainmend', values: new Map([['/chainmend/pause', 'off']]), current: [SENT] },
  };
  await expect(pruneDocuments(context, NOON_MS)).rejects.toThrow(/^Rate exceeded$/);
  expect(calls).toEqual(['ListDocumentsCommand', 'DeleteDocumentCommand']);
});
