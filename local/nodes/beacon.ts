// The beacon node beside a simulated execution client: without it, no block reaches that client, however well it is.
import type { SimulatedClient } from './client.ts';

export type BeaconState = 'running' | 'frozen' | 'stopped';

export class SimulatedBeacon {
  private readonly client: SimulatedClient;
  private currentState: BeaconState = 'running';
  /** Where it hangs. */
  private heldAt = 0;

  constructor(client: SimulatedClient) {
    this.client = client;
  }

  get state(): BeaconState {
    return this.currentState;
  }

  /** The height of the execution block in its head. */
  height(): number {
    if (this.currentState !== 'running') return this.heldAt;
    // Ahead of a client that catches up; without one it verifies nothing.
    return this.client.upSinceMs === undefined ? this.client.height() : this.client.branch.height();
  }

  /** Runs, answers and gets no further. */
  freeze(): void {
    this.become('frozen');
  }

  stop(): void {
    this.become('stopped');
  }

  /** Thawed, or started. */
  start(): void {
    this.become('running');
  }

  private become(state: BeaconState): void {
    this.heldAt = this.height();
    this.currentState = state;
    this.client.hold('no-beacon', state !== 'running');
  }
}
