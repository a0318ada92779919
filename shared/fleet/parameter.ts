// The SSM parameters of fleet files: one for each file, and one for every pause.
import { createHash } from 'node:crypto';
import { suiteOfPrefix } from '../model/suite.ts';
import { lastReadings } from '../text/last-reading.ts';
import { type Deployed, neighboursOf, widenedIn } from './membership.ts';
import type { Fleet } from './model.ts';
import { parseStored } from './parse.ts';
import { FleetFileError } from './problems.ts';
import { resolveFleet } from './resolve.ts';
import type { FleetDocument } from './schema.ts';

// Limits of a String parameter's value [SSM PutParameter: "Standard parameters have a maximum size of 4 KB, advanced 8 KB"].
const standardBytesMaximum = 4096;
const advancedBytesMaximum = 8192;

export const fleetParameterName = (prefix: string, fleet: string) => `${prefix}/fleets/${fleet}`;

/** One version of a fleet's file: "To query by parameter version, use "Name": "name:version"" (GetParameters, Systems Manager API). */
export const fleetVersionName = (prefix: string, fleet: string, version: number) =>
  `${fleetParameterName(prefix, fleet)}:${version}`;

/** The pause of one fleet, or of everything where none is named. Absent and `off` mean that nothing is paused. */
export const pauseParameterName = (prefix: string, fleet?: string) =>
  fleet === undefined ? `${prefix}/pause` : `${prefix}/pauses/${fleet}`;

/**
 * A parameter's value and the tier that it needs (an advanced parameter costs $0.05 a month).
 * @throws FleetFileError when the file is too long for a parameter
 */
export function fleetParameterValue(document: FleetDocument): { value: string; tier: 'Standard' | 'Advanced' } {
  const value = JSON.stringify(document);
  const bytes = Buffer.byteLength(value);
  if (bytes > advancedBytesMaximum) {
    const expected = `expected at most ${advancedBytesMaximum} bytes of JSON, which is what an SSM parameter can hold`;
    throw new FleetFileError(
      [{ kind: 'conflict', path: ['length'], value: bytes, expected }],
      `fleet file "${document.fleet}"`,
    );
  }
  return { value, tier: bytes > standardBytesMaximum ? 'Advanced' : 'Standard' };
}

interface ReadFleet {
  readonly fleet: Fleet;
  readonly hash: string;
}

/** More than a deployment has room for. */
const FLEETS_MAX = 512;
/** By what the deployment knows: `deployedIn` gives the same object while its parameters stay the same. */
const readings = new WeakMap<Deployed, ReturnType<typeof lastReadings<ReadFleet>>>();

/**
 * A fleet as a function uses it. `hash` identifies the file that was read, for the journal.
 * @throws FleetFileError, also when a file was stored under another fleet's name, or asks for more than the deployment knows
 */
export function fleetOfParameter(
  prefix: string,
  parameter: { name: string; value: string },
  deployed: Deployed,
): ReadFleet {
  const reading = readings.get(deployed) ?? lastReadings<ReadFleet>(FLEETS_MAX);
  readings.set(deployed, reading);
  const name = JSON.stringify([prefix, parameter.name]);
  return reading(name, parameter.value, () => readFleet(prefix, parameter, deployed));
}

function readFleet(prefix: string, parameter: { name: string; value: string }, deployed: Deployed): ReadFleet {
  const document = parseStored(parameter.value);
  if (parameter.name !== fleetParameterName(prefix, document.fleet)) {
    const expected = `expected the name of the parameter that holds it, ${parameter.name}`;
    throw new FleetFileError([{ kind: 'wrong-value', path: ['fleet'], value: document.fleet, expected }], 'fleet file');
  }
  const widened = widenedIn(document, deployed);
  if (widened.length > 0) throw new FleetFileError(widened, `fleet file "${document.fleet}"`);
  const fleet = resolveFleet(document, suiteOfPrefix(prefix), neighboursOf(document.fleet, deployed));
  return { fleet, hash: createHash('sha256').update(parameter.value).digest('hex').slice(0, 16) };
}
