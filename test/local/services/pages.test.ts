// The pagination of lists, which all services of the region share.
import { describe, expect, it } from '@jest/globals';
import { digits, opaque, pageOf, positionOf, type Tokens, wholeNumber } from '../../../local/services/pages.ts';
import { createScheduler } from '../../../local/services/scheduler/scheduler.ts';
import { AwsError } from '../../../local/simulator/service.ts';
import { testKernel } from '../../fixtures/kernel.ts';

const refused = (token: string): AwsError => new AwsError('InvalidNextToken', token);

describe('A list', () => {
  it.each([
    ['in digits', { ...digits(), refused }],
    ['as a whole number', { ...wholeNumber, refused }],
    ['as opaque text', { ...opaque('ssm', 'base64'), refused }],
  ] satisfies [string, Tokens][])('is told whole and once, page by page, with tokens %s', (_, tokens) => {
    const all = Array.from({ length: 25 }, (_unused, index) => index);
    const seen: number[] = [];
    const pages: number[] = [];
    let token: string | undefined;
    do {
      const { items, next } = pageOf(all, token, 10, tokens);
      seen.push(...items);
      pages.push(items.length);
      token = next;
    } while (token !== undefined && pages.length < 10);
    expect(seen).toEqual(all);
    expect(pages).toEqual([10, 10, 5]);
  });

  it('has no page behind one that it fills', () => {
    expect(pageOf([1, 2], undefined, 2, { ...digits(), refused })).toEqual({ items: [1, 2], next: undefined });
  });

  it('refuses tokens that it never gave', () => {
    for (const token of ['-1', '1e3', ' 1', '', '1234567890', 'constructor'])
      expect(() => positionOf(token, { ...digits(), refused })).toThrow(AwsError);
    for (const token of ['-1', '1.5', 'x']) expect(() => positionOf(token, { ...wholeNumber, refused })).toThrow(token);
    const tokens: Tokens = { ...opaque('ssm', 'base64'), refused };
    for (const text of ['ssm/', 'ssm/1/2', 'ssm/x', 'page/1', 'ssm/1234567890'])
      expect(() => positionOf(Buffer.from(text).toString('base64'), tokens)).toThrow(AwsError);
    expect(positionOf(tokens.write(7), tokens)).toBe(7);
  });

  it('of schedules refuses them, too', () => {
    const { operations } = createScheduler(testKernel(), { sendMessage: () => {} } as never, () => {});
    expect(() => operations['ListSchedules']?.({ NextToken: 'x' }, { at: 0, actor: 'person' })).toThrow(
      'The NextToken value is not valid.',
    );
  });
});
