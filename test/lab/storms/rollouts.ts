// What people ask of fleets whose file allows upgrades and drills, and what goes wrong with just these. Unlike other faults they need something of the
// world as well: keys of the fleet file, versions that are installed, a set of snapshots.
import type { Draw } from './draw.ts';
import type { Hand } from './faults.ts';
import { type Entry, refOf, type Storm, type StormFault, type StormNode, type StormSnapshot } from './storm.ts';

/** A storm as far as it is drawn: its world, and the faults that it has already. */
type Drawn = Pick<Storm, 'fleets' | 'nodes' | 'snapshots' | 'templates' | 'scalingGroups' | 'targetGroups' | 'faults'>;

interface Scene {
  readonly draw: Draw;
  /** Of one fleet, in the order of their names. */
  readonly nodes: readonly StormNode[];
  readonly fleet: string;
  /** When a person asks, in minutes. */
  readonly at: number;
  /** When everything must have ended, in minutes. */
  readonly endsBy: number;
}

interface Rollout {
  readonly entries: readonly Entry[];
  /** Keys of the fleet file. */
  readonly but: Readonly<Record<string, unknown>>;
  /** What is wrong with the version that is asked for; absent: nothing. */
  readonly fault?: Version['fault'];
  /** The patch of the version of before, which is installed as well, and what is wrong with it. */
  readonly patch?: Version;
  /** Whether it migrates the data; by chance unless given. */
  readonly migrates?: true;
  /** The nodes on which it is not installed. */
  readonly lacks?: readonly string[];
  readonly snapshots?: readonly StormSnapshot[];
}

type Version = NonNullable<StormNode['versions']>[string];

interface RolloutType {
  readonly hand: Hand;
  readonly says: string;
  readonly met?: string;
  readonly words?: readonly string[];
  /** What the fleet has to have. */
  readonly needs: 'versions' | 'releases' | 'drills' | 'template and versions' | 'drills and versions' | 'validators';
  readonly draw: (scene: Scene) => Rollout;
}

const BEFORE = '0.21.0';
const AFTER = '0.22.0';
/** Differs from the one of before in its last number alone. */
const PATCH = '0.21.1';
/** What mends a version that does not go on. */
const MENDED = '0.22.1';
const DRILL_GROUP = 'sg-0d0000000000000d1';

/** Fewer have none to spare for a clean snapshot; of validators two thirds have to stay. */
const NODES_LEAST = {
  ...{ versions: 3, releases: 3, 'template and versions': 3, 'drills and versions': 3 },
  ...{ validators: 4, drills: 1 },
} as const;

const clientOf = ({ draw, nodes }: Scene, more: object = {}): object => ({
  versions: [BEFORE, AFTER, MENDED],
  ...(draw.chance(0.5) && { canary: draw.pick(nodes).name }),
  watchMinutes: draw.pick([0, 5, 20]),
  ...more,
});

const drillsOf = ({ draw }: Scene): object => ({
  securityGroup: DRILL_GROUP,
  hours: draw.pick([1, 2, 12]),
  dollarsPerMonth: draw.pick([1, 5, 30]),
});

const asks = ({ fleet, at }: Scene, more: object = {}): Entry => ({ at, do: 'upgrade', fleet, to: AFTER, ...more });
const asksForDrill = ({ fleet, at }: Scene): Entry => ({ at, do: 'drill', fleet });

const FEED = 'https://github.example/bitcoin/bitcoin/releases.atom';

const releasesOf = (isAuto: boolean): object => ({ feed: FEED, ...(isAuto && { auto: 'patch' }) });

/** It is out, and read until the nodes have told of their versions. */
const published = ({ fleet, at }: Scene, words: object): readonly Entry[] => [
  { at, do: 'releases-feed', feed: FEED, ...words },
  { at: at + 1, do: 'look-at-releases', fleet, every: 20, times: 3 },
];

/** A person asks for what mends it, where they were told. */
const mends = ({ draw, fleet }: Scene, more: object = {}): readonly Entry[] =>
  draw.chance(0.5)
    ? [
        {
          at: { paged: 'upgrade-failed', minutes: draw.integer(1, 30) },
          do: 'upgrade',
          fleet,
          to: MENDED,
          ...more,
        },
      ]
    : [];

/** While the first node gives its snapshot, or when a client is told to run as the other version. */
const inTheMiddle = ({ draw, endsBy }: Scene, later = 0): Entry['at'] => ({
  ...draw.pick([{ called: 'CreateSnapshots' }, { commanded: 'restart-client' }, { commanded: 'start-client' }]),
  ...{ minutes: later, until: endsBy },
});

const whileItRuns = ({ endsBy }: Scene, later: number): Entry['at'] => ({
  ...{ called: 'RunInstances', minutes: later, until: endsBy },
});

/** The newest of all, which a heal would use first. */
const newestSet = ({ draw, nodes }: Scene, opening: StormSnapshot['opening']): readonly StormSnapshot[] => [
  { of: refOf(draw.pick(nodes)), hoursAgo: 0.5, by: 'clean', ...(opening !== undefined && { opening }) },
];

const badVersion = (fault: NonNullable<Version['fault']>, says: string): RolloutType => ({
  hand: 'nodes',
  says,
  met: `version ${fault}`,
  needs: 'versions',
  draw: (scene) => ({ entries: [asks(scene), ...mends(scene)], but: { client: clientOf(scene) }, fault }),
});

/** A person asks for an upgrade, and somebody does something in the middle of it. */
const disturbed = (
  hand: Hand,
  says: string,
  words: readonly string[],
  comes: (scene: Scene) => readonly Entry[],
  met?: string,
): RolloutType => ({
  ...{ hand, says, words, needs: 'versions' },
  ...(met !== undefined && { met }),
  draw: (scene) => ({
    entries: [asks(scene), ...comes(scene)],
    but: { client: clientOf(scene, scene.draw.chance(0.5) ? { zonePercent: 50 } : {}) },
  }),
});

const drilled = (
  { hand, says, met, words }: Pick<RolloutType, 'hand' | 'says' | 'met' | 'words'>,
  comes: (scene: Scene) => { readonly before?: readonly Entry[]; readonly after?: readonly Entry[] },
  opening: StormSnapshot['opening'] = 'opens',
): RolloutType => ({
  ...{ hand, says, needs: 'drills' },
  ...(met !== undefined && { met }),
  ...(words && { words }),
  draw: (scene) => {
    const { before = [], after = [] } = comes(scene);
    return {
      entries: [...before, asksForDrill(scene), ...after],
      but: { drills: drillsOf(scene) },
      snapshots: newestSet(scene, opening),
    };
  },
});

const types = {
  'asks-upgrade': {
    hand: 'people',
    says: 'A person asks for another version of the client, one node after the other.',
    met: 'another version',
    needs: 'versions',
    draw: (scene) => ({ entries: [asks(scene)], but: { client: clientOf(scene) } }),
  },
  'asks-upgrade-zones': {
    hand: 'people',
    says: 'A person asks for another version, on a share of each zone at once.',
    met: 'another version',
    needs: 'versions',
    draw: (scene) => ({
      entries: [asks(scene)],
      but: {
        client: clientOf(scene, { zonePercent: 50 }),
        breaker: { restartPercent: scene.draw.pick([25, 50]) },
      },
    }),
  },
  'asks-upgrade-beside': {
    hand: 'people',
    says: 'A person asks for another version, which proves itself on another instance beside each node.',
    met: 'another version',
    needs: 'template and versions',
    draw: (scene) => ({
      entries: [asks(scene, { strategy: 'blue-green' })],
      but: { client: clientOf(scene) },
      snapshots: newestSet(scene, 'opens'),
    }),
  },
  'version-stands-beside': {
    hand: 'nodes',
    says: 'A version that is asked for beside each node takes no block.',
    met: 'version stands',
    needs: 'template and versions',
    draw: (scene) => ({
      entries: [asks(scene, { strategy: 'blue-green' })],
      but: { client: clientOf(scene) },
      snapshots: newestSet(scene, 'opens'),
      fault: 'stands',
    }),
  },
  'asks-upgrade-rehearsed': {
    hand: 'people',
    says: 'A person asks for another version, which is tried on a copy first.',
    met: 'throw-away runs',
    needs: 'drills and versions',
    draw: (scene) => ({
      entries: [asks(scene, { rehearse: true }), ...mends(scene, { rehearse: true })],
      but: { client: clientOf(scene), drills: drillsOf(scene) },
      ...(scene.draw.chance(0.4) && { fault: scene.draw.pick(['stands', 'dies', 'ends'] as const) }),
    }),
  },
  'asks-upgrade-of-validators': {
    hand: 'people',
    says: 'A person asks for another version on two validators at one moment, which have given snapshots.',
    met: 'another version',
    needs: 'validators',
    draw: (scene) => {
      const { draw, nodes, at, endsBy } = scene;
      const named = draw.some(nodes, 2).map(refOf);
      return {
        entries: [
          ...named.map((node, after) => ({
            ...{ at: Math.min(endsBy, at + 15 * after), do: 'ask', for: 'snapshot', node, acknowledgesValidator: true },
          })),
          ...named.map((node) => ({ at: Math.min(endsBy, at + 45), do: 'upgrade', node, to: AFTER })),
        ],
        but: { client: clientOf(scene) },
        ...(draw.chance(0.4) && { fault: draw.pick(['stands', 'ends', 'dies'] as const) }),
      };
    },
  },
  'version-ends': badVersion('ends', 'A version that people ask for ends at its start.'),
  'version-stands': badVersion('stands', 'A version that people ask for takes no block.'),
  'version-dies': badVersion('dies', 'A version that people ask for is killed two minutes after each start.'),
  'version-migrates': {
    hand: 'nodes',
    says: 'A version that people ask for migrates the data and does not go on: the one of before cannot open them.',
    met: 'data of a newer version',
    needs: 'versions',
    draw: (scene) => ({
      entries: [asks(scene), ...mends(scene)],
      but: { client: clientOf(scene) },
      ...{ fault: scene.draw.pick(['ends', 'stands', 'dies'] as const), migrates: true },
    }),
  },
  'version-missing': {
    hand: 'people',
    says: 'A version that people ask for is not installed on every node.',
    needs: 'versions',
    draw: (scene) => ({
      entries: [asks(scene)],
      but: { client: clientOf(scene) },
      lacks: scene.draw.some(scene.nodes, scene.draw.integer(1, scene.nodes.length)).map(({ name }) => name),
    }),
  },
  'upgrade-paused': disturbed('people', 'A person pauses a fleet in the middle of its upgrade.', ['pause'], (scene) => {
    const { fleet, draw } = scene;
    const later = draw.integer(0, 5);
    const at = inTheMiddle(scene, later);
    const ends = typeof at === 'object' ? { ...at, minutes: later + draw.integer(5, 60) } : at;
    return [
      { at, do: 'pause', fleet, why: 'a storm' },
      { at: ends, do: 'resume', fleet },
      { at: scene.endsBy, do: 'resume', fleet },
    ];
  }),
  'upgrade-withdrawn': {
    hand: 'people',
    says: 'A person takes the version out of the fleet file in the middle of its upgrade.',
    words: ['change-fleet'],
    needs: 'versions',
    draw: (scene) => {
      const client = clientOf(scene, scene.draw.chance(0.5) ? { zonePercent: 50 } : {});
      const at = inTheMiddle(scene, scene.draw.integer(0, 3));
      const less = { client: { ...client, versions: [BEFORE, MENDED] } };
      return {
        entries: [asks(scene), { at, do: 'change-fleet', fleet: scene.fleet, but: less }],
        but: { client },
      };
    },
  },
  'upgrade-meets-stop': disturbed(
    'people',
    'A person stops a client in the middle of an upgrade of its fleet.',
    ['stop-client'],
    (scene) => [{ at: inTheMiddle(scene, scene.draw.integer(0, 4)), do: 'stop-client', node: oneOf(scene) }],
  ),
  'upgrade-meets-death': disturbed(
    'aws',
    'An instance dies in the middle of an upgrade of its fleet.',
    ['kill-instance'],
    (scene) => [{ at: inTheMiddle(scene, scene.draw.integer(0, 4)), do: 'kill-instance', node: oneOf(scene) }],
  ),
  'upgrade-meets-hang': disturbed(
    'nodes',
    'A client hangs in the middle of an upgrade of its fleet.',
    ['hang'],
    (scene) => [{ at: inTheMiddle(scene, scene.draw.integer(0, 10)), do: 'hang', node: oneOf(scene) }],
  ),
  'upgrade-cut-off': disturbed(
    'aws',
    'Executions end TIMED_OUT in the middle of an upgrade.',
    ['aws-misbehaves'],
    (scene) => [
      {
        ...{ at: inTheMiddle(scene, scene.draw.integer(0, 2)), do: 'aws-misbehaves', fault: 'execution-timeout' },
        minutes: scene.draw.integer(5, 30),
      },
    ],
    'execution-timeout',
  ),

  'splits-along-versions': {
    hand: 'chains',
    says: 'The chain splits while an upgrade is on its way: nodes that still run the version of before follow blocks of their own.',
    words: ['fork'],
    needs: 'versions',
    draw: (scene) => {
      const { nodes, draw, endsBy } = scene;
      const time = draw.integer(1, Math.max(1, Math.floor(nodes.length / 2)));
      const at = { commanded: 'restart-client', time, minutes: 1, until: endsBy };
      // The ones that are last in its order.
      const old = nodes.slice(-Math.max(1, nodes.length - time));
      return {
        entries: [
          asks(scene),
          ...old.map((node) => ({ at, do: 'fork', node: refOf(node), branch: 'old' })),
          ...old.map((node) => ({ at: endsBy, do: 'rejoin', node: refOf(node) })),
        ],
        but: { client: clientOf(scene) },
      };
    },
  },

  // Releases.
  'feed-lies': {
    hand: 'chains',
    says: 'A feed of releases names versions that nobody made, in words that are for no person, and one that is no patch.',
    met: 'feed lies',
    needs: 'releases',
    draw: (scene) => ({
      entries: published(scene, { answers: 'lies', lists: [AFTER, '999.0.0'] }),
      but: { client: clientOf(scene), releases: releasesOf(scene.draw.chance(0.7)) },
      patch: {},
    }),
  },
  'feed-tells-bad-patch': {
    hand: 'chains',
    says: 'A feed of releases names a patch that comes by itself, and that does not go on.',
    met: 'another version',
    needs: 'releases',
    draw: (scene) => ({
      entries: published(scene, { answers: scene.draw.pick(['releases', 'tags']), lists: [PATCH, BEFORE] }),
      but: {
        ...{ mode: 'act', releases: releasesOf(true) },
        client: clientOf(scene, { versions: [BEFORE, PATCH, AFTER] }),
      },
      patch: { fault: scene.draw.pick(['stands', 'dies', 'ends'] as const) },
    }),
  },
  'feed-unreadable': {
    hand: 'chains',
    says: 'A feed of releases is a web page, is no text, is without an end, or is not there.',
    met: 'feed unreadable',
    needs: 'releases',
    draw: (scene) => ({
      entries: published(scene, {
        answers: scene.draw.pick(['page', 'garbage', 'huge', 'nothing', 'unavailable']),
        lists: [PATCH, BEFORE],
      }),
      but: { client: clientOf(scene), releases: releasesOf(scene.draw.chance(0.7)) },
      patch: {},
    }),
  },

  // Drills.
  'asks-drill': drilled({ hand: 'people', says: 'A person asks for a drill.', met: 'throw-away runs' }, () => ({})),
  'drill-of-bad-set': drilled(
    { hand: 'nodes', says: 'The newest set of snapshots does not open in a drill.', met: 'throw-away refuses' },
    () => ({}),
    'refuses',
  ),
  'drill-without-capacity': drilled(
    { hand: 'aws', says: 'No zone has room for the throw-away instance of a drill.', met: 'no-capacity' },
    ({ at, endsBy }) => ({
      before: ['a', 'b', 'c'].map((zone) => ({ at, do: 'no-capacity', zone, minutes: Math.max(1, endsBy - at) })),
    }),
  ),
  'drill-not-heard-of': drilled(
    { hand: 'aws', says: 'The throw-away instance of a drill never answers.', met: 'throw-away silent' },
    ({ at, endsBy }) => ({
      before: [{ at, do: 'throw-aways', will: 'silent' }],
      after: [{ at: endsBy, do: 'throw-aways', will: 'work' }],
    }),
  ),
  'drill-ended-by-person': drilled(
    { hand: 'people', says: 'A person terminates the throw-away instance of a drill.', met: 'throw-away ends' },
    ({ at, endsBy }) => ({
      before: [{ at, do: 'throw-aways', will: 'end' }],
      after: [{ at: endsBy, do: 'throw-aways', will: 'work' }],
    }),
  ),
  'drill-paused': drilled(
    { hand: 'people', says: 'A person pauses everything in the middle of a drill.', words: ['pause'] },
    (scene) => {
      const later = scene.draw.integer(0, 6);
      return {
        after: [
          { at: whileItRuns(scene, later), do: 'pause', why: 'a storm' },
          { at: whileItRuns(scene, later + scene.draw.integer(5, 40)), do: 'resume' },
          { at: scene.endsBy, do: 'resume' },
        ],
      };
    },
  ),
  'drill-meets-heal': drilled(
    { hand: 'nodes', says: 'A node hangs in the middle of a drill, which gives way.', words: ['hang'] },
    (scene) => ({ after: [{ at: whileItRuns(scene, scene.draw.integer(0, 6)), do: 'hang', node: oneOf(scene) }] }),
  ),
  'drill-cut-off': drilled(
    {
      ...{ hand: 'aws', says: 'The execution of a drill ends TIMED_OUT.', met: 'execution-timeout' },
      words: ['aws-misbehaves'],
    },
    (scene) => ({
      after: [
        {
          ...{ at: whileItRuns(scene, 0), do: 'aws-misbehaves', fault: 'execution-timeout' },
          minutes: scene.draw.integer(5, 30),
        },
      ],
    }),
  ),
} as const satisfies Record<string, RolloutType>;

function oneOf({ draw, nodes }: Scene): string {
  return refOf(draw.pick(nodes));
}

export type RolloutName = keyof typeof types;
export const ROLLOUTS: Readonly<Record<RolloutName, RolloutType>> = types;
const NAMES = Object.keys(types) as readonly RolloutName[];
/** Drawn behind all others: what a seed draws besides stays what it was. */
export const RELEASE_NAMES = NAMES.filter((name) => types[name].needs === 'releases');
/** The same. */
export const APART_NAMES = ['splits-along-versions'] as const satisfies readonly RolloutName[];
export const ROLLOUT_NAMES = NAMES.filter(
  (name) => !RELEASE_NAMES.includes(name) && !APART_NAMES.some((apart) => apart === name),
);
export const isRollout = (name: string): name is RolloutName => Object.hasOwn(types, name);

/** Fleets whose owners may ask for one; irita's are validators. */
const FOLLOWERS = ['bitcoin', 'stacks', 'clique'];

/** The nodes of a fleet that has what a rollout of this type needs. Undefined: none has. */
function nodesFor(drawn: Drawn, needs: RolloutType['needs'], draw: Draw): readonly StormNode[] | undefined {
  const fleets = drawn.fleets.filter(({ name, but }) => {
    // Its nodes tell their versions, and its file names a feed.
    if (needs === 'releases' && name !== 'bitcoin') return false;
    if (needs === 'validators' ? name !== 'irita' : !FOLLOWERS.includes(name)) return false;
    const isSeen = but['probe'] !== 'none' && but['probe'] !== 'unit';
    const isLaunched = drawn.templates.includes(name);
    const isEnough = drawn.nodes.filter(({ fleet }) => fleet === name).length >= NODES_LEAST[needs];
    // A metric tells heights alone: no block of a new instance could be compared.
    if (LAUNCHING.has(needs) && name === 'stacks') return false;
    const wantsUnits = needs !== 'drills';
    return isSeen && isEnough && (isLaunched || !LAUNCHING.has(needs)) && !(wantsUnits && hasContainers(drawn, name));
  });
  if (fleets.length === 0) return undefined;
  const { name } = draw.pick(fleets);
  return drawn.nodes.filter(({ fleet }) => fleet === name);
}

const LAUNCHING: ReadonlySet<string> = new Set(['drills', 'template and versions', 'drills and versions']);

/** A fault takes a container away, or ends it as only a container ends: the fleet's clients are none as units. */
const hasContainers = ({ faults }: Drawn, fleet: string): boolean =>
  faults.some(
    ({ type, entries }) =>
      (type === 'stops-container' || type === 'upgrades-container') &&
      entries.some(({ node }) => node?.startsWith(`${fleet}/`)),
  );

/** Clients that can be switched are instances of a template unit, whatever else their owner has drawn. */
const UNITS = { unit: 'node@*', docker: null, compose: null };

/** Whether one fleet's file can have both: the first word on a key counts. */
const withKeys = (
  { name, but, chain }: Storm['fleets'][number],
  of: string,
  more: Readonly<Record<string, unknown>>,
): Storm['fleets'][number] => {
  if (name !== of) return { name, but, chain };
  const known = Object.fromEntries(Object.entries(but).filter(([key, value]) => key !== 'drills' || value !== null));
  const client = known['client'] ?? more['client'];
  return { name, chain, but: { ...but, ...more, ...(client !== undefined && { ...UNITS, client }) } };
};

/** @returns undefined where it cannot happen in this world */
export function withRollout<Given extends Drawn>(
  storm: Given,
  type: RolloutName,
  draw: Draw,
  endsBy: number,
): Given | undefined {
  const { needs, draw: drawn } = ROLLOUTS[type];
  const nodes = nodesFor(storm, needs, draw);
  const [first] = nodes ?? [];
  if (!nodes || !first) return undefined;
  const { fleet } = first;
  const scene = { draw, nodes, fleet, at: draw.integer(2, Math.max(2, Math.floor(endsBy / 2))), endsBy };
  const { entries, but, fault, patch, migrates, lacks = [], snapshots = [] } = drawn(scene);
  const format = migrates || draw.chance(0.5) ? { format: 1 } : {};
  const added: StormFault = { type, entries: [...entries, ...answers(storm, fleet, draw)] };
  return {
    ...storm,
    fleets: storm.fleets.map((one) => withKeys(one, fleet, but)),
    nodes: storm.nodes.map((node) => {
      if (node.fleet !== fleet || but['client'] === undefined || node.versions !== undefined) return node;
      const after = lacks.includes(node.name) ? {} : { [AFTER]: { ...format, ...(fault && { fault }) } };
      const versions: NonNullable<StormNode['versions']> = {
        [BEFORE]: {},
        ...after,
        [MENDED]: format,
        ...(patch && { [PATCH]: patch }),
      };
      return { ...node, unit: `node@${BEFORE}.service`, versions: patch ? withNames(versions) : versions };
    }),
    snapshots: [...storm.snapshots, ...snapshots],
    faults: [...storm.faults, added],
  };
}

/** As bitcoind names itself: a release is compared with what a node says. */
const withNames = (versions: NonNullable<StormNode['versions']>): NonNullable<StormNode['versions']> =>
  Object.fromEntries(Object.entries(versions).map(([name, one]) => [name, { ...one, tells: `/Satoshi:${name}/` }]));

/** In mode ask a person says yes, some minutes late. */
function answers({ fleets, faults }: Drawn, fleet: string, draw: Draw): readonly Entry[] {
  const isAsked = fleets.some(({ name, but }) => name === fleet && but['mode'] === 'ask');
  const isAnswered = faults.some(({ entries }) => entries.some((entry) => entry.do === 'approve'));
  return isAsked && !isAnswered
    ? [{ at: { paged: 'approval-wanted', minutes: draw.integer(1, 20) }, do: 'approve' }]
    : [];
}
