// What the region sees of a machine behind an EC2 instance: simulated today, a real Debian system behind the same lines.
import type { StoredContent } from './content.ts';

/** One step of a command document as the SSM agent gets it. */
export interface MachineCommand {
  readonly commandId: string;
  readonly documentName: string;
  /** The lines of `runCommand`, joined: what a real machine executes verbatim. */
  readonly script: string;
  /** Parameters by their names in the document; the agent hands each to the script as `SSM_<name>`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The plugin's `timeoutSeconds`: how long the script may run. */
  readonly timeoutSeconds: number;
}

/** How a script ended. `refusedByAgent`: the agent itself could not run it, and says why on stderr. */
export interface CommandOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly refusedByAgent?: boolean;
}

export interface Machine {
  readonly instanceId: string;
  readonly agentVersion: string;
  readonly hostName: string;
  readonly privateIp: string;
  readonly platform: { readonly name: string; readonly version: string };
  /** Whether the SSM agent answers right now. */
  reachable(): boolean;
  /** Runs a command and tells once how it ended; never, when the machine loses its power on the way. */
  run(command: MachineCommand, finished: (outcome: CommandOutcome) => void): void;
  /** EC2 has started the instance: it boots. */
  powerOn(): void;
  /** EC2 stops the instance: the operating system shuts down, or (`hard`) has no time for it. */
  powerOff(how?: 'clean' | 'hard'): void;
  /** How long its operating system needs to shut down cleanly, with all that runs on it, in ms; EC2 gives it a few minutes. */
  shutdownMs?(): number;
  /** For one that cannot tell beforehand: whether it is still shutting down. */
  isShuttingDown?(): boolean;
  /** Before its first boot: its client is masked on disk, and does not start until somebody unmasks it. */
  maskClient?(): void;
  /** The device behind a volume has a new size, in GiB. */
  volumeResized(volumeId: string, sizeGiB: number): void;
  volumeAttached(volumeId: string, device: string, sizeGiB: number, disk?: NewDisk): void;
  volumeDetached(volumeId: string): void;
  /** Whether a filesystem on this volume is mounted: EC2 cannot detach such a volume cleanly. */
  isMounted(volumeId: string): boolean;
  /** What is on a volume of it at this moment; undefined when it has no such volume, or nothing is on it. Reading changes nothing. */
  contentOf?(volumeId: string): StoredContent | undefined;
}

/** What a machine is told of a volume that comes. */
export interface NewDisk {
  /** Undefined: it is empty. */
  readonly content: StoredContent | undefined;
  /** When its blocks are all there, in ms since the epoch; undefined: they are. */
  readonly initializedAtMs: number | undefined;
}

/** All machines of a region, by instance id. */
export class Machines {
  private readonly byInstance = new Map<string, Machine>();

  add(machine: Machine): void {
    if (this.byInstance.has(machine.instanceId)) throw new Error(`a machine for ${machine.instanceId} exists already`);
    this.byInstance.set(machine.instanceId, machine);
  }

  get(instanceId: string): Machine | undefined {
    return this.byInstance.get(instanceId);
  }

  /** In the order in which they were added. */
  all(): readonly Machine[] {
    return [...this.byInstance.values()];
  }
}
