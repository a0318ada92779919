// Takes out of a recording what names an account, its people and its things. The same word gets the same mask in the whole recording. Pure but for its memory.

export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };

/** Longer texts are cut: user data, templates of stacks, policies. */
const CHARACTERS_MAX = 2_048;
const DEPTH_MAX = 24;
/** Their values are an owner's words. */
const NAMES =
  /^(?:InstanceProfileName|RoleName|UserName|KeyName|GroupName|ComputerName|Path|PolicyDocument|Description|Name|Key|NextToken|nextToken)$/;
/** What chainmend and AWS have named: it stays, and so do numbers, and words of a switch. */
const OURS =
  /^(?:chainmend|smoke(?:-[0-9a-f]{6})?(?:$|-)|\/chainmend|\/aws\/service\/|\/cdk-bootstrap\/|AWS|Amazon|CloudWatch|\/$|off$|true$|false$|\d+$|[a-z]{1,12}-[0-9a-f]{8,17}$|arn:)/;
/** Names that are looked for in sentences: a shorter one, or a path, would be found in others. */
const LOOKED_FOR = /^\w[\w .@-]{3,}$/;
const OUR_TAGS = /^chainmend:/;

interface Pattern {
  readonly what: string;
  readonly at: RegExp;
  readonly mask: (ordinal: number, found: string) => string;
}

const hex = (ordinal: number, digits: number): string => ordinal.toString(16).padStart(digits, '0');
const address = (ordinal: number, between: string): string =>
  ['198', '18', String((ordinal >> 8) & 255), String(ordinal & 255)].join(between);

/** In this order: a part of a longer one is not masked by itself. */
const PATTERNS: readonly Pattern[] = [
  {
    what: 'uuid',
    at: /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g,
    mask: (n) => `00000000-0000-4000-8000-${hex(n, 12)}`,
  },
  { what: 'mail', at: /\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, mask: (n) => `person${n}@example.com` },
  // The partition and the service stay, and so does the kind of the thing.
  {
    what: 'name',
    at: /(?<=:(?:role|user|assumed-role|instance-profile|policy|federated-user)\/)(?!aws-service-role\/|chainmend|Amazon|AWS|CloudWatch)[^\s"',]+/g,
    mask: (n) => `name-${n}`,
  },
  {
    what: 'key',
    at: /\b(?:AKIA|ASIA|AROA|AIDA|AGPA|AIPA|ANPA)[A-Z0-9]{12,}/g,
    mask: (n, found) => `${found.slice(0, 4)}${hex(n, 16).toUpperCase()}`,
  },
  {
    what: 'id',
    at: /\b[a-z]{1,12}-(?:[0-9a-f]{17}|[0-9a-f]{8})\b/g,
    mask: (n, found) => `${found.slice(0, found.lastIndexOf('-'))}-${hex(n, 17)}`,
  },
  { what: 'account', at: /\b\d{12}\b/g, mask: (n) => String(111_122_220_000 + n) },
  {
    what: 'mac',
    at: /\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g,
    mask: (n) => `02:00:00:00:${hex(n >> 8, 2)}:${hex(n & 255, 2)}`,
  },
  { what: 'address', at: /\b(?:\d{1,3}\.){3}\d{1,3}\b/g, mask: (n) => address(n, '.') },
  { what: 'host', at: /(?<=\b(?:ip|ec2)-)\d{1,3}(?:-\d{1,3}){3}\b/g, mask: (n) => address(n, '-') },
];

/** @returns a function that masks any value of a request or an answer, and turns it into JSON. Dates become ISO 8601, bytes their number. */
export function masker(): (value: unknown) => Json {
  const seen = new Map<string, string>();
  const known = (what: string, found: string, mask: (ordinal: number) => string): string => {
    const key = `${what} ${found}`;
    const old = seen.get(key);
    if (old !== undefined) return old;
    const ordinal = [...seen.keys()].filter((one) => one.startsWith(`${what} `)).length + 1;
    const fresh = mask(ordinal);
    seen.set(key, fresh);
    return fresh;
  };
  const names = new Map<string, string>();
  const text = (written: string): string => {
    const cut = written.length > CHARACTERS_MAX ? `${written.slice(0, CHARACTERS_MAX)}…` : written;
    const patterned = PATTERNS.reduce(
      (said, { what, at, mask }) => said.replace(at, (found) => known(what, found, (ordinal) => mask(ordinal, found))),
      cut,
    );
    // A sentence of AWS may have a name that was an answer's member before.
    return [...names].reduce((said, [name, mask]) => said.replaceAll(name, mask), patterned);
  };
  const word = (written: string): string => {
    if (OURS.test(written)) return text(written);
    const mask = known('name', written, (n) => `name-${n}`);
    if (LOOKED_FOR.test(written)) names.set(written, mask);
    return mask;
  };
  const masked = (value: unknown, member: string, depth: number): Json => {
    if (depth > DEPTH_MAX) return '…';
    if (typeof value === 'string') return NAMES.test(member) ? word(value) : text(value);
    if (typeof value === 'number' || typeof value === 'boolean') return value;
    if (value instanceof Date) return value.toISOString();
    if (ArrayBuffer.isView(value)) return { bytes: value.byteLength };
    if (Array.isArray(value)) return value.map((one) => masked(one, member, depth + 1));
    if (typeof value !== 'object' || value === null) return null;
    const isOurTag = 'Key' in value && 'Value' in value && OUR_TAGS.test(String(value.Key));
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name, one]) => name !== '$metadata' && one !== undefined && typeof one !== 'function')
        .map(([name, one]) => {
          if (name === 'Value' && typeof one === 'string' && !isOurTag) return [name, word(one)];
          // The names of filters and of states are AWS's.
          return [name, masked(one, name === 'Name' && ('Values' in value || 'Code' in value) ? '' : name, depth + 1)];
        }),
    );
  };
  return (value) => masked(value, '', 0);
}
