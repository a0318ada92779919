// The fleet file of a second region, where a fleet has copies of its snapshots and no nodes.
import { describe, expect, it } from '@jest/globals';
import { FleetFileError } from '../../../shared/fleet/problems.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { bitcoin } from '../../fixtures/fleet-documents.ts';

const { dns: _, ...alone } = bitcoin;
const second = {
  ...alone,
  role: 'follower',
  health: { references: ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'] },
  snapshots: { copiesFrom: { region: 'eu-west-1' } },
  replace: { launchTemplate: 'lt-0123456789abcdef0' },
  drills: { securityGroup: 'sg-0123456789abcdef0', subnet: 'subnet-0123456789abcdef0' },
};

function refusals(more: object): Readonly<Record<string, string>> {
  try {
    parseFleet(JSON.stringify({ ...second, ...more }));
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error;
    return Object.fromEntries(error.problems.map(({ path, expected }) => [path.join('.'), expected]));
  }
  return {};
}

describe('a fleet with copies alone', () => {
  it('names the region of its nodes, and makes no policy here', () => {
    const fleet = parseFleet(second);
    expect(fleet.copiesFrom).toEqual({ region: 'eu-west-1', maxAgeHours: 48 });
    expect(fleet.snapshots).toBeUndefined();
    expect(fleet.cleanSnapshots).toBeUndefined();
  });

  it('is none where the file does not say so', () => {
    expect(parseFleet({ ...bitcoin, snapshots: {} })).not.toHaveProperty('copiesFrom');
    expect(parseFleet({ ...bitcoin, snapshots: {} }).snapshots).toMatchObject({ everyHours: 24, keep: 7 });
  });

  it.each<[string, object, string, string]>([
    [
      'with a policy of its own: here is nothing to take a snapshot of',
      { snapshots: { ...second.snapshots, keep: 3 } },
      'snapshots.copiesFrom',
      'snapshots.keep',
    ],
    ['with clean sets', { snapshots: { ...second.snapshots, clean: {} } }, 'snapshots.copiesFrom', 'snapshots.clean'],
    ['that nothing opens', { drills: undefined }, 'snapshots.copiesFrom', 'expected drills'],
    [
      'whose drills have no subnet',
      { drills: { securityGroup: 'sg-0123456789abcdef0' } },
      'snapshots.copiesFrom',
      'drills.subnet',
    ],
    ['without a launch template', { replace: {} }, 'snapshots.copiesFrom', 'replace.launchTemplate'],
    [
      'with one reference, which would be believed alone',
      { health: { references: ['https://bitcoin-a.example/'] } },
      'snapshots.copiesFrom',
      'expected 2 health.references, not 1',
    ],
    [
      'with two volumes, whose copies nobody could tell to belong together',
      { volumes: { data: '/node-data', ancient: { path: '/ancient', tag: { Part: 'ancient' } } } },
      'snapshots.copiesFrom',
      'expected one volume, not data, ancient',
    ],
    [
      'of roles by a tag',
      { role: { tag: 'Role', values: { f: 'follower' } } },
      'snapshots.copiesFrom',
      'role: follower',
    ],
    ['with names of nodes', { dns: { zone: 'bitcoin.internal' } }, 'dns', 'here are no nodes'],
    ['with a group to seed', { asg: { seed: 'newest-good', identityFree: true } }, 'asg', 'here are no nodes'],
  ])('is refused %s', (_, more, field, why) => {
    expect(refusals(more)).toMatchObject({ [field]: expect.stringContaining(why) });
  });

  it('is right as it stands', () => {
    expect(refusals({})).toEqual({});
  });

  it('names another account with the lifecycle policy there', () => {
    const shared = (account: object) => ({ snapshots: { copiesFrom: { region: 'eu-west-1', account } } });
    const account = { id: '444455556666', policy: 'policy-0123456789abcdef0' };
    expect(parseFleet({ ...second, ...shared(account) }).copiesFrom).toMatchObject({ account });
    expect(Object.keys(refusals(shared({ id: '444455556666' })))).toEqual(['snapshots.copiesFrom.account.policy']);
    for (const policy of ['policy-0', 'policy-*', 'policy-0123456789abcdef0*', '0123456789abcdef0'])
      expect(Object.keys(refusals(shared({ ...account, policy })))).toEqual(['snapshots.copiesFrom.account.policy']);
    expect(Object.keys(refusals(shared({ ...account, id: '44445555666' })))).toEqual([
      'snapshots.copiesFrom.account.id',
    ]);
  });

  it('whose copies may be so old as the file says', () => {
    const maxAge = (maxAgeHours: number) =>
      refusals({ snapshots: { copiesFrom: { region: 'eu-west-1', maxAgeHours } } });
    expect(maxAge(2)).toEqual({});
    expect(Object.keys(maxAge(1))).toEqual(['snapshots.copiesFrom.maxAgeHours']);
  });
});
