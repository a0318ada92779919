// The twin of an account: which world is made of a read-out, what is tried in it, and what is called healed.
import { describe, expect, it } from '@jest/globals';
import { adoptionOf } from '../../infra/commands/adopt/adoption.ts';
import { documentOf } from '../../infra/commands/adopt/proposal.ts';
import type { ReadOut } from '../../infra/commands/adopt/read-out.ts';
import { twinText } from '../../infra/commands/adopt/twin-text.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { worldIn } from '../../local/scenarios/world-file/read.ts';
import { drilledNodes, drillsOf, verdictOf, worldOf } from '../../local/twin/drills.ts';
import { type Twin, twinOf } from '../../local/twin/world.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import { nodesNamed, someReadOut } from '../fixtures/builders/read-out.ts';

const BTC = { Component: 'nodes/bitcoin' };
const ID = 'i-00000000000000001';
const DATA = 'vol-000000000000007d0';

function twin(readOut: ReadOut, but: Partial<FleetDocument> = {}): Twin {
  const [fleet] = adoptionOf(readOut).fleets;
  const made = fleet && twinOf(readOut, { ...(documentOf(fleet) as FleetDocument), ...but });
  if (made === undefined) throw new Error('no fleet was proposed');
  return made;
}

describe('the world that is made of a read-out', () => {
  it('has the nodes with their zones, volumes and fullness, and acts', () => {
    const { fleet, nodes } = twin(someReadOut(nodesNamed(['node1', 'node2'], BTC)));
    expect(fleet.mode).toBe('act');
    expect(nodes).toMatchObject([
      { name: 'node1', zone: 'a', volumes: [{ role: 'data', sizeGiB: 500, usedPercent: 46, tags: BTC }] },
      { name: 'node2' },
    ]);
  });

  it.each<[string, ReadOut, object]>([
    ['no launch template where the instances have none', someReadOut(nodesNamed(['a'], BTC)), { before: {} }],
    [
      'no launch template where the template lacks the fleet’s tags: no heal may launch from it',
      someReadOut(nodesNamed(['a'], { ...BTC, 'aws:ec2launchtemplate:id': 'lt-00000001' }), {
        launchTemplates: [
          { templateId: 'lt-00000001', name: 'a', tags: {}, hasProfile: true, hasUserData: false, instanceTags: {} },
        ],
      }),
      { before: {} },
    ],
    [
      'a launch template where it has them',
      someReadOut(nodesNamed(['a'], { ...BTC, 'aws:ec2launchtemplate:id': 'lt-00000001' }), {
        launchTemplates: [
          { templateId: 'lt-00000001', name: 'a', tags: BTC, hasProfile: true, hasUserData: false, instanceTags: {} },
        ],
      }),
      { before: { templates: ['bitcoin'] } },
    ],
    [
      'volumes without tags as they are',
      someReadOut(nodesNamed(['a'], BTC, { volumeTags: {} })),
      { nodes: [{ volumes: [{ tags: { Untagged: 'yes' } }] }] },
    ],
    ['agents that do not answer', someReadOut(nodesNamed(['a'], BTC), { agents: [] }), { silent: ['a'] }],
    [
      'all agents where they could not be read',
      someReadOut(nodesNamed(['a'], BTC), { agents: [], unread: [{ what: 'SSM agents', why: 'AccessDenied' }] }),
      { silent: [] },
    ],
    [
      'a snapshot without tags as one of the console',
      someReadOut(nodesNamed(['a'], BTC), {
        snapshots: [
          {
            ...{ snapshotId: 'snap-00000001', volumeId: DATA, startedAt: '2026-01-31T04:00:00.000Z', completed: true },
            ...{ policyId: null, tags: {} },
          },
        ],
      }),
      { snapshots: [{ of: 'bitcoin/a', hoursAgo: 8, by: 'console' }] },
    ],
    [
      'a member’s group',
      someReadOut(nodesNamed(['a'], { ...BTC, 'aws:autoscaling:groupName': 'x' }), {
        scalingGroups: [{ name: 'x', minSize: 1, maxSize: 2, templateId: null, instanceIds: [ID] }],
      }),
      { before: { scalingGroups: { 'group-1': { members: ['bitcoin/a'], minSize: 1 } } } },
    ],
    [
      'the tag that tells its owner',
      someReadOut(nodesNamed(['a'], { ...BTC, ManagedBy: 'terraform' })),
      { nodes: [{ tags: { ManagedBy: 'terraform' } }] },
    ],
  ])('has %s', (_, readOut, expected) => {
    expect(twin(readOut)).toMatchObject(expected);
  });

  it('has forty nodes at most, and says so', () => {
    const names = Array.from({ length: 50 }, (_, at) => `node${at}`);
    const { nodes, remarks } = twin(someReadOut(nodesNamed(names, BTC)));
    expect(nodes).toHaveLength(40);
    expect(remarks).toEqual(['40 of its 50 nodes are played']);
  });

  it('has names that a world can have, whatever an owner wrote', () => {
    const { nodes } = twin(someReadOut(nodesNamed(['node 1 (old)', 'node 1 (old)'], BTC)));
    expect(nodes.map(({ name }) => name)).toEqual(['node-00000001', 'node-00000002']);
  });

  it.each(['full-disk', 'stuck', 'corrupt-data', 'loss'] as const)('is a right world file with %s', (which) => {
    const made = twin(someReadOut(nodesNamed(['node1', 'node2'], BTC)));
    const [node] = drilledNodes(made);
    if (node === undefined) throw new Error('nobody is drilled');
    expect(worldIn('twin.yaml', JSON.stringify(worldOf(made, node, which)), repositoryRoot).name).toBe(`twin-${which}`);
  });
});

describe('what is tried', () => {
  it('one node of each role, and no disk where there is no volume', () => {
    const readOut = someReadOut([
      ...nodesNamed(['s1', 's2'], { Network: 'clique-18', Role: 'sealer' }),
      ...nodesNamed(['c1'], { Network: 'clique-18', Role: 'client' }),
    ]);
    const made = twin(readOut);
    expect(drilledNodes(made).map(({ name }) => name)).toEqual(['c1', 's1']);
    expect(drillsOf({ ...(made.nodes[0] ?? { fleet: 'x', name: 'x' }), volumes: [] })).toEqual(['stuck', 'loss']);
  });
});

describe('what is called healed', () => {
  type Reported = Parameters<typeof verdictOf>[0];
  const heal = (more: object) => ({
    node: 'node1',
    kind: 'replace-node',
    outcome: 'healed',
    rung: 'restart',
    alarmToHealedSeconds: 41,
    reason: 'why',
    ...more,
  });
  const report = (more: object): Reported =>
    ({
      heals: [],
      refusals: [],
      pages: [],
      violations: [],
      nodes: [{ fleet: 'bitcoin', node: 'node1', state: 'synced' }],
      ...more,
    }) as unknown as Reported;
  const about = { fleet: 'bitcoin', node: 'node1', role: 'follower', drill: 'stuck' as const };
  it.each<[string, object, string]>([
    [
      'a heal that ended so',
      { heals: [heal({})] },
      'bitcoin: a stuck client on node1 (follower): healed in 41 s, its client is restarted',
    ],
    [
      'not one that another one followed',
      { heals: [heal({}), heal({ outcome: 'escalated' })] },
      'bitcoin: a stuck client on node1 (follower): not healed. why',
    ],
    [
      'not one whose node is down at the end',
      { heals: [heal({})], nodes: [{ fleet: 'bitcoin', node: 'node1', state: 'unreachable' }] },
      'bitcoin: a stuck client on node1 (follower): not healed. it was called healed, and is unreachable at the end',
    ],
    [
      'not the heal of another node',
      { heals: [heal({ node: 'node2' })] },
      'bitcoin: a stuck client on node1 (follower): not healed. nothing noticed it',
    ],
    [
      'a refusal is told in its own words',
      { refusals: [{ node: 'node1', kind: 'replace-node', guardrail: 'validator', reason: 'x' }] },
      'bitcoin: a stuck client on node1 (follower): not healed. The node is a validator. (validator)',
    ],
  ])('%s', (_, more, line) => {
    expect(twinText(verdictOf(report(more), about))[0]).toContain(line);
  });
});
