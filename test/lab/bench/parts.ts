// All parts of the bench, in their order: those that say most in the least time come first.
import { measureBundles } from './bundles.ts';
import { measureDayTwo } from './day-two.ts';
import { measureDetection } from './detection.ts';
import { measureFleetHours } from './fleet-hours.ts';
import { measureFleetSweeps } from './fleet-sweep.ts';
import { measureHeals } from './heals.ts';
import { measureLargeFleets } from './large-fleet.ts';
import { measureMemory } from './memory.ts';
import { measureOtlp } from './otlp.ts';
import type { Part } from './part.ts';
import { measureReading } from './reading.ts';
import { measureStartup } from './startup.ts';
import { measureStorms } from './storms.ts';
import { measureSwaps } from './swaps.ts';
import { measureWarming } from './warm.ts';

export const PARTS: readonly Part[] = [
  { name: 'startup', measure: measureStartup },
  { name: 'bundles', measure: measureBundles },
  { name: 'heals', measure: measureHeals },
  { name: 'swaps', measure: measureSwaps },
  { name: 'warm', measure: measureWarming },
  { name: 'day-two', measure: measureDayTwo },
  { name: 'detection', measure: measureDetection },
  { name: 'fleet-sweep', measure: measureFleetSweeps },
  { name: 'fleet-hours', measure: measureFleetHours },
  { name: 'storms', measure: measureStorms },
  { name: 'otlp', measure: measureOtlp },
  { name: 'reading', measure: measureReading },
  { name: 'large-fleet', measure: measureLargeFleets },
  { name: 'memory', measure: measureMemory },
];
