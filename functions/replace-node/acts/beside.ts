// Acts of an upgrade beside the node (blue/green): the wanted version is enabled on the new instance while its client is masked, started on data without
// what makes another node itself, asked where it stands, and written down as proved.
import { watchNow } from '../../../shared/guardrails/fleet-view.ts';
import { readSwitches } from '../../../shared/guardrails/switches.ts';
import { askApart, askedBlock, awaitApart } from '../../../shared/heal/apart-client.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import { lookAt, withLook } from '../beside-look.ts';
import { giveUpReplacement, instanceIdOf, withBeside, withReplacement } from '../state.ts';
import { type ActParts, defineAct, known, type LadderActContext, nothing, type Result, WRITTEN } from './act.ts';
import { send } from './command.ts';
import { decided } from './mutation.ts';
import { oneOf } from './node-commands.ts';

/** The parts that the commands share: they are about the new instance alone. */
const BESIDE = {
  intent: null,
  recovers: false,
  needsApproval: true,
  seenAfter: 'answered',
  silentAfter: 'kept',
  givesBackWhen: null,
} as const satisfies Partial<ActParts<never>>;

/** Nothing is started: what its image or its user data have enabled is disabled, so that no boot ever starts it. */
export const enableVersion = defineAct<object>()('enable-version', {
  ...BESIDE,
  retryKey: 'kind',
  execute: (context) => {
    const { at = 0, to = '' } = known(context).beside ?? {};
    return send(context, {
      which: 'replacement',
      sentence: `enable ${to} on the new instance, and no other version, while its client is masked`,
      command: (clients) => ({
        operation: 'restart-client',
        only: 'enable',
        clients: [oneOf(clients, at)],
        paths: [],
        version: to,
      }),
    });
  },
  reduce: {
    // The command is about this one client: it is the first of its answer.
    done: (state, _, { seen }) =>
      seen?.clients[0]?.instance === state.beside?.to
        ? withBeside(state, { isEnabled: true })
        : giveUpReplacement(state, `the new instance would start ${seen?.clients[0]?.instance ?? 'nobody knows what'}`),
    failed: (state, _, { reason }) => giveUpReplacement(state, reason),
    unknown: nothing,
  },
});

/** Whosever data they are: no copy of an identity runs beside its node. */
export const startBeside = defineAct<object>()('start-beside', {
  ...BESIDE,
  intent: (state) => ({ state: withReplacement(state, { takeOver: 'intended' }) }),
  retryKey: 'kind',
  execute: (context) => {
    const { found, restoredVolumes, beside } = known(context);
    return send(context, {
      which: 'replacement',
      sentence: `mount the data without what makes another node itself, and start ${beside?.to} beside the node`,
      command: (clients, fleet) => ({
        operation: 'start-client',
        clients,
        places: found.volumes.map(({ path }, at) => ({
          path,
          volumeId: restoredVolumes?.volumes[at]?.volumeId ?? '',
        })),
        unmask: true,
        scrub: fleet.identityPaths,
      }),
    });
  },
  reduce: {
    done: (state, _, { atMs }) => started(state, atMs),
    // A copy of this very command, which nobody answered, was carried out: nothing else starts a client there, and it takes the identity first.
    failed: (state, _, { reason, seen, atMs }) =>
      isUp(seen) ? started({ ...state, setback: null }, atMs) : giveUpReplacement(state, reason),
    unknown: nothing,
  },
});

const started = (state: LadderState, atMs: number): LadderState => ({
  ...state,
  upSinceMs: atMs,
  inspectedAtMs: atMs,
});

const isUp = (seen: NodeState | null | undefined): boolean =>
  seen != null && seen.clients.length > 0 && seen.clients.every(({ state }) => state === 'running');

/** Reads only, so that a pause keeps nobody from knowing. */
export const lookBeside = defineAct<object>()('look-beside', {
  ...BESIDE,
  recovers: true,
  retryKey: null,
  needsApproval: false,
  seenAfter: 'kept',
  execute: look,
  reduce: {
    done: (state, _, { look: seen }, before) =>
      state.beside === undefined || seen === undefined ? before : { ...before, beside: withLook(state.beside, seen) },
    failed: nothing,
    unknown: nothing,
  },
});

async function look(context: LadderActContext): Promise<Result> {
  const { clients, environment, payload, place, step, store } = context;
  const state = known(context);
  const instanceId = instanceIdOf(state, 'replacement');
  const sent = await step('ask', async () => {
    const watch = await store.readWatch(payload.fleet);
    return askApart(context, {
      ...{ document: environment.ASK_NODE_DOCUMENT, instanceId, comment: `chainmend upgrade ${place}`.slice(0, 100) },
      ...{ heights: [], common: watch?.canonical ?? null },
    });
  });
  const heard = await awaitApart(context, instanceId, sent, 'look');
  return step('looked', async (): Promise<Result> => {
    const [switches, watch] = await Promise.all([
      readSwitches({ clients, environment, store }, payload.fleet),
      store.readWatch(payload.fleet),
    ]);
    if ('refuse' in switches) return { is: 'refused', refusal: switches };
    const nowMs = Date.now();
    const chain = watchNow(watch, nowMs);
    const { health } = switches.fleet;
    const before = state.beside?.look ?? null;
    return { is: 'done', atMs: nowMs, look: lookAt({ nowMs, health, asked: askedBlock(sent), heard, chain, before }) };
  });
}

/** From here on it may take the place of the node. */
export const proveBeside = defineAct<{ readonly reason: string }>()('prove-beside', {
  ...BESIDE,
  recovers: true,
  retryKey: null,
  needsApproval: false,
  seenAfter: 'kept',
  execute: (context, { reason }) =>
    decided(context, `${known(context).beside?.to} has proved itself beside the node: ${reason}`),
  reduce: { ...WRITTEN, done: (state, { reason }) => withBeside(state, { proved: reason }) },
});

export const BESIDE_ACTS = [enableVersion, startBeside, lookBeside, proveBeside] as const;
