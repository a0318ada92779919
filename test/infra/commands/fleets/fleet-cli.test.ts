import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreError } from '../../../../infra/commands/errors.ts';
import { type ParameterStore, ssmParameterStore } from '../../../../infra/commands/fleets/parameter-store.ts';
import { runFleetVerb } from '../../../fixtures/verbs.ts';

const bitcoin = `fleet: bitcoin
chain: bitcoin
mode: plan
nodes: { tag: { Component: nodes/bitcoin } }
unit: node@*
`;

let directory: string;
let parameters: Map<string, string>;
let versions: Map<string, number>;
beforeEach(() => {
  versions = new Map();
  directory = mkdtempSync(join(tmpdir(), 'chainmend-fleets-'));
  parameters = new Map();
  write('bitcoin.yaml', bitcoin);
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(directory, name), text);

const nothing = () => {
  throw new Error('this is not asked for here');
};

/** `npm run chainmend -- ${words}`, with the parameters of this test in place of AWS's. */
async function run(...words: string[]) {
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
    confirm: undefined,
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
    expect(unasked.status).toBe(2);
    expect((await run('push', 'bitcoin', '--yes')).status).toBe(0);
    expect((await run('push', 'bitcoin')).said).toBe('bitcoin: nothing changed');
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
    expect(unasked).toMatchObject({ status: 2, said: expect.stringMatching(/^mode +plan → act$/m) });
    expect(unasked.complained).toContain(
      'bitcoin would heal without a person from now on (mode: act); 1 change needs a yes; this is not a terminal, so no question can be asked: add --yes: npm run chainmend -- push bitcoin --yes',
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
    expect([status, said]).toEqual([2, expect.stringContaining(`  bitcoin: ${effect}`)]);
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
    await store.write('/chainmend/pause', 'off');
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
