// `npm run reference`: writes the tables of docs/fleet-files.md from the fleet file's schema and from each chain's defaults.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChainDefaults, chainDefaults, type KnownChain, type otherChain } from '../shared/chains/defaults.ts';
import type { FleetDocument } from '../shared/fleet/schema.ts';
import { completeDocument } from '../shared/fleet/whole.ts';
import { leavesOf } from './commands/fleets/field-list.ts';
import { type DescribedSchema, describedSchema } from './fleet-json-schema.ts';
import { shortPath } from './fleets.ts';
import { repositoryRoot } from './paths.ts';

export const referencePath = join(repositoryRoot, 'docs/fleet-files.md');

/** Links to the page that says more about a key. */
const MORE: Readonly<Record<string, string>> = {
  mode: 'quick-start.md#6-then-ask-then-act',
  pages: 'pages.md',
  'pages.readiness': 'doctor.md#once-a-day-in-the-account',
  'client.versions': 'upgrades.md',
  'ask.expiresAfterHours': 'restoring.md#approving-a-plan',
  cleanLine: '#a-clean-stop',
  'rpc.credentials': '#who-asks',
  'disk.prune': '#the-clients-own-pruning',
  'rpc.paths': '#any-other-coin',
  probe: '#who-asks',
  metrics: 'cost.md#with-metrics-otlp',
  'releases.feed': 'releases.md',
  'alarms.own': '#your-own-alarms',
  'alarms.per': 'names.md#alarms',
  snapshots: 'snapshots.md',
  'snapshots.copyTo': 'snapshots.md#in-a-second-region',
  'snapshots.copiesFrom': 'snapshots.md#in-a-second-region',
  'snapshots.shareWith': 'snapshots.md#in-a-second-account',
  drills: 'drills.md',
  deploy: 'deploy.md',
  'deploy.boost': 'deploy.md#a-boost-for-the-first-sync',
  'deploy.data': 'deploy.md#where-the-data-come-from',
  'deploy.stateSync': 'deploy.md#where-the-data-come-from',
  'deploy.ports': 'deploy.md#ports',
  'asg.seed': '#a-group-that-launches-by-itself',
  'owner.by': '#whose-the-machines-are',
  'replace.terminated': 'architecture.md#a-node-whose-instance-was-terminated',
  'replace.moveBeforeHours': 'architecture.md#a-node-whose-instance-ec2-will-stop',
  'replace.rollBack': '#the-clients-own-roll-back',
  'replace.reindex': '#the-clients-own-reindex',
  'replace.rungs': '#how-far-a-stuck-node-is-helped',
  'replace.userData': '#a-new-instance',
};

export function reference(say: (text: string) => void): void {
  writeFileSync(referencePath, withTables(readFileSync(referencePath, 'utf8')));
  say(`The tables of ${shortPath(referencePath)} are written.`);
}

/**
 * The page with its list and tables as they must be. Each is between `<!-- NAME: … -->` and `<!-- /NAME -->`.
 * @throws Error where a table has no place in the page, or a link no key
 */
export function withTables(page: string): string {
  const tables = { keys: keysList(), disks: disksTable(), watch: watchTable(), identities: identitiesTable() };
  return Object.entries(tables).reduce((text, [name, lines]) => {
    const begin = text.indexOf(`<!-- ${name}: `);
    const end = text.indexOf(`<!-- /${name} -->`);
    const from = text.indexOf('\n', begin) + 1;
    if (begin < 0 || end < from) throw new Error(`expected a place for the table ${name} in the page`);
    return `${text.slice(0, from)}\n${lines.join('\n')}\n\n${text.slice(end)}`;
  }, page);
}

const tableOf = (head: readonly string[], rows: readonly (readonly unknown[])[]): readonly string[] => [
  `| ${head.join(' | ')} |`,
  `|${'---|'.repeat(head.length)}`,
  ...rows.map((cells) => `| ${cells.join(' | ')} |`),
];

const code = (text: unknown): string => `\`${typeof text === 'string' ? text : JSON.stringify(text)}\``;

interface Key {
  readonly name: string;
  readonly schema: DescribedSchema;
  readonly required: boolean;
}

/** The parts of the list of keys, by the key that each begins with. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ['fleet', 'The fleet'],
  ['unit', 'The client'],
  ['volumes', 'Volumes'],
  ['owner.by', 'Limits and pages'],
  ['rpc.scheme', 'How nodes are asked and judged'],
  ['p2pPort', 'Peers and names'],
  ['metrics', 'Metrics, releases and alarms'],
  ['snapshots', 'Snapshots'],
  ['replace.rungs', 'Heals'],
  ['drills', 'Drills'],
  ['asg.seed', 'Auto Scaling groups'],
  ['deploy', 'Deployed nodes'],
]);

/**
 * Keys in the line of the key above: their name says what they mean, or the page that is linked there. Editors show the description of each. A dot at the end
 * is for all keys below.
 */
const BRIEF: readonly string[] = [
  ...['role.tag', 'compose.', 'commands.start', 'volumes.*.', 'disk.prune.', 'probe.metric.', 'releases.upgradeBy.'],
  ...[
    'pages.againAfterMinutes',
    'pages.againEveryMinutes',
    'pages.againPerDay',
    'pages.healed',
    'probe.vpc',
    'probe.subnets',
  ],
  ...['drills.everyHours', 'drills.maxAgeHours'],
  ...['snapshots.everyHours', 'snapshots.keep', 'snapshots.copyTo.', 'snapshots.copiesFrom.'],
  ...['snapshots.clean.everyHours', 'snapshots.clean.keep', 'snapshots.clean.poolFloor'],
  ...['snapshots.shareWith.accounts', 'snapshots.shareWith.kmsKeyArn', 'replace.rollBack.', 'replace.reindex.'],
  ...['deploy.kind', 'deploy.vpc', 'deploy.instanceType', 'deploy.rootGiB'],
  ...['deploy.group.', 'deploy.network.', 'deploy.boost.', 'deploy.volume.', 'deploy.data.'],
  ...['deploy.stateSync.servers', 'deploy.install.sha256', 'deploy.install.unpack', 'deploy.policies'],
];

/** Their name says it, or the page that is linked there. */
const EVIDENT: readonly string[] = [
  ...['stopGraceSeconds', 'disk.minimumStepPercent', 'disk.maximumSizeGiB', 'rpc.port'],
  ...['pages', 'peers', 'peers.maximum', 'dns.zone', 'dns.ttlSeconds', 'replace.launchTemplate'],
  ...[
    'chain',
    'rpc.paths',
    'probe',
    'disk.prune',
    'alarms.own',
    'alarms.topics',
    'alarms.per',
    'asg.seed',
    'drills',
    'rpc.credentials',
  ],
  ...['releases.consensusFeed', 'releases.upgradeBy', 'pages.readiness', 'snapshots.copyTo', 'snapshots.copiesFrom'],
  ...['replace.rollBack', 'replace.reindex', 'replace.userData', 'deploy', 'deploy.boost', 'deploy.data'],
  ...['deploy.stateSync', 'deploy.logDays'],
];

const isBrief = ({ name }: Key): boolean =>
  BRIEF.some((one) => (one.endsWith('.') ? name.startsWith(one) : name === one));

/** A line for each key, or for a key and those below it: the values, the default in bold, and what it means. */
function keysList(): readonly string[] {
  const keys = keysOf(describedSchema(), []);
  const strange = [...Object.keys(MORE), ...BRIEF, ...EVIDENT, ...GROUPS].find(
    (name) => !keys.some((key) => key.name === name || (name.endsWith('.') && key.name.startsWith(name))),
  );
  if (strange !== undefined) throw new Error(`there is no key ${strange} in the schema`);
  const byChain = chains.map((chain) => [chain, leavesOf(completeDocument(commonFile(chain)))] as const);
  const said = keys.filter(saysMore);
  const lines = said.filter((key) => !isBrief(key));
  const headless = [...PARTS.keys()].find((name) => !lines.some((key) => key.name === name));
  if (headless !== undefined) throw new Error(`there is no key ${headless} in the list`);
  const wordsOf = (key: Key, name: string): string =>
    [name, valueTextOf(key, byChain)].filter((text) => text !== '').join(' ');
  const lineOf = ({ name }: Key): Key | undefined => lines.findLast((one) => name.startsWith(`${one.name}.`));
  return lines.flatMap((key) => {
    const part = PARTS.get(key.name);
    const more = MORE[key.name];
    const own = wordsOf(key, more === undefined ? code(key.name) : `[${code(key.name)}](${more})`);
    const inside = said
      .filter((other) => isBrief(other) && lineOf(other) === key)
      .map((other) => wordsOf(other, code(other.name.slice(key.name.length + 1))));
    return [
      ...(part === undefined ? [] : [...(key === lines[0] ? [] : ['']), `### ${part}`, '']),
      `- ${own}.${EVIDENT.includes(key.name) ? '' : ` ${key.schema.description ?? ''}`}${inside.length > 0 ? ` Keys: ${inside.join('; ')}.` : ''}`,
    ];
  });
}

/** Groups of which nothing is to say but their keys. */
const GROUPS: readonly string[] = ['nodes', 'client', 'dns', 'releases', 'asg'];

/** Not of a group that has all its defaults: its keys say what it is for. Of two alternatives with the same key, the first. */
const saysMore = ({ name, schema }: Key, at: number, keys: readonly Key[]): boolean =>
  keys.findIndex((key) => key.name === name) === at &&
  !GROUPS.includes(name) &&
  (schema.anyOf !== undefined || JSON.stringify(schema.default) !== '{}' || name === 'pages');

/** Below this depth, a section of the page explains more than a table can. So does the one on the paths of `chain: other`. */
const DEPTH = 3;
const IN_A_SECTION = 'rpc.paths';

/** Every key: `disk.growAtPercent`, `volumes.*.tag`. The keys in `units` are the same as those next to it. */
function keysOf(schema: DescribedSchema, above: readonly string[]): readonly Key[] {
  if (above.length === DEPTH || above[0] === 'units') return [];
  return alternativesOf(schema).flatMap(({ properties = {}, required = [], additionalProperties }) => [
    ...Object.entries(properties).flatMap(([name, inner]): readonly Key[] => {
      if (typeof inner !== 'object') return [];
      const path = [...above, name];
      const key = { name: path.join('.'), schema: inner, required: required.includes(name) };
      return key.name === IN_A_SECTION ? [key] : [key, ...keysOf(inner, path)];
    }),
    ...(typeof additionalProperties === 'object' ? keysOf(additionalProperties, [...above, '*']) : []),
  ]);
}

const alternativesOf = (schema: DescribedSchema): readonly DescribedSchema[] =>
  (schema.anyOf ?? [schema]).filter((one) => typeof one === 'object');

type ByChain = readonly (readonly [chain: string, leaves: ReadonlyMap<string, string>])[];

/** "required", the values that are allowed, and the default in bold. A text or a map is explained by its meaning. */
function valueTextOf(key: Key, byChain: ByChain): string {
  const found = alternativesOf(key.schema).flatMap(allowedBy);
  const allowed = found.every((word) => word === KEYS) ? [] : found;
  if (key.name === 'chain') return 'required, [one of these](#what-a-chain-fills-in), `other`';
  if (key.required) return ['required', ...allowed].join(', ');
  const usual = defaultOf(key, byChain);
  // Of yes and no, the default says both.
  if (key.schema.type === 'boolean' && allowed.includes(usual ?? '')) return `**${usual}**`;
  const words = allowed.map((word) => (word === usual ? `**${word}**` : word));
  return (usual === undefined || allowed.includes(usual) ? words : [...words, `**${usual}**`]).join(', ');
}

/** An object, beside other values. */
const KEYS = 'keys';

function allowedBy({
  type,
  enum: words,
  const: word,
  minimum,
  maximum,
  properties,
  maxItems,
}: DescribedSchema): readonly string[] {
  if (word !== undefined) return [code(word)];
  if (words) return words.map(code);
  if (type === 'boolean') return [code(true), code(false)];
  if (type === 'integer') return [`${minimum}–${maximum}`];
  if (type === 'array') return [`≤${maxItems}`];
  return properties ? [KEYS] : [];
}

const chains = Object.keys(chainDefaults) as KnownChain[];

/** A fleet file without any optional key. */
const commonFile = (chain: KnownChain | typeof otherChain): FleetDocument => ({
  ...{ fleet: 'a', chain, mode: 'plan', nodes: { tag: { A: 'a' } } },
});

/** Short for what most keys say; the page explains it. */
const FROM_CHAIN = 'chain';

function defaultOf({ name, schema }: Key, byChain: ByChain): string | undefined {
  const values = new Map<string | undefined, string[]>();
  for (const [chain, leaves] of byChain) values.set(leaves.get(name), [...(values.get(leaves.get(name)) ?? []), chain]);
  const [[usual, most = []] = [], [rare, one = []] = [], ...others] = [...values].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  if (others.length > 0 || (one.length > 1 && most.length > 0)) return FROM_CHAIN;
  if (one[0] !== undefined && usual !== undefined && rare !== undefined)
    return `${code(usual)}; ${code(rare)} for ${code(one[0])}`;
  if (schema.from !== undefined) return schema.from === 'from the chain' ? FROM_CHAIN : schema.from;
  const value = schema.default;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return undefined;
  if (Array.isArray(value)) return code(`[${value.join(', ')}]`);
  if (typeof value === 'number' && schema.enum === undefined) return String(value);
  if (typeof value !== 'object' || value === null) return code(value);
  const entries = Object.entries(value).map((entry) => entry.join(': '));
  if (Object.entries(value).length > 0 && Object.entries(value).every(([word, meaning]) => word === meaning))
    return 'each by its name';
  return entries.length === 0 ? undefined : code(`{ ${entries.join(', ')} }`);
}

function disksTable(): readonly string[] {
  const head = ['stop, s', 'largest, GiB', 'chain, unit, and data volume if it is not `/var/lib/` and the unit'];
  const groups = Map.groupBy(Object.entries<ChainDefaults>(chainDefaults), ([, { stopGraceSeconds, maximumSizeGiB }]) =>
    [stopGraceSeconds, maximumSizeGiB].join(' | '),
  );
  const volumeOf = ({ dataPath, unit }: ChainDefaults): string =>
    dataPath === `/var/lib/${unit}` ? '' : ` ${code(dataPath)}`;
  return tableOf(
    head,
    [...groups].map(([values, those]) => [
      values,
      those.map(([chain, of]) => `${chain} ${code(of.unit)}${volumeOf(of)}`).join(', '),
    ]),
  );
}

function watchTable(): readonly string[] {
  const head = ['behind, blocks', 'patience, s', 'halted, s', 'start, s', 'confirmations', 'P2P', 'peers'];
  return familiesOf(['chains', ...head, 'configuration, on the data volume'], ({ health, ports, peers }) => [
    ...[health.behindBlocks, health.patienceSeconds, health.haltSeconds, health.startGraceSeconds],
    ...[health.confirmations, ports.p2p, peers.maximum, peers.config === undefined ? '–' : code(peers.config)],
  ]);
}

const identitiesTable = (): readonly string[] =>
  familiesOf(['chains', '`cleanLine`', '`identity`, on the data volume'], ({ cleanLine, identity }) => [
    cleanLine === undefined ? '`none`' : code(cleanLine).replaceAll('|', '\\|'),
    identity.map(code).join(' ') || '–',
  ]);

/** A row for all chains with the same values. */
function familiesOf(
  head: readonly string[],
  cells: (defaults: ChainDefaults) => readonly unknown[],
): readonly string[] {
  const families = Map.groupBy(rowsOf(cells), ([, ...values]) => values.join(' | '));
  return tableOf(
    head,
    [...families].map(([values, rows]) => [rows.map(([chain]) => chain).join(', '), values]),
  );
}

const rowsOf = (cells: (defaults: ChainDefaults) => readonly unknown[]): readonly (readonly unknown[])[] =>
  Object.entries<ChainDefaults>(chainDefaults).map(([chain, defaults]) => [chain, ...cells(defaults)]);
