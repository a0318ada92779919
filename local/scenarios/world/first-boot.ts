// What user data make of a launched machine, where they say so at their beginning: a filesystem on a volume of its own, a client on it,
// and something that fills it. No shell runs here: the lines that the script of infra/smoke/user-data.ts begins with are read, and played.
import type { SimulatedNode } from '../../nodes/node.ts';
import type { Clock } from '../../simulator/kernel.ts';

export interface FirstBoot {
  readonly volumeId: string;
  readonly path: string;
  readonly fillMiB: number;
  readonly fillAfterSeconds: number;
}

const MIB = 2 ** 20;
const LOOK_MS = 5_000;
/** As long as the script waits for its volume: a quarter of an hour. */
const LOOKS_MAX = 180;

/** Undefined: these user data do nothing of the kind. */
export function firstBootOf(userData: string): FirstBoot | undefined {
  const said = (name: string): string => new RegExp(`^${name}=(\\S+)$`, 'm').exec(userData)?.[1] ?? '';
  const volumeId = said('SMOKE_VOLUME');
  if (volumeId === '') return undefined;
  const [fillMiB, fillAfterSeconds] = [Number(said('SMOKE_FILL_MIB')), Number(said('SMOKE_FILL_AFTER_SECONDS'))];
  return { volumeId, path: said('SMOKE_PATH'), fillMiB, fillAfterSeconds };
}

/** Once, when the machine has booted and the volume is there. */
export function playFirstBoot(clock: Clock, machine: SimulatedNode, boot: FirstBoot, looks = 0): void {
  clock.after(LOOK_MS, () => {
    const isThere = machine.devices().some(({ volumeId }) => volumeId === boot.volumeId);
    if (machine.reachable() && isThere) play(clock, machine, boot);
    else if (looks < LOOKS_MAX) playFirstBoot(clock, machine, boot, looks + 1);
  });
}

/** `set -e`: the script ends at the first thing that fails. */
function play(clock: Clock, machine: SimulatedNode, { volumeId, path, fillMiB, fillAfterSeconds }: FirstBoot): void {
  if (machine.format(volumeId, 'xfs') !== undefined || machine.mount(volumeId, path) !== undefined) return;
  machine.startClient();
  clock.after(fillAfterSeconds * 1_000, () => {
    if (machine.isMounted(volumeId)) machine.write(path, fillMiB * MIB);
  });
}
