// The answer of dispatch-heal to a person's request.

/** A command line uses it to follow an incident: the incident's journal lines begin with onset, instance and incident. */
export interface DispatchAnswer {
  readonly fleet: string;
  readonly node: string;
  readonly instanceId: string;
  readonly trigger: string;
  readonly incidentId: string;
  readonly onsetMs: number;
  /** The attempt that was started, or the last one. */
  readonly attempt: number;
  readonly executionName: string;
  /** started: also where it was already at work. left: not now, with the reason. */
  readonly did: 'started' | 'refused' | 'left';
  readonly code?: string;
  readonly reason?: string;
}
