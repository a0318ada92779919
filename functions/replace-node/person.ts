// What is left to a person: a client that somebody has stopped or taken away. Pure.
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { leavesStops } from '../../shared/model/payload.ts';
import { endOf } from '../../shared/node-commands/client-end.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import type { Facts } from './facts.ts';

type Client = NodeState['clients'][number];

const FIRST_MS = 15 * 60_000;
const MOST_MS = 6 * 60 * 60_000;

/** Each wait is twice as long as the trouble is old: within six hours there are four or five attempts. */
export const laterEachTime = ({ nowMs, onsetMs }: Pick<Facts, 'nowMs' | 'onsetMs'>): number =>
  Math.min(MOST_MS, Math.max(FIRST_MS, 2 * (nowMs - onsetMs)));

type Asked = Pick<Facts, 'want' | 'seen' | 'nowMs' | 'onsetMs' | 'leftStopped' | 'saidStopped'>;

/**
 * The refusal where a client cannot be followed, or was stopped by a person; null where a heal may go on. One of several is enough. A client that ended
 * by itself takes others of its node down with it: then nobody stopped them.
 *
 * @param stops whether a stop that the node tells of may be a person's: not where this heal may have stopped the client itself
 */
export function leftToPerson(
  { want, seen, nowMs, onsetMs, leftStopped, saidStopped }: Asked,
  { stops }: { readonly stops: boolean },
): Refusal | null {
  if (!leavesStops(want)) return null;
  // Whoever is at it knows. watch-fleet has already told that the node does not answer.
  const later = { page: nowMs - onsetMs >= FIRST_MS, retryAfterMs: laterEachTime({ nowMs, onsetMs }) };
  if (seen === null) return stops && saidStopped ? { refuse: 'client-stopped', reason: SAID, ...later } : null;
  const isDown = seen.clients.some((client) => isUnknown(client) || wasStopped(client));
  if (stops && isDown && seen.cloudInit === 'running')
    return { refuse: 'first-boot', reason: FIRST_BOOT, ...later, page: nowMs - onsetMs >= MOST_MS };
  if (seen.clients.some(isUnknown)) return { refuse: 'client-unknown', reason: CLIENT_UNKNOWN, ...later };
  const stopped = seen.clients.filter(wasStopped);
  if (!stops || leftStopped === true || stopped.length === 0 || seen.clients.some(hasFailed)) return null;
  const ends = stopped.map(endOf).join('; ');
  // A person would have to mend that boot: "a person stopped the client" asks nobody to.
  if (seen.cloudInit === 'error')
    return {
      ...{ refuse: 'client-unknown', ...later },
      reason: `its client does not run (${ends}): somebody stopped it, or it has never run, since the first boot has failed (cloud-init: error); /var/log/cloud-init-output.log on the node says why`,
    };
  const reason = `somebody stopped its client (${ends})`;
  return { refuse: 'client-stopped', reason, ...later };
}

const SAID = 'somebody had stopped its client before its agent fell silent, and nobody has seen it run since';

const FIRST_BOOT = 'its user data still run (cloud-init), so its client is not up yet';

const CLIENT_UNKNOWN =
  'the node cannot tell the state of its client: its unit or container is missing, or about to change; a person may be at work on it';

/** Nothing is done for a person either with a client that nobody can follow: whoever asked is told, and it is looked at again. */
export const clientUnknown = ({ seen, nowMs, onsetMs }: Pick<Facts, 'seen' | 'nowMs' | 'onsetMs'>): Refusal | null =>
  seen?.clients.some(isUnknown) === true
    ? { refuse: 'client-unknown', reason: CLIENT_UNKNOWN, page: true, retryAfterMs: laterEachTime({ nowMs, onsetMs }) }
    : null;

const isUnknown = ({ state }: Client): boolean => state === 'unknown';
const wasStopped = ({ state, asked }: Client): boolean => state === 'stopped' || (state === 'failed' && asked === true);
const hasFailed = (client: Client): boolean => client.state === 'failed' && !wasStopped(client);
