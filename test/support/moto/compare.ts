// The differences between what two sides made of the same calls.
import { type MotoCall, nameOf } from './calls/call.ts';
import type { Outcome } from './outcomes.ts';

/** "ok", or status and code of a refusal. */
const told = (outcome: Outcome): string =>
  'refused' in outcome ? `${outcome.refused.status} ${outcome.refused.code}` : 'ok';

/** By call, "ours / moto's" where they are not the same. */
export function verdictDifferences(
  calls: readonly MotoCall[],
  ours: ReadonlyMap<string, Outcome>,
  motos: ReadonlyMap<string, Outcome>,
): Record<string, string> {
  const different: Record<string, string> = {};
  for (const call of calls) {
    const name = nameOf(call);
    const [our, their] = [ours.get(name), motos.get(name)];
    if (our === undefined || their === undefined) throw new Error(`${name} was not called on both sides`);
    if (told(our) !== told(their)) different[name] = `${told(our)} / ${told(their)}`;
  }
  return different;
}

/**
 * By operation, the members that only one side answers with, of all calls that both answer: "+Name" is ours, "-Name" is moto's. Members of
 * members of members are not told apart: who has none of them is shown without.
 */
export function shapeDifferences(
  calls: readonly MotoCall[],
  ours: ReadonlyMap<string, Outcome>,
  motos: ReadonlyMap<string, Outcome>,
): Record<string, string> {
  const members = new Map<string, { readonly ours: Set<string>; readonly motos: Set<string> }>();
  for (const call of calls) {
    const [our, their] = [ours.get(nameOf(call)), motos.get(nameOf(call))];
    if (our === undefined || their === undefined || 'refused' in our || 'refused' in their) continue;
    const operation = `${call.service}.${call.operation}`;
    const seen = members.get(operation) ?? { ours: new Set(), motos: new Set() };
    members.set(operation, seen);
    for (const path of our.shape) if (isThere(path)) seen.ours.add(cut(path));
    for (const path of their.shape) if (isThere(path)) seen.motos.add(cut(path));
  }
  const different: Record<string, string> = {};
  for (const [operation, seen] of members) {
    const more = [...seen.ours].filter((path) => !seen.motos.has(path)).map((path) => `+${path}`);
    const less = [...seen.motos].filter((path) => !seen.ours.has(path)).map((path) => `-${path}`);
    if (more.length + less.length > 0) different[operation] = [...more.sort(), ...less.sort()].join(' ');
  }
  return different;
}

const isThere = (path: string): boolean => !path.endsWith(' empty list');

/** "Volumes[].Size number" as it is; "Reservations[].Instances[].Placement.Tenancy string" without what comes behind the third name. */
const cut = (path: string): string => {
  const [names = '', type = ''] = path.split(' ');
  const steps = names.split('.');
  return steps.length > 3 ? steps.slice(0, 3).join('.') : `${names}:${type}`;
};
