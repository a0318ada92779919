// A fleet's turn: one run at a time, and a person's wish waits for its own.
import { beginRun, endRun, type RotationRecord } from '../../shared/guardrails/rotation.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import { sleep } from './commands.ts';
import type { Tools } from './tools.ts';

/** After a run that has died, nobody waits longer than a function may run. */
const RUN_MS = 15 * 60_000;

/** Of the run's time, what is left for a person's wish when the turn comes late. */
const LEAST_LEFT_MS = 5 * 60_000;
const TURN_POLL_SECONDS = 10;

/** A person does not ask twice: whoever is at work is waited for, as long as there is time to do something afterwards. */
export async function turnComes({ store, untilMs }: Tools, fleet: string): Promise<void> {
  while (Date.now() + TURN_POLL_SECONDS * 1000 < untilMs - LEAST_LEFT_MS) {
    const { run = null } = (await store.readRotation(fleet)) ?? {};
    if (run === null || run.untilMs < Date.now()) return;
    await sleep(TURN_POLL_SECONDS);
  }
}

export async function begin(
  { store, writer }: Tools,
  fleet: string,
): Promise<RotationRecord | { readonly busy: string }> {
  return settle<RotationRecord, RotationRecord | { readonly busy: string }>(
    store,
    keys.rotation(fleet),
    () => store.readRotation(fleet),
    (read) => {
      const turn = beginRun(read, writer, Date.now(), Date.now() + RUN_MS);
      return 'busy' in turn ? { result: turn } : { result: turn.next, write: turn.next };
    },
  );
}

export const end = ({ store, writer }: Tools, fleet: string): Promise<void> =>
  settle<RotationRecord, void>(
    store,
    keys.rotation(fleet),
    () => store.readRotation(fleet),
    (read) => {
      const ended = endRun(read, writer, Date.now());
      return { result: undefined, write: 'next' in ended ? ended.next : undefined };
    },
  );
