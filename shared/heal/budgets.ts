// Reserves a heal's place in the budgets of restarts and replacements: read, decided and written under a condition, before anything is intended. If
// an attempt dies after that, the reservation stays under its key: the next attempt at the same thing already has it.
import type { Fleet } from '../fleet/model.ts';
import {
  dropReplacement,
  dropRestart,
  type HolderFacts,
  leaveFleetTurn,
  proveReplacement,
  type ReplacementsRecord,
  type RestartsRecord,
  reserveReplacement as reserveInAccount,
  reserveRestart as reserveOfNode,
  type TurnRecord,
  takeFleetTurn,
} from '../guardrails/replace-budget.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import { type HealPayload, isAskedByPerson } from '../model/payload.ts';
import { readExecution } from './claim.ts';
import type { HealContext } from './context.ts';
import { unsettled } from './lease.ts';
import { keys, settle } from './store.ts';

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
 * The refusal that a replacement of this incident would meet, with nothing reserved; null where it has its place already, or there is one. An undo needs
 * none: no budget forbids to put back.
 */
export async function spentReplacements(
  { store, payload }: Pick<Tools, 'store' | 'payload'>,
  fleet: Fleet,
  nowMs: number,
): Promise<Refusal | null> {
  if (payload.kind === 'replace-node' && payload.want.do === 'undo') return null;
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

/** Takes the fleet's turn alone: for acts that put back, which no budget forbids. */
export async function takeTurn({ clients, store, payload, execution }: Tools): Promise<Reserved> {
  const { fleet, node, instanceId } = payload;
  const me = { execution, instanceId, node };
  let holder = NOBODY;
  return settle<TurnRecord, Reserved>(
    store,
    keys.replaceTurn(fleet),
    async () => {
      const read = await store.readReplaceTurn(fleet);
      const before = read?.holder ?? null;
      holder = NOBODY;
      if (before !== null && before.execution !== execution) {
        const [status, record] = await Promise.all([
          readExecution(clients.lambda, before.execution),
          store.readNode(before.instanceId),
        ]);
        holder = { status, unsettled: record !== undefined && unsettled(record) };
      }
      return read;
    },
    (read) => {
      const decided = takeFleetTurn(read, me, holder);
      if ('refuse' in decided) return { result: decided };
      return { result: RESERVED, write: 'next' in decided ? decided.next : undefined };
    },
  );
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

/** @param key of one restart (an incident's, an attempt's) */
export async function reserveRestart(
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
export async function unreserveRestart({ store, payload: { fleet, instanceId } }: Tools, key: string): Promise<void> {
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
