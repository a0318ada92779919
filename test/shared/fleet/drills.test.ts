// What a fleet file must have so that a drill can prove anything.
import { describe, expect, it } from '@jest/globals';
import { FleetFileError } from '../../../shared/fleet/problems.ts';
import { parseFleetDocument } from '../../../shared/fleet/whole.ts';
import { bitcoinFile } from '../../fixtures/builders/fleet.ts';

const drills = { securityGroup: 'sg-0d0000000000000d1' };
const metric = { metric: { namespace: 'Bitcoin', height: 'tip' } };
const references = ['https://bitcoin-a.example/'];

const problem = (more: object): string => {
  try {
    parseFleetDocument(bitcoinFile({ role: 'follower', drills, ...more }));
    return '';
  } catch (error) {
    if (error instanceof FleetFileError) return JSON.stringify(error.problems);
    throw error;
  }
};

describe('drills', () => {
  it.each<[string, object]>([
    ['of a fleet that is asked for its blocks', {}],
    ['of one that is watched by a metric, and compared with references', { probe: metric, health: { references } }],
  ])('are taken %s', (_, more) => {
    expect(problem(more)).toBe('');
  });

  it.each<[string, object, string]>([
    ['that nobody asks', { probe: 'none' }, 'expected a probe that tells heights'],
    ['that is watched by a metric alone: none could ever prove a set', { probe: metric }, 'expected health.references'],
    ['of validators', { role: 'validator' }, 'expected role: follower'],
  ])('are refused of a fleet %s', (_, more, expected) => {
    expect(problem(more)).toContain(expected);
  });
});
