// What a power is fenced by between the fleets of a suite, in a word; where nothing fences it, what could be done to another fleet, in a sentence.
import type { Fleet } from '../../../shared/fleet/model.ts';
import { FLEET_TAG } from '../../../shared/model/tags.ts';
import { listOf, type Statement, text } from '../support.ts';

/** Whether an action only reads. */
const READS = /:(Describe|Get|List|Query|Simulate)/;

/** By action and thing: what a role could do to another fleet though no condition names one. A new power without a fence is a line here, or a fence. */
const OPEN: Readonly<Record<string, string>> = {
  'ec2:DetachVolume volume': 'only from an instance that the row of instances lets through',
  'ec2:ModifyInstanceAttribute volume': 'only of an instance that the row of instances lets through',
  'ec2:RunInstances subnet': 'an instance is launched in its subnets',
  'ec2:RunInstances network-interface': 'nothing: an interface that is there cannot be named',
  'ec2:RunInstances image': 'an instance is launched as its template says',
  'ec2:CreateTags *': 'what has just been made carries its tags',
  'ec2:CreateTags snapshot': 'what has just been made carries its tags',
  'kms:CreateGrant key': 'its volumes are opened, where the volume itself is let through',
  'cloudwatch:PutMetricData *': 'metrics are written under its name',
};

/** @param all of the same role: a denial among them fences, too */
export function betweenFleets(statement: Statement, all: readonly Statement[], fleets: readonly Fleet[]): string {
  const { effect, actions } = statement;
  if (effect === 'Deny') return '-';
  const own = fenceIn(statement, fleets);
  if (own === 'values, its own') return own;
  const denials = all.filter(
    (one) =>
      one.effect === 'Deny' && actions.every((action) => one.actions.includes(action)) && namesFleets(one, fleets),
  );
  const fence = denials.some(({ conditions }) => 'StringNotEquals' in conditions) ? 'values' : own;
  if (fence !== 'none') return fence;
  return actions.every((action) => READS.test(action)) ? 'reads all' : openWords(statement);
}

function openWords({ sid, actions, resources }: Statement): string {
  const kinds = resources.map((resource) => /:([a-z-]+|\*)\/[^:]*$/.exec(text(resource))?.[1] ?? '*');
  const words = actions
    .filter((action) => !READS.test(action))
    .flatMap((action) => kinds.flatMap((kind) => OPEN[`${action} ${kind}`] ?? []));
  const [first] = words;
  if (first === undefined)
    throw new Error(
      `${sid} (${actions.join(', ')} on ${resources.map(text).join(', ')}) has no fence between fleets: give it one, or say in powers/between-fleets.ts what it could do to another fleet`,
    );
  return first;
}

type Fence = 'values, its own' | 'values' | 'keys' | 'name' | 'none';

function fenceIn(statement: Statement, fleets: readonly Fleet[]): Fence {
  const { conditions, resources } = statement;
  const entries = Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ operator, key, values: listOf(values).map(text) })),
  );
  const paired = entries.some(
    ({ operator, key, values }) =>
      operator === 'StringEqualsIfExists' && key === `aws:RequestTag/${FLEET_TAG}` && values.length === 1,
  );
  if (paired && fleets.length > 1) return 'values, its own';
  if (namesFleets(statement, fleets)) return 'values';
  if (entries.some(({ operator, key }) => operator === 'Null' && /^aws:ResourceTag\//.test(key))) return 'keys';
  return resources.map(text).every((resource) => isName(resource)) ? 'name' : 'none';
}

/** A thing by its name, which serves all fleets: a table, a topic, a function, a document, a parameter of the suite. */
const isName = (resource: string): boolean =>
  resource !== '*' && (/^<[^>]+>$/.test(resource) || /chainmend/.test(resource) || !/[/:]\*$/.test(resource));

function namesFleets({ conditions, resources }: Statement, fleets: readonly Fleet[]): boolean {
  const values = new Set(
    fleets.flatMap(({ tag, name, nodes, volumes, dns, replace, copiesFrom }) => [
      tag,
      ...[nodes, ...volumes].flatMap((one) => Object.values('tags' in one ? one.tags : {})),
      ...(dns ? [`*.${dns.zone}`] : []),
      ...replace.lifecyclePolicies,
      ...(copiesFrom?.account ? [copiesFrom.account.id] : []),
      `:alarm:chainmend-${name}-*`,
    ]),
  );
  const all = [
    ...Object.values(conditions).flatMap((keys) => Object.values(keys).flatMap((some) => listOf(some).map(text))),
  ];
  return (
    all.some((value) => values.has(value)) ||
    resources.map(text).every((resource) => values.has(`:${resource.split(':').slice(5).join(':')}`))
  );
}
