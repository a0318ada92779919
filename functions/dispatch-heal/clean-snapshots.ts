// The round of clean snapshots: asks plan-snapshots for a donor of each fleet that wants clean snapshots. A donor becomes an incident like any other.

import { invokeFunction } from '../../shared/aws/invoke.ts';
import { logWarn } from '../../shared/aws/log.ts';
import { isThrottling } from '../../shared/aws/refusals.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import { judgeFleetSwitches } from '../../shared/guardrails/switches.ts';
import { createJournal, type Journal, WHOLE_FLEET } from '../../shared/heal/journal.ts';
import type { SnapshotPagesRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { DonorAnswer, DonorQuestion } from '../../shared/model/questions.ts';
import type { Trigger } from '../../shared/model/trigger.ts';
import { lastToldMs, tellFound } from '../../shared/reconcile/page-memory.ts';
import { createContext, DISPATCHER, type DispatchContext, type DispatcherServices } from './context.ts';
import { SCHEDULE } from './decide.ts';
import { considerCandidate } from './dispatch.ts';
import { processInTurn } from './time-budget.ts';

/** Of the function's 60 s. A fleet that is left waits for the next round. */
const ROUND_MS = 40_000;
const DAY_MS = 24 * 60 * 60_000;
/** How long the "told today" item is kept, in seconds. */
const TOLD_KEPT_SECONDS = 2 * 86_400;

/** @throws AggregateError with what failed, once every fleet had its turn */
export async function requestCleanSnapshots(services: DispatcherServices): Promise<void> {
  const { clients, environment } = services;
  const nowMs = Date.now();
  const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  const context = createContext(services, settings);
  const failures: unknown[] = [];
  const fleets = settings.fleets.filter(({ cleanSnapshots }) => cleanSnapshots !== undefined);
  await processInTurn(fleets, { nowMs, untilMs: nowMs + ROUND_MS }, async (fleet) => {
    try {
      await considerFleet(context, fleet, nowMs);
    } catch (cause) {
      // This fleet waits for the next round.
      if (isThrottling(cause)) logWarn({ fleet: fleet.name, left: String(cause) });
      else
        failures.push(new Error(`fleet ${fleet.name}: ${cause instanceof Error ? cause.message : cause}`, { cause }));
    }
  });
  if (failures.length > 0) throw new AggregateError(failures, failures.map((one) => (one as Error).message).join('; '));
}

const CLEAN_SNAPSHOT: Trigger = { kind: 'snapshot', subject: 'clean' };

async function considerFleet(context: DispatchContext, { name: fleet }: Fleet, nowMs: number): Promise<void> {
  const { environment, settings } = context;
  const paused = judgeFleetSwitches(environment.PARAMETER_PREFIX, fleet, settings);
  const chosen = paused ?? (await requestDonor(context, fleet));
  await tellOfRound(context, fleet, 'refuse' in chosen ? chosen : null, nowMs);
  if ('notDue' in chosen) return;
  if ('refuse' in chosen) return journalOnceADay(context, fleet, chosen, nowMs);
  const { instanceId } = chosen.donor;
  const alarm = { alarmName: '', namespace: SCHEDULE, dimensions: { InstanceId: instanceId } };
  const candidate = { alarm, instanceId, onsetMs: nowMs, trigger: CLEAN_SNAPSHOT, suppressedBy: null, fleet };
  await considerCandidate(context, candidate);
}

/** @throws Error where plan-snapshots fails: that is no refusal */
export async function requestDonor(
  { clients, environment }: DispatcherServices,
  fleet: string,
  requestedBy: DonorQuestion['requestedBy'] = 'schedule',
): Promise<DonorAnswer> {
  const question: DonorQuestion = { kind: 'donor', fleet, requestedBy };
  return invokeFunction<DonorAnswer>(clients, environment.PLAN_SNAPSHOTS_FUNCTION, question);
}

/** People are told of what pages once a day, while each round finds it. */
async function tellOfRound(
  services: DispatcherServices,
  fleet: string,
  refusal: Refusal | null,
  nowMs: number,
): Promise<void> {
  const { store } = services;
  const key = keys.snapshotPages(fleet);
  const read = () => store.readSnapshotPages(fleet);
  const before = (await read()) ?? { version: 0 };
  const about = refusal?.page ? { code: refusal.refuse, subject: fleet } : null;
  const toldMs = about && lastToldMs(before, about);
  const held =
    about === null || refusal === null
      ? []
      : [{ ...about, sentence: refusal.reason, isDue: toldMs === null || nowMs - toldMs >= DAY_MS }];
  const journal = journalOf(services, fleet, nowMs);
  const sender: Parameters<typeof tellFound>[0] = {
    ...services,
    write: ({ code, sentence }) => journal(`00-${code}-page`, { atMs: nowMs, kind: 'page', sentence, code }),
    remember: (change) =>
      settle<SnapshotPagesRecord, undefined>(store, key, read, (stored = { version: 0 }) => ({
        result: undefined,
        write: { ...stored, ...change(stored), version: stored.version + 1 },
      })),
  };
  await tellFound(sender, fleet, before, held, nowMs);
}

async function journalOnceADay(
  services: DispatcherServices,
  fleet: string,
  { refuse: code, reason }: Refusal,
  nowMs: number,
): Promise<void> {
  const dayMs = nowMs - (nowMs % DAY_MS);
  const key = keys.told(fleet, `snapshots#${new Date(dayMs).toISOString().slice(0, 10)}#${code}`);
  const expiresAt = Math.floor(dayMs / 1000) + TOLD_KEPT_SECONDS;
  if (!(await services.store.replace(key, { version: 1, ...{ expiresAt, atMs: nowMs } }))) return;
  await journalOf(services, fleet, dayMs)(`00-${code}`, { atMs: nowMs, kind: 'refusal', sentence: reason, code });
}

function journalOf({ store }: DispatcherServices, fleet: string, onsetMs: number): Journal {
  const whole = {
    by: DISPATCHER,
    fleet,
    node: WHOLE_FLEET,
    instanceId: WHOLE_FLEET,
    incidentId: 'snapshots',
    attempt: 0,
  } as const;
  return createJournal(store, { ...whole, onsetMs, heal: 'snapshot-node', writer: DISPATCHER });
}
