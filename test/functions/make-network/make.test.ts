// What is made of a network, once: whoever repeats it, at whatever moment the one before has died.
import { randomBytes } from 'node:crypto';
import { CreateSecretCommand, DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeNetwork } from '../../../functions/make-network/make.ts';
import { answerBody, askedIn, type Network, requestIn } from '../../../functions/make-network/request.ts';

const NETWORK: Network = {
  Secrets: 'chainmend/networks/irita',
  Fleet: 'irita',
  ChainId: 'consortium-1',
  Nodes: [
    { Name: 'validator1', Volume: 'vol-0000000a', Role: 'validator' },
    { Name: 'validator2', Volume: 'vol-0000000b', Role: 'validator' },
    { Name: 'sentry1', Volume: 'vol-0000000c', Role: 'sentry' },
  ],
};
const with1 = (node: Partial<Network['Nodes'][number]>): Network => ({
  ...NETWORK,
  Nodes: NETWORK.Nodes.map((one, at) => (at === 0 ? { ...one, ...node } : one)),
});

/** Secrets Manager, as far as names, values and tags go. */
class Secrets {
  readonly kept = new Map<string, { readonly value: string; readonly tags: object }>();
  readonly read: string[] = [];
  /** After so many requests the caller dies; a request that it dies with is done or not. */
  dies = { after: Number.POSITIVE_INFINITY, done: true };

  readonly send = ((command: unknown) => this.#answer(command)) as never;

  async #answer(command: unknown): Promise<object> {
    const isLast = --this.dies.after < 0;
    if (isLast && !this.dies.done) throw new Error('died');
    const answer = this.#done(command);
    if (isLast) throw new Error('died');
    return answer;
  }

  #done(command: unknown): object {
    if (command instanceof CreateSecretCommand) {
      const { Name = '', SecretString: value = '', Tags = [] } = command.input;
      if (this.kept.has(Name)) throw named('ResourceExistsException');
      this.kept.set(Name, { value, tags: Tags });
      return {};
    }
    if (!(command instanceof DescribeSecretCommand || command instanceof GetSecretValueCommand)) throw new Error('?');
    const { SecretId = '' } = command.input;
    const secret = this.kept.get(SecretId);
    if (!secret) throw named('ResourceNotFoundException');
    if (command instanceof DescribeSecretCommand) return { Tags: secret.tags };
    this.read.push(SecretId);
    return { SecretString: secret.value };
  }
}
const named = (name: string): Error => Object.assign(new Error(name), { name });

let drawn = 0;
/** Never the same twice. */
const random = (bytes: number): Uint8Array => {
  const drawing = Buffer.alloc(bytes);
  drawing.writeUInt32BE(++drawn);
  drawing.writeUInt32BE(drawn, bytes / 2);
  return drawing;
};
const make = (secrets: Secrets, network = NETWORK, nowMs = 0) =>
  makeNetwork({ client: secrets, nowMs, random }, network);
const valuesOf = ({ kept }: Secrets) => [...kept].map(([name, { value }]) => [name, value]);

describe('a network', () => {
  it('has a secret for each node with its own keys, and one that all may read', async () => {
    const secrets = new Secrets();
    await make(secrets);
    expect([...secrets.kept.keys()]).toEqual([
      'chainmend/networks/irita/validator1',
      'chainmend/networks/irita/validator2',
      'chainmend/networks/irita/sentry1',
      'chainmend/networks/irita',
    ]);
    const [validator, , sentry, all] = [...secrets.kept.values()].map(({ value }) => JSON.parse(value));
    expect(Object.keys(validator)).toEqual(['volume', 'node_key', 'validator_key']);
    expect(Object.keys(sentry)).toEqual(['volume', 'node_key']);
    expect(validator.volume).toBe('vol-0000000a');
    expect(all.ids).toEqual({
      validator1: expect.stringMatching(/^[0-9a-f]{40}$/),
      validator2: expect.stringMatching(/^[0-9a-f]{40}$/),
      sentry1: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(JSON.parse(Buffer.from(all.genesis, 'base64').toString()).validators).toHaveLength(2);
    // No private key is where others look: the name, the tags, and what all nodes read.
    const keys = JSON.parse(Buffer.from(validator.validator_key, 'base64').toString()).priv_key.value;
    expect(JSON.stringify([...secrets.kept.values()].map(({ tags }) => tags))).not.toContain(keys);
    expect(JSON.stringify(all)).not.toContain(keys);
  });

  it('is not made again: whoever repeats it finds the same, and reads no key', async () => {
    const secrets = new Secrets();
    const first = await make(secrets);
    const before = valuesOf(secrets);
    expect(await make(secrets, NETWORK, 1e12)).toEqual(first);
    expect(valuesOf(secrets)).toEqual(before);
    expect(new Set(secrets.read)).toEqual(new Set(['chainmend/networks/irita']));
  });

  it('is made once, wherever one run dies and whoever runs beside it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(8), fc.boolean(), fc.nat(8), async (after, done, later) => {
        const secrets = new Secrets();
        secrets.dies = { after, done };
        await make(secrets).catch(() => {});
        const before = new Map(secrets.kept);
        secrets.dies = { after: later, done: !done };
        await make(secrets).catch(() => {});
        secrets.dies.after = Number.POSITIVE_INFINITY;
        const [one, other] = await Promise.all([make(secrets), make(secrets)]);
        expect(one).toEqual(other);
        for (const [name, secret] of before) expect(secrets.kept.get(name)).toBe(secret);
        expect(secrets.kept.size).toBe(4);
      }),
    );
  });

  it('takes another node, whose keys are added, and changes nothing of the others', async () => {
    const secrets = new Secrets();
    await make(secrets);
    const before = valuesOf(secrets);
    const more = { Name: 'node1', Volume: 'vol-0000000d', Role: 'follower' } as const;
    await make(secrets, { ...NETWORK, Nodes: [...NETWORK.Nodes, more] });
    expect(valuesOf(secrets).filter(([name]) => !name?.endsWith('/node1'))).toEqual(before);
    expect(secrets.kept.size).toBe(5);
  });

  it.each<readonly [string, Network, string]>([
    [
      'a node with another volume',
      with1({ Volume: 'vol-0000000f' }),
      'the keys of validator1 are for vol-0000000a, and',
    ],
    ['a validator that is to be none', with1({ Role: 'follower' }), 'has the validators validator1, validator2, and'],
    [
      'a node that is to be a validator',
      { ...NETWORK, Nodes: NETWORK.Nodes.map((node) => ({ ...node, Role: 'validator' as const })) },
      'the fleet file has sentry1, validator1, validator2',
    ],
    ['another chain', { ...NETWORK, ChainId: 'consortium-2' }, 'the network is consortium-1, and the fleet file says'],
    [
      'another validator',
      { ...NETWORK, Nodes: [...NETWORK.Nodes, { Name: 'validator3', Volume: 'vol-0000000e', Role: 'validator' }] },
      'the fleet file has validator1, validator2, validator3: it is made once',
    ],
    ['one validator fewer', { ...NETWORK, Nodes: NETWORK.Nodes.slice(1) }, 'the fleet file has validator2:'],
  ])('refuses %s', async (_, network, told) => {
    const secrets = new Secrets();
    await make(secrets);
    const before = valuesOf(secrets);
    await expect(make(secrets, network)).rejects.toThrow(told);
    expect(valuesOf(secrets)).toEqual(before);
  });

  it('takes no key that somebody has made anew, though the name is right', async () => {
    const secrets = new Secrets();
    await make(secrets);
    secrets.kept.delete('chainmend/networks/irita/validator1');
    await expect(make(secrets)).rejects.toThrow('have other keys than their secrets');
  });

  it.each<readonly [string, Network['Nodes'][number]['Role'], string]>([
    ['the other way', 'follower', 'validator1 has the key of a validator'],
    ['one way', 'validator', 'sentry1 was made without the key of a validator'],
  ])('refuses a change of role before there is a genesis, %s', async (_, role, told) => {
    const secrets = new Secrets();
    secrets.dies = { after: 3, done: true };
    await make(secrets).catch(() => {});
    secrets.kept.delete('chainmend/networks/irita');
    secrets.dies.after = Number.POSITIVE_INFINITY;
    await expect(
      make(secrets, { ...NETWORK, Nodes: NETWORK.Nodes.map((node) => ({ ...node, Role: role })) }),
    ).rejects.toThrow(told);
  });

  it('takes no secret of somebody else for its own', async () => {
    const secrets = new Secrets();
    secrets.kept.set('chainmend/networks/irita/validator1', { value: 'x', tags: [] });
    await expect(make(secrets)).rejects.toThrow('its tags do not say whose keys it has');
  });
});

/** A bootnode, two sealers and a client of geth. */
const CLIQUE: Network = {
  ...{ Secrets: 'chainmend/networks/clique', Fleet: 'clique', ChainId: '1337' },
  Nodes: [
    { Name: 'bootnode1', Volume: 'vol-0000000a', Role: 'bootnode' },
    { Name: 'sealer1', Volume: 'vol-0000000b', Role: 'validator' },
    { Name: 'sealer2', Volume: 'vol-0000000c', Role: 'validator' },
    { Name: 'client1', Volume: 'vol-0000000d', Role: 'follower' },
  ],
  Clique: {
    ...{ PeriodSeconds: '5', EpochBlocks: '30000', Introducers: ['bootnode1'], Zone: 'clique.internal', Port: '30303' },
    Alloc: [{ Address: `0x${'1'.repeat(40)}`, Wei: '7' }],
  },
};
const withClique = (more: Partial<NonNullable<Network['Clique']>>): Network => ({
  ...CLIQUE,
  ...(CLIQUE.Clique && { Clique: { ...CLIQUE.Clique, ...more } }),
});
const makeClique = (secrets: Secrets, network = CLIQUE) =>
  makeNetwork({ client: secrets, nowMs: 0, random: randomBytes }, network);

describe('a network of clique', () => {
  it('has an account for each sealer and no other node, and a genesis that all may read', async () => {
    const secrets = new Secrets();
    const told = await makeClique(secrets);
    const [bootnode, sealer, , client, all] = [...secrets.kept.values()].map(({ value }) => JSON.parse(value));
    expect(Object.keys(sealer)).toEqual(['volume', 'node_key', 'sealer_key', 'sealer_password', 'sealer_address']);
    for (const other of [bootnode, client]) expect(Object.keys(other)).toEqual(['volume', 'node_key']);
    expect(Object.keys(all.makers)).toEqual(['sealer1', 'sealer2']);
    const genesis = JSON.parse(Buffer.from(all.genesis, 'base64').toString());
    const addresses = Object.values<string>(all.makers).map((address) => address.slice(2));
    expect(genesis.extraData).toBe(`0x${'0'.repeat(64)}${addresses.sort().join('')}${'0'.repeat(130)}`);
    expect(all.ids['bootnode1']).toMatch(/^[0-9a-f]{128}$/);
    expect(told['Enodes']).toBe(`enode://${all.ids['bootnode1']}@bootnode1.clique.internal:30303`);
    // No private key is where others look, and no password.
    const others = JSON.stringify([...secrets.kept.values()].map(({ tags }) => tags)) + JSON.stringify(all);
    for (const key of ['node_key', 'sealer_key', 'sealer_password']) {
      expect(others).not.toContain(sealer[key]);
      expect(others).not.toContain(Buffer.from(sealer[key], 'base64').toString().trim());
    }
  });

  it('is not made again, and takes another client', async () => {
    const secrets = new Secrets();
    const first = await makeClique(secrets);
    const before = valuesOf(secrets);
    expect(await makeClique(secrets)).toEqual(first);
    const more = { Name: 'client2', Volume: 'vol-0000000e', Role: 'follower' } as const;
    await makeClique(secrets, { ...CLIQUE, Nodes: [...CLIQUE.Nodes, more] });
    expect(valuesOf(secrets).filter(([name]) => !name?.endsWith('/client2'))).toEqual(before);
    expect(new Set(secrets.read)).toEqual(new Set(['chainmend/networks/clique']));
  });

  it.each<readonly [string, Network, string]>([
    [
      'a sealer with another volume',
      {
        ...CLIQUE,
        Nodes: CLIQUE.Nodes.map((node) => (node.Name === 'sealer1' ? { ...node, Volume: 'vol-0000000f' } : node)),
      },
      'with them there a node could run twice, and a sealer sign twice',
    ],
    [
      'another sealer',
      { ...CLIQUE, Nodes: [...CLIQUE.Nodes, { Name: 'sealer3', Volume: 'vol-0000000e', Role: 'validator' }] },
      'the genesis has the sealers sealer1, sealer2, and the fleet file has sealer1, sealer2, sealer3',
    ],
    ['another chain', { ...CLIQUE, ChainId: '1338' }, 'the network is 1337, and the fleet file says 1338'],
    [
      'other blocks',
      withClique({ PeriodSeconds: '2' }),
      'the genesis has a block every 5 s, and the fleet file says 2: it is made once',
    ],
    ['other epochs', withClique({ EpochBlocks: '100' }), 'epochs of 30000 blocks, and the fleet file says 100'],
    ['other accounts', withClique({ Alloc: [] }), 'other accounts than the fleet file: it is made once'],
  ])('refuses %s, and makes nothing for it', async (_, network, told) => {
    const secrets = new Secrets();
    await makeClique(secrets);
    const before = valuesOf(secrets);
    await expect(makeClique(secrets, network)).rejects.toThrow(told);
    expect(valuesOf(secrets)).toEqual(before);
  });

  it('takes no account that somebody has made anew, though the name is right', async () => {
    const secrets = new Secrets();
    await makeClique(secrets);
    secrets.kept.delete('chainmend/networks/clique/sealer2');
    await expect(makeClique(secrets)).rejects.toThrow('the sealers of the genesis have other keys than their secrets');
  });

  it('takes no keys of another kind of chain for its own', async () => {
    const secrets = new Secrets();
    await make(secrets, {
      ...{ Secrets: CLIQUE.Secrets, Fleet: CLIQUE.Fleet, ChainId: '1337' },
      Nodes: CLIQUE.Nodes.map(({ Role, ...node }) => ({ ...node, Role: Role === 'bootnode' ? 'follower' : Role })),
    });
    secrets.kept.delete(CLIQUE.Secrets);
    await expect(makeClique(secrets)).rejects.toThrow('its tags do not say whose keys it has');
  });
});

describe('what CloudFormation asks', () => {
  const asked = {
    ...{ RequestType: 'Create', StackId: 's', RequestId: 'r', LogicalResourceId: 'Network' },
    ResponseURL: 'https://cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com/a?b=c',
    ResourceProperties: { ServiceToken: 'arn', Network: NETWORK },
  };

  it('is understood, and answered in its words', () => {
    expect(requestIn(asked).ResourceProperties.Network).toEqual(NETWORK);
    expect(JSON.parse(answerBody(askedIn(asked), { id: 'n', data: { A: 'b' } }))).toEqual({
      ...{ Status: 'SUCCESS', Data: { A: 'b' }, PhysicalResourceId: 'n' },
      ...{ StackId: 's', RequestId: 'r', LogicalResourceId: 'Network' },
    });
    expect(JSON.parse(answerBody(askedIn(asked), { id: 'n', failed: 'why\n' }))).toMatchObject({ Status: 'FAILED' });
    expect(Buffer.byteLength(answerBody(askedIn(asked), { id: 'n', failed: '…'.repeat(9_000) }))).toBeLessThan(4_096);
  });

  it.each([
    ['an answer to anybody else', { ResponseURL: 'https://example.org/' }],
    ['an answer that everybody reads', { ResponseURL: asked.ResponseURL.replace('https', 'http') }],
  ])('is refused where it wants %s', (_, wrong) => {
    expect(() => askedIn({ ...asked, ...wrong })).toThrow('ResponseURL');
  });

  it.each([
    ['secrets of somebody else', { Secrets: 'prod/database' }],
    ['a node with a path', { Nodes: [{ Name: '../x', Volume: 'vol-0000000a', Role: 'sentry' }] }],
    ['no nodes', { Nodes: [] }],
  ])('is refused where it means %s', (_, wrong) => {
    expect(() => requestIn({ ...asked, ResourceProperties: { Network: { ...NETWORK, ...wrong } } })).toThrow();
  });
});
