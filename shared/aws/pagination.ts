// Reads a paginated list of AWS completely or not at all: nothing is decided by a part of it.

interface Page {
  readonly NextToken?: string | undefined;
}

/**
 * @param pages of one of the SDK's paginators
 * @param maxPages more than is ever needed
 * @param what is listed: "alarms chainmend-bitcoin-*"
 * @throws Error where there are more pages than `maxPages`
 */
export async function readAllPages<P extends Page, T>(
  pages: AsyncIterable<P>,
  itemsOf: (page: P) => readonly T[] | undefined,
  maxPages: number,
  what: string,
): Promise<T[]> {
  const found: T[] = [];
  let count = 0;
  for await (const page of pages) {
    found.push(...(itemsOf(page) ?? []));
    count++;
    if (count === maxPages && page.NextToken)
      throw new Error(`more than ${maxPages} pages of ${what}: half-read selections are refused`);
  }
  return found;
}
