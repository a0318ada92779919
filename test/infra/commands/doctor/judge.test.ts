// What `chainmend doctor` says of one node: each heal by what was read, by AWS's word on dry runs, and by the rules of heals.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { askDryly, DRY_RUNS_A_FLEET, wishesOf } from '../../../../infra/commands/doctor/dry-runs.ts';
import { linesOf } from '../../../../infra/commands/doctor/lines.ts';
import { repositoryRoot } from '../../../../infra/paths.ts';
import type { Answered, FleetFacts, NodeFacts } from '../../../../shared/readiness/facts.ts';
import { fleetReportOf } from '../../../../shared/readiness/fleet-report.ts';
import { COLUMNS, type Column, DOCTOR_CODES } from '../../../../shared/readiness/verdict.ts';
import { planOf, type Wish } from '../../../../shared/readiness/wishes.ts';
import { bitcoinFleet, NODE_TAGS } from '../../../fixtures/builders/fleet.ts';
import { fleetNode } from '../../../fixtures/builders/node.ts';
import { nodeState, observedNode } from '../../../fixtures/builders/observation.ts';
import { snapshotSet } from '../../../fixtures/builders/snapshot.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../../fixtures/builders/time.ts';
import { fleetFacts, KEY, key, nodeFacts, quotas, TEMPLATE, tags } from '../../../fixtures/readiness-facts.ts';

/** What its fleet file may leave out. */
const OPTIONAL: readonly Column[] = ['scale-down', 'drill', 'roll-back', 'prune'];
const ASKED = COLUMNS.filter((column) => !OPTIONAL.includes(column));

const plansOf = (facts: FleetFacts) => new Map(facts.nodes.map((node) => [node, planOf(facts, node)] as const));

/** @param answer to each dry run */
function reported(facts: FleetFacts, answer: (wish: Wish) => Answered = () => ({ is: 'accepted' })) {
  const plans = plansOf(facts);
  const answers = new Map([...wishesOf([...plans.values()])].map(([name, wish]) => [name, answer(wish)] as const));
  return fleetReportOf(facts, plans, answers);
}

const causes = (...of: Parameters<typeof reported>): readonly string[] =>
  reported(...of).causes.map(({ is, code, heals, nodes }) => `${is} ${code}: ${heals.join(' ')} of ${nodes.length}`);

const refusedBy =
  (call: Wish['call'], code: string, words: string) =>
  (wish: Wish): Answered =>
    wish.call === call ? { is: 'refused', code, words: `${code}: ${words}` } : { is: 'accepted' };
const entry = (atMs: number) => ({
  key: `k${atMs}`,
  fleet: 'bitcoin',
  node: 'node9',
  instanceId: 'i-9',
  onsetMs: atMs,
  atMs,
});
const DENIED = 'User: arn:aws:iam::111122223333:user/me is not authorized to perform: ec2:RunInstances on resource: *';

describe('a fleet', () => {
  it('that has all that heals need has no cause, and says what it has left', () => {
    const report = reported(fleetFacts());
    expect(report.causes).toEqual([]);
    expect(report.nodes[0]?.heals).toMatchObject(Object.fromEntries(ASKED.map((column) => [column, { is: 'yes' }])));
    expect(report).toMatchObject({ budgetLeftUsd: 100, replacementsLeft: { hour: 2, day: 5 } });
    expect(report.newNode).toMatch(/^snap-.* of node\d, \S+, taken /);
    expect(report.nodes[0]).toMatchObject({ modificationsLeft: 3, source: { set: 'set-5', ageSeconds: 21_600 } });
  });

  it('that names no versions, or whose node signs or has two data volumes, lacks no verb that nobody can ask for', () => {
    const offOf = (facts: FleetFacts) =>
      Object.entries(reported(facts).nodes[0]?.heals ?? {}).flatMap(([column, { is }]) =>
        is === 'off' ? [column] : [],
      );
    expect(offOf(fleetFacts({ fleet: bitcoinFleet({ snapshots: { clean: {} } }) }))).toEqual([
      ...['upgrade', 'blue-green'],
      ...OPTIONAL,
    ]);
    const validator = nodeFacts('node1', { node: fleetNode({ name: 'node1', tags, role: 'validator' }) });
    expect(offOf(fleetFacts({ nodes: [validator] }))).toEqual([
      ...['restart', 'stop-start', 'swap', 'replace'],
      ...['move', 'upgrade', 'blue-green', 'shrink'],
      ...OPTIONAL,
    ]);
  });

  it('has a column for fewer nodes, a drill, and each of its owner’s own commands, by the judges that are asked then', () => {
    const file = bitcoinFleet({
      ...{ role: 'follower', snapshots: { clean: {} }, drills: { securityGroup: 'sg-0d0000000000000d1' } },
      replace: { rollBack: { command: '/opt/node/roll-back' } },
      disk: { prune: { command: '/opt/node/prune' } },
    });
    const fleet = { ...file, scales: { group: 'bitcoin-nodes', minimum: 1, maximum: 4 } };
    const member = { ...tags, 'aws:autoscaling:groupName': 'bitcoin-nodes' };
    const nodes = ['node1', 'node2'].map((name) => nodeFacts(name, { node: fleetNode({ name, tags: member }) }));
    const of = (more: Partial<FleetFacts> = {}) => {
      const heals = reported(fleetFacts({ fleet, nodes, ...more })).nodes[0]?.heals;
      return OPTIONAL.map((column) => {
        const verdict = heals?.[column];
        return verdict && 'findings' in verdict ? verdict.findings.map(({ code }) => code) : verdict?.is;
      });
    };
    expect(of()).toEqual(['yes', 'yes', ['untried'], ['untried']]);
    expect(of({ sets: { value: [] }, observed: { value: [] } })).toEqual([
      ...[['scale-waits'], ['no-good-snapshot'], ['untried'], ['untried']],
    ]);
    expect(of({ drill: { unread: 'denied' } })).toEqual(['yes', ['unread'], ['unread'], ['unread']]);
  });

  it('whose other node is silent can spare none of the well ones', () => {
    const facts = fleetFacts();
    const observed = facts.nodes.map(({ node: { name } }) =>
      observedNode({ name, health: name === 'node4' ? 'unreachable' : 'synced' }),
    );
    expect(causes({ ...facts, observed: { value: observed } })).toContainEqual(
      expect.stringMatching(/^no cannot-be-spared: move upgrade blue-green shrink of 3$/),
    );
  });

  it('names its nodes as people count', () => {
    const { nodes } = reported(fleetFacts({ nodes: ['node1', 'node10', 'node2'].map((name) => nodeFacts(name)) }));
    expect(nodes.map(({ node }) => node)).toEqual(['node1', 'node2', 'node10']);
  });

  it.each<[string, Partial<FleetFacts>, readonly string[]]>([
    [
      'that is paused',
      { paused: { value: { refuse: 'paused', reason: 'a', page: false, retryAfterMs: 0 } } },
      [`no paused: ${ASKED.join(' ')} of 4`],
    ],
    [
      'of which a node tells that its unit is gone, and no version',
      {
        nodes: [
          nodeFacts('node1', {
            seen: nodeState({ runs: [{ startedSecondsAgo: 1, restarts: 0, lacks: 'its file is gone' }] }),
          }),
          ...['node2', 'node3', 'node4'].map((name) => nodeFacts(name)),
        ],
      },
      [
        'no unit-gone: swap snapshot move upgrade blue-green shrink of 1',
        'no version-unknown: upgrade blue-green of 1',
      ],
    ],
    [
      'whose key nothing can use',
      { keys: new Map([[KEY, key({ usability: { value: { unusable: 'it is disabled' } } })]]) },
      ['no key-unusable: stop-start swap replace move upgrade blue-green shrink of 4'],
    ],
    [
      'whose key denies',
      { keys: new Map([[KEY, key({ policy: { value: { action: 'kms:CreateGrant', word: 'denies' } } })]]) },
      ['no key-denies: stop-start swap replace move upgrade blue-green shrink of 4'],
    ],
    [
      'whose role may not use the key',
      { keys: new Map([[KEY, key({ role: { value: { denied: 'kms:CreateGrant' } } })]]) },
      ['no key-denies: stop-start swap replace move upgrade blue-green shrink of 4'],
    ],
    [
      'whose key has a policy that cannot be read, though a grant would be given',
      { keys: new Map([[KEY, key({ policy: { unread: 'AccessDenied' } })]]) },
      [],
    ],
    [
      'whose key has a policy that cannot be read, and no grant was given',
      {
        keys: new Map([
          [
            KEY,
            key({
              policy: { unread: 'no' },
              grant: { is: 'refused', code: 'AccessDeniedException', words: 'because no identity-based policy allows' },
            }),
          ],
        ]),
      },
      ['unknown unread: stop-start swap replace move upgrade blue-green shrink of 4'],
    ],
    ['under a key of AWS', { keys: new Map([[KEY, key({ isAwsManaged: true, policy: null, role: null })]]) }, []],
    ['without snapshots', { sets: { value: [] } }, ['no no-good-snapshot: swap upgrade blue-green shrink of 4']],
    [
      'whose only snapshot was taken when the trouble may have begun',
      { sets: { value: [snapshotSet(0, { takenAtMs: NOON_MS, untilMs: NOON_MS })] } },
      ['no no-good-snapshot: swap upgrade blue-green shrink of 4'],
    ],
    [
      'whose snapshots cannot be read',
      { sets: { unread: 'UnauthorizedOperation' } },
      ['unknown unread: swap snapshot upgrade blue-green shrink of 4'],
    ],
    [
      'with a template that lacks its tags',
      { outOfReach: new Map([[TEMPLATE, { value: [TEMPLATE] }]]) },
      ['no out-of-reach: replace blue-green of 4'],
    ],
    ['whose budget is spent', { addedUsd: { value: 99 } }, ['no cost-ceiling: grow of 4']],
    ['whose budget cannot be read', { addedUsd: { unread: 'no table' } }, ['unknown unread: grow of 4']],
    [
      'of an account that has replaced enough in this hour',
      {
        replacements: { value: { version: 1, entries: [entry(NOON_MS - MINUTE_MS), entry(NOON_MS - 2 * MINUTE_MS)] } },
      },
      ['no replacements-spent: swap replace of 4'],
    ],
    [
      'of an account whose storage holds no further copy of its data',
      { quotas: quotas({ storage: [2_048, 2_000] }) },
      ['no quota-reached: swap upgrade blue-green shrink of 4', 'no quota-reached: grow of 4'],
    ],
    [
      'of an account that may not have so much storage under modification',
      { quotas: quotas({ modifications: [512, 0] }) },
      ['no quota-reached: grow of 4'],
    ],
    [
      'of an account with no vCPU left for another instance',
      { quotas: quotas({ vcpus: [8, 8] }) },
      ['no quota-reached: replace blue-green of 4'],
    ],
    [
      'of an account with as many snapshots as it may have',
      { quotas: quotas({ snapshots: [100, 100] }) },
      ['no quota-reached: snapshot of 4'],
    ],
    [
      'whose quotas cannot be read',
      { quotas: { ...quotas(), vcpus: new Map([[fleetNode({}).instanceType, { unread: 'AccessDenied' }]]) } },
      ['unknown unread: replace blue-green of 4'],
    ],
    [
      'with too many sick nodes',
      { breaker: { value: { open: true, sentence: '3 of 4 nodes unhealthy' } } },
      ['no breaker-open: swap replace snapshot move upgrade blue-green shrink of 4'],
    ],
  ])('%s', (_, more, told) => {
    expect(causes(fleetFacts(more))).toEqual(told);
  });

  it.each<[string, (wish: Wish) => Answered, readonly string[]]>([
    [
      'that the caller lacks a right is not known of the heals',
      refusedBy(
        'RunInstances',
        'UnauthorizedOperation',
        `${DENIED} because no identity-based policy allows the ec2:RunInstances action`,
      ),
      ['unknown caller-may-not: replace blue-green of 4'],
    ],
    [
      'that a policy of the organization denies is a no',
      refusedBy('RunInstances', 'UnauthorizedOperation', `${DENIED} with an explicit deny in a service control policy`),
      ['no unauthorized: replace blue-green of 4'],
    ],
    [
      'that AWS only says no is a no',
      refusedBy('ModifyVolume', 'UnauthorizedOperation', 'You are not authorized to perform this operation.'),
      ['no unauthorized: grow of 4'],
    ],
    [
      'a quota is a no',
      refusedBy('RunInstances', 'VcpuLimitExceeded', 'more vCPU'),
      ['no quota-reached: replace blue-green of 4'],
    ],
    [
      'a subnet without room says nothing of another',
      refusedBy('RunInstances', 'InsufficientFreeAddressesInSubnet', 'none'),
      ['unknown aws-refused: replace blue-green of 4'],
    ],
    [
      'a snapshot that is gone is a no',
      refusedBy('CreateVolume', 'InvalidSnapshot.NotFound', 'gone'),
      ['no aws-refused: swap upgrade blue-green shrink of 4'],
    ],
    [
      'a stop that is refused holds back each act that has one',
      refusedBy('StopInstances', 'OperationNotPermitted', 'DisableApiStop'),
      ['no aws-refused: stop-start replace move blue-green of 4'],
    ],
    [
      'what was not asked is not known',
      ({ call }) =>
        call === 'CreateSnapshots' ? { is: 'open', code: 'not-asked', words: 'more' } : { is: 'accepted' },
      ['unknown not-asked: snapshot of 4'],
    ],
  ])('AWS’s word: %s', (_, answer, told) => {
    expect(causes(fleetFacts(), answer)).toEqual(told);
  });

  it.each<[string, Partial<NodeFacts>, readonly string[]]>([
    [
      'whose agent is silent',
      {
        agent: {
          value: { refuse: 'node-silent', reason: 'its SSM agent is ConnectionLost', page: true, retryAfterMs: 0 },
        },
      },
      ['no node-silent: grow restart swap snapshot move upgrade blue-green shrink of 1'],
    ],
    [
      'that does not carry out a command',
      { command: { value: 'it did not' } },
      ['no command-failed: grow restart swap snapshot move upgrade blue-green shrink of 1'],
    ],
    [
      'that is stopped',
      { node: fleetNode({ name: 'node1', tags, state: 'stopped' }) },
      [`no instance-stopped: ${ASKED.join(' ')} of 1`],
    ],
    [
      'that a person has paused',
      { node: fleetNode({ name: 'node1', tags: { ...tags, 'chainmend:pause': 'mine' } }) },
      [`no paused: ${ASKED.join(' ')} of 1`],
    ],
    [
      'that was restarted ten times today',
      {
        restarts: {
          value: {
            version: 1,
            restarts: Array.from({ length: 10 }, (_, at) => ({ key: `r${at}`, atMs: NOON_MS - at * HOUR_MS })),
          },
        },
      },
      ['no restarts-spent: restart stop-start move of 1'],
    ],
    [
      'whose data volume has lost its tags',
      { data: [] },
      ['no volume-unknown: swap snapshot upgrade blue-green shrink of 1', 'no volume-not-found: grow of 1'],
    ],
    [
      'from no template',
      { node: fleetNode({ name: 'node1', tags: NODE_TAGS }) },
      ['no no-template: replace blue-green of 1'],
    ],
    [
      'whose volumes cannot be read',
      { volumes: { unread: 'UnauthorizedOperation' }, data: [] },
      ['unknown unread: grow stop-start swap replace snapshot move upgrade blue-green shrink of 1'],
    ],
    [
      'whose group cannot spare it',
      { standbyFault: { unread: 'AccessDenied' } },
      ['unknown unread: stop-start swap replace move upgrade blue-green shrink of 1'],
    ],
  ])('with a node %s tells of that node alone', (_, more, told) => {
    const nodes = [nodeFacts('node1', more), nodeFacts('node2'), nodeFacts('node3')];
    expect(causes(fleetFacts({ nodes }))).toEqual(told);
  });

  it('is not blamed for what its file leaves out, or for a validator that is never replaced', () => {
    const fleet = bitcoinFleet({ replace: { rungs: ['restart', 'stop-start'] } });
    const { causes: none, nodes } = reported(fleetFacts({ fleet }));
    expect(none).toEqual([]);
    expect(nodes[0]?.heals).toMatchObject({ swap: { is: 'off' }, replace: { is: 'off' }, snapshot: { is: 'off' } });
    const validator = nodeFacts('node1', { node: fleetNode({ name: 'node1', tags, role: 'validator' }) });
    const heals = reported(fleetFacts({ nodes: [validator, nodeFacts('node2')] })).nodes[0]?.heals;
    expect(heals).toMatchObject({
      restart: { is: 'off' },
      swap: { is: 'off' },
      replace: { is: 'off' },
      grow: { is: 'yes' },
    });
  });

  it('tells the worst first: what keeps most nodes from being restored', () => {
    const silent = { value: { refuse: 'node-silent', reason: 'silent', page: true, retryAfterMs: 0 } } as const;
    const nodes = [nodeFacts('node1', { agent: silent }), nodeFacts('node2'), nodeFacts('node3')];
    const { causes: told } = reported(
      fleetFacts({ nodes, addedUsd: { value: 99 }, sets: { value: [] }, watch: { unread: 'x' } }),
    );
    expect(told.map(({ code }) => code)).toEqual(['no-good-snapshot', 'node-silent', 'cost-ceiling']);
  });
});

describe('what people read', () => {
  it('fits 80 columns whatever the names are, and says what is wrong by its causes', () => {
    const nodes = Array.from({ length: 41 }, (_, at) => nodeFacts(`a-node-with-quite-a-long-name-${at}`));
    const facts = fleetFacts({
      nodes,
      sets: { value: [] },
      keys: new Map([[KEY, key({ policy: { value: { action: 'kms:CreateGrant', word: 'denies' } } })]]),
    });
    const lines = linesOf({
      at: '',
      askedAs: 'arn:aws:iam::1:user/me',
      account: [],
      works: false,
      problems: [],
      fleets: [reported(facts)],
    });
    expect(lines).toContain('bitcoin: 41 nodes: 41 of 41 cannot be restored');
    expect(lines.filter((line) => line.length > 80 && !line.includes('aws kms'))).toEqual([]);
    expect(lines.filter((line) => line.includes('and 39 more')).length).toBeGreaterThan(1);
    expect(lines.some((line) => /^NODES +MOVE +UPGRADE +BLUE-GREEN +SHRINK$/.test(line))).toBe(true);
  });
});

describe('dry runs', () => {
  it('ask once for all nodes that are alike, and stop and start many with one request each', async () => {
    const wishes = wishesOf([...plansOf(fleetFacts()).values()]);
    const calls = [...wishes.values()].map(({ call }) => call);
    expect(calls.filter((call) => call === 'RunInstances')).toHaveLength(1);
    expect(calls.filter((call) => call === 'CreateVolume')).toHaveLength(1);
    const sent: string[] = [];
    const answers = await askDryly(answering(sent), wishes, () => {});
    expect([...answers.values()].every(({ is }) => is === 'accepted')).toBe(true);
    expect(sent.filter((name) => name === 'StopInstancesCommand')).toHaveLength(1);
  });

  it('end at their bound, and what is beyond it is not known', async () => {
    const nodes = Array.from({ length: 150 }, (_, at) => {
      const made = nodeFacts(`node${at}`);
      return { ...made, node: { ...made.node, subnetId: `subnet-${at}` } };
    });
    const sent: string[] = [];
    const answers = await askDryly(answering(sent), wishesOf([...plansOf(fleetFacts({ nodes })).values()]), () => {});
    expect(sent.filter((name) => !name.startsWith('Describe')).length).toBeLessThanOrEqual(DRY_RUNS_A_FLEET);
    expect(
      [...answers.values()].filter((answer) => answer.is === 'open' && answer.code === 'not-asked').length,
    ).toBeGreaterThan(40);
  });
});

/** An EC2 that would carry out everything. */
function answering(sent: string[]): Parameters<typeof askDryly>[0] {
  const send = async (command: { readonly constructor: { readonly name: string } }) => {
    const { name } = command.constructor;
    sent.push(name);
    if (name === 'DescribeLaunchTemplateVersionsCommand')
      return { LaunchTemplateVersions: [{ LaunchTemplateData: {} }] };
    throw Object.assign(new Error('it would'), { name: 'DryRunOperation' });
  };
  return { send } as unknown as Parameters<typeof askDryly>[0];
}

it('each code of the doctor stands in its page', () => {
  const page = readFileSync(join(repositoryRoot, 'docs/doctor.md'), 'utf8');
  const rows = Object.entries(DOCTOR_CODES).map(([code, sentence]) => `| \`${code}\` | ${sentence} |`);
  expect(page).toContain(rows.join('\n'));
});
