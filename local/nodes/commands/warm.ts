// The files that a simulated client reads at its start: read from a volume whose blocks are still in S3 (the second half of check-volume), and told once it
// has read them (inspect-node).
import type { ReadFolder } from '../../../shared/chains/start-files.ts';
import type { Warmed } from '../../../shared/node-commands/node-answer.ts';
import type { NodeContext } from '../context.ts';
import { type Acts, linesOf, type NodeActs, type Parameters } from './operations.ts';

const MIB = 2 ** 20;
/** Several readers with reads of 1 MiB, as AWS tells people to initialize a volume (`fio --rw=read --bs=1M`): half of what a gp3 volume reads. */
const COLD_MIBPS = 62.5;
const LOOKS_MS = 30_000;

export function* warmVolume(
  { node }: NodeActs,
  volumeId: string,
  { Warm = '', RunLimitSeconds = '' }: Parameters,
): Acts<Warmed | undefined> {
  const lines = linesOf(Warm);
  const volume = node.disks.volume(volumeId);
  if (lines.length === 0 || !volume) return undefined;
  const { clock } = node.kernel;
  const { startMiB, stateMiB } = node.chain.spec.coldReads ?? { startMiB: 0, stateMiB: 0 };
  const mostMiB = lines.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0);
  const bytes = Math.min(startMiB + stateMiB, mostMiB) * MIB;
  const untilMs = clock.now() + Number(RunLimitSeconds) * 750;
  while (volume.warmBytes < bytes && volume.initializedAtMs > clock.now() && clock.now() < untilMs) {
    const leftMs = ((bytes - volume.warmBytes) / MIB / COLD_MIBPS) * 1_000;
    const ms = Math.max(1, Math.min(LOOKS_MS, Math.ceil(leftMs), untilMs - clock.now()));
    yield ms;
    volume.warmBytes = Math.min(bytes, Math.ceil(volume.warmBytes + (COLD_MIBPS * MIB * ms) / 1_000));
  }
  const isAll = volume.warmBytes >= bytes || volume.initializedAtMs <= clock.now();
  const read = isAll ? bytes : volume.warmBytes;
  return { files: Math.ceil(read / (2 * MIB)), bytes: read, isAll };
}

/** What a client that runs has read since its start: an index as a whole, and the part of its state that new blocks touch. */
export function readFolders(
  { chain, client }: Pick<NodeContext, 'chain' | 'client'>,
  paths: readonly string[],
): readonly ReadFolder[] {
  const { coldReads } = chain.spec;
  const [path] = paths;
  if (coldReads === undefined || path === undefined || client.state !== 'running') return [];
  return [
    { path, folder: 'index', mib: coldReads.startMiB },
    { path, folder: 'state', mib: coldReads.stateMiB },
  ].filter(({ mib }) => mib > 0);
}
