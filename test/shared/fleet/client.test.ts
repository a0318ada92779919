// The versions that a fleet file lets its nodes run.
import { describe, expect, it } from '@jest/globals';
import { parseFleetDocument } from '../../../shared/fleet/whole.ts';
import { bitcoinFile, bitcoinFleet } from '../../fixtures/builders/fleet.ts';

const versions = ['28.0', '28.1'];
const problem = (more: object): string => {
  try {
    parseFleetDocument({ ...bitcoinFile(), unit: 'node@*', ...more });
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the versions of a client', () => {
  it('are of the only unit that is a template, and the first node is watched for an hour', () => {
    expect(bitcoinFleet({ unit: 'node@*', client: { versions } }).client).toMatchObject({
      versions,
      unit: 'node',
      watchMinutes: 60,
    });
    const units = { execution: { unit: 'geth@*' }, beacon: { unit: 'lighthouse.service' } };
    const several = Object.entries(bitcoinFile({ units, client: { versions } })).filter(([key]) => key !== 'unit');
    expect(() => parseFleetDocument(Object.fromEntries(several))).not.toThrow();
  });

  it('are none unless the file names some: no node is upgraded', () => {
    expect(bitcoinFleet({}).client).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['no list', { client: {} }, 'versions'],
    ['a number', { client: { versions: [28.1] } }, 'expected a version in quotes'],
    ['a path', { client: { versions: ['../28.1'] } }, 'expected a version in quotes'],
    ['one twice', { client: { versions: ['28.0', '28.0'] } }, 'expected each version once'],
    [
      'a unit that is no template',
      { unit: 'bitcoind', client: { versions } },
      'expected a template as unit, for example node@*',
    ],
    ['a try on a copy without drills', { client: { versions, rehearse: true } }, 'expected drills, too'],
    ['another unit', { client: { versions, unit: 'beacon' } }, 'expected node: no other unit is a template'],
    [
      'more than a day',
      { client: { versions, watchMinutes: 1_441 } },
      'expected a whole number of minutes from 0 to 1440',
    ],
  ])('are refused with %s', (_, more, expected) => {
    expect(problem(more)).toContain(expected);
  });
});
