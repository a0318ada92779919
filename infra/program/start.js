// Starts a program in one piece: this file is copied beside its chunks as start.mjs. What is told of a defect names the sources, as without it.
import { readdirSync, readFileSync } from 'node:fs';
import module, { SourceMap } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const directory = import.meta.dirname;
// Beside the chunks, so that it goes when they go: Node.js itself never empties it.
module.enableCompileCache(join(directory, 'code'));

// All of it is read now: whoever deletes dist/ meanwhile does no harm to a program that runs.
const chunks = new Map(
  readdirSync(directory)
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => [new URL(name, import.meta.url).href, readFileSync(join(directory, name))]),
);
module.registerHooks({
  resolve: (specifier, context, next) => {
    const url = chunks.has(context.parentURL) ? URL.parse(specifier, context.parentURL)?.href : undefined;
    return chunks.has(url) ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
  },
  load: (url, context, next) => {
    const source = chunks.get(url);
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
  },
});

const maps = new Map();

/** The map of a chunk; undefined where it is gone. It is read when a stack is asked for. */
function mapOf(url) {
  if (!maps.has(url)) {
    try {
      maps.set(url, new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8'))));
    } catch {
      maps.set(url, undefined);
    }
  }
  return maps.get(url);
}

/** Text with places of chunks, such as a stack, with the places of their sources: "file:///…/local/main.ts:20:7". */
function sourcePlaces(text) {
  return text.replace(/(file:\/\/[^\s()]+\.mjs):(\d+):(\d+)/g, (whole, url, line, column) => {
    const origin = chunks.has(url) ? mapOf(url)?.findOrigin(Number(line), Number(column)) : undefined;
    if (origin?.fileName === undefined) return whole;
    return `${new URL(origin.fileName, url).href}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

globalThis[Symbol.for('chainmend.sourcePlaces')] = sourcePlaces;

const CAUSES_MOST = 8;

// Node.js would read all maps for this at each start, which takes as long as everything else.
process.on('uncaughtExceptionMonitor', (thrown) => {
  let error = thrown;
  for (let depth = 0; depth < CAUSES_MOST && Object(error) === error; depth++, error = error.cause) {
    if (typeof error.stack === 'string' && !Object.isFrozen(error)) error.stack = sourcePlaces(error.stack);
  }
});

/** For what is kept beside: this code is as good as the sources that it was made of. */
globalThis[Symbol.for('chainmend.program')] = basename(directory);

export const { main } = await import(new URL('program.mjs', import.meta.url).href);

if (import.meta.main) await main();
