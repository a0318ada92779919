// A real machine behind an instance: Debian with systemd as its first process, its own network address, and its volumes as real devices. Calls of EC2
// and Systems Manager act on it.

import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DiskDimensions, diskMetrics, type Metric } from '../../../../local/nodes/cloudwatch-agent.ts';
import type { StoredContent } from '../../../../local/nodes/content.ts';
import { isImage } from '../../../../local/nodes/content.ts';
import type { CommandOutcome, Machine, MachineCommand, NewDisk } from '../../../../local/nodes/machine.ts';
import { operationOf } from '../../../../local/nodes/spec.ts';
import type { Clock } from '../../../../local/simulator/kernel.ts';
import type { Container, Containers } from './container.ts';
import { appear, disappear, hideHostDisks, numberOf } from './devices.ts';
import type { Images } from './images.ts';
import type { Lan } from './lan.ts';
import { mountsInside, type Run, runInside } from './namespaces.ts';
import { DISKS_READY, furnish, type ImageFiles, RESOLV_CONF, type TextFile } from './system.ts';
import { toolNow } from './tool.ts';

const GIB = 2 ** 30;
const MINUTE_MS = 60_000;
/** The version on a current instance; ENV_VAR parameters need 3.3.2746. */
const AGENT_VERSION = '3.3.3050.0';
/** systemd's own stop limit of a unit is longer: EC2 takes the power before it. */
const SHUTDOWN_GRACE_SECONDS = 240;
const BOOT_LOOKS_MAX = 200;
const BOOT_LOOK_MS = 150;
/** A minute and more: cloud-init is a large program, and several machines may boot at once. */
const CLOUD_INIT_LOOKS_MAX = 500;
const LOOK_TIMEOUT_MS = 10_000;
/** Where the agent puts a document's steps before it runs them ("SSM Agent technical details"). */
const ORCHESTRATION = '/var/lib/amazon/ssm/document/orchestration';

export interface MachinePlace {
  readonly clock: Clock;
  readonly baseDirectory: string;
  readonly images: Images;
  readonly lan: Lan;
  readonly containers: Containers;
  /** Gets errors of work that no caller waits for, and that must not fail: booting, shutting down. */
  readonly onError: (error: unknown) => void;
  /** Called after each run of a shipped script. */
  readonly onScript: (operation: string, instanceId: string, outcome: CommandOutcome) => void;
}

export interface DebianSpec {
  readonly instanceId: string;
  readonly name: string;
  readonly privateIp: string;
  readonly regionName: string;
  /** Files of its image. */
  readonly files: ImageFiles;
  /** User data of its instance, as text; empty without any. */
  readonly userData: string;
  /** Mount points of data volumes: its CloudWatch agent measures them. */
  readonly paths: readonly string[];
}

export class DebianMachine implements Machine {
  readonly instanceId: string;
  readonly name: string;
  readonly agentVersion = AGENT_VERSION;
  readonly hostName: string;
  readonly privateIp: string;
  readonly platform = { name: 'Debian GNU/Linux', version: '12' };
  /** Its root filesystem, as the host sees it. */
  readonly root: string;
  readonly #place: MachinePlace;
  readonly #spec: DebianSpec;
  readonly #container: Container;
  readonly #volumes = new Set<string>();
  #pid: number | undefined;
  #power: 'off' | 'booting' | 'on' | 'shutting down' = 'off';
  /** Counts boots: work that waits for one boot must not continue after the next. */
  #boot = 0;
  #agentCut = false;
  #broken = false;
  /** The power change in progress: power goes on and off in order. */
  #powering: Promise<void> = Promise.resolve();

  constructor(place: MachinePlace, spec: DebianSpec) {
    const { instanceId, name, privateIp, regionName } = spec;
    this.#place = place;
    this.#spec = spec;
    this.instanceId = instanceId;
    this.name = name;
    this.privateIp = privateIp;
    this.hostName = `ip-${privateIp.replaceAll('.', '-')}.${regionName}.compute.internal`;
    const directory = join(place.images.directory, instanceId);
    this.root = join(directory, 'root');
    const [upper, work] = [join(directory, 'upper'), join(directory, 'work')];
    for (const each of [this.root, upper, work]) mkdirSync(each, { recursive: true });
    const texts: Record<string, TextFile | string> = {};
    for (const [path, file] of Object.entries(spec.files))
      if (typeof file === 'string' || 'text' in file) texts[path] = file;
      else place.images.share(file.from, upper, path, file.mode ?? 0o644);
    const layers = `lowerdir=${place.baseDirectory},upperdir=${upper},workdir=${work}`;
    toolNow('mount', ['-t', 'overlay', 'overlay', '-o', layers, this.root]);
    furnish(this.root, texts, { instanceId, userData: spec.userData });
    const network = place.lan.join(instanceId, privateIp);
    const hostName = this.hostName.split('.')[0] ?? name;
    this.#container = place.containers({ name: instanceId, root: this.root, network, hostName });
  }

  /** The host's process id of its first process; undefined while it has no power. */
  get pid(): number | undefined {
    return this.#power === 'on' ? this.#pid : undefined;
  }

  reachable(): boolean {
    return this.#power === 'on' && !this.#agentCut;
  }

  /** The SSM agent loses its connection, or gets it again. */
  setAgentConnected(connected: boolean): void {
    this.#agentCut = !connected;
  }

  /** Its power fails, and it never boots again. */
  break(): void {
    this.#broken = true;
    this.powerOff('hard');
  }

  /** Resolves when its system answers; rejects if it does not in time. */
  async booted(): Promise<void> {
    await this.#powering;
    if (this.#power !== 'on') throw new Error(`${this.name}: its system does not answer`);
  }

  powerOn(): void {
    if (this.#broken || this.#power === 'on' || this.#power === 'booting') return;
    this.#power = 'booting';
    const boot = ++this.#boot;
    this.#then(async () => {
      if (boot !== this.#boot) return;
      this.#pid = await this.#container.start();
      hideHostDisks(this.#pid);
      for (const volumeId of this.#volumes) appear(this.#pid, volumeId, this.#place.images.attach(volumeId));
      await this.#settled(this.#pid);
      if (boot === this.#boot) this.#power = 'on';
    });
  }

  powerOff(how: 'clean' | 'hard' = 'clean'): void {
    if (this.#power === 'off') return;
    if (how === 'clean' && this.#power === 'shutting down') return;
    this.#boot++;
    this.#power = 'shutting down';
    const end = async (): Promise<void> => {
      await (how === 'hard' ? this.#container.kill() : this.#container.stop(SHUTDOWN_GRACE_SECONDS));
      this.#pid = undefined;
      this.#power = 'off';
    };
    // A power cut does not wait for the shutdown.
    if (how === 'hard') end().catch(this.#place.onError);
    else this.#then(end);
  }

  isShuttingDown(): boolean {
    return this.#power === 'shutting down';
  }

  #then(work: () => Promise<void>): void {
    this.#powering = this.#powering.then(work).catch(this.#place.onError);
  }

  /** Waits until its D-Bus answers, its resolver is set, its disks are there, and its agent would answer. */
  async #settled(pid: number): Promise<void> {
    for (let look = 0; look < BOOT_LOOKS_MAX; look++) {
      const { exitCode } = await runInside(pid, {
        command: ['systemctl', 'list-units', '--no-legend', '--no-pager', 'basic.target'],
        timeoutMs: LOOK_TIMEOUT_MS,
      });
      if (exitCode === 0) {
        const ready = `cat >/etc/resolv.conf; : >${DISKS_READY}`;
        await runInside(pid, { command: ['sh', '-c', ready], input: RESOLV_CONF, timeoutMs: LOOK_TIMEOUT_MS });
        return this.#online(pid);
      }
      await sleep(BOOT_LOOK_MS);
    }
    throw new Error(`${this.name} (${this.instanceId}): systemd does not answer`);
  }

  /**
   * The unit of the SSM agent is "After=network-online.target", and cloud-init.service, which masks our client, is before that target: so the agent of a
   * busy machine answers late, and never before the mask. It answers, too, where cloud-init has failed.
   */
  async #online(pid: number): Promise<void> {
    if (this.#spec.userData === '') return;
    for (let look = 0; look < CLOUD_INIT_LOOKS_MAX; look++) {
      const { stdout } = await runInside(pid, {
        command: ['systemctl', 'show', '--property=ActiveState', '--value', 'cloud-init.service'],
        timeoutMs: LOOK_TIMEOUT_MS,
      });
      if (/^(active|failed)$/.test(stdout.trim())) return;
      await sleep(BOOT_LOOK_MS);
    }
    throw new Error(`${this.name} (${this.instanceId}): cloud-init does not come to its end`);
  }

  /** As the agent does it: writes the script to a file, and runs it with the parameters in the environment. */
  run(command: MachineCommand, finished: (outcome: CommandOutcome) => void): void {
    const { pid } = this;
    if (pid === undefined) return;
    const boot = this.#boot;
    const { commandId, documentName, script, parameters, timeoutSeconds } = command;
    const path = join(ORCHESTRATION, commandId, 'awsrunShellScript/0.awsrunShellScript', '_script.sh');
    const environment = Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [name.startsWith('SSM_') ? name : `SSM_${name}`, value]),
    );
    const put = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod 700 "$1"';
    const carryOut = async (): Promise<void> => {
      const placed = await runInside(pid, {
        command: ['sh', '-c', put, 'sh', path],
        input: `${script}\n`,
        timeoutMs: LOOK_TIMEOUT_MS,
      });
      const outcome: CommandOutcome =
        placed.exitCode === 0
          ? await runInside(pid, { command: ['sh', '-c', path], environment, timeoutMs: timeoutSeconds * 1_000 })
          : {
              exitCode: 1,
              stdout: '',
              // The agent's message with a full root disk.
              stderr: `Plugin with name aws:runShellScript not found. Step name: run\n${placed.stderr}`,
              refusedByAgent: true,
            };
      this.#place.onScript(operationOf(documentName) ?? documentName, this.instanceId, outcome);
      // A machine that lost its power during the command sends no result.
      if (boot === this.#boot) finished(outcome);
    };
    carryOut().catch(this.#place.onError);
  }

  /** A command of a person at its console, or of a test, without the agent. Never rejects. */
  async shell(line: string, ...operands: readonly string[]): Promise<CommandOutcome> {
    const { pid } = this;
    if (pid === undefined) return { exitCode: 255, stdout: '', stderr: `${this.name} has no power` };
    return runInside(pid, { command: ['sh', '-c', line, 'sh', ...operands], timeoutMs: SHELL_TIMEOUT_MS });
  }

  /** As `shell`, with the caller's own limits and input. */
  async runs(run: Run): Promise<CommandOutcome> {
    const { pid } = this;
    if (pid === undefined) return { exitCode: 255, stdout: '', stderr: `${this.name} has no power` };
    return runInside(pid, run);
  }

  volumeResized(volumeId: string, sizeGiB: number): void {
    this.#place.images.resize(volumeId, sizeGiB);
  }

  volumeAttached(volumeId: string, _device: string, sizeGiB: number, disk?: NewDisk): void {
    const { images } = this.#place;
    const content = disk?.content;
    if (content !== undefined && !isImage(content))
      throw new Error(`${volumeId}: a simulated volume came to a real machine`);
    images.create(volumeId, sizeGiB, content);
    this.#volumes.add(volumeId);
    if (this.#pid !== undefined) appear(this.#pid, volumeId, images.attach(volumeId));
  }

  volumeDetached(volumeId: string): void {
    if (!this.#volumes.delete(volumeId)) return;
    const { images } = this.#place;
    const loop = images.attach(volumeId);
    if (this.#pid !== undefined) disappear(this.#pid, volumeId, loop);
    images.detach(volumeId);
  }

  isMounted(volumeId: string): boolean {
    const pid = this.#pid;
    if (pid === undefined || !this.#volumes.has(volumeId)) return false;
    return mountsInside(pid).has(numberOf(this.#place.images.attach(volumeId)));
  }

  contentOf(volumeId: string): StoredContent | undefined {
    return this.#volumes.has(volumeId) ? this.#place.images.image(volumeId) : undefined;
  }

  /** The volume that is mounted at this path, by the kernel's mount table; undefined if none is. */
  mountedAt(path: string): string | undefined {
    const pid = this.#pid;
    if (pid === undefined) return undefined;
    const mounts = mountsInside(pid);
    return [...this.#volumes].find((volumeId) =>
      mounts.get(numberOf(this.#place.images.attach(volumeId)))?.includes(path),
    );
  }

  // The CloudWatch agent.

  /** Publishes the disks' metrics each minute, while the machine has power. */
  startMetrics(publish: (metrics: readonly Metric[]) => void): void {
    const { clock } = this.#place;
    const dimensions = new Map(
      ['/', ...this.#spec.paths].map((path): [string, DiskDimensions] => [
        path,
        { InstanceId: this.instanceId, path, fstype: 'xfs' },
      ]),
    );
    const tick = (): void => {
      publish([...dimensions].flatMap(([path, of]) => this.#diskMetrics(path, of)));
      clock.after(MINUTE_MS, tick);
    };
    clock.after(0, tick);
  }

  /** Counted as df and the agent count; no metrics of a path without a mounted volume. */
  #diskMetrics(path: string, dimensions: DiskDimensions): Metric[] {
    const { pid } = this;
    if (pid === undefined || (path !== '/' && this.mountedAt(path) === undefined)) return [];
    const { bsize, blocks, bfree, bavail, files, ffree } = statfsSync(`/proc/${pid}/root${path}`);
    const reading = {
      sizeBytes: blocks * bsize,
      usedBytes: (blocks - bfree) * bsize,
      availableBytes: bavail * bsize,
      inodesTotal: files,
      inodesUsed: files - ffree,
    };
    // The overlay's own disk is the host's, and says nothing about the machine.
    return diskMetrics(
      dimensions,
      path === '/' ? { ...reading, sizeBytes: 16 * GIB, usedBytes: 2 * GIB, availableBytes: 14 * GIB } : reading,
      this.#place.clock.now(),
    );
  }
}

const SHELL_TIMEOUT_MS = 60_000;
