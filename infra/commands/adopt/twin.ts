// Starts the local region with a read-out, in a process of its own, and hears its verdicts.
import { playLocally } from '../local-process.ts';
import type { TwinAnswer, TwinInput, TwinLine } from './twin-form.ts';

export const localTwin = async (input: TwinInput, heard: (line: TwinLine) => void): Promise<TwinAnswer> => ({
  lines: await playLocally<TwinLine>('test/lab/twin/main.ts', input, heard),
});
