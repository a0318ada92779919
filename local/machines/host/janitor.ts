// A program: sweeps one run, by its id. Started by a shell that waited for the run's owner to die (see enclosure.ts); nobody hears it.
import { runOf } from './runs.ts';
import { sweep } from './sweep.ts';

const [, , id = ''] = process.argv;
if (!/^[0-9a-f]{6}$/.test(id)) throw new Error(`expected the id of a run, found "${id}"`);
const left = await sweep(runOf(id));
process.exitCode = left.length === 0 ? 0 : 1;
