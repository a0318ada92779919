// What is proposed for an account: which instances are a fleet, which chain runs there, and what is said of what nobody knows.
import { describe, expect, it } from '@jest/globals';
import { adoptionJson, adoptionLines, adoptionOf } from '../../../../infra/commands/adopt/adoption.ts';
import { masked } from '../../../../infra/commands/adopt/mask.ts';
import { documentOf } from '../../../../infra/commands/adopt/proposal.ts';
import { parseReadOut, type ReadOut, readOutText } from '../../../../infra/commands/adopt/read-out.ts';
import { parseSource } from '../../../../infra/fleets.ts';
import { UNSEEN } from '../../../../shared/text/plain-text.ts';
import { nodesNamed, type SomeInstance, someReadOut } from '../../../fixtures/builders/read-out.ts';

/** Names of the nodes by the selector of their fleet. */
const fleetsOf = (readOut: ReadOut) =>
  Object.fromEntries(
    adoptionOf(readOut).fleets.map(({ group }) => [
      Object.entries(group.selector)
        .map((tag) => tag.join('='))
        .join(' '),
      `${group.chain}: ${group.nodes.map(({ name }) => name).join(' ')}`,
    ]),
  );

const BTC = { Component: 'nodes/bitcoin' };
const LTC = { Component: 'nodes/litecoin' };

describe('instances are a fleet by a tag that all of them carry and nobody else', () => {
  it.each<[string, readonly SomeInstance[], Record<string, string>]>([
    [
      'one tag tells two chains apart',
      [...nodesNamed(['node1', 'node2'], BTC), ...nodesNamed(['node3', 'node10'], LTC)],
      { 'Component=nodes/bitcoin': 'bitcoin: node1 node2', 'Component=nodes/litecoin': 'litecoin: node3 node10' },
    ],
    [
      'two chains have one tag, and another tag tells them apart',
      [
        ...nodesNamed(['a1', 'a2'], { Component: 'nodes', Coin: 'btc' }),
        ...nodesNamed(['b1', 'b2'], { Component: 'nodes', Coin: 'ltc' }),
      ],
      { 'Coin=btc': 'bitcoin: a1 a2', 'Coin=ltc': 'litecoin: b1 b2' },
    ],
    [
      'two chains have one tag, and only their names tell them apart: no fleet',
      nodesNamed(['btc1', 'btc2', 'ltc1', 'ltc2'], { Component: 'nodes' }),
      {},
    ],
    [
      'production and staging are two fleets',
      [
        ...nodesNamed(['p1', 'p2'], { ...BTC, Environment: 'prod' }),
        ...nodesNamed(['s1'], { ...BTC, Environment: 'staging' }),
      ],
      {
        'Component=nodes/bitcoin Environment=prod': 'bitcoin: p1 p2',
        'Component=nodes/bitcoin Environment=staging': 'bitcoin: s1',
      },
    ],
    [
      'two networks of one chain are never one fleet',
      [
        ...nodesNamed(['a1', 'a2'], { Project: 'chains', Service: 'eth-mainnet' }),
        ...nodesNamed(['b1', 'b2'], { Project: 'chains', Service: 'eth-sepolia' }),
      ],
      { 'Service=eth-mainnet': 'ethereum: a1 a2', 'Service=eth-sepolia': 'ethereum: b1 b2' },
    ],
    [
      'two networks have one tag, and only their names tell them apart: no fleet',
      nodesNamed(['eth-mainnet-1', 'eth-mainnet-2', 'eth-sepolia-1', 'eth-sepolia-2'], { Service: 'eth' }),
      {},
    ],
    [
      'a tag with a value of its own for each node tells no fleet',
      nodesNamed(['x', 'y'], { Project: 'bitcoin' }).map((one, at) => ({
        ...one,
        tags: { ...one.tags, Component: `bitcoin-${at}` },
      })),
      { 'Project=bitcoin': 'bitcoin: x y' },
    ],
    [
      'a server of the same project that shows nothing of a chain stays outside where another tag allows it',
      [
        ...nodesNamed(['n1', 'n2'], { Project: 'acme', Service: 'stacks-follower' }),
        ...nodesNamed(['grafana'], { Project: 'acme', Service: 'dashboards' }, { path: null }),
      ],
      { 'Service=stacks-follower': 'stacks: n1 n2' },
    ],
    [
      'a lone node without any other tag is a fleet by its name',
      [...nodesNamed(['prod-eth-2'], {}), ...nodesNamed(['web'], {}, { path: null })],
      { 'Name=prod-eth-2': 'ethereum: prod-eth-2' },
    ],
    [
      'tags of AWS and of chainmend tell no fleet',
      nodesNamed(['btc1', 'btc2'], { 'aws:cloudformation:stack-name': 'btc', 'chainmend:fleet': 'bitcoin' }),
      {},
    ],
    [
      'who owns everything tells no fleet',
      [...nodesNamed(['btc1', 'btc2'], { Team: 'bitcoin', ManagedBy: 'terraform' })],
      {},
    ],
  ])('%s', (_, instances, fleets) => {
    expect(fleetsOf(someReadOut(instances))).toEqual(fleets);
  });

  it('a node of the same kind without the tag is named, with the command that tags it', () => {
    const [fleet] = adoptionOf(
      someReadOut([...nodesNamed(['node1', 'node2', 'node3'], BTC), ...nodesNamed(['node4'], {})]),
    ).fleets;
    expect(fleet?.group.nodes.map(({ name }) => name)).toEqual(['node1', 'node2', 'node3']);
    expect(fleet?.notKnown.join('\n')).toMatch(
      /node4 looks like a node of this fleet and lacks its tags: aws ec2 create-tags --resources i-0+4 --tags Key=Component,Value=nodes\/bitcoin/,
    );
  });

  it('what no tag tells apart is said with the tag that both have, and gets no file', () => {
    const { fleets, ambiguous } = adoptionOf(
      someReadOut(nodesNamed(['btc1', 'btc2', 'ltc1', 'ltc2'], { Component: 'nodes' })),
    );
    expect(fleets).toEqual([]);
    expect(ambiguous.map(({ chain, why }) => `${chain}: ${why}`)).toEqual([
      'bitcoin: the tag Component=nodes is on 2 other instances, too (litecoin), and no other tag tells them apart',
      'litecoin: the tag Component=nodes is on 2 other instances, too (bitcoin), and no other tag tells them apart',
    ]);
  });

  it('what was narrowed to a tag has it in each selector, since nothing else was read', () => {
    const readOut = someReadOut(nodesNamed(['node1', 'node2'], { ...BTC, Environment: 'prod' }), {
      narrowedTo: { key: 'Environment', value: 'prod' },
    });
    expect(Object.keys(fleetsOf(readOut))).toEqual(['Environment=prod Component=nodes/bitcoin']);
  });
});

it('two thousand instances that nothing tells apart are judged in seconds', () => {
  const more = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`Tag${at}`, 'same']));
  const names = Array.from({ length: 1_000 }, (_, at) => [`btc${at}`, `ltc${at}`]).flat();
  const readOut = someReadOut(nodesNamed(names, { Component: 'nodes', ...more }));
  const beganMs = performance.now();
  expect(adoptionOf(readOut).ambiguous).toHaveLength(2);
  // 0.6 s on an idle core; each node by itself took 68 s.
  expect(performance.now() - beganMs).toBeLessThan(20_000);
});

const guessOf = (readOut: ReadOut) => {
  const [fleet] = adoptionOf(readOut).fleets;
  return fleet?.keys.find(({ key }) => key === 'chain');
};

describe('the chain is guessed by evidence, and how sure it is stands beside it', () => {
  const plain = { tags: { Name: 'n1', Service: 'nodes' } };
  const admits = (port: number) => ({
    securityGroups: [{ groupId: 'sg-1', name: 'nodes', ports: [{ protocol: 'tcp', from: port, to: port }] }],
  });
  const instance = { ...plain, securityGroups: ['sg-1'] };
  const metric = (dimensions: Record<string, string>) => ({
    metrics: [
      {
        namespace: 'CWAgent',
        name: 'procstat_cpu_usage',
        dimensions: { InstanceId: 'i-00000000000000001', ...dimensions },
      },
    ],
  });
  it.each<[string, ReadOut, string, RegExp]>([
    [
      'a tag that is made for it',
      someReadOut([{ tags: { Name: 'n1', Service: 'x', Coin: 'BTC' } }]),
      'bitcoin',
      /^sure: the tag Coin is BTC/,
    ],
    [
      'a process that a metric names',
      someReadOut([plain], metric({ exe: 'geth' })),
      'ethereum',
      /^sure: a metric of it names the program geth/,
    ],
    [
      'where a volume is mounted',
      someReadOut([{ ...plain, path: '/var/lib/litecoind' }]),
      'litecoin',
      /^likely: a volume is mounted at/,
    ],
    [
      'a port of its peers',
      someReadOut([instance], admits(20444)),
      'stacks',
      /^a guess: its security groups admit port 20444/,
    ],
    [
      'a port that several chains have says nothing of which',
      someReadOut([instance], admits(30303)),
      'ethereum',
      /^a guess: .*clients of Ethereum’s kind/,
    ],
    [
      'the narrower of two words',
      someReadOut([{ tags: { Name: 'arbitrum-eth-1', Service: 'x' } }]),
      'arbitrum',
      /^a guess/,
    ],
    ['a client of two words', someReadOut([{ tags: { Name: 'op-geth-1', Service: 'x' } }]), 'optimism', /^a guess/],
    [
      'a name of its image',
      someReadOut([{ ...plain, imageId: 'ami-00000000000000001' }], {
        images: [{ imageId: 'ami-00000000000000001', name: 'solana-validator-2' }],
      }),
      'solana',
      /its image is/,
    ],
  ])('%s', (_, readOut, chain, from) => {
    expect(guessOf(readOut)).toMatchObject({ value: chain, from: expect.stringMatching(from) });
  });

  it('as much for one chain as for another is no guess', () => {
    const { fleets, ambiguous } = adoptionOf(
      someReadOut([{ tags: { Name: 'n1', Service: 'bitcoin-or-solana' }, path: null }]),
    );
    expect(fleets).toEqual([]);
    expect(ambiguous.map(({ why }) => why)).toEqual(['as much speaks for bitcoin as for solana']);
  });

  it.each(['all ports', 'an alarm of a disk that is full', 'a database'])('%s makes no node of an instance', (what) => {
    const readOut =
      what === 'all ports'
        ? someReadOut([{ ...instance, path: null }], {
            securityGroups: [{ groupId: 'sg-1', name: 'x', ports: [{ protocol: 'tcp', from: 0, to: 65_535 }] }],
          })
        : what === 'a database'
          ? someReadOut([{ tags: { Name: 'database-base-1' }, path: '/var/lib/postgresql' }])
          : someReadOut([plain], {
              alarms: [
                {
                  name: 'disk-full',
                  namespace: 'CWAgent',
                  metric: 'disk_used_percent',
                  dimensions: { InstanceId: 'i-00000000000000001' },
                },
              ],
            });
    expect(adoptionOf(readOut)).toMatchObject({ fleets: [], ambiguous: [], strangers: [expect.any(String)] });
  });
});

describe('a role is only said where something says it', () => {
  const roleIn = (readOut: ReadOut) => {
    const [fleet] = adoptionOf(readOut).fleets;
    return fleet && documentOf(fleet)['role'];
  };
  it.each<[string, readonly SomeInstance[], unknown]>([
    [
      'a tag for it, by its values',
      [
        ...nodesNamed(['a'], { Network: 'clique-18', Role: 'sealer' }),
        ...nodesNamed(['b'], { Network: 'clique-18', Role: 'rpc' }),
      ],
      { tag: 'Role', values: { rpc: 'follower', sealer: 'validator' } },
    ],
    ['all names say validator', nodesNamed(['validator1', 'validator2'], { Project: 'irita' }), 'validator'],
    [
      'one name of two says validator: nobody knows',
      nodesNamed(['validator1', 'node2'], { Project: 'irita' }),
      undefined,
    ],
    ['a name that says both is a validator', nodesNamed(['rpc-validator1'], { Project: 'irita' }), 'validator'],
    ['bitcoin signs nothing', nodesNamed(['a', 'b'], BTC), 'follower'],
    ['other chains may: nobody knows', nodesNamed(['a', 'b'], { Application: 'ethereum-mainnet' }), undefined],
    ['a disk that is full is no full node', nodesNamed(['full-1'], { Application: 'ethereum-mainnet' }), undefined],
  ])('%s', (_, instances, role) => {
    expect(roleIn(someReadOut(instances))).toEqual(role);
  });
});

describe('what is missing is said for each thing that chainmend could do', () => {
  const missingOf = (readOut: ReadOut): string =>
    adoptionOf(readOut)
      .fleets.flatMap(({ missing }) => missing.map((one) => `${one.for.join(',')}: ${one.what}`))
      .join('\n');
  const node = { tags: { Name: 'node1', ...BTC } };
  it.each<[string, ReadOut, RegExp]>([
    ['no snapshot', someReadOut([node]), /^restore: a snapshot of a data volume; snapshots: \{ clean: \{\} \}/m],
    ['no launch template', someReadOut([node]), /^replace: a launch template of node1/m],
    ['no zone', someReadOut([node]), /^names: a private zone/m],
    [
      'volumes without the tags',
      someReadOut([{ ...node, volumeTags: {} }]),
      /^grow,restore,replace: the tags on 1 data volume of node1: aws ec2 create-tags --resources vol-0+7d0 --tags Key=Component,Value=nodes\/bitcoin$/m,
    ],
    [
      'no metrics of disks',
      someReadOut([{ ...node, path: null }]),
      /^grow: disk_used_percent by InstanceId, path and fstype, .* of node1$/m,
    ],
    [
      'an agent that is gone',
      someReadOut([node], { agents: [] }),
      /^grow,watch,restart,restore,replace: an SSM agent that answers on node1$/m,
    ],
    [
      'an agent that is too old',
      someReadOut([node], { agents: [{ instanceId: 'i-00000000000000001', online: true, version: '3.3.2745.9' }] }),
      /an SSM agent of 3.3.2746.0 or newer on node1/,
    ],
    [
      'a tool that owns the machines',
      someReadOut([{ tags: { ...node.tags, ManagedBy: 'terraform' } }]),
      /^restore,replace: its owner’s word/m,
    ],
    [
      'a member of a group',
      someReadOut([{ tags: { ...node.tags, 'aws:autoscaling:groupName': 'g' } }]),
      /^restore,replace: replace.autoScaling: standby/m,
    ],
    [
      'a public address',
      someReadOut([{ ...node, publicIp: '203.0.113.7' }]),
      /^replace: replace.publicAddress: may-change: node1/m,
    ],
    [
      'instance store',
      someReadOut([node], { instanceStoreTypes: ['m6i.large'] }),
      /^replace: volumes that a stop keeps: node1 has instance store$/m,
    ],
  ])('%s', (_, readOut, missing) => {
    expect(missingOf(readOut)).toMatch(missing);
  });

  it('volumes with a tag of their own are found by it', () => {
    const [fleet] = adoptionOf(
      someReadOut(nodesNamed(['node1', 'node2'], BTC, { volumeTags: { Backup: 'btc' } })),
    ).fleets;
    expect(fleet && documentOf(fleet)['volumes']).toEqual({ data: { path: '/node-data', tag: { Backup: 'btc' } } });
  });

  it('what could not be read is said, and nothing is concluded from it', () => {
    const unread = ['snapshots', 'SSM agents', 'private DNS zones'].map((what) => ({ what, why: 'AccessDenied' }));
    const [fleet] = adoptionOf(someReadOut([node], { agents: [], unread })).fleets;
    expect(fleet?.missing.map(({ what }) => what).join('\n')).not.toMatch(/snapshot of|agent|zone/);
    expect(fleet?.notKnown.join('\n')).toMatch(/could not be read/);
  });
});

describe('what strangers wrote stays what it is', () => {
  const hostile = { Name: 'node1\nmode: act # \u001b[31m', 'Key: {': '}\nmode: act', Note: '*anchor &x !!js "\u202e' };
  it('in the file: every key is ours, and the file is right', () => {
    const { fleets } = adoptionOf(someReadOut([{ tags: { ...hostile, ...BTC } }]));
    const [fleet] = fleets;
    const { document, lines } = parseSource('bitcoin.yaml', fleet?.text ?? '');
    expect(lines).toEqual([]);
    expect(document).toMatchObject({ fleet: 'bitcoin', mode: 'plan', nodes: { tag: BTC } });
    expect(fleet?.text.match(/^mode:/gm)).toHaveLength(1);
    expect(fleet?.text.replaceAll('\n', '').search(UNSEEN)).toBe(-1);
  });

  it('on the terminal: each line is one of ours', () => {
    const lines = adoptionLines(adoptionOf(someReadOut([{ tags: { ...hostile, ...BTC } }])));
    expect(lines.join('').search(UNSEEN)).toBe(-1);
  });
});

describe('a masked read-out', () => {
  const secret = someReadOut(
    [
      ...nodesNamed(
        ['acme-btc-1', 'acme-btc-2'],
        { Component: 'acme/bitcoin', Owner: 'Zoë Ødegård', Ticket: 'OPS4711x' },
        { path: '/mnt/acmedata', publicIp: '52.1.2.3' },
      ),
      ...nodesNamed(['Vault7'], { Project: 'ledgerly' }, { path: null }),
    ],
    {
      alarms: [
        {
          name: 'acmeDiskFull 210987654321',
          namespace: 'AcmeCo',
          metric: 'disk_used_percent',
          dimensions: { InstanceId: 'i-00000000000000001', path: '/mnt/acmedata' },
        },
      ],
      zones: [{ name: 'acme.corp', records: [{ name: 'acme-btc-1.acme.corp', type: 'A', values: ['10.0.0.10'] }] }],
      unread: [{ what: 'images', why: 'AccessDenied: arn:aws:iam::210987654321:user/zoe is not authorized' }],
    },
  );
  const text = readOutText(masked(secret));

  it.each([
    'acme',
    'zoë',
    'ødegård',
    'ops4711',
    'vault',
    'ledgerly',
    'corp',
    '210987654321',
    '52.1.2.3',
    '10.0.0.10',
    'i-00000000000000001"',
    'zoe',
  ])('has no %s', (word) => {
    const real = readOutText(secret).toLowerCase();
    expect(real).toContain(word.replace('i-00000000000000001"', 'i-00000000000000001'));
    if (!word.startsWith('i-')) expect(text.toLowerCase()).not.toContain(word);
  });

  it('leads to the same fleets, by other names', () => {
    const shape = (readOut: ReadOut) =>
      adoptionOf(readOut).fleets.map(({ group, missing, keys }) => ({
        ...{ chain: group.chain, nodes: group.nodes.length, missing: missing.map((one) => one.for) },
        keys: keys.map(({ key }) => key),
      }));
    expect(shape(secret)).toHaveLength(1);
    expect(shape(parseReadOut('masked.json', text))).toEqual(shape(secret));
  });

  it('is the same for the same account', () => {
    expect(readOutText(masked(secret))).toBe(text);
  });
});

describe('a read-out that is none is refused with its place', () => {
  const right = JSON.parse(readOutText(someReadOut([{ tags: BTC }])));
  it.each<[string, unknown, RegExp]>([
    ['another file', { fleet: 'bitcoin' }, /^x.json: readOut is missing/],
    ['a later version', { ...right, version: 2 }, /^x.json: version is 2; expected 1: read the account again/],
    ['an unknown key', { ...right, more: 1 }, /^x.json: more is 1; expected one of readOut, version/],
    [
      'an id that a shell would read',
      { ...right, volumes: [{ ...right.volumes[0], volumeId: 'vol-1; reboot' }] },
      /volumes.0.volumeId is "vol-1; reboot"; expected an id such as vol-/,
    ],
    ['a time that is none', { ...right, readAt: 'yesterday' }, /readAt is "yesterday"; expected a time/],
  ])('%s', (_, value, message) => {
    expect(() => parseReadOut('x.json', JSON.stringify(value))).toThrow(message);
  });

  it('no JSON', () => expect(() => parseReadOut('x.json', 'fleet: bitcoin')).toThrow(/^x.json is no JSON/));
});

it('is for machines, too: each fleet with its document, its nodes and its evidence', () => {
  const { fleets } = adoptionJson(adoptionOf(someReadOut(nodesNamed(['node1'], BTC))));
  expect(fleets[0]).toMatchObject({ fleet: 'bitcoin', document: { mode: 'plan' }, nodes: [{ node: 'node1' }] });
});

it('says of a bitcoin fleet that its RPC asks for a password: without a word every node would be unknown', () => {
  const notKnown = (tag: string) =>
    adoptionOf(someReadOut(nodesNamed(['node1', 'node2'], { Component: tag })))
      .fleets.flatMap((fleet) => fleet.notKnown)
      .filter((line) => line.startsWith('rpc.credentials'));
  expect(notKnown('nodes/bitcoin')).toEqual([expect.stringContaining('file:/PATH/.cookie')]);
  expect(notKnown('nodes/ethereum')).toEqual([]);
});

describe('fleets whose nodes have their names in one zone', () => {
  /** Of nodes whose names and addresses are known. */
  const zoneWith = (names: Readonly<Record<string, string>>) => [
    {
      name: 'acme.internal',
      records: Object.entries(names).map(([name, ip]) => ({ name: `${name}.acme.internal`, type: 'A', values: [ip] })),
    },
  ];
  const dnsOf = (readOut: ReadOut) =>
    adoptionOf(readOut).fleets.map((fleet) => [fleet.name, documentOf(fleet)['dns'], fleet.notKnown.join()]);
  const at = (name: string, privateIp: string, tags: Record<string, string>): SomeInstance => ({
    ...(nodesNamed([name], tags)[0] as SomeInstance),
    privateIp,
  });

  it('have a pool each, so that each file can stand beside the others', () => {
    const readOut = someReadOut([at('btc1', '10.0.0.1', BTC), at('ltc1', '10.0.0.2', LTC)], {
      zones: zoneWith({ btc1: '10.0.0.1', ltc1: '10.0.0.2' }),
    });
    expect(dnsOf(readOut).map(([name, dns]) => [name, dns])).toEqual([
      ['bitcoin', { zone: 'acme.internal' }],
      ['litecoin', { zone: 'acme.internal', pool: 'litecoin' }],
    ]);
  });

  it('of one chain are no two: the second one is told to need another zone', () => {
    const staging = { ...BTC, Environment: 'staging' };
    const readOut = someReadOut(
      [at('p1', '10.0.0.1', { ...BTC, Environment: 'prod' }), at('s1', '10.0.0.2', staging)],
      { zones: zoneWith({ p1: '10.0.0.1', s1: '10.0.0.2' }) },
    );
    const [first, second] = dnsOf(readOut);
    expect([first?.[1], second?.[1]]).toEqual([{ zone: 'acme.internal' }, undefined]);
    expect(second?.[2]).toContain('dns: acme.internal has the records of');
  });
});
