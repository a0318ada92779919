// A ModifyVolume that certainly had no effect neither counts nor costs; one of unknown effect does both. Only the lease's holder calls it. Its result
// is believed only when nothing can change it any more.
import { EC2ServiceException } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import {
  awaitModification,
  judgeRefusal,
  modifyVolume,
  reconcileModification,
} from '../../../functions/resize-volume/modify.ts';
import type { ResizeActContext } from '../../../functions/resize-volume/state.ts';
import type { GrowPlan } from '../../../shared/growth/decide.ts';
import { growthKey, monthOf } from '../../../shared/guardrails/grow.ts';
import type { BudgetRecord } from '../../../shared/guardrails/records.ts';
import type { NodeRecord } from '../../../shared/heal/records.ts';
import { CONSISTENCY_WINDOW_MS, REQUEST_LIFETIME_MS } from '../../../shared/model/execution.ts';
import { bitcoinFile } from '../../fixtures/builders/fleet.ts';
import { ME, OTHER } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME, INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { patientContext, type Shell, shell } from '../../fixtures/heal-shell.ts';

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
  ownerWords: {},
};
const answered = (name: string, httpStatusCode: number): Error =>
  new EC2ServiceException({ name, message: 'so it is', $fault: 'client', $metadata: { httpStatusCode } });

const held = { holder: { execution: ME, fence: 4 }, ordinal: 1, approved: null, found: null };

/** A written and counted intent, and the call that follows. @param meanwhile what has changed since the intent */
async function modifying(
  call: () => unknown,
  meanwhile: (parameters: Shell['parameters']) => void = () => {},
  holder: Partial<NodeRecord> = { owner: ME, fence: 4 },
) {
  const intent = { volumeId: DATA_VOLUME, toGiB: 900, atMs: AT_MS };
  const here = shell({}, nodeRecord({ ...holder, modifications: [intent] }));
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
  meanwhile(here.parameters);
  here.answers['ModifyVolumeCommand'] = call;
  const { ctx, waited, step } = patientContext();
  const context = { ...here.tools, store, durable: ctx, step, place: '07' };
  const result = await modifyVolume(context as unknown as ResizeActContext, { plan, held, atMs: AT_MS });
  return { result, here, waited, counted: here.nodes.get(INSTANCE)?.modifications.length, paid: budget.addedUsd };
}

describe('a modification', () => {
  it('that AWS refuses is told at once, and is as free the next time', async () => {
    const { result, counted, paid, here } = await modifying(() => {
      throw answered('VolumeLimitExceeded', 400);
    });
    expect(result).toMatchObject({ refuse: 'quota-reached', page: true, retryAfterMs: 60 * 60_000 });
    expect({ counted, paid }).toEqual({ counted: 0, paid: { other: 8 } });
    expect(here.journal.map(({ kind, sentence }) => `${kind}: ${sentence}`)).toEqual([
      expect.stringMatching(/^result: not modified, and so not counted: vol-.*VolumeLimitExceeded: so it is/),
    ]);
  });

  it('that a guard refuses in the last moment does not count either', async () => {
    const { result, counted, paid, here } = await modifying(
      () => ({}),
      (parameters) => void parameters.set('/chainmend/pause', 'audit'),
    );
    expect(result).toMatchObject({ refuse: 'paused' });
    expect({ counted, paid }).toEqual({ counted: 0, paid: { other: 8 } });
    expect(here.calls).not.toContain('ModifyVolumeCommand');
  });

  it('of a volume whose owner must not find it any more, by a word that came after the plan, is not made, and does not count', async () => {
    const { result, counted, paid, here } = await modifying(
      () => ({}),
      (parameters) => {
        const file = bitcoinFile({ owner: { by: 'terraform', acceptDrift: false } });
        parameters.set('/chainmend/fleets/bitcoin', JSON.stringify(file));
      },
    );
    expect(result).toMatchObject({ refuse: 'drift-refused', page: false });
    expect({ counted, paid }).toEqual({ counted: 0, paid: { other: 8 } });
    expect(here.calls).not.toContain('ModifyVolumeCommand');
  });

  it('beyond a ceiling that was lowered after the plan is not made, and does not count', async () => {
    const { result, counted, paid, here } = await modifying(
      () => ({}),
      (parameters) => {
        const file = bitcoinFile({ disk: { maximumSizeGiB: 800 } });
        parameters.set('/chainmend/fleets/bitcoin', JSON.stringify(file));
      },
    );
    expect(result).toMatchObject({ refuse: 'size-ceiling', reason: expect.stringContaining('no more than 800 GiB') });
    expect({ counted, paid }).toEqual({ counted: 0, paid: { other: 8 } });
    expect(here.changes()).toEqual([]);
  });

  it.each<[string, Partial<NodeRecord>]>([
    ['another heal holds the node', { owner: OTHER, fence: 5 }],
    ['it holds the node under an older fence', { owner: ME, fence: 5 }],
  ])('is not made where %s', async (_, holder) => {
    const { result, here } = await modifying(() => ({}), undefined, holder);
    expect(result).toEqual({ lost: true });
    expect(here.changes()).toEqual([]);
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

/** Modifications as EC2 shows them, after so many seconds of waiting. */
function telling(of: (waitedSeconds: number) => object) {
  const here = shell();
  const { ctx, step, waited } = patientContext();
  const seconds = (): number => waited.reduce((sum, one) => sum + one, 0);
  here.answers['DescribeVolumesModificationsCommand'] = () => ({ VolumesModifications: [of(seconds())].flat() });
  const context = { ...here.tools, durable: ctx, step, place: '08' } as unknown as ResizeActContext;
  return { context, seconds };
}
const modification = (ModificationState: string, StartTime = new Date(AT_MS + 1_000)) => ({
  ...{ TargetSize: 900, ModificationState, StartTime },
});
const yesterday = new Date(AT_MS - 20 * 60 * 60_000);

describe('a modification whose answer was lost', () => {
  const asked = { do: 'reconcile', plan, held, atMs: AT_MS, faults: 0, interrupted: 'no answer' } as const;
  const told = ({ context }: ReturnType<typeof telling>) => reconcileModification(context, asked);

  it.each([0, REQUEST_LIFETIME_MS / 1000, (REQUEST_LIFETIME_MS + CONSISTENCY_WINDOW_MS) / 1000])(
    'did happen where it takes effect %d s later',
    async (after) => {
      expect(await told(telling((waited) => (waited >= after ? modification('modifying') : [])))).toEqual({
        happened: true,
      });
    },
  );

  it('did not happen where its request can take effect no more, and EC2 shows what is so by then', async () => {
    const nothing = telling(() => []);
    expect(await told(nothing)).toEqual({ happened: false });
    expect(nothing.seconds() * 1000).toBeGreaterThan(REQUEST_LIFETIME_MS + CONSISTENCY_WINDOW_MS);
  });

  it('is not the one of yesterday between the same sizes', async () => {
    expect(await told(telling(() => modification('completed', yesterday)))).toEqual({ happened: false });
  });
});

describe('a modification that is awaited', () => {
  const asked = { do: 'await-modification', held, plan, sinceMs: AT_MS } as const;
  const told = ({ context }: ReturnType<typeof telling>) => awaitModification(context, asked);

  it('is usable from optimizing on', async () => {
    const soon = telling((waited) => modification(waited < 10 ? 'modifying' : 'optimizing'));
    expect(await told(soon)).toEqual({ usable: true });
    expect(soon.seconds()).toBeGreaterThanOrEqual(10);
  });

  it('has neither succeeded nor failed by what became of the one of yesterday', async () => {
    for (const before of ['completed', 'failed']) {
      const late = telling((waited) => (waited < 10 ? modification(before, yesterday) : modification('optimizing')));
      expect(await told(late)).toEqual({ usable: true });
      expect(late.seconds()).toBeGreaterThanOrEqual(10);
    }
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
    expect(told).toMatchObject({ refuse, page: true, retryAfterMs: minutes * 60_000 });
    expect(told.reason).toMatch(remedy);
    expect(told.reason).toContain(`stays at 500 GiB, 455 of them used: AWS refuses 900 GiB (${name}: so it is)`);
    expect(told.reason).toContain(`tried again in ${minutes} min`);
  });
});
