// Asks the throw-away client over its own loopback where it stands, as watch-fleet asks nodes, until a look gives a verdict.
import { watchNow } from '../../shared/guardrails/fleet-view.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { askApart, askedBlock, awaitApart, type Heard, type Sent } from '../../shared/heal/apart-client.ts';
import { noDrill, spentIn } from '../../shared/heal/drill.ts';
import { readHeals } from './facts.ts';
import { endsAtMs, judgeLook, type Look, limitsOf } from './judge.ts';
import type { Act, Acts, Climb, DrillActContext } from './state.ts';

/**
 * Between looks: often while a good set proves itself, since how long that took is told, and heals choose by it; seldom while hours of blocks come. With
 * four steps a look, a day needs 1,600 of the 3,000.
 */
export const waitSeconds = (upForMs: number): number => WAITS.find(({ untilMs }) => upForMs < untilMs)?.seconds ?? 300;
const WAITS = [
  { untilMs: 3 * 60_000, seconds: 10 },
  { untilMs: 30 * 60_000, seconds: 30 },
  { untilMs: 2 * 60 * 60_000, seconds: 120 },
] as const;
/** A day at the longest wait, and the looks before that. */
const MAX_LOOKS = 440;

export async function prove(
  context: DrillActContext,
  { from, upSinceMs }: Act<'prove'>,
): Promise<Acts['prove']['result']> {
  const { durable, step, place } = context;
  let climb: Climb = from.climb;
  // Its node has been asked right before, where it was silent.
  const askedAtMs = await step('now', async () => Date.now());
  for (let look = 0; look < MAX_LOOKS; look++) {
    const sent = await step(`ask-${look}`, () => ask(context, from));
    const heard = await awaitApart(context, from.drill.instanceId, sent, String(look));
    const judged = await step(`judge-${look}`, () =>
      judge(context, { from, upSinceMs, sent, heard, climb, askedAtMs }),
    );
    if ('verdict' in judged || 'silent' in judged) return judged;
    climb = judged.climb;
    await durable.wait(`${place}-wait-${look}`, { seconds: waitSeconds(climb.heardAtMs - upSinceMs) });
  }
  const atMs = await step('last', async () => Date.now());
  return {
    verdict: {
      is: 'unproved',
      atMs,
      isTold: true,
      reason: `it was looked at ${MAX_LOOKS} times, and nothing could be told`,
    },
  };
}

async function ask(context: DrillActContext, { drill }: Act<'prove'>['from']): Promise<Sent> {
  const { environment, payload, store } = context;
  const watch = await store.readWatch(payload.fleet);
  return askApart(context, {
    document: environment.ASK_NODE_DOCUMENT,
    instanceId: drill.instanceId,
    comment: `chainmend drill ${payload.incidentId}`,
    heights: drill.set.height === null ? [] : [drill.set.height],
    common: watch?.canonical ?? null,
  });
}

interface JudgeInput {
  readonly from: Act<'prove'>['from'];
  readonly upSinceMs: number;
  readonly sent: Sent;
  readonly heard: Heard;
  readonly climb: Climb;
  readonly askedAtMs: number;
}

async function judge(
  context: DrillActContext,
  { from, upSinceMs, sent, heard, climb, askedAtMs }: JudgeInput,
): Promise<Look> {
  const { clients, environment, payload, store } = context;
  const [switches, watch, heals, record = noDrill] = await Promise.all([
    readSwitches({ clients, environment, store }, payload.fleet),
    store.readWatch(payload.fleet),
    readHeals(context),
    store.readDrill(payload.fleet),
  ]);
  const nowMs = Date.now();
  if ('refuse' in switches) return { verdict: { is: 'unproved', atMs: nowMs, reason: switches.reason, isTold: false } };
  const { fleet, refusal } = switches;
  // Nothing is changed while it is looked at; but who pauses wants nothing to be at work.
  if (refusal) return { verdict: { is: 'unproved', atMs: nowMs, reason: refusal.reason, isTold: false } };
  const { drill } = from;
  const leftUsd = (fleet.drills?.dollarsPerMonth ?? 0) - spentIn(record, nowMs);
  const ends = endsAtMs(fleet, { startedAtMs: drill.startedAtMs, usdPerHour: drill.usdPerHour, leftUsd });
  return judgeLook({
    ...{ nowMs, upSinceMs, heard, climb, askedAtMs, heals, asked: askedBlock(sent) },
    ...limitsOf(fleet, from, ends),
    chain: watchNow(watch, nowMs),
    ...(fleet.copiesFrom && { whose: 'its references' as const }),
  });
}
