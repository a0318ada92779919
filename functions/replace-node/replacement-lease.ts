// The lease of the new instance. The volumes of the old one go to it, and may come back: what was done to them within a day counts wherever they are.
import { changeNode, type Leased, takeLease } from '../../shared/heal/claim.ts';
import { type Holder, withHistoryOf } from '../../shared/heal/lease.ts';
import type { ReplaceContext } from './state.ts';

/** Body of one step: takes the new instance, whose record knows what the old one's knows. */
export async function leaseReplacement(context: ReplaceContext, instanceId: string): Promise<Leased> {
  const original = await context.store.readNode(context.payload.instanceId);
  return takeLease(context, 'replace', instanceId, undefined, original);
}

/**
 * The same for a later attempt: a disk may have been grown on the new instance since, so the old one's record learns of that, too.
 *
 * @param holder of the old instance. Where that is lost, the next act finds it
 */
export async function leaseReplacementAgain(
  context: ReplaceContext,
  instanceId: string,
  holder: Holder,
): Promise<Leased> {
  const leased = await leaseReplacement(context, instanceId);
  if ('busy' in leased) return leased;
  const replacement = await context.store.readNode(instanceId);
  await changeNode(context, holder, (node) => {
    const knowing = withHistoryOf(node, replacement);
    return knowing === node ? null : knowing;
  });
  return leased;
}
