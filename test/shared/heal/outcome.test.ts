import { SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from '@jest/globals';
import type { HealContext } from '../../../shared/heal/context.ts';
import { MAX_FAILURES } from '../../../shared/heal/incident.ts';
import type { Ending } from '../../../shared/heal/outcome.ts';
import { writeOutcome } from '../../../shared/heal/outcome.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import type { GuardrailCode } from '../../../shared/model/guardrail-codes.ts';
import { claimedIncident, ME, OTHER, payload } from '../../fixtures/builders/incident.ts';
import { HOUR_MS } from '../../fixtures/builders/time.ts';

const failed: Ending = {
  outcome: 'failed',
  code: 'not-proved',
  reason: 'the client is failed',
  page: true,
  retryAfterMs: HOUR_MS,
};

/** A heal that has claimed `incident`, the codes that it pages, and the final state of the incident. */
function heal(incident: IncidentRecord) {
  const paged: string[] = [];
  const sentences: string[] = [];
  const sns = new SNSClient({ region: 'eu-west-1' });
  sns.send = (async ({ input }: { readonly input: { readonly Message: string } }) => {
    const { lambda } = JSON.parse(input.Message) as { lambda: string };
    const { code, sentence } = JSON.parse(lambda) as { code: string; sentence: string };
    paged.push(code);
    sentences.push(sentence);
    return {};
  }) as typeof sns.send;
  let stored = incident;
  const store = {
    readIncident: async () => stored,
    replace: async (_: unknown, next: IncidentRecord) => {
      stored = next;
      return true;
    },
  };
  const tools = {
    clients: { sns },
    store,
    journal: async () => {},
    payload: payload(),
    execution: ME,
    environment: { TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages' },
  } as unknown as HealContext;
  return { tools, paged, sentences, stored: () => stored };
}

describe('the end of an attempt that failed', () => {
  it('pages its own code while there are attempts left', async () => {
    const { tools, paged, stored } = heal(claimedIncident({ failures: 0 }));
    await writeOutcome(tools, failed, '12', true);
    expect(paged).toEqual(['not-proved']);
    expect(stored()).toMatchObject({ state: 'open', failures: 1 });
  });

  it('says that nothing more is tried when it was the last', async () => {
    const { tools, paged, stored } = heal(claimedIncident({ failures: MAX_FAILURES - 1 }));
    await writeOutcome(tools, failed, '12', true);
    expect(paged).toEqual(['attempts-spent']);
    expect(stored()).toMatchObject({ state: 'escalated' });
  });

  it('is not told again, and not as the last, when its step is replayed after it was written', async () => {
    const { tools, paged, stored } = heal(claimedIncident({ failures: MAX_FAILURES - 2 }));
    await writeOutcome(tools, failed, '12', true);
    expect(await writeOutcome(tools, failed, '12', true)).toEqual({ written: false });
    expect(paged).toEqual(['not-proved']);
    expect(stored()).toMatchObject({ state: 'open', failures: MAX_FAILURES - 1 });
  });
});

describe('the end of an attempt that was refused', () => {
  const MINUTE_MS = 60_000;
  const pauseAfter = async (refusals: number, code: GuardrailCode, retryAfterMs: number): Promise<number> => {
    const { tools, stored } = heal(claimedIncident({ refusals }));
    const before = Date.now();
    await writeOutcome(tools, { outcome: 'refused', code, reason: 'not now', page: false, retryAfterMs }, '12', true);
    return Math.round((stored().notBeforeMs - before) / MINUTE_MS);
  };

  it('is looked at again later each time, an hour later at most', async () => {
    const pauses = await Promise.all([0, 1, 2, 3, 4, 50].map((n) => pauseAfter(n, 'breaker-open', 5 * MINUTE_MS)));
    expect(pauses).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it('pages nobody itself: what people have to know is left to the sweep, once for each code of an incident', async () => {
    const refusal: Ending = { outcome: 'refused', code: 'size-ceiling', reason: 'full', page: true, retryAfterMs: 1 };
    const { tools, paged, stored } = heal(claimedIncident());
    await writeOutcome(tools, refusal, '12', true);
    expect(paged).toEqual([]);
    expect(stored()).toMatchObject({
      ...{ state: 'open', pagedCodes: ['size-ceiling'] },
      pendingPages: [{ code: 'size-ceiling', sentence: 'full', atMs: expect.any(Number) }],
    });
    const known = heal(claimedIncident({ pagedCodes: ['size-ceiling'] }));
    await writeOutcome(known.tools, refusal, '12', true);
    expect(known.stored()).not.toHaveProperty('pendingPages');
  });

  it('waits as long as its reason says where that is longer', async () => {
    expect(await pauseAfter(3, 'breaker-open', 6 * 60 * MINUTE_MS)).toBe(360);
  });

  it('waits at the door where it is only a turn, and is not counted', async () => {
    const { tools, stored } = heal(claimedIncident({ refusals: 3 }));
    const turn: Ending = { outcome: 'refused', code: 'replace-in-flight', reason: 'x', page: false, retryAfterMs: 1 };
    await writeOutcome(tools, turn, '12', true);
    expect(stored()).toMatchObject({ refusals: 3, waitsFor: 'replace-in-flight' });
    expect(await pauseAfter(3, 'replace-in-flight', 2 * MINUTE_MS)).toBe(2);
  });
});

describe('the end of a ladder', () => {
  const spent = (asFound: boolean): Ending => ({
    outcome: 'escalated',
    code: 'not-proved',
    reason: 'swap: it forks',
    asFound,
  });

  it('escalates at once, whatever attempts are left', async () => {
    const { tools, paged, stored } = heal(claimedIncident({ failures: 0 }));
    expect(await writeOutcome(tools, spent(true), '12', true)).toEqual({ written: true });
    expect(paged).toEqual(['not-proved']);
    expect(stored()).toMatchObject({ state: 'escalated', failures: 0, pagedCodes: ['not-proved'] });
  });

  it('pages even where its code has paged before in this incident', async () => {
    const { tools, paged } = heal(claimedIncident({ pagedCodes: ['not-proved'] }));
    await writeOutcome(tools, spent(true), '12', true);
    expect(paged).toEqual(['not-proved']);
  });

  it.each([
    [true, 'swap: it forks. Nothing more is tried; the node is as it was found'],
    [false, 'swap: it forks. Nothing more is tried; the node is not as it was found, the journal says how'],
  ])('says whether the node is as it was found: %s', async (asFound, sentence) => {
    const { tools, sentences } = heal(claimedIncident());
    await writeOutcome(tools, spent(asFound), '12', true);
    expect(sentences).toEqual([sentence]);
  });

  it('is not told by an execution whose attempt is over', async () => {
    const { tools, paged } = heal(claimedIncident({}, OTHER));
    expect(await writeOutcome(tools, spent(true), '12', true)).toEqual({ written: false });
    expect(paged).toEqual([]);
  });
});
