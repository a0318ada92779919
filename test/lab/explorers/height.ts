// An upgrade at a height: every node gives a snapshot before, all go over where their chain stops, and the chain goes on when others have gone over, or
// never. The deployed decisions of the order, of the door, of the node's own heals and of the proof, in any order of events.
import { isOver } from '../../../functions/dispatch-heal/candidates.ts';
import { endsUpgrade, nextStep, type UpgradeStep } from '../../../functions/dispatch-heal/upgrade.ts';
import { reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { judgeOthers, judgeSelf } from '../../../shared/guardrails/move.ts';
import { judgeBelowHeight, judgeUpgrade } from '../../../shared/guardrails/upgrade.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { IncidentRecord, UpgradeRecord } from '../../../shared/heal/records.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { client, facts, ladderState, seen, watched } from '../../fixtures/replace-facts.ts';
import type { Emit, Model } from './check.ts';

const HEIGHT = 100_000;
const VERSIONS = { from: 'v19', to: 'v20' } as const;
const FLEET = bitcoinFleet({
  ...{ chain: 'cometbft', role: 'follower', unit: 'node@*', probe: 'ssm', volumes: { data: '/data' } },
  client: { versions: Object.values(VERSIONS), canary: 'node0', watchMinutes: 0 },
});

/** Where the chain is. `near`: a snapshot that is begun now could be overtaken. `stands`: below the height. `on`: others have gone over. */
const PHASES = ['far', 'near', 'stands', 'on'] as const;
type Phase = (typeof PHASES)[number];
const TIPS: Readonly<Record<Phase, number>> = {
  far: HEIGHT - 5_000,
  near: HEIGHT - 50,
  stands: HEIGHT,
  on: HEIGHT + 50,
};

/** How a client is. `waits`: it has ended for the upgrade. `crashed`: for another reason. */
const CLIENTS = ['runs', 'waits', 'crashed'] as const;
/** Where a node is by its blocks. */
const PLACES = ['lower', 'there', 'beyond'] as const;
const SNAPS = ['none', 'asked', 'stopped', 'done', 'failed'] as const;
const UPS = ['none', 'asked', 'cut', 'switched', 'healed', 'escalated'] as const;

export interface HeightNode {
  readonly client: (typeof CLIENTS)[number];
  readonly place: (typeof PLACES)[number];
  readonly snap: (typeof SNAPS)[number];
  readonly up: (typeof UPS)[number];
  readonly isNew: boolean;
  /** It was called failed, and a person was told. */
  readonly isTold: boolean;
}

export interface HeightWorld {
  readonly phase: Phase;
  /** Since the chain has come to the height: not yet, a moment ago, more than two hours ago. */
  readonly reached: 0 | 1 | 2;
  readonly isOver: boolean;
  readonly faults: number;
  readonly nodes: readonly HeightNode[];
}

export interface HeightSetting {
  readonly nodes: number;
  readonly faults: number;
  /** Whether others go over, so that the chain goes on. */
  readonly goesOn: boolean;
  /** What the new version does on the last node. */
  readonly last: 'works' | 'stands' | 'ends';
}

export const HEIGHT_NEVER = {
  lower: 'no node is switched before it stands below the height',
  healed: 'a node that waits below the height for its version is not healed for it',
  back: 'at a height no version and no data of before come back where the new one may have run',
  stands: 'where the whole chain stands, no node whose new client runs is called failed for it',
  counted: 'an upgrade is done only when the chain has gone on and every node has the new version',
  told: 'people are told of each node that has not gone over, and of a chain on which nobody goes on',
  overtaken: 'no snapshot is asked for that the height could overtake',
  few: 'before the height no two nodes are away for their snapshots',
} as const;
type Never = (typeof HEIGHT_NEVER)[keyof typeof HEIGHT_NEVER];

export interface HeightRules {
  readonly judgesHeight: boolean;
  readonly leavesWaiting: boolean;
  readonly isOneWay: boolean;
  /** Standing with the whole chain is a proof. */
  readonly provesByStanding: boolean;
  readonly sees: (facts: Parameters<typeof nextStep>[0]) => Parameters<typeof nextStep>[0];
}

const HEIGHT_FULL: HeightRules = {
  ...{ judgesHeight: true, leavesWaiting: true, isOneWay: true, provesByStanding: true },
  sees: (read) => read,
};

const ASKED_MS = NOON_MS - HOUR_MS;
const idOf = (at: number): string => `i-0000000${at}`;
const PERSON = { alarmName: '', namespace: 'person', dimensions: {} };
const NO = (): boolean => false;
const FIRST: HeightNode = {
  ...{ client: 'runs', place: 'there', snap: 'none', up: 'none', isNew: false, isTold: false },
};

const upgradeOf = ({ reached }: HeightWorld): UpgradeRecord => ({
  ...{ to: VERSIONS.to, atHeight: HEIGHT, askedAtMs: ASKED_MS, state: 'under-way', version: 1 },
  ...(reached > 0 && { reachedAtMs: reached === 1 ? NOON_MS : NOON_MS - 3 * HOUR_MS }),
});

/** Before the chain stands a node is where the chain is. */
const heightOf = (phase: Phase, { place }: HeightNode): number =>
  phase === 'far' || phase === 'near' || place === 'beyond' ? TIPS[phase] : place === 'there' ? HEIGHT : HEIGHT - 9;

function healthOf({ phase }: HeightWorld, { client: is, place, snap, up }: HeightNode): ObservedNode['health'] {
  if (is !== 'runs' || snap === 'stopped' || up === 'cut') return 'unreachable';
  if (phase === 'far' || phase === 'near' || place === 'beyond') return 'synced';
  if (place === 'lower') return 'behind';
  return phase === 'stands' ? 'synced' : 'stuck';
}

const observed = (world: HeightWorld): readonly ObservedNode[] =>
  world.nodes.map((node, at) => {
    const health = healthOf(world, node);
    const progress = heightOf(world.phase, node);
    return observedNode({
      ...{ name: `node${at}`, instanceId: idOf(at), health, height: health === 'unreachable' ? null : progress },
      memory: { track: { progress } } as NonNullable<ObservedNode['memory']>,
    });
  });

const CLAIMED = 'claimed';
const SNAP_STATES = { none: '', asked: 'open', stopped: CLAIMED, done: 'healed', failed: 'escalated' };
const UP_STATES = {
  none: '',
  asked: 'open',
  cut: CLAIMED,
  switched: CLAIMED,
  healed: 'healed',
  escalated: 'escalated',
};

const incidentsOf = ({ nodes }: HeightWorld): readonly IncidentRecord[] =>
  nodes.flatMap((node, at) => {
    const incident = (trigger: string, state: string, more: object = {}): readonly IncidentRecord[] => {
      if (state === '') return [];
      const own = { instanceId: idOf(at), node: `node${at}`, fleet: FLEET.name, onsetMs: ASKED_MS + MINUTE_MS };
      const ended = (state === 'healed' || state === 'escalated') && { endedAtMs: NOON_MS, proof: 'it follows' };
      return [{ ...openIncidentRecord(), ...own, alarm: PERSON, trigger, state, ...ended, ...more } as IncidentRecord];
    };
    const want = { do: 'upgrade', to: VERSIONS.to, cleanSinceMs: ASKED_MS, watchMinutes: 0 };
    return [
      ...incident('snapshot:clean', SNAP_STATES[node.snap]),
      ...incident('request:upgrade', UP_STATES[node.up], { want }),
    ];
  });

/** What the heal of a switched node does next, by the deployed ladder: minutes after its new client has come up. */
function verdictOf(
  world: HeightWorld,
  node: HeightNode,
  version: HeightSetting['last'],
  { isOneWay, provesByStanding }: HeightRules,
): 'proved' | 'waits' | 'failed' | 'back' {
  const health = healthOf(world, node);
  const height = heightOf(world.phase, node);
  const atHeight = isOneWay ? { atHeight: HEIGHT } : {};
  const isUp = version !== 'ends';
  const upSinceMs = NOON_MS - 10 * MINUTE_MS;
  const now: Partial<Facts> = {
    ...{ fleet: FLEET, spared: null, original: facts().original },
    want: { do: 'upgrade', to: VERSIONS.to, cleanSinceMs: ASKED_MS, watchMinutes: 0, ...atHeight },
    seen: seen([client(isUp ? 'running' : 'failed', { instance: VERSIONS.to })]),
    watched: isUp
      ? watched(health, { height, lagBlocks: TIPS[world.phase] - height })
      : watched('unreachable', NOTHING),
    haltedSinceMs: world.phase === 'stands' && provesByStanding ? NOON_MS - 20 * MINUTE_MS : null,
  };
  let state: LadderState = ladderState({
    ...{ rung: 'upgrade', pool: 'left', client: 'mayBeDown', upSinceMs, inspectedAtMs: NOON_MS, hold: 'none' },
    upgrade: {
      ...{ ...VERSIONS, is: 'to', mayHaveRun: true, at: 0, cleanSinceMs: ASKED_MS, ...atHeight },
      givenUp: isUp ? null : 'its client ends again',
    },
  });
  // Decisions alone come before a verdict.
  for (let turn = 0; turn < 5; turn++) {
    const act = decide(facts(now), state);
    if (act.do === 'wait' || act.do === 'inspect') return 'waits';
    if (act.do === 'prove') return 'proved';
    if (act.do === 'end') return act.end.as === 'escalated' ? 'failed' : 'waits';
    if (act.do !== 'give-up-version' && act.do !== 'keep-version' && act.do !== 'end-rung') return 'back';
    state = reduceAct(state, act, { is: 'done', atMs: NOON_MS });
  }
  throw new Error('no verdict after five decisions');
}

const NOTHING = { height: null, lagBlocks: null } as const;
/** The words of a client that has ended for the upgrade, and of one that has crashed. */
const LINES = { waits: [`UPGRADE "v20" NEEDED at height: ${HEIGHT}: `], crashed: ['panic: runtime error'], runs: [] };

export function heightModel(setting: HeightSetting, rules: HeightRules = HEIGHT_FULL): Model<HeightWorld> {
  const versionOn = (at: number): HeightSetting['last'] => (at === setting.nodes - 1 ? setting.last : 'works');

  /** Whether the node's own heal begins, which would start its client as it is. */
  const isHealed = (world: HeightWorld, at: number): boolean => {
    const self = observed(world)[at];
    if (self === undefined || (self.health !== 'unreachable' && self.health !== 'stuck')) return false;
    const { phase, isOver: isEnded } = world;
    if (isEnded || !rules.leavesWaiting) return true;
    return judgeBelowHeight(self, { to: VERSIONS.to, atHeight: HEIGHT }, TIPS[phase]) === null;
  };

  const mayGoOver = (world: HeightWorld, at: number): boolean => {
    if (!rules.judgesHeight) return true;
    const nodes = observed(world);
    return (
      judgeUpgrade({
        ...{ nowMs: NOON_MS, fleet: FLEET, node: { instanceId: idOf(at), name: `node${at}` }, role: 'follower', nodes },
        ...{ breaker: { open: false, sentence: '' }, haltedSinceMs: null, to: VERSIONS.to, atHeight: HEIGHT },
        ...{ together: [], acknowledgesValidator: false, lastLines: LINES[world.nodes[at]?.client ?? 'runs'] },
      }) === null
    );
  };

  const next = (world: HeightWorld, emit: Emit<HeightWorld>): void => {
    const { phase, nodes, faults, reached } = world;
    const to = (at: number, more: Partial<HeightNode>): HeightWorld => ({
      ...world,
      nodes: nodes.map((node, other) => (other === at ? { ...node, ...more } : node)),
    });
    const step = (words: string, after: HeightWorld, broken?: Never): void =>
      emit(words, after, { broken: broken ?? brokenBy(world, after) });
    const fails = (words: string, after: HeightWorld): void =>
      emit(words, { ...after, faults: faults - 1 }, { broken: brokenBy(world, after), fault: true });

    chain(world, step);
    if (reached === 1) step('two hours pass', { ...world, reached: 2 });
    if (!world.isOver) sweep(world, step);
    for (const [at, node] of nodes.entries()) {
      const name = `node${at}`;
      const { snap, up, client: is, place, isNew } = node;
      const isFree = snap !== 'stopped' && up !== 'cut' && up !== 'switched';
      if (phase === 'stands' || phase === 'on') {
        if (place === 'lower' && is === 'runs' && snap !== 'stopped') {
          step(`${name} comes to the height`, to(at, { place: 'there' }));
          if (!isNew) step(`${name} comes to the height, and ends`, to(at, { place: 'there', client: 'waits' }));
        }
        if (phase === 'on' && place === 'there' && is === 'runs' && isNew && versionOn(at) === 'works')
          step(`${name} goes on`, to(at, { place: 'beyond' }));
      }
      if (isFree && isHealed(world, at)) {
        const waits = place === 'there' && !isNew && !world.isOver && (phase === 'stands' || phase === 'on');
        const well = versionOn(at) === 'works' || !isNew ? {} : { place: 'beyond' as const };
        step(
          `${name} is healed by itself`,
          to(at, { client: 'runs', ...well }),
          waits ? HEIGHT_NEVER.healed : undefined,
        );
      }
      if (snap === 'asked' && judgeSelf({ node: { instanceId: idOf(at), name }, nodes: observed(world) }) === null) {
        const others = { node: { instanceId: idOf(at), name }, nodes: observed(world) };
        if (judgeOthers({ ...others, breaker: { open: false, sentence: '' } }) === null)
          step(`${name} is stopped for a snapshot`, to(at, { snap: 'stopped' }));
      }
      if (snap === 'stopped') step(`${name} has given its snapshot`, to(at, { snap: 'done' }));
      if (up === 'asked' && snap !== 'stopped' && mayGoOver(world, at))
        step(`${name} is switched`, to(at, switchedAs(at)));
      if (up === 'cut') step(`${name} is switched again`, to(at, switchedAs(at)));
      if (up === 'switched') judge(world, at, step, to);
      if (!world.isOver && isFree) forget(world, at, step, to);
      if (faults === 0) continue;
      if (snap === 'stopped') fails(`the copies of ${name} fail`, to(at, { snap: 'failed' }));
      if (is === 'runs' && isFree) fails(`${name} crashes`, to(at, { client: 'crashed' }));
      if (up === 'asked' && snap !== 'stopped' && mayGoOver(world, at))
        fails(`the switch of ${name} is cut off`, to(at, { up: 'cut' }));
      if ((phase === 'far' || phase === 'near') && place === 'there' && snap !== 'stopped')
        fails(`${name} falls behind`, to(at, { place: 'lower' }));
    }
  };

  const switchedAs = (at: number): Partial<HeightNode> => ({
    ...{ up: 'switched', isNew: true, client: versionOn(at) === 'ends' ? 'crashed' : 'runs' },
  });

  type Step = (words: string, after: HeightWorld, broken?: Never) => void;
  type To = (at: number, more: Partial<HeightNode>) => HeightWorld;

  function judge(world: HeightWorld, at: number, step: Step, to: To): void {
    const name = `node${at}`;
    const node = world.nodes[at] ?? FIRST;
    const verdict = verdictOf(world, node, versionOn(at), rules);
    if (verdict === 'proved') step(`${name} is proved`, to(at, { up: 'healed' }));
    if (verdict === 'failed')
      step(
        `${name} is called failed`,
        to(at, { up: 'escalated', isTold: true }),
        world.phase === 'stands' && versionOn(at) !== 'ends' ? HEIGHT_NEVER.stands : undefined,
      );
    if (verdict === 'back') step(`${name} gets the version of before`, to(at, { isNew: false }), HEIGHT_NEVER.back);
  }

  function forget(world: HeightWorld, at: number, step: Step, to: To): void {
    for (const incident of incidentsOf(world)) {
      if (incident.instanceId !== idOf(at)) continue;
      if (incident.state !== 'open' && incident.state !== 'escalated') continue;
      if (endsUpgrade(incident, upgradeOf(world)) || !isOver(incident, undefined, NO, NO, NOON_MS + HOUR_MS)) continue;
      const closed = incident.trigger === 'request:upgrade' ? { up: 'none' as const } : { snap: 'none' as const };
      step(`an hour later ${incident.trigger} of node${at} is closed`, to(at, closed));
    }
  }

  function chain(world: HeightWorld, step: Step): void {
    const { phase, nodes } = world;
    if (phase === 'far') step('the height comes near', { ...world, phase: 'near' });
    if (phase === 'near') {
      // Odd ones end by themselves where they have come to the height.
      const stopped = nodes.map((node, at) =>
        node.place === 'there' && node.client === 'runs' && node.snap !== 'stopped' && at % 2 === 1
          ? { ...node, client: 'waits' as const }
          : node,
      );
      step('the chain stops below the height', { ...world, phase: 'stands', nodes: stopped });
    }
    if (phase === 'stands' && setting.goesOn) step('others have gone over', { ...world, phase: 'on' });
  }

  function sweep(world: HeightWorld, step: Step): void {
    const { phase, nodes } = world;
    const now = { nowMs: NOON_MS, fleet: FLEET, upgrade: upgradeOf(world), tip: TIPS[phase] };
    const decided = nextStep(rules.sees({ ...now, nodes: observed(world), incidents: incidentsOf(world) }));
    const with_ = (ids: readonly string[], more: Partial<HeightNode>): HeightWorld => ({
      ...world,
      nodes: nodes.map((node, at) => (ids.includes(idOf(at)) ? { ...node, ...more } : node)),
    });
    switch (decided.do) {
      case 'note-reached':
        step('the sweep notes that the height is reached', { ...world, reached: 1 });
        return;
      case 'snapshot':
        step(
          `the sweep asks ${decided.node.name} for a snapshot`,
          with_([decided.node.instanceId], { snap: 'asked' }),
          phase === 'far' ? undefined : HEIGHT_NEVER.overtaken,
        );
        return;
      case 'upgrade': {
        const ids = decided.nodes.map(({ node }) => node.instanceId);
        step(
          `the sweep begins with ${decided.nodes.map(({ node }) => node.name).join(', ')}`,
          with_(ids, { up: 'asked' }),
        );
        return;
      }
      case 'end':
        step(`the upgrade ends: ${decided.as}`, { ...world, isOver: true }, wrongEnd(world, decided));
        return;
      default:
    }
  }

  function wrongEnd({ phase, nodes }: HeightWorld, { as, isTold }: Extract<UpgradeStep, { do: 'end' }>) {
    const all = nodes.every(({ isNew }) => isNew);
    if (as === 'done' && (phase !== 'on' || !all)) return HEIGHT_NEVER.counted;
    const isKnown = isTold && !nodes.some((one) => one.isTold);
    return isKnown && (phase !== 'on' || !all) ? HEIGHT_NEVER.told : undefined;
  }

  function brokenBy(before: HeightWorld, after: HeightWorld): Never | undefined {
    for (const [at, node] of after.nodes.entries()) {
      const was = before.nodes[at] ?? FIRST;
      const isFelt = (node.up === 'switched' || node.up === 'cut') && was.up === 'asked';
      if (isFelt && (before.phase === 'far' || before.phase === 'near' || was.place === 'lower'))
        return HEIGHT_NEVER.lower;
    }
    return after.nodes.filter(({ snap }) => snap === 'stopped').length > 1 ? HEIGHT_NEVER.few : undefined;
  }

  const start: HeightWorld = {
    ...{ phase: 'far', reached: 0, isOver: false, faults: setting.faults },
    nodes: Array.from({ length: setting.nodes }, () => FIRST),
  };
  return {
    width: setting.nodes + 1,
    initial: [start],
    encode: ({ phase, reached, isOver: ended, faults, nodes }, row) => {
      row[0] = PHASES.indexOf(phase) | (reached << 2) | (Number(ended) << 4) | (faults << 5);
      for (const [at, node] of nodes.entries()) row[at + 1] = packed(node);
    },
    decode: ([word = 0, ...rows]) => ({
      ...{ phase: PHASES[word & 3] ?? 'far', reached: ((word >> 2) & 3) as HeightWorld['reached'] },
      ...{ isOver: ((word >> 4) & 1) === 1, faults: word >> 5, nodes: rows.map(unpacked) },
    }),
    next,
    goal: (world) =>
      world.isOver &&
      world.nodes.every(({ up, snap, client: is }) => isSettled(up) && snap !== 'stopped' && is !== 'crashed'),
  };
}

const isSettled = (up: HeightNode['up']): boolean => up !== 'cut' && up !== 'switched';

const packed = ({ client: is, place, snap, up, isNew, isTold }: HeightNode): number =>
  CLIENTS.indexOf(is) |
  (PLACES.indexOf(place) << 2) |
  (SNAPS.indexOf(snap) << 4) |
  (UPS.indexOf(up) << 7) |
  (Number(isNew) << 10) |
  (Number(isTold) << 11);

const unpacked = (word: number): HeightNode => ({
  ...{ client: CLIENTS[word & 3] ?? 'runs', place: PLACES[(word >> 2) & 3] ?? 'there' },
  ...{ snap: SNAPS[(word >> 4) & 7] ?? 'none', up: UPS[(word >> 7) & 7] ?? 'none' },
  ...{ isNew: ((word >> 10) & 1) === 1, isTold: ((word >> 11) & 1) === 1 },
});

export const HEIGHT_SETTINGS = {
  'all go over': { nodes: 2, faults: 1, goesOn: true, last: 'works' },
  'three go over': { nodes: 3, faults: 0, goesOn: true, last: 'works' },
  'nobody goes on': { nodes: 2, faults: 1, goesOn: false, last: 'works' },
  'the last one stands while others go on': { nodes: 2, faults: 1, goesOn: true, last: 'stands' },
  'the last one ends again': { nodes: 2, faults: 1, goesOn: true, last: 'ends' },
} as const satisfies Record<string, HeightSetting>;
type HeightSettingName = keyof typeof HEIGHT_SETTINGS;

export interface HeightRule {
  readonly sentence: string;
  readonly naive: string;
  readonly setting: HeightSettingName;
  readonly without: HeightRules;
}

const without = (more: Partial<HeightRules>): HeightRules => ({ ...HEIGHT_FULL, ...more });

export const HEIGHT_RULES: Readonly<Record<string, HeightRule>> = {
  'height-stands': {
    sentence: 'a node is switched only where it stands below the height',
    naive: 'when the chain has come to the height all go over',
    setting: 'all go over',
    without: without({ judgesHeight: false }),
  },
  'height-waits': {
    sentence: 'a node that waits below the height is not healed for it',
    naive: 'a client that has ended is started again',
    setting: 'all go over',
    without: without({ leavesWaiting: false }),
  },
  'height-one-way': {
    sentence: 'from a height on nothing of before comes back',
    naive: 'what does not prove itself is taken back, as in any upgrade',
    setting: 'the last one ends again',
    without: without({ isOneWay: false }),
  },
  'height-standing': {
    sentence: 'standing with the whole chain is a proof',
    naive: 'only blocks are a proof',
    setting: 'nobody goes on',
    without: without({ provesByStanding: false }),
  },
  'height-time': {
    sentence: 'no snapshot is asked for in the last half hour',
    naive: 'there is time until the chain stops',
    setting: 'all go over',
    without: without({ sees: (read) => ({ ...read, tip: read.tip === TIPS.near ? TIPS.far : read.tip }) }),
  },
  'height-over': {
    sentence: 'an upgrade is done only when the chain has gone on',
    naive: 'it is done when every node has the new version',
    setting: 'nobody goes on',
    without: without({ sees: (read) => ({ ...read, tip: read.tip === TIPS.stands ? TIPS.on : read.tip }) }),
  },
};
