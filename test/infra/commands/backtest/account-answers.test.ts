// Which of the answers that Systems Manager keeps are read: those whose first one is there.
import type { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from '@jest/globals';
import { readAnswers } from '../../../../infra/commands/backtest/account-answers.ts';
import { commandDocuments } from '../../../../shared/node-commands/index.ts';
import { INSTANCE } from '../../../fixtures/builders/node.ts';
import { nodeState } from '../../../fixtures/builders/observation.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, NOON_MS } from '../../../fixtures/builders/time.ts';

const DocumentName = commandDocuments().inspectNode.name;
const output = JSON.stringify({
  ...{ operationId: '1.1', fence: 1, result: 'done', before: null, after: nodeState() },
});

/** Keeps answers of these moments, and gives them newest first, as Systems Manager does. */
const keeping = (...timesMs: readonly number[]): SSMClient => {
  const send = async ({
    input,
  }: {
    readonly input: { readonly CommandId?: string; readonly Filters?: { key: string; value: string }[] };
  }) => {
    if (input.CommandId !== undefined) return { StandardOutputContent: output };
    const of = (key: string): string => input.Filters?.find((filter) => filter.key === key)?.value ?? '';
    const kept = timesMs.filter(
      (atMs) => of('DocumentName') === DocumentName && atMs >= Date.parse(of('InvokedAfter')),
    );
    return {
      CommandInvocations: kept
        .toSorted((a, b) => b - a)
        .map((atMs) => ({
          CommandId: `c-${atMs}`,
          InstanceId: INSTANCE,
          DocumentName,
          RequestedDateTime: new Date(atMs),
        })),
    };
  };
  return { send } as unknown as SSMClient;
};

const window = (fromMs: number) => ({ instanceId: INSTANCE, fromMs, toMs: fromMs + HOUR_MS });
const read = async (ssm: SSMClient, ...fromMs: readonly number[]) =>
  ((await readAnswers(ssm, fromMs.map(window), NOON_MS, [])).get(INSTANCE) ?? []).map(({ atMs }) => atMs);

describe('the answers around an incident', () => {
  const thenMs = NOON_MS - DAY_MS;
  const [first, second] = [thenMs + MINUTE_MS, thenMs + 9 * MINUTE_MS];

  it('are read oldest first, and no others', async () => {
    expect(await read(keeping(first, second, thenMs - MINUTE_MS, thenMs + 2 * HOUR_MS), thenMs)).toEqual([
      first,
      second,
    ]);
  });

  it('are left out where the first of them may be forgotten already', async () => {
    const old = NOON_MS - 30 * DAY_MS;
    expect(await read(keeping(old + MINUTE_MS, first), old - MINUTE_MS, thenMs)).toEqual([first]);
    expect(await read(keeping(old + MINUTE_MS, first), old, thenMs)).toEqual([old + MINUTE_MS, first]);
  });
});
