// What must hold at the end of a world: matchers over the lists of a run's JSON, in the words of that JSON.
import * as v from 'valibot';
import { HEALTHS } from '../../../shared/fleet/observation.ts';
import { about, choice, list, object, optional, whole } from '../../../shared/fleet/schema-fields.ts';
import { JOURNAL_KINDS } from '../../../shared/heal/journal.ts';
import { LADDER } from '../../../shared/model/rungs.ts';
import { type JournalLine, readJournal } from '../report/journal.ts';
import type { Report } from '../report/report.ts';
import type { Expectation } from '../scenario.ts';
import type { World } from '../world/world.ts';
import { line, sentence } from './fields.ts';

/** The lists of a run's JSON, and the journal. */
interface Lists extends Pick<Report, 'heals' | 'plans' | 'refusals' | 'pages' | 'nodes' | 'dns' | 'snapshots'> {
  readonly journal: readonly Pick<JournalLine, 'kind' | 'fleet' | 'node' | 'code' | 'operation' | 'sentence'>[];
  readonly groups: readonly GroupState[];
}

/** An Auto Scaling group as it is at the end. */
interface GroupState {
  readonly name: string;
  readonly inService: number;
  readonly standby: number;
  readonly desired: number;
  readonly launched: number;
}
type ListName = keyof Lists;

const text = v.union(
  [line, object('{ has: restart }', { has: about('A part of the text.', line) })],
  'expected a text, or a part of one, for example { has: restart }',
);
const number = v.union(
  [
    v.number('expected a number'),
    v.null('expected null'),
    object('{ least: 1, most: 900 }', {
      least: optional('At least this.', v.number('expected a number')),
      most: optional('At most this.', v.number('expected a number')),
    }),
  ],
  'expected a number, null, or limits, for example { least: 1, most: 900 }',
);
const yesOrNo = v.boolean('expected true or false');
const texts = list(line, 50);
const among = <const Words extends readonly string[]>(all: Words, what: string) =>
  v.union(
    [choice(all, what), list(choice(all, what), all.length, 1)],
    `expected ${what}, or a list of some: ${all.join(', ')}`,
  );

const volumes = v.union(
  [
    object('{ role: data, sizeGiB: { least: 900 } }', {
      volumeId: optional('Its id.', text),
      role: optional('Its role.', text),
      sizeGiB: optional('Its size.', number),
      usedPercent: optional('How full its filesystem is.', number),
      inodesPercent: optional('How many of its inodes are used.', number),
      type: optional('Its EBS type.', text),
      snapshotId: optional('The snapshot that it was made from; empty for none.', text),
    } satisfies Fields<Report['nodes'][number]['volumes'][number]>),
  ],
  'expected what one of its volumes is like, for example { role: data, sizeGiB: { least: 900 } }',
);

type Fields<Item> = { readonly [Key in keyof Required<Item>]: v.GenericSchema | ReturnType<typeof optional> };

/** Every member of every item: the compiler asks for a new one. */
const ITEMS = {
  heals: {
    kind: optional(
      'The heal.',
      among(['resize-volume', 'replace-node', 'snapshot-node', 'rotate-peers', 'audit-snapshots'], 'a heal'),
    ),
    fleet: optional('Its fleet.', text),
    node: optional('Its node.', text),
    incident: optional('The id of its incident.', text),
    attempt: optional('Its number.', number),
    rung: optional('The rung that healed.', among(LADDER, 'a rung')),
    outcome: optional('How it ended.', among(['healed', 'restored', 'escalated', 'unfinished'], 'an outcome')),
    reason: optional('Why it ended so.', text),
    startedAtSeconds: optional('When it began.', number),
    alarmToHealedSeconds: optional('From the alarm to the proof.', number),
    awsSeconds: optional('How long AWS made what the heal waited for.', number),
    backgroundSeconds: optional('How long AWS loaded a volume while the node served already.', number),
    nodeOutageSeconds: optional('How long the node served nothing, for whatever reason.', number),
    outageSeconds: optional('How long the client served nothing because of the heal.', number),
    clientSeconds: optional('What of it the client took to stop and start.', number),
    caughtUpSeconds: optional('From its start until it was synced.', number),
    apiCalls: optional('Calls of AWS’s APIs.', number),
    guardCalls: optional('Calls of guards.', number),
    pollCalls: optional('Calls while it waited.', number),
    stateCalls: optional('Calls for its own state.', number),
  },
  plans: {
    kind: optional('The heal.', text),
    fleet: optional('Its fleet.', text),
    node: optional('Its node.', text),
    would: optional('What would be done.', text),
    reason: optional('Why.', text),
  },
  refusals: {
    kind: optional('The heal.', text),
    fleet: optional('Its fleet.', text),
    node: optional('Its node.', text),
    incident: optional('The id of its incident.', text),
    guardrail: optional('The code (`--list-codes`).', text),
    reason: optional('The sentence.', text),
  },
  pages: {
    fleet: optional('Its fleet.', text),
    node: optional('Its node, or `fleet`.', text),
    code: optional('The code (`--list-codes`).', text),
    sentence: optional('What people read.', text),
  },
  nodes: {
    fleet: optional('Its fleet.', text),
    node: optional('Its name.', text),
    role: optional('Its role.', text),
    state: optional('How it is.', among(['synced', 'behind', 'starting', 'stuck', 'forked', 'unreachable'], 'a state')),
    height: optional('Its height.', number),
    heightLag: optional('Blocks behind its chain.', number),
    peers: optional('Its connections.', number),
    instanceId: optional('Its instance.', text),
    availabilityZone: optional('Its zone.', text),
    privateIp: optional('Its address.', text),
    clientStarts: optional('How often its client was started, on this instance.', number),
    seen: optional('One health in which it was seen since the story began.', choice(HEALTHS, 'a health')),
    volumes: optional('One of its volumes.', volumes),
  },
  dns: {
    name: optional('The record’s name.', text),
    type: optional('Its type.', text),
    values: optional('All of its values, in any order.', texts),
  },
  snapshots: {
    snapshotId: optional('Its id.', text),
    fleet: optional('Its fleet.', text),
    height: optional('The height in it.', number),
    rank: optional('What is known of it.', among(['verified', 'clean', 'crash-consistent'], 'a rank')),
    held: optional('Whether a heal holds it.', yesOrNo),
    quarantined: optional('Whether it must not be used.', yesOrNo),
  },
  journal: {
    kind: optional('What it is.', among(JOURNAL_KINDS, 'a kind')),
    fleet: optional('Its fleet.', text),
    node: optional('Its node, or `-` for the whole fleet.', text),
    code: optional('The code (`--list-codes`).', text),
    operation: optional(
      'Of an intent or a result: the operation of AWS, or a list of some.',
      v.union([text, list(line, 20, 1)], 'expected an operation of AWS, for example StopInstances'),
    ),
    sentence: optional('What people read.', text),
  },
  groups: {
    name: optional('Its name.', text),
    inService: optional('How many members are in service.', number),
    standby: optional('How many members are on standby, or on the way there.', number),
    desired: optional('How many members in service it wants.', number),
    launched: optional('How many instances it has launched.', number),
  },
} satisfies { readonly [Name in ListName]: Fields<Lists[Name][number]> };

const EXAMPLES = {
  heals: '{ outcome: healed }',
  plans: '{ node: node2 }',
  refusals: '{ guardrail: paused }',
  pages: '{ code: node-stuck }',
  nodes: '{ state: synced }',
  dns: '{ name: pool.bitcoin.internal }',
  snapshots: '{ quarantined: true }',
  journal: '{ kind: intent }',
  groups: '{ name: bitcoin-nodes, inService: 5 }',
} as const satisfies Record<ListName, string>;

const MEANINGS = {
  heals: 'Heals that are like this.',
  plans: 'Plans that are like this.',
  refusals: 'Refusals that are like this.',
  pages: 'Pages that are like this.',
  nodes: 'Nodes that are like this.',
  dns: 'Records that are like this.',
  snapshots: 'Snapshots that are like this.',
  journal: 'Entries of the journal that are like this.',
  groups: 'Auto Scaling groups that are like this.',
} as const satisfies Record<ListName, string>;

export const LIST_NAMES = Object.keys(ITEMS) as ListName[];

const listEntries = Object.fromEntries(
  LIST_NAMES.map((name) => [name, optional(MEANINGS[name], object(EXAMPLES[name], ITEMS[name] as v.ObjectEntries))]),
) as unknown as Record<ListName, v.ExactOptionalSchema<v.GenericSchema<Matcher>, undefined>>;

export const expectation = object('{ nodes: { state: synced }, count: all }', {
  says: optional('The sentence that is printed where it does not hold.', sentence),
  ...listEntries,
  count: optional(
    'How many items of the list are like this: a number, limits, `all` or `none`. At least one by default.',
    v.union(
      [
        whole(0, 10_000, 'items', 1),
        choice(['all', 'none'], 'a count'),
        object('{ least: 1, most: 2 }', {
          least: optional('At least this many.', whole(0, 10_000, 'items', 1)),
          most: optional('At most this many.', whole(0, 10_000, 'items', 2)),
        }),
      ],
      'expected a number, limits, all or none, for example 1 or { least: 1, most: 2 }',
    ),
  ),
  undisturbed: optional('Only where no `--fault` is on.', v.literal(true, 'expected true')),
});

export type ExpectationDocument = v.InferOutput<typeof expectation>;

/** What an item must be like: each member that is written. */
type Matcher = Readonly<Record<string, unknown>>;

/** The lists that an expectation names: exactly one is right. */
export const listsIn = (document: ExpectationDocument): readonly ListName[] =>
  LIST_NAMES.filter((name) => document[name] !== undefined);

/** @throws RangeError where it names no list, or several */
export function expectationOf(document: ExpectationDocument): Expectation {
  const [name, ...more] = listsIn(document);
  if (name === undefined || more.length > 0) throw new RangeError('an expectation names one list');
  const matcher = document[name] ?? {};
  const { says = sentenceFor(name, matcher, document.count), undisturbed } = document;
  return {
    sentence: says,
    holds: (report, world) => {
      const items = itemsOf(name, report, world);
      return countHolds(items.filter((item) => isLike(item, matcher)).length, items.length, document.count);
    },
    ...(undisturbed && { undisturbed }),
  };
}

function itemsOf(name: ListName, report: Report, world: World): readonly object[] {
  if (name === 'journal') return readJournal(world.region, world.tableName);
  if (name !== 'groups') return report[name];
  return world.region.autoscaling.groups().map(({ name: group, desired, members, activities }): GroupState => {
    const count = (...all: readonly string[]): number =>
      [...members.values()].filter(({ lifecycle }) => all.includes(lifecycle)).length;
    const launched = activities.filter(
      ({ description, status }) => description.startsWith('Launching') && status === 'Successful',
    ).length;
    return {
      name: group,
      desired,
      inService: count('InService'),
      standby: count('Standby', 'EnteringStandby'),
      launched,
    };
  });
}

function countHolds(found: number, all: number, count: ExpectationDocument['count'] = { least: 1 }): boolean {
  if (count === 'all') return found === all && all > 0;
  if (count === 'none') return found === 0;
  if (typeof count === 'number') return found === count;
  return found >= (count.least ?? 0) && found <= (count.most ?? Number.POSITIVE_INFINITY);
}

function sentenceFor(name: ListName, matcher: Matcher, count: ExpectationDocument['count'] = { least: 1 }): string {
  const members = Object.entries(matcher).map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const like = members.length > 0 ? ` with ${members.join(', ')}` : '';
  return `${name}${like}: ${typeof count === 'object' ? JSON.stringify(count) : count}`;
}

const isLike = (item: object, matcher: Matcher): boolean =>
  Object.entries(matcher).every(([key, wanted]) => fits((item as Readonly<Record<string, unknown>>)[key], wanted));

/** One member: a value, one of a list of words, a part of a text, limits, or what one of its own items is like. */
function fits(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(value) && Array.isArray(wanted))
    return value.map(String).toSorted().join('\n') === wanted.map(String).toSorted().join('\n');
  if (Array.isArray(wanted)) return wanted.includes(value);
  if (typeof wanted !== 'object' || wanted === null)
    return Array.isArray(value) ? value.includes(wanted) : value === wanted;
  if (Array.isArray(value)) return value.some((item) => isLike(item, wanted as Matcher));
  const { has, least, most } = wanted as { readonly has?: string; readonly least?: number; readonly most?: number };
  if (has !== undefined) return typeof value === 'string' && value.includes(has);
  return (
    typeof value === 'number' &&
    value >= (least ?? Number.NEGATIVE_INFINITY) &&
    value <= (most ?? Number.POSITIVE_INFINITY)
  );
}
