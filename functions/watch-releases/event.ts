// Parses what starts watch-releases: the schedule of each day, or a person who wants the feeds read now.
import * as v from 'valibot';
import { EventError } from '../../shared/events/errors.ts';
import { checked, fleetName } from '../../shared/events/fields.ts';

export interface ReleasesEvent {
  readonly kind: 'releases';
  /** undefined: every fleet whose file names a feed or a date. */
  readonly fleet: string | undefined;
}

/** Throws nothing but `EventError`. */
export function parseReleasesEvent(event: unknown): ReleasesEvent {
  const { kind } = checked(v.object({ kind: v.optional(v.unknown()) }), event);
  if (kind !== 'releases') throw new EventError('kind', kind, '"releases"');
  return { kind, fleet: checked(releases, event).fleet };
}

const releases = v.strictObject({
  kind: v.literal('releases'),
  fleet: v.optional(fleetName),
});
