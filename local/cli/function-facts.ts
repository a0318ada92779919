// What the functions that are not durable did: each run with what it asked for, and the journal's entries that it wrote.
import { fromItem } from '../../shared/aws/attributes.ts';
import { START_MS } from '../region.ts';
import type { JournalLine } from '../scenarios/report/journal.ts';
import type { World } from '../scenarios/world/world.ts';
import type { CallRecord } from '../simulator/trace.ts';
import type { Requested } from './facts.ts';

/** Those whose entries belong to no incident: they look after fleets. */
const FUNCTIONS = ['watch-fleet', 'register-nodes', 'rotate-peers'] as const;

export type FleetFunction = (typeof FUNCTIONS)[number];

/** One invocation. */
export interface FunctionRun {
  readonly name: FleetFunction;
  readonly requests: readonly Requested[];
  /** Which of its requests wrote an entry, by `entryKey`, in the order in which they were written. */
  readonly wrote: ReadonlyMap<string, number>;
}

/** Whether an entry is one of theirs. */
export const isOfFleets = ({ heal }: Pick<JournalLine, 'heal'>): boolean => FUNCTIONS.some((name) => name === heal);

/** Tells an entry of a run from all others. */
export const entryKey = ({ heal, instanceId, atMs, place }: JournalLine): string =>
  [heal, instanceId, atMs, place].join(' ');

/** Runs that went on after the story began and wrote anything. */
export function functionRuns(
  { region: { gateway, spans } }: World,
  requested: (call: CallRecord) => Requested,
): FunctionRun[] {
  return spans.flatMap(({ functionName, actor, fromCall, toCall }): FunctionRun[] => {
    const name = FUNCTIONS.find((candidate) => functionName.endsWith(candidate));
    if (name === undefined) return [];
    const calls = gateway.trace.calls.slice(fromCall, toCall).filter((call) => call.actor === actor);
    const wrote = new Map(calls.flatMap((call, at) => keyWritten(call).map((key) => [key, at] as const)));
    const isOver = (calls.at(-1)?.at ?? 0) < START_MS;
    return wrote.size === 0 || isOver ? [] : [{ name, requests: calls.map(requested), wrote }];
  });
}

function keyWritten({ service, operation, input }: CallRecord): string[] {
  const { Item } = input as { readonly Item?: Parameters<typeof fromItem>[0] };
  if (service !== 'dynamodb' || operation !== 'PutItem' || !Item) return [];
  const { pk, sk, heal, instanceId, at } = fromItem(Item);
  if (!String(pk).startsWith('JOURNAL#')) return [];
  return [[heal, instanceId, Date.parse(String(at)), String(sk).split('#').at(-1)].join(' ')];
}
