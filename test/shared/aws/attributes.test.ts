import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromAttribute, fromItem, type Plain, toAttribute, toItem } from '../../../shared/aws/attributes.ts';
import { judgeAgent } from '../../../shared/aws/commands.ts';
import { readEnvironment } from '../../../shared/aws/environment.ts';

describe('a record in DynamoDB', () => {
  it('is written in DynamoDB’s own types', () => {
    expect(toItem({ s: 'x', n: 1.5, b: false, nothing: null, l: ['a', 1], m: { k: '' } })).toEqual({
      s: { S: 'x' },
      n: { N: '1.5' },
      b: { BOOL: false },
      nothing: { NULL: true },
      l: { L: [{ S: 'a' }, { N: '1' }] },
      m: { M: { k: { S: '' } } },
    });
  });

  it('leaves out what is undefined', () => {
    expect(toItem({ code: undefined, kind: 'plan' })).toEqual({ kind: { S: 'plan' } });
  });

  it('comes back as it was written', () => {
    const { value } = fc.letrec<{ value: Plain }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
        fc.maxSafeInteger().map((n) => n + 0),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(fc.property(value, (plain) => expect(fromAttribute(toAttribute(plain))).toEqual(plain)));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value, { noNullPrototype: true }), (record) =>
        expect(fromItem(toItem(record))).toEqual(record),
      ),
    );
  });

  it.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [undefined, 'undefined'],
    [1n, '1'],
  ])('does not hold %s', (value, words) => {
    expect(() => toAttribute([value])).toThrow(
      new TypeError(`a record cannot hold ${words}; expected a string, number, boolean, null, list or map`),
    );
  });

  it('is not guessed from types that we do not write', () => {
    expect(() => fromAttribute({ SS: ['a'] })).toThrow(/attribute of type SS; expected S, N, BOOL, NULL, L or M$/);
  });
});

describe('the SSM agent of a node', () => {
  const agent = (AgentVersion?: string, PingStatus?: string) => judgeAgent({ AgentVersion, PingStatus });

  it.each(['3.3.2746.0', '3.3.2746', '3.3.2747.0', '3.3.10000.0', '3.4.0.0', '4.0.0.0'])(
    'of version %s takes parameters safely',
    (version) => {
      expect(agent(version, 'Online')).toBeNull();
    },
  );

  it.each(['3.3.2745.9', '3.2.9999.0', '2.9.9999.9', '3.3', '3', 'latest', '3.x.9999'])(
    'of version %s is too old',
    (version) => {
      expect(agent(version, 'Online')).toEqual({
        refuse: 'agent-too-old',
        reason: `its SSM agent is ${version}, and must be 3.3.2746.0 or newer`,
        page: true,
        retryAfterMs: 300_000,
      });
    },
  );

  it('of no version is too old', () => {
    expect(agent('', 'Online')).toMatchObject({
      refuse: 'agent-too-old',
      reason: 'its SSM agent is of unknown version, and must be 3.3.2746.0 or newer',
    });
  });

  it('that is not online is silent, whatever its version', () => {
    expect(agent('3.3.2746.0', 'ConnectionLost')).toMatchObject({
      refuse: 'node-silent',
      reason: 'its SSM agent is ConnectionLost',
    });
    expect(agent('3.3.2746.0')).toMatchObject({ refuse: 'node-silent', reason: 'its SSM agent is silent' });
    expect(judgeAgent(undefined)).toMatchObject({
      refuse: 'node-silent',
      reason: 'the instance is not known to Systems Manager',
      page: true,
    });
  });
});

describe('the environment of a function', () => {
  it('is read by name, and what else is there is left out', () => {
    expect(readEnvironment(['TABLE_NAME'], { TABLE_NAME: 'chainmend', HOME: '/' })).toEqual({
      TABLE_NAME: 'chainmend',
    });
  });

  it('that lacks something says all that it lacks', () => {
    expect(() => readEnvironment(['TABLE_NAME', 'TOPIC_ARN', 'PREFIX'], { TABLE_NAME: 'x', PREFIX: '' })).toThrow(
      'environment variable TOPIC_ARN, PREFIX is not set; the stack sets it on the function',
    );
  });
});
