// A fleet that is upgraded, as the dispatcher and the heals of its nodes go on in any order: the real decisions of the order, of the door and of the
// fleet's turn, with executions that die, nodes that fail by themselves, and observations that are old. What one heal does to its node is the ladder's.
import { isOver } from '../../../functions/dispatch-heal/candidates.ts';
import { endsUpgrade, nextStep, type UpgradeStep } from '../../../functions/dispatch-heal/upgrade.ts';
import type { Fleet, Role } from '../../../shared/fleet/model.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { readBreaker } from '../../../shared/guardrails/breaker.ts';
import { nodesNow } from '../../../shared/guardrails/fleet-view.ts';
import { judgeOthers, judgeSelf } from '../../../shared/guardrails/move.ts';
import {
  type HolderFacts,
  holdersOf,
  type TurnHolder,
  type TurnRecord,
  takeFleetTurn,
} from '../../../shared/guardrails/replace-budget.ts';
import { judgeUpgrade } from '../../../shared/guardrails/upgrade.ts';
import type { Rehearsal } from '../../../shared/heal/drill.ts';
import type { IncidentRecord, UpgradeRecord } from '../../../shared/heal/records.ts';
import type { Mode } from '../../../shared/model/mode.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import type { Emit, Model } from './check.ts';
import { ROLLOUT_NEVER, type RolloutNever, rolloutBroken } from './rollout-never.ts';
import {
  begunOn,
  FIRST,
  isAway,
  isSettled,
  packed,
  placesIn,
  type RolloutNode,
  runsWell,
  SNAP,
  UP,
  unpacked,
} from './rollout-node.ts';
import {
  attemptAt,
  type Deed,
  deedRefused,
  isUnsettled,
  leavesTurn,
  pauseOf,
  startsAsBefore,
} from './rollout-switches.ts';

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
  /** Pauses, changes of the mode and silences of people. */
  readonly acts: number;
  /** Of the fleet at the beginning. */
  readonly mode: Mode;
  /** Whether the version does not go on there. */
  readonly isBadOn: (at: number) => boolean;
  /** Each node is named by a person, as validators are: no order is kept by the dispatcher. */
  readonly isByPerson: boolean;
  /** On another instance beside each node, or on a copy of the first one's data before; absent: neither. */
  readonly how?: 'beside' | 'rehearsed';
  /** Whether the version does not go on on the copy. */
  readonly failsOnCopy?: true;
  readonly firstOf: (kind: Kind) => Partial<RolloutNode>;
}

export interface Rollout {
  readonly nodes: readonly RolloutNode[];
  readonly isOver: boolean;
  /** Faults that may still come. */
  readonly faults: number;
  /** Of people, that may still come. */
  readonly acts: number;
  readonly isPaused: boolean;
  readonly mode: Mode;
  /** The try on a copy. */
  readonly tried: (typeof TRIED)[number];
}

/** What a rule may be switched off by. */
export interface RolloutRules {
  readonly judgesOthers: boolean;
  readonly takesTurn: boolean;
  /** A dead attempt keeps the turn until another one has settled its node. */
  readonly turnOutlives: boolean;
  readonly putsBackAlone: boolean;
  /** Pauses are read again right before an act; `mode`: the mode is. */
  readonly readsPauseAgain: boolean;
  readonly readsModeAgain: boolean;
  readonly startsAsBefore: boolean;
  /** Under a pause an attempt begins that finishes what is down. */
  readonly settlesPaused: boolean;
  /** What an upgrade has failed by is not closed before the upgrade has ended. */
  readonly keepsFailure: boolean;
  /** Changes what the order of the upgrade is decided from. */
  readonly sees: (facts: Parameters<typeof nextStep>[0]) => Parameters<typeof nextStep>[0];
}

export const ROLLOUT_FULL: RolloutRules = {
  ...{ judgesOthers: true, takesTurn: true, turnOutlives: true, putsBackAlone: true },
  ...{ readsPauseAgain: true, readsModeAgain: true, startsAsBefore: true, settlesPaused: true, keepsFailure: true },
  sees: (facts) => facts,
};

const ASKED_MS = NOON_MS - HOUR_MS;

const TRIED = ['none', 'asked', 'trying', 'verified', 'unproved', 'given up'] as const;
const TRIED_STATES = {
  none: '',
  asked: 'open',
  trying: 'claimed',
  verified: 'healed',
  unproved: 'healed',
  'given up': 'escalated',
};

const UNDER_WAY = { to: TO, askedAtMs: ASKED_MS, state: 'under-way', version: 1 } as const;
const PERSON = { alarmName: '', namespace: 'person', dimensions: {} };
const NO = (): boolean => false;

const idOf = (at: number): string => `i-0000000${at}`;
/** Of the instance that has taken the place of the node beside it. */
const newIdOf = (at: number): string => `i-1000000${at}`;
const namesIn = (mask: number): readonly string[] => placesIn(mask).map(idOf);

export function rolloutModel(setting: RolloutSetting, rules: RolloutRules = ROLLOUT_FULL): Model<Rollout> {
  const { fleet, nodes: kinds, faults, how } = setting;
  const upgrade: UpgradeRecord = {
    ...UNDER_WAY,
    ...(how === 'beside' && { strategy: 'blue-green' }),
    ...(how === 'rehearsed' && { rehearse: true }),
  };
  /** What came of the version on a copy, as the record of drills has it. */
  const rehearsedIn = ({ tried }: Rollout): { readonly rehearsed?: Rehearsal } =>
    tried !== 'verified' && tried !== 'unproved'
      ? {}
      : {
          rehearsed: {
            ...{ to: TO, setId: 'set-0', is: tried, atMs: NOON_MS, reason: tried, minutes: 20, isToBeRepeated: false },
            ...{ measured: null, usd: 0 },
          },
        };

  const observed = (world: Rollout): readonly ObservedNode[] =>
    world.nodes.map(({ isSeenWell, isNew }, at) =>
      observedNode({
        ...{
          name: `node${at}`,
          instanceId: how === 'beside' && isNew ? newIdOf(at) : idOf(at),
          role: kinds[at]?.role ?? 'follower',
        },
        ...{ availabilityZone: kinds[at]?.zone ?? 'a', health: isSeenWell ? 'synced' : 'unreachable' },
        clientVersion: isNew ? 'new' : 'old',
        ...(kinds[at]?.role === 'validator' && { votes: votesOf(kinds.length + 1) }),
      }),
    );

  const incidentsOf = (world: Rollout): readonly IncidentRecord[] => [...ofNodes(world), ...ofCopies(world)];

  const ofCopies = ({ tried }: Rollout): readonly IncidentRecord[] =>
    TRIED_STATES[tried] === ''
      ? []
      : [
          {
            ...openIncidentRecord(),
            ...{ instanceId: idOf(0), fleet: fleet.name, onsetMs: ASKED_MS + MINUTE_MS, alarm: PERSON, rehearses: TO },
            ...{ trigger: 'snapshot:drill', ...stateOf(TRIED_STATES[tried]) },
          } as IncidentRecord,
        ];

  const ofNodes = ({ nodes }: Rollout): readonly IncidentRecord[] =>
    nodes.flatMap((node, at) => {
      const own = {
        instanceId: idOf(at),
        node: `node${at}`,
        fleet: fleet.name,
        onsetMs: ASKED_MS + MINUTE_MS,
        alarm: PERSON,
      };
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
      nodesNow(
        [{ observedAtMs: NOON_MS, nodes: seen.map((node) => ({ ...node, sinceMs: ASKED_MS })) }] as never,
        NOON_MS,
      ),
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
        ...{
          acknowledgesValidator: role === 'validator',
          lastLines: [],
          ...(how === 'beside' && { isBlueGreen: true }),
        },
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
        status: other?.attempt === 'none' ? { state: 'ended', atMs: NOON_MS } : { state: 'running' },
        unsettled: rules.turnOutlives && other !== undefined && isUnsettled(begunOn(other)),
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
    const step: Turn['step'] = (words, after, isFault = false, broken) =>
      emit(words, after, { broken: broken ?? rolloutBroken(setting, world, after), ...(isFault && { fault: true }) });

    const seen = nodes.map((node) => ({ ...node, isSeenWell: !node.isSick && !isAway(node) }));
    if (seen.some(({ isSeenWell }, at) => isSeenWell !== nodes[at]?.isSeenWell))
      step('watch-fleet looks', { ...world, nodes: seen });
    people(world, step);
    tryOnCopy(world, step);
    if (!world.isOver && pauseOf(fleet, world.isPaused) === null) sweep(world, step);
    for (const [at, node] of nodes.entries()) {
      const turn: Turn = { world, at, node, name: `node${at}`, to, step };
      if (node.attempt === 'none') begin(turn);
      else goOn(turn);
      if (!world.isOver) forget(turn);
      if (world.faults > 0) fail(turn);
      if (node.isSick && !world.isPaused && world.mode !== 'plan')
        step(`${turn.name} is healed`, to(at, { isSick: false }));
    }
  };

  interface Turn {
    readonly world: Rollout;
    readonly at: number;
    readonly node: RolloutNode;
    readonly name: string;
    readonly to: (at: number, more: Partial<RolloutNode>, all?: readonly RolloutNode[]) => Rollout;
    readonly step: (words: string, after: Rollout, isFault?: boolean, broken?: RolloutNever) => void;
  }

  /** A throw-away instance, which no step of a node waits for. */
  function tryOnCopy(world: Rollout, step: Turn['step']): void {
    const { tried } = world;
    if (tried === 'asked' && pauseOf(fleet, world.isPaused) === null && world.mode === 'act')
      step('the version is tried on a copy', { ...world, tried: 'trying' });
    if (tried === 'trying') {
      const verdict = setting.failsOnCopy ? 'unproved' : 'verified';
      step(`the try has ended: ${verdict}`, { ...world, tried: verdict });
      step('the try gives way to a heal', { ...world, tried: 'none' });
      if (world.faults > 0)
        step('the try is given up', { ...world, tried: 'given up', faults: world.faults - 1 }, true);
    }
    if (how !== 'rehearsed') return;
    for (const [at, node] of world.nodes.entries())
      if (node.snap === SNAP.done && node.up === UP.none) {
        const nodes = world.nodes.map((one, other) => (other === at ? { ...one, snap: SNAP.none } : one));
        step(`the snapshot of node${at} grows old`, { ...world, nodes });
      }
  }

  /** People take back what they have set once no client is down for it: so it is shown that none stays down. */
  function people(world: Rollout, step: Turn['step']): void {
    const { isPaused, mode, acts } = world;
    const isFree = world.nodes.every(({ up, snap }) => up !== UP.cut && snap !== SNAP.stopped);
    if (isPaused && isFree) step('a person lifts the pause', { ...world, isPaused: false });
    if (mode !== 'act' && isFree) step('a person sets mode act', { ...world, mode: 'act' });
    if (acts === 0) return;
    if (!isPaused) step('a person sets a pause', { ...world, isPaused: true, acts: acts - 1 }, true);
    for (const other of ['ask', 'plan'] as const)
      if (mode !== other) step(`a person sets mode ${other}`, { ...world, mode: other, acts: acts - 1 }, true);
  }

  /** The dispatcher starts an attempt at what is asked for, and at what the one before has left: that one takes it up under its own lease. */
  function begin({ world, at, node, name, to, step }: Turn): void {
    const { snap, up } = node;
    const begun = begunOn(node);
    if (snap !== SNAP.asked && up !== UP.asked && begun === 'nothing') return;
    const trigger = snap === SNAP.asked || snap === SNAP.stopped ? 'snapshot:clean' : 'request:upgrade';
    const attempt = attemptAt(fleet, world, trigger, begun, rules.settlesPaused);
    if (attempt === 'none') return;
    const begins = to(at, { attempt });
    const mine = begun === 'nothing' ? begins.nodes : withTurn(begins, at, node.isAlone);
    if (mine) step(`an attempt at ${name} begins (${attempt})`, { ...begins, nodes: mine });
  }

  /** An hour after it was asked for, a request that rests is over. */
  function forget({ world, at, node, name, to, step }: Turn): void {
    const { snap, up, attempt } = node;
    if (attempt !== 'none' || begunOn(node) !== 'nothing') return;
    const isForgotten = (trigger: string): boolean => {
      const incident = incidentsOf(world).find((one) => one.trigger === trigger && one.instanceId === idOf(at));
      if (incident === undefined || (incident.state !== 'open' && incident.state !== 'escalated')) return false;
      const isKept = rules.keepsFailure && endsUpgrade(incident, upgrade);
      return !isKept && isOver(incident, undefined, NO, NO, NOON_MS + HOUR_MS);
    };
    if (isForgotten('request:upgrade')) step(`an hour later the upgrade of ${name} is closed`, to(at, { up: UP.none }));
    if (up === UP.none && snap !== SNAP.none && isForgotten('snapshot:clean'))
      step(`an hour later the snapshot of ${name} is closed`, to(at, { snap: SNAP.none }));
  }

  const refusalOf = (world: Rollout, { attempt }: RolloutNode, deed: Deed) =>
    deedRefused(
      fleet,
      {
        isPaused: rules.readsPauseAgain && world.isPaused,
        mode: rules.readsModeAgain || attempt === 'plans' ? world.mode : attempt === 'act' ? 'act' : 'ask',
      },
      attempt,
      deed,
    );

  /** What the attempt at a node does next. */
  function goOn(turn: Turn): void {
    const { world, at, node, name, to, step } = turn;
    const { snap, up, attempt } = node;
    const off = { hasTurn: false, isAlone: false, attempt: 'none' } as const;
    if (attempt === 'asks') {
      step(`a person approves ${name}`, to(at, { attempt: 'asked' }));
      if (world.acts > 0)
        step(`nobody approves ${name}`, { ...to(at, { attempt: 'none' }), acts: world.acts - 1 }, true);
      return;
    }
    /** Ends the attempt where people forbid the deed. */
    const isRefused = (deed: Deed): boolean => {
      const refusal = refusalOf(world, node, deed);
      if (refusal === null) return false;
      if (up === UP.cut && rules.startsAsBefore && startsAsBefore(fleet, world, attempt, refusal))
        step(`${name} is started as before`, to(at, { ...off, up: UP.asked }));
      else step(`the attempt at ${name} ends: ${refusal.refuse}`, to(at, ended(node)));
      return true;
    };
    if (snap === SNAP.asked && !isRefused('stop') && mayStop(world, at, 'snapshot')) {
      const mine = withTurn(world, at);
      if (mine) step(`${name} is stopped for a snapshot`, to(at, { snap: SNAP.stopped }, mine));
    }
    if (snap === SNAP.stopped) step(`${name} has given its snapshot`, to(at, { snap: SNAP.done, ...off }));
    if (up === UP.asked && !isRefused('take') && mayStop(world, at, 'upgrade')) {
      const mine = withTurn(world, at);
      if (mine) step(`${name} is taken`, to(at, { up: UP.begun }, mine));
    }
    if (how === 'beside') {
      if (up === UP.begun && !isRefused('launch')) step(`an instance comes beside ${name}`, to(at, { up: UP.beside }));
      if (up === UP.beside && setting.isBadOn(at))
        step(`the instance beside ${name} is given up`, to(at, { up: UP.escalated, hasFailed: true, ...off }));
      if (up === UP.beside && !setting.isBadOn(at) && !isRefused('join'))
        step(`another instance has the place of ${name}`, to(at, { up: UP.placed, isNew: true }));
      if (up === UP.placed) step(`${name} is proved`, to(at, { up: UP.healed, ...off }));
    } else if (up === UP.begun || up === UP.cut) {
      if (up === UP.begun && !mayStop(world, at, 'upgrade'))
        step(`${name} cannot be spared any more`, to(at, { ...off, up: UP.asked }));
      else if (!isRefused('switch'))
        step(`${name} is switched`, to(at, { up: UP.switched, isNew: true, isMigrated: true }));
    }
    if (up === UP.switched && !setting.isBadOn(at)) step(`${name} is proved`, to(at, { up: UP.healed, ...off }));
    if (up === UP.switched && setting.isBadOn(at))
      step(`${name} gets the version of before`, to(at, { up: UP.back, isNew: false }));
    if (up === UP.back && !isRefused('swap')) {
      const mine = withTurn(world, at, true);
      if (mine) step(`data of before for ${name}`, to(at, { up: UP.swapping }, mine));
    }
    if (up === UP.swapping)
      step(`${name} runs as before`, to(at, { up: UP.escalated, hasFailed: true, isMigrated: false, ...off }));
  }

  /** Without the fleet's turn, unless the next attempt has to settle what is begun. */
  const ended = (node: RolloutNode): Partial<RolloutNode> =>
    leavesTurn(begunOn(node))
      ? { attempt: 'none' }
      : { attempt: 'none', hasTurn: false, isAlone: false, ...(node.up === UP.begun && { up: UP.asked }) };

  function fail({ world, at, node, name, to, step }: Turn): void {
    const { snap, up, attempt, hasTurn } = node;
    const fails = (words: string, more: Partial<RolloutNode>): void =>
      step(words, { ...to(at, more), faults: world.faults - 1 }, true);
    const off = { hasTurn: false, isAlone: false, attempt: 'none' } as const;
    const begun = begunOn(node);
    if (attempt !== 'none' && attempt !== 'asks') {
      if (snap === SNAP.stopped) fails(`the copies of ${name} fail`, { snap: SNAP.failed, hasFailed: true, ...off });
      if (hasTurn && begun !== 'nothing') fails(`the execution at ${name} dies`, { attempt: 'none' });
      if (up === UP.placed)
        fails(`${name} has its place again`, { up: UP.escalated, isNew: false, hasFailed: true, ...off });
      if (
        how !== 'beside' &&
        up === UP.begun &&
        mayStop(world, at, 'upgrade') &&
        refusalOf(world, node, 'switch') === null
      )
        fails(`the switch of ${name} is cut off`, { up: UP.cut });
    }
    if (!node.isSick && (begun === 'nothing' || begun === 'stopped') && !isAway(node))
      fails(`${name} fails by itself`, { isSick: true });
  }

  function sweep(world: Rollout, step: Turn['step']): void {
    const decided = nextStep(
      rules.sees({
        nowMs: NOON_MS,
        fleet,
        upgrade,
        nodes: observed(world),
        ...rehearsedIn(world),
        incidents: incidentsOf(world),
        tip: null,
      }),
    );
    const again =
      decided.do === 'upgrade' && decided.nodes.some(({ node }) => world.nodes[Number(node.instanceId.at(-1))]?.isNew);
    const after = applied(world, decided);
    if (again) step(wordsOf(decided), world, false, ROLLOUT_NEVER.again);
    if (after) step(wordsOf(decided), after);
  }

  /** Undefined: nothing is to be done. */
  function applied(world: Rollout, decided: UpgradeStep): Rollout | undefined {
    const placeOf = ({ instanceId }: { readonly instanceId: string }): number => Number(instanceId.at(-1));
    switch (decided.do) {
      case 'end':
        return { ...world, isOver: true };
      case 'rehearse':
        return { ...world, tried: 'asked' };
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

  return {
    width: kinds.length + 1,
    initial: [
      {
        nodes: kinds.map((kind) => ({ ...FIRST, ...setting.firstOf(kind) })),
        ...{ isOver: setting.isByPerson, faults, acts: setting.acts, isPaused: false, mode: setting.mode },
        tried: 'none',
      },
    ],
    encode: ({ isOver, isPaused, mode, faults: left, acts, tried, nodes }, row) => {
      row[0] =
        Number(isOver) |
        (Number(isPaused) << 1) |
        (MODES.indexOf(mode) << 2) |
        (left << 4) |
        (acts << 8) |
        (TRIED.indexOf(tried) << 12);
      for (const [at, node] of nodes.entries()) row[at + 1] = packed(node);
    },
    decode: ([word = 0, ...rows]) => ({
      ...{ isOver: (word & 1) === 1, isPaused: (word & 2) === 2, mode: MODES[(word >> 2) & 3] ?? 'act' },
      ...{
        faults: (word >> 4) & 15,
        acts: (word >> 8) & 15,
        tried: TRIED[word >> 12] ?? 'none',
        nodes: rows.map(unpacked),
      },
    }),
    next,
    goal: (world) => world.isOver && !world.isPaused && world.nodes.every((node) => isSettled(node) && runsWell(node)),
  };
}

const MODES: readonly Mode[] = ['act', 'ask', 'plan'];

const SNAP_STATES = ['', 'open', 'claimed', 'healed', 'escalated'];
const UP_STATES = [
  '',
  'open',
  'claimed',
  'claimed',
  'claimed',
  'claimed',
  'healed',
  'escalated',
  'claimed',
  'claimed',
  'claimed',
];
const stateOf = (state: string): object => ({
  state,
  ...((state === 'healed' || state === 'escalated') && { endedAtMs: NOON_MS - MINUTE_MS, proof: 'it follows' }),
});

const votesOf = (count: number): NonNullable<ObservedNode['votes']> =>
  ({ own: 10, chain: { total: 10 * count, missing: 0, byzantine: 0 } }) as unknown as NonNullable<
    ObservedNode['votes']
  >;

const wordsOf = (decided: UpgradeStep): string =>
  decided.do === 'snapshot'
    ? `the sweep asks ${decided.node.name} for a snapshot`
    : decided.do === 'upgrade'
      ? `the sweep begins with ${decided.nodes.map(({ node }) => node.name).join(', ')}`
      : decided.do === 'end'
        ? `the upgrade ends: ${decided.as}`
        : decided.do;
