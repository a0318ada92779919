// The fleet's record of its drill: whose it is, what was found, which the snapshots tell, too, and when the next one is due.
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { readExecution } from '../../shared/heal/claim.ts';
import { type Drill, type DrillRecord, ended, noDrill } from '../../shared/heal/drill.ts';
import { readGuards } from '../../shared/heal/guard.ts';
import { putInQuarantine } from '../../shared/heal/kept.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import { REQUEST_LIFETIME_MS } from '../../shared/model/execution.ts';
import { sentenceOfUnmarked, verify } from '../../shared/snapshots/marks.ts';
import { hoursUntilDue } from './copies.ts';
import { unmarked } from './progress.ts';
import type { Act, Acts, DrillActContext, DrillContext } from './state.ts';

/** Writes the record; decided again where somebody else wrote in between. null: there is nothing to write. */
export async function change(
  { store, payload: { fleet } }: Pick<DrillContext, 'store' | 'payload'>,
  decide: (record: DrillRecord) => DrillRecord | null,
): Promise<DrillRecord> {
  return settle<DrillRecord, DrillRecord>(
    store,
    keys.drill(fleet),
    () => store.readDrill(fleet),
    (read = noDrill) => {
      const next = decide(read);
      const written = next && { ...next, version: read.version + 1 };
      return { result: written ?? read, write: written ?? undefined };
    },
  );
}

/** Takes the drill of the fleet for this execution, unless another one that lives has it: only its execution says whether it lives. */
export async function own(
  context: DrillActContext,
  drillOf: (record: DrillRecord) => Drill,
): Promise<{ readonly drill: Drill } | { readonly busy: string }> {
  const { clients, store, payload, execution } = context;
  const { current } = (await store.readDrill(payload.fleet)) ?? noDrill;
  const isOthers = (drill: Drill | null): boolean => drill !== null && drill.execution !== execution;
  if (current !== null && isOthers(current)) {
    const status = await readExecution(clients.lambda, current.execution);
    if (status.state !== 'ended' || Date.now() <= status.endedAtMs + REQUEST_LIFETIME_MS)
      return { busy: current.execution };
  }
  const record = await change(context, (read) =>
    isOthers(read.current) && read.current?.execution !== current?.execution
      ? null
      : { ...read, current: { ...drillOf(read), execution } },
  );
  return record.current !== null && !isOthers(record.current)
    ? { drill: record.current }
    : { busy: record.current?.execution ?? '' };
}

/** Only its own execution writes what becomes of a drill. @returns undefined where it is another's by now */
export async function note(context: DrillActContext, drill: Drill): Promise<Drill | undefined> {
  const isOurs = ({ current }: DrillRecord): boolean =>
    current?.execution === context.execution && current.token === drill.token;
  const record = await change(context, (read) => (isOurs(read) ? { ...read, current: drill } : null));
  return isOurs(record) ? drill : undefined;
}

export const begin = (context: DrillActContext, { drill, reason }: Act<'begin'>): Promise<Acts['begin']['result']> =>
  context.step('begin', async () => {
    const guarded = await readGuards(context);
    if ('refuse' in guarded) return guarded;
    const { journal, place } = context;
    await journal(`${place}-decision`, { atMs: Date.now(), kind: 'decision', sentence: reason, evidence: drill.set });
    return own(context, (read) => (read.current?.incidentId === drill.incidentId ? read.current : drill));
  });

export async function mark(context: DrillActContext, { from, verdict }: Act<'mark'>): Promise<Acts['mark']['result']> {
  const { clients, store, payload, journal, place, step } = context;
  const ids = from.drill.set.parts.map(({ snapshotId }) => snapshotId);
  const { fleet, incidentId } = payload;
  return step('mark', async () => {
    // On the record first: whatever happens to the tags, it is known what was found.
    await note(context, { ...from.drill, verdict });
    const guarded = await readGuards(context);
    if ('refuse' in guarded) return { verdict: unmarked(verdict, guarded.reason) ?? verdict };
    const failures =
      verdict.is === 'verified'
        ? await verify(clients.ec2, ids, verdict.atMs)
        : await putInQuarantine(
            { ec2: clients.ec2, store },
            { fleet, node: from.drill.set.node, incidentId },
            ids,
            verdict.reason,
            Date.now(),
          );
    await journal(`${place}-mark`, {
      ...{ atMs: Date.now(), kind: verdict.is === 'verified' ? 'proof' : 'decision' },
      sentence: `${from.drill.set.setId} is ${verdict.is === 'verified' ? 'verified' : 'not to be used'}: ${verdict.reason}`,
    });
    return { verdict: failures.length === 0 ? verdict : (unmarked(verdict, sentenceOfUnmarked(failures)) ?? verdict) };
  });
}

/** Its dollars count, and the record names nothing any more. */
export async function settleDrill(context: DrillActContext, drill: Drill): Promise<Acts['remove']['result']> {
  const { clients, environment, store, payload, execution } = context;
  if (drill.instanceId !== '')
    await settle<NodeRecord, null>(
      store,
      keys.node(drill.instanceId),
      () => store.readNode(drill.instanceId),
      (read) => ({
        result: null,
        write: read?.owner === execution ? { ...read, owner: null, version: read.version + 1 } : undefined,
      }),
    );
  const switches = await readSwitches({ clients, environment, store }, payload.fleet);
  const atMs = Date.now();
  const everyHours = 'refuse' in switches ? 24 : hoursUntilDue(switches.fleet, drill.set, atMs);
  const record = await change(context, (read) =>
    read.current?.token === drill.token && read.current.execution === execution
      ? ended({ ...read, current: null }, drill, everyHours, atMs)
      : null,
  );
  return record.current === null ? { gone: drill, atMs } : { lost: true };
}
