// Names of nodes in a sentence: the first ones, and how many more there are.

const NAMED = 5;

/** "node1, node2, node3, node4, node5 and 37 more" */
export function names(all: readonly string[]): string {
  const more = all.length - NAMED;
  return more > 0 ? `${all.slice(0, NAMED).join(', ')} and ${more} more` : all.join(', ');
}
