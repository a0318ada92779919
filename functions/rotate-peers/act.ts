// One node's turn: its running client gets the new peers first, then its file is written, and the client is restarted where nothing else helps. Each
// step is guarded and journalled before and after. It is measured by the question that was asked before, and undone where it did harm.
import { setTimeout } from 'node:timers/promises';
import type { NodePeers, Reading } from '../../shared/chains/client.ts';
import { afterAttempt } from '../../shared/guardrails/rotation.ts';
import type { FailureCode, Refusal } from '../../shared/model/guardrail-codes.ts';
import type { WrittenConfig } from '../../shared/node-commands/peer-command.ts';
import { editsBetween } from '../../shared/peers/edits.ts';
import { changeRecord, type NodeRef } from '../../shared/reconcile/context.ts';
import { endTold } from '../../shared/reconcile/followed-pages.ts';
import { changeRunningClient, sendWrite, writeConfig } from './client-changes.ts';
import { askPeers, type PeersClient, type PeersTarget, pollSeconds, readAgents } from './commands.ts';
import { isFailureOn, pageFailure, type RotateContext } from './context.ts';
import { connectedOf } from './facts.ts';
import { judgePeers, type NodePlan, type PeersProof, refreshPlan, sentenceOf } from './plan.ts';
import { endRestart, extendRestartClaim, type RestartClaim, restartAnswered } from './restart.ts';

export interface Act {
  readonly client: PeersClient;
  readonly plan: NodePlan;
  readonly asked: PeersTarget;
  /** A person approved exactly this. */
  readonly approved: boolean;
  /** Whether its client may be restarted now; called only where a restart is needed. */
  readonly judgeRestart: () => Promise<Refusal | null>;
  /** Its file already names these peers, and its client has not loaded it. */
  readonly pending: boolean;
  /** Something was tried for it before, and did not help: people know. */
  readonly hadNoEffectBefore: boolean;
  /** The readable name of an entry. */
  readonly names: ReadonlyMap<string, string>;
  /** See `FleetFacts`. */
  readonly aliases: ReadonlyMap<string, string>;
}

export type NodeOutcome =
  | { readonly outcome: 'healed' | 'restored' | 'escalated'; readonly sentence: string }
  /** Nothing was done, or nothing more; what was done stays. */
  | { readonly outcome: 'refused'; readonly refusal: Refusal; readonly changed: boolean }
  /** Left for the next run: time was up, or a client is still coming up. */
  | { readonly outcome: 'later'; readonly sentence: string; readonly hadNoEffect?: true };

const writesFile = ({ text }: NodePlan): boolean => text !== undefined && text.after !== text.before;

/** A client that gets a peer at run time connects within seconds; a restarted one has to read its state first. */
const MEASURE_SECONDS = 30;
const MEASURE_AFTER_RESTART_SECONDS = 120;
/** In addition to the stop itself: start, look, measure. */
const RESTART_SECONDS = 180;

/** What has been done so far, and what would undo it. */
interface NodeProgress {
  readonly told: boolean;
  readonly dialFailed: string | undefined;
  readonly written: WrittenConfig | undefined;
  readonly restart: RestartClaim | undefined;
}

export async function actOnNode(context: RotateContext, planned: Act): Promise<NodeOutcome> {
  const subject: NodeRef = { name: planned.plan.node, instanceId: planned.plan.instanceId };
  const reading = await readPeers(context, planned.client, planned.asked);
  // Changes on other nodes may have helped this one, too: a node with enough peers by now is not restarted.
  if (reading.kind !== 'ok') return { outcome: 'later', sentence: `it does not tell its peers: ${reading.reason}` };
  const act: Act = {
    ...planned,
    plan: refreshPlan(planned.plan, reading.facts, connectedOf(reading, planned.aliases)),
  };
  const { plan } = act;
  if (!plan.belowFloor && !writesFile(plan) && plan.dial.length === 0 && plan.leave.length === 0)
    return { outcome: 'later', sentence: 'nothing is to be done any more' };
  const { before, after } = plan.change;
  await context.write(
    { kind: 'decision', sentence: sentenceOf(plan, act.names), evidence: { before, after } },
    subject,
  );
  const acted = await carryOut(context, act, subject);
  const outcome = outcomeOf(acted);
  if (outcome !== undefined) {
    const sentence = acted.outcome === 'refused' ? acted.refusal.reason : acted.sentence;
    await context.write({ kind: 'outcome', act: outcome, sentence }, subject);
  }
  // A measure that did not help is not tried again immediately; a question to a person is not repeated every five minutes.
  const { entries } = plan.change;
  if (hadNoEffect(acted) || outcome !== undefined)
    await changeRecord(context, (read) => ({
      backoff: afterAttempt(read, plan.instanceId, outcome === 'healed', Date.now()),
      ...(outcome === 'healed' && endTold(read, isFailureOn(new Set([plan.node])), Date.now())),
      ...(outcome !== undefined && entries > 0 && { changed: [...read.changed, { atMs: Date.now(), entries }] }),
    }));
  return acted;
}

/** Another try soon would end in the same way. */
const hadNoEffect = (acted: NodeOutcome): boolean =>
  acted.outcome === 'refused'
    ? acted.refusal.refuse === 'restart-forbidden' || acted.refusal.refuse === 'config-unfit'
    : acted.outcome === 'later' && acted.hadNoEffect === true;

/** Some of its work is left for a run that comes soon: it waits, or what held it back passes by itself, as a command does that came late. */
export const isLeft = (acted: NodeOutcome): boolean =>
  acted.outcome === 'later' || (acted.outcome === 'refused' && !hadNoEffect(acted));

/** undefined where the node is as it was, or another run finishes the work. */
function outcomeOf(acted: NodeOutcome): 'healed' | 'restored' | 'escalated' | undefined {
  if (acted.outcome === 'refused') return acted.changed ? 'escalated' : undefined;
  return acted.outcome === 'later' ? undefined : acted.outcome;
}

async function carryOut(context: RotateContext, act: Act, subject: NodeRef): Promise<NodeOutcome> {
  const { plan } = act;
  const agent = (await readAgents(context, [plan.instanceId])).get(plan.instanceId);
  if (agent) return { outcome: 'refused', refusal: agent, changed: false };
  let done: NodeProgress = { told: false, dialFailed: undefined, written: undefined, restart: undefined };
  let verdict: PeersProof | undefined;
  if (plan.dial.length > 0 || plan.leave.length > 0) {
    const add = [...new Set([...plan.dial, ...plan.instead])];
    const told = await changeRunningClient(context, act, subject, { add, remove: plan.leave });
    if ('refuse' in told) return { outcome: 'refused', refusal: told, changed: false };
    done = { ...done, told: told.anyTaken, dialFailed: told.failed };
    if (told.anyTaken) {
      verdict = await measure(context, act, MEASURE_SECONDS);
      if (verdict.is === 'fallen') return rollBack(context, act, subject, done, verdict);
    }
  }
  const writes = writesFile(plan);
  // A stop is worth it only for a node that lacks peers and whose running client could not be told of any. A client that has loaded its list and still
  // has nobody gets one: it dials again from its start.
  const mayHelp = writes || act.pending || plan.peersBefore === 0;
  const wantsRestart = plan.text !== undefined && plan.belowFloor && !done.told && mayHelp;
  let forbidden: Refusal | null = null;
  let noTime: string | undefined;
  if (wantsRestart) {
    const seconds = (context.fleet.units[0]?.stopGraceSeconds ?? 0) + RESTART_SECONDS;
    forbidden = await act.judgeRestart();
    if (!forbidden && seconds * 1000 > context.untilMs - context.startedAtMs)
      forbidden = restartTooLong(subject, seconds);
    else if (!forbidden && Date.now() + seconds * 1000 > context.untilMs)
      noTime = `a restart may take ${seconds} s, more than this run has left`;
  }
  const restarts = wantsRestart && !forbidden && noTime === undefined;
  if (writes || restarts) {
    const written = await writeConfig(context, act, subject, restarts);
    if ('refuse' in written) return { outcome: 'refused', refusal: written, changed: done.told };
    if ('failed' in written) return escalate(context, subject, written.code, written.failed);
    if ('restored' in written) {
      await pageFailure(context, 'command-failed', written.restored, subject);
      return { outcome: 'restored', sentence: written.restored };
    }
    done = { ...done, written: written.state, restart: written.restart };
    verdict = await measure(context, act, restarts ? MEASURE_AFTER_RESTART_SECONDS : 0);
    if (verdict.is === 'fallen') return rollBack(context, act, subject, done, verdict);
  }
  verdict ??= await measure(context, act, 0);
  if (noTime !== undefined && verdict.is !== 'proved') return { outcome: 'later', sentence: noTime };
  return conclude(context, act, subject, { done, verdict, forbidden });
}

/** No run is ever long enough: a person must restart the client. */
const restartTooLong = ({ name }: NodeRef, seconds: number): Refusal => ({
  refuse: 'restart-forbidden',
  reason: `${name} takes its new list only when it is restarted, which may take ${seconds} s by its stopGraceSeconds, more than a run has: restart it by hand`,
  page: true,
  retryAfterMs: 0,
});

async function conclude(
  context: RotateContext,
  { hadNoEffectBefore: triedInVain }: Act,
  subject: NodeRef,
  {
    done,
    verdict,
    forbidden,
  }: { readonly done: NodeProgress; readonly verdict: PeersProof; readonly forbidden: Refusal | null },
): Promise<NodeOutcome> {
  const changed = done.told || done.written !== undefined;
  // No worse than before: the next client may be restarted.
  if (done.restart && (verdict.is === 'proved' || verdict.is === 'short')) await endRestart(context, done.restart);
  if (verdict.is === 'proved') {
    const { written } = done;
    const how = done.restart ? `, restarted${written?.clean === false ? ', not cleanly' : ''}` : '';
    const later = done.written && !done.restart && !done.told ? ', the list counts from its next start on' : '';
    await context.write(
      { kind: 'proof', sentence: `${verdict.sentence}${how}${later}`, evidence: { peers: verdict.peers } },
      subject,
    );
    return { outcome: 'healed', sentence: `${verdict.sentence}${how}${later}` };
  }
  if (forbidden) return { outcome: 'refused', refusal: forbidden, changed };
  // Nobody knows how many peers it has by now: it is asked again, and nothing is said of them.
  if (verdict.is === 'unknown' && changed) {
    const what = done.restart ? 'was restarted and is still coming up' : 'is named its peers';
    return { outcome: 'later', sentence: `${subject.name} ${what}: ${verdict.sentence}` };
  }
  const because = done.dialFailed === undefined ? '' : `; ${done.dialFailed}`;
  // Nothing could be done, and somebody is connected: the metric reports that the node has few peers.
  const alone = verdict.is === 'short' && verdict.peers === 0;
  if (!changed && (!alone || triedInVain))
    return { outcome: 'later', sentence: `${verdict.sentence}${because}`, hadNoEffect: true };
  return escalate(
    context,
    subject,
    'peers-too-few',
    `${subject.name} is named its peers and has ${verdict.sentence}${because}`,
  );
}

async function escalate(
  context: RotateContext,
  subject: NodeRef,
  code: FailureCode,
  sentence: string,
): Promise<NodeOutcome> {
  await pageFailure(context, code, sentence, subject);
  return { outcome: 'escalated', sentence };
}

/** Asks until the node has its peers, or the time is over: peers come one by one. */
async function measure(context: RotateContext, { client, plan, asked }: Act, seconds: number): Promise<PeersProof> {
  const untilMs = Math.min(Date.now() + seconds * 1000, context.untilMs);
  for (let poll = 0; ; poll++) {
    const verdict = judgePeers(await readPeers(context, client, asked), {
      before: plan.peersBefore,
      floor: plan.floor,
    });
    if (verdict.is === 'proved' || Date.now() + pollSeconds(poll) * 1000 > untilMs) return verdict;
    await setTimeout(pollSeconds(poll) * 1000);
  }
}

async function readPeers(context: RotateContext, client: PeersClient, asked: PeersTarget): Promise<Reading<NodePeers>> {
  const reading = (await askPeers(context, client, [asked])).get(asked.instanceId);
  return reading ?? { kind: 'error', code: 'unreachable', reason: 'it was not asked' };
}

/** The count has fallen below its value before and below the floor: the running client gets its old peers, the file its old bytes. */
async function rollBack(
  context: RotateContext,
  act: Act,
  subject: NodeRef,
  done: NodeProgress,
  fallen: PeersProof,
): Promise<NodeOutcome> {
  const { plan } = act;
  const undoes = {
    sentence: `taken back: ${fallen.sentence}`,
    fields: { undoes: true, reason: fallen.sentence },
  } as const;
  await context.write({ kind: 'decision', ...undoes }, subject);
  const failures: string[] = [];
  const leave = plan.knownBefore ? plan.dial : [];
  if (done.told && leave.length + plan.leave.length > 0) {
    const told = await changeRunningClient(context, act, subject, { add: plan.leave, remove: leave });
    if ('refuse' in told) failures.push(told.reason);
    else if (told.failed !== undefined) failures.push(told.failed);
  }
  const { written } = done;
  const [unit] = context.fleet.units;
  const { configPath } = context.fleet.peers;
  if (written && plan.text && unit && configPath !== undefined) {
    const command = {
      operation: 'write-config',
      file: configPath,
      sha256: written.sha256,
      edits: editsBetween(plan.text.after, plan.text.before),
      runtime: unit.runtime,
      restartGraceSeconds: done.restart ? unit.stopGraceSeconds : undefined,
    } as const;
    if (done.restart) await extendRestartClaim(context, done.restart, command);
    const back = await sendWrite(context, act.approved, subject, command, 'write the old peers again', undefined);
    if (done.restart && !('unknown' in back)) await restartAnswered(context, done.restart);
    if ('refuse' in back) failures.push(back.reason);
    else if ('unknown' in back) failures.push(back.unknown);
    else if (back.reason !== undefined) failures.push(back.reason);
  }
  const verdict = await measure(context, act, done.restart ? MEASURE_AFTER_RESTART_SECONDS : MEASURE_SECONDS);
  const restored = failures.length === 0 && verdict.is !== 'fallen' && verdict.is !== 'unknown';
  if (restored && done.restart) await endRestart(context, done.restart);
  const sentence = `${subject.name}: the count fell, and the old list is back: ${[verdict.sentence, ...failures].join('; ')}`;
  await pageFailure(context, 'peers-too-few', sentence, subject);
  return { outcome: restored ? 'restored' : 'escalated', sentence };
}
