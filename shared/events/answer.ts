// What dispatch-heal answers a person who asked for something.

/** A command line follows an incident by it: its lines in the journal begin with onset, instance and incident. */
export interface DispatchAnswer {
  readonly fleet: string;
  readonly node: string;
  readonly instanceId: string;
  readonly trigger: string;
  readonly incidentId: string;
  readonly onsetMs: number;
  /** Of the attempt that was started, or the last one. */
  readonly attempt: number;
  readonly executionName: string;
  /** started: also where it was at work already. left: not now, and why. */
  readonly did: 'started' | 'refused' | 'left';
  readonly code?: string;
  readonly reason?: string;
}
