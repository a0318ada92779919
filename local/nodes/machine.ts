// The region's view of the machine behind an EC2 instance: a simulated node, or a real Debian system.
import type { StoredContent } from './content.ts';

/** One step of a command document as the SSM agent gets it. */
export interface MachineCommand {
  readonly commandId: string;
  readonly documentName: string;
  /** The lines of `runCommand`, joined: a real machine executes them verbatim. */
  readonly script: string;
  /** Parameters by their names in the document; the script gets each from the agent as `SSM_<name>`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The plugin's `timeoutSeconds`: the script's time limit. */
  readonly timeoutSeconds: number;
}

/** How a script ended. `refusedByAgent`: the agent itself could not run it; the reason is on stderr. */
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
  /** Runs a command and reports its end once; never if the machine loses its power meanwhile. */
  run(command: MachineCommand, finished: (outcome: CommandOutcome) => void): void;
  /** EC2 has started the instance: it boots. */
  powerOn(): void;
  /** EC2 stops the instance: the operating system shuts down, or (`hard`) has no time to. */
  powerOff(how?: 'clean' | 'hard'): void;
  /** How long its operating system and all that runs on it need for a clean shutdown, in ms; EC2 waits for a few minutes. */
  shutdownMs?(): number;
  /** For a machine that cannot predict it: whether it is still shutting down. */
  isShuttingDown?(): boolean;
  /** Before its first boot: its client's unit is masked on disk, and does not start until it is unmasked. */
  maskClient?(): void;
  /** The device behind a volume has a new size, in GiB. */
  volumeResized(volumeId: string, sizeGiB: number): void;
  volumeAttached(volumeId: string, device: string, sizeGiB: number, disk?: NewDisk): void;
  volumeDetached(volumeId: string): void;
  /** What EBS gives the volume from now on. A machine that does not follow it is as fast as its host. */
  volumePerforms?(volumeId: string, performance: VolumePerformance): void;
  /** What its type of instance can use of EBS from its next start on; undefined: no bound is known. */
  hasEbsLimit?(limit: VolumePerformance | undefined): void;
  /** Whether a filesystem on this volume is mounted: EC2 cannot detach such a volume cleanly. */
  isMounted(volumeId: string): boolean;
  /** The content of one of its volumes at this moment; undefined without such a volume, or if it is empty. Reading changes nothing. */
  contentOf?(volumeId: string): StoredContent | undefined;
}

export interface VolumePerformance {
  readonly iops: number;
  readonly throughputMiBps: number;
}

/** What a machine learns of a volume that is attached. */
export interface NewDisk {
  /** Undefined: it is empty. */
  readonly content: StoredContent | undefined;
  /** When all its blocks are loaded, in ms since the epoch; undefined: they already are. */
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
