// What the shells of this function share: one fleet's turn, its journal, its record, the guard before each mutation, and how people are told.
import { DescribeTagsCommand } from '@aws-sdk/client-ec2';
import type { Clients } from '../../shared/aws/clients.ts';
import type { Fleet, PeersPolicy, RpcPolicy } from '../../shared/fleet/model.ts';
import { claimTelling, markPaged, newRegister, type SubjectRefusal } from '../../shared/guardrails/names.ts';
import { newRotation, next, type RotationRecord } from '../../shared/guardrails/rotation.ts';
import { judgePauseTag, PAUSE_TAG, readSwitches } from '../../shared/guardrails/switches.ts';
import { fleetJournal, type WriteEntry } from '../../shared/heal/fleet-journal.ts';
import { page } from '../../shared/heal/notify.ts';
import { keys, type Store, settle } from '../../shared/heal/store.ts';
import { tellRefusals } from '../../shared/heal/telling.ts';
import type { FailureCode, Refusal } from '../../shared/model/guardrail-codes.ts';
import type { PeerCommandId } from '../../shared/node-commands/peer-command.ts';

export const ENVIRONMENT = [
  'TABLE_NAME',
  'TOPIC_ARN',
  'PARAMETER_PREFIX',
  'READ_CONFIG_DOCUMENT',
  'WRITE_CONFIG_DOCUMENT',
  'ASK_PEERS_DOCUMENT',
  'CHANGE_PEERS_DOCUMENT',
  'PROBE_FUNCTION_PREFIX',
] as const;

export interface Tools {
  readonly clients: Clients;
  readonly store: Store;
  readonly environment: Readonly<Record<(typeof ENVIRONMENT)[number], string>>;
  /** `rotate-peers/<request id>`: who writes, in every record. */
  readonly writer: string;
  readonly startedAtMs: number;
  /** Nothing more is begun after this, ms since the epoch. */
  readonly untilMs: number;
}

/** A node, for the journal and for pages. */
export interface Subject {
  readonly name: string;
  readonly instanceId: string;
}

/** A fleet that can be rotated. */
export type PeeredFleet = Fleet & { readonly peers: PeersPolicy; readonly rpc: RpcPolicy };

/** One fleet's turn. */
export interface Work extends Tools {
  readonly fleet: PeeredFleet;
  /** The ids of this run's commands, each once. */
  readonly nextId: () => PeerCommandId;
  /** Writes an entry of this run; they come in the order of the calls. */
  readonly write: WriteEntry;
}

/** One incident for all of a fleet's peers: nothing here has an onset or attempts. */
const INCIDENT = 'peers';
const HEAL = 'rotate-peers';
export function workOf(tools: Tools, fleet: PeeredFleet, epochSeconds: number): Work {
  const { store, writer, startedAtMs } = tools;
  const run = String(epochSeconds);
  let ordinal = 0;
  return {
    ...tools,
    fleet,
    nextId: () => ({ epochSeconds, ordinal: ++ordinal }),
    write: fleetJournal(store, { fleet: fleet.name, incidentId: INCIDENT, by: HEAL, writer, run, startedAtMs }),
  };
}

export const readRotation = async ({ store, fleet }: Work): Promise<RotationRecord> =>
  (await store.readRotation(fleet.name)) ?? newRotation;

/** Changes the fleet's record, from what stands there now. */
export const record = (work: Work, change: (read: RotationRecord) => Partial<RotationRecord>): Promise<void> =>
  settle<RotationRecord, void>(
    work.store,
    keys.rotation(work.fleet.name),
    () => work.store.readRotation(work.fleet.name),
    (read) => ({ write: next(read, change(read ?? newRotation)), result: undefined }),
  );

/** A refusal about a node, or about the fleet as a whole. */
export const about = (refusal: Refusal, subject: Subject | string): SubjectRefusal => ({
  refuse: refusal.refuse,
  subject: typeof subject === 'string' ? subject : subject.name,
  ...(typeof subject === 'object' && { node: subject }),
  reason: refusal.reason,
  page: refusal.page,
});

/** What only a routine look meets, every six hours, does not begin anew with each. */
const LASTING: ReadonlySet<string> = new Set(['config-unfit', 'peer-id-wrong', 'name-taken']);
const LASTS_MS = 7 * 60 * 60_000;

/** So long a person may say yes to what was asked. */
export const answerableMs = ({ ask }: Pick<Fleet, 'ask'>): number => ask.expiresAfterHours * 60 * 60_000;

/** Writes to the journal what is new or has lasted for a day, and pages once an onset. */
export async function tell(work: Work, refusals: readonly SubjectRefusal[]): Promise<void> {
  const met = refusals.map((one) => (LASTING.has(one.refuse) ? { ...one, lastsMs: LASTS_MS } : one));
  const { store, fleet, clients, environment } = work;
  const key = keys.rotation(fleet.name);
  const read = () => store.readRotation(fleet.name);
  const telling = await settle(store, key, read, (stored) => {
    const told = stored?.told ?? [];
    const claimed = claimTelling({ ...newRegister, told }, met, Date.now(), answerableMs(fleet));
    const same = claimed.next.told.length === 0 && told.length === 0;
    return { write: same ? undefined : next(stored, { told: claimed.next.told }), result: claimed };
  });
  const teller = {
    sns: clients.sns,
    topicArn: environment.TOPIC_ARN,
    fleet: fleet.name,
    write: work.write,
    asks: { functionName: 'chainmend-rotate-peers', takesLong: true } as const,
  };
  await tellRefusals(teller, telling);
  if (telling.page.length === 0) return;
  await settle(store, key, read, (stored) => {
    const { told } = markPaged({ ...newRegister, told: stored?.told ?? [] }, telling.page);
    return { write: next(stored, { told }), result: undefined };
  });
}

/** What could not be done for a node: a page of its own, each time that it happens. */
export async function pageFailure(work: Work, code: FailureCode, sentence: string, subject: Subject): Promise<void> {
  await page(work.clients.sns, work.environment.TOPIC_ARN, {
    fleet: work.fleet.name,
    node: subject.name,
    code,
    sentence,
  });
  await work.write({ kind: 'page', code, sentence }, subject);
}

const LOOK_AGAIN_MS = 5 * 60_000;
const OPEN = new Set(['open', 'allocated', 'claimed']);

/**
 * Right before a mutation of a node: pauses, fleet file and mode, the node's pause tag, its lease and its incidents, as they are now.
 * @returns why it may not be done, or null
 */
export async function guardAgain(
  work: Work,
  { name, instanceId }: Subject,
  approved: boolean,
): Promise<Refusal | null> {
  const { clients, environment, fleet, store } = work;
  const [switches, { Tags = [] }, records] = await Promise.all([
    readSwitches(clients.ssm, environment.PARAMETER_PREFIX, fleet.name),
    clients.ec2.send(
      new DescribeTagsCommand({
        Filters: [
          { Name: 'resource-id', Values: [instanceId] },
          { Name: 'key', Values: [PAUSE_TAG] },
        ],
      }),
    ),
    store.readFleet(fleet.name),
  ]);
  if ('refuse' in switches) return switches;
  const paused =
    switches.refusal ?? judgePauseTag(Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])));
  if (paused) return paused;
  const refuse = (code: 'mode-changed' | 'busy' | 'incident-open', reason: string): Refusal => ({
    refuse: code,
    reason,
    page: false,
    lookAgainMs: LOOK_AGAIN_MS,
  });
  const { mode } = switches.fleet;
  if (mode !== 'act' && !(mode === 'ask' && approved))
    return refuse('mode-changed', `the fleet file says mode: ${mode} now`);
  // Whose restart is allowed, how the client is stopped and who is in the fleet were all decided by the file as it was.
  if (JSON.stringify({ ...switches.fleet, mode }) !== JSON.stringify({ ...fleet, mode }))
    return refuse('mode-changed', 'the fleet file says something else now');
  const node = records.nodes.find((one) => one.instanceId === instanceId);
  if (node?.owner != null) return refuse('busy', `a heal holds ${name}`);
  // Of a node that stands still the peers may be all that is wrong; while a ladder is at work on it, it holds it.
  const incident = records.incidents.find(
    (one) => one.instanceId === instanceId && OPEN.has(one.state) && one.trouble !== 'node:health',
  );
  return incident
    ? refuse('incident-open', `incident ${incident.incidentId} of ${name} (${incident.trouble}) is open`)
    : null;
}
