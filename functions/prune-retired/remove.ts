// Carries out one removal: the guard and the truth are read again right before it, the intent is written before it and the result after.
// EC2 deletes by id and says so when it is gone already: all of this can be repeated.
import { DeleteSnapshotCommand, DeleteVolumeCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { decidePrune, type Removal, stillPlanned } from './decide.ts';
import { readFacts } from './facts.ts';
import { guardAgain, type Work } from './work.ts';

/** What came of a removal. `stop`: nothing more may be done in this run. */
export type Removed =
  | { readonly done: true }
  | { readonly done: false; readonly refusal: SubjectRefusal; readonly stop: boolean };

/** Error codes of EC2 ("Error codes for the Amazon EC2 API"): what was to be deleted is not there. */
const GONE = new Set(['InvalidVolume.NotFound', 'InvalidInstanceID.NotFound', 'InvalidSnapshot.NotFound']);
/** It is in use, locked or protected: somebody wants it. */
const KEPT = new Set([
  'VolumeInUse',
  'IncorrectState',
  'IncorrectInstanceState',
  'OperationNotPermitted',
  'InvalidSnapshot.InUse',
  'SnapshotLocked',
]);

/** @param approved a person said yes to the plan that it is of */
export async function remove(work: Work, removal: Removal, approved: boolean): Promise<Removed> {
  const guarded = await guardAgain(work, approved);
  if ('refuse' in guarded) return { done: false, refusal: guarded, stop: true };
  const again = decidePrune(await readFacts(work, guarded.fleet, Date.now(), removal.kind));
  if (!stillPlanned(removal, again)) {
    const reason = `${removal.sentence}: it is not as it was a moment ago, and the next run looks again`;
    return { done: false, refusal: { refuse: 'kept-longer', subject: removal.id, reason, page: false }, stop: false };
  }
  for (const { act, send } of callsOf(work, removal)) {
    const why = await call(work, removal, act, send);
    if (why === undefined) continue;
    const reason = `${removal.sentence}: AWS refused ${act}: ${why}`;
    return { done: false, refusal: { refuse: 'kept-longer', subject: removal.id, reason, page: false }, stop: false };
  }
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

/** @returns what AWS said where it refused; undefined where it is done */
async function call(work: Work, removal: Removal, act: string, send: Call['send']): Promise<string | undefined> {
  const about = { name: removal.node, instanceId: removal.kind === 'instance' ? removal.id : '-' };
  await work.write({ kind: 'intent', act, sentence: removal.sentence }, about);
  try {
    await send();
    await work.write({ kind: 'result', act, sentence: 'done' }, about);
    return undefined;
  } catch (error) {
    const code = error instanceof Error ? error.name : '';
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (GONE.has(code)) {
      await work.write({ kind: 'result', act, sentence: 'it was gone already' }, about);
      return undefined;
    }
    const kept = KEPT.has(code);
    await work.write({ kind: 'result', act, sentence: `${kept ? 'refused' : 'not known to be done'}: ${said}` }, about);
    if (!kept) throw error;
    return said;
  }
}
