// The part of `deploy` about a private chain: which nodes make its blocks and which stand in front of them, what their owner has to say besides, and who
// dials whom. Of each chain, its own words. Pure.
import * as v from 'valibot';
import type { Complaints } from './problems.ts';
import { about, list, map, object, optional, shortName, text, usually, whole } from './schema-fields.ts';

/** A name becomes part of names in the template. */
export const nodeName = shortName('node1');

const account = text(
  /^0x[0-9a-f]{40}$/,
  'an address of 0x and 40 lower-case hexadecimal digits',
  `0x${'1'.repeat(40)}`,
);
const wei = text(/^(0|[1-9][0-9]{0,59})$/, 'a whole number of wei, quoted', '1000000000000000000');

const clique = object('{ periodSeconds: 5 }', {
  periodSeconds: usually('The least time from one block to the next.', whole(1, 3600, 'seconds', 5), 5),
  epochBlocks: usually(
    'After so many blocks the votes about sealers begin again.',
    whole(1, 1_000_000, 'blocks', 30_000),
    30_000,
  ),
  alloc: optional(
    'What accounts have at the beginning, by address, in wei. Their keys are yours.',
    map('accounts with what they have', `{ "0x${'1'.repeat(40)}": "1000" }`, 16, account, wei),
  ),
});

export const network = object('{ chainId: consortium-1, validators: [validator1] }', {
  chainId: about(
    "The chain's id, for ever; with clique a quoted number.",
    text(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,49}$/, 'at most 50 letters, digits and _.-', 'consortium-1'),
  ),
  validators: optional('`cometbft`: the validators among `nodes`, for ever.', list(nodeName, 16, 1)),
  sentries: optional('`cometbft`: nodes between the validators and others.', list(nodeName, 16, 1)),
  sealers: optional('`ethereum`: nodes of the genesis that seal blocks (clique).', list(nodeName, 16, 1)),
  bootnodes: optional('`ethereum`: nodes by which others find the network.', list(nodeName, 16, 1)),
  clique: optional('`ethereum`: more of the genesis, for ever.', clique),
});

type WrittenNetwork = v.InferInput<typeof network>;

/** What the genesis of a clique chain says besides, with its defaults. */
export const cliqueOf = ({ clique: written = {} }: WrittenNetwork) => v.parse(clique, written);

export const isBelow = (folder: string, path: string): boolean => folder === path || folder.startsWith(`${path}/`);

interface NetworkFields {
  readonly chain: string;
  readonly role?: string | { readonly tag: string; readonly values?: Readonly<Record<string, string>> };
  readonly nodes: { readonly tag: Readonly<Record<string, string>> };
  readonly dns?: unknown;
}

interface NetworkDeploy {
  readonly network?: WrittenNetwork;
  readonly nodes?: Readonly<Record<string, string>>;
  readonly stateSync?: unknown;
  readonly p2p?: unknown;
}

interface CompleteFields {
  readonly volumes: Readonly<Record<string, { readonly path: string }>>;
  readonly peers?: { readonly config?: string };
  readonly identity: readonly string[];
}

type Complain = Pick<Complaints, 'conflict'>;

/** What its nodes need to be told apart, and to find each other. */
export function checkNetwork(
  { chain, role, nodes: { tag }, dns }: NetworkFields,
  { network: chosen, nodes = {}, stateSync: synced, p2p }: NetworkDeploy,
  complete: CompleteFields,
  { conflict, missing }: Complaints,
): void {
  const at = (...field: string[]): string[] => ['deploy', ...field];
  const kind = Object.hasOwn(KINDS, chain) ? KINDS[chain as keyof typeof KINDS] : undefined;
  if (kind === undefined)
    conflict(['chain'], chain, 'expected cometbft or ethereum with kind: network: of no other chain a genesis is made');
  if (chosen === undefined)
    missing(
      at('network'),
      'expected with kind: network, for example { chainId: consortium-1, validators: [validator1] }',
    );
  if (chosen && kind) checkWords(chosen, kind, { conflict, missing });
  for (const [key, names = []] of Object.entries(chosen ? wordsOf(chosen) : {})) {
    const strange = names.find((name) => !Object.hasOwn(nodes, name));
    if (strange !== undefined) conflict(at('network', key), strange, 'expected one of deploy.nodes');
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) conflict(at('network', key), twice, 'expected each node once');
  }
  const both = chosen && frontsOf(chosen).find((name) => makersOf(chosen).includes(name));
  if (both !== undefined && kind)
    conflict(at('network', kind.fronts), both, `expected a node that is no ${kind.maker.tag}`);
  checkRoles(role, tag, kind ?? KINDS.cometbft, { conflict });
  if (dns === undefined)
    missing(
      ['dns'],
      'expected with kind: network: its nodes dial each other by name, for example { zone: irita.internal }',
    );
  for (const [key, value] of Object.entries({ stateSync: synced, p2p }))
    if (value !== undefined)
      conflict(
        at(key),
        value,
        'expected none with kind: network: its data begin with its genesis, and its ports are open to itself alone',
      );
  if (kind) checkHome(kind, complete, { conflict });
}

/** What each chain calls those who make its blocks, and those in front of them; its configuration, and what is an identity, below its home. */
const KINDS = {
  cometbft: {
    makers: 'validators',
    fronts: 'sentries',
    maker: { role: 'validator', tag: 'validator' },
    roles: ['validator', 'sentry', 'follower'],
    config: 'config/config.toml',
    identity: ['config/node_key.json', 'config/priv_validator_key.json', 'data/priv_validator_state.json'],
  },
  ethereum: {
    makers: 'sealers',
    fronts: 'bootnodes',
    maker: { role: 'validator', tag: 'sealer' },
    roles: ['validator', 'bootnode', 'follower'],
    config: 'config.toml',
    identity: ['geth/nodekey', 'keystore'],
  },
} as const;

type Kind = (typeof KINDS)[keyof typeof KINDS];

const wordsOf = ({ validators, sentries, sealers, bootnodes }: WrittenNetwork) => ({
  validators,
  sentries,
  sealers,
  bootnodes,
});

function checkWords(chosen: WrittenNetwork, kind: Kind, { conflict, missing }: Complaints): void {
  const at = ['deploy', 'network'];
  if (chosen[kind.makers] === undefined)
    missing([...at, kind.makers], `expected some of deploy.nodes, for example [${kind.maker.tag}1]`);
  const isClique = kind === KINDS.ethereum;
  const known: readonly string[] = [kind.makers, kind.fronts, ...(isClique ? ['clique'] : [])];
  const words = { ...wordsOf(chosen), clique: chosen.clique };
  const [strange, its] =
    Object.entries(words).find(([key, value]) => value !== undefined && !known.includes(key)) ?? [];
  if (strange !== undefined)
    conflict([...at, strange], its, `expected ${kind.makers} and ${kind.fronts} with this chain`);
  if (isClique && !/^[1-9][0-9]{0,14}$/.test(chosen.chainId))
    conflict([...at, 'chainId'], chosen.chainId, 'expected a number of at most 15 digits, quoted, for example "1337"');
}

function checkHome(kind: Kind, { volumes, identity, peers }: CompleteFields, { conflict }: Complain): void {
  const [volume] = Object.values(volumes);
  const home = homeBelow(kind, peers?.config);
  if (home === undefined || !volume || !isBelow(home, volume.path))
    conflict(
      ['peers', 'config'],
      peers?.config ?? 'none',
      `expected HOME/${kind.config} on the volume, at ${volume?.path ?? '/data'} or below it`,
    );
  else
    for (const path of kind.identity.map((one) => `${home}/${one}`))
      if (!identity.includes(path))
        conflict(
          ['identity'],
          identity,
          `expected ${path} among them: it is what other data must never bring, and never lose`,
        );
}

function checkRoles(
  role: NetworkFields['role'],
  tag: Readonly<Record<string, string>>,
  { roles, maker }: Kind,
  { conflict }: Complain,
): void {
  if (typeof role !== 'object')
    conflict(
      ['role'],
      role ?? 'unknown',
      'expected { tag: Role } with kind: network: each node is tagged with its own',
    );
  else if (Object.hasOwn(tag, role.tag))
    conflict(['role', 'tag'], role.tag, 'expected another tag than those of nodes.tag: it holds the role of each node');
  else
    for (const word of roles)
      if (role.values && tagOfRole(role, word) === undefined)
        conflict(
          ['role', 'values'],
          role.values,
          `expected ${word === maker.role ? maker.tag : word}: ${word} among them, or no values`,
        );
}

/** What the tag says of a node of this role: the owner's first word for it. */
export function tagOfRole(
  { values }: { readonly values?: Readonly<Record<string, string>> },
  role: NetworkRole,
): string | undefined {
  if (!values || values[role] === role) return role;
  return Object.entries(values).find(([, its]) => its === role)?.[0];
}

export type NetworkRole = 'validator' | 'sentry' | 'bootnode' | 'follower';
/** Of which chain a network can be; a geth of `ethereum` is one of clique. */
export type NetworkChain = 'cometbft' | 'clique';

/** The check of the file has found one of the two. */
export const networkChainOf = (chain: string): NetworkChain => (chain === 'ethereum' ? 'clique' : 'cometbft');

/** The home of a client, by its configuration; undefined where it cannot be told. */
export const homeOf = (chain: string, configPath: string | undefined): string | undefined =>
  homeBelow(chain === 'ethereum' ? KINDS.ethereum : KINDS.cometbft, configPath);

const homeBelow = ({ config }: Kind, configPath = ''): string | undefined =>
  configPath.endsWith(`/${config}`) && configPath.length > config.length + 1
    ? configPath.slice(0, -config.length - 1)
    : undefined;

/** Who makes its blocks, for ever: validators, or sealers. */
export const makersOf = ({ validators, sealers }: WrittenNetwork): readonly string[] => validators ?? sealers ?? [];

/** Who stands in front of them: sentries, or bootnodes. */
const frontsOf = ({ sentries, bootnodes }: WrittenNetwork): readonly string[] => sentries ?? bootnodes ?? [];

/** What a node of a network is. */
export function networkRoleOf(chosen: WrittenNetwork, name: string): NetworkRole {
  if (makersOf(chosen).includes(name)) return 'validator';
  if (chosen.bootnodes?.includes(name)) return 'bootnode';
  return chosen.sentries?.includes(name) ? 'sentry' : 'follower';
}

/** Whom others are told of who come from elsewhere: those in front, or the makers of blocks where there are none. */
export const introducersOf = (chosen: WrittenNetwork): readonly string[] =>
  frontsOf(chosen).length > 0 ? frontsOf(chosen) : makersOf(chosen);

/**
 * Whom a node dials: validators each other and their sentries, sentries those and each other, and all others the sentries, or the validators where there
 * are none. Bootnodes hide nobody: all dial them and the sealers.
 */
export function dialledBy(chosen: WrittenNetwork, name: string): readonly string[] {
  const core = [...makersOf(chosen), ...frontsOf(chosen)];
  const dials = core.includes(name) || chosen.sentries === undefined ? core : introducersOf(chosen);
  return dials.filter((other) => other !== name);
}
