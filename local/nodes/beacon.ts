// The beacon node of a simulated execution client: without it no block reaches that client, even if the client is healthy.
import type { SimulatedClient } from './client.ts';

export type BeaconState = 'running' | 'frozen' | 'stopped' | 'failed';

export class SimulatedBeacon {
  private readonly client: SimulatedClient;
  private currentState: BeaconState = 'running';
  /** The height at which it hangs. */
  private heldAt = 0;
  private count = 0;

  constructor(client: SimulatedClient) {
    this.client = client;
  }

  get state(): BeaconState {
    return this.currentState;
  }

  /** The height of the execution block in its head. */
  height(): number {
    if (this.currentState !== 'running') return this.heldAt;
    // Ahead of a client that catches up. If the client does not run, the beacon node verifies nothing.
    return this.client.upSinceMs === undefined ? this.client.height() : this.client.branch.height();
  }

  /** Runs and answers, but does not advance. */
  freeze(): void {
    this.become('frozen');
  }

  stop(): void {
    this.become('stopped');
  }

  /** It ends by itself, and is not started again. */
  crash(): void {
    this.become('failed');
  }

  /** Starts it, or ends a freeze. */
  start(): void {
    this.count += 1;
    this.become('running');
  }

  /** How often it was started since the beginning. */
  get starts(): number {
    return this.count;
  }

  private become(state: BeaconState): void {
    this.heldAt = this.height();
    this.currentState = state;
    this.client.hold('no-beacon', state !== 'running');
  }
}
