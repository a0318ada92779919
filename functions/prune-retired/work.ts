// One fleet's turn, and what its shells share: the journal, the guard before each deletion, and how people are told.
import type { Clients } from '../../shared/aws/clients.ts';
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
  readonly clients: Pick<Clients, 'ec2' | 'ssm' | 'sns'>;
  readonly store: Store;
  readonly environment: Readonly<Record<'TABLE_NAME' | 'TOPIC_ARN' | 'PARAMETER_PREFIX', string>>;
  /** Names the invocation: its journal entries are told by it from those of another that runs at the same moment. */
  readonly requestId: string;
  readonly startedAtMs: number;
  /** Nothing more is begun after this, ms since the epoch. */
  readonly untilMs: number;
}

export interface Work extends Tools {
  readonly fleet: Fleet;
  /** Writes an entry of this run about a node or an instance of it; they come in the order of the calls. */
  readonly write: WriteEntry;
}

const HOUR_MS = 60 * 60_000;
/** One incident for all that is pruned of a fleet: nothing here has an onset or attempts. */
const INCIDENT = 'prune';
const HEAL = 'prune-retired';

export function workOf(tools: Tools, fleet: Fleet): Work {
  const { store, requestId, startedAtMs } = tools;
  const run = requestId.slice(0, 8);
  return {
    ...tools,
    fleet,
    write: fleetJournal(store, { fleet: fleet.name, incidentId: INCIDENT, by: HEAL, writer: HEAL, run, startedAtMs }),
  };
}

/**
 * Why nothing may be deleted at this moment, by the pauses and the fleet file as they are now; undefined where it may.
 *
 * @param approved a person said yes, which mode ask waits for
 */
export async function guardAgain(work: Work, approved: boolean): Promise<SubjectRefusal | undefined> {
  const { clients, environment, fleet } = work;
  const subject = fleet.name;
  const switches = await readSwitches(clients.ssm, environment.PARAMETER_PREFIX, fleet.name);
  const refusal = 'refuse' in switches ? switches : switches.refusal;
  if (refusal) return { refuse: refusal.refuse, subject, reason: refusal.reason, page: refusal.page };
  const now = (switches as { readonly fleet: Fleet }).fleet;
  const no = (reason: string): SubjectRefusal => ({ refuse: 'mode-changed', subject, reason, page: false });
  if (now.mode !== 'act' && !(now.mode === 'ask' && approved)) return no(`the fleet file says mode: ${now.mode} now`);
  // What was decided by the file as it was a moment ago is decided again by the next run.
  if (
    JSON.stringify([now.nodes, now.volumes, now.cleanSnapshots]) !==
    JSON.stringify([fleet.nodes, fleet.volumes, fleet.cleanSnapshots])
  )
    return no('the fleet file says other nodes, volumes or snapshots now');
  return undefined;
}

const read = ({ store, fleet }: Work): Promise<RegisterRecord | undefined> => store.readPrune(fleet.name);

export const readTold = async (work: Work): Promise<RegisterRecord> => (await read(work)) ?? newRegister;

/** Writes to the journal and pages what is new or has lasted for a day. */
export async function tell(work: Work, met: readonly SubjectRefusal[]): Promise<void> {
  const { fleet, clients, environment } = work;
  const telling = await change(work, (told) => {
    const claimed = claimTelling(told, met, Date.now(), fleet.ask.expiresAfterHours * HOUR_MS);
    const same = claimed.next.told.length === 0 && told.told.length === 0;
    return { next: same ? undefined : claimed.next, result: claimed };
  });
  const teller = {
    sns: clients.sns,
    topicArn: environment.TOPIC_ARN,
    fleet: fleet.name,
    write: work.write,
    asks: { functionName: 'chainmend-prune-retired' },
  };
  await tellRefusals(teller, telling);
  if (telling.page.length > 0)
    await change(work, (told) => ({ next: markPaged(told, telling.page), result: undefined }));
}

/** Remembers a plan that was written to the journal. */
export const remember = (work: Work, plan: string): Promise<void> =>
  change(work, (told) => ({ next: rememberPlan(told, plan), result: undefined }));

function change<T>(
  work: Work,
  decide: (told: RegisterRecord) => { readonly next: RegisterRecord | undefined; readonly result: T },
): Promise<T> {
  return settle(
    work.store,
    keys.prune(work.fleet.name),
    () => read(work),
    (stored = newRegister) => {
      const { next, result } = decide(stored);
      return { write: next && { ...next, version: stored.version + 1 }, result };
    },
  );
}
