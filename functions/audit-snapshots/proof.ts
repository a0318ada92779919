// Asks the throw-away client over its own loopback where it stands, as watch-fleet asks nodes, until a look gives a verdict.
import { readCommand, sendCommand } from '../../shared/aws/commands.ts';
import { catchRefusal } from '../../shared/aws/refusals.ts';
import { MAXIMUM_HEIGHTS, SHOWS } from '../../shared/chains/client.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { noDrill, spentIn } from '../../shared/heal/drill.ts';
import { askNodeParameters } from '../../shared/node-commands/ask-node.ts';
import { readOnNode } from '../../shared/probe/node-probe.ts';
import type { ProbeQuestion } from '../../shared/probe/protocol.ts';
import { errorText } from '../../shared/text/plain-text.ts';
import { chainNow, readHeals } from './facts.ts';
import { endsAtMs, type Heard, judgeLook, type Look } from './judge.ts';
import type { Act, Acts, Climb, DrillActContext } from './state.ts';

/** Between looks: often while a good set proves itself, seldom while hours of blocks come. With four steps a look, a day needs 1,500 of the 3,000. */
const waitSeconds = (upForMs: number): number => (upForMs < 30 * 60_000 ? 30 : upForMs < 2 * 60 * 60_000 ? 120 : 300);
/** A day at the longest wait, and the looks before that. */
const MAX_LOOKS = 420;
/** The script's own limit for a question is a few seconds. */
const ANSWER_SECONDS = 8;
const ANSWERS = 3;

type Sent = { readonly commandId: string; readonly heights: readonly number[] } | { readonly unasked: string };

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
    const heard =
      'unasked' in sent
        ? ({ is: 'unasked', reason: sent.unasked } as const)
        : await answerOf(context, from, sent, look);
    const judged = await step(`judge-${look}`, () => judge(context, { from, upSinceMs, heard, climb, askedAtMs }));
    if ('verdict' in judged || 'silent' in judged) return judged;
    climb = judged.climb;
    const upForMs = Math.max(climb.heardAtMs, climb.bestAtMs) - upSinceMs;
    await durable.wait(`${place}-wait-${look}`, { seconds: waitSeconds(upForMs) });
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

async function ask(
  { clients, environment, payload, store }: DrillActContext,
  { drill }: Act<'prove'>['from'],
): Promise<Sent> {
  const [switches, watch] = await Promise.all([
    readSwitches(clients.ssm, environment.PARAMETER_PREFIX, payload.fleet),
    store.readWatch(payload.fleet),
  ]);
  if ('refuse' in switches) return { unasked: switches.reason };
  const wanted = [watch?.canonical?.height, drill.set.height].flatMap((height) => height ?? []);
  const heights = [...new Set(wanted)].slice(0, MAXIMUM_HEIGHTS);
  const question = questionOf(switches.fleet, heights);
  if (question === null) return { unasked: 'the fleet file does not say how its client is asked' };
  const sent = await catchRefusal(async () => ({
    heights,
    commandId: await sendCommand(clients.ssm, {
      document: environment.ASK_NODE_DOCUMENT,
      instanceId: drill.instanceId,
      comment: `chainmend drill ${payload.incidentId}`,
      parameters: askNodeParameters(switches.fleet, question),
    }),
  }));
  return 'refused' in sent ? { unasked: sent.refused } : sent;
}

function questionOf({ name, chain, rpc, units }: Fleet, heights: readonly number[]): ProbeQuestion | null {
  if (rpc === undefined) return null;
  const [unit] = units;
  return { fleet: name, chain, stopGraceSeconds: unit?.stopGraceSeconds ?? 0, rpc, ask: { what: 'status', heights } };
}

async function answerOf(
  { durable, step, place, clients, environment, payload }: DrillActContext,
  { drill }: Act<'prove'>['from'],
  { commandId, heights }: Extract<Sent, { readonly commandId: string }>,
  look: number,
): Promise<Heard> {
  for (let count = 0; count < ANSWERS; count++) {
    await durable.wait(`${place}-answer-${look}-${count}`, { seconds: ANSWER_SECONDS });
    const heard = await step(`read-${look}-${count}`, async (): Promise<Heard | null> => {
      const switches = await readSwitches(clients.ssm, environment.PARAMETER_PREFIX, payload.fleet);
      if ('refuse' in switches) return { is: 'unasked', reason: switches.reason };
      const question = questionOf(switches.fleet, heights);
      if (question === null) return { is: 'unasked', reason: 'the fleet file does not say how its client is asked' };
      const read = await readCommand(clients.ssm, commandId, drill.instanceId, (output) => output);
      if (read.state === 'pending') return null;
      return read.state === 'answered'
        ? heardIn(question, heights, drill.instanceId, read.answer)
        : { is: 'unasked', reason: read.reason };
    });
    if (heard !== null) return heard;
  }
  return { is: 'unasked', reason: 'the command that asks it was not answered in time' };
}

function heardIn(question: ProbeQuestion, heights: readonly number[], instanceId: string, output: string): Heard {
  try {
    const { status } = readOnNode(question, heights, instanceId, output, Date.now());
    if (status.kind === 'ok') return { is: 'facts', status: status.facts };
    if (status.kind === 'starting') return { is: 'starting', reason: status.reason };
    return SHOWS[status.code] === 'silence'
      ? { is: 'silent', reason: status.reason }
      : SHOWS[status.code] === 'life'
        ? { is: 'starting', reason: status.reason }
        : { is: 'unasked', reason: status.reason };
  } catch (error) {
    // Any error: an answer that cannot be read says nothing of the client.
    return { is: 'unasked', reason: errorText(error, 300) };
  }
}

interface JudgeInput {
  readonly from: Act<'prove'>['from'];
  readonly upSinceMs: number;
  readonly heard: Heard;
  readonly climb: Climb;
  readonly askedAtMs: number;
}

async function judge(
  context: DrillActContext,
  { from, upSinceMs, heard, climb, askedAtMs }: JudgeInput,
): Promise<Look> {
  const { clients, environment, payload, store } = context;
  const [switches, watch, heals, record = noDrill] = await Promise.all([
    readSwitches(clients.ssm, environment.PARAMETER_PREFIX, payload.fleet),
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
  return judgeLook({
    ...{ nowMs, upSinceMs, heard, climb, askedAtMs, heals, set: drill.set, health: fleet.health },
    endsAtMs: endsAtMs(fleet, { startedAtMs: drill.startedAtMs, usdPerHour: drill.usdPerHour, leftUsd }),
    chain: chainNow(watch, nowMs),
  });
}
