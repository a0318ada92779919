// A ModifyVolume that certainly had no effect is neither counted nor paid; one of which nobody knows is both.
import { EC2ServiceException } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import type { GrowPlan } from '../../functions/resize-volume/decide.ts';
import { judgeRefusal, modifyVolume } from '../../functions/resize-volume/modify.ts';
import type { ResizeActContext } from '../../functions/resize-volume/state.ts';
import { growthKey, monthOf } from '../../shared/guardrails/grow.ts';
import type { BudgetRecord } from '../../shared/guardrails/records.ts';
import { DATA_VOLUME, INSTANCE, ME, nodeRecord } from '../support/heal-facts.ts';
import { patientContext, shell } from '../support/heal-shell.ts';

const AT_MS = Date.parse('2026-01-01T12:00:00Z');
const plan: GrowPlan = {
  do: 'modify',
  volumeId: DATA_VOLUME,
  fromGiB: 500,
  toGiB: 900,
  iops: null,
  throughputMiBps: null,
  addedUsd: 32,
  usedGiB: 455,
  gibPerHour: 14,
  ceilingGiB: 2000,
  reason: 'data volume 91 % of 500 GiB',
};
const answered = (name: string, httpStatusCode: number): Error =>
  new EC2ServiceException({ name, message: 'so it is', $fault: 'client', $metadata: { httpStatusCode } });

/** An intent that is written and paid, and the call that follows. */
async function modifying(call: () => unknown, pause = 'off') {
  const intent = { volumeId: DATA_VOLUME, toGiB: 900, atMs: AT_MS };
  const here = shell({}, nodeRecord({ owner: ME, fence: 4, modifications: [intent] }));
  let budget: BudgetRecord = {
    month: monthOf(AT_MS),
    addedUsd: { [growthKey(DATA_VOLUME, 500)]: 32, other: 8 },
    version: 1,
  };
  const { replace } = here.tools.store;
  const store = {
    ...here.tools.store,
    readBudget: async () => budget,
    replace: async (key: { pk: string; sk: string }, next: BudgetRecord) => {
      if (!key.sk.startsWith('BUDGET#')) return replace(key, next);
      budget = next;
      return true;
    },
  };
  here.parameters.set('/chainmend/pause', pause);
  here.answers['ModifyVolumeCommand'] = call;
  const tools = { ...here.tools, store, clients: { ...here.tools.clients, ec2Once: here.tools.clients.ec2 } };
  const { ctx, waited, step } = patientContext();
  const held = { holder: { execution: ME, fence: 4 }, ordinal: 1, approved: null, found: null };
  const context = { ...tools, durable: ctx, step, place: '07' };
  const result = await modifyVolume(context as unknown as ResizeActContext, { plan, held, atMs: AT_MS });
  return { result, here, waited, counted: here.nodes.get(INSTANCE)?.modifications.length, paid: budget.addedUsd };
}

describe('a modification', () => {
  it('that AWS refuses is told at once, and is as free the next time', async () => {
    const { result, counted, paid, here } = await modifying(() => {
      throw answered('VolumeLimitExceeded', 400);
    });
    expect(result).toMatchObject({ refuse: 'quota-reached', page: true, lookAgainMs: 60 * 60_000 });
    expect({ counted, paid }).toEqual({ counted: 0, paid: { other: 8 } });
    expect(here.journal.map(({ kind, sentence }) => `${kind}: ${sentence}`)).toEqual([
      expect.stringMatching(/^result: not modified, and so not counted: vol-.*VolumeLimitExceeded: so it is/),
    ]);
  });

  it('that a guard refuses in the last moment does not count either', async () => {
    const { result, counted, paid, here } = await modifying(() => ({}), 'audit');
    expect(result).toMatchObject({ refuse: 'paused' });
    expect({ counted, paid }).toEqual({ counted: 0, paid: { other: 8 } });
    expect(here.calls).not.toContain('ModifyVolumeCommand');
  });

  it('that was throttled to the end does not count: it was never taken', async () => {
    const { result, counted, paid, waited } = await modifying(() => {
      throw answered('RequestLimitExceeded', 503);
    });
    expect(result).toMatchObject({ refuse: 'aws-refused', page: false });
    expect({ counted, paid }).toEqual({ counted: 0, paid: { other: 8 } });
    expect(waited.length).toBeGreaterThan(3);
  });

  it.each([
    ['a server’s fault', () => answered('InternalError', 500)],
    ['a time-out', () => Object.assign(new Error('socket hang up'), { name: 'TimeoutError' })],
    ['credentials that ran out on the way', () => answered('RequestExpired', 400)],
  ])('of which nobody knows what it did counts, and is paid: %s', async (_, error) => {
    const { result, counted, paid } = await modifying(() => {
      throw error();
    });
    expect(result).toHaveProperty('interrupted');
    expect({ counted, paid }).toEqual({ counted: 1, paid: { [growthKey(DATA_VOLUME, 500)]: 32, other: 8 } });
  });
});

describe('what a person is told of a refusal', () => {
  it.each([
    ['VolumeLimitExceeded', 'quota-reached', 60, /have the quota “Storage … volumes, in TiB”/],
    ['VolumeModificationSizeLimitExceeded', 'quota-reached', 30, /wait until other modifications are completed/],
    ['VolumeModificationRateExceeded', 'budget-spent', 60, /others have modified it as well/],
    ['IncorrectModificationState', 'modification-in-progress', 30, /wait until it is completed/],
    ['UnauthorizedOperation', 'aws-refused', 60, /give the volume the tags of its fleet/],
    ['InvalidParameterValue', 'aws-refused', 60, /look at the volume in EC2/],
  ])('%s: %s', (name, refuse, minutes, remedy) => {
    const told = judgeRefusal(plan, { refused: `${name}: so it is`, code: name });
    expect(told).toMatchObject({ refuse, page: true, lookAgainMs: minutes * 60_000 });
    expect(told.reason).toMatch(remedy);
    expect(told.reason).toContain(`stays at 500 GiB, 455 of them used: AWS refuses 900 GiB (${name}: so it is)`);
    expect(told.reason).toContain(`tried again in ${minutes} min`);
  });
});
