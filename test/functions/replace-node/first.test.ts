// A person who was first: a client that ran, or an instance, is stopped between a decision and its command. Nothing is begun, and what is stopped stays so.
import { describe, expect, it } from '@jest/globals';
import { type Act, intendAct, performAct, reduceAct } from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { perhapsDown, type ReplaceContext } from '../../../functions/replace-node/state.ts';
import { turnAt } from '../../../shared/heal/context.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { ME } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { clientState, nodeState } from '../../fixtures/builders/observation.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { patientContext, type Shell, shell } from '../../fixtures/heal-shell.ts';
import {
  client,
  copy,
  facts,
  ladderState,
  machine,
  newReplacement,
  seen,
  watched,
  YOUNG,
} from '../../fixtures/replace-facts.ts';

const reason = 'so it was decided';
const HEAL = { want: { do: 'heal' } } as object;
const stopped = nodeState({ clients: [clientState({ state: 'stopped', exitStatus: 0, asked: true })] });

/** The node answers a command as one whose client somebody has stopped since it ran. */
function left(): Shell {
  const here = shell(HEAL, nodeRecord({ owner: ME, fence: 4 }));
  const answer = {
    ...{ operationId: '4.2', fence: 4, result: 'failed', before: stopped, after: stopped },
    ...{ reason: 'somebody has stopped node@0.21.0, which ran: nothing was changed', fault: 'person' },
  };
  Object.assign(here.answers, {
    SendCommandCommand: () => ({ Command: { CommandId: 'the-command' } }),
    GetCommandInvocationCommand: () => ({
      ...{ Status: 'Success', StatusDetails: 'Success', StandardOutputContent: `${JSON.stringify(answer)}\n` },
      ...{ StandardErrorContent: '', ResponseCode: 0 },
    }),
  });
  return here;
}

function madeBy(here: Shell, act: Act, state: LadderState) {
  const context = { ...here.tools, environment: { ...here.tools.environment } } as unknown as ReplaceContext;
  const leases = {
    ...{ holder: { execution: ME, fence: 4 }, leased: [], ordinals: { original: 1, replacement: 1 } },
    ...{ commandsOver: true, openUntilMs: null, seenFence: 4, clientUp: { original: false, replacement: false } },
  };
  return performAct({ ...context, ...turnAt(patientContext().ctx, '010'), leases, state }, act);
}

const ordered = ({ sent }: Shell): string => {
  const { Parameters } = sent.find((input) => 'DocumentName' in input) ?? {};
  return Buffer.from((Parameters as Record<string, string[]>)['Clients']?.[0] ?? '', 'base64').toString('utf8');
};

describe('a command to a node whose client ran when it was last looked at', () => {
  const restarts: Act = { do: 'restart', reason };
  const own = { command: '/opt/node/own', seconds: 900 };

  it.each<[Act, LadderState]>([
    [restarts, ladderState({ rung: 'restart' })],
    [{ do: 'swap', to: 'restored', reason }, ladderState({ rung: 'swap', restoredVolumes: copy() })],
    [{ do: 'stop-for-move', reason }, ladderState({ rung: 'stop-start', moves: true })],
    [{ do: 'undo-blocks', own, reason }, ladderState({ rung: 'roll-back' })],
    [{ do: 'rebuild-data', own, patientUntilMs: 0, untilMs: 0, reason }, ladderState({ rung: 'reindex' })],
    [
      { do: 'switch-version', goes: 'to', from: '28.0', to: '28.1', at: 0, cleanSinceMs: 0, reason },
      ladderState({ rung: 'upgrade' }),
    ],
  ])('says that it did, and is not begun where somebody has stopped it since: $do', async (act, state) => {
    const here = left();
    const { result, state: after } = await madeBy(here, act, state);
    expect(ordered(here)).toMatch(/ ran\n$/);
    expect(result).toMatchObject({ is: 'failed', fault: 'person', seen: stopped });
    expect({ ...after, waitingSinceMs: null }).toEqual({ ...state, waitingSinceMs: null });
    const { operation, clientOwedSinceMs } = here.nodes.get(INSTANCE) ?? {};
    expect(operation).toMatchObject({ kind: 'replace', memory: { client: 'untouched', pending: null } });
    expect(clientOwedSinceMs).toBeUndefined();
  });

  it('takes what stops it now for a person’s, whatever this heal has stopped before', async () => {
    const here = left();
    const { state } = await madeBy(here, restarts, ladderState({ rung: 'restart', client: 'mayBeDown', ran: true }));
    expect(state).toMatchObject({ client: 'untouched', ran: true });
  });

  it('says nothing of one that may not have run, nor to a new instance', async () => {
    const [down, replacing] = [{ client: 'mayBeDown' }, { rung: 'replace', replacement: newReplacement() }] as const;
    for (const [act, state] of [
      [restarts, ladderState({ rung: 'restart', ...down })],
      [{ do: 'start-again', reason }, ladderState({ rung: 'stop-start', moves: true, ...down })],
      [{ do: 'swap', to: 'found', reason }, ladderState({ rung: 'swap', restoredVolumes: copy(), ...down })],
      [{ do: 'mask-replacement', reason }, ladderState(replacing)],
      [{ do: 'take-over', reason }, ladderState(replacing)],
    ] as const) {
      const here = left();
      here.nodes.set(YOUNG, nodeRecord({ instanceId: YOUNG, owner: ME, fence: 1 }));
      await madeBy(here, act, state);
      expect(ordered(here)).not.toContain(' ran');
    }
  });
});

describe('a client that a person has stopped while a command to it was lost, or its heal died', () => {
  const look: Act = { do: 'inspect', which: 'original' };
  const ran = ladderState({ rung: 'restart', ran: true });
  const restarts: Act = { do: 'restart', reason };
  const sent = intendAct(ran, restarts, NOON_MS, '9.12');
  const next = (lastDone: string | undefined, intended = sent) => {
    const answer = { is: 'done', atMs: NOON_MS, seen: stopped, ...(lastDone !== undefined && { lastDone }) } as const;
    const act = decide(facts({ watched: watched('unreachable'), seen: stopped }), reduceAct(intended, look, answer));
    return act.do === 'end' && act.end.as === 'refused' ? act.end.refusal.refuse : act.do;
  };

  it('is theirs where the node has not begun that command: it obeys only later ones by now', () => {
    expect(next('9.11')).toBe('client-stopped');
    expect(next('8.40')).toBe('client-stopped');
    expect(next('0.0')).toBe('client-stopped');
  });

  it('is started where the command may have stopped it: it was begun, a later one hides it, or the node has forgotten', () => {
    expect(next('9.12')).toBe('restart');
    expect(next('10.1')).toBe('restart');
    expect(next(undefined)).toBe('restart');
  });

  it('is started where nobody knows that it ran before the command', () => {
    expect(
      next('9.11', intendAct(ladderState({ rung: 'restart', client: 'mayBeDown' }), restarts, NOON_MS, '9.12')),
    ).toBe('restart');
  });

  it('is owed no start any more', async () => {
    const here = shell(HEAL, nodeRecord({ owner: ME, fence: 4, clientOwedSinceMs: NOON_MS - 60_000 }));
    const answer = {
      ...{ operationId: '4.2', fence: 4, lastDone: '3.1', result: 'done', before: null, after: stopped },
    };
    Object.assign(here.answers, {
      SendCommandCommand: () => ({ Command: { CommandId: 'the-command' } }),
      GetCommandInvocationCommand: () => ({
        ...{ Status: 'Success', StatusDetails: 'Success', StandardOutputContent: `${JSON.stringify(answer)}\n` },
        ...{ StandardErrorContent: '', ResponseCode: 0 },
      }),
    });
    const { state } = await madeBy(here, look, intendAct(ran, restarts, NOON_MS, '3.2'));
    expect(state).toMatchObject({ client: 'untouched', ran: true, pending: null });
    expect(here.nodes.get(INSTANCE)?.clientOwedSinceMs).toBeUndefined();
  });
});

describe('a client that a person has stopped since it was seen to run again', () => {
  const again = ladderState({ rung: 'restart', client: 'mayBeDown', ran: true });
  const next = (more: Partial<Facts>, state = again) => {
    const act = decide(facts({ watched: watched('unreachable'), ...more }), state);
    return act.do === 'end' && act.end.as === 'refused' ? act.end.refusal.refuse : act.do;
  };

  it('is not started, whatever was begun, and it goes on when that person has started it', () => {
    expect(next({ seen: seen([client('stopped')]) })).toBe('client-stopped');
    expect(next({ seen: seen([client('running')]) })).toBe('restart');
  });

  it('is another matter where it did not run, where its disk has filled, and where a person has asked for a restore', () => {
    expect(next({ seen: seen([client('stopped')]) }, perhapsDown(again))).toBe('restart');
    expect(next({ seen: seen([client('stopped')], undefined, 490) })).toBe('disk-full-first');
    expect(next({ seen: seen([client('stopped')]), want: { do: 'restore' } as never })).toBe('restart');
  });

  it('is not told from one that runs to a node where a person has asked: it is started whatever it is', async () => {
    const here = left();
    Object.assign(here.tools.payload, { want: { do: 'restore' } });
    await madeBy(here, { do: 'swap', to: 'restored', reason }, ladderState({ rung: 'swap', restoredVolumes: copy() }));
    expect(ordered(here)).not.toContain(' ran');
  });
});

describe('a node that cannot be asked any more', () => {
  const silent = { original: machine({ state: 'running' }, { agentOnline: false }), seen: null };
  const begins = (more: Partial<Facts>) => {
    const act = decide(facts({ watched: watched('unreachable'), ...silent, ...more }), null);
    return act.do === 'end' && act.end.as === 'refused' ? act.end.refusal.refuse : act.do;
  };

  it('is left to the person who has stopped its client, where that was found before', () => {
    expect(begins({ saidStopped: true })).toBe('client-stopped');
    expect(begins({})).toBe('begin');
  });
});

describe('a command that a pause holds back', () => {
  const act: Act = { do: 'restart', reason };
  const paused = (quietAfterMs: number): Shell => {
    const here = shell(HEAL, nodeRecord({ owner: ME, fence: 4, quietAfterMs }));
    here.parameters.set('/chainmend/pause', 'maintenance');
    return here;
  };

  it('was not sent: what stops the client now is not this heal, and the record says so', async () => {
    const here = paused(0);
    const state = ladderState({ rung: 'restart' });
    const made = await madeBy(here, act, state);
    expect(made).toMatchObject({ result: { is: 'refused', refusal: { refuse: 'paused' } }, state });
    expect(here.nodes.get(INSTANCE)?.operation).toMatchObject({ memory: { client: 'untouched', ran: true } });
  });

  it('may have been sent by an earlier run of the same step, which had raised the quiet time', async () => {
    const here = paused(Date.now() + 60_000);
    const { state } = await madeBy(here, act, ladderState({ rung: 'restart' }));
    expect(state).toMatchObject({ client: 'mayBeDown' });
    expect(here.nodes.get(INSTANCE)?.operation).toMatchObject({ memory: { client: 'mayBeDown' } });
  });
});

describe('an instance that is stopped to be started again', () => {
  const stops: Act = { do: 'stop-instance', which: 'original', reason, ran: true };
  const answering = (Name: string): Shell => {
    const here = shell(HEAL, nodeRecord({ owner: ME, fence: 4 }));
    here.answers['StopInstancesCommand'] = () => ({
      StoppingInstances: [{ InstanceId: INSTANCE, PreviousState: { Name }, CurrentState: { Name: 'stopping' } }],
    });
    return here;
  };

  it.each(['stopping', 'stopped'])('is somebody else’s where AWS says that it was %s already', async (state) => {
    const { result, state: after } = await madeBy(answering(state), stops, ladderState({ rung: 'stop-start' }));
    expect(result).toMatchObject({
      is: 'failed',
      fault: 'person',
      reason: `it was ${state} already: somebody did that`,
    });
    expect(after).toMatchObject({ rung: 'stop-start', original: 'untouched', pending: null });
  });

  it('is ours where it ran, and where this heal has stopped it before', async () => {
    const ran = await madeBy(answering('running'), stops, ladderState({ rung: 'stop-start' }));
    expect(ran.state).toMatchObject({ original: 'stopRequested' });
    const again: Act = { do: 'stop-instance', which: 'original', reason };
    const owed = await madeBy(
      answering('stopping'),
      again,
      ladderState({ rung: 'stop-start', original: 'stopIntended' }),
    );
    expect(owed.state).toMatchObject({ original: 'stopRequested' });
  });
});
