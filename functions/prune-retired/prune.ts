// One fleet's run: plans what may go, then writes the plan, asks about it or carries it out, as the fleet's mode says. Each removal is carried out
// separately: the truth and the guard are read again right before it, the intent is written before it and the result after. EC2 deletes by id and
// says so when it is gone already: all of this can be repeated.
import { DeleteSnapshotCommand, DeleteVolumeCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { type AwsRefusal, refusalOf } from '../../shared/aws/refusals.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { WHOLE_FLEET } from '../../shared/heal/journal.ts';
import { endKept, type KeptKind } from '../../shared/heal/kept.ts';
import { type Approval, reconcileWhole, type WholePlan } from '../../shared/reconcile/plan.ts';
import { takeSteps } from '../../shared/reconcile/steps.ts';
import { type PruneContext, readGuards } from './context.ts';
import { decidePrune, deletionsOf, MAX_DELETIONS, type PrunePlan, stillPlanned, usedAgain } from './decide.ts';
import { readFacts } from './facts.ts';
import { reconcileHolds } from './holds.ts';
import type { PruneFacts, Removal } from './retired-resources.ts';

/** The result of a run, for the log and for a person who asked. */
export interface PruneSummary {
  readonly fleet: string;
  readonly removed: readonly string[];
  /** Past their date, and not removed: mode plan or ask, only asked for, left for the next run, or refused. */
  readonly left: readonly string[];
  /** Identifies the plan, for an approval. */
  readonly plan?: string;
  readonly refusals: readonly string[];
}

/** What an invocation may still do of a fleet: one that is tried again goes on with the rest. */
export interface Room {
  deletions: number;
  /** Incidents whose hold was renewed. */
  readonly renewed: Set<string>;
}

export const newRoom = (): Room => ({ deletions: MAX_DELETIONS, renewed: new Set() });

export interface PruneRequest {
  /** Only says what would go. */
  readonly onlyPlan: boolean;
  readonly approval: Approval | undefined;
  readonly room: Room;
}

const HOUR_MS = 60 * 60_000;
const MAX_SENTENCES = 10;

export async function pruneFleet(
  context: PruneContext,
  { onlyPlan, approval, room }: PruneRequest,
): Promise<PruneSummary> {
  const { fleet } = context;
  const read = () => readFacts(context, fleet, Date.now());
  if (onlyPlan) return planSummary(fleet.name, decidePrune(await read()));
  const failures: unknown[] = [];
  // A held snapshot is not removed, even if its hold could not be renewed: the rest need not wait for the renewal.
  if (!approval) await reconcileHolds(context, room.renewed).catch((error: unknown) => failures.push(error));
  const { plan, done, refusals } = await reconcileWhole(
    context,
    {
      facts: async () => {
        const facts = await read();
        await forgetMissing(context, facts.missing);
        await leaveUsed(context, usedAgain(facts));
        return facts;
      },
      decide: (facts) => decidePrune(facts, room.deletions),
      whole: wholePlan,
      apply: (planned, approved) =>
        takeSteps(context, {
          ...{ steps: planned.removals, sentence: sentencesOf(planned), approval: approved, failures },
          take: async (removal) => {
            const result = await remove(context, removal, approved !== undefined);
            if (!result.done) return result;
            room.deletions -= deletionsOf(removal);
            return undefined;
          },
        }),
    },
    approval,
    failures,
  );
  if (!done) return planSummary(fleet.name, plan, refusals);
  return { fleet: fleet.name, removed: done.done, left: done.left, refusals: refusals.map(refusalText) };
}

const planSummary = (
  fleet: string,
  plan: PrunePlan,
  refusals: readonly SubjectRefusal[] = plan.refusals,
): PruneSummary => ({
  fleet,
  removed: [],
  left: [
    ...plan.removals.map(({ sentence }) => sentence),
    ...(plan.waiting > 0 ? [`and ${plan.waiting} more, by later runs`] : []),
  ],
  ...(plan.removals.length > 0 && { plan: plan.hash }),
  refusals: refusals.map(refusalText),
});

const refusalText = ({ refuse, reason }: SubjectRefusal): string => `${refuse}: ${reason}`;

/** The next run, six hours later, asks again only if the question has expired. */
const wholePlan = (plan: PrunePlan): WholePlan => ({
  hash: plan.hash,
  isEmpty: plan.removals.length === 0,
  would: sentencesOf(plan),
  because: '',
  changes: { removals: plan.removals.map(({ kind, id }) => `${kind} ${id}`) },
  questionLastsMs: 13 * HOUR_MS,
});

function sentencesOf({ removals, waiting }: PrunePlan): string {
  const first = removals.slice(0, MAX_SENTENCES).map(({ sentence }) => sentence);
  const more = removals.length - first.length + waiting;
  return `delete ${[...first, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')}`;
}

/** A person who removes the tags has taken the resource: that is reported once, and its record has no effect any more. */
async function forgetMissing(context: PruneContext, missing: PruneFacts['missing']): Promise<void> {
  for (const { kind, id, node, there } of missing) {
    if (there)
      await context.write(
        {
          kind: 'decision',
          sentence: `${id} was kept, and its tags say so no more: it is left to people`,
        },
        { name: node, instanceId: kind === 'instance' ? id : WHOLE_FLEET },
      );
    await endKept(context.store, context.fleet.name, kind, [id], Date.now());
  }
}

/** A person has put it back: from now on it is its node's, whatever its tags say, also while it is detached for a moment. */
async function leaveUsed(context: PruneContext, used: ReturnType<typeof usedAgain>): Promise<void> {
  for (const { volumeId, node } of used) {
    await context.write(
      { kind: 'decision', sentence: `${volumeId} was kept, and is on ${node.name} again: no date removes it any more` },
      node,
    );
    await endKept(context.store, context.fleet.name, 'volume', [volumeId], Date.now());
  }
}

/** The result of a removal. `stop`: nothing more may be done in this run. */
type RemovalResult =
  | { readonly done: true }
  | { readonly done: false; readonly refusal: SubjectRefusal; readonly stop: boolean };

/** Error codes of EC2 ("Error codes for the Amazon EC2 API"): the resource to delete does not exist. */
const GONE = new Set(['InvalidVolume.NotFound', 'InvalidInstanceID.NotFound', 'InvalidSnapshot.NotFound']);
/** It is in use, locked or protected: somebody needs it. Any other refusal of AWS needs a person. */
const KEPT = new Set([
  'VolumeInUse',
  'IncorrectState',
  'IncorrectInstanceState',
  'OperationNotPermitted',
  'InvalidSnapshot.InUse',
  'SnapshotLocked',
]);

/** An instance that somebody has protected against its end (`DisableApiTermination`) or a stop, which is both: nobody but a person takes that back. */
const PROTECTED = 'OperationNotPermitted';

const howToLetGo = (instanceId: string, refused: string): string =>
  `It stays, and costs, until somebody lets it go: aws ec2 modify-instance-attribute --instance-id ${instanceId} ${
    refused.includes('disableApiStop') ? '--no-disable-api-stop' : '--no-disable-api-termination'
  }`;

/**
 * The guard is the last read before each call: a pause holds from the moment at which it is set.
 *
 * @param approved a person approved the plan of this removal
 */
export async function remove(context: PruneContext, removal: Removal, approved: boolean): Promise<RemovalResult> {
  const stays = (why: string, page = false): RemovalResult => {
    const reason = `${removal.sentence}: ${why}`;
    return { done: false, refusal: { refuse: 'kept-longer', subject: removal.id, reason, page }, stop: false };
  };
  const again = decidePrune(await readFacts(context, context.fleet, Date.now(), removal.kind));
  if (!stillPlanned(removal, again)) return stays('it is not as it was a moment ago, and the next run looks again');
  for (const { act, send } of callsOf(context, removal)) {
    const said = await sendJournalled(context, removal, act, async () => {
      const guarded = await readGuards(context, approved);
      if (guarded) return guarded;
      await send();
      return undefined;
    });
    if (said === undefined) continue;
    if ('refused' in said && removal.kind === 'instance' && said.code === PROTECTED)
      return stays(`${said.refused} ${howToLetGo(removal.id, said.refused)}`, true);
    return 'refused' in said
      ? stays(`AWS refused ${act}: ${said.refused}`, !KEPT.has(said.code))
      : { done: false, refusal: said, stop: true };
  }
  // The record has no effect any more, even if a later resource gets this id.
  const over = (kind: KeptKind, ids: readonly string[]) =>
    endKept(context.store, context.fleet.name, kind, ids, Date.now());
  await over(removal.kind, [removal.id]);
  if (removal.kind === 'set') await over('quarantine', removal.snapshotIds);
  return { done: true };
}

interface RemovalCall {
  /** The operation, and what it is about. */
  readonly act: string;
  readonly send: () => Promise<unknown>;
}

function callsOf({ clients: { ec2 } }: PruneContext, removal: Removal): readonly RemovalCall[] {
  const { id } = removal;
  switch (removal.kind) {
    case 'volume':
      return [{ act: `DeleteVolume ${id}`, send: () => ec2.send(new DeleteVolumeCommand({ VolumeId: id })) }];
    case 'instance':
      return [
        {
          act: `TerminateInstances ${id}`,
          send: () => ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] })),
        },
      ];
    case 'set':
      return removal.snapshotIds.map((SnapshotId) => ({
        act: `DeleteSnapshot ${SnapshotId}`,
        send: () => ec2.send(new DeleteSnapshotCommand({ SnapshotId })),
      }));
  }
}

/** @returns AWS's message where it refused, or why nothing may be done; undefined where the call succeeded */
async function sendJournalled(
  context: PruneContext,
  removal: Removal,
  act: string,
  send: () => Promise<SubjectRefusal | undefined>,
): Promise<SubjectRefusal | AwsRefusal | undefined> {
  const about = { name: removal.node, instanceId: removal.kind === 'instance' ? removal.id : WHOLE_FLEET };
  const result = (sentence: string): Promise<void> => context.write({ kind: 'result', act, sentence }, about);
  await context.write({ kind: 'intent', act, sentence: removal.sentence }, about);
  try {
    const refusal = await send();
    await result(refusal ? `not done: ${refusal.reason}` : 'done');
    return refusal;
  } catch (error) {
    if (error instanceof Error && GONE.has(error.name)) {
      await result('it was gone already');
      return undefined;
    }
    const refused = definiteRefusal(error);
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    await result(`${refused ? 'refused' : 'not known to be done'}: ${said}`);
    if (!refused) throw error;
    return refused;
  }
}

/** Undefined where the error leaves open whether the call had an effect. */
function definiteRefusal(error: unknown): AwsRefusal | undefined {
  try {
    return refusalOf(error);
  } catch {
    return undefined;
  }
}
