// The mildest rung: the client is restarted. Pure.
import { endRung } from '../acts/decisions.ts';
import { restart } from '../acts/node-commands.ts';
import { isSpent } from './patience.ts';
import type { Rung } from './rung.ts';
import { proving } from './settle.ts';

export const RESTART: Rung = {
  name: 'restart',
  class: 'restart',
  asksOriginalFirst: true,
  cannotBegin: () => null,
  next: (facts, state) => {
    const { original, seen, watched } = facts;
    if (state.upSinceMs !== null)
      return proving(facts, state, state.upSinceMs, 'original', (reason) => endRung({ reason }));
    if (!original?.agentOnline) return endRung({ reason: 'the node does not answer commands' });
    const first = seen?.clients.find(({ state: is }) => is !== 'running');
    const act = restart({
      reason: first ? `its client is ${first.state}` : (watched?.reason ?? 'it does not follow its chain'),
    });
    return isSpent(state, act) ? endRung({ reason: 'its restart was not answered' }) : act;
  },
};
