// A fleet in `status`: its facts for machines, and the one row that they make, of this account or of another one.
import type { Health, ObservedNode } from '../../../shared/fleet/observation.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { durationText } from './show.ts';

/** What `status --json` says of a fleet. Times are ISO 8601. */
export interface FleetFacts {
  readonly fleet: string;
  /** null: the stored file cannot be read, or there is none any more. */
  readonly mode: string | null;
  readonly broken: string | null;
  readonly paused: string | null;
  readonly nodes: readonly (Pick<ObservedNode, 'instanceId' | 'role' | 'health' | 'reason' | 'height' | 'lagBlocks'> & {
    readonly node: string;
    /** null: not known. */
    readonly since: string | null;
    readonly seen: string | null;
    /** The sentence of its own pause, a tag on its instance; null: it has none. Absent where that is not known. */
    readonly paused?: string | null;
  })[];
  readonly incidents: readonly {
    readonly incident: string;
    readonly node: string;
    readonly state: IncidentRecord['state'];
    /** Whether it waits for a person. */
    readonly asks: boolean;
  }[];
  readonly asks: readonly { readonly by: string; readonly plan: string; readonly until: string | null }[];
}

const SICK: ReadonlySet<Health> = new Set(['stuck', 'forked', 'unreachable']);
export const WELL: ReadonlySet<Health> = new Set(['synced']);

export const FLEET_COLUMNS = ['fleet', 'mode', 'nodes', 'well', 'sick', 'else', 'open', 'asks', 'seen'] as const;

/** In the order of `FLEET_COLUMNS`. */
export function rowOfFleet({ fleet, mode, nodes, incidents, asks }: FleetFacts, nowMs: number): string[] {
  const { well, sick, other } = counted(nodes);
  const open = incidents.filter(({ state }) => state !== 'healed').length;
  const waiting = incidents.filter((incident) => incident.asks).length + asks.length;
  const seenMs = nodes.flatMap(({ seen }) => (seen === null ? [] : [Date.parse(seen)]));
  const counts = [nodes.length, well, sick, other, open, waiting].map(String);
  return [fleet, mode ?? 'none', ...counts, seenText(seenMs, nowMs)];
}

export function counted(nodes: readonly Pick<ObservedNode, 'health'>[]): {
  readonly well: number;
  readonly sick: number;
  readonly other: number;
} {
  const well = nodes.filter(({ health }) => WELL.has(health)).length;
  const sick = nodes.filter(({ health }) => SICK.has(health)).length;
  return { well, sick, other: nodes.length - well - sick };
}

export const seenText = (seenMs: readonly number[], nowMs: number): string =>
  seenMs.length === 0 ? 'never' : `${durationText((nowMs - Math.max(...seenMs)) / 1_000)} ago`;

const PAUSE_CHARACTERS = 600;

/**
 * Each pause once: that of everything is every fleet's, and is taken back for all of them. Behind those of fleets those of single nodes.
 * @param where what comes before its reason: another account; "" for this one
 * @param flags what a person types to get there: " --profile prod", or ""
 */
export const pauseLines = (
  fleets: readonly Pick<FleetFacts, 'fleet' | 'paused' | 'nodes'>[],
  where = '',
  flags = '',
): readonly string[] => [
  ...new Set(
    fleets.flatMap(({ fleet, paused }) => {
      if (paused === null) return [];
      const ofFleet = paused.startsWith(`fleet ${fleet} `) ? ` ${fleet}` : '';
      const goOn = `npm run chainmend -- resume${ofFleet}${flags}`;
      return [`PAUSED    ${where}${plainText(paused, PAUSE_CHARACTERS)}. Go on with: ${goOn}`];
    }),
  ),
  ...fleets.flatMap(({ fleet, nodes }) =>
    nodes.flatMap(({ node, instanceId, paused }) =>
      paused
        ? [
            `PAUSED    ${where}${plainText(`${fleet}/${node}: ${paused}`, PAUSE_CHARACTERS)}. Go on with: npm run chainmend -- resume ${fleet}/${instanceId}${flags}`,
          ]
        : [],
    ),
  ),
];
