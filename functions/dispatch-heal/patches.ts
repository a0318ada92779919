// Begins the upgrade to a release that watch-releases has seen, where the fleet file lets it (`releases.auto: patch`) and its mode is act. Each once: what
// has been tried, however it ended, is a person's from then on.
import { EventError } from '../../shared/events/errors.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { judgeFleetSwitches } from '../../shared/guardrails/switches.ts';
import { createJournal, WHOLE_FLEET } from '../../shared/heal/journal.ts';
import type { ReleasesRecord, UpgradeRecord } from '../../shared/heal/records.ts';
import { DISPATCHER, type DispatchContext, type DispatcherServices } from './context.ts';
import { handleUpgrade } from './upgrades.ts';

/** watch-releases looks once a day: what two looks have not seen again is not begun. */
const SEEN_WITHIN_MS = 48 * 60 * 60_000;
/** It changes once a day: one sweep in five reads it. */
const READ_EVERY_MINUTES = 5;

/** Whether the fleet's file lets anything be begun without a person. */
const takesPatches = ({ mode, releases, client }: Pick<Fleet, 'mode' | 'releases' | 'client'>): boolean =>
  mode === 'act' && releases?.auto === 'patch' && client !== undefined;

/** The version to begin now; null: none. Pure. */
export function patchToBegin(
  fleet: Pick<Fleet, 'mode' | 'releases' | 'client'>,
  releases: Pick<ReleasesRecord, 'patch'> | undefined,
  upgrade: Pick<UpgradeRecord, 'to' | 'state' | 'tried'> | undefined,
  nowMs: number,
): string | null {
  const patch = releases?.patch;
  if (!takesPatches(fleet) || !patch || nowMs - patch.atMs > SEEN_WITHIN_MS) return null;
  // The file may have changed since the look.
  if (!fleet.client?.versions.includes(patch.to)) return null;
  // A person who has taken it back has asked for another version since.
  const isTried = upgrade !== undefined && [...(upgrade.tried ?? []), upgrade.to].includes(patch.to);
  return upgrade?.state === 'under-way' || isTried ? null : patch.to;
}

/** Body of the sweep's last part, for one fleet. */
export async function beginPatch(services: DispatcherServices, context: DispatchContext, fleet: Fleet): Promise<void> {
  const nowMs = Date.now();
  if (!takesPatches(fleet) || Math.floor(nowMs / 60_000) % READ_EVERY_MINUTES !== 0) return;
  const { environment, settings, store } = context;
  if (judgeFleetSwitches(environment.PARAMETER_PREFIX, fleet.name, settings)) return;
  const to = patchToBegin(fleet, await store.readReleases(fleet.name), await store.readUpgrade(fleet.name), nowMs);
  if (to === null) return;
  const note = createJournal(store, {
    ...{ fleet: fleet.name, node: WHOLE_FLEET, instanceId: WHOLE_FLEET, incidentId: 'upgrade', attempt: 0 },
    ...{ by: DISPATCHER, onsetMs: nowMs, heal: 'replace-node', writer: DISPATCHER },
  });
  const sentence = `${fleet.name} goes on to ${to} without a person: releases.auto is patch, and its feed has released it`;
  await note('00-auto', { atMs: nowMs, kind: 'decision', sentence });
  try {
    await handleUpgrade(services, { kind: 'upgrade', fleet: fleet.name, to, plan: false });
  } catch (error) {
    // The file, or another upgrade, came in between: the next sweep reads both again.
    if (!(error instanceof EventError)) throw error;
    await note('00-auto-refused', { atMs: nowMs, kind: 'refusal', sentence: `not begun: ${error.message}` });
  }
}
