// Bundles the functions in a process of its own: into the folder that is its argument.
import { bundleFunctions } from './bundle.ts';

const [, , out] = process.argv;
await bundleFunctions(undefined, out);
