// What another instance of a fleet would be launched from, whose its nodes are, and what of it will not work. Pure.
import type { Fleet, Role } from '../fleet/model.ts';
import type { OwnerFacts } from '../guardrails/replace.ts';
import { judgeMaskable } from './preconditions.ts';

/** A launch template that a fleet's nodes, or its file, name. */
export interface TemplateFact {
  /** Its id, or its name as the fleet file has it. */
  readonly template: string;
  /** undefined: the profile does not exist, or AWS does not say. */
  readonly profile: { readonly name: string; readonly roleArn: string | undefined } | 'none' | undefined;
  /** Whether replace-node may pass the profile's role on, by IAM's answer; undefined: nothing is deployed, or IAM does not say. */
  readonly mayPass: boolean | undefined;
  /** It has user data. */
  readonly hasUserData: boolean;
  /** Why a part of it is not known. */
  readonly unknown: string | undefined;
}

/** What a guardrail asks of a node's owner. `unread`: why something of it could not be read; then nothing is said that depends on it. */
export interface NodeFact extends Pick<OwnerFacts, 'tags' | 'autoScalingGroup' | 'instanceStore' | 'publicIp'> {
  readonly name: string;
  readonly role: Role;
  readonly unread: string | undefined;
}

export interface LaunchFacts {
  readonly fleet: Pick<Fleet, 'name' | 'mode' | 'replace' | 'role' | 'owner' | 'units'>;
  readonly nodes: readonly NodeFact[];
  /** Names of the nodes that were launched from no template, where the file names none and no group makes another one. */
  readonly withoutTemplate: readonly string[];
  readonly templates: readonly TemplateFact[];
}

/** Whether a replacement may take the place of a node. Validators, and nodes of unknown role, are never replaced. */
export const replaces = ({ replace, role }: Pick<Fleet, 'replace' | 'role'>): boolean =>
  replace.rungs.includes('replace') && !('fixed' in role && ['validator', 'unknown'].includes(role.fixed));

/** Why no other instance can take the place of any node of this fleet, with the remedy; null where that is not so. */
export function startedByCommands({
  name,
  replace,
  role,
  units,
}: Pick<Fleet, 'name' | 'replace' | 'role' | 'units'>): string | null {
  const why = replaces({ replace, role }) ? judgeMaskable({ units }) : null;
  return (
    why &&
    `${name}: ${why}, so that no other instance can take a node’s place: leave replace out of replace.rungs, or run the client by a unit or a container`
  );
}

/** Why no other instance could take the place of nodes of this fleet: each a sentence with the remedy. */
export function launchProblems({ fleet, templates, withoutTemplate }: LaunchFacts): readonly string[] {
  const { name } = fleet;
  if (!replaces(fleet)) return [];
  const byCommands = startedByCommands(fleet);
  return [
    ...(byCommands === null ? [] : [byCommands]),
    ...templates.flatMap((fact) => templateProblems(fleet, fact)),
    ...(withoutTemplate.length > 0
      ? [
          `${name}: ${short(withoutTemplate)} ${withoutTemplate.length === 1 ? 'was' : 'were'} launched from no template, so no other instance can take ${withoutTemplate.length === 1 ? 'its' : 'their'} place: name one in replace.launchTemplate, or leave replace out of replace.rungs`,
        ]
      : []),
  ];
}

function templateProblems({ name, replace }: LaunchFacts['fleet'], fact: TemplateFact): readonly string[] {
  const { template, hasUserData } = fact;
  const unsaid =
    hasUserData && replace.userData === undefined
      ? [
          `${name}: ${template} has user data, and replace.userData does not say what becomes of them, so that no other instance is launched: run (after the client is masked) or ignore (the image has all that a node needs)`,
        ]
      : [];
  return [...unsaid, ...roleProblems(name, fact)];
}

function roleProblems(name: string, { template, profile, mayPass, unknown }: TemplateFact): readonly string[] {
  if (unknown !== undefined) return [`${name}: of ${template} ${unknown}`];
  if (profile === 'none')
    return [
      `${name}: ${template} names no instance profile, and a node without one is never managed by Systems Manager: no command would reach the new instance`,
    ];
  if (mayPass === false && typeof profile === 'object')
    return [
      `${name}: replace-node may not pass on ${profile.roleArn}, so that a launch from ${template} would be refused: deploy with -c nodeRoles=${profile.roleArn}`,
    ];
  return [];
}

const SHOWN = 5;
/** The first names, and how many more there are. */
export const short = (names: readonly string[]): string =>
  names.length <= SHOWN ? names.join(', ') : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`;
