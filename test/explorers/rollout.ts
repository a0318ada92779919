// A fleet that is upgraded, as the dispatcher and the heals of its nodes go on in any order: the real decisions of the order, of the door and of the
// fleet's turn, with executions that die, nodes that fail by themselves, and observations that are old. What one heal does to its node is the ladder's.
import { nextStep, type UpgradeStep } from '../../functions/dispatch-heal/upgrade.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { readBreaker } from '../../shared/guardrails/breaker.ts';
import { judgeOthers, judgeSelf } from '../../shared/guardrails/move.ts';
import {
  type HolderFacts,
  holdersOf,
  type TurnHolder,
  type TurnRecord,
  takeFleetTurn,
} from '../../shared/guardrails/replace-budget.ts';
import { judgeUpgrade } from '../../shared/guardrails/upgrade.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import { openIncidentRecord } from '../fixtures/builders/incident.ts';
import { observedNode } from '../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../fixtures/builders/time.ts';
import type { Emit, Model } from './check.ts';

export const TO = '28.1';

export interface Kind {
  readonly role: Role;
  readonly zone: string;
}

export interface RolloutSetting {
  readonly fleet: Fleet;
  readonly nodes: readonly Kind[];
  /** Of nodes that are away for the upgrade at once. */
  readonly mostAway: number;
  readonly faults: number;
  /** Whether the version does not go on there. */
  readonly isBadOn: (at: number) => boolean;
  /** Each node is named by a person, as validators are: no order is kept by the dispatcher. */
  readonly isByPerson: boolean;
  readonly firstOf: (kind: Kind) => Partial<RolloutNode>;
}

/** How far the snapshot of a node is. */
const SNAP = { none: 0, asked: 1, stopped: 2, done: 3, failed: 4 } as const;
/** How far its upgrade is. `back`: the version of before is enabled. `swapping`: its data of before are put in place. */
const UP = { none: 0, asked: 1, begun: 2, switched: 3, back: 4, swapping: 5, healed: 6, escalated: 7 } as const;

export interface RolloutNode {
  readonly snap: number;
  readonly up: number;
  readonly isNew: boolean;
  readonly isMigrated: boolean;
  /** Its client has failed by itself. */
  readonly isSick: boolean;
  /** As it was seen last. */
  readonly isSeenWell: boolean;
  /** The execution at work on it has died, and the next attempt has not begun. */
  readonly isDead: boolean;
  readonly hasTurn: boolean;
  readonly isAlone: boolean;
  /** Of nodes that go over at once: a bit for each. */
  readonly together: number;
}

export interface Rollout {
  readonly nodes: readonly RolloutNode[];
  readonly isOver: boolean;
  /** Faults that may still come. */
  readonly faults: number;
}

export const ROLLOUT_NEVER = {
  few: 'no more nodes are away for an upgrade at once than the fleet file allows',
  spared: 'no node is stopped for an upgrade while another one is seen not to be well',
  zones: 'nodes of two zones are never away for an upgrade at once',
  validators: 'two validators are never away at once',
  canary: 'no other node is switched before the first one is proved',
  wayBack: 'no node is switched without a snapshot of its own',
  failed: 'no node is begun with where the version has failed on another one',
  back: 'data of before are put back on one node at a time',
} as const;
type Never = (typeof ROLLOUT_NEVER)[keyof typeof ROLLOUT_NEVER];

/** What a rule may be switched off by. */
export interface RolloutRules {
  readonly judgesOthers: boolean;
  readonly takesTurn: boolean;
  /** A dead attempt keeps the turn until another one has settled its node. */
  readonly turnOutlives: boolean;
  readonly putsBackAlone: boolean;
  /** Changes what the order of the upgrade is decided from. */
  readonly sees: (facts: Parameters<typeof nextStep>[0]) => Parameters<typeof nextStep>[0];
}

export const ROLLOUT_FULL: RolloutRules = {
  ...{ judgesOthers: true, takesTurn: true, turnOutlives: true, putsBackAlone: true },
  sees: (facts) => facts,
};

const ASKED_MS = NOON_MS - HOUR_MS;

const isAway = ({ snap, up }: RolloutNode): boolean =>
  snap === SNAP.stopped || up === UP.switched || up === UP.back || up === UP.swapping;
const isSettled = ({ snap, up, isDead, hasTurn }: RolloutNode): boolean =>
  !isDead &&
  !hasTurn &&
  (snap === SNAP.none || snap === SNAP.done || snap === SNAP.failed) &&
  (up === UP.none || up === UP.healed || up === UP.escalated);
/** On one of two versions, and its data open. */
const runsWell = ({ isNew, isMigrated, isSick }: RolloutNode): boolean => !isSick && (isNew || !isMigrated);

const idOf = (at: number): string => `i-0000000${at}`;
const FIRST: RolloutNode = {
  ...{ snap: SNAP.none, up: UP.none, isNew: false, isMigrated: false, isSick: false, isSeenWell: true },
  ...{ isDead: false, hasTurn: false, isAlone: false, together: 0 },
};

export function rolloutModel(setting: RolloutSetting, rules: RolloutRules = ROLLOUT_FULL): Model<Rollout> {
  const { fleet, nodes: kinds, faults, mostAway } = setting;

  const observed = (world: Rollout): readonly ObservedNode[] =>
    world.nodes.map(({ isSeenWell, isNew }, at) =>
      observedNode({
        ...{ name: `node${at}`, instanceId: idOf(at), role: kinds[at]?.role ?? 'follower' },
        ...{ availabilityZone: kinds[at]?.zone ?? 'a', health: isSeenWell ? 'synced' : 'unreachable' },
        clientVersion: isNew ? 'new' : 'old',
        ...(kinds[at]?.role === 'validator' && { votes: votesOf(kinds.length) }),
      }),
    );

  const incidentsOf = ({ nodes }: Rollout): readonly IncidentRecord[] =>
    nodes.flatMap((node, at) => {
      const own = { instanceId: idOf(at), node: `node${at}`, fleet: fleet.name, onsetMs: ASKED_MS + MINUTE_MS };
      const incident = (trigger: string, state: string, more: object = {}): IncidentRecord =>
        ({ ...openIncidentRecord(), ...own, trigger, ...stateOf(state), ...more }) as IncidentRecord;
      const want = { do: 'upgrade', to: TO, cleanSinceMs: ASKED_MS, watchMinutes: 0 };
      return [
        ...(node.snap === SNAP.none ? [] : [incident('snapshot:clean', SNAP_STATES[node.snap] ?? '')]),
        ...(node.up === UP.none ? [] : [incident('request:upgrade', UP_STATES[node.up] ?? '', { want })]),
      ];
    });

  const breakerOf = (seen: readonly ObservedNode[]) =>
    readBreaker(
      fleet,
      [{ observedAtMs: NOON_MS, nodes: seen.map((node) => ({ ...node, sinceMs: ASKED_MS })) }] as never,
      NOON_MS,
    );

  /** Whether the node may be stopped now, as its own heal judges. */
  const mayStop = (world: Rollout, at: number, what: 'snapshot' | 'upgrade'): boolean => {
    if (!rules.judgesOthers) return true;
    const seen = observed(world);
    const node = { instanceId: idOf(at), name: `node${at}` };
    const role = kinds[at]?.role ?? 'follower';
    const breaker = breakerOf(seen);
    if (what === 'snapshot')
      return judgeSelf({ node, nodes: seen }) === null && judgeOthers({ node, nodes: seen, breaker }) === null;
    const together = namesIn(world.nodes[at]?.together ?? 0);
    return (
      judgeUpgrade({
        ...{ nowMs: NOON_MS, fleet, node, role, nodes: seen, breaker, haltedSinceMs: null, to: TO, together },
        ...{ acknowledgesValidator: role === 'validator', lastLines: [] },
      }) === null
    );
  };

  const holderOf = (world: Rollout, at: number, alone = false): TurnHolder => {
    const together = world.nodes[at]?.up === UP.none ? 0 : (world.nodes[at]?.together ?? 0);
    return {
      ...{ execution: `arn-${at}`, instanceId: idOf(at), node: `node${at}` },
      ...(together > 0 && { together: namesIn(together), ...(alone && { alone: true as const }) }),
    };
  };

  /** Undefined: another one has the turn. */
  const withTurn = (world: Rollout, at: number, alone = false): readonly RolloutNode[] | undefined => {
    const grants = (): readonly RolloutNode[] =>
      world.nodes.map((node, other) => (other === at ? { ...node, hasTurn: true, isAlone: alone } : node));
    if (!rules.takesTurn) return grants();
    const [holder = null, ...beside] = world.nodes.flatMap((node, other) =>
      node.hasTurn ? [holderOf(world, other, node.isAlone)] : [],
    );
    const read: TurnRecord = { holder, ...(beside.length > 0 && { beside }), version: 1 };
    const factsOf = ({ instanceId }: TurnHolder): HolderFacts => {
      const other = world.nodes.find((_, place) => idOf(place) === instanceId);
      return {
        status: other?.isDead ? { state: 'ended', atMs: NOON_MS } : { state: 'running' },
        unsettled: rules.turnOutlives && other !== undefined && isAway(other),
      } as HolderFacts;
    };
    const decided = takeFleetTurn(read, holderOf(world, at, alone && rules.putsBackAlone), factsOf);
    if ('refuse' in decided) return undefined;
    const now = 'next' in decided ? new Set(holdersOf(decided.next).map(({ instanceId }) => instanceId)) : undefined;
    return world.nodes.map((node, other) => ({
      ...node,
      hasTurn: now ? now.has(idOf(other)) : node.hasTurn,
      ...(other === at && { isAlone: alone }),
    }));
  };

  const next = (world: Rollout, emit: Emit<Rollout>): void => {
    const { nodes } = world;
    const to = (at: number, more: Partial<RolloutNode>, all = nodes): Rollout => ({
      ...world,
      nodes: all.map((node, other) => (other === at ? { ...node, ...more } : node)),
    });
    const step = (words: string, after: Rollout, isFault = false): void =>
      emit(words, after, { broken: brokenBy(world, after), ...(isFault && { fault: true }) });

    const seen = nodes.map((node) => ({ ...node, isSeenWell: !node.isSick && !isDown(node) }));
    if (seen.some(({ isSeenWell }, at) => isSeenWell !== nodes[at]?.isSeenWell))
      step('watch-fleet looks', { ...world, nodes: seen });
    if (!world.isOver) sweep(world, step);

    for (const [at, node] of nodes.entries()) {
      const name = `node${at}`;
      const { snap, up, isDead, hasTurn } = node;
      if (isDead) {
        // The next attempt takes up what the one before has left, under its own lease.
        const mine = withTurn(to(at, { isDead: false }), at, node.isAlone);
        if (mine) step(`the next attempt at ${name} goes on`, to(at, { isDead: false }, mine));
        continue;
      }
      const off = { hasTurn: false, isAlone: false };
      if (snap === SNAP.asked && mayStop(world, at, 'snapshot')) {
        const mine = withTurn(world, at);
        if (mine) step(`${name} is stopped for a snapshot`, to(at, { snap: SNAP.stopped }, mine));
      }
      if (snap === SNAP.stopped) step(`${name} has given its snapshot`, to(at, { snap: SNAP.done, ...off }));
      if (up === UP.asked && mayStop(world, at, 'upgrade')) {
        const mine = withTurn(world, at);
        if (mine) step(`${name} is taken`, to(at, { up: UP.begun }, mine));
      }
      if (up === UP.begun) step(`${name} is switched`, to(at, { up: UP.switched, isNew: true, isMigrated: true }));
      if (up === UP.switched && !setting.isBadOn(at)) step(`${name} is proved`, to(at, { up: UP.healed, ...off }));
      if (up === UP.switched && setting.isBadOn(at))
        step(`${name} gets the version of before`, to(at, { up: UP.back, isNew: false }));
      if (up === UP.back) {
        const mine = withTurn(world, at, true);
        if (mine) step(`data of before for ${name}`, to(at, { up: UP.swapping }, mine));
      }
      if (up === UP.swapping) step(`${name} runs as before`, to(at, { up: UP.escalated, isMigrated: false, ...off }));
      if (node.isSick) step(`${name} is healed`, to(at, { isSick: false }));
      if (world.faults === 0) continue;
      const left = (after: Rollout): Rollout => ({ ...after, faults: world.faults - 1 });
      if (snap === SNAP.stopped) step(`the copies of ${name} fail`, left(to(at, { snap: SNAP.failed, ...off })), true);
      if (hasTurn && isAtWork(node)) step(`the execution at ${name} dies`, left(to(at, { isDead: true })), true);
      if (!node.isSick && !isAway(node) && up !== UP.begun)
        step(`${name} fails by itself`, left(to(at, { isSick: true })), true);
    }
  };

  const isAtWork = ({ snap, up }: RolloutNode): boolean =>
    snap === SNAP.stopped || (up >= UP.begun && up <= UP.swapping);
  /** Seen so: its client is stopped, or has just begun and proves itself. */
  const isDown = (node: RolloutNode): boolean => isAway(node);

  function sweep(world: Rollout, step: (words: string, after: Rollout) => void): void {
    const upgrade = { to: TO, askedAtMs: ASKED_MS, state: 'under-way', version: 1 } as const;
    const decided = nextStep(
      rules.sees({ nowMs: NOON_MS, fleet, upgrade, nodes: observed(world), incidents: incidentsOf(world), tip: null }),
    );
    const after = applied(world, decided);
    if (after) step(wordsOf(decided), after);
  }

  /** Undefined: nothing is to be done. */
  function applied(world: Rollout, decided: UpgradeStep): Rollout | undefined {
    const placeOf = ({ instanceId }: { readonly instanceId: string }): number => Number(instanceId.at(-1));
    switch (decided.do) {
      case 'end':
        return { ...world, isOver: true };
      case 'snapshot': {
        const at = placeOf(decided.node);
        return {
          ...world,
          nodes: world.nodes.map((node, other) => (other === at ? { ...node, snap: SNAP.asked } : node)),
        };
      }
      case 'upgrade': {
        const chosen = new Map(decided.nodes.map((one) => [placeOf(one.node), one.together ?? []]));
        return {
          ...world,
          nodes: world.nodes.map((node, other) => {
            const together = chosen.get(other);
            if (together === undefined) return node;
            const mask = together.reduce((sum, id) => sum | (1 << Number(id.at(-1))), 0);
            return { ...node, up: UP.asked, together: mask };
          }),
        };
      }
      default:
        return undefined;
    }
  }

  function brokenBy(before: Rollout, after: Rollout): Never | undefined {
    const away = after.nodes.flatMap((node, at) => (isAway(node) ? [at] : []));
    const gone = after.nodes.flatMap((node, at) => (isAway(node) && !isAway(before.nodes[at] ?? FIRST) ? [at] : []));
    const swapping = after.nodes.filter(({ up }) => up === UP.swapping);
    if (swapping.length > 1) return ROLLOUT_NEVER.back;
    for (const at of gone) {
      const node = after.nodes[at] ?? FIRST;
      if (away.length > mostAway) return ROLLOUT_NEVER.few;
      if (new Set(away.map((one) => kinds[one]?.zone)).size > 1) return ROLLOUT_NEVER.zones;
      if (away.filter((one) => kinds[one]?.role === 'validator').length > 1) return ROLLOUT_NEVER.validators;
      const beside = new Set([at, ...placesIn(node.together)]);
      const isSeenSick = before.nodes.some((one, other) => !beside.has(other) && !one.isSeenWell && one.isSick);
      if (isSeenSick && node.up !== UP.switched) return ROLLOUT_NEVER.spared;
      if (node.up !== UP.switched) continue;
      if (node.snap !== SNAP.done) return ROLLOUT_NEVER.wayBack;
      const others = before.nodes.filter((_, other) => other !== at);
      const isFirst = others.every(({ up }) => up === UP.none);
      const isProved = others.some(({ up }) => up === UP.healed);
      if (!isFirst && !isProved && kinds[at]?.role !== 'validator') return ROLLOUT_NEVER.canary;
    }
    const asked = after.nodes.some(({ up }, at) => up === UP.asked && before.nodes[at]?.up === UP.none);
    if (asked && before.nodes.some(({ up }) => up === UP.escalated)) return ROLLOUT_NEVER.failed;
    return undefined;
  }

  return {
    width: kinds.length + 1,
    initial: [
      { nodes: kinds.map((kind) => ({ ...FIRST, ...setting.firstOf(kind) })), isOver: setting.isByPerson, faults },
    ],
    encode: (world, row) => {
      row[0] = world.faults * 2 + Number(world.isOver);
      for (const [at, node] of world.nodes.entries()) row[at + 1] = packed(node);
    },
    decode: (row) => ({
      isOver: ((row[0] ?? 0) & 1) === 1,
      faults: (row[0] ?? 0) >> 1,
      nodes: kinds.map((_, at) => unpacked(row[at + 1] ?? 0)),
    }),
    next,
    goal: (world) => world.isOver && world.nodes.every((node) => isSettled(node) && runsWell(node)),
  };
}

const SNAP_STATES = ['', 'open', 'claimed', 'healed', 'escalated'];
const UP_STATES = ['', 'open', 'claimed', 'claimed', 'claimed', 'claimed', 'healed', 'escalated'];
const stateOf = (state: string): object => ({
  state,
  ...((state === 'healed' || state === 'escalated') && { endedAtMs: NOON_MS - MINUTE_MS, proof: 'it follows' }),
});

const votesOf = (count: number): NonNullable<ObservedNode['votes']> =>
  ({ own: 10, chain: { total: 10 * count, missing: 0, byzantine: 0 } }) as unknown as NonNullable<
    ObservedNode['votes']
  >;

const placesIn = (mask: number): readonly number[] =>
  Array.from({ length: 10 }, (_, at) => at).filter((at) => (mask & (1 << at)) !== 0);
const namesIn = (mask: number): readonly string[] => placesIn(mask).map(idOf);

const FLAGS = ['isNew', 'isMigrated', 'isSick', 'isSeenWell', 'isDead', 'hasTurn', 'isAlone'] as const;

const packed = (node: RolloutNode): number =>
  FLAGS.reduce((sum, flag, at) => sum | (Number(node[flag]) << (6 + at)), node.snap | (node.up << 3)) |
  (node.together << 13);

const unpacked = (number: number): RolloutNode => ({
  ...{ snap: number & 7, up: (number >> 3) & 7, together: (number >> 13) & 1023 },
  ...(Object.fromEntries(FLAGS.map((flag, at) => [flag, ((number >> (6 + at)) & 1) === 1])) as Pick<
    RolloutNode,
    (typeof FLAGS)[number]
  >),
});

const wordsOf = (decided: UpgradeStep): string =>
  decided.do === 'snapshot'
    ? `the sweep asks ${decided.node.name} for a snapshot`
    : decided.do === 'upgrade'
      ? `the sweep begins with ${decided.nodes.map(({ node }) => node.name).join(', ')}`
      : decided.do === 'end'
        ? `the upgrade ends: ${decided.as}`
        : decided.do;
