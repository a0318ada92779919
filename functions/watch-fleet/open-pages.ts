// The pages that watch-fleet has sent, and whether the cause of each lasts, purely. dispatch-heal repeats them and says when they are over.
import type { FleetWatch, ObservedNode, WatchPage } from '../../shared/fleet/observation.ts';
import { keyOf, THE_FLEET } from '../../shared/heal/notify.ts';
import type { PageCode } from '../../shared/model/guardrail-codes.ts';
import type { FleetFacts } from './context.ts';
import { type FleetHealth, isTold } from './fleet-health.ts';
import { type JudgedNode, WELL_FOR_MS } from './node-health.ts';
import { alarmsOf, type DuePage } from './pages.ts';

const HOUR_MS = 60 * 60_000;
/** The sweep of each minute reads that a cause is over; where it cannot for long, people look themselves. */
const ENDED_FOR_MS = 24 * HOUR_MS;
/** Nodes that are gone are missed for a day: what is missed no more after that is forgotten, and not back. */
const MISSED_FOR_MS = 23 * HOUR_MS;
/** Many more than a fleet has troubles, and nodes enough of each. With all of them the record stays far below DynamoDB's 400 KB. */
const MAX_PAGES = 40;
const MAX_NODES = 50;

/** "node2", "3 nodes", "fleet" */
export const aboutOf = ({ nodes }: Pick<DuePage, 'nodes'>): string => {
  const [first] = nodes;
  return first === undefined ? THE_FLEET : nodes.length === 1 ? first.name : `${nodes.length} nodes`;
};

/**
 * @param health as it is kept, with what was sent (`recordPaging`)
 * @param sent the pages of this sweep
 */
export function followPages(facts: FleetFacts, health: FleetHealth, sent: readonly DuePage[]): readonly WatchPage[] {
  const { fleet, nodes, before, nowMs } = facts;
  const known = new Map((before.watch?.pages ?? []).map((page) => [page.key, page]));
  for (const due of sent) {
    // Another fleet's page has told of the same failure of AWS.
    if (due.shared) continue;
    const node = aboutOf(due);
    const key = keyOf({ fleet: fleet.name, node, code: due.code });
    const [alarm = ''] = alarmsOf(fleet, nodes.length, due).keys();
    const told = due.nodes.map(({ instanceId, name }) => ({ instanceId, name }));
    const earlier = known.get(key);
    const others = earlier?.state === 'ended' ? [] : (earlier?.nodes ?? []);
    const more = others.filter((one) => told.every(({ instanceId }) => instanceId !== one.instanceId));
    known.set(key, {
      ...{ key, code: due.code, node, sentence: due.reason, atMs: nowMs, alarm, state: 'lasts' },
      nodes: [...told, ...more].slice(0, MAX_NODES),
    });
  }
  return [...known.values()]
    .flatMap((page) => (page.state === 'ended' ? [page] : judged(page, facts, health)))
    .filter(({ endedAtMs }) => endedAtMs === undefined || nowMs - endedAtMs < ENDED_FOR_MS)
    .toSorted((a, b) => b.atMs - a.atMs)
    .slice(0, MAX_PAGES);
}

/** @returns nothing where the cause is forgotten */
function judged(page: WatchPage, { scheduled, nowMs }: FleetFacts, health: FleetHealth): readonly WatchPage[] {
  const { code, nodes, atMs } = page;
  const gone = new Set((health.watch.gone ?? []).map(({ instanceId }) => instanceId));
  const seen = nodes.map((node) => find(health.nodes, node) ?? (gone.has(node.instanceId) ? 'gone' : undefined));
  // Forgotten with the nodes that it told of.
  if (nodes.length > 0 && page.state === 'eased' && seen.every((one) => one === undefined)) return [];
  const states =
    nodes.length === 0
      ? [stateOfFleet(code, health.watch)]
      : // That a node is missed is told by a page of its own: what it had before is not repeated.
        seen.map((one) => (one === 'gone' ? 'eased' : stateOfNode(code, one, scheduled !== 'unknown', nowMs)));
  const state = states.includes('lasts') ? 'lasts' : states.includes('eased') ? 'eased' : 'ended';
  if (state !== 'ended') return [{ ...page, state }];
  return code === 'node-missing' && nowMs - atMs >= MISSED_FOR_MS ? [] : [{ ...page, state, endedAtMs: nowMs }];
}

/** The instance, or the one that has its name now. */
const find = (nodes: readonly JudgedNode[], { instanceId, name }: WatchPage['nodes'][number]): JudgedNode | undefined =>
  nodes.find(({ node }) => node.instanceId === instanceId) ?? nodes.find(({ node }) => node.name === name);

type State = WatchPage['state'];

function stateOfFleet(code: PageCode, { conditions, paged }: Pick<FleetWatch, 'conditions' | 'paged'>): State {
  const seen = Object.entries(conditions).filter(([, { status }]) => status === 'holds');
  if (isTold(code, Object.fromEntries(seen.map(([name]) => [name, 0])))) return 'lasts';
  return isTold(code, paged) ? 'eased' : 'ended';
}

/**
 * What nobody sees is not over. A node that was paged for is well when it was so for half an hour, as with its next page.
 *
 * @param knowsEvents EC2 has said what it has scheduled
 */
function stateOfNode(code: PageCode, judged: JudgedNode | undefined, knowsEvents: boolean, nowMs: number): State {
  if (judged === undefined) return 'lasts';
  const { node, lasting } = judged;
  if (code === 'event-scheduled' || code === 'event-near')
    return knowsEvents && (node.scheduled ?? []).every(({ moved }) => moved) ? 'ended' : 'lasts';
  const trouble = lasting.find((one) => one.code === code);
  if (trouble) return trouble.rests ? 'eased' : 'lasts';
  if (!isWell(node)) return OF_HEALTH.has(code) && judged.code !== null ? 'lasts' : 'eased';
  return node.paged.includes(code) || nowMs - node.sinceMs < WELL_FOR_MS ? 'eased' : 'ended';
}

const isWell = ({ health, runs }: ObservedNode): boolean => health === 'synced' || runs === true;

/** Troubles that a node's health itself is; the others have their own measure. */
const OF_HEALTH: ReadonlySet<PageCode> = new Set<PageCode>([
  'node-unreachable',
  'node-busy',
  'node-stuck',
  'node-forked',
  'wrong-chain',
]);
