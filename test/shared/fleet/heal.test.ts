import { EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { readFleets } from '../../../infra/fleets.ts';
import { chainDefaults } from '../../../shared/chains/defaults.ts';
import { discoverByClaim, discoverNodes } from '../../../shared/fleet/nodes.ts';
import { FleetFileError } from '../../../shared/fleet/problems.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { exampleFleets } from '../../fixtures/example-fleets.ts';
import { bitcoin } from '../../fixtures/fleet-documents.ts';

/** "replace.rungs": "expected …", for every error. */
function refusals(document: unknown): Readonly<Record<string, string>> {
  try {
    parseFleet(JSON.stringify(document));
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error;
    return Object.fromEntries(error.problems.map(({ path, expected }) => [path.join('.'), expected]));
  }
  return {};
}

const lines = (document: object) => parseFleet({ ...bitcoin, ...document }).units.map(({ cleanLine }) => cleanLine);

describe('a fleet file says how far a stuck node is helped', () => {
  it('by the rungs that it names, without a restart if it likes, and by none at all', () => {
    const rungs = (written: readonly string[]) => parseFleet({ ...bitcoin, replace: { rungs: written } }).replace.rungs;
    expect(rungs(['swap'])).toEqual(['swap']);
    expect(rungs(['restart', 'replace'])).toEqual(['restart', 'replace']);
    expect(rungs([])).toEqual([]);
  });

  it.each<[string, object, string, string]>([
    ['rungs downwards', { rungs: ['swap', 'restart'] }, 'replace.rungs', 'mildest first: [restart, swap]'],
    ['a rung twice', { rungs: ['swap', 'swap'] }, 'replace.rungs', 'each once'],
    ['a rung that nobody knows', { rungs: ['reboot'] }, 'replace.rungs.0', 'restart, stop-start, swap, replace'],
    ['a rate below what EBS sells', { initializationMiBps: 99 }, 'replace.initializationMiBps', 'from 100 to 300'],
    ['a rate above it', { initializationMiBps: 301 }, 'replace.initializationMiBps', 'from 100 to 300'],
    ['a subnet by its name', { subnets: ['private-a'] }, 'replace.subnets.0', 'subnet-0123456789abcdef0'],
    ['a source of no kind', { source: 'peer' }, 'replace.source', 'snapshot, sibling'],
    ['more in an hour than in a day', { replacementsPerHour: 6 }, 'replace.replacementsPerHour', 'at most 5'],
    ['no replacement at all', { replacementsPerDay: 0 }, 'replace.replacementsPerDay', 'from 1 to 50'],
    ['a key of its own', { rung: ['swap'] }, 'replace.rung', 'expected one of rungs, rollBack, reindex, source'],
  ])('and is refused with %s', (_, replace, field, expected) => {
    expect(refusals({ ...bitcoin, replace })).toEqual({ [field]: expect.stringContaining(expected) });
  });

  it('and what is kept, where new instances go, and what is asked of EBS', () => {
    const written = {
      keepDays: 14,
      subnets: ['subnet-0123456789abcdef0'],
      initializationMiBps: 300,
      launchTemplate: 'a.b',
    };
    const { subnets, ...same } = written;
    expect(parseFleet({ ...bitcoin, replace: written }).replace).toMatchObject({ ...same, subnetIds: subnets });
  });
});

describe('clean snapshots', () => {
  it('are taken where a fleet file asks for them, without a policy of Data Lifecycle Manager', () => {
    const { snapshots, cleanSnapshots } = parseFleet({ ...bitcoin, snapshots: { clean: {} } });
    expect(snapshots).toBeUndefined();
    expect(cleanSnapshots).toEqual({ everyHours: 24, withinHours: 3, keep: 7, alone: false, poolFloor: 2 });
  });

  it('come at a time of day, which comes once a day', () => {
    const at = (clean: object) => parseFleet({ ...bitcoin, snapshots: { clean } }).cleanSnapshots;
    expect(at({ at: '03:00', everyHours: 48 })).toMatchObject({ at: '03:00', everyHours: 48 });
    expect(() => at({ at: '03:00', everyHours: 6 })).toThrow('expected whole days where snapshots.clean.at is 03:00');
    expect(() => at({ at: '24:00' })).toThrow(/snapshots\.clean\.at/);
    expect(() => at({ at: '03:00', withinHours: 1 })).toThrow(/withinHours/);
  });

  it('go together with such a policy, which any key of its own asks for', () => {
    const { snapshots, cleanSnapshots } = parseFleet({ ...bitcoin, snapshots: { keep: 3, clean: { keep: 2 } } });
    expect(snapshots).toMatchObject({ everyHours: 24, keep: 3 });
    expect(cleanSnapshots).toMatchObject({ keep: 2 });
  });

  it('are not taken where only a policy is asked for', () => {
    const { snapshots, cleanSnapshots } = parseFleet({ ...bitcoin, snapshots: {} });
    expect([snapshots?.everyHours, cleanSnapshots]).toEqual([24, undefined]);
  });

  it('need no selector of one tag, which is a matter of that policy', () => {
    const nodes = { tag: { Component: 'nodes/bitcoin', Stage: 'live' } };
    expect(refusals({ ...bitcoin, nodes, snapshots: { clean: {} } })).toEqual({});
    expect(Object.keys(refusals({ ...bitcoin, nodes, snapshots: { clean: {}, keep: 7 } }))).toEqual(['nodes.tag']);
  });

  it.each(['validator', 'unknown'])('stop nobody whose role is %s', (role) => {
    const expected = expect.stringContaining(`its role is ${role}`);
    expect(refusals({ ...bitcoin, role, snapshots: { clean: {} } })).toEqual({ 'snapshots.clean': expected });
    expect(refusals({ ...bitcoin, role: { tag: 'Role' }, snapshots: { clean: {} } })).toEqual({});
  });

  it('keep two sets at least, so that one that is bad is not the last', () => {
    expect(Object.keys(refusals({ ...bitcoin, snapshots: { clean: { keep: 1 } } }))).toEqual(['snapshots.clean.keep']);
  });
});

describe('snapshots that other accounts may use', () => {
  const kmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const shareWith = { accounts: ['444455556666'], kmsKeyArn };

  it('are refused while the nodes’ identity lies on the volumes, by what lies there', () => {
    expect(refusals({ ...bitcoin, snapshots: { shareWith } })).toEqual({
      'snapshots.shareWith': expect.stringContaining('/var/lib/bitcoind/wallets on the volume data'),
    });
    const identity = ['/node-data/keys'];
    expect(refusals({ ...bitcoin, volumes: { chain: '/node-data' }, identity, snapshots: { shareWith } })).toEqual({
      'snapshots.shareWith': expect.stringContaining('/node-data/keys on the volume chain'),
    });
  });

  it('may be shared where it lies elsewhere, or the owner says that there is none', () => {
    const identity = ['/etc/bitcoin/wallet'];
    expect(refusals({ ...bitcoin, identity, snapshots: { shareWith } })).toEqual({});
    const free = { ...shareWith, identityFree: true };
    expect(refusals({ ...bitcoin, snapshots: { shareWith: free } })).toEqual({});
    expect(parseFleet({ ...bitcoin, snapshots: { shareWith: free } }).snapshots?.shareWith).toEqual(free);
  });
});

describe('the last line of a client that ended cleanly', () => {
  it.each<[string, string, string]>([
    ['bitcoin', '2026-01-01T12:00:00Z Shutdown: done', '2026-01-01T12:00:00Z Shutdown: In progress...'],
    [
      'ethereum',
      'INFO [01-01|12:00:00.000] Blockchain stopped',
      'INFO [01-01|12:00:00.000] Writing cached state to disk',
    ],
    [
      'cometbft',
      'I[2026-01-01|12:00:00.000] service stop msg="Stopping Node service" impl=Node',
      'panic: wrong Block.Header',
    ],
    [
      'cometbft',
      'I[2026-01-01|12:00:00.000] Closing rpc listener listener=',
      'I[2026-01-01|12:00:00.000] executed block',
    ],
    ['stacks', 'INFO [1.1] [testnet/stacks-node] Exiting stacks-node', 'INFO Terminating relayer'],
  ])('of %s is known by its words', (chain, ended, other) => {
    const { cleanLine = '' } = parseFleet({ ...bitcoin, chain }).units[0] ?? {};
    expect([new RegExp(cleanLine).test(ended), new RegExp(cleanLine).test(other)]).toEqual([true, false]);
  });

  it('is what the fleet file says, or nothing', () => {
    expect(lines({ cleanLine: 'Bye|Good night' })).toEqual(['Bye|Good night']);
    expect(lines({ cleanLine: 'none' })).toEqual([undefined]);
    expect(lines({ chain: 'solana' })).toEqual([undefined]);
  });

  it('of every chain could stand in a fleet file', () => {
    for (const defaults of Object.values(chainDefaults))
      if ('cleanLine' in defaults) expect(lines({ cleanLine: defaults.cleanLine })).toEqual([defaults.cleanLine]);
  });

  it.each(['**', 'a**', '.*', 'a|', '|a', 'a(b)', 'a$', '^a', 'a\\', "a'b", 'a`id`', '$(id)', 'a+', 'ab', 'é-line'])(
    'is refused where grep, or a shell, could take %j for something else',
    (cleanLine) => {
      expect(Object.keys(refusals({ ...bitcoin, cleanLine }))).toEqual(['cleanLine']);
    },
  );
});

it('the fleet files that are there mean what they meant: nothing is stopped for a snapshot, and rule 4 holds', () => {
  for (const { fleet } of readFleets(exampleFleets)) {
    expect([fleet.name, fleet.cleanSnapshots, fleet.dataMode]).toEqual([fleet.name, undefined, undefined]);
    expect(fleet.replace).toMatchObject({ replacementsPerHour: 2, replacementsPerDay: 5, replacementsPerNode: 3 });
    expect(fleet.replace.rungs).toEqual(['restart', 'stop-start', 'swap', 'replace']);
  }
});

it('instances that a heal has launched and not proved, or has replaced and keeps, are no nodes', async () => {
  const instance = (id: string, ...own: string[]): Instance => ({
    InstanceId: id,
    State: { Name: 'running' },
    Tags: [{ Key: 'Component', Value: 'nodes/bitcoin' }, ...own.map((Key) => ({ Key, Value: '7f3a' }))],
  });
  const Instances = [
    instance('i-1'),
    instance('i-2', 'chainmend:joining'),
    instance('i-3', 'chainmend:retired'),
    instance('i-4', 'chainmend:incident', 'chainmend:node'),
  ];
  const ec2 = Object.assign(new EC2Client({ region: 'eu-west-1' }), {
    send: async () => ({ Reservations: [{ Instances }] }),
  });
  const nodes = await discoverNodes(ec2, parseFleet(bitcoin), { readWatch: async () => undefined });
  expect(nodes.map(({ instanceId }) => instanceId)).toEqual(['i-1', 'i-4']);
});

it('where several suites live in one region a fleet has the nodes that its own suite has claimed, and the others apart', async () => {
  const instance = (id: string, ...Tags: readonly { Key: string; Value: string }[]) => ({
    ...{
      InstanceId: id,
      State: { Name: 'running' },
      Tags: [{ Key: 'Name', Value: id }, { Key: 'Component', Value: 'nodes/bitcoin' }, ...Tags],
    },
  });
  const claim = (Value: string) => ({ Key: 'chainmend:suite', Value });
  const Instances = [instance('i-1'), instance('i-2', claim('payments')), instance('i-3', claim('chainmend'))];
  const ec2 = Object.assign(new EC2Client({ region: 'eu-west-1' }), {
    send: async () => ({ Reservations: [{ Instances }] }),
  });
  const found = async (suite: string) => {
    const { nodes, others } = await discoverByClaim(ec2, parseFleet(bitcoin, suite), {
      readWatch: async () => undefined,
    });
    return [nodes, others].map((some) => some.map(({ instanceId }) => instanceId));
  };
  expect(await found('chainmend')).toEqual([['i-1', 'i-3'], ['i-2']]);
  expect(await found('payments-chainmend')).toEqual([['i-2'], ['i-1', 'i-3']]);
  expect(await found('orders-chainmend')).toEqual([[], ['i-1', 'i-2', 'i-3']]);
});

describe('a fleet file names its owner’s roll-back', () => {
  const drills = { securityGroup: 'sg-0123456789abcdef0' };
  const rollBack = { command: '/opt/node/roll-back' };
  const file = (more: object) => ({ ...bitcoin, role: 'follower', drills, replace: { rollBack }, ...more });
  const refused = (more: object) => JSON.stringify(refusals(file(more)));

  it('by its command alone: a quarter of an hour, and a copy first', () => {
    expect(parseFleet(file({})).replace.rollBack).toEqual({ ...rollBack, minutes: 15, rehearse: true });
    expect(parseFleet(file({ replace: {} })).replace.rollBack).toBeUndefined();
    const alone = { replace: { rollBack: { ...rollBack, rehearse: false } }, drills: undefined };
    expect(refusals({ ...bitcoin, role: 'follower', replace: alone.replace })).toEqual({});
  });

  it.each<[string, object, string]>([
    ['arguments', { replace: { rollBack: { command: '/opt/node/roll-back 5' } } }, 'without arguments'],
    ['no absolute path', { replace: { rollBack: { command: 'roll-back' } } }, 'absolute path'],
    ['more than an hour', { replace: { rollBack: { ...rollBack, minutes: 61 } } }, 'minutes'],
    ['validators', { role: 'validator', drills: undefined }, 'expected role: follower'],
    ['sentries', { role: 'sentry' }, 'expected role: follower'],
    ['no role', { role: undefined, drills: undefined }, 'expected role: follower'],
    ['no drills that could try it', { drills: undefined }, 'expected drills'],
  ])('and is refused with %s', (_, more, expected) => {
    expect(refused(more)).toContain(expected);
  });
});

describe('a fleet file names its owner’s reindex', () => {
  const drills = { securityGroup: 'sg-0123456789abcdef0' };
  const reindex = { command: '/opt/node/reindex' };
  const file = (more: object) => ({ ...bitcoin, role: 'follower', drills, replace: { reindex }, ...more });
  const refused = (more: object) => JSON.stringify(refusals(file(more)));

  it('by its command alone: two hours, and always a copy first', () => {
    expect(parseFleet(file({})).replace.reindex).toEqual({ ...reindex, minutes: 120 });
    expect(parseFleet(file({ replace: {} })).replace.reindex).toBeUndefined();
    expect(parseFleet(file({ chain: 'litecoin' })).replace.reindex).toBeDefined();
  });

  it.each<[string, object, string]>([
    ['arguments', { replace: { reindex: { command: '/opt/node/reindex -reindex' } } }, 'without arguments'],
    ['no absolute path', { replace: { reindex: { command: 'reindex' } } }, 'absolute path'],
    ['more than a day', { replace: { reindex: { ...reindex, minutes: 1_441 } } }, 'minutes'],
    ['a wish not to try it', { replace: { reindex: { ...reindex, rehearse: false } } }, 'rehearse'],
    ['validators', { role: 'validator', drills: undefined }, 'expected role: follower'],
    ['sentries', { role: 'sentry' }, 'expected role: follower'],
    ['no role', { role: undefined, drills: undefined }, 'expected role: follower'],
    ['no drills that could measure it', { drills: undefined }, 'expected drills'],
    ['a chain whose clients have no such command', { chain: 'ethereum' }, 'expected a chain of bitcoin’s family'],
  ])('and is refused with %s', (_, more, expected) => {
    expect(refused(more)).toContain(expected);
  });
});

describe('an owner’s pruning is asked for', () => {
  const drills = { securityGroup: 'sg-0123456789abcdef0' };
  const prune = { command: '/opt/node/prune' };
  const file = (more: object) => ({ ...bitcoin, role: 'follower', drills, disk: { prune }, ...more });
  const refused = (more: object) => JSON.stringify(refusals(file(more)));

  it('by its command alone: an hour, a copy first, and two other nodes that serve', () => {
    const { disk } = parseFleet(file({}));
    expect(disk.prune).toEqual({ ...prune, minutes: 60, rehearse: true, poolFloor: 2 });
    expect(disk.growAtPercent).toBe(parseFleet({ ...bitcoin, disk: {} }).disk.growAtPercent);
    expect(parseFleet(file({ disk: {} })).disk.prune).toBeUndefined();
    const disk_ = { prune: { ...prune, rehearse: false } };
    expect(refusals({ ...bitcoin, role: 'follower', disk: disk_ })).toEqual({});
  });

  it.each<[string, object, string]>([
    ['arguments', { disk: { prune: { command: '/opt/node/prune 550' } } }, 'without arguments'],
    ['no absolute path', { disk: { prune: { command: 'prune' } } }, 'absolute path'],
    ['more than two hours', { disk: { prune: { ...prune, minutes: 121 } } }, 'minutes'],
    ['validators', { role: 'validator', drills: undefined }, 'expected role: follower'],
    ['sentries', { role: 'sentry' }, 'expected role: follower'],
    ['no role', { role: undefined, drills: undefined }, 'expected role: follower'],
    ['no drills that could try it', { drills: undefined }, 'expected drills'],
  ])('and is refused with %s', (_, more, expected) => {
    expect(refused(more)).toContain(expected);
  });
});
