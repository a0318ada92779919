// The facts that `npm run chainmend -- check --account` reads in an account, and its findings. Pure.

import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import { nameOf, ownerOf, toolTagOf } from '../../../shared/guardrails/owner.ts';
import { judgeOwner } from '../../../shared/guardrails/replace.ts';
import { GUARDRAILS, type GuardrailCode } from '../../../shared/model/guardrail-codes.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import {
  type LaunchFacts,
  launchProblems,
  type NodeFact,
  replaces,
  short,
} from '../../../shared/readiness/launch-facts.ts';
import type { Read } from '../../../shared/readiness/verdict.ts';
import { commandNames } from '../../names.ts';
import type { NewNodesOfFleet } from '../nodes/new-nodes.ts';
import type { RoomForPorts } from '../nodes/open-ports.ts';
import { type Subscribers, unreadPages } from '../subscribers.ts';

export interface FleetFacts extends LaunchFacts {
  /** Of a fleet that is deployed. */
  readonly newNodes?: Read<NewNodesOfFleet>;
  readonly ports?: RoomForPorts;
  /** The fleet's parameter exists. */
  readonly isStored: boolean;
}

export interface AccountFacts {
  readonly account: string;
  readonly region: string;
  /** Concurrent executions of Lambda; undefined with `unknownConcurrency`. */
  readonly concurrency: number | undefined;
  readonly unknownConcurrency?: string;
  readonly isBootstrapped: boolean;
  /** undefined: the region has durable functions; else why that is not known. */
  readonly withoutDurable: string | undefined;
  readonly subscribers: Subscribers;
  readonly isDeployed: boolean;
  readonly fleets: readonly FleetFacts[];
}

export interface Findings {
  /** What was checked, in order. */
  readonly lines: readonly string[];
  /** What will not work: each a sentence with the remedy. */
  readonly problems: readonly string[];
}

/**
 * "New AWS accounts have reduced concurrency and memory quotas" (Lambda quotas); it is often 10. Nine functions sweep; probes and heals come on top.
 * They wait for each other without a page, but a wave of heals is then slow.
 */
const ENOUGH_CONCURRENCY = 50;
/** "Concurrent executions" (Service Quotas, AWS Lambda). */
const RAISE =
  'aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000';

export function findingsOf(facts: AccountFacts): Findings {
  const { account, region, concurrency, isBootstrapped, withoutDurable, subscribers, isDeployed, fleets } = facts;
  const lines = [
    `account ${account} in ${region}, chainmend is ${isDeployed ? '' : 'not '}deployed`,
    isBootstrapped ? 'CDK is bootstrapped' : 'CDK is not bootstrapped: npx cdk bootstrap',
    withoutDurable === undefined ? 'durable functions are there' : withoutDurable,
    concurrency === undefined
      ? `Lambda’s concurrency is not known: ${facts.unknownConcurrency}`
      : concurrencyLine(concurrency),
    ...subscriberLines(subscribers),
    ...fleets.flatMap((fleet) => [...fleetLines(fleet), ...newNodeLines(fleet)]),
  ];
  const problems = fleets.flatMap((fleet) => problemsOf(fleet, isDeployed));
  if (!isBootstrapped && !isDeployed) problems.push('CDK is not bootstrapped in this region: npx cdk bootstrap');
  const unread = unreadPages(subscribers);
  if (unread !== undefined) problems.push(unread);
  const roles = rolesOf(facts);
  const missing = fleets.some(({ templates }) => templates.some(({ mayPass }) => mayPass === false));
  if (fleets.length > 0 && (missing || !isDeployed)) lines.push(`Deploy with: ${deployCommand(roles, isDeployed)}`);
  return { lines, problems };
}

/** The roles of every template that a heal may launch from. */
const rolesOf = ({ fleets }: AccountFacts): readonly string[] =>
  [
    ...new Set(
      fleets
        .flatMap(({ templates }) => templates)
        .flatMap(({ profile }) => (typeof profile === 'object' ? (profile.roleArn ?? []) : [])),
    ),
  ].sort();

const subscriberLines = (subscribers: Subscribers): readonly string[] =>
  subscribers.kind === 'counted' ? [`${subscribers.confirmed} confirmed subscriptions of the pages`] : [];

/** The first deployment subscribes somebody to the pages. */
const deployCommand = (roles: readonly string[], isDeployed: boolean): string =>
  `npm run deploy -- ${isDeployed ? '' : '-c email=you@example.com '}-c nodeRoles=${roles.length === 0 ? 'none' : roles.join(',')}`;

const concurrencyLine = (concurrency: number): string =>
  concurrency >= ENOUGH_CONCURRENCY
    ? `Lambda may run ${concurrency} invocations at once`
    : `Lambda may run ${concurrency} invocations at once, as in a new account: sweeps and heals wait for each other, which pages nobody before it lasts. More: ${RAISE}`;

function fleetLines({ fleet, nodes, templates, withoutTemplate }: FleetFacts): readonly string[] {
  const head = `${fleet.name}: ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`;
  const owned = [...ownerLines(fleet, nodes), ...refusalLines(fleet, nodes)];
  if (!replaces(fleet)) return [`${head}; no other instance ever takes a node’s place (replace.rungs, role)`, ...owned];
  const from = templates.map(({ template, profile, mayPass }) => {
    const as = profile === undefined ? 'not known' : profile === 'none' ? 'no instance profile' : profileText(profile);
    const may = mayPass === undefined ? '' : mayPass ? ', may be passed on' : ', may not be passed on';
    return `  ${template}: ${as}${may}`;
  });
  const without = withoutTemplate.length > 0 ? [`  without a launch template: ${short(withoutTemplate)}`] : [];
  return [head, ...from, ...without, ...owned];
}

/** What a deployment would have new nodes begin with, and open. */
function newNodeLines({ newNodes, ports }: FleetFacts): readonly string[] {
  const begins = newNodes === undefined ? [] : 'unread' in newNodes ? [newNodes.unread] : newNodes.value.lines;
  return [...begins, ...(ports ? [ports.line] : [])].map((line) => `  ${line}`);
}

/** Whose the nodes are, where the file does not say it, or their tags say otherwise: asked before an incident, not in it. */
function ownerLines({ owner: { by } }: FleetFacts['fleet'], nodes: readonly NodeFact[]): readonly string[] {
  const unsaid = by === undefined ? nodes.filter(({ tags }) => ownerOf(by, tags)?.from !== 'stack-tag') : [];
  const guessed = grouped(unsaid, ({ tags }) => toolTagOf(tags)).map(
    ([tag, names]) =>
      `  who owns ${short(names)} is a guess, by the tag ${tag}: say it with owner.by (terraform, cloudformation, cdk, pulumi, nobody)`,
  );
  const otherwise = grouped(nodes, ({ tags }) => {
    const owner = ownerOf(by, tags);
    return owner?.from === 'stack-tag' && owner.fileSays !== null ? nameOf(owner) : null;
  }).map(([name, names]) => `  the file says owner.by: ${by}, but AWS’s own tag of ${short(names)} says ${name}`);
  return [...guessed, ...otherwise];
}

/** What the ladder would refuse of these nodes if one of them were sick now. Whether a group can spare a member is asked in the incident only. */
function refusalLines(fleet: FleetFacts['fleet'], nodes: readonly NodeFact[]): readonly string[] {
  const rungs = fleet.replace.rungs.filter((rung) => rung !== 'restart');
  const found = nodes.flatMap((node) => {
    const codes = new Map<GuardrailCode, Rung[]>();
    for (const rung of rungs) {
      const code = refusalOf(fleet, node, rung);
      if (code !== null) codes.set(code, [...(codes.get(code) ?? []), rung]);
    }
    return [...codes].map(([code, refused]) => ({
      name: node.name,
      text: `${refused.join(', ')} (${code}). ${GUARDRAILS[code]}`,
    }));
  });
  const refused = grouped(found, ({ text }) => text).map(
    ([text, names]) => `  would be refused for ${short(names)}: ${text}`,
  );
  const unread = grouped(nodes, ({ unread }) => unread ?? null).map(
    ([why, names]) => `  whether a stop would lose something of ${short(names)} is not known: ${why}`,
  );
  return [...refused, ...unread];
}

function refusalOf(fleet: FleetFacts['fleet'], { role, unread, ...node }: NodeFact, rung: Rung): GuardrailCode | null {
  const isOther = rung === 'swap' || rung === 'replace';
  if (isOther && (role === 'validator' || role === 'unknown'))
    return role === 'validator' ? 'validator' : 'role-unknown';
  const code = judgeOwner({ rung, fleet, ...node, stopProtected: false, standbyFault: null })?.refuse ?? null;
  // What was not read is told once, and refuses nothing here.
  return unread !== undefined && code === 'instance-store' ? null : code;
}

/** Names of what is alike, by what it is alike in; null is left out. */
function grouped<Item extends { readonly name: string }>(
  items: readonly Item[],
  keyOf: (item: Item) => string | null,
): readonly (readonly [string, readonly string[]])[] {
  const names = new Map<string, string[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key !== null) names.set(key, [...(names.get(key) ?? []), item.name]);
  }
  return [...names];
}

const profileText = ({ name, roleArn }: { readonly name: string; readonly roleArn: string | undefined }): string =>
  roleArn === undefined ? `profile ${name}, whose role is not known` : `profile ${name}, ${roleArn}`;

/** What will not work in this fleet: each a sentence with the remedy. */
function problemsOf(facts: FleetFacts, isDeployed: boolean): readonly string[] {
  const { name } = facts.fleet;
  const inTheWay =
    facts.isStored && !isDeployed
      ? [
          `${name}: its parameter is there though nothing is deployed, and a deployment would refuse it: aws ssm delete-parameter --name ${fleetParameterName(commandNames().parameterPrefix, name)}`,
        ]
      : [];
  const { newNodes, ports } = facts;
  const begins = newNodes === undefined || 'unread' in newNodes ? [] : newNodes.value.problems;
  const full = ports?.problem === undefined ? [] : [ports.problem];
  return [...inTheWay, ...begins, ...full, ...launchProblems(facts)];
}
