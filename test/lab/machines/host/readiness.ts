// Prepares a bare host for machines: installs and builds what is missing, and reports what it cannot get.

import type { ReportProgress } from '../../../fixtures/cache.ts';
import type { Machines, Software } from '../run-events.ts';
import { type HostAbilities, reasonFor, whyNoMachine } from './abilities.ts';
import { checkHost } from './ability-checks.ts';
import { ensureBaseSystem } from './base-system.ts';
import { ensurePackages } from './packages.ts';
import { ensureSoftware } from './software.ts';
import { sweepDeadRuns } from './sweep.ts';

export interface ReadyHost {
  readonly ready: true;
  readonly baseDirectory: string;
  readonly software: Software;
  readonly machines: Machines;
  /** Why machines are not containers; undefined if they are. */
  readonly whyPlain: string | undefined;
}

export type HostReadiness = ReadyHost | { readonly ready: false; readonly why: string };

/**
 * Never throws for an ability that this host lacks.
 * @param wanted the software that is built; all of it unless given
 */
export async function prepareHost(say: ReportProgress, wanted?: readonly (keyof Software)[]): Promise<HostReadiness> {
  try {
    return await prepare(say, wanted);
  } catch (error) {
    return { ready: false, why: (error as Error).message };
  }
}

async function prepare(say: ReportProgress, wanted: readonly (keyof Software)[] | undefined): Promise<HostReadiness> {
  // Before the installation only these abilities can be checked. Only they decide whether to go on.
  const { lacks } = await checkHost();
  const hopeless = lacks.filter(({ what }) => what === 'Linux' || what === 'root' || what === 'apt');
  if (hopeless.length > 0)
    return { ready: false, why: hopeless.map(({ what, reason }) => `no ${what}: ${reason}`).join('; ') };
  await ensurePackages(say);
  const host = await checkHost();
  const why = whyNoMachine(host);
  if (why !== undefined) return { ready: false, why };
  for (const left of await sweepDeadRuns()) say(`of an earlier run: ${left}`);
  const [baseDirectory, { software, lacks: missing }] = await Promise.all([
    ensureBaseSystem(say),
    ensureSoftware(say, wanted),
  ]);
  for (const sentence of missing) say(`not here: ${sentence}`);
  return readiness(await checkHost(baseDirectory), baseDirectory, software);
}

function readiness(host: HostAbilities, baseDirectory: string, software: Software): HostReadiness {
  const { machines } = host;
  if (machines === undefined) return { ready: false, why: whyNoMachine(host) ?? 'nothing is known of why' };
  return { ready: true, baseDirectory, software, machines, whyPlain: reasonFor(host, 'containers') };
}
