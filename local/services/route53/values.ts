// Checks the values of a record set, by type. Sources: "Supported DNS record types" (Route 53 developer guide). Refusals have the words that users
// quote, or else our own.
import { isIPv4, isIPv6 } from 'node:net';
import { ownValue } from '../../simulator/own-properties.ts';
import { notEmulated } from '../../simulator/service.ts';
import { NameProblem, storedName } from './names.ts';

/** "not to exceed 4,000 characters" (ResourceRecord.Value, SDK). */
const VALUE_CHARACTERS_MAX = 4_000;
/** "a TXT record contains one or more strings that are enclosed in double quotation marks", each of at most 255 characters. */
const STRING_CHARACTERS_MAX = 255;

type Problem = string | undefined;

const CHECKS: Readonly<Record<string, (value: string) => Problem>> = {
  A: (value) => (isIPv4(value) ? undefined : 'ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)'),
  AAAA: (value) => (isIPv6(value) ? undefined : 'AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)'),
  CNAME: domainName,
  NS: domainName,
  PTR: domainName,
  SRV: (value) => fields(value, 3, 'SRVRRDATA (Value must be a priority, a weight, a port and a domain name)'),
  MX: (value) => fields(value, 1, 'MXRRDATA (Value must be a priority and a domain name)'),
  TXT: quotedStrings,
  SPF: quotedStrings,
};

/** "You can specify more than one value for all record types except CNAME and SOA." (SDK) */
export const SINGLE_VALUE: ReadonlySet<string> = new Set(['CNAME', 'SOA']);

/** The fault of a value, in Route 53's words; undefined if it is valid. Throws NotImplemented for types without a check here. */
export function valueProblem(type: string, value: string): Problem {
  const check = ownValue(CHECKS, type);
  if (check === undefined) throw notEmulated(`Route 53 records of type ${type}`);
  const problem = value.length > VALUE_CHARACTERS_MAX ? 'ValueTooLong (Value is too long)' : check(value);
  return problem && `Invalid Resource Record: 'FATAL problem: ${problem} encountered with '${value}''`;
}

/** The form for comparing two values: "with and without a trailing dot" are identical, and the case of a name does not matter. */
export function comparable(type: string, value: string): string {
  if (type === 'TXT' || type === 'SPF') return value;
  return value.trim().toLowerCase().replace(/\s+/g, ' ').replace(/\.$/, '');
}

function domainName(value: string): Problem {
  try {
    storedName(value);
    return undefined;
  } catch (error) {
    if (error instanceof NameProblem) return 'InvalidDomainName (Value is not a valid domain name)';
    throw error;
  }
}

function fields(value: string, numbers: number, otherwise: string): Problem {
  const parts = value.split(/\s+/);
  const target = parts.at(-1) ?? '';
  const areNumbers = parts.slice(0, -1).every((part) => /^\d{1,5}$/.test(part) && Number(part) <= 65_535);
  const isRight = parts.length === numbers + 1 && areNumbers && (target === '.' || domainName(target) === undefined);
  return isRight ? undefined : otherwise;
}

/** Strings in quotation marks, separated by spaces; inside them `\"` is a quotation mark, and `\ooo` is a byte in octal digits. */
function quotedStrings(value: string): Problem {
  if (!/^"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*$/s.test(value)) {
    return 'InvalidCharacterString (Value should be enclosed in quotation marks)';
  }
  for (const [, content = ''] of value.matchAll(/"((?:[^"\\]|\\.)*)"/gs)) {
    if (content.replace(/\\(?:[0-3][0-7]{2}|.)/gs, '-').length > STRING_CHARACTERS_MAX) {
      return 'CharacterStringTooLong (Value is too long)';
    }
    if (/[^\x20-\x7e]/.test(content)) return 'UnsupportedCharacter (Value contains unsupported characters)';
  }
  return undefined;
}
