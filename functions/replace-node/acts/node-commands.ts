// Acts on a node itself: one command each.
import type { StartFiles } from '../../../shared/chains/start-files.ts';
import { isOwnCommand, type OwnRung } from '../../../shared/guardrails/replace.ts';
import type { Blame, LadderState, RestoredVolumes, VersionChange } from '../../../shared/heal/memory.ts';
import { noteProgress } from '../../../shared/heal/progress.ts';
import { endOf, namesItsData } from '../../../shared/node-commands/client-end.ts';
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import type { ClientOnNode, NodeCommand, OwnCommand } from '../../../shared/node-commands/node-command.ts';
import { SIGNING_STATE } from '../judge.ts';
import {
  failRung,
  giveUpReplacement,
  giveUpRestored,
  makesAgain,
  mountedOf,
  perhapsDown,
  takenDown,
  type Which,
  withReplacement,
  withRestored,
  withShrink,
} from '../state.ts';
import { versionOf } from '../version.ts';
import { type ActParts, defineAct, type Failed, isNeverBegun, known, nothing, withoutCommand } from './act.ts';
import { send } from './command.ts';

/** The parts that all commands share: the node's answer replaces what was known of it. */
const COMMAND = {
  needsApproval: true,
  seenAfter: 'answered',
  tellsOfOriginal: true,
  silentAfter: 'kept',
  givesBackWhen: null,
} as const satisfies Partial<ActParts<never>>;

/** A catch-up is measured while the client runs: one that is down is measured from where it is seen again. */
function measuredBy(state: LadderState, seen: NodeState | null | undefined): LadderState {
  const { cameUp } = state;
  if (cameUp?.first === undefined || !seen || isUp(seen)) return state;
  const { first: _, ...rest } = cameUp;
  return { ...state, cameUp: rest };
}

/** The first command to a node: it raises the fence, so that commands of an earlier attempt are over, and reads the node's state. */
export const inspect = defineAct<{ readonly which: Which }>()('inspect', {
  ...COMMAND,
  tellsOfOriginal: ({ which }) => which === 'original',
  intent: null,
  recovers: true,
  retryKey: null,
  needsApproval: false,
  silentAfter: 'counted',
  execute: (context, { which }) =>
    send(context, {
      which,
      sentence: 'ask the node, raising its fence',
      command: (clients, fleet) => ({
        operation: 'inspect-node',
        clients,
        paths: fleet.volumes.map(({ path }) => path),
      }),
    }),
  reduce: {
    done: (intended, { which }, { seen, atMs, lastDone }, before) => {
      const unbegun = which === 'original' && isNeverBegun(intended.pending, lastDone);
      const state = unbegun ? withoutCommand(intended) : intended;
      const after: LadderState = { ...measuredBy(state, seen), setback: before.setback, inspectedAtMs: atMs };
      const { rung, original, upSinceMs, restoredVolumes } = state;
      if (which === 'replacement') return withReplacement(after, { heard: state.replacement?.fence ?? 0 });
      if (rung === 'stop-start' && original === 'started' && upSinceMs === null)
        return (state.moves ? !isUp(seen) : isOnlyDown(seen)) ? after : { ...after, upSinceMs: atMs };
      if (rung !== null && isOwnCommand(rung) && isOwnDone(state, rung) && upSinceMs === null)
        return isUp(seen) ? { ...after, upSinceMs: atMs } : after;
      if (rung === 'upgrade' && state.upgrade && seen) return seenVersion(after, state.upgrade, seen, atMs);
      if (rung !== 'swap' || !restoredVolumes || !seen) return after;
      // The node says what is mounted: an earlier attempt may have died after its command.
      const mounted = mountedOf(state, seen) ?? 'found';
      return {
        ...withRestored(after, () => ({ mounted })),
        upSinceMs: mounted === 'restored' ? (upSinceMs ?? atMs) : null,
      };
    },
    failed: nothing,
    unknown: (state) => ({ ...state, inspectedAtMs: null }),
  },
});

/** One of them does not run, and none has ended by itself. */
const isOnlyDown = (seen: NodeState | null | undefined): boolean =>
  seen?.clients.some(({ state }) => state === 'stopped') === true &&
  seen.clients.every(({ state }) => state === 'stopped' || state === 'running');

/** A boot starts only what is enabled: what this heal has stopped, it starts. */
const isUp = (seen: NodeState | null | undefined): boolean =>
  seen?.clients.every(({ state }) => state === 'running') === true;

/**
 * `only`: the name of the one unit that is at fault; all units of the node unless given. `isDown`: the node has said that none of its clients runs.
 * `unmounted`: and that its data are not where the client looks for them: started as it is, it would begin anew on the root disk.
 */
export const restart = defineAct<{
  readonly reason: string;
  readonly only?: string;
  readonly isDown?: true;
  readonly unmounted?: true;
}>()('restart', {
  ...COMMAND,
  intent: (state, { unmounted }) => ({
    call: { name: unmounted ? 'start-client' : 'restart-client', target: state.found.instanceId },
    state: isAside(state) ? perhapsDown(state) : takenDown(state),
  }),
  // An earlier command may have stopped it, and been cut off: no pause keeps it down.
  recovers: ({ client }, { isDown }) => client === 'mayBeDown' && isDown === true,
  retryKey: 'kind',
  execute: (context, { reason, only, unmounted }) => {
    const state = known(context);
    const what = only === undefined ? 'its client' : `its ${only}`;
    return send(context, {
      which: 'original',
      sentence: unmounted ? `mount its data and start its client: ${reason}` : `restart ${what}: ${reason}`,
      startsClient: true,
      command: (clients, fleet) =>
        unmounted
          ? {
              operation: 'start-client',
              clients,
              places: foundPlaces(state),
              unmask: false,
              scrub: [],
            }
          : {
              operation: 'restart-client',
              clients: clients.filter((_, at) => only === undefined || fleet.units[at]?.name === only),
              paths: fleet.volumes.map(({ path }) => path),
              only: 'restart',
            },
    });
  },
  reduce: {
    done: ({ restartedOnly: _, ...state }, { only }, { seen, atMs }) => {
      const ended = seen?.clients.find(({ state }) => state === 'failed' || state === 'stopped');
      if (ended && !isAside(state)) return failRung(state, `its client ends again: ${endOf(ended)}`);
      return { ...state, upSinceMs: atMs, inspectedAtMs: atMs, ...(only !== undefined && { restartedOnly: only }) };
    },
    failed: (state, { only }, { reason, seen }) => {
      if (isAside(state))
        return { ...state, pending: null, setback: null, ...(only !== undefined && { restartedOnly: only }) };
      return cannotTell(seen)
        ? { ...state, client: 'untouched', pending: null, setback: null }
        : failRung(state, reason);
    },
    unknown: (state) => ({ ...state, inspectedAtMs: null }),
  },
});

/** While another rung waits for its proof the consensus client alone is restarted: whatever comes of that, the rung has not failed by it. */
const isAside = ({ rung }: LadderState): boolean => rung !== 'restart';

/** A client that nobody can follow is not stopped and not started: the command has changed nothing, and has shown nothing of the data. */
const cannotTell = (seen: NodeState | null | undefined): boolean =>
  seen?.clients.some(({ state }) => state === 'unknown') === true;

/**
 * Before the instance of a well node is stopped, its client ends with its grace: EC2 gives an operating system a few minutes, whatever its clients need. And one
 * that its unit starts again and again ends before its data are mounted.
 */
export const stopForMove = defineAct<{ readonly reason: string }>()('stop-for-move', {
  ...COMMAND,
  intent: (state) => ({
    call: { name: 'stop-client', target: state.found.instanceId },
    state: takenDown(state),
  }),
  recovers: false,
  retryKey: 'kind',
  execute: (context, { reason }) =>
    send(context, {
      which: 'original',
      sentence: `stop its client: ${reason}`,
      command: (clients) => ({
        operation: 'stop-client',
        clients,
        places: foundPlaces(known(context)),
        ...{ unmount: false, mask: false, requireClean: false },
      }),
    }),
  reduce: {
    done: (state) => ({ ...state, pending: null }),
    failed: nothing,
    unknown: nothing,
  },
});

/** Whether it was intended in this heal: it is not done twice. */
export const isOwnDone = ({ rolledBack, reindexed }: LadderState, rung: OwnRung): boolean =>
  rung === 'roll-back' ? rolledBack === true : reindexed !== undefined;

/** What such a command means for the heal, whichever it is; `undone`: it has changed nothing. */
const reduceOwn = (undone: (state: LadderState) => LadderState): ActParts<object>['reduce'] => ({
  done: (state, _, { seen, atMs }) => {
    const ended = seen?.clients.find(({ state }) => state === 'failed' || state === 'stopped');
    if (ended) return failRung(state, `its client ends again: ${endOf(ended)}`);
    return { ...state, upSinceMs: atMs, inspectedAtMs: atMs, pending: null };
  },
  failed: (state, _, { reason, seen }) => {
    if (cannotTell(seen)) return undone(state);
    // AWS has refused it: the node has not heard of it.
    return failRung(seen === undefined ? undone(state) : state, reason);
  },
  unknown: (state) => ({ ...state, inspectedAtMs: null }),
});

interface UndoBlocks {
  readonly own: OwnCommand;
  readonly reason: string;
}

/** The owner's own command takes the data back, between a stop with the client's grace and its start. It is sent once: a second one would go further. */
export const undoBlocks = defineAct<UndoBlocks>()('undo-blocks', {
  ...COMMAND,
  intent: (state) => ({
    call: { name: 'undo-blocks', target: state.found.instanceId },
    state: { ...takenDown(state), rolledBack: true },
  }),
  recovers: false,
  retryKey: null,
  execute: (context, { own, reason }) =>
    send(context, {
      which: 'original',
      sentence: `stop its client, run ${own.command} and start it again: ${reason}`,
      startsClient: true,
      command: (clients, fleet) => ({
        operation: 'restart-client',
        clients,
        paths: fleet.volumes.map(({ path }) => path),
        only: 'roll-back',
        own,
      }),
    }),
  reduce: reduceOwn(({ rolledBack: _, ...state }) => untouched(state)),
});

interface RebuildData {
  readonly own: OwnCommand;
  readonly patientUntilMs: number;
  readonly untilMs: number;
  readonly reason: string;
}

/** The owner's own command has the client build its data again, as above. It is sent once: a second one would begin anew. */
export const rebuildData = defineAct<RebuildData>()('rebuild-data', {
  ...COMMAND,
  intent: (state, { patientUntilMs, untilMs }) => ({
    call: { name: 'rebuild-data', target: state.found.instanceId },
    state: { ...takenDown(state), reindexed: { patientUntilMs, untilMs } },
  }),
  recovers: false,
  retryKey: null,
  execute: (context, { own, reason }) =>
    send(context, {
      which: 'original',
      sentence: `stop its client, run ${own.command} and start it again: ${reason}`,
      startsClient: true,
      command: (clients, fleet) => ({
        operation: 'restart-client',
        clients,
        paths: fleet.volumes.map(({ path }) => path),
        only: 'reindex',
        own,
      }),
    }),
  reduce: reduceOwn(({ reindexed: _, ...state }) => untouched(state)),
});

/** The command has changed nothing. */
const untouched = (state: LadderState): LadderState => ({
  ...state,
  client: 'untouched',
  pending: null,
  setback: null,
});

/** The client of a node that was moved, or could not be; or after an owner's command that was cut off. No pause keeps it down. */
export const startAgain = defineAct<{ readonly reason: string }>()('start-again', {
  ...COMMAND,
  intent: null,
  recovers: true,
  retryKey: 'kind',
  execute: (context, { reason }) =>
    send(context, {
      which: 'original',
      sentence: `start its client: ${reason}`,
      startsClient: true,
      command: (clients, fleet) => ({
        operation: 'restart-client',
        clients,
        paths: fleet.volumes.map(({ path }) => path),
        only: 'start',
      }),
    }),
  reduce: {
    done: (state, _, { atMs }) =>
      (state.rung !== null && isOwnCommand(state.rung)) || (state.rung === 'stop-start' && state.original === 'started')
        ? { ...state, upSinceMs: atMs, inspectedAtMs: atMs }
        : // A stop that was only intended was forbidden by a guard: the instance was not stopped.
          { ...state, client: 'untouched', original: isIntendedOnly(state) ? 'untouched' : state.original },
    failed: nothing,
    unknown: (state) => ({ ...state, inspectedAtMs: null }),
  },
});

const isIntendedOnly = ({ original }: LadderState): boolean => original === 'stopIntended';

interface Switch {
  /** to: the version that is wanted. from: the one before. */
  readonly goes: 'to' | 'from';
  readonly from: string;
  readonly to: string;
  readonly at: number;
  readonly cleanSinceMs: number;
  readonly atHeight?: number;
  readonly reason: string;
}

/** Another version of the client, or the one of before again. */
export const switchVersion = defineAct<Switch>()('switch-version', {
  ...COMMAND,
  intent: (state, { goes, from, to, at, cleanSinceMs, atHeight }) => ({
    call: { name: 'switch-version', target: goes },
    state: {
      ...takenDown(state),
      upgrade: {
        ...{ mayHaveRun: false, givenUp: null, ...state.upgrade, from, to, at, cleanSinceMs, is: 'unknown' },
        ...(atHeight !== undefined && { atHeight }),
      },
    },
  }),
  recovers: (_, { goes }) => goes === 'from',
  retryKey: ({ goes }) => `switch-version ${goes}`,
  execute: (context, { goes, from, to, at, reason }) => {
    const version = goes === 'to' ? to : from;
    return send(context, {
      which: 'original',
      sentence: goes === 'to' ? `switch its client to ${version}: ${reason}` : `bring ${version} back: ${reason}`,
      startsClient: true,
      command: (clients, fleet) => ({
        operation: 'restart-client',
        only: 'switch',
        clients: [oneOf(clients, at)],
        paths: fleet.volumes.map(({ path }) => path),
        version,
      }),
    });
  },
  reduce: {
    done: (state, { goes }, { seen, atMs }) =>
      switched({ ...state, pending: null, inspectedAtMs: atMs }, goes, seen, atMs),
    failed: (state, { goes }, failed) => notSwitched(state, goes, failed),
    unknown: (state) => ({ ...state, inspectedAtMs: null }),
  },
});

/** @throws RangeError where the fleet file has fewer units by now: nothing is sent then */
export function oneOf<T>(clients: readonly T[], at: number): T {
  const client = clients[at];
  if (client === undefined) throw new RangeError(`the fleet file has no unit ${at + 1} any more, which was upgraded`);
  return client;
}

const withVersion = (state: LadderState, change: Partial<VersionChange>): LadderState =>
  state.upgrade === undefined ? state : { ...state, upgrade: { ...state.upgrade, ...change } };

/** Nothing of the new version has been on the node: it is as before. */
const notUpgraded = ({ upgrade: _, ...state }: LadderState): LadderState => ({
  ...state,
  client: 'untouched',
  pending: null,
  setback: null,
  upSinceMs: null,
});

function switched(state: LadderState, goes: Switch['goes'], seen: Failed['seen'], atMs: number): LadderState {
  const ended = seen?.clients.find(({ state: is }) => is === 'failed' || is === 'stopped');
  if (goes === 'to') {
    const givenUp = ended ? `its client ends again: ${endOf(ended)}` : null;
    return withVersion(
      { ...state, upSinceMs: atMs },
      { is: 'to', mayHaveRun: true, givenUp: state.upgrade?.givenUp ?? givenUp },
    );
  }
  if (state.upgrade?.mayHaveRun === false && state.upgrade.givenUp === null) return notUpgraded(state);
  return withVersion({ ...state, upSinceMs: null }, { is: 'from' });
}

function notSwitched(state: LadderState, goes: Switch['goes'], { seen, reason }: Failed): LadderState {
  const { upgrade } = state;
  if (upgrade === undefined) return state;
  const [client] = seen?.clients ?? [];
  const is = versionOf(upgrade, client?.instance);
  // On the way back: a client that does not open what the new version has left gets the data of before next.
  if (goes === 'from') {
    if (is !== 'from' || !upgrade.mayHaveRun) return withVersion(state, { is });
    return withVersion({ ...state, pending: null, setback: null, upSinceMs: null }, { is });
  }
  const isAsBefore = is === 'from' && client?.state === 'running' && !upgrade.mayHaveRun;
  if (isAsBefore) return failRung(notUpgraded(state), reason);
  if (cannotTell(seen) && !upgrade.mayHaveRun) return notUpgraded(state);
  return withVersion(
    { ...state, setback: null, upSinceMs: null },
    { is, mayHaveRun: upgrade.mayHaveRun || is !== 'from', givenUp: upgrade.givenUp ?? reason },
  );
}

/** The node says which version it has: an earlier attempt may have died after its command. */
function seenVersion(state: LadderState, upgrade: VersionChange, seen: NodeState, atMs: number): LadderState {
  const client = seen.clients[upgrade.at];
  const is = versionOf(upgrade, client?.instance);
  const runs = client?.state === 'running';
  if (is === 'from' && runs && !upgrade.mayHaveRun && upgrade.givenUp === null) return notUpgraded(state);
  const mayHaveRun = upgrade.mayHaveRun || is !== 'from';
  // One that had come up was no interrupted switch, whoever has ended it since: it is judged by its proof, and not begun again.
  const upSinceMs = is === 'to' ? (state.upSinceMs ?? (runs ? atMs : null)) : null;
  return withVersion({ ...state, upSinceMs }, { is, mayHaveRun });
}

/** Checks one of the restored volumes, read-only, next to the mounted ones. */
export const check = defineAct<{ readonly at: number }>()('check', {
  ...COMMAND,
  // The command says nothing about the client.
  seenAfter: 'kept',
  tellsOfOriginal: false,
  intent: null,
  recovers: false,
  retryKey: ({ at }) => `check ${at}`,
  execute: (context, { at }) => {
    const place = restoredPlaces(known(context))[at] ?? { path: '', volumeId: '' };
    return send(context, {
      which: 'original',
      sentence: `inspect ${place.volumeId}, read-only`,
      command: () => ({ operation: 'check-volume', place, like: place.path, warm: [] }),
    });
  },
  reduce: {
    done: (state, { at }) => withRestored(state, () => ({ checked: at + 1 })),
    failed: (state, _, { fault, reason }) =>
      giveUpRestored(
        state,
        fault === 'data' ? { door: 'data', fault: 'mount', reason } : { door: 'node', fault: 'other', reason },
      ),
    unknown: nothing,
  },
});

/** Reads from one of the restored volumes what its client will read at its start. Whatever comes of it, the rung goes on: it is no word on the data. */
export const warm = defineAct<{ readonly at: number; readonly files: readonly StartFiles[] }>()('warm', {
  ...COMMAND,
  // The command says nothing about the client.
  seenAfter: 'kept',
  tellsOfOriginal: false,
  intent: null,
  recovers: false,
  retryKey: ({ at }) => `warm ${at}`,
  execute: (context, { at, files }) => {
    const place = restoredPlaces(known(context))[at] ?? { path: '', volumeId: '' };
    return send(context, {
      which: 'original',
      sentence: `read from ${place.volumeId} what its client reads at its start`,
      command: () => ({ operation: 'check-volume', place, like: place.path, warm: files }),
    });
  },
  reduce: {
    done: (state, { at }) => withRestored(state, () => ({ warmed: at + 1 })),
    failed: warmedAnyway,
    unknown: warmedAnyway,
  },
});

/** It is not done again: the client reads these files itself. */
function warmedAnyway(state: LadderState, { at }: { readonly at: number }): LadderState {
  return { ...withRestored(state, () => ({ warmed: at + 1 })), setback: null };
}

/** Copies the files of the snapshot's copy onto the smaller volume, beside the client; what is left after a while is copied by the next one. */
export const fill = defineAct<object>()('fill', {
  ...COMMAND,
  // The command says nothing about the client.
  seenAfter: 'kept',
  tellsOfOriginal: false,
  intent: null,
  recovers: false,
  retryKey: 'kind',
  execute: async (context) => {
    const state = known(context);
    const { shrink } = state.restoredVolumes ?? {};
    const [place = { path: '', volumeId: '' }] = restoredPlaces(state);
    const source = shrink?.copy.volumeId ?? '';
    const result = await send(context, {
      which: 'original',
      sentence: `copy the files of ${source} onto ${place.volumeId}, beside its client`,
      command: () => ({ operation: 'fill-volume', volumeId: place.volumeId, source, like: place.path }),
    });
    if (result.is !== 'done' || result.filled === undefined) return result;
    const { bytes, leftBytes } = result.filled;
    const percent = bytes === 0 ? 100 : Math.floor((100 * (bytes - leftBytes)) / bytes);
    const what = `copy ${source} onto ${place.volumeId}`;
    const progress = { percent, etaSeconds: null, what, atMs: result.atMs };
    await context.step('progress', () => noteProgress(context, context.leases.holder, progress, context.place));
    return result;
  },
  reduce: {
    done: (state, _, { filled, atMs }) => {
      // A node that does not say how far it is, is asked again.
      if (filled === undefined) return state;
      const { leftFiles, leftBytes, bytes } = filled;
      return withShrink(state, {
        sinceMs: state.restoredVolumes?.shrink?.sinceMs ?? atMs,
        left: { files: leftFiles, bytes: leftBytes, ofBytes: bytes },
        isFilled: leftFiles === 0 && leftBytes === 0,
      });
    },
    failed: (state, _, { fault, reason }) =>
      giveUpRestored(
        state,
        fault === 'data' ? { door: 'data', fault: 'mount', reason } : { door: 'node', fault: 'other', reason },
      ),
    unknown: nothing,
  },
});

/** Exchanges the volumes: one critical section on the node. */
export const swap = defineAct<{
  readonly to: RestoredVolumes['mounted'];
  readonly reason: string;
  /** The node may be a validator: without its signing state nothing is exchanged. */
  readonly signs?: true;
}>()('swap', {
  ...COMMAND,
  intent: (state, { to }) => ({
    call: { name: 'swap-volumes', target: to },
    state: takenDown(state),
  }),
  recovers: (_, { to }) => to === 'found',
  retryKey: ({ to }) => `swap to ${to}`,
  execute: (context, { to, reason, signs }) => {
    const state = known(context);
    return send(context, {
      which: 'original',
      sentence: to === 'restored' ? `exchange the volumes: ${reason}` : `put the earlier volumes back: ${reason}`,
      startsClient: true,
      command: (clients, fleet) => ({
        operation: 'swap-volumes',
        clients,
        from: to === 'restored' ? foundPlaces(state) : restoredPlaces(state),
        to: to === 'restored' ? restoredPlaces(state) : foundPlaces(state),
        identity: fleet.identityPaths,
        carry: carryOf(state, to, context.payload.node, signs === true),
        keepNewest: fleet.identityPaths.filter((path) => SIGNING_STATE.test(path)),
      }),
    });
  },
  reduce: {
    done: (state, { to }, { atMs }) => ({
      ...withRestored(state, () => ({ mounted: to })),
      upSinceMs: to === 'restored' ? atMs : null,
      inspectedAtMs: atMs,
      pending: null,
    }),
    failed: (state, { to }, failed) => (to === 'found' ? wentBack(state, failed) : notSwapped(state, failed)),
    unknown: (state) => ({ ...state, inspectedAtMs: null }),
  },
});

/** On the way back the volumes have the node's own identity. */
function carryOf(
  { found, restoredVolumes }: LadderState,
  to: RestoredVolumes['mounted'],
  node: string,
  signs: boolean,
) {
  const carry = isDonors(restoredVolumes, node) ? 'ours' : 'own';
  if (to === 'restored') return signs ? (`${carry}-signed` as const) : carry;
  return found.volumes.some(({ wasUnmounted }) => wasUnmounted) ? 'unmounted' : 'theirs';
}

/** A client that ends on its earlier volumes was in that state before; a place where nothing was mounted before may be empty again. */
function wentBack(state: LadderState, { seen, putBack }: Failed): LadderState {
  if (mountedOf(state, seen) !== 'found' && !(putBack === true && mountedOf(state, seen) === null))
    return { ...state, inspectedAtMs: null };
  return { ...withRestored(state, () => ({ mounted: 'found' })), pending: null, setback: null };
}

function notSwapped(state: LadderState, { reason, fault, putBack, seen }: Failed): LadderState {
  if (cannotTell(seen) && putBack !== true && mountedOf(state, seen) === 'found')
    return { ...state, client: 'untouched', pending: null, setback: null };
  const ends = seen?.clients.some(({ state }) => state === 'failed') === true;
  return withRestored(state, () => ({
    mounted: mountedOf(state, seen) ?? (putBack === false ? 'restored' : 'found'),
    givenUp: blameOfSwap(reason, fault, ends),
  }));
}

/** A client that ended on the copy: only where it named its data, they are to blame; it may have met something else in these seconds. */
const ENDED_ON_IT = /was started and is /;

function blameOfSwap(reason: string, fault: Failed['fault'], ends: boolean): Blame {
  const [said = ''] = reason.split(/; (?:the volumes found are mounted again|what was found does not mount)/);
  if (fault === 'data' && (!ENDED_ON_IT.test(said) || namesItsData(said)))
    return { door: 'data', fault: 'mount', reason };
  if (fault === 'node') return { door: 'node', fault: 'other', reason };
  if (ends) return { door: namesItsData(said) ? 'data' : 'nobody-knows', fault: 'open', reason };
  return { door: 'nobody-knows', fault: 'other', reason };
}

/** Stops and masks the original's client, as the client's node itself confirms. */
export const maskOriginal = defineAct<{ readonly reason: string }>()('mask-original', {
  ...COMMAND,
  intent: (state) => ({
    state: withReplacement(takenDown(state), { fencingBegun: true, originalMask: 'intended' }),
  }),
  recovers: false,
  retryKey: 'kind',
  execute: (context, { reason }) => {
    const state = known(context);
    return send(context, {
      which: 'original',
      sentence: `stop and mask the old client: ${reason}`,
      command: (clients) => maskCommand(clients, foundPlaces(state)),
    });
  },
  reduce: {
    done: (state) => withReplacement(state, { fencedBy: 'acknowledgement', identity: 'none' }),
    failed: (state) => withReplacement(state, { originalMask: 'unconfirmed' }),
    unknown: (state) => withReplacement(state, { originalMask: 'unconfirmed' }),
  },
});

/** On the way back: the replacement's client is stopped and masked again. */
export const maskReplacement = defineAct<{ readonly reason: string }>()('mask-replacement', {
  ...COMMAND,
  tellsOfOriginal: false,
  intent: null,
  recovers: true,
  retryKey: 'kind',
  execute: (context, { reason }) => {
    const state = known(context);
    return send(context, {
      which: 'replacement',
      sentence: `stop and mask the new client: ${reason}`,
      command: (clients) => maskCommand(clients, placesOfReplacement(state)),
    });
  },
  reduce: {
    done: (state) => withReplacement(state, { takeOver: 'withdrawn', identity: 'none' }),
    failed: (state) => withReplacement(state, { takeOver: 'unconfirmed' }),
    unknown: (state) => withReplacement(state, { takeOver: 'unconfirmed' }),
  },
});

/** The replacement's client is unmasked and started on the node's data. */
export const takeOver = defineAct<{ readonly reason: string }>()('take-over', {
  ...COMMAND,
  tellsOfOriginal: false,
  intent: (state) => ({
    state: withReplacement(takenDown(state), { takeOver: 'intended' }),
  }),
  // Nothing of a node that is made again is down through this heal.
  recovers: (state) => !makesAgain(state),
  retryKey: 'kind',
  execute: (context, { reason }) => {
    const state = known(context);
    return send(context, {
      which: 'replacement',
      sentence: `mount the data and start the client: ${reason}`,
      startsClient: true,
      command: (clients, fleet) => ({
        operation: 'start-client',
        clients,
        places: placesOfReplacement(state),
        unmask: true,
        scrub: isDonors(state.restoredVolumes, context.payload.node) ? fleet.identityPaths : [],
      }),
    });
  },
  reduce: {
    done: (state, _, { atMs }) => ({
      ...withReplacement(state, { identity: 'replacement' }),
      upSinceMs: atMs,
      inspectedAtMs: atMs,
    }),
    failed: (state, _, { reason }) => withReplacement(giveUpReplacement(state, reason), { identity: 'replacement' }),
    unknown: (state, _, { reason }) => withReplacement(giveUpReplacement(state, reason), { identity: 'replacement' }),
  },
});

/** The original's client is unmasked and started on its own volumes: on the way back, or where nobody can go on with the move of its identity now. */
export const startOriginal = defineAct<{ readonly reason: string }>()('start-original', {
  ...COMMAND,
  intent: null,
  recovers: true,
  retryKey: 'kind',
  execute: (context, { reason }) => {
    const state = known(context);
    return send(context, {
      which: 'original',
      sentence: `mount the data and start the old client again: ${reason}`,
      startsClient: true,
      command: (clients) => ({
        operation: 'start-client',
        clients,
        places: foundPlaces(state),
        unmask: true,
        scrub: [],
      }),
    });
  },
  reduce: {
    done: unmasked,
    // The client may end as it did before; what counts is that nothing keeps it from running any more.
    failed: (state, _, { seen }) =>
      seen?.clients.every(({ masked }) => !masked) && mountedOf({ ...state, restoredVolumes: null }, seen) === 'found'
        ? { ...unmasked(state), setback: null }
        : state,
    unknown: nothing,
  },
});

function unmasked(state: LadderState): LadderState {
  const { replacement } = state;
  // The new instance waits beside the node, as before it was masked.
  if (replacement?.givenUp === null)
    return {
      ...withReplacement(state, { originalMask: 'none', identity: 'original', fencedBy: null, fencingBegun: false }),
      client: 'untouched',
    };
  return withReplacement(state, { originalMask: 'none', identity: 'original' });
}

export const NODE_COMMANDS = [
  inspect,
  restart,
  switchVersion,
  undoBlocks,
  rebuildData,
  stopForMove,
  startAgain,
  check,
  warm,
  fill,
  swap,
  maskOriginal,
  maskReplacement,
  takeOver,
  startOriginal,
] as const;

const restoredPlaces = ({ found, restoredVolumes }: LadderState) =>
  found.volumes.map(({ path }, at) => ({ path, volumeId: restoredVolumes?.volumes[at]?.volumeId ?? '' }));
const foundPlaces = ({ found }: LadderState) => found.volumes.map(({ path, volumeId }) => ({ path, volumeId }));
const placesOfReplacement = (state: LadderState) =>
  state.restoredVolumes ? restoredPlaces(state) : foundPlaces(state);

/** A client that hangs is ended after its grace: what it leaves on the old volume is kept, and does not count as clean. */
const maskCommand = (
  clients: readonly ClientOnNode[],
  places: Extract<NodeCommand, { operation: 'stop-client' }>['places'],
): NodeCommand => ({
  operation: 'stop-client',
  clients,
  places,
  unmount: true,
  mask: true,
  requireClean: false,
});

/** Data of another node carry that node's identity, which must not run twice. */
const isDonors = (restored: RestoredVolumes | null, node: string): boolean =>
  restored !== null && restored.ofNode !== node;
