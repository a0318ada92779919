// The dispatcher and its sweep: their reads and writes of the incident and the node, one conditional write at a time.
import type { Onset } from '../../../shared/heal/incident.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import type { HealPayload } from '../../../shared/model/payload.ts';
import type { Emit } from './check.ts';
import { NEVER, type Protocol, type Setting } from './protocol.ts';
import {
  ALARM,
  ATTEMPTS,
  healOf,
  isSick,
  LONG_AGO_MS,
  NOW_MS,
  nameOf,
  payloadOf,
  spendFault,
  statusOf,
  TROUBLE,
  type World,
  withHeal,
  withIncident,
} from './world.ts';

/** Everything that the sweep may do now, and an event that comes late. */
export function dispatchSteps(world: World, { mode, protocol }: Setting, emit: Emit<World>): void {
  const { functions } = protocol;
  const { incident, node } = world;
  const owner = statusOf(world, node.owner);
  const unsettled = functions.unsettled(node) && owner.state !== 'running';

  const freed = functions.freeDead(node, owner, NOW_MS);
  if ('next' in freed) emit('sweep: frees the node, its holder has ended', { ...world, node: freed.next });

  if (isSick(world)) {
    open(world, 'sweep', currentOnset(world), protocol, emit);
    // Events may come twice, and at any later time; their onset is then old.
    open(world, 'an event that comes late', firstOnset(), protocol, (words, to, kind) =>
      emit(words, to, { ...kind, fault: true }),
    );
  }
  if (!incident) return;

  const judged = functions.judgeAttempt(incident, statusOf(world, executionOf(world, incident)), NOW_MS);
  if ('next' in judged) {
    emit(`sweep: attempt ${incident.attempt} has ended without an outcome`, withIncident(world, judged.next));
  }
  if (unsettled && functions.leaseFree(node, owner, NOW_MS)) {
    const reopened = functions.reopenToSettle(incident);
    if ('next' in reopened) {
      emit(
        'sweep: a dead holder left something open, the incident is opened again',
        withIncident(world, reopened.next),
      );
    }
  }
  if (!isSick(world) && !functions.unsettled(node)) {
    const closed = functions.recovered(incident, NOW_MS);
    if ('next' in closed) emit('sweep: the disk is healthy, the incident is closed', withIncident(world, closed.next));
  }
  if (isSick(world) || unsettled) allot(world, incident, mode, protocol, emit);
}

/** The incident of an onset: new, or opened again. */
function open(world: World, by: string, onset: Onset, { functions }: Protocol, emit: Emit<World>): void {
  const opened = functions.openIncident(world.incident ?? undefined, onset, NOW_MS);
  if (!('next' in opened)) return;
  const back = opened.next.attempt < (world.incident?.attempt ?? 0);
  emit(`${by}: the incident is open`, withIncident(world, opened.next), {
    broken: back ? NEVER.attemptBack : undefined,
  });
}

function allot(
  world: World,
  incident: IncidentRecord,
  mode: HealPayload['mode'],
  { functions, invokesAgain }: Protocol,
  emit: Emit<World>,
): void {
  const { node, around } = world;
  if (around.paused && incident.state === 'open') {
    const refused = functions.refuseOpen(
      incident,
      { code: 'paused', sentence: 'a pause is set', notBeforeMs: NOW_MS },
      NOW_MS,
    );
    if ('next' in refused) emit('sweep: paused, refused', withIncident(world, refused.next));
    return;
  }
  // After the last attempt that the model has room for, the model ends.
  if (incident.state === 'open' && incident.attempt >= ATTEMPTS) return;
  const free = functions.leaseFree(node, statusOf(world, node.owner), NOW_MS);
  const payload = (attempt: number) => payloadOf(attempt, mode, incident.incidentId);
  const allotted = functions.allocate(incident, free, payload, NOW_MS);
  if ('next' in allotted) {
    const { attempt } = allotted.invoke;
    const allocated = withIncident(world, allotted.next);
    emit(`sweep: allocates attempt ${attempt}, Invoke is sent`, invoked(allocated, attempt));
    if (around.faultsLeft > 0) {
      const words = `sweep: allocates attempt ${attempt}, and dies before Invoke`;
      emit(words, spendFault(allocated), { fault: true });
    }
  } else if ('invokeAgain' in allotted && invokesAgain) {
    const { attempt } = allotted.invokeAgain;
    if (healOf(world, attempt).invokes === 0 && healOf(world, attempt).execution.life === 'unborn') {
      emit(`sweep: invokes attempt ${attempt} again`, invoked(world, attempt));
    }
  }
}

const invoked = (world: World, attempt: number): World =>
  withHeal(world, attempt, { invokes: healOf(world, attempt).invokes + 1 });

/** The execution to ask GetDurableExecution about: the claimed one, or the one with the attempt's name. */
const executionOf = (world: World, incident: IncidentRecord): string | null => {
  if (incident.state === 'claimed') return incident.execution;
  return incident.attempt === 0 ? null : nameOf(incident.attempt, healOf(world, incident.attempt));
};

const ONSET = { ...TROUBLE, alarm: ALARM };
const firstOnset = (): Onset => ({ ...ONSET, incidentId: 'first', onsetMs: LONG_AGO_MS - 60_000 });

const currentOnset = (world: World): Onset =>
  world.around.refilled ? { ...ONSET, incidentId: 'second', onsetMs: NOW_MS + 1 } : firstOnset();
