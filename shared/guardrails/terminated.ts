// Whether a node whose instance was terminated is made again: somebody may have meant it. Pure.
import type { Fleet, Role } from '../fleet/model.ts';
import type { GoneNode } from '../fleet/observation.ts';
import type { GuardrailCode, Refusal } from '../model/guardrail-codes.ts';
import { hasTags } from '../model/tags.ts';
import { names } from '../text/names.ts';

const MINUTE_MS = 60_000;
/** Nodes that went within this time are one event. */
const TOGETHER_MS = 60 * MINUTE_MS;
/** What only a person can change is judged again after this time. */
const PERSON_MS = 15 * MINUTE_MS;

export interface TerminatedFacts {
  readonly nowMs: number;
  readonly fleet: Pick<Fleet, 'name' | 'nodes' | 'replace' | 'breaker'>;
  readonly node: { readonly instanceId: string; readonly name: string; readonly role: Role };
  /** The nodes of the fleet that are there, without what a heal is about to add. */
  readonly present: readonly { readonly instanceId: string; readonly name: string }[];
  /** The nodes of the fleet that were missed in the last day. */
  readonly gone: readonly GoneNode[];
  /** What its machine was like; null where nobody has written it down. */
  readonly machine: {
    readonly autoScalingGroup: string | null;
    readonly tags: Readonly<Record<string, string>>;
  } | null;
}

/** Why the node is not made again; null where it is missed, and nothing speaks against it. */
export function judgeTerminated(facts: TerminatedFacts): Refusal | null {
  const { fleet, node, present, machine } = facts;
  if (!fleet.replace.terminated) {
    const reason = `${node.name} was terminated, and the fleet file does not say replace.terminated: true`;
    return refuse('not-made-again', reason);
  }
  const namesake = namesakeOf(facts);
  if (namesake !== null) return refuse('name-taken', `${namesake} is ${node.name} now: another one is not made`);
  if (node.role === 'validator') {
    const reason = `${node.name} is a validator, which is never made again: if its key still signs somewhere, a second copy would sign twice`;
    return refuse('validator', reason);
  }
  if (node.role === 'unknown') {
    const reason = `no role is known of ${node.name}, and it could be a validator: say in the fleet file what it does (role: follower, sentry, bootnode or validator)`;
    return refuse('role-unknown', reason, { page: true });
  }
  if (machine === null) {
    const reason = `what ${node.name} was like is not written down: it was gone before watch-fleet had kept it. Launch it by hand, with its name and the fleet’s tags`;
    return refuse('not-made-again', reason, { page: true });
  }
  if (machine.autoScalingGroup !== null) {
    const reason = `Auto Scaling group ${machine.autoScalingGroup} makes another one in the place of ${node.name}, if it is to`;
    return refuse('asg-owned', reason);
  }
  if (!hasTags(machine.tags, fleet.nodes.tags)) {
    const reason = `${node.name} did not carry the tags that nodes.tag of the fleet file names now: it was changed, and another one would be no node of ${fleet.name}`;
    return refuse('not-made-again', reason);
  }
  return judgeScaledDown(fleet.nodes.expected, present.length, node.name) ?? judgeTogether(facts);
}

/** The owner's number decides. Without one, as many are expected as were seen. */
function judgeScaledDown(expected: number | undefined, present: number, name: string): Refusal | null {
  if (expected === undefined || present < expected) return null;
  return refuse(
    'scaled-down',
    `the fleet has ${present} nodes, ${expected} expected: it does not need ${name} any more`,
  );
}

/** One node goes by accident. Several at once are an intention, or a trouble that more instances would make worse: the breaker's limit. */
function judgeTogether({ nowMs, fleet, node, present, gone }: TerminatedFacts): Refusal | null {
  const lately = gone.filter(({ sinceMs }) => nowMs - sinceMs < TOGETHER_MS);
  const { unhealthyMinimum, unhealthyPercent } = fleet.breaker;
  const all = present.length + lately.length;
  const limit = Math.max(unhealthyMinimum, Math.floor((all * unhealthyPercent) / 100));
  if (lately.length <= limit) return null;
  const reason = `${lately.length} of ${all} nodes are gone within an hour (${names(lately.map(({ name }) => name))}), limit ${limit}: somebody may be scaling down. ${node.name} is not made again until a person has looked`;
  return refuse('breaker-open', reason, { page: true });
}

/** The instance that carries the node's name now; null where none does. */
export function namesakeOf({
  node,
  present,
}: {
  readonly node: Pick<TerminatedFacts['node'], 'instanceId' | 'name'>;
  readonly present: TerminatedFacts['present'];
}): string | null {
  return (
    present.find(({ instanceId, name }) => name === node.name && instanceId !== node.instanceId)?.instanceId ?? null
  );
}

const refuse = (code: GuardrailCode, reason: string, { page = false } = {}): Refusal => ({
  refuse: code,
  reason,
  page,
  retryAfterMs: PERSON_MS,
});
