import { EC2Client } from '@aws-sdk/client-ec2';
import { InvalidChangeBatch, Route53ServiceException } from '@aws-sdk/client-route-53';
import { describe, expect, it } from '@jest/globals';
import { reconcileNames } from '../../../functions/register-nodes/apply-names.ts';
import { REGISTER, type RegisterContext } from '../../../functions/register-nodes/context.ts';
import { readNodeFacts } from '../../../functions/register-nodes/facts.ts';
import { neighboursOf } from '../../../shared/fleet/membership.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import type { SeenInstance } from '../../../shared/fleet/nodes.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { newRegister, type RegisterRecord } from '../../../shared/guardrails/names.ts';
import { newNode } from '../../../shared/heal/lease.ts';
import type { NodeRecord } from '../../../shared/heal/records.ts';
import { inFairOrder } from '../../../shared/reconcile/fleets.ts';
import { bitcoinFile, bitcoinFleet, DEPLOYED, deployedAs, deployedOf } from '../../fixtures/builders/fleet.ts';
import { HOUR_MS, MINUTE_MS } from '../../fixtures/builders/time.ts';
import { idOf, nodeOf } from '../../fixtures/register-facts.ts';

const fleet = bitcoinFleet({ probe: 'ssm' });
const tags = { ...fleet.nodes.tags };

const instanceOf = ({ instanceId, name, privateIp, state }: SeenInstance, more: Record<string, string> = tags) => ({
  InstanceId: instanceId,
  PrivateIpAddress: privateIp,
  VpcId: 'vpc-1',
  State: { Name: state },
  Placement: { AvailabilityZone: 'eu-west-1a' },
  Tags: Object.entries({ ...more, [fleet.nodes.nameTag]: name }).map(([Key, Value]) => ({ Key, Value })),
});
type Listed = ReturnType<typeof instanceOf>;
interface Set {
  readonly Name: string;
  readonly Type: string;
  readonly TTL: number;
  readonly ResourceRecords: readonly { readonly Value: string }[];
}
interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Record<string, unknown> & { readonly Filters?: readonly { Name: string; Values: string[] }[] };
}

/** An account with only these instances, and one private zone that changes as in Route 53. */
function accountOf({
  byTags,
  byId = [],
  observed = [],
  records = [],
  of = fleet,
  told = newRegister,
  refuses = () => null,
}: {
  readonly byTags: () => readonly Listed[];
  readonly byId?: readonly Listed[];
  readonly observed?: readonly ObservedNode[];
  readonly records?: readonly NodeRecord[];
  readonly of?: Fleet;
  readonly told?: RegisterRecord;
  readonly refuses?: (names: readonly string[]) => string | Error | null;
}) {
  const zone = new Map<string, Set>();
  const sent: string[][] = [];
  const ec2 = async ({ input: { Filters = [] } }: Command) => {
    const names = Filters.map(({ Name }) => Name);
    if (names.includes('instance-id')) {
      const ids = Filters.find(({ Name }) => Name === 'instance-id')?.Values ?? [];
      return { Reservations: [{ Instances: byId.filter(({ InstanceId }) => ids.includes(InstanceId)) }] };
    }
    const tagged = names.includes('tag-key');
    const Instances = byTags().filter(({ Tags }) => !tagged || Tags.some(({ Key }) => Key === 'chainmend:pause'));
    const ended = Filters.some(({ Values }) => Values.includes('terminated'));
    return { Reservations: [{ Instances: ended ? [] : Instances }] };
  };
  const keyOf = ({ Name, Type }: Set) => `${Name} ${Type}`;
  const change = (Changes: readonly { Action: string; ResourceRecordSet: Set }[]) => {
    const names = Changes.map(({ ResourceRecordSet }) => ResourceRecordSet.Name);
    sent.push([...names]);
    const why = refuses(names);
    if (why instanceof Error) throw why;
    if (why !== null) throw new InvalidChangeBatch({ message: why, $metadata: {} });
    const next = new Map(zone);
    for (const { Action, ResourceRecordSet } of Changes) {
      const there = next.get(keyOf(ResourceRecordSet));
      if (Action === 'DELETE' && JSON.stringify(there) !== JSON.stringify(ResourceRecordSet))
        throw new InvalidChangeBatch({ message: 'not found', $metadata: {} });
      if (Action === 'CREATE' && there) throw new InvalidChangeBatch({ message: 'exists', $metadata: {} });
      if (Action === 'DELETE') next.delete(keyOf(ResourceRecordSet));
      else next.set(keyOf(ResourceRecordSet), ResourceRecordSet);
    }
    zone.clear();
    for (const [key, set] of next) zone.set(key, set);
    return {};
  };
  const route53 = async ({ constructor: { name }, input }: Command) => {
    if (name === 'ListHostedZonesByNameCommand')
      return { HostedZones: [{ Id: '/hostedzone/Z1', Name: 'bitcoin.internal.', Config: { PrivateZone: true } }] };
    if (name === 'ListResourceRecordSetsCommand') return { ResourceRecordSets: [...zone.values()] };
    return change((input['ChangeBatch'] as { Changes: [] }).Changes);
  };
  const Parameters = [
    { Name: '/chainmend/pause', Value: 'off' },
    { Name: '/chainmend/fleets/bitcoin', Value: JSON.stringify(bitcoinFile({ probe: 'ssm', mode: of.mode })) },
    { Name: DEPLOYED, Value: deployedOf(bitcoinFile()) },
  ];
  const context = {
    clients: {
      ec2: Object.assign(new EC2Client(), { send: ec2 }),
      route53: { send: route53 },
      ssm: { send: async () => ({ Parameters }) },
    },
    store: {
      readObservations: async () => [{ observedAtMs: Date.now(), nodes: observed }],
      readNodes: async () => records,
      readRegister: async () => undefined,
      replace: async () => true,
    },
    environment: { PARAMETER_PREFIX: '/chainmend', AWS_REGION: 'eu-west-1' },
    fleet: of,
    controller: REGISTER,
    untilMs: Date.now() + HOUR_MS,
    write: async () => {},
  } as unknown as RegisterContext;
  const names = async (more: { readonly approved?: string } = {}) => {
    const nodeFacts = await readNodeFacts(context, [of]);
    const approval = more.approved === undefined ? undefined : { plan: more.approved, by: null };
    const request = { fleets: [of], names: null, confirmed: false, approval, nodeFacts, register: told };
    return reconcileNames(context, { ...request, readGone: async () => [] });
  };
  const values = (name: string, type = 'A') =>
    zone.get(`${name}.bitcoin.internal. ${type}`)?.ResourceRecords.map(({ Value }) => Value);
  return { context, names, zone, sent, values };
}

const observedOf = (node: SeenInstance, health = 'synced') =>
  ({ ...node, health, reason: '', seenSinceMs: 0 }) as unknown as ObservedNode;
const [one, two, three] = [nodeOf(1), nodeOf(2), nodeOf(3)];
const all = [one, two, three].map((node) => observedOf(node));
const idsOf = (nodes: readonly SeenInstance[]) => nodes.map(({ instanceId }) => instanceId);

describe('a node that EC2 does not list though it was seen within three minutes', () => {
  const byTags = () => [instanceOf(one), instanceOf(three)];

  it('is a node as ever where EC2 tells of it by its id', async () => {
    const seen = await readNodeFacts(accountOf({ byTags, byId: [instanceOf(two)], observed: all }).context, [fleet]);
    expect(idsOf(seen.nodes)).toEqual([idOf(1), idOf(3), idOf(2)]);
    expect([seen.found, [...seen.untouched]]).toEqual([2, []]);
  });

  it('keeps what it has where EC2 knows nothing of it at the moment', async () => {
    const seen = await readNodeFacts(accountOf({ byTags, observed: all }).context, [fleet]);
    expect(idsOf(seen.nodes)).toContain(idOf(2));
    expect([...seen.untouched]).toEqual([idOf(2)]);
  });

  it.each([
    ['it has ended', instanceOf({ ...two, state: 'terminated' as never })],
    ['it carries other tags now', instanceOf(two, { Component: 'nodes/other' })],
  ])('is gone where EC2 says that %s', async (_, instance) => {
    const seen = await readNodeFacts(accountOf({ byTags, byId: [instance], observed: all }).context, [fleet]);
    expect(idsOf(seen.nodes)).toEqual([idOf(1), idOf(3)]);
  });

  it('is gone where another has its name by now, and none of it is kept where nothing is listed at all', async () => {
    const replaced = () => [instanceOf(one), instanceOf({ ...three, name: 'node2' })];
    expect(idsOf((await readNodeFacts(accountOf({ byTags: replaced, observed: all }).context, [fleet])).nodes)).toEqual(
      [idOf(1), idOf(3)],
    );
    expect((await readNodeFacts(accountOf({ byTags: () => [], observed: all }).context, [fleet])).nodes).toEqual([]);
  });
});

it('a node that carries the tags of two fleets is nobody’s: it leaves the pool, its records stay, and people are told once, with both names', async () => {
  const signet = { probe: 'ssm', fleet: 'signet', nodes: { tag: { Network: 'signet' } } } as const;
  const deployed = deployedAs(bitcoinFile(), bitcoinFile(signet));
  const neighbours = neighboursOf('bitcoin', deployed);
  const other = { ...bitcoinFleet(signet), neighbours: neighboursOf('signet', deployed) };
  const account = accountOf({ byTags: () => [instanceOf(one), instanceOf(two, { ...tags, Network: 'signet' })] });
  const seen = await readNodeFacts({ ...account.context, fleet: { ...fleet, neighbours } }, [fleet, other]);
  expect(seen.refusals.map(({ refuse, subject }) => [refuse, subject])).toEqual([['node-unknown', idOf(2)]]);
  expect(seen.refusals[0]?.reason).toContain('carries the tags of bitcoin and signet, so it is nobody’s');
  expect([...seen.untouched, ...seen.contested]).toEqual([idOf(2), idOf(2)]);
  const elsewhere = await readNodeFacts({ ...account.context, fleet: other }, [fleet, other]);
  expect(elsewhere.refusals).toEqual([]);
});

it('a node is taken while a heal works on it or has left it down, and free once it is proved or only remembered', async () => {
  const operation = { kind: 'snapshot', incidentId: '7f3a0c1d', memory: {} };
  const recordOf = (instanceId: string, owner: string | null, open: object): NodeRecord =>
    ({ ...newNode('bitcoin', instanceId), owner, operation: open }) as NodeRecord;
  const ladder = {
    kind: 'replace',
    phase: 'preparing',
    incidentId: '7f3a0c1d',
    memory: { restoredVolumes: null, replacement: null },
  };
  const grow = { kind: 'grow', phase: 'down', incidentId: '7f3a0c1d' };
  const takenOf = async (record: NodeRecord) => {
    const { taken } = await readNodeFacts(accountOf({ byTags: () => [instanceOf(one)], records: [record] }).context, [
      fleet,
    ]);
    return [...taken];
  };
  expect(await takenOf(recordOf(idOf(1), 'me', { ...operation, phase: 'preparing' }))).toEqual([idOf(1)]);
  expect(await takenOf(recordOf(idOf(1), null, { ...operation, phase: 'down' }))).toEqual([idOf(1)]);
  expect(await takenOf(recordOf(idOf(1), 'me', { ...operation, phase: 'proved' }))).toEqual([]);
  expect(await takenOf(recordOf(idOf(1), 'me', ladder))).toEqual([idOf(1)]);
  expect(await takenOf(recordOf(idOf(1), null, ladder))).toEqual([]);
  expect(await takenOf(recordOf(idOf(1), 'me', grow))).toEqual([]);
  // A smaller disk gets its files beside it; then the two are exchanged.
  const shrinking = (isFilled: boolean, phase = 'preparing') => ({
    ...{ ...ladder, phase },
    memory: { restoredVolumes: { shrink: { isFilled } }, replacement: null },
  });
  expect(await takenOf(recordOf(idOf(1), 'me', shrinking(false)))).toEqual([]);
  expect(await takenOf(recordOf(idOf(1), 'me', shrinking(true)))).toEqual([idOf(1)]);
  expect(await takenOf(recordOf(idOf(1), 'me', shrinking(false, 'down')))).toEqual([idOf(1)]);
  // A disk grows under its client, and is pruned while it is stopped.
  expect(await takenOf(recordOf(idOf(1), null, { ...grow, prune: { command: '/opt/node/prune', height: 1 } }))).toEqual(
    [idOf(1)],
  );
});

describe('records that are carried out', () => {
  it('are planned anew from everything when somebody was first, and never put back what was true a while ago', async () => {
    let runs = 0;
    const moved = { ...two, privateIp: '10.0.2.99' };
    const account = accountOf({
      byTags: () => [instanceOf(one), instanceOf(runs === 0 ? two : moved)],
      observed: all,
      refuses: () => (runs++ === 0 ? 'it changed meanwhile' : null),
    });
    expect((await account.names()).records).toEqual({ changed: 4, left: 0 });
    expect(account.values('node2')).toEqual(['10.0.2.99']);
    expect(account.values('pool')).toContain('10.0.2.99');
  });

  it('that Route 53 never takes keep nobody back, and a person is told when it lasts', async () => {
    const refuses = (names: readonly string[]) =>
      names.includes('node2.bitcoin.internal.') ? 'it is delegated' : null;
    const account = accountOf({ byTags: () => [instanceOf(one), instanceOf(two)], observed: all, refuses });
    const { records, refusals } = await account.names();
    expect(records).toEqual({ changed: 3, left: 1 });
    expect(account.values('node1')).toEqual([one.privateIp]);
    expect(refusals).toMatchObject([
      { refuse: 'aws-refused', subject: 'node2.bitcoin.internal', page: true, pageAfterMs: 4 * MINUTE_MS },
    ]);
    expect(refusals[0]?.reason).toContain('it is delegated');
  });

  it('that chainmend may not change keep nobody back, and a person is told once, however many there are', async () => {
    const denied = (status: number) =>
      new Route53ServiceException({
        ...{ name: 'AccessDenied', message: 'not authorized', $fault: 'client' },
        $metadata: { httpStatusCode: status },
      });
    const onlyTwo = (names: readonly string[]) => (names.includes('node2.bitcoin.internal.') ? denied(403) : null);
    const account = accountOf({ byTags: () => [instanceOf(one), instanceOf(two)], observed: all, refuses: onlyTwo });
    const { records, refusals } = await account.names();
    expect(records).toEqual({ changed: 3, left: 1 });
    expect(refusals).toMatchObject([{ refuse: 'aws-refused', subject: 'bitcoin records', page: true }]);
    expect(refusals[0]?.reason).toContain('node2.bitcoin.internal');
    expect(refusals[0]?.reason).toContain('AccessDenied: not authorized');
    const nothing = accountOf({
      byTags: () => [instanceOf(one), instanceOf(two)],
      observed: all,
      refuses: () => denied(403),
    });
    const none = await nothing.names();
    expect(none.records).toEqual({ changed: 0, left: 4 });
    expect(none.refusals).toHaveLength(1);
    expect(none.refusals[0]?.reason).toContain('(4 were tried)');
    const lost = accountOf({ byTags: () => [instanceOf(one)], observed: all, refuses: () => denied(500) });
    await expect(lost.names()).rejects.toThrow('not authorized');
  });

  it('stop where a node got the pause tag since', async () => {
    let asked = 0;
    const paused = { ...tags, 'chainmend:pause': 'mine' };
    const account = accountOf({
      byTags: () => [instanceOf(one), instanceOf(two, asked++ === 0 ? tags : paused)],
      observed: all,
    });
    const { records, refusals } = await account.names();
    expect(records).toEqual({ changed: 0, left: 4 });
    expect(refusals).toMatchObject([{ refuse: 'paused' }]);
    expect(account.sent).toEqual([]);
  });
});

describe('a plan that a person approves', () => {
  const of = bitcoinFleet({ probe: 'ssm', mode: 'ask' });
  const byTags = () => [instanceOf(one), instanceOf(two)];
  const question = async () => (await accountOf({ byTags, observed: all, of }).names()).records?.plan ?? '';
  const askedAgo = (plan: string, ms: number): RegisterRecord => {
    const sinceMs = Date.now() - ms;
    const at = { sinceMs, seenAtMs: Date.now(), writtenAtMs: sinceMs, claimedAtMs: sinceMs, paged: true };
    return { ...newRegister, notifications: [{ code: 'approval-wanted', subject: plan, ...at }] };
  };

  it('is carried out when people were asked about it lately', async () => {
    const plan = await question();
    const account = accountOf({ byTags, observed: all, of, told: askedAgo(plan, HOUR_MS) });
    expect((await account.names({ approved: plan })).records).toEqual({ changed: 4, left: 0 });
  });

  it('is not after the fleet file’s four hours, nor when nobody was asked', async () => {
    const plan = await question();
    const late = accountOf({ byTags, observed: all, of, told: askedAgo(plan, 5 * HOUR_MS) });
    expect((await late.names({ approved: plan })).refusals).toMatchObject([{ refuse: 'approval-expired' }]);
    const unasked = accountOf({ byTags, observed: all, of });
    expect((await unasked.names({ approved: plan })).refusals).toMatchObject([{ refuse: 'approval-exceeded' }]);
    expect([...late.sent, ...unasked.sent]).toEqual([]);
  });

  it('is not where it is another one by then: nothing of either is done', async () => {
    const plan = await question();
    const moved = () => [instanceOf(one), instanceOf({ ...two, privateIp: '10.0.2.99' })];
    const account = accountOf({ byTags: moved, observed: all, of, told: askedAgo(plan, HOUR_MS) });
    expect((await account.names({ approved: plan })).refusals).toMatchObject([
      { refuse: 'approval-exceeded', reason: expect.stringContaining('something has changed') },
    ]);
    expect(account.sent).toEqual([]);
  });
});

it('each run of the schedule begins with another fleet, however many there are', () => {
  for (const count of [1, 2, 5, 10, 25]) {
    const fleets = Array.from({ length: count }, (_, index) => ({ name: `fleet${index}` }) as Fleet);
    const first = Array.from(
      { length: count },
      (_, run) => inFairOrder(fleets, run * 5 * MINUTE_MS, 5 * MINUTE_MS)[0]?.name,
    );
    expect(new Set(first).size).toBe(count);
  }
});
