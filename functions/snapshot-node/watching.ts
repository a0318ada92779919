// The two waits of a clean snapshot: until the donor follows its chain again, and until what was captured is copied.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { tagResources } from '../../shared/aws/volumes.ts';
import { OBSERVATION_VALID_MS } from '../../shared/guardrails/breaker.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { mostPolls, pollSeconds, stepper } from '../../shared/heal/context.ts';
import { putInQuarantine } from '../../shared/heal/kept.ts';
import { LEDGER_TAGS } from '../../shared/model/tags.ts';
import { sentenceOfUnmarked } from '../../shared/snapshots/marks.ts';
import { readTaken } from './facts.ts';
import { judgeCopies } from './judge.ts';
import type { Results } from './model.ts';
import { judgeProof, type Verdict, type Watched } from './proof.ts';
import { type ActOf, shelfOf, type Tools, whoseOf } from './tools.ts';

/** The longest start grace and stuck time of any chain are an hour together, looked at thrice a minute first and then once. */
const MAX_LOOKS = 400;

export async function prove(
  ctx: DurableContext,
  tools: Tools,
  { operation: { memory } }: ActOf<'prove'>,
  place: string,
): Promise<Results['prove']> {
  const step = stepper(ctx, place);
  const { clients, environment, payload, store } = tools;
  for (let look = 0; look < MAX_LOOKS; look++) {
    const verdict = await step(`look-${look}`, async (): Promise<Verdict> => {
      const [switches, watched] = await Promise.all([
        readSwitches(clients.ssm, environment.PARAMETER_PREFIX, payload.fleet),
        readWatched(store, payload),
      ]);
      if ('refuse' in switches) return { waitSeconds: 60 };
      const { upSinceMs, found } = memory;
      const nowMs = Date.now();
      return judgeProof({ nowMs, fleet: switches.fleet, watched, upSinceMs: upSinceMs ?? nowMs, height: found.height });
    });
    if (!('waitSeconds' in verdict)) return verdict;
    await ctx.wait(`${place}-wait-${look}`, { seconds: verdict.waitSeconds });
  }
  return { unproved: `it was looked at ${MAX_LOOKS} times, and nothing could be told`, blames: false };
}

async function readWatched(
  { readObservations }: Tools['store'],
  { fleet, instanceId }: Tools['payload'],
): Promise<Watched | null> {
  const nowMs = Date.now();
  for (const { observedAtMs, nodes } of await readObservations(fleet)) {
    const node = nodes.find((seen) => seen.instanceId === instanceId);
    if (node && nowMs - observedAtMs <= OBSERVATION_VALID_MS) return { ...node, observedAtMs };
  }
  return null;
}

/** A first snapshot of 16 TiB takes hours; nobody waits on the node for it. */
const COPIED_WITHIN_MS = 7 * 60 * 60_000;

export async function awaitCompleted(
  ctx: DurableContext,
  tools: Tools,
  { snapshots }: ActOf<'await'>,
  place: string,
): Promise<Results['await']> {
  const step = stepper(ctx, place);
  const { ec2 } = tools.clients;
  const unnamed = snapshots.filter(({ role }) => role !== null);
  if (unnamed.length > 0)
    await step('roles', async () => {
      for (const { snapshotId, role } of unnamed)
        await tagResources(ec2, [snapshotId], { [LEDGER_TAGS.role]: role ?? '' });
    });
  const ids = snapshots.map(({ snapshotId }) => snapshotId);
  const polls = mostPolls(COPIED_WITHIN_MS);
  for (let poll = 0; poll < polls; poll++) {
    await ctx.wait(`${place}-wait-${poll}`, { seconds: pollSeconds(poll) });
    const seen = await step(`poll-${poll}`, async () => {
      const now = judgeCopies(ids, await readTaken(ec2, [{ Name: 'snapshot-id', Values: [...ids] }]));
      return 'waits' in now && Date.now() > tools.payload.deadlineMs - LAST_WORD_MS ? TOO_LATE : now;
    });
    if ('waits' in seen) continue;
    if ('spoiled' in seen) {
      const why = seen.failed;
      const unmarked = await step('quarantine', () =>
        putInQuarantine(shelfOf(tools), whoseOf(tools), ids, why, Date.now()),
      );
      if (unmarked.length > 0)
        return { ...seen, failed: `${why}; their tags do not say so: ${sentenceOfUnmarked(unmarked)}` };
    }
    return seen;
  }
  return TOO_LATE;
}

/** What is left of an attempt's time then is for its outcome. */
const LAST_WORD_MS = 5 * 60_000;
/** The next attempt finds it by its incident, and waits on. */
const TOO_LATE = { failed: 'the snapshots are still being copied' } as const;
