// How much of its long lists the host suite plays. CI sets CHAINMEND_ROUNDS to a few; the laboratory plays everything, and its piece `attacks` a hundred rounds.
const ALL = 30;

/** Rounds of an attack on each script. */
export const ROUNDS = Number(process.env['CHAINMEND_ROUNDS'] ?? ALL);
if (!(ROUNDS >= 1))
  throw new Error(`CHAINMEND_ROUNDS is "${process.env['CHAINMEND_ROUNDS']}": expected a number from 1`);

/** All of them, or the first and every fifth after it where CI asks for few rounds. */
export const few = <Item>(all: readonly Item[]): readonly Item[] =>
  ROUNDS >= ALL ? all : all.filter((_, at) => at % 5 === 0);
