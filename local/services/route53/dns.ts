// Answers of a VPC's resolver from the hosted zones: first the VPC's private zones, of which only the most specific one answers, then public ones.
// Sources: "Considerations when working with a private hosted zone" (Route 53 developer guide); RFC 4592 for wildcards.
import { recordKey } from './batch.ts';
import { isWithin, storedName } from './names.ts';
import type { Zone } from './zones.ts';

/** A zone with the present answers of its DNS servers. */
export interface ServedZone {
  readonly zone: Pick<Zone, 'name' | 'vpc'>;
  readonly served: Zone['served'];
}

/** More CNAMEs in a row than this count as a loop. */
const CNAMES_MAX = 8;

/** The values of a name's records of this type, after its CNAMEs; none without such records. Resolvers cache nothing here. */
export function answer(zones: readonly ServedZone[], vpcId: string, asked: string, type: string): readonly string[] {
  let name = storedName(asked);
  for (let followed = 0; followed <= CNAMES_MAX; followed++) {
    const zone = authority(zones, vpcId, name);
    if (!zone) return [];
    const exact = zone.served.get(recordKey(name, type));
    if (exact) return exact.values;
    const owner = ownerOf(zone, name);
    if (owner === undefined) return [];
    const found = zone.served.get(recordKey(owner, type));
    if (found) return found.values;
    const [target] = zone.served.get(recordKey(owner, 'CNAME'))?.values ?? [];
    if (target === undefined) return [];
    name = storedName(target);
  }
  return [];
}

/**
 * "If there's a matching private hosted zone but there's no record that matches the domain name and type in the request, … Resolver doesn't forward
 * the request": only the most specific zone answers.
 */
function authority(zones: readonly ServedZone[], vpcId: string, name: string): ServedZone | undefined {
  const matching = zones
    .filter(({ zone }) => isWithin(name, zone.name) && (zone.vpc === undefined || zone.vpc.VPCId === vpcId))
    .toSorted((a, b) => b.zone.name.length - a.zone.name.length);
  return matching.find(({ zone }) => zone.vpc !== undefined) ?? matching[0];
}

/** The name itself if it exists, else the next wildcard above it; an existing name blocks the wildcards above it. */
function ownerOf({ zone, served }: ServedZone, name: string): string | undefined {
  const names = new Set<string>();
  for (const set of served.values()) {
    for (let above = set.name; isWithin(above, zone.name); above = parentOf(above)) names.add(above);
  }
  if (names.has(name)) return name;
  for (let above = parentOf(name); isWithin(above, zone.name); above = parentOf(above)) {
    const wildcard = `\\052.${above}`;
    if (names.has(wildcard)) return wildcard;
    if (names.has(above)) return undefined;
  }
  return undefined;
}

const parentOf = (name: string): string => name.slice(name.indexOf('.') + 1);
