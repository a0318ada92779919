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
  mode: '#from-plan-to-act',
  'ask.expiresAfterHours': 'restoring.md#approving-a-plan',
  cleanLine: '#a-clean-stop',
  'rpc.credentials': '#credentials',
  'rpc.paths': '#any-other-coin',
  probe: '#who-asks',
  'alarms.per': 'cost.md',
  replace: '#how-far-a-stuck-node-is-helped',
};

export function reference(say: (text: string) => void): void {
  writeFileSync(referencePath, withTables(readFileSync(referencePath, 'utf8')));
  say(`The tables of ${shortPath(referencePath)} are written.`);
}

/**
 * The page with its tables as they must be. Each is between `<!-- NAME: … -->` and `<!-- /NAME -->`.
 * @throws Error where a table has no place in the page, or a link no key
 */
export function withTables(page: string): string {
  const tables = { keys: keysTable(), disks: disksTable(), watch: watchTable(), 'clean-lines': cleanLinesTable() };
  return Object.entries(tables).reduce((text, [name, lines]) => {
    const begin = text.indexOf(`<!-- ${name}: `);
    const end = text.indexOf(`<!-- /${name} -->`);
    const from = text.indexOf('\n', begin) + 1;
    if (begin < 0 || end < from) throw new Error(`expected a place for the table ${name} in the page`);
    return `${text.slice(0, from)}\n${lines.join('\n')}\n\n${text.slice(end)}`;
  }, page);
}

const tableOf = (head: readonly string[], rows: readonly (readonly unknown[])[]): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ').replaceAll('\n', ' ')} |`);

const code = (text: unknown): string => `\`${typeof text === 'string' ? text : JSON.stringify(text)}\``;

interface Key {
  readonly name: string;
  readonly schema: DescribedSchema;
  readonly required: boolean;
}

function keysTable(): readonly string[] {
  const keys = keysOf(describedSchema(), []);
  const strange = Object.keys(MORE).find((name) => !keys.some((key) => key.name === name));
  if (strange !== undefined) throw new Error(`there is no key ${strange} in the schema`);
  const byChain = chains.map((chain) => [chain, leavesOf(completeDocument(commonFile(chain)))] as const);
  const rows = keys.map((key) => {
    const { description = '' } = key.schema;
    const more = MORE[key.name];
    const meaning = `${description.replaceAll('|', '\\|')}${more ? ` [More](${more})` : ''}`;
    return [code(key.name), allowedBy(key.schema), defaultOf(key, byChain), meaning];
  });
  return tableOf(['key', 'value', 'default', 'meaning'], rows);
}

/** Below this depth, a section of the page explains more than a table can. */
const DEPTH = 3;

/** Every key: `disk.growAtPercent`, `volumes.*.tag`. The keys in `units` are the same as those next to it. */
function keysOf(schema: DescribedSchema, above: readonly string[]): readonly Key[] {
  if (above.length === DEPTH || above[0] === 'units') return [];
  return alternativesOf(schema).flatMap(({ properties = {}, required = [], additionalProperties }) => [
    ...Object.entries(properties).flatMap(([name, inner]): readonly Key[] => {
      if (typeof inner !== 'object') return [];
      const path = [...above, name];
      return [{ name: path.join('.'), schema: inner, required: required.includes(name) }, ...keysOf(inner, path)];
    }),
    ...(typeof additionalProperties === 'object' ? keysOf(additionalProperties, [...above, '*']) : []),
  ]);
}

const alternativesOf = (schema: DescribedSchema): readonly DescribedSchema[] =>
  (schema.anyOf ?? [schema]).filter((one) => typeof one === 'object');

function allowedBy(schema: DescribedSchema): string {
  return alternativesOf(schema)
    .map(({ type, enum: words, const: word, minimum, maximum, examples, properties, maxItems }) => {
      if (word !== undefined) return code(word);
      if (words) return words.map(code).join(', ');
      if (type === 'boolean') return '`true`, `false`';
      if (type === 'integer') return `${minimum} to ${maximum}`;
      if (type === 'array') return `a list of up to ${maxItems}`;
      if (type === 'object') return properties ? 'keys' : 'a map';
      return Array.isArray(examples) ? `as ${code(examples[0])}` : 'text';
    })
    .join(', or ');
}

const chains = Object.keys(chainDefaults) as KnownChain[];

/** A fleet file without any optional key. */
const commonFile = (chain: KnownChain | typeof otherChain): FleetDocument => ({
  ...{ fleet: 'a', chain, mode: 'plan', nodes: { tag: { A: 'a' } } },
});

function defaultOf(
  { name, schema, required }: Key,
  byChain: readonly (readonly [chain: string, leaves: ReadonlyMap<string, string>])[],
): string {
  if (required) return 'required';
  const values = new Map<string | undefined, string[]>();
  for (const [chain, leaves] of byChain) values.set(leaves.get(name), [...(values.get(leaves.get(name)) ?? []), chain]);
  const [[usual, most = []] = [], [rare, one = []] = [], ...others] = [...values].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  if (others.length > 0 || (one.length > 1 && most.length > 0)) return 'from the chain';
  if (one[0] !== undefined && usual !== undefined && rare !== undefined)
    return `${code(usual)}; ${code(rare)} for ${code(one[0])}`;
  if (schema.from !== undefined) return schema.from;
  const value = schema.default;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none';
  if (Array.isArray(value)) return code(`[${value.join(', ')}]`);
  if (typeof value !== 'object' || value === null) return code(value);
  const entries = Object.entries(value).map((entry) => entry.join(': '));
  return entries.length === 0 ? 'as below' : code(`{ ${entries.join(', ')} }`);
}

function disksTable(): readonly string[] {
  const head = ['chain', 'data volume', 'unit', 'stop, s', 'largest, GiB', 'identity, on the data volume'];
  const rows = rowsOf(({ dataPath, unit, stopGraceSeconds, maximumSizeGiB, identity }) => [
    ...[code(dataPath), code(unit), stopGraceSeconds, maximumSizeGiB],
    identity.map(code).join(' ') || '–',
  ]);
  return tableOf(head, rows);
}

function watchTable(): readonly string[] {
  const head = [
    'chain',
    'a block, s',
    'behind, blocks',
    'patience, s',
    'halted, s',
    'start, s',
    'confirmations',
    'P2P',
    'peers',
  ];
  const rows = rowsOf(({ blockSeconds, health, ports, peers }) => [
    ...[
      blockSeconds,
      health.behindBlocks,
      health.patienceSeconds,
      health.haltSeconds,
      health.startGraceSeconds,
      health.confirmations,
    ],
    ...[ports.p2p, peers.maximum, peers.config === undefined ? '–' : code(peers.config)],
  ]);
  return tableOf([...head, 'configuration, on the data volume'], rows);
}

const cleanLinesTable = (): readonly string[] =>
  tableOf(
    ['chain', '`cleanLine`'],
    rowsOf(({ cleanLine }) => [cleanLine === undefined ? 'none' : code(cleanLine).replaceAll('|', '\\|')]),
  );

const rowsOf = (cells: (defaults: ChainDefaults) => readonly unknown[]): readonly (readonly unknown[])[] =>
  Object.entries<ChainDefaults>(chainDefaults).map(([chain, defaults]) => [chain, ...cells(defaults)]);
