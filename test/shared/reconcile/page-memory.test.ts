// The pages of who looks at a fleet again and again: owed before they are sent, true when they are sent, over with their cause.
import { expect, it } from '@jest/globals';
import type { PageMemory } from '../../../shared/guardrails/names.ts';
import { afterLook, type Held, lastToldMs, sendOwed } from '../../../shared/reconcile/page-memory.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const about = { code: 'readiness-lost', subject: 'bitcoin' } as const;
const lost = (sentence: string | null, isDue: boolean): Held => ({ ...about, sentence, isDue });

/** Looks of one fleet, one after the other, while SNS takes pages or does not. */
function looks() {
  let memory: PageMemory = {};
  const told: string[] = [];
  const written: string[] = [];
  let takes = true;
  const sns = {
    send: async ({ input }: { readonly input: { readonly Message: string } }) => {
      if (!takes) throw new Error('SNS is away');
      told.push(
        (JSON.parse((JSON.parse(input.Message) as { lambda: string }).lambda) as { sentence: string }).sentence,
      );
    },
  };
  const look = async (hours: number, held: readonly Held[]) => {
    memory = afterLook(memory, held, NOON_MS + hours * HOUR_MS);
    const sender = {
      ...{ clients: { sns: sns as never }, environment: { TOPIC_ARN: 'arn:aws:sns:eu-west-1:1:chainmend' } },
      write: async ({ sentence }: { readonly sentence: string }) => void written.push(sentence),
      remember: async (change: (memory: PageMemory) => PageMemory) => {
        memory = change(memory);
      },
    };
    await sendOwed(sender, 'bitcoin', memory, held);
  };
  const withoutSns = async (hours: number, held: readonly Held[]) => {
    takes = false;
    await expect(look(hours, held)).rejects.toThrow('SNS is away');
    takes = true;
  };
  return {
    look,
    withoutSns,
    told,
    written,
    states: () => (memory.pages ?? []).map(({ state }) => state),
    memory: () => memory,
  };
}

it('a page is sent once, lasts while its cause does, and ends with it', async () => {
  const { look, told, written, states, memory } = looks();
  await look(0, [lost('swap of node2', true)]);
  await look(24, [lost('swap of node2', false)]);
  expect([told, written, states()]).toEqual([['swap of node2'], ['swap of node2'], ['lasts']]);
  expect(lastToldMs(memory(), about)).not.toBeNull();
  await look(48, []);
  expect([told.length, states(), lastToldMs(memory(), about)]).toEqual([1, ['ended'], null]);
});

it('one that SNS did not take comes with the next look, and says what that look has found', async () => {
  const { look, withoutSns, told } = looks();
  await withoutSns(0, [lost('swap of node2', true)]);
  await look(24, [lost('swap of node2 and node3', false)]);
  await look(48, [lost('swap of node2 and node3', false)]);
  expect(told).toEqual(['swap of node2 and node3']);
});

it('one whose cause is over before it could be sent is not sent', async () => {
  const { look, withoutSns, told, memory } = looks();
  await withoutSns(0, [lost('swap of node2', true)]);
  await look(24, []);
  expect([told, memory().owed]).toEqual([[], []]);
});

it('what nobody can say at a look is neither sent nor over', async () => {
  const { look, withoutSns, told, states } = looks();
  await withoutSns(0, [lost('swap of node2', true)]);
  await look(24, [lost(null, false)]);
  expect(told).toEqual([]);
  await look(48, [lost('swap of node2', false)]);
  await look(72, [lost(null, false)]);
  expect([told, states()]).toEqual([['swap of node2'], ['lasts']]);
});

it('a record of an earlier version, which owes null, is looked at as one that owes nothing', () => {
  const stored = JSON.parse('{ "owed": null }') as PageMemory;
  expect(afterLook(stored, [lost('swap of node2', false)], NOON_MS)).toEqual({ owed: [] });
  expect(afterLook(stored, [lost('swap of node2', true)], NOON_MS)).toEqual({ owed: [about] });
});
