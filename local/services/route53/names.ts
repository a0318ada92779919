// Domain names as Route 53 stores, compares and sorts them. Source: "DNS domain name format" (Route 53 developer guide).

/** "Each label can be up to 63 bytes long. The total length of a domain name cannot exceed 255 bytes, including the dots." */
const LABEL_BYTES_MAX = 63;
const NAME_BYTES_MAX = 255;

/** An invalid name; the message has Route 53's words. */
export class NameProblem extends Error {}

/**
 * The stored form of a name: lower case, with its trailing dot. All but a–z, 0–9, "-" and "_" become `\` and three octal digits, escaped in the input
 * or not (`*` is `\052`). Throws NameProblem.
 */
export function storedName(given: string): string {
  const labels = labelsOf(given);
  const problem = (what: string): NameProblem => new NameProblem(`FATAL problem: ${what} encountered with '${given}'`);
  if (labels.length === 0 || labels.includes('')) throw problem('DomainLabelEmpty (Domain label is empty)');
  const bytes = labels.map((label) => bytesOf(label, given));
  if (bytes.some(({ length }) => length > LABEL_BYTES_MAX))
    throw problem('DomainLabelTooLong (Domain label is too long)');
  if (bytes.reduce((sum, { length }) => sum + length + 1, 0) > NAME_BYTES_MAX) {
    throw problem('DomainNameTooLong (Domain name is too long)');
  }
  return bytes.map((codes) => `${codes.map(written).join('')}.`).join('');
}

/** A sort key like "com.example.www.": labels reversed, in their escaped form, compared in ASCII order. */
export const sortKey = (stored: string): string => `${stored.slice(0, -1).split('.').reverse().join('.')}.`;

export const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether a stored name is the zone's own or below it. */
export const isWithin = (stored: string, zone: string): boolean => stored === zone || stored.endsWith(`.${zone}`);

/** An escaped dot does not separate labels; a last dot is the root. */
function labelsOf(given: string): string[] {
  const labels = given.replace(/\.$/, '').split('.');
  return given === '' || given === '.' ? [] : labels;
}

function bytesOf(label: string, given: string): number[] {
  const codes: number[] = [];
  for (const [, octal, plain = ''] of label.matchAll(/\\([0-3][0-7]{2})|([\s\S])/g)) {
    const code = octal === undefined ? plain.charCodeAt(0) : Number.parseInt(octal, 8);
    // "you must specify the characters by using escape codes": 000 to 040 and 177 to 377 octal.
    if (octal === undefined && (code <= 0x20 || code >= 0x7f)) {
      throw new NameProblem(
        `FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with '${given}'`,
      );
    }
    codes.push(code >= 0x41 && code <= 0x5a ? code + 0x20 : code);
  }
  return codes;
}

const written = (code: number): string => {
  const character = String.fromCharCode(code);
  return /[a-z0-9_-]/.test(character) ? character : `\\${code.toString(8).padStart(3, '0')}`;
};
