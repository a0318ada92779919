// What people say to chainmend by AWS's API: a wish for a node, or a yes to a plan.
import type { CallRecord } from '../../../local/simulator/trace.ts';
import type { PersonAct } from './acts.ts';

/** Undefined: the request says nothing of the kind. The commands are those of docs/restoring.md and docs/names.md. */
export function saidBy({ operation, input, at }: CallRecord): PersonAct | undefined {
  if (operation === 'SendDurableExecutionCallbackSuccess') return answered(input, at);
  if (operation !== 'Invoke') return undefined;
  const { Payload } = input as { readonly Payload?: Uint8Array };
  const text = Payload ? Buffer.from(Payload).toString('utf8') : '';
  // The daily look at releases does nothing to a node.
  if (/"kind": *"releases"/.test(text)) return undefined;
  const fleet = /"fleet": *"([^"]{1,64})"/.exec(text)?.[1];
  const node = /"(?:node|instanceId)": *"([^"]{1,256})"/.exec(text)?.[1];
  const whom = { ...(fleet !== undefined && { fleet }), ...(node !== undefined && { node }) };
  if (/"kind": *"scale"/.test(text)) {
    // Without the plan that was shown it is a question.
    const nodes = /"nodes": *(\d{1,3})/.exec(text)?.[1];
    const isShown = !/"plan": *"[0-9a-f]{12}"/.test(text);
    return isShown || nodes === undefined ? undefined : { atMs: at, kind: 'approve', ...whom, nodes: Number(nodes) };
  }
  const isYes = /"(?:approve|confirm)": *true|"kind": *"approve"/.test(text);
  if (isYes) return { atMs: at, kind: 'approve', ...whom };
  const height = /"atHeight": *(\d{1,10})/.exec(text)?.[1];
  const to = /"kind": *"upgrade"/.test(text) ? /"to": *"([^"]{1,64})"/.exec(text)?.[1] : undefined;
  return {
    ...{ atMs: at, kind: 'request', ...whom },
    ...(to !== undefined && { to }),
    ...(/"kind": *"upgrade"/.test(text) && { ofAll: true }),
    ...(/"strategy": *"blue-green"/.test(text) && { isBeside: true }),
    ...(height !== undefined && { atHeight: Number(height) }),
  };
}

/** The answer to a question: a yes names the plan that was shown. */
function answered(input: unknown, atMs: number): PersonAct {
  const { Result } = input as { readonly Result?: Uint8Array };
  const text = Result ? Buffer.from(Result).toString('utf8') : '';
  if (/"approve": *false/.test(text)) return { atMs, kind: 'reject' };
  const plan = /"plan": *"([0-9a-f]{8,64})"/.exec(text)?.[1];
  return { atMs, kind: 'approve', ...(plan !== undefined && { plan }) };
}
