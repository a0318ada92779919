// A program: sweeps one run, by its id. A shell that waited for the end of the run's owner starts it (see enclosure.ts); its output is not read.
import { runOf } from './runs.ts';
import { sweep } from './sweep.ts';

const [, , id = ''] = process.argv;
if (!/^[0-9a-f]{6}$/.test(id)) throw new Error(`expected the id of a run, found "${id}"`);
const left = await sweep(runOf(id));
process.exitCode = left.length === 0 ? 0 : 1;
