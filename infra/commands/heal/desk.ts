// What a person asks for, judged before there is an incident: by the guard that the heal itself asks, of what a person may read.
import { judgePutAway, putAwayOf } from '../../../shared/heal/put-back.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { Suite } from './context.ts';

/** Why nothing would come of it, whatever else is so; null where that is not known, as where nobody has seen the node yet. */
export async function judgeAtDesk(suite: Suite, event: Readonly<Record<string, unknown>>): Promise<Refusal | null> {
  if (event['kind'] !== 'undo') return null;
  const fleet = String(event['fleet']);
  const seen = (await suite.observed(fleet))
    .flatMap(({ nodes }) => nodes)
    .filter(({ name, instanceId }) => name === event['node'] || instanceId === event['instanceId']);
  const [node, another] = seen;
  if (node === undefined || another !== undefined) return null;
  const [kept, record] = await Promise.all([suite.kept(fleet), suite.node(node.instanceId)]);
  return judgePutAway(putAwayOf(kept, node.name), record);
}
