// What is wrong in fleet files.
import { plainText } from '../shared/text/plain-text.ts';

/** One line per problem: "infra/fleets/bitcoin.yaml:7:3 unknown key "voulmes"; did you mean "volumes"?". */
export class FleetFilesError extends Error {
  override readonly name = 'FleetFilesError';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    // Wrong values are quoted: each problem stays one line.
    const plain = lines.map((line) => plainText(line));
    super(plain.join('\n'));
    this.lines = plain;
  }
}
