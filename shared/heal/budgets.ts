// Reserves a heal's place in the budgets of restarts and replacements: read, decided and written under a condition, before anything is intended. If
// an attempt dies after that, the reservation stays under its key: the next attempt at the same thing already has it.
import type { Fleet } from '../fleet/model.ts';
import { readView } from '../guardrails/fleet-view.ts';
import {
  endRestart,
  type PaceFacts,
  type PaceRecord,
  type Restart,
  reserveInPace,
  type SeenRestart,
  seenRestarts,
} from '../guardrails/pace.ts';
import {
  aloneBeside,
  dropReplacement,
  dropRestart,
  type HolderFacts,
  holdersOf,
  leaveFleetTurn,
  proveReplacement,
  type ReplacementsRecord,
  type RestartsRecord,
  reserveReplacement as reserveInAccount,
  reserveRestart as reserveOfNode,
  type TurnHolder,
  type TurnRecord,
  takeFleetTurn,
} from '../guardrails/replace-budget.ts';
import type { ExecutionStatus } from '../model/execution.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import { type HealPayload, isAskedByPerson, isBlueGreen, togetherIn } from '../model/payload.ts';
import { readExecution } from './claim.ts';
import type { HealContext } from './context.ts';
import { awaitsAws, unsettled } from './lease.ts';
import { keys, type Store, settle } from './store.ts';

type Tools = Pick<HealContext, 'clients' | 'store' | 'payload' | 'execution'>;
export type Reserved = { readonly reserved: true } | Refusal;

const RESERVED = { reserved: true } as const;
const NOBODY: HolderFacts = { status: { state: 'unknown' }, unsettled: false };

/**
 * Reserves the fleet's turn, then a replacement of the account and of the node. If the latter is refused, the turn is given back.
 * @param fleet as the guard has read it in this very step
 * @param key of one replacement (an incident's swap, an incident's new instance), for all of its attempts
 */
export async function reserveReplacement(context: Tools, fleet: Fleet, key: string, nowMs: number): Promise<Reserved> {
  const turn = await takeTurn(context);
  if ('refuse' in turn) return turn;
  const { store, payload } = context;
  const reserved = await settle<ReplacementsRecord, Reserved>(
    store,
    keys.replacements(),
    store.readReplacements,
    (read) => {
      const decided = reserveInAccount(read, wantedBy(payload, key), fleet.replace, nowMs);
      if ('refuse' in decided) return { result: decided };
      return { result: RESERVED, write: 'next' in decided ? decided.next : undefined };
    },
  );
  if ('refuse' in reserved) await leaveReplacement(context);
  return reserved;
}

/**
 * The refusal that a replacement of this incident would meet, with nothing reserved; null where it has its place already, or there is one. An undo, and
 * the way back of an upgrade, need none: no budget forbids to put back.
 */
export async function spentReplacements(
  { store, payload }: Pick<Tools, 'store' | 'payload'>,
  fleet: Fleet,
  nowMs: number,
): Promise<Refusal | null> {
  if (
    payload.kind === 'replace-node' &&
    (payload.want.do === 'undo' || (payload.want.do === 'upgrade' && !isBlueGreen(payload.want)))
  )
    return null;
  const read = await store.readReplacements();
  if (read?.entries.some(({ key }) => key.startsWith(payload.incidentId))) return null;
  const decided = reserveInAccount(read, wantedBy(payload, payload.incidentId), fleet.replace, nowMs);
  return 'refuse' in decided ? decided : null;
}

const wantedBy = (payload: HealPayload, key: string) => {
  const { fleet, node, instanceId, onsetMs } = payload;
  const byPerson = payload.kind === 'replace-node' && isAskedByPerson(payload.want);
  return { key, fleet, node, instanceId, onsetMs, ...(byPerson && { byPerson }) };
};

/**
 * Takes the fleet's turn and nothing else: for acts that put back, which no budget forbids.
 *
 * @param putsBack of nodes that are upgraded together one at a time gets the data of before
 */
export async function takeTurn({ clients, store, payload, execution }: Tools, putsBack = false): Promise<Reserved> {
  const { fleet, node, instanceId } = payload;
  const together = payload.kind === 'replace-node' ? togetherIn(payload.want) : [];
  const me: TurnHolder = {
    execution,
    instanceId,
    node,
    ...(together.length > 0 && { together, ...(putsBack && { alone: true }) }),
  };
  let known = NOBODY_KNOWN;
  return settle<TurnRecord, Reserved>(
    store,
    keys.replaceTurn(fleet),
    async () => {
      const read = await store.readReplaceTurn(fleet);
      const others = holdersOf(read).filter((one) => one.execution !== execution);
      known = await readHolders(others, store, (arn) => readExecution(clients.lambda, arn));
      return read;
    },
    (read) => {
      const decided = takeFleetTurn(read, me, ({ execution: arn }) => known.get(arn) ?? NOBODY);
      if ('refuse' in decided) return { result: decided };
      return { result: RESERVED, write: 'next' in decided ? decided.next : undefined };
    },
  );
}

const NOBODY_KNOWN: ReadonlyMap<string, HolderFacts> = new Map();

/** The node that gets its data of before now, of those that are upgraded together with this one; null: none does. */
export async function whoPutsBack({ clients, store, payload, execution }: Tools): Promise<string | null> {
  const read = await store.readReplaceTurn(payload.fleet);
  const others = holdersOf(read).filter((one) => one.alone && one.execution !== execution);
  const known = await readHolders(others, store, (arn) => readExecution(clients.lambda, arn));
  return aloneBeside(read, payload, ({ execution: arn }) => known.get(arn) ?? NOBODY);
}

/** What has become of those that have a turn, by their executions. */
export async function readHolders(
  holders: readonly TurnHolder[],
  store: Pick<Store, 'readNode'>,
  statusOf: (execution: string) => Promise<ExecutionStatus> | ExecutionStatus,
): Promise<ReadonlyMap<string, HolderFacts>> {
  const known = await Promise.all(
    holders.map(async ({ execution, instanceId }): Promise<[string, HolderFacts]> => {
      const [status, node] = await Promise.all([statusOf(execution), store.readNode(instanceId)]);
      return [execution, { status, unsettled: node !== undefined && unsettled(node) }];
    }),
  );
  return new Map(known);
}

/**
 * Gives the fleet's turn back, if it is ours: at the end of a heal, with any outcome. What was reserved stays spent, except for a rung that did
 * nothing.
 */
export async function leaveReplacement({ store, payload, execution }: Tools): Promise<void> {
  await settle<TurnRecord, void>(
    store,
    keys.replaceTurn(payload.fleet),
    () => store.readReplaceTurn(payload.fleet),
    (read) => {
      const left = leaveFleetTurn(read, execution);
      return { result: undefined, write: 'next' in left ? left.next : undefined };
    },
  );
}

/** The node follows its chain again: after two hours of that it has its full budget of replacements again. */
export async function writeReplacementProof({ store }: Tools, key: string, nowMs: number): Promise<void> {
  await settle<ReplacementsRecord, void>(store, keys.replacements(), store.readReplacements, (read) => {
    const proved = proveReplacement(read, key, nowMs);
    return { result: undefined, write: 'next' in proved ? proved.next : undefined };
  });
}

/**
 * Reserves a place in the fleet's pace, then a restart of the node. If the latter is refused, the place is given back.
 *
 * @param key of one restart (an incident's, an attempt's)
 * @returns blind: nobody has observed the fleet lately, which is no verdict on it
 */
export async function reserveRestart(
  context: Tools,
  fleet: Fleet,
  key: string,
  nowMs: number,
): Promise<Reserved | { readonly blind: string }> {
  const { breaker, health: nodes } = await readView(context.store, fleet, nowMs);
  if (breaker.isBlind) return { blind: breaker.sentence };
  const paced = await reservePlace(context, fleet, key, { nowMs, breaker, nodes });
  if ('refuse' in paced) return paced;
  const reserved = await reserveOfThisNode(context, fleet, key, nowMs);
  if ('refuse' in reserved) await endPlace(context, key, { as: 'undone', atMs: nowMs, reason: reserved.reason });
  return reserved;
}

/** Two heals that begin at the same moment cannot both be the first: the second one reads what the first has written. */
async function reservePlace(
  context: Tools,
  fleet: Fleet,
  key: string,
  seen: Pick<PaceFacts, 'nowMs' | 'breaker' | 'nodes'>,
): Promise<Reserved> {
  const { store, payload, execution } = context;
  const { incidentId, instanceId, node, onsetMs } = payload;
  let restarts: readonly SeenRestart[] = [];
  return settle<PaceRecord, Reserved>(
    store,
    keys.pace(payload.fleet),
    async () => {
      const read = await store.readPace(payload.fleet);
      restarts = await readRestarts(read, store, (arn) => readExecution(context.clients.lambda, arn));
      return read;
    },
    (read) => {
      const facts = { ...seen, limits: fleet.breaker, restarts };
      const wanted = { key, execution, incidentId, instanceId, node, onsetMs };
      const decided = reserveInPace(read, facts, wanted, payload.fleet);
      if ('refuse' in decided) return { result: decided };
      return { result: RESERVED, write: 'next' in decided ? decided.next : undefined };
    },
  );
}

/** What has become of the restarts of a fleet: of those that have not ended the execution is asked, and the node's record. */
export async function readRestarts(
  record: PaceRecord | undefined,
  store: Pick<Store, 'readNode'>,
  statusOf: (execution: string) => Promise<ExecutionStatus> | ExecutionStatus,
): Promise<readonly SeenRestart[]> {
  const holders = new Map<string, HolderFacts>();
  const open = record?.restarts.filter(({ ended }) => ended === undefined) ?? [];
  await Promise.all(
    open.map(async ({ key, execution, instanceId }) => {
      const [status, node] = await Promise.all([statusOf(execution), store.readNode(instanceId)]);
      // While a node waits for capacity, only AWS can go on: others do not wait with it.
      holders.set(key, { status, unsettled: node !== undefined && unsettled(node) && !awaitsAws(node) });
    }),
  );
  return seenRestarts(record, ({ key }) => holders.get(key) ?? NOBODY);
}

/** What came of a restart, for those that wait. */
export async function endPlace(
  { store, payload }: Pick<Tools, 'store' | 'payload'>,
  key: string,
  ended: NonNullable<Restart['ended']>,
): Promise<void> {
  await settle<PaceRecord, void>(
    store,
    keys.pace(payload.fleet),
    () => store.readPace(payload.fleet),
    (read) => {
      const next = endRestart(read, key, ended);
      return { result: undefined, write: 'next' in next ? next.next : undefined };
    },
  );
}

async function reserveOfThisNode(
  { store, payload: { fleet: name, instanceId, node } }: Tools,
  fleet: Fleet,
  key: string,
  nowMs: number,
): Promise<Reserved> {
  return settle<RestartsRecord, Reserved>(
    store,
    keys.restarts(name, instanceId),
    () => store.readRestarts(name, instanceId),
    (read) => {
      const decided = reserveOfNode(read, { key, node }, fleet.replace, nowMs);
      if ('refuse' in decided) return { result: decided };
      return { result: RESERVED, write: 'next' in decided ? decided.next : undefined };
    },
  );
}

/** Nothing was made for the rung, and the node was not affected: what was reserved under this key is given back. */
export async function unreserveReplacement({ store }: Tools, key: string): Promise<void> {
  await settle<ReplacementsRecord, void>(store, keys.replacements(), store.readReplacements, (read) => {
    const dropped = dropReplacement(read, key);
    return { result: undefined, write: 'next' in dropped ? dropped.next : undefined };
  });
}

/** The same for a restart. */
export async function unreserveRestart(context: Tools, key: string): Promise<void> {
  const { store, payload } = context;
  const { fleet, instanceId } = payload;
  await endPlace(context, key, { as: 'undone', atMs: Date.now(), reason: 'the node felt nothing of it' });
  await settle<RestartsRecord, void>(
    store,
    keys.restarts(fleet, instanceId),
    () => store.readRestarts(fleet, instanceId),
    (read) => {
      const dropped = dropRestart(read, key);
      return { result: undefined, write: 'next' in dropped ? dropped.next : undefined };
    },
  );
}
