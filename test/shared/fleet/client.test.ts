// The versions that a fleet file lets its nodes run.
import { describe, expect, it } from '@jest/globals';
import { parseFleetDocument } from '../../../shared/fleet/whole.ts';
import { bitcoinFile, bitcoinFleet } from '../../fixtures/builders/fleet.ts';

const versions = ['28.0', '28.1'];
const problem = (more: object): string => {
  try {
    parseFleetDocument(JSON.parse(JSON.stringify({ ...bitcoinFile(), unit: 'node@*', ...more })));
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

  it('are those of a service of Compose, which is a container', () => {
    const compose = { file: '/opt/node/compose.yaml', service: 'node' };
    const units = { execution: { compose }, beacon: { unit: 'lighthouse.service' } };
    expect(bitcoinFleet({ unit: undefined, compose, client: { versions } }).client?.unit).toBe('node');
    expect(bitcoinFleet({ unit: undefined, units, client: { versions } }).client?.unit).toBe('execution');
    const drills = { securityGroup: 'sg-0123456789abcdef0' };
    const rehearsed = { unit: undefined, compose, drills, client: { versions, rehearse: true } };
    expect(problem(rehearsed)).toContain('no container can be made there');
  });

  it('are tags or digests of a container, where no unit is a template', () => {
    const digest = `sha256:${'0a'.repeat(32)}`;
    const only = { unit: undefined, docker: 'node', client: { versions: ['28.0', digest] } };
    expect(problem(only)).toBe('none');
    expect(problem({ ...only, client: { versions: ['28.0+1'] } })).toContain('expected a tag of the container’s image');
    expect(problem({ client: { versions: [digest] } })).toContain('a digest is of a container’s image');
    const drills = { securityGroup: 'sg-0123456789abcdef0' };
    expect(problem({ ...only, drills, client: { versions: ['28.0'], rehearse: true } })).toContain('rehearse');
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
    [
      'another unit',
      { client: { versions, unit: 'beacon' } },
      'expected node: of no other unit another version may run',
    ],
    [
      'more than a day',
      { client: { versions, watchMinutes: 1_441 } },
      'expected a whole number of minutes from 0 to 1440',
    ],
  ])('are refused with %s', (_, more, expected) => {
    expect(problem(more)).toContain(expected);
  });
});
