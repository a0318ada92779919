import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { tellOnce } from '../../../functions/dispatch-heal/tell-once.ts';
import { keys } from '../../../shared/heal/store.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { tableOfHeals } from '../../fixtures/table.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** The minutes in which it was sent, where a sweep looks each minute and SNS answers from `answersFrom` on. */
async function sentAt(answersFrom: number, sweeps = 60): Promise<readonly number[]> {
  const { store } = tableOfHeals();
  const sent: number[] = [];
  for (let minute = 0; minute < sweeps; minute++) {
    jest.spyOn(Date, 'now').mockReturnValue(NOON_MS + minute * MINUTE_MS);
    const send = async () => {
      sent.push(minute);
      if (minute < answersFrom) throw new Error('no answer');
    };
    await tellOnce(store, keys.told('bitcoin', 'left-open#7f3a'), send).catch(() => {});
  }
  return sent;
}

describe('what is told once', () => {
  it('is not told by the sweeps after that', async () => {
    expect(await sentAt(0)).toEqual([0]);
  });

  it('is sent again where nobody knows whether it was sent, later each time, until it was', async () => {
    expect(await sentAt(15)).toEqual([0, 10, 30]);
    expect(await sentAt(5)).toEqual([0, 10]);
  });
});
