// The health of a fleet, as a pure function of what one sweep has read and of earlier observations. Each judgement has the sentence that explains it.

import { heightProbeOf, seesClientsOnly } from '../../shared/fleet/model.ts';
import { followShared, plainName } from '../../shared/fleet/node-names.ts';
import { doubledNames } from '../../shared/fleet/nodes.ts';
import type {
  FleetCondition,
  FleetWatch,
  ObservedNode,
  ObservedReference,
  ReferenceState,
} from '../../shared/fleet/observation.ts';
import { UNTRACKED } from '../../shared/fleet/progress.ts';
import { readBreaker, type ZoneTrouble, zoneAsIn, zoneStays } from '../../shared/guardrails/breaker.ts';
import { nodesNow, watchNow } from '../../shared/guardrails/fleet-view.ts';
import type { PageCode } from '../../shared/model/guardrail-codes.ts';
import { names } from '../../shared/text/names.ts';
import { type ChainState, chainStateOf, haltIsExpected, type Tip } from './chain.ts';
import { isUnseen } from './client-look.ts';
import { type Consensus, judgeConsensus } from './consensus.ts';
import { type DarkZone, type FleetFacts, isOurFault, type NodeReading, pausedIn, statusOf } from './context.ts';
import { followGone, missingNodes } from './missing.ts';
import { type JudgedNode, judgeNode, stuckBlocks, WELL_FOR_MS } from './node-health.ts';
import { blocks, duration, oneLine, short } from './phrases.ts';
import { referenceBefore, referenceKey, type Source } from './sources.ts';
import { isOwnChain } from './votes.ts';

export interface FleetHealth {
  /** In the order of the nodes. */
  readonly nodes: readonly JudgedNode[];
  /** `version` is still that of the watch before. */
  readonly watch: FleetWatch;
  /** Whether the sources that answered now confirm the tip: otherwise it is not published. */
  readonly tipConfirmed: boolean;
  readonly consensus: Consensus['metrics'];
}

export function judgeFleet(facts: FleetFacts): FleetHealth {
  const { nowMs, before } = facts;
  const chain = chainStateOf(facts);
  const { tip, haltedSinceMs, branches, sources } = chain;
  const references = judgeReferences(facts, chain);
  const nodes = facts.nodes.map((node) => judgeNode(facts, chain, node));
  const observed = nodes.map(({ node }) => node);
  const consensus = judgeConsensus(facts, observed);
  const { unexplained, contested = [] } = facts;
  const gone = followGone(
    { nodes: unexplained ? [] : before.nodes.values(), gone: before.watch?.gone ?? [] },
    [...facts.nodes, ...contested],
    nowMs,
    facts.fates,
  );
  const isEmpty = facts.nodes.length + contested.length + gone.length === 0 && facts.fleet.copiesFrom === undefined;
  const emptySinceMs = isEmpty && !unexplained ? (before.watch?.emptySinceMs ?? nowMs) : undefined;
  const missing = missingNodes(facts, gone, emptySinceMs);
  const plain = facts.nodes.map((node) => ({ ...node, name: plainName(facts.fleet, node) }));
  const sharedNames = followShared(before.watch?.sharedNames, plain, nowMs);
  // Missed in the last sweep, too: people know of those that were missing before.
  const hasMore = gone.some(({ sinceMs }) => sinceMs === before.watch?.observedAtMs);
  const conditions = new Map<PageCode, string>([
    ...brokenFileOf(facts),
    ...fleetConditions(facts, chain, nodes, references),
    ...(missing === null ? [] : [['node-missing', missing] as const]),
    ...consensus.conditions,
  ]);
  const isHaltExpected = haltIsExpected(facts, tip);
  if (isHaltExpected) for (const code of HALTS) conditions.delete(code);
  return {
    nodes,
    tipConfirmed: tip.confirmed,
    consensus: consensus.metrics,
    watch: {
      observedAtMs: nowMs,
      tip: tip.height,
      tipSinceMs: tip.sinceMs,
      tipSeenAtMs: tip.seenAtMs,
      haltedSinceMs,
      canonical: branches.canonical ?? before.watch?.canonical ?? null,
      chainId: sources.chainId,
      references,
      conditions: followConditions({
        seen: conditions,
        zone: zoneOf(facts, observed),
        before: before.watch,
        void: isHaltExpected ? HALTS : [],
        nowMs,
      }),
      paged: pagedBefore(conditions, before.watch, nowMs, new Set(hasMore ? ['node-missing' as const] : [])),
      ...(gone.length > 0 && { gone }),
      ...(emptySinceMs !== undefined && { emptySinceMs }),
      ...(Object.keys(sharedNames).length > 0 && { sharedNames }),
      version: before.watch?.version ?? 0,
    },
  };
}

/** What is so as soon as it is seen, and over as soon as it is not: it does not flap. */
export const DEFINITE: ReadonlySet<string> = new Set<PageCode>(['fleet-file-invalid']);

const brokenFileOf = ({ fileProblem }: FleetFacts): readonly (readonly [PageCode, string])[] =>
  fileProblem === undefined
    ? []
    : [
        [
          'fleet-file-invalid',
          `the stored fleet file is invalid, and chainmend begins nothing until it is corrected: ${fileProblem}. Until then chainmend watches the nodes by the file’s last valid version, and puts back what heals have begun`,
        ],
      ];

/** A chain that stops for its upgrade stops the consensus of its validators, too. */
const HALTS: readonly PageCode[] = ['chain-halted', 'own-chain-halted', 'consensus-halted'];

/** The state of the independent references: compared with the fleet and with each other, never believed alone. */
function judgeReferences(
  facts: FleetFacts,
  { sources, byKey, branches, tip }: ChainState,
): readonly ObservedReference[] {
  return facts.references.map(({ host, status }, place) => {
    const key = referenceKey(place);
    const source = byKey.get(key);
    const before = referenceBefore(facts, place);
    const { state, reason } =
      status.kind !== 'ok'
        ? { state: 'silent' as const, reason: status.reason }
        : judgeReference(source, {
            differsAt: branches.differing.get(key)?.height,
            chainId: sources.chainId,
            ...{ behindBlocks: facts.fleet.health.behindBlocks, before, tip },
          });
    const memory = source?.track ?? before?.memory ?? UNTRACKED;
    return {
      host,
      state,
      reason: oneLine(reason),
      sinceMs: before?.state === state ? before.sinceMs : facts.nowMs,
      height: status.kind === 'ok' ? status.facts.height : null,
      heightSinceMs: memory.sinceMs,
      memory,
    };
  });
}

interface ReferenceSight {
  readonly behindBlocks: number;
  readonly before: ObservedReference | undefined;
  readonly differsAt: number | undefined;
  readonly tip: Tip;
  readonly chainId: string | null;
}

/** @param source undefined where the reference answers for another network */
function judgeReference(
  source: Source | undefined,
  { behindBlocks, before, differsAt, tip, chainId }: ReferenceSight,
): { readonly state: ReferenceState; readonly reason: string } {
  if (source === undefined)
    return { state: 'lying', reason: `it answers for another network than ${short(chainId ?? 'the fleet’s')}` };
  if (differsAt !== undefined)
    return { state: 'lying', reason: `its block at height ${differsAt} is not the one that most have` };
  const { height } = source.status;
  const ahead = tip.height === null ? 0 : height - tip.height;
  if (ahead > behindBlocks) {
    // Where nobody else says where the chain is now, the tip is an old one, and says nothing against who has gone on.
    if (!tip.confirmed && before?.state !== 'lying')
      return { state: 'good', reason: `it is at height ${height}, which nobody else can confirm now` };
    return { state: 'lying', reason: `it alone claims height ${height}, ${blocks(ahead)} above what anybody confirms` };
  }
  if (-ahead > behindBlocks) return { state: 'lagging', reason: `it is at height ${height}, ${blocks(-ahead)} behind` };
  return { state: 'good', reason: `it is at height ${height}` };
}

/** The interval of the sweeps. */
const SWEEP_MS = 60_000;

/** What is wrong with the fleet as a whole, each with the sentence that a person reads. */
function fleetConditions(
  facts: FleetFacts,
  { haltedSinceMs, votes, branches: { divided }, sources: { networks } }: ChainState,
  all: readonly JudgedNode[],
  references: readonly ObservedReference[],
): ReadonlyMap<PageCode, string> {
  const { fleet, nowMs, readings } = facts;
  const paused = pausedIn(facts);
  const nodes = all.filter(({ node }) => !paused.has(node.instanceId));
  const conditions = new Map<PageCode, string>();
  if (haltedSinceMs !== null)
    conditions.set(
      isOwnChain(
        all.map(({ node }) => node),
        references,
      )
        ? 'own-chain-halted'
        : 'chain-halted',
      `nobody has advanced for ${duration(nowMs - haltedSinceMs)}${missingVotesText(fleet, votes, all)}${disagreementText(references)}`,
    );

  const watched = heightProbeOf(fleet) !== undefined;
  // Told once, for as long as it is so: who has written `probe: none` for a trial may have forgotten it.
  if (fleet.probe === undefined)
    conditions.set(
      'nobody-watches',
      'no probe asks its clients (probe: none): one that ends, hangs or falls behind is not seen, not healed and not told. What is seen are its disks, EC2’s checks and instances that go. probe: ssm needs nothing but the SSM agent, and probe: unit looks at least whether they run',
    );
  // A node that is ahead of all others may be on a branch that differs only some blocks deeper. Where it is seen to be, `forked` will tell of it: on a
  // chain of slow blocks that takes an hour.
  const patienceMs = fleet.health.patienceSeconds * 1000;
  const alone = nodes.filter(
    ({ node, mayFork }) =>
      watched &&
      !mayFork &&
      node.health === 'unknown' &&
      nowMs - node.sinceMs >= patienceMs &&
      statusOf(readings.get(node.instanceId)) !== undefined,
  );
  if (networks.size > 1) {
    const sides = [...networks].map(([id, who]) => `${names(who)} on ${short(id)}`).sort();
    conditions.set('no-majority', `nodes and references are on different networks: ${sides.slice(0, 5).join('; ')}`);
  } else if (divided !== null) {
    const sides = divided.sides.map((side) => names(side)).join(' against ');
    conditions.set(
      'no-majority',
      `at height ${divided.height} there are ${divided.sides.length} different blocks: ${sides}`,
    );
  } else if (alone.length > 0) {
    conditions.set(
      'no-majority',
      alone
        .map(({ node }) => `${node.name}: ${node.reason}`)
        .slice(0, 5)
        .join('; '),
    );
  }

  const lying = references.filter(({ state }) => state === 'lying');
  if (lying.length > 0)
    conditions.set('reference-disagrees', lying.map(({ host, reason }) => `${host}: ${reason}`).join('; '));

  // With a block or two more of others it shows whether the node is stuck.
  const isToShow = ({ lagBlocks }: JudgedNode['node']): boolean =>
    lagBlocks !== null && lagBlocks > 0 && lagBlocks < stuckBlocks(fleet);
  const standing = nodes.filter(
    ({ node }) =>
      node.health === 'behind' &&
      node.works !== true &&
      !isToShow(node) &&
      node.heightSinceMs !== null &&
      nowMs - node.heightSinceMs >= patienceMs &&
      // While sweeps were late, or its chain paused, the node stood and nobody was ahead: those who are now need the time that makes it stuck.
      nowMs - node.sinceMs >= fleet.health.stuckSeconds * 1_000 + SWEEP_MS,
  );
  if (haltedSinceMs === null && standing.length > 0)
    conditions.set(
      'fleet-standing',
      standing
        .map(({ node }) => `${node.name}: ${node.reason}`)
        .slice(0, 5)
        .join('; '),
    );

  // The agent of one that boots is still to come.
  const graceMs = fleet.health.startGraceSeconds * 1_000;
  const running = new Set(
    facts.nodes
      .filter(({ state, launchedAtMs }) => state === 'running' && nowMs - launchedAtMs >= graceMs)
      .map(({ instanceId }) => instanceId),
  );
  const unasked = nodes.filter(
    ({ node: { instanceId, memory, cutOff } }) =>
      running.has(instanceId) &&
      // It is told as out of reach.
      cutOff !== true &&
      (watched ? wasNotProbed(readings.get(instanceId)) : seesClientsOnly(fleet) && isUnseen(memory?.look, nowMs)),
  );
  const [first] = unasked;
  if (first !== undefined)
    conditions.set('cannot-ask', `${names(unasked.map(({ node }) => node.name))}: ${first.node.reason}`);

  // Where the fleet has a zone, register-nodes reports doubled names: it refuses them.
  const doubled = doubledNames(facts.nodes);
  if (doubled.size > 0 && fleet.dns === undefined)
    conditions.set(
      'name-taken',
      `more than one node is called ${names([...doubled].sort())}: none of them is measured under it`,
    );
  return conditions;
}

/** Two sweeps: what is not seen in one look is not over. */
const ENDING_MS = 2 * SWEEP_MS;

/** Each condition with the time since when it is seen. One that is not seen any more is ending, and forbids what it forbids for two sweeps more. */
function followConditions({
  seen,
  zone,
  before,
  void: none,
  nowMs,
}: {
  readonly seen: ReadonlyMap<PageCode, string>;
  readonly zone: ShownZone | null;
  readonly before: FleetWatch | undefined;
  /** What is no trouble now, whatever was seen before. */
  readonly void: readonly string[];
  readonly nowMs: number;
}): Readonly<Record<string, FleetCondition>> {
  const known = before?.conditions ?? {};
  const holds = (code: string, reason: string): FleetCondition => {
    const earlier = known[code];
    return {
      status: 'holds',
      sinceMs: earlier?.status === 'holds' ? earlier.sinceMs : nowMs,
      seenAtMs: nowMs,
      reason,
    };
  };
  const now: readonly (readonly [string, FleetCondition])[] = [
    ...[...seen].map(([code, reason]) => [code, holds(code, reason)] as const),
    ...(zone
      ? [
          [
            'zone-down',
            {
              ...holds('zone-down', zone.sentence),
              ...{ zone: zone.name, instanceIds: zone.instanceIds },
              ...(zone.shownBy !== undefined && { shownBy: zone.shownBy }),
            },
          ] as const,
        ]
      : []),
  ];
  const ending = Object.entries(known)
    .filter(([code]) => !none.includes(code) && now.every(([name]) => name !== code))
    .filter(([, { seenAtMs }]) => nowMs - seenAtMs <= ENDING_MS)
    .map(([code, condition]) => [code, { ...condition, status: 'ending' }] as const);
  return Object.fromEntries([...now, ...ending]);
}

/** A zone in trouble, and the other fleet that shows it; absent where the fleet's own nodes do. */
type ShownZone = ZoneTrouble & { readonly shownBy?: string };

/** A zone that is in trouble now, or was in the sweep before and whose own nodes do not answer yet; or that another fleet's nodes show, while they do. */
function zoneOf(
  { fleet, before, darkZones = [], nowMs }: FleetFacts,
  nodes: readonly ObservedNode[],
): ShownZone | null {
  const now = nodesNow([{ observedAtMs: nowMs, nodes }], nowMs);
  const { zone: earlier, shownBy } = before.watch?.conditions['zone-down'] ?? {};
  const own =
    (earlier === undefined || shownBy !== undefined ? null : zoneStays(earlier, now)) ?? readBreaker(fleet, now).zone;
  if (own) return own;
  for (const dark of darkZones) {
    const zone = zoneAsIn(dark, dark.fleet, now);
    if (zone !== null) return { ...zone, shownBy: dark.fleet };
  }
  return null;
}

/** The zones that the own nodes of these fleets showed to be dark in the sweep before. One that a fleet has from another is not passed on: it would have no end. */
export const darkZonesOf = (
  watches: readonly { readonly fleet: string; readonly watch: FleetWatch | undefined }[],
  nowMs: number,
): readonly DarkZone[] =>
  watches.flatMap(({ fleet, watch }) => {
    const down = watchNow(watch, nowMs)?.conditions['zone-down'];
    if (down?.status !== 'holds' || down.zone === undefined || down.shownBy !== undefined) return [];
    return [{ fleet, name: down.zone, sentence: down.reason }];
  });

/** Two signs of one cause, a chain that makes no block: people are told by the first that is seen. */
const SAME_CAUSE: ReadonlyMap<string, readonly PageCode[]> = new Map(
  HALTS.map((code) => [code, HALTS.filter((other) => other !== code)]),
);

/** Whether people know of the cause of a condition, by its own page or by that of another sign of it. */
export const isTold = (code: string, paged: FleetWatch['paged']): boolean =>
  [code, ...(SAME_CAUSE.get(code) ?? [])].some((one) => Object.hasOwn(paged, one));

/** The codes that people already know, with the time when the cause of each was last seen. Of `changed` there is more to know by now. */
function pagedBefore(
  conditions: ReadonlyMap<PageCode, string>,
  before: FleetWatch | undefined,
  nowMs: number,
  changed: ReadonlySet<PageCode>,
): Readonly<Record<string, number>> {
  const known = Object.entries(before?.paged ?? {}).map(([code, seenAtMs]): [string, number] => [
    code,
    [code as PageCode, ...(SAME_CAUSE.get(code) ?? [])].some((one) => conditions.has(one)) ? nowMs : seenAtMs,
  ]);
  return Object.fromEntries(
    known.filter(
      ([code, seenAtMs]) => nowMs - seenAtMs < (DEFINITE.has(code) ? 1 : WELL_FOR_MS) && !changed.has(code as PageCode),
    ),
  );
}

function missingVotesText(
  { owner }: Pick<FleetFacts['fleet'], 'owner'>,
  votes: ChainState['votes'],
  all: readonly JudgedNode[],
): string {
  const silent = all.filter(({ node }) => node.evidence === 'votes').map(({ node }) => node.name);
  if (votes === null || silent.length === 0) return '';
  const done = owner.restartValidators
    ? 'their clients are restarted, one after the other'
    : 'the fleet file allows no restart of a validator (owner.restartValidators)';
  return `; for block ${votes.height} the votes of ${names(silent)} are missing, as ${names(votes.waiting)} tell: ${done}`;
}

function disagreementText(references: readonly ObservedReference[]): string {
  const others = references.filter(({ state }) => state === 'lying').map(({ host, reason }) => `${host}: ${reason}`);
  return others.length === 0 ? '' : `, though not everybody agrees (${others.join('; ')})`;
}

function wasNotProbed(reading: NodeReading | undefined): boolean {
  if (reading?.kind !== 'read') return true;
  const { status } = reading.reading;
  return status.kind === 'error' && isOurFault(status.code);
}
