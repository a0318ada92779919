// Types of kept-program.js.

export const PROGRAMS: Readonly<Record<string, string>>;
export function programName(path: string): string | undefined;
export function keptProgram(name: string, folder?: string): string | undefined;
export function isWhole(directory: string, pieces: readonly (readonly [file: string, bytes: number])[]): boolean;
export function stamp(path: string): readonly [size: number, mtimeMs: number, ctimeMs: number, inode: number];
export function makeProgramAfterwards(name: string, node: string, execArgv: readonly string[], folder?: string): void;
