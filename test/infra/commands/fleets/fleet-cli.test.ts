import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateTagsCommand, DeleteTagsCommand, type DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreError } from '../../../../infra/commands/errors.ts';
import { ec2Instances } from '../../../../infra/commands/fleets/instances.ts';
import { type ParameterStore, ssmParameterStore } from '../../../../infra/commands/fleets/parameter-store.ts';
import { runFleetVerb, YES } from '../../../fixtures/verbs.ts';

const bitcoin = `fleet: bitcoin
chain: bitcoin
mode: plan
nodes: { tag: { Component: nodes/bitcoin } }
unit: node@*
`;

let directory: string;
/** What happens while the person is asked. */
let whileAsked: (() => void) | undefined;
let parameters: Map<string, string>;
let versions: Map<string, number>;
beforeEach(() => {
  versions = new Map();
  directory = mkdtempSync(join(tmpdir(), 'chainmend-fleets-'));
  parameters = new Map();
  silence = undefined;
  whileAsked = undefined;
  instances = new Map(
    ['node1', 'node2', 'node3'].map((Name, at) => [`i-0000000${at + 1}`, { Name, Component: 'nodes/bitcoin' }]),
  );
  write('bitcoin.yaml', bitcoin);
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(directory, name), text);

/** Instances by their tags, as EC2 shows them to whoever filters for tags; and the tags that are written. */
let instances: Map<string, Record<string, string>>;
let silence: string | undefined;
const ec2 = Object.assign(new EC2Client({ region: 'eu-west-1' }), {
  send: async (command: unknown) => {
    if (silence !== undefined) throw new Error(silence);
    if (command instanceof CreateTagsCommand || command instanceof DeleteTagsCommand) {
      for (const id of command.input.Resources ?? [])
        for (const { Key = '', Value } of command.input.Tags ?? []) {
          const { [Key]: _, ...rest } = instances.get(id) ?? {};
          instances.set(id, Value === undefined ? rest : { ...rest, [Key]: Value });
        }
      return {};
    }
    const { Filters = [] } = (command as DescribeInstancesCommand).input;
    const Instances = [...instances]
      .filter(([, tags]) =>
        Filters.every(({ Name = '', Values = [] }) =>
          Name === 'tag-key'
            ? Object.hasOwn(tags, Values[0] ?? '')
            : !Name.startsWith('tag:') || tags[Name.slice(4)] === Values[0],
        ),
      )
      .map(([InstanceId, tags]) => ({
        ...{ InstanceId, State: { Name: 'running' } },
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }));
    return { Reservations: [{ Instances }] };
  },
}) as unknown as EC2Client;
const nobodysMemory = new DynamoDBClient({ region: 'eu-west-1' });

const nothing = () => {
  throw new Error('this is not asked for here');
};

/** `npm run chainmend -- ${words}`, with the parameters of this test in place of AWS's. */
async function run(...words: string[]) {
  const meanwhile = whileAsked;
  const said: string[] = [];
  const complained: string[] = [];
  const status = await runFleetVerb(words, {
    directory,
    store: async () => ({
      read: async (name) => parameters.get(name),
      list: async () => [],
      write: async (name, value) => {
        parameters.set(name, value);
        versions.set(name, (versions.get(name) ?? 0) + 1);
        return versions.get(name);
      },
    }),
    say: (text) => said.push(text),
    complain: (text) => complained.push(text),
    confirm:
      meanwhile &&
      (async () => {
        meanwhile();
        return true;
      }),
    instances: async () => ec2Instances(ec2, nobodysMemory),
    belongings: nothing,
    account: nothing,
  });
  return { status, said: said.join('\n'), complained: complained.join('\n') };
}

describe('check', () => {
  it('lists the fleets when all files are right', async () => {
    const { status, said } = await run('check');
    expect(status).toBe(0);
    expect(said).toMatch(
      /bitcoin.yaml +bitcoin +plan +Component=nodes\/bitcoin +unknown +data \/var\/lib\/bitcoind +unit node@\*/,
    );
  });

  it('says which fleet nobody watches, and why where that is known', async () => {
    const other = (name: string) =>
      `fleet: ${name}\nchain: other\nmode: plan\nnodes: { tag: { A: ${name} } }\nunit: node\nstopGraceSeconds: 60\nvolumes: { data: /data }\n`;
    write('cardano.yaml', other('cardano'));
    write('grin.yaml', other('grin'));
    const { status, said } = await run('check');
    expect(status).toBe(0);
    expect(said).toMatch(/^Nobody watches cardano: cardano cannot be asked: .* only its disks are looked after\.$/m);
    expect(said).toMatch(/^Nobody watches grin: only its disks are looked after\.$/m);
    expect(said).not.toContain('Nobody watches bitcoin');
  });

  it('says before an incident what waits for a word of the owner, where a fleet acts', async () => {
    const saidOf = async (more: string) => {
      write('bitcoin.yaml', `${bitcoin.replace('mode: plan', 'mode: act')}role: follower\n${more}`);
      const { status, said } = await run('check');
      expect(status).toBe(0);
      return said;
    };
    expect(await saidOf('')).toMatch(
      /^Whose the machines of bitcoin are is not said \(owner\.by\)\. .*swap and replace/m,
    );
    expect(await saidOf('owner: { by: terraform }')).toMatch(
      /^bitcoin acts, and swap and replace would be refused: owner\.by is terraform, .*acceptDrift is not said/m,
    );
    for (const said of [
      'owner: { by: nobody }',
      'owner: { by: cdk, acceptDrift: true }',
      'replace: { rungs: [restart] }',
    ])
      expect(await saidOf(said)).not.toMatch(/owner\.by/);
  });

  it('says of which fleet only the clients are looked at', async () => {
    write(
      'dash.yaml',
      'fleet: dash\nchain: dash\nmode: plan\nnodes: { tag: { A: dash } }\nrole: follower\nprobe: unit\n',
    );
    const { status, said } = await run('check');
    expect(status).toBe(0);
    expect(said).toMatch(/^Of dash only whether its clients run is seen \(probe: unit\):/m);
    expect(said).not.toContain('Of bitcoin');
  });

  it('fails with the place of every problem', async () => {
    write('bitcoin.yaml', bitcoin.replace('mode', 'mood'));
    const { status, complained } = await run('check', join(directory, 'bitcoin.yaml'));
    expect(status).toBe(1);
    expect(complained).toContain('bitcoin.yaml:3:1');
    expect(complained).toContain('unknown key "mood"; did you mean "mode"?');
  });

  it('names the nearest file when there is none of that name', async () => {
    const { status, complained } = await run('check', join(directory, 'bitcion.yaml'));
    expect([status, complained]).toEqual([
      2,
      expect.stringContaining(`did you mean ${join(directory, 'bitcoin.yaml')}?`),
    ]);
  });

  it('says that a folder is no file, and which there are', async () => {
    expect(await run('check', directory)).toMatchObject({
      status: 2,
      complained: expect.stringMatching(/^no file ".*bitcoin\.yaml/),
    });
  });
});

describe('show', () => {
  it('prints every default and where it came from', async () => {
    const { status, said } = await run('show', 'bitcoin');
    expect(status).toBe(0);
    expect(said).toMatch(/^units\.node\.unit +node@\* +the file$/m);
    expect(said).toMatch(/^units\.node\.stopGraceSeconds +600 +chain bitcoin$/m);
    expect(said).toMatch(/^volumes\.data\.path +\/var\/lib\/bitcoind +chain bitcoin$/m);
    expect(said).toMatch(/^volumes\.data\.tag\.Component +nodes\/bitcoin +nodes\.tag$/m);
    expect(said).toMatch(/^disk\.growAtPercent +85 +default$/m);
  });

  it('prints what the CloudWatch agent of its nodes is told, as a file can have it', async () => {
    const { status, said } = await run('show', 'bitcoin', '--agent');
    expect(status).toBe(0);
    expect(JSON.parse(said)).toMatchObject({
      metrics: { metrics_collected: { mem: { append_dimensions: { Fleet: 'bitcoin' } } } },
      logs: { logs_collected: { journald: { collect_list: [{ units: ['node@*'] }] } } },
    });
  });
});

describe('push', () => {
  const NAME = '/chainmend/fleets/bitcoin';
  const KNOWN = JSON.stringify({
    of: 1,
    fleets: {
      bitcoin: [{ Component: 'nodes/bitcoin' }, { data: 0 }],
    },
  });
  const deployed = (stored = '{"fleet":"bitcoin"}') => {
    parameters.set(NAME, stored);
    parameters.set('/chainmend/deployed/1', KNOWN);
  };

  it('stores the file as JSON', async () => {
    deployed();
    expect(await run('push', 'bitcoin', '--yes')).toMatchObject({
      status: 0,
      said: expect.stringMatching(/^bitcoin: changes$[\s\S]*^bitcoin: pushed$/m),
    });
    expect(parameters.get(NAME)).toBe(
      '{"fleet":"bitcoin","chain":"bitcoin","mode":"plan","nodes":{"tag":{"Component":"nodes/bitcoin"}},"unit":"node@*"}',
    );
  });

  it.each([['bitcoin', 'litecoin'], ['--all']])(
    'refuses a fleet that is not deployed, which only a deployment can make, and stores nothing (%s)',
    async (...words) => {
      deployed();
      write('litecoin.yaml', bitcoin.replaceAll('bitcoin', 'litecoin').replace('chain: litecoin', 'chain: bitcoin'));
      const { status, said, complained } = await run('push', ...words);
      expect([status, said]).toEqual([1, '']);
      expect(complained).toMatch(
        /^litecoin: not deployed in this account and region, .*npm run deploy makes a new fleet/,
      );
      expect(parameters.get(NAME)).toBe('{"fleet":"bitcoin"}');
    },
  );

  it('says what changed, and nothing when nothing did', async () => {
    deployed();
    await run('push', '--all', '--yes');
    expect((await run('push', '--all')).said).toBe('bitcoin: nothing changed');
    write('bitcoin.yaml', bitcoin.replace('plan', 'act').replace('unit: node@*', 'disk: { maximumSizeGiB: 900 }'));
    const { said } = await run('push', 'bitcoin');
    expect(said).toMatch(/^mode +plan → act$/m);
    expect(said).toMatch(/^unit +removed: node@\*$/m);
    expect(said).toMatch(/^disk\.maximumSizeGiB +added: 900$/m);
    expect(said).not.toContain('npm run deploy');
  });

  it('says what only a deployment brings', async () => {
    deployed();
    write('bitcoin.yaml', `${bitcoin}role: follower\nasg: { seed: newest-good, identityFree: true }\n`);
    expect((await run('push', 'bitcoin', '--yes')).said).toContain('seed-groups, which npm run deploy adds');
  });

  it.each([
    ['other nodes', (text: string) => text.replace('nodes/bitcoin', 'nodes/litecoin'), 'nodes.tag'],
    ['a zone', (text: string) => `${text}dns: { zone: bitcoin.internal }\n`, 'dns.zone'],
  ])('refuses %s, which only a deployment may give it', async (_, change, field) => {
    deployed();
    write('bitcoin.yaml', change(bitcoin));
    const { status, complained } = await run('push', 'bitcoin', '--yes');
    expect([status, complained]).toEqual([1, expect.stringContaining(`bitcoin: ${field} is`)]);
    expect(complained).toContain('npm run deploy is who may change this');
    expect(parameters.get(NAME)).toBe('{"fleet":"bitcoin"}');
  });

  it('replaces what somebody broke by hand, once a person says yes', async () => {
    deployed('{"fleet": ');
    const unasked = await run('push', 'bitcoin');
    expect(unasked.said).toMatch(/^\(no JSON\) +removed: \{"fleet":$/m);
    expect(unasked.said).toContain('the stored file cannot be read, so that all of this one counts as new');
    expect(unasked.status).toBe(1);
    expect((await run('push', 'bitcoin', '--yes')).status).toBe(0);
    expect((await run('push', 'bitcoin')).said).toBe('bitcoin: nothing changed');
  });

  it('stores nothing where somebody has stored another file while the person was asked: the yes was for what was shown', async () => {
    deployed();
    const theirs = '{"fleet":"bitcoin","chain":"bitcoin","mode":"plan","nodes":{"tag":{"Component":"nodes/bitcoin"}}}';
    whileAsked = () => parameters.set(NAME, theirs);
    const { status, complained } = await run('push', 'bitcoin');
    expect([status, parameters.get(NAME)]).toEqual([1, theirs]);
    expect(complained).toMatch(/^bitcoin: somebody has stored another file .*Nothing was changed; push again/);
  });

  it('stores what was shown, though the file is another one by the time of the yes', async () => {
    deployed();
    whileAsked = () => write('bitcoin.yaml', bitcoin.replace('plan', 'act'));
    expect(await run('push', 'bitcoin')).toMatchObject({ status: 0 });
    expect(parameters.get(NAME)).toContain('"mode":"plan"');
  });

  it('stores nothing at all while a file is wrong', async () => {
    write('litecoin.yaml', bitcoin.replace('fleet: bitcoin', 'fleet: litecoin'));
    const { status, complained } = await run('push', '--all');
    expect([status, complained]).toEqual([1, expect.stringContaining('from those of fleet "bitcoin"')]);
    expect(parameters.size).toBe(0);
  });

  it('says the difference and asks before a fleet heals by itself', async () => {
    deployed();
    await run('push', 'bitcoin', '--yes');
    write('bitcoin.yaml', bitcoin.replace('mode: plan', 'mode: act'));
    const unasked = await run('push', 'bitcoin');
    expect(unasked).toMatchObject({ status: 1, said: expect.stringMatching(/^mode +plan → act$/m) });
    expect(unasked.complained).toContain(
      'bitcoin would heal without a person from now on (mode: act); 1 change needs a yes: this is not a terminal, so no question can be asked. Nothing was changed. With a yes:\n  npm run chainmend -- push bitcoin --yes',
    );
    expect([...parameters.values()].join()).toContain('"mode":"plan"');
    expect(await run('push', 'bitcoin', '--yes')).toMatchObject({ status: 0 });
    expect([...parameters.values()].join()).toContain('"mode":"act"');
  });

  it.each([
    [
      'a limit of a hundred thousand dollars',
      'disk: { maximumMonthlyIncreaseUsd: 100000 }',
      'disk.maximumMonthlyIncreaseUsd 100 → 100000',
    ],
    ['a permission', 'owner: { acceptDrift: true }', 'owner.acceptDrift '],
    ['a client’s own commands', 'p2pPort: 8334', 'p2pPort '],
    [
      'nodes that match no more',
      'nodes: { tag: { Component: nodes/bitcoin, Stage: none } }',
      'nodes.tag.Stage added: none',
    ],
  ])('asks before %s', async (_, line, effect) => {
    deployed();
    await run('push', 'bitcoin', '--yes');
    const before = parameters.get(NAME);
    const key = line.split(':')[0] ?? '';
    write(
      'bitcoin.yaml',
      `${bitcoin
        .split('\n')
        .filter((one) => !one.startsWith(`${key}:`))
        .join('\n')}${line}\n`,
    );
    const { status, said } = await run('push', 'bitcoin');
    expect([status, said]).toEqual([1, expect.stringContaining(`  bitcoin: ${effect}`)]);
    expect(parameters.get(NAME)).toBe(before);
  });

  it.each([
    ['a lower limit', 'disk: { maximumMonthlyIncreaseUsd: 50 }'],
    ['a rung less', 'replace: { rungs: [restart] }'],
    ['a count of nodes', 'pages: { againPerDay: 2 }'],
  ])('asks nobody about %s', async (_, line) => {
    deployed();
    await run('push', 'bitcoin', '--yes');
    write('bitcoin.yaml', `${bitcoin}${line}\n`);
    expect(await run('push', 'bitcoin')).toMatchObject({ status: 0, said: expect.stringContaining('bitcoin: pushed') });
  });

  it('takes back what a limit was where the file does not say it any more, and asks where that is more', async () => {
    deployed();
    write('bitcoin.yaml', `${bitcoin}disk: { maximumMonthlyIncreaseUsd: 50 }\n`);
    await run('push', 'bitcoin', '--yes');
    write('bitcoin.yaml', bitcoin);
    expect((await run('push', 'bitcoin')).said).toContain('disk.maximumMonthlyIncreaseUsd 50 → 100');
  });

  it('counts the nodes that match now and would, by name, and asks where they are others', async () => {
    deployed();
    await run('push', 'bitcoin', '--yes');
    instances.set('i-00000002', { Name: 'node2', Component: 'nodes/bitcoin', Stage: 'production' });
    write('bitcoin.yaml', bitcoin.replace('nodes/bitcoin }', 'nodes/bitcoin, Stage: production }'));
    const { status, said } = await run('push', 'bitcoin');
    const match = 'matches 3 nodes now, and 1 with it: no more: node1 (i-00000001), node3 (i-00000003)';
    expect([status, said]).toEqual([1, expect.stringMatching(/^bitcoin: matches/m)]);
    expect(said.split(`bitcoin: ${match}`)).toHaveLength(3);
  });

  it.each<[string, () => void, string]>([
    ['matches no node', () => instances.clear(), 'bitcoin: matches no node now, and 0 with it: the same'],
    [
      'matches what another fleet claims as well, which is nobody’s',
      () =>
        parameters.set(
          '/chainmend/deployed/1',
          JSON.stringify({
            of: 1,
            fleets: { bitcoin: [{ Component: 'nodes/bitcoin' }, { data: 0 }], evil: [{ Name: 'node2' }, { data: 0 }] },
          }),
        ),
      'bitcoin: pushed',
    ],
    [
      'cannot be counted, since EC2 does not answer',
      () => {
        silence = 'UnauthorizedOperation: you may not';
      },
      'bitcoin: which nodes it would match is not known: the nodes: Error: UnauthorizedOperation: you may not',
    ],
  ])('of a file that only lowers a limit, and %s', async (_, change, told) => {
    deployed();
    await run('push', 'bitcoin', '--yes');
    change();
    write('bitcoin.yaml', `${bitcoin}disk: { maximumMonthlyIncreaseUsd: 50 }\n`);
    const { status, said } = await run('push', 'bitcoin');
    expect([status, said]).toEqual([told.endsWith('pushed') ? 0 : 1, expect.stringContaining(told)]);
  });

  it('asks what, rather than pushing everything', async () => {
    expect(await run('push')).toMatchObject({ status: 2, complained: expect.stringContaining('or say --all') });
    expect(await run('push', 'bitcion')).toMatchObject({
      status: 2,
      complained: expect.stringContaining('did you mean bitcoin?'),
    });
  });
});

describe('pause and resume', () => {
  it('pause everything, and go on', async () => {
    expect(await run('pause', '--why', 'moving to gp3')).toMatchObject({
      status: 0,
      // Where nothing is deployed, the person may be in the wrong account.
      said: expect.stringMatching(/^Everything is paused: moving to gp3\n.*\n.*\n.*does not seem to be deployed/),
    });
    expect(parameters).toEqual(new Map([['/chainmend/pause', 'moving to gp3']]));
    expect((await run('pause', '--why', 'still moving to gp3')).said).not.toContain('deployed');
    expect((await run('resume')).said).toBe('Everything goes on. It was paused: still moving to gp3');
    expect(parameters.get('/chainmend/pause')).toBe('off');
    expect((await run('resume')).said).toBe('Everything was not paused.');
  });

  it('need no words of somebody in a hurry: who and when are said by themselves', async () => {
    expect((await run('pause', 'bitcoin')).said).toMatch(/^bitcoin is paused: \S+ at \d{4}-\d\d-\d\d \d\d:\d\d UTC\n/);
    expect(parameters.get('/chainmend/pauses/bitcoin')).toMatch(/ UTC$/);
  });

  describe('of one node', () => {
    beforeEach(() => {
      parameters.set(
        '/chainmend/fleets/bitcoin',
        JSON.stringify({
          fleet: 'bitcoin',
          chain: 'bitcoin',
          mode: 'act',
          nodes: { tag: { Component: 'nodes/bitcoin' } },
        }),
      );
      parameters.set(
        '/chainmend/deployed/1',
        JSON.stringify({ of: 1, fleets: { bitcoin: [{ Component: 'nodes/bitcoin' }, { data: 0 }] } }),
      );
    });
    const pauses = () =>
      [...instances].flatMap(([id, tags]) => (tags['chainmend:pause'] ? [[id, tags['chainmend:pause']]] : []));

    it.each(['bitcoin/node2', 'bitcoin/i-00000002'])('%s: a tag on exactly that instance, and back', async (node) => {
      const { status, said } = await run('pause', node, '--why', 'mine');
      expect([status, said]).toEqual([0, expect.stringMatching(/\(i-00000002\) is paused: mine\n/)]);
      expect(said).toContain(`npm run chainmend -- resume ${node}`);
      expect(pauses()).toEqual([['i-00000002', 'mine']]);
      parameters.set('/chainmend/pause', 'everybody out');
      const back = await run('resume', node);
      expect(back.said).toBe(
        `${node} goes on. The node is paused by its tag chainmend:pause: mine\nEverything is paused, though: everybody out`,
      );
      expect(pauses()).toEqual([]);
      expect((await run('resume', node)).said).toContain(`${node} was not paused.`);
    });

    it('go on where another instance has taken its place meanwhile: the heal waits for the tag on the old one', async () => {
      await run('pause', 'bitcoin/node2', '--why', 'mine');
      const old = instances.get('i-00000002') ?? {};
      const away = { 'chainmend:retired': '2026-01-01', 'chainmend:fleet': 'bitcoin', 'chainmend:node': 'node2' };
      instances.set('i-00000002', { ...old, ...away });
      instances.set('i-00000005', { Name: 'node2', Component: 'nodes/bitcoin' });
      instances.set('i-00000006', { ...old, ...away, 'chainmend:node': 'node1' });
      const { said } = await run('resume', 'bitcoin/node2');
      expect(said).toBe(
        'bitcoin/node2 goes on at i-00000002, whose place another one has taken. The node is paused by its tag chainmend:pause: mine',
      );
      expect(pauses()).toEqual([['i-00000006', 'mine']]);
    });

    it('say who and when by themselves', async () => {
      await run('pause', 'bitcoin/node1');
      expect(pauses()).toEqual([['i-00000001', expect.stringMatching(/^\S+ at \d{4}-\d\d-\d\d \d\d:\d\d UTC$/)]]);
    });

    it.each<[string, () => void, string, 1 | 2, RegExp]>([
      ['is not there', () => {}, 'bitcoin/nod2', 2, /did you mean bitcoin\/node2\?/],
      [
        'another fleet claims, too',
        () =>
          parameters.set(
            '/chainmend/deployed/1',
            JSON.stringify({
              of: 1,
              fleets: {
                bitcoin: [{ Component: 'nodes/bitcoin' }, { data: 0 }],
                evil: [{ Name: 'node2' }, { data: 0 }],
              },
            }),
          ),
        'bitcoin/node2',
        1,
        /it is nobody’s/,
      ],
      [
        'is another suite’s',
        () => instances.set('i-00000002', { Name: 'node2', Component: 'nodes/bitcoin', 'chainmend:suite': 'payments' }),
        'bitcoin/node2',
        1,
        /it is nobody’s/,
      ],
      [
        'has a name twice',
        () => instances.set('i-00000004', { Name: 'node2', Component: 'nodes/bitcoin' }),
        'bitcoin/node2',
        1,
        /name one by its instance/,
      ],
      [
        'is of a fleet whose file cannot be read',
        () => parameters.set('/chainmend/fleets/bitcoin', '{'),
        'bitcoin/node2',
        1,
        /All of bitcoin: npm run chainmend -- pause bitcoin$/,
      ],
      ['is of no fleet', () => {}, 'bitcion/node2', 2, /no stored fleet "bitcion"/],
      [
        'EC2 does not tell of',
        () => {
          silence = 'UnauthorizedOperation';
        },
        'bitcoin/node2',
        1,
        /UnauthorizedOperation.*pause bitcoin$/,
      ],
    ])('are refused for one that %s', async (_, change, node, exit, told) => {
      change();
      const { status, complained } = await run('pause', node);
      expect([status, complained]).toEqual([exit, expect.stringMatching(told)]);
      expect(pauses()).toEqual([]);
    });
  });

  it('pause one fleet, and say when more than it is paused', async () => {
    await run('pause', '--why', 'everybody out');
    await run('pause', 'bitcoin', '--why', 'fork');
    expect(parameters.get('/chainmend/pauses/bitcoin')).toBe('fork');
    expect((await run('resume', 'bitcoin')).said).toBe(
      'bitcoin goes on. It was paused: fork\nEverything is paused, though: everybody out',
    );
  });

  it('work whatever is wrong in the files, and for a fleet that was pushed from somewhere else', async () => {
    write('bitcoin.yaml', 'fleet: [');
    parameters.set('/chainmend/fleets/stacks', '{}');
    expect((await run('pause', 'bitcoin', '--why', 'now')).status).toBe(0);
    expect((await run('pause', 'stacks', '--why', 'now')).status).toBe(0);
  });

  it.each([
    ['a fleet that is not there', ['pause', 'bitcion', '--why', 'now'], 'no fleet "bitcion"; did you mean bitcoin?'],
    ['a reason that would be no pause', ['pause', '--why', 'off'], 'expected 3 to 500 characters that say why'],
    [
      'a reason that SSM would resolve',
      ['pause', '--why', 'see {{ssm:x}}'],
      'expected 3 to 500 characters that say why',
    ],
    ['a command that is misspelt', ['pasue'], "unknown command 'pasue'\n(Did you mean pause?)"],
  ])('refuse %s, and pause nothing', async (_, words, sentence) => {
    const { status, complained } = await run(...words);
    expect([status, complained]).toEqual([2, expect.stringContaining(sentence)]);
    expect(parameters.size).toBe(0);
  });
});

describe('the parameters on AWS', () => {
  /** A real client; this function answers its requests in the JSON protocol of SSM. */
  function storeAnswering(
    answer: (operation: string, input: Record<string, unknown>) => [status: number, body: object],
  ): ParameterStore {
    const requestHandler = {
      handle: async ({ headers, body }: { headers: Record<string, string>; body: Uint8Array }) => {
        const [statusCode, output] = answer(headers['x-amz-target'] ?? '', JSON.parse(new TextDecoder().decode(body)));
        return { response: { statusCode, headers: {}, body: new TextEncoder().encode(JSON.stringify(output)) } };
      },
    };
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    return ssmParameterStore(
      new SSMClient({ region: 'eu-west-1', credentials, maxAttempts: 1, requestHandler: requestHandler as never }),
    );
  }

  it('are overwritten, and take the larger tier by themselves', async () => {
    const requests: unknown[] = [];
    const store = storeAnswering((operation, input) => {
      requests.push(operation, input);
      return [200, { Version: 2 }];
    });
    await store.write('/chainmend/pause', 'off', YES);
    expect(requests).toEqual([
      'AmazonSSM.PutParameter',
      { Name: '/chainmend/pause', Value: 'off', Type: 'String', Overwrite: true, Tier: 'Intelligent-Tiering' },
    ]);
  });

  it('may be absent, or out of reach, which is told in the words of AWS', async () => {
    const answering = (name: string) => storeAnswering(() => [400, { __type: name, message: 'because' }]);
    expect(await answering('ParameterNotFound').read('/chainmend/pause')).toBeUndefined();
    const denied = answering('AccessDeniedException').read('/chainmend/pause');
    await expect(denied).rejects.toThrow(StoreError);
    await expect(denied).rejects.toThrow(/^\/chainmend\/pause: AccessDeniedException: because$/);
  });

  it('are nobody’s where the environment names no account or region, and that is said', async () => {
    const region = () => Promise.reject(new Error('Region is missing'));
    await expect(ssmParameterStore(new SSMClient({ region })).read('/chainmend/pause')).rejects.toThrow(
      '/chainmend/pause: Error: Region is missing; your environment says which account and region: AWS_PROFILE, or AWS_REGION',
    );
  });
});
