// The commands to the throw-away instance: each is what a node gets, under a fence of its own. A replay may send one again only with the same id.
import { describeInstance } from '../../shared/aws/instances.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { takeLease } from '../../shared/heal/claim.ts';
import type { Drill } from '../../shared/heal/drill.ts';
import { readGuards } from '../../shared/heal/guard.ts';
import { awaitNode, sendToNode } from '../../shared/heal/node-commands.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import { type NodeAnswer, parseNodeAnswer } from '../../shared/node-commands/node-answer.ts';
import {
  type ClientOnNode,
  clientsOf,
  type NodeCommand,
  nodeCommandOverByMs,
  nodeCommandParameters,
  ownCommand,
} from '../../shared/node-commands/node-command.ts';
import { FIRST_BOOT_ASKS } from './decide.ts';
import { buildsSeconds, endedVerdict, judgeSilent } from './judge.ts';
import type { Act, Acts, DrillActContext, NotCarriedOut, Running, TriedCommand, Variable } from './state.ts';

const PLACES_ASKS = 10;

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

export async function meet(context: DrillActContext, { from }: Act<'meet'>): Promise<Acts['meet']['result']> {
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
export async function enable(
  context: DrillActContext,
  { from, version }: Act<'enable'>,
): Promise<Acts['enable']['result']> {
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
export async function tryCommand(
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
export async function measure(context: DrillActContext, { from }: Act<'measure'>): Promise<Acts['measure']['result']> {
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
export async function learn(context: DrillActContext, { from }: Act<'learn'>): Promise<Acts['learn']['result']> {
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

export async function start(context: DrillActContext, { from }: Act<'start'>): Promise<Acts['start']['result']> {
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
