// A person has seen a page: it is written down, and the page is not repeated.
import type { AcknowledgeAnswer, AcknowledgeEvent, ListedPage } from '../../shared/events/acknowledge.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import type { OpenPagesRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import type { DispatcherServices } from './context.ts';
import { acknowledge } from './open-pages.ts';
import { journalOf } from './repeat.ts';

/** A page of one fleet is looked for there, a code in every fleet. */
export async function acknowledgePages(
  services: DispatcherServices,
  { page, by }: AcknowledgeEvent,
): Promise<AcknowledgeAnswer> {
  const { clients, environment, store } = services;
  const { fleets } = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  const acknowledged: string[] = [];
  const open: ListedPage[] = [];
  for (const { name } of fleets) {
    const { mine, record } = await settle<OpenPagesRecord, Settled>(
      store,
      keys.openPages(name),
      () => store.readOpenPages(name),
      (read) => {
        if (read === undefined || page === undefined) return { result: { mine: [], record: read } };
        const { version, ...before } = read;
        const { next, keys: mine } = acknowledge(before, page, by, Date.now());
        const record = { ...next, version: version + 1 };
        return { result: { mine, record }, write: mine.length > 0 ? record : undefined };
      },
    );
    open.push(...listed(name, record));
    acknowledged.push(...mine);
    for (const key of mine) {
      const seen = record?.pages[key];
      if (seen === undefined) continue;
      const atMs = seen.acknowledged?.atMs ?? 0;
      await journalOf(
        services,
        { fleet: name, node: seen.node },
        atMs,
      )(`99-acknowledged-${seen.code}`, {
        ...{ atMs, kind: 'notice', code: 'acknowledged' },
        sentence: `${seen.acknowledged?.by ?? by} has seen the page ${key} and looks after it: it is not repeated`,
        evidence: { key, code: seen.code },
      });
    }
  }
  return { acknowledged, open };
}

interface Settled {
  readonly mine: readonly string[];
  readonly record: OpenPagesRecord | undefined;
}

const listed = (fleet: string, record: OpenPagesRecord | undefined): readonly ListedPage[] =>
  Object.entries(record?.pages ?? {})
    .filter(([, { isOver }]) => !isOver)
    .map(([key, { code, sentAtMs, times, acknowledged }]) => ({
      ...{ fleet, key, code, sentAtMs, times },
      ...(acknowledged && { acknowledgedBy: acknowledged.by }),
    }));
