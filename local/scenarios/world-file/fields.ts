// Fields that several parts of a world file have. Texts are limited to characters without a meaning in a shell or on a terminal.
import * as v from 'valibot';
import { map, tagKey, tagValue, text } from '../../../shared/fleet/schema-fields.ts';

/** Two weeks of virtual time. */
export const MINUTES_MAX = 20_160;
export const NODES_MAX = 200;

/** As many as EC2 takes ("Tag your Amazon EC2 resources"). */
export const resourceTags = map('tags', '{ Component: nodes/bitcoin }', 50, tagKey, tagValue);

export const nodeName = text(
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  'a name of at most 63 letters, digits, _ and -',
  'node2',
);
export const nodeRef = text(
  /^[a-z][a-z0-9-]{0,31}\/[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  'a fleet and a node',
  'bitcoin/node2',
);
export const worldName = text(
  /^[a-z][a-z0-9]*(-[a-z0-9]+){0,9}$/,
  'a name of lower-case words, with - between them',
  'my-rehearsal',
);
/** A day of the calendar, as people write it in a post-mortem. */
export const day = text(/^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'a day: YYYY-MM-DD', '2025-10-20');
/** An address of a public page. No quote, no bracket and no blank: it is printed on a terminal. */
export const webAddress = text(
  /^https:\/\/[a-z0-9.-]{3,80}\/[A-Za-z0-9@_./?=#-]{0,160}$/,
  'an https address',
  'https://aws.amazon.com/message/101925/',
);
/** Characters that a terminal shows as themselves: no control, no direction, nothing invisible. As a text, since a JSON schema knows no flags. */
const VISIBLE =
  '[ -~\\u00a1-\\u00ac\\u00ae-\\u05ff\\u0610-\\u061b\\u061d-\\u06dc\\u0900-\\u200a\\u2010-\\u2027\\u2030-\\u205e\\u2070-\\ud7ff\\uf900-\\ufefe\\uff01-\\uffef]';

export const sentence = text(
  new RegExp(`^${VISIBLE}{3,240}$`),
  'one line of 3 to 240 visible characters',
  '"A node hangs, and its client is restarted."',
);
/** Like `sentence`, of any length up to its limit. */
export const line = v.pipe(
  v.string('expected a text'),
  v.regex(new RegExp(`^${VISIBLE}{0,240}$`), 'expected one line of at most 240 visible characters'),
);
export const hostName = text(
  /^[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62})){0,9}$/,
  'a host name',
  'bitcoin-a.example',
);
export const zoneLetter = v.picklist(['a', 'b', 'c'], 'expected an Availability Zone: a, b, c');
export const snapshotId = text(/^snap-[0-9a-f]{17}$/, 'a snapshot id', 'snap-0123456789abcdef0');
export const instanceId = text(/^i-[0-9a-f]{17}$/, 'an instance id', 'i-0123456789abcdef0');
export const recordName = text(
  /^[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63}){0,5}$/,
  'a name inside the zone',
  'grafana',
);
export const ipAddress = text(/^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/, 'an IPv4 address', '10.0.200.7');

/** A number with decimals. */
export function amount(minimum: number, maximum: number, unit: string, example: number) {
  const message = `expected a number of ${unit} from ${minimum} to ${maximum}, no unit after it, for example ${example}`;
  return v.pipe(v.number(message), v.minValue(minimum, message), v.maxValue(maximum, message), v.examples([example]));
}

export const minutes = amount(0, MINUTES_MAX, 'minutes', 3);
