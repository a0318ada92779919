// Whether somebody has asked for a suite by name: `npm test -- crash` runs every place at which a heal can die, `npm test` every sixth
// one, so that all suites together take a few minutes. CHAINMEND_ASKED=all asks for everything.

export const isAsked = (suite: string): boolean => {
  const asked = process.env['CHAINMEND_ASKED'] ?? '';
  return asked === 'all' || asked.includes(suite);
};

/** All of them where they were asked for, else every nth, beginning with the first. */
export const sampled = <T>(suite: string, all: readonly T[], every: number): readonly T[] =>
  isAsked(suite) ? all : all.filter((_, at) => at % every === 0);
