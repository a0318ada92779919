// What this host can and cannot do for real machines, derived from the checks. Pure: ability-checks.ts does the checks.
import type { Machines } from '../run-events.ts';

export interface MissingAbility {
  readonly what: 'Linux' | 'root' | 'apt' | 'loop devices' | 'namespaces' | 'containers' | 'Go';
  /** The end of a sentence that begins with what cannot be done. */
  readonly reason: string;
}

/** For each ability: undefined if the host has it, else the reason why not. */
export interface AbilityChecks {
  readonly linux: string | undefined;
  readonly root: string | undefined;
  readonly apt: string | undefined;
  readonly loopDevices: string | undefined;
  readonly namespaces: string | undefined;
  readonly containers: string | undefined;
  readonly go: string | undefined;
}

export interface HostAbilities {
  /** The kind of machines; undefined: machines are impossible. */
  readonly machines: Machines | undefined;
  readonly lacks: readonly MissingAbility[];
}

/** Without these no machine has a disk, a network or a system of its own. */
const FOR_ANY_MACHINE: readonly MissingAbility['what'][] = ['Linux', 'root', 'apt', 'loop devices', 'namespaces'];

export function abilitiesOf(tried: AbilityChecks): HostAbilities {
  const all: readonly (readonly [MissingAbility['what'], string | undefined])[] = [
    ['Linux', tried.linux],
    ['root', tried.root],
    ['apt', tried.apt],
    ['loop devices', tried.loopDevices],
    ['namespaces', tried.namespaces],
    ['containers', tried.containers],
    ['Go', tried.go],
  ];
  const lacks = all.flatMap(([what, reason]): MissingAbility[] => (reason === undefined ? [] : [{ what, reason }]));
  if (lacks.some(({ what }) => FOR_ANY_MACHINE.includes(what))) return { machines: undefined, lacks };
  return { machines: tried.containers === undefined ? 'containers' : 'namespaces', lacks };
}

/** Why machines are impossible, in one line, with only the reasons that exclude machines. Undefined if they are possible. */
export function whyNoMachine({ machines, lacks }: HostAbilities): string | undefined {
  if (machines !== undefined) return undefined;
  return lacks
    .filter(({ what }) => FOR_ANY_MACHINE.includes(what))
    .map(({ what, reason }) => `no ${what}: ${reason}`)
    .join('; ');
}

export const reasonFor = ({ lacks }: HostAbilities, what: MissingAbility['what']): string | undefined =>
  lacks.find((lack) => lack.what === what)?.reason;
