// The stack of a second region, from the example: a drill may open the copies, and no policy takes snapshots of what is not there.
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { buildStack, type Resource, resourcesOf, statementsIn, text } from './support.ts';

const fleets = readFleets(join(repositoryRoot, 'examples/second-region'));
const shared = readFleets(join(repositoryRoot, 'examples/second-account'));

describe('the stack of a fleet that has copies alone', () => {
  const resources = resourcesOf(buildStack({ fleets, nodeRoles: [] }).stack);
  const fn = resources('AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === 'chainmend-audit-snapshots',
  );
  const role = resources('AWS::IAM::Role').find(({ id }) => text(fn?.Properties.Role) === `<${id}.Arn>`);
  const launches = statementsIn(resources, role as Resource).filter(({ actions }) =>
    actions.includes('ec2:RunInstances'),
  );

  it('has no lifecycle policy: here is nothing to take snapshots of', () => {
    expect(resources('AWS::DLM::LifecyclePolicy')).toEqual([]);
  });

  it('lets a drill launch from the one template, in the one group, with snapshots that carry the fleet’s tags', () => {
    const on = (what: string) =>
      launches.filter((one) => one.resources.some((resource) => text(resource).includes(what)));
    expect(on('launch-template/').flatMap((one) => one.resources.map(text))).toEqual([
      expect.stringContaining('launch-template/lt-0123456789abcdef0'),
    ]);
    expect(on('security-group/').flatMap((one) => one.resources.map(text))).toEqual([
      expect.stringContaining('security-group/sg-0123456789abcdef0'),
    ]);
    expect(
      on(':snapshot/')
        .map(({ conditions }) => JSON.stringify(conditions))
        .join(),
    ).toContain('nodes/bitcoin');
  });
});

describe('the stack of a fleet whose snapshots another account shares', () => {
  const { stack } = buildStack({ fleets: shared, nodeRoles: [] });
  const resources = resourcesOf(stack);
  const ofOwner = resources('AWS::IAM::Role')
    .filter(({ Properties }) => Properties.Policies !== undefined)
    .flatMap((role) => statementsIn(resources, role).map((statement) => ({ ...statement, id: role.id })))
    .filter(({ conditions }) => JSON.stringify(conditions).includes('ec2:Owner'));

  it('lets drills alone open and mark what belongs to that account, and nothing else uses it', () => {
    expect(ofOwner.flatMap(({ actions }) => actions).sort()).toEqual(['ec2:CreateTags', 'ec2:RunInstances']);
    expect(ofOwner.every(({ id }) => id.startsWith('AuditSnapshots'))).toBe(true);
    expect(JSON.stringify(ofOwner)).toContain('"ec2:Owner":["444455556666"]');
  });
});
