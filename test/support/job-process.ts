// The process of a job: the file of its module is the argument, its input comes as JSON on stdin, its result goes as JSON to stdout.
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const [, , file = ''] = process.argv;
const { job } = (await import(pathToFileURL(file).href)) as { readonly job: (input: unknown) => Promise<unknown> };
process.stdout.write(JSON.stringify(await job(JSON.parse(await text(process.stdin)))));
