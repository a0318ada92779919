// Plays many storms at once, in several processes: each gets the next seed when it has ended one.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Order, Played, Task } from './worker.ts';

/** No storm takes so long; one that does has no end. */
const PATIENCE_MS = 20 * 60_000;
/** A process that has played so many makes room: what V8 keeps of old regions is given back, and each storm of 24 h leaves some 200 MiB. */
const STORMS_PER_PROCESS = 10;

/**
 * Calls `ended` for each seed, in the order in which storms end; where it answers `enough`, no further storm is begun.
 * @throws Error where a process dies or a storm takes too long: with the seed
 */
export async function playAll<Asked extends Task>(
  seeds: readonly number[],
  task: Asked,
  jobs: number,
  ended: (played: Played<Asked>) => 'more' | 'enough',
): Promise<void> {
  const left = [...seeds];
  const work = async (): Promise<void> => {
    while (left.length > 0) await playSome(left, task, ended);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, seeds.length) }, work));
}

/** One process, until it has played its share or nothing is left. */
function playSome<Asked extends Task>(
  left: number[],
  task: Asked,
  ended: (played: Played<Asked>) => 'more' | 'enough',
): Promise<void> {
  const worker = fork(join(import.meta.dirname, 'worker.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    let seed: number | undefined;
    let patience: NodeJS.Timeout | undefined;
    let played = 0;
    const next = (): void => {
      clearTimeout(patience);
      seed = played++ < STORMS_PER_PROCESS ? left.shift() : undefined;
      if (seed === undefined) {
        worker.disconnect();
        return;
      }
      patience = setTimeout(() => worker.kill('SIGKILL'), PATIENCE_MS);
      worker.send({ seed, task } satisfies Order);
    };
    worker.on('message', (played: Played<Asked>) => {
      if (ended(played) === 'enough') left.length = 0;
      next();
    });
    worker.on('error', reject);
    worker.on('exit', (code, signal) => {
      clearTimeout(patience);
      if (seed === undefined) resolve();
      else reject(new Error(`storm ${seed} did not end: its process ended with ${signal ?? code}`));
    });
    next();
  });
}
