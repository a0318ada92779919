// `node infra/program-cli.ts NAME [FOLDER]`: makes a program in one piece for its next starts. The engine starts it after a run, beside which nobody waits for it.
import { makeProgram } from './program/make.ts';

/** Nobody sees this process: it must not stay. */
const LIMIT_MS = 120_000;
setTimeout(() => process.exit(1), LIMIT_MS).unref();

const [, , name = '', folder] = process.argv;
await makeProgram(name, folder);
