// What V8 has compiled of bundles, kept for the next run: compiling them takes a tenth of a short one.
import v8 from 'node:v8';
import type vm from 'node:vm';
import { hashOf, keepBytes, keptBytes, shelf } from '../../../infra/kept.ts';
import { compileBundle } from './sandbox.ts';

/** Of the bundles of three versions of all functions. */
const CODE = shelf('code', 60, 0);

/** Compiled in this process, without kept code. */
const fresh = new Map<string, vm.Script>();

/** Compiles a bundle, from kept code where there is some. At the end of this process the code of the functions that have run is kept. */
export function compileKept(source: string, path: string): vm.Script {
  const hash = hashOf([], `${v8.cachedDataVersionTag()} ${source}`);
  const kept = keptBytes(CODE, hash);
  const script = compileBundle(source, path, kept);
  if (kept === undefined || script.cachedDataRejected) {
    if (fresh.size === 0) process.once('exit', keepFresh);
    fresh.set(hash, script);
  }
  return script;
}

function keepFresh(): void {
  for (const [hash, script] of fresh) keepBytes(CODE, hash, script.createCachedData());
}
