// The part of `deploy` about a private chain: which nodes are its validators and its sentries, what their owner has to say besides, and who dials whom. Pure.
import type * as v from 'valibot';
import type { Complaints } from './problems.ts';
import { about, list, object, optional, text } from './schema-fields.ts';

/** A name becomes part of names in the template. */
export const nodeName = text(
  /^[a-z][a-z0-9-]{0,31}$/,
  'a name of at most 32 lower-case letters, digits and -, a letter first',
  'node1',
);

export const network = object('{ chainId: consortium-1, validators: [validator1] }', {
  chainId: about(
    'The id of the chain, which its genesis says for ever.',
    text(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,49}$/, 'at most 50 letters, digits and _.-', 'consortium-1'),
  ),
  validators: about('Which of `nodes` are its validators, for ever: the genesis names them.', list(nodeName, 16, 1)),
  sentries: optional(
    'Which of `nodes` stand between the validators and all others. Without them the others dial the validators.',
    list(nodeName, 16, 1),
  ),
});

type WrittenNetwork = v.InferInput<typeof network>;

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
  readonly bundle?: unknown;
  readonly stateSync?: unknown;
  readonly p2p?: unknown;
}

interface CompleteFields {
  readonly volumes: Readonly<Record<string, { readonly path: string }>>;
  readonly peers?: { readonly config?: string };
  readonly identity: readonly string[];
}

/** What its nodes need to be told apart, and to find each other. */
export function checkNetwork(
  { chain, role, nodes: { tag }, dns }: NetworkFields,
  { network: chosen, nodes = {}, bundle: packed, stateSync: synced, p2p }: NetworkDeploy,
  { volumes, identity, peers }: CompleteFields,
  { conflict, missing }: Complaints,
): void {
  const at = (...field: string[]): string[] => ['deploy', ...field];
  if (chain !== 'cometbft')
    conflict(['chain'], chain, 'expected cometbft with kind: network: of no other chain a genesis is made');
  if (chosen === undefined)
    missing(
      at('network'),
      'expected with kind: network, for example { chainId: consortium-1, validators: [validator1] }',
    );
  for (const [key, names = []] of Object.entries({ validators: chosen?.validators, sentries: chosen?.sentries })) {
    const strange = names.find((name) => !Object.hasOwn(nodes, name));
    if (strange !== undefined) conflict(at('network', key), strange, 'expected one of deploy.nodes');
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) conflict(at('network', key), twice, 'expected each node once');
  }
  const both = chosen?.sentries?.find((name) => chosen.validators.includes(name));
  if (both !== undefined) conflict(at('network', 'sentries'), both, 'expected a node that is no validator');
  checkRoles(role, tag, { conflict });
  if (dns === undefined)
    missing(
      ['dns'],
      'expected with kind: network: its nodes dial each other by name, for example { zone: irita.internal }',
    );
  for (const [key, value] of Object.entries({ bundle: packed, stateSync: synced, p2p }))
    if (value !== undefined)
      conflict(
        at(key),
        value,
        'expected none with kind: network: its data begin with its genesis, and its ports are open to itself alone',
      );
  const [volume] = Object.values(volumes);
  const home = homeOf(peers?.config);
  if (home === undefined || !volume || !isBelow(home, volume.path))
    conflict(
      ['peers', 'config'],
      peers?.config ?? 'none',
      `expected HOME/config/config.toml on the volume, at ${volume?.path ?? '/data'} or below it`,
    );
  else
    for (const path of identityBelow(home))
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
  { conflict }: Pick<Complaints, 'conflict'>,
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
    for (const word of NETWORK_ROLES)
      if (role.values && role.values[word] !== word)
        conflict(['role', 'values'], role.values, `expected ${word}: ${word} among them, or no values`);
}

export type NetworkRole = (typeof NETWORK_ROLES)[number];
const NETWORK_ROLES = ['validator', 'sentry', 'follower'] as const;

/** The home of a CometBFT client, by its configuration; undefined where it cannot be told. */
export const homeOf = (configPath: string | undefined): string | undefined =>
  /^(.+)\/config\/config\.toml$/.exec(configPath ?? '')?.[1];

const identityBelow = (home: string): readonly string[] =>
  ['config/node_key.json', 'config/priv_validator_key.json', 'data/priv_validator_state.json'].map(
    (path) => `${home}/${path}`,
  );

/** What a node of a network is. */
export function networkRoleOf({ validators, sentries = [] }: WrittenNetwork, name: string): NetworkRole {
  if (validators.includes(name)) return 'validator';
  return sentries.includes(name) ? 'sentry' : 'follower';
}

/** Whom a node dials: validators each other and their sentries, sentries those and each other, and all others the sentries, or the validators where there are none. */
export function dialledBy({ validators, sentries = [] }: WrittenNetwork, name: string): readonly string[] {
  const dials = [...validators, ...sentries].includes(name)
    ? [...validators, ...sentries]
    : sentries.length > 0
      ? sentries
      : validators;
  return dials.filter((other) => other !== name);
}
