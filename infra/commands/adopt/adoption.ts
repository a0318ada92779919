// What `chainmend adopt` proposes for a read-out: fleets, nodes that no tag makes one of, and the text of each file. Pure.

import { plainText } from '../../../shared/text/plain-text.ts';
import { parseSource } from '../../fleets.ts';
import { columnsOf } from '../columns.ts';
import { aroundOf, signsOf } from './evidence.ts';
import { fleetText } from './fleet-text.ts';
import { type Ambiguity, groupNodes } from './grouping.ts';
import { type Capability, short } from './part.ts';
import { documentOf, type Proposal, propose } from './proposal.ts';
import type { ReadOut } from './read-out.ts';

export interface ProposedFleet extends Proposal {
  readonly text: string;
}

export interface Adoption {
  readonly fleets: readonly ProposedFleet[];
  readonly ambiguous: readonly Ambiguity[];
  /** Names of instances that show nothing of a node. */
  readonly strangers: readonly string[];
  readonly unread: ReadOut['unread'];
}

/**
 * @param schema path of fleet.schema.json from the folder of the files
 * @throws Error where a file that was made is not right: a defect of this program, which no person should meet in a file
 */
export function adoptionOf(readOut: ReadOut, schema = '../fleet.schema.json'): Adoption {
  const around = aroundOf(readOut);
  const narrowed = readOut.narrowedTo === null ? {} : { [readOut.narrowedTo.key]: readOut.narrowedTo.value };
  const { groups, ambiguous, strangers } = groupNodes(
    readOut.instances.map((instance) => signsOf(instance, around)),
    narrowed,
  );
  const taken = new Set<string>();
  const fleets: ProposedFleet[] = [];
  for (const group of groups) {
    const proposal = withOwnRecords(propose(group, readOut, taken), fleets);
    taken.add(proposal.name);
    const text = fleetText(proposal, readOut, schema);
    const { lines } = parseSource(`${proposal.name}.yaml`, text);
    if (lines.length > 0) throw new Error(`a proposed file is not right: ${lines.join('; ')}`);
    fleets.push({ ...proposal, text });
  }
  return { fleets, ambiguous, strangers: strangers.map(({ name }) => name), unread: readOut.unread };
}

/** Of fleets of one zone each has a pool of its own; and of one chain only one has records in it. */
function withOwnRecords(proposal: Proposal, before: readonly Proposal[]): Proposal {
  const zone = zoneOf(proposal);
  const others = before.filter((one) => zone !== undefined && zoneOf(one) === zone);
  if (others.length === 0) return proposal;
  const alike = others.find(({ group }) => group.chain === proposal.group.chain);
  const keys = proposal.keys.flatMap((one) => {
    if (one.key !== 'dns') return [one];
    return alike ? [] : [{ ...one, value: { zone, pool: proposal.name } }];
  });
  const notKnown = alike
    ? [`dns: ${zone} has the records of ${alike.name}, which is of the same chain: this fleet needs another zone`]
    : [];
  return { ...proposal, keys, notKnown: [...proposal.notKnown, ...notKnown] };
}

const zoneOf = (proposal: Proposal): string | undefined =>
  (documentOf(proposal)['dns'] as { readonly zone?: string } | undefined)?.zone;

const CAPABILITIES: readonly Capability[] = ['grow', 'watch', 'restart', 'restore', 'replace', 'names'];

/** What a person reads of it. The table has 80 columns where names allow it. */
export const adoptionLines = (adoption: Adoption): readonly string[] =>
  linesOf(adoption).map((line) => `${/^ */.exec(line)?.[0] ?? ''}${plainText(line)}`);

function linesOf({ fleets, ambiguous, strangers, unread }: Adoption): readonly string[] {
  const rows = fleets.map(({ name, group, missing, keys }) => [
    name,
    group.chain,
    String(group.nodes.length),
    roleText(keys),
    CAPABILITIES.filter((capability) => !missing.some((one) => one.for.includes(capability))).join(' ') ||
      'nothing yet',
  ]);
  const table = columnsOf([['FLEET', 'CHAIN', 'NODES', 'ROLE', 'NOTHING MISSING FOR'], ...rows], 2, [
    'left',
    'left',
    'right',
  ]);
  return [
    ...(fleets.length === 0 ? ['No fleet is found.'] : table),
    ...fleets.flatMap((fleet) => ['', ...fleetLines(fleet)]),
    ...ambiguous.flatMap(({ nodes, chain, why }) => [
      '',
      `no file for ${short(nodes.map(({ name }) => name))}: ${chain === null ? '' : `${chain} runs there, but `}${why}`,
    ]),
    '',
    ...(strangers.length > 0
      ? [
          `${strangers.length} other ${strangers.length === 1 ? 'instance shows' : 'instances show'} nothing of a node: ${short(strangers)}`,
        ]
      : []),
    ...unread.map(({ what, why }) => `not read: ${what} (${why})`),
  ];
}

function roleText(keys: Proposal['keys']): string {
  const role = keys.find(({ key }) => key === 'role')?.value;
  return typeof role === 'string'
    ? role
    : role === undefined
      ? 'unknown'
      : `tag ${(role as { readonly tag: string }).tag}`;
}

const fleetLines = ({ name, group, keys, notKnown, missing }: Proposal): readonly string[] => [
  `${name}: ${short(
    group.nodes.map((node) => node.name),
    8,
  )}`,
  ...keys.filter(({ key }) => !['fleet', 'mode'].includes(key)).map(({ key, from }) => `  ${key}: ${from}`),
  ...notKnown.map((text) => `  not known: ${text}`),
  ...missing.map(({ for: what, what: text }) => `  missing for ${what.join(', ')}: ${text}`),
];

/** The same for machines. */
export const adoptionJson = ({ fleets, ambiguous, strangers, unread }: Adoption) => ({
  fleets: fleets.map(({ name, group, notKnown, missing, keys, ...rest }) => ({
    fleet: name,
    document: documentOf({ keys }),
    nodes: group.nodes.map((node) => ({ node: node.name, instanceId: node.instance.instanceId })),
    lookAlike: group.siblings.map((node) => ({ node: node.name, instanceId: node.instance.instanceId })),
    evidence: keys.map(({ key, from }) => ({ key, from })),
    ...{ notKnown, missing, file: rest.text },
  })),
  ambiguous: ambiguous.map(({ nodes, chain, why }) => ({
    nodes: nodes.map((node) => ({ node: node.name, instanceId: node.instance.instanceId })),
    ...{ chain, why },
  })),
  ...{ strangers, unread },
});
