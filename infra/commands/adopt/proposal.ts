// What is proposed for a group of instances: the keys of a fleet file, each with where it comes from, what is not known, and what is missing for
// each thing that chainmend could do for it. A value that nothing speaks for is left out. Pure.
import * as v from 'valibot';
import { chainDefaults, familyOf } from '../../../shared/chains/defaults.ts';
import { fleetName, tagKey, tagValue } from '../../../shared/fleet/schema-fields.ts';
import type { NodeSigns } from './evidence.ts';
import { type Group, ROLE_KEYS } from './grouping.ts';
import {
  type Facts,
  type Missing,
  namesOf,
  nodesText,
  type Part,
  type ProposedKey,
  short,
  tagCommand,
} from './part.ts';
import { ownerKeys, replaceKeys, snapshotKeys } from './proposed-heals.ts';
import { dataVolumesOf, volumeKeys } from './proposed-volumes.ts';
import { alarmKeys, dnsKeys, metricKeys, probeKeys } from './proposed-watch.ts';
import type { ReadOut } from './read-out.ts';
import { chainsIn, type NodeRole, roleInValue } from './words.ts';

export interface Proposal {
  readonly name: string;
  readonly group: Group;
  readonly keys: readonly ProposedKey[];
  /** Keys that a person has to look after, each with why. */
  readonly notKnown: readonly string[];
  readonly missing: readonly Missing[];
}

export const documentOf = ({ keys }: Pick<Proposal, 'keys'>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(keys.map(({ key, value }) => [key, value]));

/** @param taken names of fleets that there are */
export function propose(group: Group, readOut: ReadOut, taken: ReadonlySet<string>): Proposal {
  const name = fleetNameOf(group, taken);
  const facts: Facts = { group, readOut, volumes: dataVolumesOf(group, readOut) };
  const parts = [
    identityKeys(name, group),
    roleKeys(facts),
    runtimeKeys(group),
    volumeKeys(facts),
    probeKeys(facts),
    dnsKeys(facts),
    metricKeys(facts),
    alarmKeys(facts),
    ownerKeys(facts),
    snapshotKeys(facts),
    replaceKeys(facts),
  ];
  return {
    name,
    group,
    keys: parts.flatMap(({ keys = [] }) => keys),
    notKnown: parts.flatMap(({ notKnown = [] }) => notKnown),
    missing: parts.flatMap(({ missing = [] }) => missing),
  };
}

const FLEET_NAME_CHARACTERS = 32;

/** nodes/bitcoin is bitcoin: the part of the tag's value that speaks of the chain, or all of it. */
function fleetNameOf({ selector, chain }: Group, taken: ReadonlySet<string>): string {
  const values = Object.values(selector).map((value) => {
    const parts = value.split('/');
    return parts.find((part) => chainsIn(part).length > 0) ?? value;
  });
  const plain = values
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, FLEET_NAME_CHARACTERS - 3)
    .replace(/-$/, '');
  const wanted = plain === '' ? chain : plain;
  for (let at = 1; ; at++) {
    const name = at === 1 ? wanted : `${wanted}-${at}`;
    if (!taken.has(name) && v.is(fleetName, name)) return name;
  }
}

function identityKeys(name: string, { chain, selector, nodes, unsure, siblings }: Group): Part {
  const guessed = nodes.flatMap(({ guess }) => (guess.chain === null ? [] : [guess]));
  const weakest = guessed.some(({ sureness }) => sureness === 'a guess')
    ? 'a guess'
    : guessed.some(({ sureness }) => sureness === 'likely')
      ? 'likely'
      : 'sure';
  // One of each kind: a record of each node says the same thing as one.
  const kinds = new Map(
    guessed.flatMap(({ evidence }) => evidence.map(({ kind, from, weight }) => [kind, { from, weight }])),
  );
  const told = [...kinds.values()].sort((a, b) => b.weight - a.weight).map(({ from }) => from);
  const beside = [...new Set(guessed.flatMap((guess) => guess.beside))];
  return {
    keys: [
      {
        key: 'fleet',
        value: name,
        from: `from ${Object.entries(selector)
          .map((tag) => tag.join('='))
          .join(', ')}`,
      },
      { key: 'chain', value: chain, from: `${weakest}: ${short(told, 3)}` },
      { key: 'mode', value: 'plan', from: 'writes what it would do, touches nothing; then ask, then act' },
      {
        key: 'nodes',
        value: { tag: selector, ...nameTagOf(nodes) },
        from: `on ${nodesText(nodes.length)} and no other instance that was read: ${namesOf(nodes)}`,
      },
    ],
    notKnown: [
      ...(weakest === 'sure' ? [] : [`chain: ${chain} is ${weakest}; look what runs on ${nodes[0]?.name}`]),
      ...(beside.length > 0 ? [`chain: ${beside.join(', ')} is spoken of, too`] : []),
      ...(unsure.length > 0
        ? [
            `nodes: ${namesOf(unsure)} ${unsure.length === 1 ? 'carries' : 'carry'} the tags and ${unsure.length === 1 ? 'shows' : 'show'} nothing of a chain; take the tags away if nothing of it runs there`,
          ]
        : []),
      ...(siblings.length > 0
        ? [
            `nodes: ${namesOf(siblings)} ${siblings.length === 1 ? 'looks like a node' : 'look like nodes'} of this fleet and ${siblings.length === 1 ? 'lacks' : 'lack'} its tags: ${tagCommand(
              siblings.map(({ instance }) => instance.instanceId),
              selector,
            )}`,
          ]
        : []),
    ],
  };
}

const NAME_KEYS = ['Name', 'NodeName', 'Node', 'Hostname', 'Host'];

/** The tag in which each node has a name of its own. */
function nameTagOf(nodes: readonly NodeSigns[]): { nameTag?: string } {
  const tells = (key: string): boolean => nodes.every(({ instance: { tags } }) => (tags[key] ?? '') !== '');
  const [first] = NAME_KEYS.filter(tells);
  return first === undefined || first === 'Name' ? {} : { nameTag: first };
}

const ROLES_SIGN_NOTHING = 'a bitcoin client signs no blocks';

function roleKeys({ group: { chain, nodes } }: Facts): Part {
  const keys = new Set(nodes.flatMap(({ instance: { tags } }) => Object.keys(tags)));
  const roleKey = [...keys].find(
    (key) =>
      ROLE_KEYS.includes(key.toLowerCase().replace(/[^a-z]/g, '')) &&
      v.is(tagKey, key) &&
      nodes.some(({ instance: { tags } }) => roleInValue(tags[key] ?? '') !== undefined),
  );
  if (roleKey !== undefined) return rolesByTag(roleKey, nodes);
  const words = new Set(nodes.map(({ roleWord }) => roleWord));
  const [word] = words;
  if (words.size === 1 && word)
    return { keys: [{ key: 'role', value: word, from: `their names and tags say ${word}` }] };
  if (words.has('validator') || words.size > 1)
    return unknownRole(
      `the names of ${nodesText(nodes.length)} speak of ${[...words].map((one) => one ?? 'nothing').join(', ')}; tag each node with its role, and write role: { tag: Role }`,
    );
  if (familyOf(chain) === 'bitcoin') return { keys: [{ key: 'role', value: 'follower', from: ROLES_SIGN_NOTHING }] };
  return unknownRole(
    `nothing says whether these ${chain} nodes sign blocks; write follower, if none of them has a validator’s key`,
  );
}

const unknownRole = (why: string): Part => ({
  notKnown: [`role: ${why}`],
  missing: [
    {
      for: ['restart', 'restore', 'replace'],
      what: 'the role: nodes of unknown role are never replaced, and restarted only with owner.restartValidators',
    },
  ],
});

function rolesByTag(key: string, nodes: readonly NodeSigns[]): Part {
  const values = [...new Set(nodes.flatMap(({ instance: { tags } }) => tags[key] ?? []))].sort();
  const known = values.flatMap((value): [string, NodeRole][] => {
    const role = v.is(tagValue, value) ? roleInValue(value) : undefined;
    return role === undefined ? [] : [[value, role]];
  });
  const unknown = nodes.filter(({ instance: { tags } }) => !known.some(([value]) => value === tags[key]));
  return {
    keys: [
      { key: 'role', value: { tag: key, values: Object.fromEntries(known) }, from: `the tag ${key} of the nodes` },
    ],
    notKnown:
      unknown.length === 0
        ? []
        : [
            `role: what ${key} means on ${namesOf(unknown)}; a value that is not listed is an unknown role, which is never replaced`,
          ],
  };
}

function runtimeKeys({ chain, nodes }: Group): Part {
  const [container, ...others] = new Set(nodes.flatMap(({ container: one }) => one ?? []));
  if (container !== undefined && others.length === 0)
    return { keys: [{ key: 'docker', value: container, from: 'a metric names the container' }] };
  const beacon = nodes.some((node) => node.beacon);
  return {
    notKnown: [
      `unit: what starts the client; without a word it is ${chainDefaults[chain].unit}, the usual unit. Look with systemctl or docker ps on ${nodes[0]?.name}: unit, docker, compose, commands`,
      ...(beacon
        ? [
            'units: a consensus client is spoken of; if it runs on the same nodes, write units: { execution: …, beacon: … } and rpc.beaconPort',
          ]
        : []),
    ],
  };
}
