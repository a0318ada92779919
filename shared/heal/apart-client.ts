// Asks a client that no sweep asks, because its instance is not in the fleet: by a command over its own loopback, as watch-fleet asks nodes. What it says
// of its blocks is worth something only beside those of the fleet.
import { readCommand, sendCommand } from '../aws/commands.ts';
import { catchRefusal } from '../aws/refusals.ts';
import { MAXIMUM_HEIGHTS, type NodeStatus, SHOWS } from '../chains/client.ts';
import { launchedTarget } from '../fleet/membership.ts';
import type { Fleet } from '../fleet/model.ts';
import type { FleetWatch } from '../fleet/observation.ts';
import { readSwitches } from '../guardrails/switches.ts';
import { askNodeParameters } from '../node-commands/ask-node.ts';
import { readOnNode } from '../probe/node-probe.ts';
import type { ProbeQuestion } from '../probe/protocol.ts';
import { errorText } from '../text/plain-text.ts';
import type { ActContext, HealContext } from './context.ts';

/** What the client said. */
export type Heard =
  | { readonly is: 'facts'; readonly status: NodeStatus }
  | { readonly is: 'starting'; readonly reason: string }
  | { readonly is: 'silent'; readonly reason: string }
  /** It could not be asked, which says nothing of it. */
  | { readonly is: 'unasked'; readonly reason: string };

type Tools = Pick<HealContext, 'clients' | 'environment' | 'payload' | 'store'>;

/** A block of the chain, as the fleet and its references see it. */
export type CommonBlock = NonNullable<FleetWatch['canonical']>;

/** `common`: the chain's block when it was asked. By the time that it answers the fleet may look at a higher one, of which nobody has asked it. */
export type Sent =
  | { readonly commandId: string; readonly heights: readonly number[]; readonly common?: CommonBlock | null }
  | { readonly unasked: string };

/** Of which block it was asked; null: of none of the chain's. */
export const askedBlock = (sent: Sent): CommonBlock | null => ('common' in sent ? (sent.common ?? null) : null);

/** Whether it has told the block that the chain has now, or had when it was asked. */
export const tellsOneOf = ({ hashes }: Pick<NodeStatus, 'hashes'>, blocks: readonly (CommonBlock | null)[]): boolean =>
  blocks.some((block) => block && hashes.some(({ height, hash }) => height === block.height && hash === block.hash));

const NOT_SAID = 'the fleet file does not say how its client is asked';

/** Body of a step. */
export async function askApart(
  { clients, environment, payload, store }: Tools,
  { document, instanceId, comment, heights: known, common }: ApartQuestion,
): Promise<Sent> {
  const switches = await readSwitches({ clients, environment, store }, payload.fleet);
  if ('refuse' in switches) return { unasked: switches.reason };
  const heights = [...new Set([...(common ? [common.height] : []), ...known])].slice(0, MAXIMUM_HEIGHTS);
  const question = questionOf(switches.fleet, heights);
  if (question === null) return { unasked: NOT_SAID };
  const sent = await catchRefusal(async () => ({
    ...{ heights, common },
    commandId: await sendCommand(clients.ssm, {
      ...{ document, comment, target: launchedTarget({ instanceId }) },
      parameters: askNodeParameters(switches.fleet, question),
    }),
  }));
  return 'refused' in sent ? { unasked: sent.refused } : sent;
}

export interface ApartQuestion {
  readonly document: string;
  readonly instanceId: string;
  readonly comment: string;
  /** Of which it tells its hashes, too, with that of the common block: at most MAXIMUM_HEIGHTS. */
  readonly heights: readonly number[];
  readonly common: CommonBlock | null;
}

/** The script's own limit for a question is a few seconds; a command may come to its node minutes late. */
const ANSWER_WAITS_SECONDS = [8, 8, 8, 30, 60, 60];

/** @param name of its steps and waits: one for each question of an act */
export async function awaitApart(
  { durable, step, place, clients, environment, payload, store }: ActContext<HealContext>,
  instanceId: string,
  sent: Sent,
  name: string,
): Promise<Heard> {
  if ('unasked' in sent) return { is: 'unasked', reason: sent.unasked };
  const { commandId, heights } = sent;
  for (const [count, seconds] of ANSWER_WAITS_SECONDS.entries()) {
    await durable.wait(`${place}-answer-${name}-${count}`, { seconds });
    const heard = await step(`read-${name}-${count}`, async (): Promise<Heard | null> => {
      const switches = await readSwitches({ clients, environment, store }, payload.fleet);
      if ('refuse' in switches) return { is: 'unasked', reason: switches.reason };
      const question = questionOf(switches.fleet, heights);
      if (question === null) return { is: 'unasked', reason: NOT_SAID };
      const read = await readCommand(clients.ssm, commandId, instanceId, (output) => output);
      if (read.state === 'pending') return null;
      return read.state === 'answered'
        ? heardIn(question, heights, instanceId, read.answer)
        : { is: 'unasked', reason: read.reason };
    });
    if (heard !== null) return heard;
  }
  return { is: 'unasked', reason: 'the command that asks it was not answered in time' };
}

function questionOf({ name, chain, rpc, units }: Fleet, heights: readonly number[]): ProbeQuestion | null {
  if (rpc === undefined) return null;
  const [unit] = units;
  return { fleet: name, chain, stopGraceSeconds: unit?.stopGraceSeconds ?? 0, rpc, ask: { what: 'status', heights } };
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
