// Expectations and ends that several scenarios share.
import { readJournal } from '../run/journal.ts';
import { incidentsOf, type Report } from '../run/report.ts';
import type { World } from '../run/world.ts';
import type { Expectation } from './scenario.ts';

/** So many incidents have ended healed. */
export const healed = (world: World, count: number): boolean =>
  incidentsOf(world).filter(({ state }) => state === 'healed').length >= count;

/** What would be done has been written down. */
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

/** At least once: SNS may deliver a page twice. What the suite says about itself is another matter. */
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

/** Whatever happened on the way. */
export const allHealedInTheEnd: Expectation = {
  sentence: 'every incident ended healed',
  holds: (_, world) => incidentsOf(world).every(({ state }) => state === 'healed'),
};

/** Refused for this reason, with what that says in words. */
export const refusedFor = (guardrail: string, sentence: string): Expectation => ({
  sentence,
  holds: ({ refusals }) => refusals.some((refusal) => refusal.guardrail === guardrail),
});

export const sizeGiB = ({ nodes }: Report, node: string): number =>
  nodes.find((candidate) => candidate.node === node)?.volumes[0]?.sizeGiB ?? 0;
