// The context of everything that rotate-peers does for one fleet: one run at a time, its commands, its guard before each mutation, and its pages.
import { setTimeout } from 'node:timers/promises';
import { DescribeTagsCommand } from '@aws-sdk/client-ec2';
import type { Clients } from '../../shared/aws/clients.ts';
import { type Target, targetFor } from '../../shared/fleet/membership.ts';
import type { Fleet, PeersPolicy, RpcPolicy } from '../../shared/fleet/model.ts';
import type { FollowedPage, SubjectRefusal } from '../../shared/guardrails/names.ts';
import { beginRun, endRun, newRotation, type RotationRecord } from '../../shared/guardrails/rotation.ts';
import { judgePauseTag } from '../../shared/guardrails/switches.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import { FAILURES, type FailureCode, type Refusal } from '../../shared/model/guardrail-codes.ts';
import { NODE_HEALTH } from '../../shared/model/trigger.ts';
import type { PeerCommandId } from '../../shared/node-commands/peer-command.ts';
import {
  type Controller,
  type FleetContext,
  fleetContext,
  type NodeRef,
  settleRecord,
} from '../../shared/reconcile/context.ts';
import { endTold } from '../../shared/reconcile/followed-pages.ts';
import { judgeFile, readUnpaused } from '../../shared/reconcile/guard.ts';
import type { Invocation } from '../../shared/reconcile/invocation.ts';
import { subjectRefusal as aboutSubject, notify } from '../../shared/reconcile/notification.ts';

export const VARIABLES = [
  'READ_CONFIG_DOCUMENT',
  'WRITE_CONFIG_DOCUMENT',
  'ASK_PEERS_DOCUMENT',
  'CHANGE_PEERS_DOCUMENT',
  'PROBE_FUNCTION_PREFIX',
] as const;
type Variable = (typeof VARIABLES)[number];

export type RotateInvocation = Invocation<Clients, Variable>;

/** A fleet that can be rotated. */
export type PeeredFleet = Fleet & { readonly peers: PeersPolicy; readonly rpc: RpcPolicy };

export interface RotateContext extends FleetContext<RotationRecord, Clients, Variable, PeeredFleet> {
  /** `rotate-peers/<request id>`: the writer in every record. */
  readonly writer: string;
  /** The ids of this run's commands, each once. */
  readonly nextId: () => PeerCommandId;
}

export const ROTATE: Controller<RotationRecord> = {
  name: 'rotate-peers',
  incidentId: 'peers',
  record: { key: keys.rotation, read: (store, fleet) => store.readRotation(fleet), empty: newRotation },
  takesLong: true,
};

/** @param epochSeconds of the run: see `RotationRecord` */
export function rotateContext(invocation: RotateInvocation, fleet: PeeredFleet, epochSeconds: number): RotateContext {
  const writer = writerOf(invocation);
  let ordinal = 0;
  return {
    ...fleetContext(invocation, ROTATE, fleet, { writer, run: String(epochSeconds) }),
    writer,
    nextId: () => ({ epochSeconds, ordinal: ++ordinal }),
  };
}

const writerOf = ({ requestId }: RotateInvocation): string => `rotate-peers/${requestId}`;

/** After a run that has died, the next run waits no longer than a function may run. */
const RUN_MS = 15 * 60_000;
/** The least time of a run that must be left for a person's request when the turn comes late. */
const LEAST_LEFT_MS = 5 * 60_000;
const RUN_POLL_MS = 10_000;

/** A person should not have to ask twice: another run is waited for, as long as time is left to do something afterwards. */
export async function awaitOtherRun({ store, untilMs }: RotateInvocation, fleet: string): Promise<void> {
  while (Date.now() + RUN_POLL_MS < untilMs - LEAST_LEFT_MS) {
    const { run = null } = (await store.readRotation(fleet)) ?? {};
    if (run === null || run.untilMs < Date.now()) return;
    await setTimeout(RUN_POLL_MS);
  }
}

/** One run of a fleet at a time. @returns its record, or which run is at work */
export async function claimRun(
  invocation: RotateInvocation,
  fleet: string,
): Promise<RotationRecord | { readonly busy: string }> {
  const { store } = invocation;
  return settle<RotationRecord, RotationRecord | { readonly busy: string }>(
    store,
    keys.rotation(fleet),
    () => store.readRotation(fleet),
    (read) => {
      const run = beginRun(read, writerOf(invocation), Date.now(), Date.now() + RUN_MS);
      return 'busy' in run ? { result: run } : { result: run.next, write: run.next };
    },
  );
}

export async function releaseRun(invocation: RotateInvocation, fleet: string): Promise<void> {
  const { store } = invocation;
  await settle<RotationRecord, void>(
    store,
    keys.rotation(fleet),
    () => store.readRotation(fleet),
    (read) => {
      const ended = endRun(read, writerOf(invocation), Date.now());
      return { result: undefined, write: 'next' in ended ? ended.next : undefined };
    },
  );
}

/** Refusals that only a routine look meets, every six hours: they do not begin again with each look. */
const LASTING: ReadonlySet<string> = new Set(['config-unfit', 'peer-id-wrong', 'name-taken', 'seeds-unmet']);
const LASTS_MS = 7 * 60 * 60_000;

/** A refusal about a node, or about the fleet as a whole. */
export const about = (refusal: Refusal, subject: NodeRef | string): SubjectRefusal => ({
  ...aboutSubject(refusal, subject),
  ...(LASTING.has(refusal.refuse) && { lastsMs: LASTS_MS }),
});

/** A failed change of a node. However often it is tried, it is one cause and one page until the node is seen otherwise (`endFailures`). */
export const pageFailure = (
  context: RotateContext,
  code: FailureCode,
  sentence: string,
  subject: NodeRef,
): Promise<void> =>
  notify(context, [
    { refuse: code, subject: subject.name, node: subject, reason: sentence, page: true, lastsMs: LASTS_MS },
  ]);

/** Whether what was told is a failure on one of these nodes. @param codes unless given all */
export const isFailureOn =
  (names: ReadonlySet<string>, codes: readonly FailureCode[] = FAILED) =>
  ({ code, subject }: Pick<FollowedPage, 'code' | 'subject'>): boolean =>
    names.has(subject) && codes.some((one) => one === code);

/** What failed is over. @param read the record as this run has read it: nearly always nothing has failed */
export async function endFailures(
  context: Pick<RotateContext, 'controller' | 'fleet' | 'store'>,
  read: RotationRecord | undefined,
  isOver: ReturnType<typeof isFailureOn>,
): Promise<void> {
  if (read === undefined || endTold(read, isOver, Date.now()) === undefined) return;
  await settleRecord<RotationRecord, void>(context, (record) => ({
    change: endTold(record, isOver, Date.now()),
    result: undefined,
  }));
}

const FAILED = Object.keys(FAILURES) as FailureCode[];

const RETRY_AFTER_MS = 5 * 60_000;
const OPEN = new Set(['open', 'allocated', 'claimed']);

/**
 * Read right before a mutation of a node: pauses, fleet file and mode, whose node it is, its pause tag, its lease and its incidents, as they are now.
 * @returns the node, to which commands may be sent; or why it may not be done
 */
export async function readGuards(
  context: RotateContext,
  { name, instanceId }: NodeRef,
  approved: boolean,
): Promise<Target | Refusal> {
  const { clients, fleet, store } = context;
  const [now, { Tags = [] }, records] = await Promise.all([
    readUnpaused(context),
    clients.ec2.send(new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [instanceId] }] })),
    store.readFleet(fleet.name),
  ]);
  if ('refuse' in now) return now;
  const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  const target = targetFor(now.fleet, instanceId, tags);
  if ('refuse' in target) return target;
  const refusal =
    judgePauseTag(tags) ??
    // The earlier fleet file decided which restart is allowed, how the client is stopped and which nodes are in the fleet.
    judgeFile(now.fleet, { fleet, approved, by: (file) => ({ ...file, mode: null }), parts: 'something else' });
  if (refusal) return refusal;
  const refuse = (code: 'busy' | 'incident-open', reason: string): Refusal => ({
    refuse: code,
    reason,
    page: false,
    retryAfterMs: RETRY_AFTER_MS,
  });
  const node = records.nodes.find((one) => one.instanceId === instanceId);
  if (node?.owner != null) return refuse('busy', `a heal holds ${name}`);
  // A halted node may only lack peers, so its health incident does not block. While a heal climbs the ladder, its lease blocks.
  const incident = records.incidents.find(
    (one) => one.instanceId === instanceId && OPEN.has(one.state) && one.trigger !== NODE_HEALTH,
  );
  return incident
    ? refuse('incident-open', `incident ${incident.incidentId} of ${name} (${incident.trigger}) is open`)
    : target;
}
