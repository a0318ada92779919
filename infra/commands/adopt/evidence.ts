// Which chain runs on an instance, guessed from what AWS says of it, with the evidence. Two chains with evidence of the same weight are no guess. Pure.
import { chainDefaults, type KnownChain } from '../../../shared/chains/defaults.ts';
import type { ReadInstance, ReadOut } from './read-out.ts';
import {
  BEACON_CLIENTS,
  chainOfProgram,
  chainsIn,
  type NodeRole,
  networkIn,
  otherChainIn,
  roleInName,
  wordsIn,
} from './words.ts';

export type Sureness = 'sure' | 'likely' | 'a guess';

export interface Evidence {
  /** What speaks: ten alarms are one voice. */
  readonly kind: string;
  /** A sentence's end: "the tag Component is nodes/bitcoin". */
  readonly from: string;
  /** 3: a program or a tag made for it; 2: something the client itself leaves; 1: a name. */
  readonly weight: 1 | 2 | 3;
}

export type ChainGuess =
  | {
      readonly chain: KnownChain;
      readonly sureness: Sureness;
      readonly evidence: readonly Evidence[];
      readonly beside: readonly KnownChain[];
    }
  /** Nothing speaks of a chain, or as much for one as for another. `other`: a chain that chainmend has no code for. */
  | {
      readonly chain: null;
      readonly candidates: readonly KnownChain[];
      readonly evidence: readonly Evidence[];
      readonly other: string | null;
    };

export interface NodeSigns {
  readonly instance: ReadInstance;
  /** Its Name tag, or its id. */
  readonly name: string;
  readonly guess: ChainGuess;
  /** mainnet, sepolia, …; null where no name says it. */
  readonly network: string | null;
  /** The role that a name speaks of; null where none does. Tags that tell roles are looked at for the whole fleet. */
  readonly roleWord: NodeRole | null;
  /** Whether a name speaks of a consensus client beside it. */
  readonly beacon: boolean;
  /** The container that metrics of the node name; null where none does. */
  readonly container: string | null;
  /** Where filesystems are mounted, as the CloudWatch agent says; without the system's own. */
  readonly paths: readonly string[];
}

/** Tags whose value is meant to tell the chain. */
const CHAIN_KEYS = ['chain', 'coin', 'blockchain', 'protocol', 'network', 'asset', 'currency'];
/** Dimensions in which the agents of CloudWatch, and containers' metrics, name a program. */
const PROGRAM_DIMENSIONS = [
  'exe',
  'process_name',
  'pattern',
  'container_name',
  'ContainerName',
  'systemd_unit',
  'unit',
];
/** Mounts of the system. A client's data on the root volume are no volume's that could be grown alone. */
const SYSTEM_PATHS =
  /^\/$|^\/(boot|dev|proc|sys|run|tmp|etc|usr|snap|efi)(\/|$)|^\/var\/(log|tmp|lib\/(docker|containerd|kubelet))(\/|$)/;

/** By instance: what else of the read-out is about it. Made once, because a read-out has thousands of series. */
export interface Around {
  readonly metrics: ReadonlyMap<string, ReadOut['metrics']>;
  readonly alarms: ReadonlyMap<string, ReadOut['alarms']>;
  readonly paths: ReadonlyMap<string, readonly string[]>;
  readonly recordNames: ReadonlyMap<string, readonly string[]>;
  readonly groupNames: ReadonlyMap<string, readonly string[]>;
  readonly ports: ReadonlyMap<string, ReadOut['securityGroups'][number]['ports']>;
  readonly images: ReadonlyMap<string, string>;
  readonly templates: ReadonlyMap<string, string>;
}

export function aroundOf(readOut: ReadOut): Around {
  const byInstance = <T>(items: readonly T[], idsOf: (item: T) => readonly string[]): Map<string, T[]> => {
    const all = new Map<string, T[]>();
    for (const item of items)
      for (const id of idsOf(item)) {
        const known = all.get(id);
        if (known) known.push(item);
        else all.set(id, [item]);
      }
    return all;
  };
  const values = <T, V>(map: ReadonlyMap<string, readonly T[]>, of: (item: T) => V): Map<string, V[]> =>
    new Map([...map].map(([id, items]) => [id, [...new Set(items.map(of))]]));
  const of = (dimensions: Readonly<Record<string, string>>): readonly string[] => {
    const id = dimensions['InstanceId'];
    return id === undefined ? [] : [id];
  };
  const idOfIp = new Map(readOut.instances.map(({ privateIp, instanceId }) => [privateIp, instanceId]));
  const records = readOut.zones.flatMap(({ records: all }) => all);
  const disks = readOut.metrics.filter(({ dimensions }) => dimensions['path'] !== undefined);
  return {
    metrics: byInstance(readOut.metrics, ({ dimensions }) => of(dimensions)),
    alarms: byInstance(readOut.alarms, ({ dimensions }) => of(dimensions)),
    paths: values(
      byInstance(
        [
          ...readOut.disks,
          ...disks.map(({ dimensions }) => ({
            instanceId: dimensions['InstanceId'] ?? '',
            path: dimensions['path'] ?? '',
          })),
        ],
        ({ instanceId }) => [instanceId],
      ),
      ({ path }) => path,
    ),
    recordNames: values(
      byInstance(records, ({ values: ips }) => ips.flatMap((ip) => idOfIp.get(ip) ?? [])),
      ({ name }) => name,
    ),
    groupNames: values(
      byInstance([...readOut.scalingGroups, ...readOut.targetGroups], ({ instanceIds }) => instanceIds),
      ({ name }) => name,
    ),
    ports: new Map(readOut.securityGroups.map(({ groupId, ports }) => [groupId, ports])),
    images: new Map(readOut.images.map(({ imageId, name }) => [imageId, name])),
    templates: new Map(readOut.launchTemplates.map(({ templateId, name }) => [templateId, name])),
  };
}

/** What can be said of one instance. */
export function signsOf(instance: ReadInstance, around: Around): NodeSigns {
  const { instanceId, tags } = instance;
  const paths = (around.paths.get(instanceId) ?? [])
    .filter((path) => path.startsWith('/') && !SYSTEM_PATHS.test(path))
    .sort();
  const names = namesOf(instance, around);
  const texts = names.map(({ text }) => text);
  return {
    instance,
    name: tags['Name'] || instanceId,
    guess: guessOf(instance, { names, paths, around }),
    network: texts.flatMap((text) => networkIn(text) ?? [])[0] ?? null,
    roleWord: roleWordOf(tags['Name'] ?? '', names),
    beacon: texts.some((text) => wordsIn(text).some((word) => BEACON_CLIENTS.includes(word))),
    container: containerOf(around.metrics.get(instanceId) ?? []),
    paths,
  };
}

/** A name that docker gives, not one that it makes up. */
function containerOf(metrics: ReadOut['metrics']): string | null {
  const names = metrics.flatMap(({ dimensions }) => dimensions['container_name'] ?? dimensions['ContainerName'] ?? []);
  const programs = [...new Set(names)].filter(
    (name) => chainOfProgram(name) !== undefined && /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(name),
  );
  return programs.length === 1 ? (programs[0] ?? null) : null;
}

/** A name that speaks of signing is heard before any other: a validator is never taken for a follower. */
function roleWordOf(name: string, names: readonly Said[]): NodeRole | null {
  const told = names.filter(({ kind }) => kind.startsWith('tag ') || kind === 'group' || kind === 'template');
  const words = [name, ...told.map(({ text }) => text)].flatMap((text) => roleInName(text) ?? []);
  return words.find((word) => word === 'validator') ?? words[0] ?? null;
}

interface Said {
  readonly kind: string;
  readonly text: string;
  readonly from: string;
}

/** Everything that people called it, or something of it. Tags of AWS and our own are left out. */
function namesOf({ instanceId, tags, imageId }: ReadInstance, around: Around): readonly Said[] {
  const templateId = tags['aws:ec2launchtemplate:id'];
  const template = templateId === undefined ? undefined : around.templates.get(templateId);
  const image = around.images.get(imageId);
  const stack = tags['aws:cloudformation:stack-name'];
  return [
    ...Object.entries(tags)
      .filter(([key]) => !/^(aws|chainmend):/.test(key))
      .map(([key, text]) => ({ kind: `tag ${key}`, text, from: `the tag ${key} is ${text}` })),
    ...(stack === undefined ? [] : [{ kind: 'stack', text: stack, from: `its stack is ${stack}` }]),
    ...(template === undefined
      ? []
      : [{ kind: 'template', text: template, from: `its launch template is ${template}` }]),
    ...(image === undefined || image === '' ? [] : [{ kind: 'image', text: image, from: `its image is ${image}` }]),
    ...(around.groupNames.get(instanceId) ?? []).map((text) => ({
      kind: 'group',
      text,
      from: `it is in the group ${text}`,
    })),
    ...(around.recordNames.get(instanceId) ?? []).map((text) => ({
      kind: 'record',
      text,
      from: `the DNS record ${text} has its address`,
    })),
    ...(around.alarms.get(instanceId) ?? []).map(({ name: text }) => ({
      kind: 'alarm',
      text,
      from: `the alarm ${text} watches it`,
    })),
  ];
}

function guessOf(
  instance: ReadInstance,
  {
    names,
    paths,
    around,
  }: { readonly names: readonly Said[]; readonly paths: readonly string[]; readonly around: Around },
): ChainGuess {
  const found = new Map<KnownChain, Evidence[]>();
  const add: Add = (chain, one) => {
    const known = found.get(chain) ?? [];
    if (!known.some(({ from }) => from === one.from)) found.set(chain, [...known, one]);
  };
  for (const { kind, text, from } of names)
    for (const { chain } of chainsIn(text)) add(chain, { kind, from, weight: 1 });
  for (const [key, value] of Object.entries(instance.tags)) {
    const [only, ...others] = new Set(chainsIn(value).map(({ chain }) => chain));
    if (CHAIN_KEYS.includes(key.toLowerCase()) && only !== undefined && others.length === 0) {
      const from = `the tag ${key} is ${value}`;
      found.set(only, [
        { kind: `tag ${key}`, from, weight: 3 },
        ...(found.get(only) ?? []).filter((one) => one.from !== from),
      ]);
    }
  }
  for (const path of paths)
    for (const { chain } of chainsIn(path))
      add(chain, { kind: 'path', from: `a volume is mounted at ${path}`, weight: 2 });
  for (const { namespace, name, dimensions } of around.metrics.get(instance.instanceId) ?? []) {
    for (const dimension of PROGRAM_DIMENSIONS) {
      const chain = chainOfProgram(dimensions[dimension] ?? '');
      if (chain !== undefined)
        add(chain, { kind: 'program', from: `a metric of it names the program ${dimensions[dimension]}`, weight: 3 });
    }
    if (dimensions['path'] === undefined)
      for (const { chain } of [...chainsIn(namespace), ...chainsIn(name)])
        add(chain, { kind: 'metric', from: `its metric is ${namespace}/${name}`, weight: 2 });
  }
  addPorts(found, instance, around, add);
  return decided(found, names);
}

type Add = (chain: KnownChain, evidence: Evidence) => void;

/** A port of peers belongs to few chains: it says something where nothing else contradicts it. Two chains with the same port gain nothing. */
function addPorts(
  found: ReadonlyMap<KnownChain, readonly Evidence[]>,
  { securityGroups }: ReadInstance,
  { ports }: Around,
  add: Add,
): void {
  const open = securityGroups.flatMap((id) => ports.get(id) ?? []);
  // A range of all ports says nothing of any.
  const admits = (port: number): boolean => open.some(({ from, to }) => from <= port && port <= to && to - from <= 100);
  const fitting = (Object.keys(chainDefaults) as KnownChain[]).filter((chain) =>
    admits(chainDefaults[chain].ports.p2p),
  );
  for (const chain of fitting) {
    const { p2p } = chainDefaults[chain].ports;
    const alike = fitting.filter((other) => chainDefaults[other].ports.p2p === p2p);
    if (found.has(chain) || alike.length === 1)
      add(chain, {
        kind: 'port',
        from: `its security groups admit port ${p2p}, where ${chain} has its peers`,
        weight: 1,
      });
  }
  if (found.size === 0 && admits(chainDefaults.ethereum.ports.p2p))
    add('ethereum', {
      kind: 'port',
      from: `its security groups admit port ${chainDefaults.ethereum.ports.p2p}, where clients of Ethereum’s kind have their peers`,
      weight: 1,
    });
}

/** Both have the words of the other: a chain of the Cosmos SDK runs CometBFT, a rollup's client is a geth. */
const KINDS: Readonly<Partial<Record<KnownChain, KnownChain>>> = {
  ...{ cosmoshub: 'cometbft', osmosis: 'cometbft', celestia: 'cometbft' },
  ...{
    optimism: 'ethereum',
    base: 'ethereum',
    arbitrum: 'ethereum',
    polygon: 'ethereum',
    bsc: 'ethereum',
    avalanche: 'ethereum',
  },
  'bitcoin-cash': 'bitcoin',
};

function decided(found: ReadonlyMap<KnownChain, readonly Evidence[]>, names: readonly Said[]): ChainGuess {
  // "arbitrum on ethereum" is arbitrum: the narrower one, with what speaks for its kind.
  const narrow = new Map(found);
  for (const [chain, kind] of Object.entries(KINDS) as [KnownChain, KnownChain][]) {
    const [own, general] = [found.get(chain), found.get(kind)];
    if (!own || !general) continue;
    narrow.delete(kind);
    narrow.set(chain, [...own, ...general.filter(({ from }) => !own.some((one) => one.from === from))]);
  }
  const scored = [...narrow].map(([chain, evidence]) => ({ chain, evidence, score: scoreOf(evidence) }));
  scored.sort((a, b) => b.score - a.score || (a.chain < b.chain ? -1 : 1));
  const [first, second] = scored;
  if (!first || (second && second.score === first.score)) {
    const other = first ? null : (names.flatMap(({ text }) => otherChainIn(text) ?? [])[0] ?? null);
    return {
      chain: null,
      candidates: scored.map(({ chain }) => chain),
      evidence: scored.flatMap(({ evidence }) => evidence),
      other,
    };
  }
  const evidence = [...first.evidence].sort((a, b) => b.weight - a.weight);
  return {
    chain: first.chain,
    sureness: surenessOf(first.score, second?.score ?? 0),
    evidence,
    beside: scored.slice(1).map(({ chain }) => chain),
  };
}

/** Of each kind the weightiest counts. */
function scoreOf(evidence: readonly Evidence[]): number {
  const most = new Map<string, number>();
  for (const { kind, weight } of evidence) most.set(kind, Math.max(weight, most.get(kind) ?? 0));
  return [...most.values()].reduce((sum, weight) => sum + weight, 0);
}
const SURE = 3;

/** A chain that another one contradicts is never sure. */
const surenessOf = (score: number, against: number): Sureness =>
  against > 0
    ? score - against >= SURE
      ? 'likely'
      : 'a guess'
    : score >= SURE
      ? 'sure'
      : score >= 2
        ? 'likely'
        : 'a guess';
