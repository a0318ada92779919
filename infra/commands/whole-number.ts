// A flag that takes a whole number.
import { InvalidArgumentError } from 'commander';

/** @returns a parser for commander, which says what was expected */
export function whole(least: number, most: number): (written: string) => number {
  return (written) => {
    const value = Number(written);
    if (/^\d{1,16}$/.test(written) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}
