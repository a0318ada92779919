// A policy: who looks after the fleets of a storm in chainmend's place. It decides once a minute, purely, from what an owner sees.
import type { OwnAlarm } from './alarms.ts';
import type { Sight } from './sight.ts';

export interface View {
  /** ms since the epoch */
  readonly nowMs: number;
  readonly sights: readonly Sight[];
  /** Alarms that are in ALARM. */
  readonly ringing: readonly OwnAlarm[];
}

export type PolicyAct =
  /** Another instance in its place, its data volume made of the snapshot. */
  | { readonly do: 'replace'; readonly instanceId: string; readonly snapshotId: string }
  /** Its client is stopped, with the time that it needs, and started again. */
  | { readonly do: 'restart-client'; readonly instanceId: string }
  /** A client that has ended is started. */
  | { readonly do: 'start-client'; readonly instanceId: string }
  /** The volume, and then its filesystem, as a CSI driver does. */
  | { readonly do: 'grow'; readonly instanceId: string; readonly volumeId: string; readonly toGiB: number }
  | { readonly do: 'page'; readonly subject: string; readonly sentence: string };

export interface Decided<Memory> {
  readonly acts: readonly PolicyAct[];
  readonly memory: Memory;
}

/** A policy with what it remembers from one minute to the next. */
export interface Policy<Memory = unknown> {
  /** One sentence, for `--help` and the documents. */
  readonly says: string;
  readonly begin: Memory;
  /** People are paged with what AWS refuses; what is not told ends in a log. */
  readonly tellsRefusals: boolean;
  readonly decide: (view: View, memory: Memory) => Decided<Memory>;
}

export const refOf = ({ fleet, name }: Pick<Sight, 'fleet' | 'name'>): string => `${fleet}/${name}`;
