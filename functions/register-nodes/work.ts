// What the shells of this function share: one fleet's turn, its pace, the guard before each mutation, and how its people are told.
import type { NamesClients } from '../../shared/aws/clients.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import {
  claimTelling,
  markPaged,
  newRegister,
  type RegisterRecord,
  rememberPlan,
  type SubjectRefusal,
} from '../../shared/guardrails/names.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { fleetJournal, type WriteEntry } from '../../shared/heal/fleet-journal.ts';
import { keys, type Store, settle } from '../../shared/heal/store.ts';
import { tellRefusals } from '../../shared/heal/telling.ts';

export interface Tools {
  readonly clients: NamesClients;
  readonly store: Store;
  readonly environment: Readonly<Record<'TABLE_NAME' | 'TOPIC_ARN' | 'PARAMETER_PREFIX' | 'AWS_REGION', string>>;
  /** In front of every runbook's path; empty for the path in the repository. */
  readonly runbooks: string;
  /** Names the invocation: its journal entries are told by it from those of another that runs at the same moment. */
  readonly requestId: string;
  readonly startedAtMs: number;
  /** Nothing more is begun after this, ms since the epoch. */
  readonly untilMs: number;
}

/** One fleet's turn. */
export interface Work extends Tools {
  readonly fleet: Fleet;
  /** Writes an entry of this run; they come in the order of the calls. */
  readonly write: WriteEntry;
}

const HOUR_MS = 60 * 60_000;
/** One incident for all of a fleet's names: nothing here has an onset or attempts. */
const INCIDENT = 'names';
const HEAL = 'register-nodes';
export function workOf(tools: Tools, fleet: Fleet): Work {
  const { store, requestId, startedAtMs } = tools;
  const run = requestId.slice(0, 8);
  return {
    ...tools,
    fleet,
    write: fleetJournal(store, { fleet: fleet.name, incidentId: INCIDENT, by: HEAL, writer: HEAL, run, startedAtMs }),
  };
}

export const waitMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A gap between two calls, so that a rate is kept: the first call goes at once. */
export function pacer(gapMs: number): () => Promise<void> {
  let nextMs = 0;
  return async () => {
    const gap = nextMs - Date.now();
    if (gap > 0) await waitMs(gap);
    nextMs = Date.now() + gapMs;
  };
}

/** Why nothing may be changed at this moment, by the pauses and the fleet file as they are now. */
export async function guardAgain({ clients, environment, fleet }: Work): Promise<SubjectRefusal | { fleet: Fleet }> {
  const switches = await readSwitches(clients.ssm, environment.PARAMETER_PREFIX, fleet.name);
  const refusal = 'refuse' in switches ? switches : switches.refusal;
  if (refusal) return { refuse: refusal.refuse, subject: fleet.name, reason: refusal.reason, page: refusal.page };
  return { fleet: (switches as { fleet: Fleet }).fleet };
}

const read = ({ store, fleet }: Work): Promise<RegisterRecord | undefined> => store.readRegister(fleet.name);

export const readRegister = async (work: Work): Promise<RegisterRecord> => (await read(work)) ?? newRegister;

/**
 * Writes to the journal and pages what is new or has lasted for a day, and remembers it with the number of nodes.
 * @param nodes that were found; undefined leaves the number as it is
 */
export async function tell(work: Work, met: readonly SubjectRefusal[], nodes?: number): Promise<void> {
  const { store, fleet, clients, environment } = work;
  const key = keys.register(fleet.name);
  const telling = await settle(
    store,
    key,
    () => read(work),
    (stored) => {
      const register = stored ?? newRegister;
      const claimed = claimTelling(register, met, Date.now(), fleet.ask.expiresAfterHours * HOUR_MS);
      const next = { ...claimed.next, nodes: nodes ?? register.nodes };
      const same = next.nodes === register.nodes && next.told.length === 0 && register.told.length === 0;
      return { write: same ? undefined : { ...next, version: register.version + 1 }, result: claimed };
    },
  );
  const teller = {
    sns: clients.sns,
    topicArn: environment.TOPIC_ARN,
    fleet: fleet.name,
    write: work.write,
    asks: { functionName: 'chainmend-register-nodes' },
  };
  await tellRefusals(teller, telling);
  if (telling.page.length === 0) return;
  await settle(
    store,
    key,
    () => read(work),
    (stored = newRegister) => ({
      write: { ...markPaged(stored, telling.page), version: stored.version + 1 },
      result: undefined,
    }),
  );
}

/** Remembers a plan that was written to the journal. */
export const remember = (work: Work, plan: string): Promise<void> =>
  settle(
    work.store,
    keys.register(work.fleet.name),
    () => read(work),
    (stored = newRegister) => ({
      write: { ...rememberPlan(stored, plan), version: stored.version + 1 },
      result: undefined,
    }),
  );
