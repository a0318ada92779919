// Reads all pages of an operation of the region's CloudWatch, without a request.
import type { World } from '../world/world.ts';

/** A run has a few hundred alarms and transitions; this limit is a hundred times as many pages. */
const PAGES_MAX = 1_000;

export function operationPages<P extends { readonly NextToken?: string }>(
  { region }: World,
  operation: string,
  input: Readonly<Record<string, unknown>>,
): P[] {
  const serve = region.cloudwatch.operations[operation];
  if (!serve) throw new Error(`CloudWatch has no operation ${operation}`);
  const pages: P[] = [];
  for (let token: string | undefined; pages.length < PAGES_MAX; token = pages.at(-1)?.NextToken) {
    if (pages.length > 0 && token === undefined) break;
    const call = { at: region.clock.now(), actor: 'person' };
    pages.push(serve({ ...input, ...(token !== undefined && { NextToken: token }) }, call) as P);
  }
  return pages;
}
