// Expectations, and conditions for the end of a run, that several scenarios share.
import { fromItem } from '../../../shared/aws/attributes.ts';
import type { FleetObservation, Health } from '../../../shared/fleet/observation.ts';
import { START_MS } from '../../region.ts';
import { readJournal } from '../report/journal.ts';
import { incidentsOf } from '../report/records.ts';
import type { Report } from '../report/report.ts';
import type { Expectation } from '../scenario.ts';
import type { World } from '../world/world.ts';

/** So many incidents have ended healed. */
export const healed = (world: World, count: number): boolean =>
  incidentsOf(world).filter(({ state }) => state === 'healed').length >= count;

/** A plan has been written. */
export const planned = ({ region, tableName }: World): boolean =>
  readJournal(region, tableName).some(({ kind }) => kind === 'plan');

export const nobodyReplaced: Expectation = {
  sentence: 'nobody was replaced',
  holds: ({ heals }) => heals.every(({ kind }) => kind === 'resize-volume'),
};

export const nobodyPaged: Expectation = {
  sentence: 'nobody was paged',
  holds: ({ pages }) => pages.length === 0,
  undisturbed: true,
};

/** At least once: SNS may deliver a page twice. Pages about the suite itself do not count. */
export const pagedFor = (code: string, sentence: string): Expectation => ({
  sentence,
  holds: ({ pages }) => {
    const own = pages.filter((page) => page.code !== 'suite-alarm');
    return own.length > 0 && own.every((page) => page.code === code);
  },
  undisturbed: true,
});

export const clientUntouched: Expectation = {
  sentence: 'the client was not stopped',
  holds: ({ heals, nodes }) =>
    heals.every(({ outageSeconds }) => outageSeconds === 0) && nodes.every(({ state }) => state === 'synced'),
};

export const healsEnd = (count: number): Expectation => ({
  sentence: count === 1 ? 'one heal, and it healed' : `${count} heals, and each healed`,
  holds: ({ heals }) => heals.filter(({ outcome }) => outcome === 'healed').length === count,
  undisturbed: true,
});

/** Other outcomes may have come before. */
export const allHealedInTheEnd: Expectation = {
  sentence: 'every incident ended healed',
  holds: (_, world) => incidentsOf(world).every(({ state }) => state === 'healed'),
};

/** Refused by this guardrail, with a sentence. */
export const refusedFor = (guardrail: string, sentence: string): Expectation => ({
  sentence,
  holds: ({ refusals }) => refusals.some((refusal) => refusal.guardrail === guardrail),
});

/** Whether watch-fleet has seen a node, or any node, in this health since the story began: by its own journal. */
export const everSeen = ({ region, tableName }: World, health: Health, node?: string): boolean =>
  readJournal(region, tableName).some(
    (line) =>
      line.atMs >= START_MS &&
      line.heal === 'watch-fleet' &&
      (node === undefined || line.node === node) &&
      line.fields.to === health,
  );

/** The suite's present view of each node, by instance. */
export const healthNow = ({ region, tableName }: World): ReadonlyMap<string, Health> =>
  new Map(
    region.dynamodb
      .items(tableName)
      .map((item) => item as Parameters<typeof fromItem>[0])
      .filter(({ sk }) => sk?.S?.startsWith('OBSERVATION#'))
      .flatMap((item) => (fromItem(item) as unknown as FleetObservation).nodes)
      .map(({ instanceId, health }) => [instanceId, health]),
  );

export const seenNow = (world: World, instanceId: string): Health | undefined => healthNow(world).get(instanceId);

/** The present private addresses in a record of a zone, sorted; undefined without such a record. */
export const addressesOf = ({ region }: World, zone: string, name: string): readonly string[] | undefined =>
  region.route53
    .records(zone)
    .find((record) => record.type === 'A' && record.name.replace(/\.$/, '') === `${name}.${zone}`)
    ?.values.toSorted();

export const nothingDone: Expectation = {
  sentence: 'nothing was healed, restarted or replaced',
  holds: ({ heals }, world) =>
    heals.length === 0 && world.nodes.every(({ machine }) => machine.report().clientStarts.length === 0),
};

export const pagedOnce = (code: string, sentence: string): Expectation => ({
  sentence,
  holds: ({ pages }) => pages.filter((page) => page.code === code).length === 1,
  undisturbed: true,
});

export const sizeGiB = ({ nodes }: Report, node: string): number =>
  nodes.find((candidate) => candidate.node === node)?.volumes[0]?.sizeGiB ?? 0;
