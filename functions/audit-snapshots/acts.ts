// The acts of a drill: one entry for each, with its execution, what its result means for the attempt, and what follows when it keeps failing. decide.ts
// chooses the next act.
import { describeInstance } from '../../shared/aws/instances.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { askPerson } from '../../shared/heal/ask.ts';
import { claimAttempt, readExecution, takeLease } from '../../shared/heal/claim.ts';
import { mostPolls, poll, pollSeconds } from '../../shared/heal/context.ts';
import { type Drill, type DrillRecord, type DrillVerdict, ended, noDrill } from '../../shared/heal/drill.ts';
import type { ActTable, Failure, Heal } from '../../shared/heal/engine.ts';
import { readGuards } from '../../shared/heal/guard.ts';
import { putInQuarantine } from '../../shared/heal/kept.ts';
import { awaitNode, sendToNode } from '../../shared/heal/node-commands.ts';
import { busy, notBegun, refused, writeOutcome } from '../../shared/heal/outcome.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import { REQUEST_LIFETIME_MS } from '../../shared/model/execution.ts';
import type { DrillPayload } from '../../shared/model/payload.ts';
import { type NodeAnswer, parseNodeAnswer } from '../../shared/node-commands/node-answer.ts';
import {
  type ClientOnNode,
  clientsOf,
  type NodeCommand,
  nodeCommandOverByMs,
  nodeCommandParameters,
  ownCommand,
} from '../../shared/node-commands/node-command.ts';
import { sentenceOfUnmarked, verify } from '../../shared/snapshots/marks.ts';
import { hoursUntilDue } from './copies.ts';
import { decideNext, endingOf, FIRST_BOOT_ASKS, leftBehind } from './decide.ts';
import { readFacts } from './facts.ts';
import { buildsSeconds, endedVerdict, judgeSilent } from './judge.ts';
import { launchAlone, lookAtBoot, removeAll } from './machine.ts';
import { prove } from './proof.ts';
import {
  type Act,
  type Acts,
  type DrillActContext,
  type DrillContext,
  type Left,
  NO_CLIMB,
  type NotCarriedOut,
  type Progress,
  type Removing,
  type Running,
  type TriedCommand,
  type Variable,
} from './state.ts';

const MINUTE_MS = 60_000;
const PLACES_ASKS = 10;
const LOST: Progress = { at: 'lost' };

const removed = (ending: Extract<Progress, { at: 'removed' }>['ending']): Progress => ({
  at: 'removed',
  ending,
  isTold: false,
});

const running = (drill: Drill): Running => ({
  ...{ at: 'running', drill, isUp: false, held: null, ordinal: 0, seen: null, asked: 0, unanswered: 0 },
  ...{ upSinceMs: null, isSilent: false, climb: NO_CLIMB, usedBytes: null, proved: null, unread: null },
  isEnabled: drill.rehearses === undefined,
  trial: null,
});

/** Whatever it is, everything that was made goes. What comes of an owner's command is no word on the set, which was proved before it. */
const over = ({ drill, trial }: Running, verdict: DrillVerdict): Removing => ({
  at: 'removing',
  drill: trial === null ? { ...drill, verdict } : { ...tried(drill, trial.of, verdict), verdict: trial.proved },
  isInherited: false,
  // Where nothing is known of a set, nothing is written on its snapshots. What a version does is no word on the set.
  isMarked: trial === null && (verdict.is === 'unproved' || drill.rehearses !== undefined),
});

/** What came of an owner's command. */
function tried(drill: Drill, of: TriedCommand, verdict: DrillVerdict): Drill {
  switch (of) {
    case 'roll-back':
      return { ...drill, rolledBack: verdict };
    case 'prune':
      return { ...drill, pruned: verdict };
    case 'reindex':
      return { ...drill, reindexed: verdict };
  }
}

/** The set is proved. Where the owner has commands for its data, they are tried next on this very copy, one after the other. */
function verified(from: Running, verdict: DrillVerdict): Progress {
  const { drill, trial } = from;
  const of = nextTrial(drill, trial?.of ?? null);
  if (of === null) return over(from, verdict);
  return {
    ...from,
    drill: trial === null ? drill : tried(drill, trial.of, verdict),
    trial: { of, proved: trial?.proved ?? verdict, isDone: false },
    isSilent: false,
  };
}

/** The one that takes longest comes last: a drill whose time is over has told of the others by then. */
function nextTrial({ rollsBack, prunes, reindexes }: Drill, before: TriedCommand | null): TriedCommand | null {
  if (before === null && rollsBack !== undefined) return 'roll-back';
  if ((before === null || before === 'roll-back') && prunes !== undefined) return 'prune';
  return before !== 'reindex' && reindexes !== undefined ? 'reindex' : null;
}

/** It is known from now on that it was tried, and since when. */
function begunTrial(from: Running, of: TriedCommand, atMs: number): Running {
  return { ...heard(from), drill: { ...from.drill, [BEGAN[of]]: atMs } };
}

const BEGAN = {
  'roll-back': 'rolledBackAtMs',
  prune: 'prunedAtMs',
  reindex: 'reindexedAtMs',
} as const satisfies Readonly<Record<TriedCommand, keyof Drill>>;

/** A decision has no clock: the time of such a verdict is that of the removal. */
const unproved = (from: Running, reason: string, isTold: boolean): Removing =>
  over(from, { is: 'unproved', atMs: from.drill.startedAtMs, reason, isTold });

/** What an attempt before has found stands on the record: it is marked again, which changes nothing where it was, and is the answer where this incident asked. */
const inherited = (drill: Drill, incidentId: string): Removing => ({
  ...{ at: 'removing', drill, isInherited: drill.verdict === null || drill.incidentId !== incidentId },
  isMarked: drill.verdict === null || drill.verdict.is === 'unproved' || drill.rehearses !== undefined,
});

const GIB = 2 ** 30;

function measured(from: Running, usedBytes: number | null): Removing {
  const { proved, usedBytes: before } = from;
  if (proved === null) return unproved(from, 'it was measured before it was proved', true);
  const addedGiB = usedBytes === null || before === null ? null : Math.round((usedBytes - before) / GIB);
  return over(from, { ...proved, addedGiB });
}

const givenUp = (act: { readonly from: Running }, { message, isAws }: Failure): Progress =>
  unproved(act.from, message, !isAws);

/** A command that came too late, or that nobody answered, says nothing of the data: it is sent again under the next ordinal. */
const again = (from: Running, { failed, again: isLate }: NotCarriedOut): Progress =>
  isLate && from.unanswered < UNANSWERED_MOST
    ? { ...from, ordinal: from.ordinal + 1, unanswered: from.unanswered + 1 }
    : unproved(from, failed, true);

const UNANSWERED_MOST = 3;

/** Each command has all of these tries: a drill has few commands, and each comes once. */
const heard = (from: Running): Running => ({ ...from, ordinal: from.ordinal + 1, unanswered: 0 });

const withId = (from: Running, instanceId: string): Running => ({ ...from, drill: { ...from.drill, instanceId } });

const ACTS: ActTable<DrillActContext, DrillPayload, Progress, Acts> = {
  claim: {
    execute: (context) => context.step('claim', () => claimAttempt(context)),
    reduce: (_progress, _act, claimed) => ('end' in claimed ? LOST : { at: 'planning', facts: null, approved: null }),
    abandon: () => null,
  },

  look: {
    execute: (context) => context.step('look', () => readFacts(context)),
    reduce: (_progress, { from }, facts) => ('refuse' in facts ? removed(refused(facts)) : { ...from, facts }),
    abandon: (_progress, _act, { message, throttled }) => removed(notBegun(message, throttled)),
  },

  ask: {
    execute: (context, _progress, question) => askPerson(context, question),
    // Hours may have gone by: everything is read again.
    reduce: (_progress, { from, terms }, answer) =>
      'refuse' in answer ? removed(refused(answer)) : { ...from, approved: terms, facts: null },
    abandon: (_progress, _act, { message, throttled }) => removed(notBegun(message, throttled)),
  },

  adopt: {
    execute: (context, _progress, { drill }) =>
      context.step('adopt', () => own(context, (record) => record.current ?? drill)),
    reduce: (_progress, _act, result, { incidentId }) =>
      'busy' in result ? removed(busy(result.busy)) : inherited(result.drill, incidentId),
    abandon: (_progress, _act, { message, throttled }) => removed(notBegun(message, throttled)),
  },

  begin: {
    execute: (context, _progress, act) => begin(context, act),
    reduce: (_progress, _act, result) => {
      if ('refuse' in result) return removed(refused(result));
      return 'busy' in result ? removed(busy(result.busy)) : running(result.drill);
    },
    // The record may have been written: the next attempt finds it.
    abandon: (_progress, _act, { message, throttled }) => removed(notBegun(message, throttled)),
  },

  launch: {
    execute: (context, _progress, act) => launch(context, act),
    reduce: (_progress, { from }, result) =>
      'failed' in result ? unproved(from, result.failed, result.isTold) : withId(from, result.instanceId),
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  boot: {
    execute: async (context, _progress, { from }) =>
      (await poll(context, mostPolls(BOOT_MS), () => lookAtBoot(context, from.drill.instanceId))) ?? {
        failed: `its agent was not heard of within ${BOOT_MS / MINUTE_MS} min: does drills.securityGroup let it reach Systems Manager?`,
        isTold: true,
      },
    reduce: (_progress, { from }, result) =>
      'failed' in result ? unproved(from, result.failed, result.isTold) : { ...from, isUp: true },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  meet: {
    execute: (context, _progress, act) => meet(context, act),
    reduce: (_progress, { from }, result) => {
      if ('again' in result) return again(from, result);
      const met: Running = {
        ...heard(from),
        held: result.holder,
        asked: from.asked + 1,
        isSilent: false,
      };
      const { seen } = result;
      if (seen === null) return met;
      if ('verdict' in seen) return over(met, seen.verdict);
      return { ...met, seen: seen.state };
    },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  enable: {
    execute: (context, _progress, act) => enable(context, act),
    reduce: (_progress, { from }, result) => {
      if ('again' in result) return again(from, result);
      const sent = heard(from);
      return 'verdict' in result ? over(sent, result.verdict) : { ...sent, isEnabled: true };
    },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  start: {
    execute: (context, _progress, act) => start(context, act),
    reduce: (_progress, { from }, result) => {
      if ('again' in result) return again(from, result);
      const sent = heard(from);
      if ('verdict' in result) return over(sent, result.verdict);
      const { upSinceMs, usedBytes } = result;
      return { ...sent, upSinceMs, usedBytes };
    },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  'try-command': {
    execute: (context, _progress, act) => tryCommand(context, act),
    reduce: (_progress, { from, of }, result) => {
      // It is not sent twice: what nobody answered may have been done already. What came too late was not.
      if ('again' in result) return result.isLate ? again(from, result) : unproved(from, result.failed, false);
      const sent = begunTrial(from, of, result.begunAtMs);
      if ('verdict' in result) return over(sent, result.verdict);
      const { usedBytes, upSinceMs } = result;
      return {
        ...sent,
        ...(of === 'prune' && { drill: { ...sent.drill, prunedBytes: usedBytes } }),
        ...(of === 'reindex' && { usedBytes: usedBytes?.before ?? null }),
        ...{ trial: sent.trial && { ...sent.trial, isDone: true }, upSinceMs, climb: NO_CLIMB, isSilent: false },
      };
    },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  prove: {
    execute: (context, _progress, act) => prove(context, act),
    reduce: (_progress, { from }, result) => {
      if ('silent' in result) return { ...from, isSilent: true, climb: result.climb };
      const { verdict } = result;
      if (verdict.is !== 'verified') return over(from, verdict);
      const isMeasured = from.drill.rehearses !== undefined || from.trial?.of === 'reindex';
      if (isMeasured) return { ...from, proved: verdict };
      // Before a command of the owner's: that reads other files.
      return from.drill.learns && from.trial === null ? { ...from, unread: verdict } : verified(from, verdict);
    },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  learn: {
    execute: (context, _progress, act) => learn(context, act),
    reduce: (_progress, { from, verdict }, { read }) =>
      verified({ ...heard(from), unread: null, drill: read === null ? from.drill : { ...from.drill, read } }, verdict),
    abandon: (_progress, { from, verdict }) => verified({ ...from, unread: null }, verdict),
  },

  measure: {
    execute: (context, _progress, act) => measure(context, act),
    reduce: (_progress, { from }, { usedBytes }) => measured(from, usedBytes),
    // It has proved itself: by how much its data grew is not known.
    abandon: (_progress, { from }) => measured(from, null),
  },

  mark: {
    execute: (context, _progress, act) => mark(context, act),
    reduce: (_progress, { from }, { verdict }) => ({ ...from, isMarked: true, drill: { ...from.drill, verdict } }),
    // What was found is told, and stands on the record; nothing on the snapshots says so.
    abandon: (_progress, { from }, { message }) => ({
      ...from,
      isMarked: true,
      drill: { ...from.drill, verdict: unmarked(from.drill.verdict, message) },
    }),
  },

  remove: {
    execute: (context, _progress, act) => remove(context, act),
    reduce: (_progress, { from }, result) => {
      if ('lost' in result) return LOST;
      return removed(
        'left' in result ? leftBehind(result.left) : endingOf({ ...from, drill: result.gone }, result.atMs),
      );
    },
    abandon: (_progress, { from }) =>
      removed(leftBehind({ ids: [from.drill.instanceId || 'what was launched last'], refused: null })),
  },

  defer: {
    execute: (context, _progress, { againMs, note: copies }) =>
      context.step('defer', async () => {
        // When the next set is looked for has nothing to do with a version.
        if (context.payload.rehearses !== undefined) return { done: true } as const;
        await change(context, (record) =>
          record.current === null ? { ...record, ...copies, dueAtMs: Date.now() + againMs } : null,
        );
        return { done: true } as const;
      }),
    reduce: (_progress, { ending }) => removed(ending),
    abandon: (_progress, { ending }) => removed(ending),
  },

  conclude: {
    execute: (context, _progress, { ending }) =>
      context.step('conclude', () => writeOutcome(context, ending, context.place)),
    reduce: (_progress, { ending }) => ({ at: 'removed', ending, isTold: true }),
    abandon: () => null,
  },
};

export const DRILL: Heal<DrillContext, DrillPayload, Progress, Acts> = {
  start: { at: 'unclaimed' },
  // A first boot that is asked each half minute, and a client that is silent and asked every five minutes for a day.
  turnLimit: 500,
  acts: ACTS,
  decide: (progress, { payload, execution }) => decideNext(progress, payload, execution),
};

const BOOT_MS = 20 * MINUTE_MS;

const unmarked = (verdict: DrillVerdict | null, message: string): DrillVerdict | null =>
  verdict && { ...verdict, reason: `${verdict.reason}; nothing on the snapshots says so: ${message}` };

/** Writes the record; decided again where somebody else wrote in between. null: there is nothing to write. */
async function change(
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
async function own(
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
async function note(context: DrillActContext, drill: Drill): Promise<Drill | undefined> {
  const isOurs = ({ current }: DrillRecord): boolean =>
    current?.execution === context.execution && current.token === drill.token;
  const record = await change(context, (read) => (isOurs(read) ? { ...read, current: drill } : null));
  return isOurs(record) ? drill : undefined;
}

const begin = (context: DrillActContext, { drill, reason }: Act<'begin'>): Promise<Acts['begin']['result']> =>
  context.step('begin', async () => {
    const guarded = await readGuards(context);
    if ('refuse' in guarded) return guarded;
    const { journal, place } = context;
    await journal(`${place}-decision`, { atMs: Date.now(), kind: 'decision', sentence: reason, evidence: drill.set });
    return own(context, (read) => (read.current?.incidentId === drill.incidentId ? read.current : drill));
  });

async function launch(context: DrillActContext, { from: { drill } }: Act<'launch'>): Promise<Acts['launch']['result']> {
  const { step, journal, place } = context;
  const act = `RunInstances ${drill.subnetIds.join(' ')}`;
  await step('intent', () =>
    journal(`${place}-intent`, {
      ...{ atMs: Date.now(), kind: 'intent', act },
      sentence: `launch a throw-away ${drill.instanceType} with volumes of ${drill.set.setId}, its client masked`,
      evidence: drill.set.parts,
    }),
  );
  const launched = await step('call', () => launchAlone(context, drill));
  await step('result', async () => {
    const sentence = 'failed' in launched ? launched.failed : launched.instanceId;
    await journal(`${place}-result`, {
      ...{ atMs: Date.now(), kind: 'result', sentence, act },
      fields: { status: 'failed' in launched ? 'failed' : 'done' },
    });
    if ('instanceId' in launched) await note(context, { ...drill, instanceId: launched.instanceId });
    return { done: true };
  });
  return launched;
}

const DOCUMENTS = {
  'inspect-node': 'INSPECT_NODE_DOCUMENT',
  'restart-client': 'RESTART_CLIENT_DOCUMENT',
  'start-client': 'START_CLIENT_DOCUMENT',
} as const satisfies Partial<Record<NodeCommand['operation'], Variable>>;

type ThrowAwayCommand = Extract<NodeCommand, { readonly operation: keyof typeof DOCUMENTS }>;

/** Sends one command to the throw-away instance, and waits for its answer. */
async function command(
  context: DrillActContext,
  from: Running,
  asked: { readonly holder: NonNullable<Running['held']>; readonly sentence: string; readonly isMeasured?: boolean },
  commandOf: (fleet: Fleet) => ThrowAwayCommand,
): Promise<NodeAnswer | NotCarriedOut> {
  const { step, place, environment } = context;
  const { holder, sentence, isMeasured = false } = asked;
  const ordinal = from.ordinal + 1;
  const { instanceId } = from.drill;
  const operationId = `${holder.fence}.${ordinal}`;
  const sent = await step('send', async () => {
    const guarded = await readGuards(context, { instanceId });
    if ('refuse' in guarded) return guarded;
    const sentAtMs = Date.now();
    const planned = commandOf(guarded.fleet);
    return sendToNode(
      context,
      {
        ...{ holder, ordinal, instanceId },
        document: environment[DOCUMENTS[planned.operation]],
        parameters: nodeCommandParameters({ fence: holder.fence, ordinal }, planned, sentAtMs),
        overAtMs: nodeCommandOverByMs(planned, sentAtMs),
        intent: { sentence, act: `SendCommand ${planned.operation} ${operationId}`, evidence: planned },
      },
      place,
    );
  });
  if ('lost' in sent) return { failed: 'the record of the throw-away instance is somebody else’s', again: false };
  if ('refuse' in sent) return { failed: sent.reason, again: false };
  const awaited = await awaitNode<NodeAnswer>(context, {
    ...{ commandId: sent.commandId, overAtMs: sent.overAtMs, operationId, instanceId, isMeasured },
    parse: parseNodeAnswer,
    sentenceOf: ({ result, reason }) => `${result}${reason ? `: ${reason}` : ''}`,
  });
  if ('over' in awaited) return { failed: awaited.over, again: true };
  const { answer } = awaited;
  return answer.result === 'late' ? { failed: `late: ${answer.reason ?? ''}`, again: true, isLate: true } : answer;
}

/** A table forgets the record of a throw-away instance by itself. */
const NODE_KEPT_SECONDS = 7 * 24 * 60 * 60;

const no = (failed: string): NotCarriedOut => ({ failed, again: false });

async function meet(context: DrillActContext, { from }: Act<'meet'>): Promise<Acts['meet']['result']> {
  const { step, store, durable, place } = context;
  const { instanceId } = from.drill;
  const leased = await step('lease', () => takeLease(context, 'drill', instanceId));
  if ('busy' in leased) return no(`${leased.busy} holds the throw-away instance`);
  const { holder } = leased;
  await step('expires', () =>
    settle<NodeRecord, { readonly done: true }>(
      store,
      keys.node(instanceId),
      () => store.readNode(instanceId),
      (read) => ({
        result: { done: true },
        write:
          read && read.expiresAt === undefined
            ? { ...read, expiresAt: Math.floor(Date.now() / 1000) + NODE_KEPT_SECONDS, version: read.version + 1 }
            : undefined,
      }),
    ),
  );
  const answer = await command(
    context,
    from,
    { holder, sentence: 'ask the throw-away instance, raising its fence' },
    inspection,
  );
  if ('again' in answer) return answer;
  const state = answer.after ?? answer.before;
  if (answer.result !== 'done' || state === null)
    return no(`it does not say how it is: ${answer.result}${answer.reason ? `, ${answer.reason}` : ''}`);
  const { upSinceMs } = from;
  const { nowMs, fleet } = await step('now', async () => {
    const guarded = await readGuards(context, { mayPutBack: true });
    return {
      nowMs: Date.now(),
      fleet:
        'refuse' in guarded
          ? null
          : {
              grace: Math.max(guarded.fleet.health.startGraceSeconds, buildsSeconds(guarded.fleet, from.trial) ?? 0),
              userData: guarded.fleet.replace.userData ?? null,
            },
    };
  });
  if (fleet === null) return no('the fleet file cannot be read');
  if (upSinceMs !== null) {
    const verdict = judgeSilent(state, { nowMs, upSinceMs, graceSeconds: fleet.grace });
    return { holder, seen: verdict ? { verdict } : { state } };
  }
  if (state.clients.some(({ masked, state: is }) => !masked || is === 'running'))
    return no('its client is not masked: what its template starts by itself could run with another node’s identity');
  if (fleet.userData !== 'run') return { holder, seen: { state } };
  if (state.cloudInit === 'done') return { holder, seen: { state } };
  if (state.cloudInit !== 'running' || from.asked >= FIRST_BOOT_ASKS)
    return no(
      `its user data have not ended well (${state.cloudInit ?? 'cloud-init says nothing'}): /var/log/cloud-init-output.log of such an instance says why`,
    );
  await durable.wait(`${place}-first-boot`, { seconds: 30 });
  return { holder, seen: null };
}

/** Nothing is started: what its image or its user data have enabled is disabled, so that a start starts this version. */
async function enable(context: DrillActContext, { from, version }: Act<'enable'>): Promise<Acts['enable']['result']> {
  const { held } = from;
  if (held === null) return no(NOT_HELD);
  const sentence = `enable ${version}, and no other version, while its client is masked`;
  const answer = await command(context, from, { holder: held, sentence }, (fleet) => ({
    ...{ operation: 'restart-client', only: 'enable', paths: [], version },
    clients: [upgradedClient(fleet)],
  }));
  if ('again' in answer) return answer;
  const { instance } = (answer.after ?? answer.before)?.clients[0] ?? {};
  if (answer.result === 'done' && instance === version) return { enabled: true };
  const reason = answer.result === 'done' ? `it would start ${instance ?? 'nobody knows what'}` : answer.reason;
  const atMs = await context.step('now', async () => Date.now());
  return { verdict: { is: 'unproved', atMs, isTold: true, reason: reason ?? answer.result } };
}

/** The same command that a node gets. It is not sent twice: a second one would take the data back further, prune what was pruned, or begin anew. */
async function tryCommand(
  context: DrillActContext,
  { from, of, command: own }: Act<'try-command'>,
): Promise<Acts['try-command']['result']> {
  const { held } = from;
  if (held === null) return no(NOT_HELD);
  const begunAtMs = await context.step('begun', async () => Date.now());
  const sentence = `stop the client, run ${own} on its data, and start it: as it would be done to a node`;
  const answer = await command(context, from, { holder: held, sentence, isMeasured: true }, (fleet) => ({
    ...{ operation: 'restart-client', only: of, clients: clientsOf(fleet) },
    paths: fleet.volumes.map(({ path }) => path),
    own: ownCommand(own, minutesOf(fleet, of)),
  }));
  if ('again' in answer) return answer;
  const atMs = await context.step('now', async () => Date.now());
  if (answer.result === 'done') return { begunAtMs, upSinceMs: atMs, usedBytes: changeOf(answer) };
  return { begunAtMs, verdict: { is: 'unproved', atMs, isTold: true, reason: answer.reason ?? answer.result } };
}

const minutesOf = ({ replace, disk }: Pick<Fleet, 'replace' | 'disk'>, of: TriedCommand): number =>
  ({ 'roll-back': replace.rollBack, prune: disk.prune, reindex: replace.reindex })[of]?.minutes ?? 1;

/** What all of its volumes held before and after; null where it does not tell one of them. */
function changeOf({ before, after }: NodeAnswer): { readonly before: number; readonly after: number } | null {
  const [was, is] = [bytesOn(before), bytesOn(after)];
  return was === null || is === null ? null : { before: was, after: is };
}

/** @throws where the fleet file names none any more: the attempt ends, and with it the drill */
function upgradedClient({ units, client }: Fleet): ClientOnNode {
  const unit = units.find(({ name }) => name === client?.unit);
  const [one] = unit ? clientsOf({ units: [unit] }) : [];
  if (one === undefined) throw new TypeError('the fleet file does not say any more which client is upgraded (client)');
  return one;
}

const NOT_HELD = 'it is not held';

/** Nothing hangs on it: what nobody could tell is not known. */
async function measure(context: DrillActContext, { from }: Act<'measure'>): Promise<Acts['measure']['result']> {
  const { held, proved, drill } = from;
  const { step, journal, place } = context;
  await step('proof', async () => {
    const what = drill.rehearses ?? `its client, after ${drill.reindexes},`;
    const of = `${what} goes on from a copy of ${drill.set.setId}`;
    await journal(`${place}-proof`, { atMs: Date.now(), kind: 'proof', sentence: `${of}: ${proved?.reason}` });
    return { done: true };
  });
  if (held === null) return { usedBytes: null };
  const sentence = 'ask how full its volumes are';
  const answer = await command(context, from, { holder: held, sentence }, inspection);
  return { usedBytes: 'again' in answer ? null : usedBytesOf(answer) };
}

/** Nothing hangs on it, either: what a drill before has seen stands. */
async function learn(context: DrillActContext, { from }: Act<'learn'>): Promise<Acts['learn']['result']> {
  const { held } = from;
  if (held === null) return { read: null };
  const sentence = 'ask which files its client has read since its start';
  const answer = await command(context, from, { holder: held, sentence }, (fleet) => ({
    ...inspection(fleet),
    cached: true,
  }));
  return { read: 'again' in answer ? null : (answer.read ?? null) };
}

const inspection = (fleet: Fleet): Extract<NodeCommand, { readonly operation: 'inspect-node' }> => ({
  operation: 'inspect-node',
  clients: clientsOf(fleet),
  paths: fleet.volumes.map(({ path }) => path),
});

/** Of all of its volumes; null where it does not tell them. */
const usedBytesOf = ({ after, before }: NodeAnswer): number | null => bytesOn(after ?? before);

function bytesOn(state: NodeAnswer['after']): number | null {
  const { volumes = [] } = state ?? {};
  return volumes.length === 0 ? null : volumes.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
}

async function start(context: DrillActContext, { from }: Act<'start'>): Promise<Acts['start']['result']> {
  const { durable, step, place } = context;
  const { held, drill } = from;
  const now = () => step('now', async () => Date.now());
  if (held === null) return { verdict: { is: 'unproved', atMs: await now(), reason: NOT_HELD, isTold: true } };
  let places = await step('places', () => placesOf(context, drill));
  // EC2 may show a while longer what it showed before the launch.
  for (let again = 1; places === null && again <= PLACES_ASKS; again++) {
    await durable.wait(`${place}-places-wait-${again}`, { seconds: 30 });
    places = await step(`places-${again}`, () => placesOf(context, drill));
  }
  if (places === null)
    return { verdict: { is: 'unproved', atMs: await now(), reason: 'EC2 does not show its volumes', isTold: true } };
  const sentence = 'mount the data without what makes another node itself, unmask the client and start it';
  const answer = await command(context, from, { holder: held, sentence }, (fleet) => ({
    ...{ operation: 'start-client', clients: clientsOf(fleet), places, unmask: true },
    // Whose data they are does not matter: no copy of an identity runs.
    scrub: fleet.identityPaths,
  }));
  const atMs = await now();
  if ('again' in answer) return answer;
  if (answer.result === 'done') return { upSinceMs: atMs, usedBytes: usedBytesOf(answer) };
  // An earlier copy of this very command, which nobody answered, was carried out.
  const { clients = [] } = answer.after ?? answer.before ?? {};
  if (from.unanswered > 0 && clients.length > 0 && clients.every(({ state }) => state === 'running'))
    return { upSinceMs: atMs, usedBytes: null };
  const told = answer.reason ?? answer.result;
  const lines = (answer.after?.clients ?? []).map(({ lastLine }) => lastLine);
  const why = [told, ...lines.filter((line) => line !== '' && !told.includes(line))].join(': ');
  // A volume that does not mount is its snapshot's fault; a client that ends is the data's where it names them.
  if (answer.result === 'failed' && answer.fault === 'data') return { verdict: { is: 'unfit', atMs, reason: why } };
  return { verdict: endedVerdict(why, atMs) };
}

/** By the devices that the launch has named. */
async function placesOf(
  { clients }: DrillActContext,
  { instanceId, set }: Drill,
): Promise<readonly { path: string; volumeId: string }[] | null> {
  const instance = await describeInstance(clients.ec2, instanceId);
  const places = set.parts.map(({ path, device }) => ({
    path,
    volumeId: instance?.devices.find((one) => one.device === device)?.volumeId ?? '',
  }));
  return places.every(({ volumeId }) => volumeId !== '') ? places : null;
}

async function mark(context: DrillActContext, { from, verdict }: Act<'mark'>): Promise<Acts['mark']['result']> {
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

/** EC2 may not show yet what it has just made; longer where nobody knows whether it was made. */
const EMPTY_LOOKS = { launched: 2, unknown: 10 } as const;
const REMOVAL_MS = 60 * MINUTE_MS;

/** Whatever a pause or the mode says: it costs money, and serves nobody. */
async function remove(context: DrillActContext, { from }: Act<'remove'>): Promise<Acts['remove']['result']> {
  const { step, durable, journal, place } = context;
  const { drill } = from;
  const isUnknown = drill.instanceId === '';
  // A launch that was not answered may still be on its way.
  if (isUnknown) await durable.wait(`${place}-in-flight`, { seconds: REQUEST_LIFETIME_MS / 1000 });
  let left: Left = { ids: [], refused: null };
  let empty = 0;
  for (let count = 0; count < mostPolls(REMOVAL_MS); count++) {
    left = await step(`look-${count}`, () => removeAll(context, drill, `${place}-${count}`));
    empty = left.ids.length === 0 ? empty + 1 : 0;
    if (empty >= (isUnknown ? EMPTY_LOOKS.unknown : EMPTY_LOOKS.launched))
      return step('gone', async () => {
        // A call whose answer was lost has no result of its own.
        await journal(`${place}-gone`, {
          ...{ atMs: Date.now(), kind: 'result', act: 'remove what the drill has made' },
          sentence: `${drill.instanceId || 'what was launched'} and its volumes are gone`,
          fields: { status: 'done' },
        });
        return settleDrill(context, drill);
      });
    await durable.wait(`${place}-wait-${count}`, { seconds: pollSeconds(count) });
  }
  return { left };
}

/** Its dollars count, and the record names nothing any more. */
async function settleDrill(context: DrillActContext, drill: Drill): Promise<Acts['remove']['result']> {
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
  const switches = await readSwitches(clients.ssm, environment.PARAMETER_PREFIX, payload.fleet);
  const atMs = Date.now();
  const everyHours = 'refuse' in switches ? 24 : hoursUntilDue(switches.fleet, drill.set, atMs);
  const record = await change(context, (read) =>
    read.current?.token === drill.token && read.current.execution === execution
      ? ended({ ...read, current: null }, drill, everyHours, atMs)
      : null,
  );
  return record.current === null ? { gone: drill, atMs } : { lost: true };
}
