// When the clients of a fleet were down, and which versions ran, by the machines' own words: systemd's journal, and the processes.
import { runOnNode } from '../../story.ts';
import type { RealNode } from '../../world.ts';

/** What systemd notes of a unit's starts and stops: "1764043200.123456 host systemd[1]: Stopping geth@1.13.14.service - …". */
const UNIT_LINES = `journalctl --output short-unix --no-pager --identifier systemd --unit 'geth@*' --since "@$1"`;
const UNIT_LINE = /^(\d+\.\d+) \S+ systemd\[1\]: (Stopping|Stopped|Started) geth@([\d.]+)\.service\b/;

interface UnitEvent {
  readonly atMs: number;
  readonly did: 'Stopping' | 'Stopped' | 'Started';
  readonly version: string;
}

/** In their order. */
export async function unitEvents(node: RealNode, sinceMs: number): Promise<readonly UnitEvent[]> {
  const lines = (await runOnNode(node, UNIT_LINES, String(Math.floor(sinceMs / 1_000)))).split('\n');
  return lines.flatMap((line) => {
    const [, seconds, did, version = ''] = UNIT_LINE.exec(line) ?? [];
    return did === undefined ? [] : [{ atMs: Number(seconds) * 1_000, did: did as UnitEvent['did'], version }];
  });
}

export interface Outage {
  readonly node: string;
  readonly fromMs: number;
  /** Undefined: nothing was started since. */
  readonly untilMs: number | undefined;
}

/** From each first word of a stop to the start that followed. */
export function outagesOf(node: string, events: readonly UnitEvent[]): readonly Outage[] {
  const outages: Outage[] = [];
  let fromMs: number | undefined;
  for (const { atMs, did } of events) {
    if (did !== 'Started') fromMs ??= atMs;
    else if (fromMs !== undefined) {
      outages.push({ node, fromMs, untilMs: atMs });
      fromMs = undefined;
    }
  }
  return fromMs === undefined ? outages : [...outages, { node, fromMs, untilMs: undefined }];
}

/** Two nodes that were down at one moment; undefined where there was no such moment. */
export function downTogether(outages: readonly Outage[]): readonly [Outage, Outage] | undefined {
  const ordered = outages.toSorted((a, b) => a.fromMs - b.fromMs);
  for (const [at, next] of ordered.entries()) {
    const before = ordered.slice(0, at).find(({ untilMs }) => untilMs === undefined || untilMs > next.fromMs);
    if (before) return [before, next];
  }
  return undefined;
}

/** The program of each geth process of a machine. */
export const programsOf = async (node: RealNode): Promise<readonly string[]> =>
  (await runOnNode(node, 'for pid in $(pidof geth); do readlink "/proc/$pid/exe"; done'))
    .split('\n')
    .filter((program) => program !== '');

/** Changes with each start of the unit, and at no other time. */
export const invocationOf = (node: RealNode, unit: string): Promise<string> =>
  runOnNode(node, 'systemctl show --property InvocationID --value "$1"', unit);
