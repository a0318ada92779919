// Command documents of earlier deployments. Each is named by its content and stays when it is replaced, since a heal sends what it began with (ADR 4). An
// account holds 500. What nothing can send any more is deleted, a few in each run.
import { DeleteDocumentCommand, InvalidDocument, paginateListDocuments, type SSMClient } from '@aws-sdk/client-ssm';
import { logInfo } from '../../shared/aws/log.ts';
import { readAllPages } from '../../shared/aws/pagination.ts';
import { isThrottling } from '../../shared/aws/refusals.ts';
import { judgePauseOfAll } from '../../shared/guardrails/switches.ts';
import type { Store } from '../../shared/heal/store.ts';
import { DAY_MS } from '../../shared/model/execution.ts';
import { suiteOfPrefix } from '../../shared/model/suite.ts';
import { throwTogether } from '../../shared/reconcile/fleets.ts';

/** Many times the longest execution of a heal, and longer than anybody goes back to the deployment before. */
export const REPLACED_FOR_MS = 60 * DAY_MS;
/** In each try of a run. A deployment replaces at most thirteen. */
const MAX_IN_A_RUN = 20;
/** `<suite>-<operation>-<hash8>`: see shared/node-commands. Another suite's begin otherwise. */
const NAME = /^(?<operation>[a-z]+(?:-[a-z]+)*)-[0-9a-f]{8}$/;

export interface DocumentFact {
  readonly name: string;
  readonly createdAtMs: number;
}

/**
 * The documents that may go, oldest first: of an operation that has another document now, where both have been there for sixty days. Pure.
 *
 * @param current the names that the functions of this deployment send; where one is missing from the account, nothing may go
 */
export function obsoleteDocuments(
  suite: string,
  documents: readonly DocumentFact[],
  current: ReadonlySet<string>,
  nowMs: number,
): readonly string[] {
  const operationOf = (name: string): string | undefined =>
    name.startsWith(`${suite}-`) ? NAME.exec(name.slice(suite.length + 1))?.groups?.['operation'] : undefined;
  const sent = new Map(
    documents.flatMap(({ name, createdAtMs }) =>
      current.has(name) ? [[operationOf(name), createdAtMs] as const] : [],
    ),
  );
  if (sent.size < current.size) return [];
  return documents
    .filter(({ name, createdAtMs }) => {
      const successorMs = sent.get(operationOf(name));
      if (current.has(name) || operationOf(name) === undefined || successorMs === undefined) return false;
      return nowMs - Math.max(createdAtMs, successorMs) >= REPLACED_FOR_MS;
    })
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_IN_A_RUN)
    .map(({ name }) => name);
}

export interface DocumentsContext {
  readonly ssm: SSMClient;
  readonly store: Pick<Store, 'readNodes'>;
  readonly parameterPrefix: string;
  /** Values of parameters, with the pause of everything among them. */
  readonly values: ReadonlyMap<string, string>;
  readonly current: readonly string[];
}

/**
 * While any heal holds a node nothing is deleted: it may have begun before a deployment went back.
 *
 * @throws AggregateError with what could not be deleted, once each had its turn; where AWS throttles, at once: it would throttle the others, too
 */
export async function pruneDocuments(context: DocumentsContext, nowMs: number): Promise<void> {
  const { ssm, store, parameterPrefix, values, current } = context;
  const suite = suiteOfPrefix(parameterPrefix);
  const obsolete = obsoleteDocuments(suite, await readDocuments(ssm, `${suite}-`), new Set(current), nowMs);
  if (obsolete.length === 0 || judgePauseOfAll(parameterPrefix, values) !== null) return;
  if ((await store.readNodes()).some(({ owner }) => owner !== null)) return;
  const failures: unknown[] = [];
  for (const Name of obsolete)
    try {
      await ssm.send(new DeleteDocumentCommand({ Name }));
      logInfo({ deleted: Name, because: 'no heal can send it any more' });
    } catch (error) {
      if (isThrottling(error)) throw error;
      // Gone already: another run, or a person, was first.
      if (!(error instanceof InvalidDocument)) failures.push(error);
    }
  throwTogether(failures, 'the other documents were deleted, but');
}

/** An account holds 500 documents, and a page has at most 50 of them (ListDocuments.MaxResults). */
const DOCUMENTS_A_PAGE = 50;
const MAX_PAGES = 20;

async function readDocuments(client: SSMClient, prefix: string): Promise<readonly DocumentFact[]> {
  const Filters = [
    { Key: 'Owner', Values: ['Self'] },
    { Key: 'Name', Values: [prefix] },
  ];
  const found = await readAllPages(
    paginateListDocuments({ client, pageSize: DOCUMENTS_A_PAGE }, { Filters }),
    ({ DocumentIdentifiers }) => DocumentIdentifiers,
    MAX_PAGES,
    `documents ${prefix}*`,
  );
  return found.flatMap(({ Name, CreatedDate }) =>
    Name !== undefined && CreatedDate ? [{ name: Name, createdAtMs: CreatedDate.getTime() }] : [],
  );
}
