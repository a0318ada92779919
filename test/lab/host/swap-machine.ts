// A machine of the host tests with a second volume next to its own: the state of a node right before a swap.
import type { NodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import {
  ENTRIES,
  FOUND,
  NEW,
  type NodeOutcome,
  type NodeSend,
  type NodeStory,
  nodeParameters,
  PLACE,
  volumes,
} from '../../fixtures/contract/node-contract.ts';
import { Machine, type Ran } from './machine.ts';

/** The files that say whether a client runs: the fakes' files (test/fixtures/fakes). */
const CLIENT = `
unit=$1
if [ -f "/run/client/containers/$unit" ]; then
  case $(cat "/run/client/containers/$unit") in running*) echo running ;; 'exited 0'*) echo stopped ;; *) echo failed ;; esac
else
  case $(sed -n 's/^ActiveState=//p' "/run/client/units/$unit") in active) echo running ;; inactive) echo stopped ;; *) echo failed ;; esac
fi`;

export interface KillPoint {
  readonly tool: string;
  /** A pattern of bash. */
  readonly operands: string;
  readonly nth: number;
  readonly when: 'before' | 'after';
}

const TYPES = { copy: 'copy', 'refused by the client': 'copy', strange: 'new filesystem', empty: 'nothing' } as const;

export class SwapMachine {
  readonly machine: Machine;
  readonly #story: NodeStory;
  readonly fstabFound: string;

  private constructor(machine: Machine, story: NodeStory, fstabFound: string) {
    this.machine = machine;
    this.#story = story;
    this.fstabFound = fstabFound;
  }

  static async start(story: NodeStory): Promise<SwapMachine> {
    const entries = Object.fromEntries(ENTRIES.map((name) => [`${name}/x`, '']));
    const brought =
      story.new === 'strange'
        ? { other: '' }
        : { ...entries, ...story.brought, ...(story.new === 'refused by the client' && { refused: '' }) };
    const { filesystem, partitioned, runtime, unit, client } = story;
    const machine = await Machine.start({
      volumeId: FOUND,
      path: PLACE,
      mounted: true,
      filesystem,
      partitioned,
      deviceMiB: 320,
      filesystemMiB: 320,
      full: false,
      runtime,
      unit,
      client,
      files: { ...entries, ...story.found },
      ...(story.new !== 'absent' && { second: { volumeId: NEW, content: TYPES[story.new], files: brought } }),
    });
    if (story.ends === 'killed') await machine.shell('touch /run/client/killed');
    // The fake sleep is short: no test waits for a client that does not exist.
    await machine.replace('sleep', 'exec /bin/sleep 0.02');
    const line = `UUID=$(blkid -p -s UUID -o value "$(findmnt -n -o SOURCE ${PLACE})") ${PLACE} ${filesystem} defaults,noatime,nofail 0 2`;
    await machine.shell(`printf '# static\\nproc /proc proc defaults 0 0\\n%s\\n' "${line}" >/etc/fstab`);
    return new SwapMachine(machine, story, await machine.shell('cat /etc/fstab'));
  }

  async send(send: NodeSend): Promise<Ran> {
    return await this.machine.send(send.operation, nodeParameters(this.#story, send, Math.floor(Date.now() / 1_000)));
  }

  async outcome(answer: NodeAnswer, files: Readonly<Record<string, unknown>> = {}): Promise<NodeOutcome> {
    const { machine } = this;
    const texts: Record<string, string | null> = {};
    for (const path of Object.keys(files)) texts[path] = await this.read(path);
    return {
      answer,
      mounted: await this.mounted(),
      client: await this.state(),
      masked: (await machine.shell('[ ! -e /etc/chainmend/client-masked ] || echo yes')) !== '',
      started: (await machine.started()).length,
      fstab: await machine.shell('cat /etc/fstab'),
      fstabFound: this.fstabFound,
      file: (path) => texts[path] ?? null,
    };
  }

  async mounted(): Promise<string | undefined> {
    const look = `device=$(findmnt -n -o SOURCE ${PLACE}) || exit 0
      for link in /dev/disk/by-id/*; do [ "$(readlink -f "$link")" != "$device" ] || echo "\${link##*_}"; done | tail -n 1`;
    const told = (await this.machine.shell(look)).trim();
    if (told === '') return undefined;
    return [FOUND, NEW].find((id) => told.startsWith(id.replace('-', ''))) ?? (told === '1' ? FOUND : told);
  }

  async state(): Promise<string> {
    return (await this.machine.shell(CLIENT, this.#story.unit)).trim();
  }

  /** null: the file does not exist. */
  async read(path: string): Promise<string | null> {
    const told = await this.machine.shell(`[ ! -e "${PLACE}/$1" ] || { echo yes; cat "${PLACE}/$1"; }`, path);
    return told === '' ? null : told.slice('yes\n'.length);
  }

  async write(path: string, text: string): Promise<void> {
    await this.machine.shell(`printf %s "$2" >"${PLACE}/$1"`, path, text);
  }

  /** No client stays up on its data any more (test/fixtures/fakes/systemctl). */
  async break(which: 'found' | 'new'): Promise<void> {
    await this.onDevice(volumes[which], 'touch /mnt/refused');
  }

  /** Runs a line of shell with an unmounted volume at /mnt. */
  async onDevice(volumeId: string, line: string): Promise<string> {
    const by = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;
    const nouuid = this.#story.filesystem === 'xfs' ? '-o nouuid' : '';
    return await this.machine.shell(`mount ${nouuid} ${by} /mnt; ${line}; umount /mnt`);
  }

  /** The volume that a boot would mount at the place: that of its one line in /etc/fstab. */
  async bootsWith(): Promise<string> {
    const line = await this.machine.shell(`awk '$1 !~ /^#/ && $2 == "${PLACE}" { print $1 }' /etc/fstab`);
    return [FOUND, NEW].find((id) => line.includes(id.replace('-', ''))) ?? line.trim();
  }

  /**
   * Kills the command, once, when it calls a tool for the nth time with such operands: right before the call, or right after. It kills the script and
   * all processes that wait for it, by their ids, as a power failure would.
   */
  async killAt({ tool, operands, nth, when }: KillPoint): Promise<void> {
    const real = tool === 'systemctl' ? '/run/systemctl' : (await this.machine.shell('command -v "$1"', tool)).trim();
    await this.machine.shell('rm -f /run/killed /run/calls-of-it');
    await this.machine.replace(
      tool,
      `if [ ! -e /run/killed ] && [[ "$*" == ${operands} ]]; then
        echo x >>/run/calls-of-it
        if [ "$(wc -l </run/calls-of-it)" -eq ${nth} ]; then
          touch /run/killed
          [ ${when} = before ] || ${real} "$@"
          pid=$$ ids=
          while [ "$pid" -gt 1 ]; do
            pid=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$pid/status")
            case $(tr '\\0' ' ' <"/proc/$pid/cmdline") in *' /run/swap-volumes '* | '/run/swap-volumes '*) ids="$ids $pid" ;; esac
          done
          kill -9 $ids
          exit 1
        fi
      fi
      exec ${real} "$@"`,
    );
  }

  async wasKilled(): Promise<boolean> {
    return (await this.machine.shell('[ ! -e /run/killed ] || echo yes')) !== '';
  }

  async forgetCommands(): Promise<void> {
    await this.machine.shell('rm -rf /var/lib/chainmend /run/chainmend/last-command');
  }

  async stop(): Promise<void> {
    await this.machine.stop();
  }
}
