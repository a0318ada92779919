// What `chainmend adopt --twin` gives to the local region, and what it gets back: files and lines of JSON between two processes.
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import type { ReadOut } from './read-out.ts';

export interface TwinInput {
  readonly readOut: ReadOut;
  /** As proposed, or as a person has completed them. */
  readonly fleets: readonly FleetDocument[];
  /** The same seed plays the same minutes. */
  readonly seed: number;
  /** Storms of each fleet, after its drills. */
  readonly storms: number;
}

/** What is tried on one node of each role. */
export const DRILLS = ['full-disk', 'stuck', 'corrupt-data', 'loss'] as const;
export type Drill = (typeof DRILLS)[number];

export interface DrillVerdict {
  readonly kind: 'drill';
  readonly fleet: string;
  readonly node: string;
  readonly role: string;
  readonly drill: Drill;
  readonly healed: boolean;
  /** The rung that healed, or grow; null where nothing did. */
  readonly by: string | null;
  /** From the alarm, or from the first attempt where none is known, to the proof. */
  readonly seconds: number | null;
  /** Why not: codes of refusals and pages, each once. */
  readonly codes: readonly string[];
  /** Why not, in words; empty where it healed. */
  readonly why: string;
  /** Promises that were broken, in words. Each is a defect of chainmend, or of the region. */
  readonly broken: readonly string[];
}

export interface StormVerdict {
  readonly kind: 'storm';
  readonly fleet: string;
  readonly seed: number;
  readonly hours: number;
  /** Types of faults that had an effect. */
  readonly faults: readonly string[];
  readonly broken: readonly string[];
}

/** A fleet that is played with fewer nodes than it has, or with something that the region does not know. */
export interface TwinRemark {
  readonly kind: 'remark';
  readonly fleet: string;
  readonly text: string;
}

export type TwinLine = DrillVerdict | StormVerdict | TwinRemark;

export interface TwinAnswer {
  readonly lines: readonly TwinLine[];
}
