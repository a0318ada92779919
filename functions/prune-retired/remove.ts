// Carries out one removal: the truth and the guard are read again right before it, the intent is written before it and the result after.
// EC2 deletes by id and says so when it is gone already: all of this can be repeated.
import { DeleteSnapshotCommand, DeleteVolumeCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { type Refused, refusalOf } from '../../shared/aws/refused.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { endKept, type KeptKind } from '../../shared/heal/kept.ts';
import { WHOLE_FLEET } from '../../shared/heal/telling.ts';
import { decidePrune, type Removal, stillPlanned } from './decide.ts';
import { readFacts } from './facts.ts';
import { guardAgain, type Work } from './work.ts';

/** What came of a removal. `stop`: nothing more may be done in this run. */
export type Removed =
  | { readonly done: true }
  | { readonly done: false; readonly refusal: SubjectRefusal; readonly stop: boolean };

/** Error codes of EC2 ("Error codes for the Amazon EC2 API"): what was to be deleted is not there. */
const GONE = new Set(['InvalidVolume.NotFound', 'InvalidInstanceID.NotFound', 'InvalidSnapshot.NotFound']);
/** It is in use, locked or protected: somebody wants it. Whatever else AWS refuses, a person has to look at. */
const KEPT = new Set([
  'VolumeInUse',
  'IncorrectState',
  'IncorrectInstanceState',
  'OperationNotPermitted',
  'InvalidSnapshot.InUse',
  'SnapshotLocked',
]);

/**
 * The guard comes last before each call: a pause holds from the moment at which it is set.
 *
 * @param approved a person said yes to the plan that it is of
 */
export async function remove(work: Work, removal: Removal, approved: boolean): Promise<Removed> {
  const stays = (why: string, page = false): Removed => {
    const reason = `${removal.sentence}: ${why}`;
    return { done: false, refusal: { refuse: 'kept-longer', subject: removal.id, reason, page }, stop: false };
  };
  const again = decidePrune(await readFacts(work, work.fleet, Date.now(), removal.kind));
  if (!stillPlanned(removal, again)) return stays('it is not as it was a moment ago, and the next run looks again');
  for (const { act, send } of callsOf(work, removal)) {
    const said = await journalled(work, removal, act, async () => {
      const guarded = await guardAgain(work, approved);
      if (guarded) return guarded;
      await send();
      return undefined;
    });
    if (said === undefined) continue;
    return 'refused' in said
      ? stays(`AWS refused ${act}: ${said.refused}`, !KEPT.has(said.code))
      : { done: false, refusal: said, stop: true };
  }
  // Nothing follows from the record any more, whatever is called so some day.
  const over = (kind: KeptKind, ids: readonly string[]) => endKept(work.store, work.fleet.name, kind, ids, Date.now());
  await over(removal.kind, [removal.id]);
  if (removal.kind === 'set') await over('quarantine', removal.snapshotIds);
  return { done: true };
}

interface Call {
  /** The operation, and what it is about. */
  readonly act: string;
  readonly send: () => Promise<unknown>;
}

function callsOf({ clients: { ec2 } }: Work, removal: Removal): readonly Call[] {
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

/** @returns what AWS said where it refused, or why nothing may be done; undefined where it is done */
async function journalled(
  work: Work,
  removal: Removal,
  act: string,
  send: () => Promise<SubjectRefusal | undefined>,
): Promise<SubjectRefusal | Refused | undefined> {
  const about = { name: removal.node, instanceId: removal.kind === 'instance' ? removal.id : WHOLE_FLEET };
  const result = (sentence: string): Promise<void> => work.write({ kind: 'result', act, sentence }, about);
  await work.write({ kind: 'intent', act, sentence: removal.sentence }, about);
  try {
    const refusal = await send();
    await result(refusal ? `not done: ${refusal.reason}` : 'done');
    return refusal;
  } catch (error) {
    if (error instanceof Error && GONE.has(error.name)) {
      await result('it was gone already');
      return undefined;
    }
    const refused = definite(error);
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    await result(`${refused ? 'refused' : 'not known to be done'}: ${said}`);
    if (!refused) throw error;
    return refused;
  }
}

/** Undefined where the error leaves open whether the call had an effect. */
function definite(error: unknown): Refused | undefined {
  try {
    return refusalOf(error);
  } catch {
    return undefined;
  }
}
