// Names of nodes, as people read and order them.

const NAMED = 5;

/** The first ones in a sentence: "node1, node2, node3, node4, node5 and 37 more" */
export function names(all: readonly string[]): string {
  const more = all.length - NAMED;
  return more > 0 ? `${all.slice(0, NAMED).join(', ')} and ${more} more` : all.join(', ');
}

/** node2 comes before node10. For `sort`. */
export const compareNames = (one: string, other: string): number => one.localeCompare(other, 'en', { numeric: true });
