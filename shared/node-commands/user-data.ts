// User data for a replacement instance whose launch template has user data of its own: one message for cloud-init, with our mask as its first part. cloud-init
// handles parts in their order; a boothook "is executed immediately", before any other part is handled and long before scripts run, and no later
// part can take it back, as a second cloud-config could with `bootcmd`. What the owner's parts say is never looked into further than their kind, and never
// told: it may hold secrets. Sources: "User-data formats" of cloud-init's documentation, cloudinit/user_data.py; "Run commands at launch using
// instance user data" (EC2 user guide).

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';

/** "User data is limited to 16 KB, in raw form, before it is base64-encoded." */
const USER_DATA_BYTES_MAX = 16 * 1_024;
/** Of what is packed: many times more than fits. */
const UNPACKED_BYTES_MAX = 1_024 * 1_024;
/** cloud-init takes user data for a message where these words are in its first 4,096 bytes (`convert_string`). */
const MESSAGE_WITHIN_BYTES = 4_096;
const LINES = /.{1,76}/g;

export type UserData = { readonly bytes: Uint8Array } | { readonly fault: string };

/** @param hook a script that masks the clients @param own the template's user data, out of their base64 */
export function userDataWithOwn(hook: string, own: Uint8Array): UserData {
  const unpacked = unpack(own);
  if (unpacked === null) return { fault: 'its user data are packed, and cannot be unpacked' };
  if (!isUtf8(unpacked)) return { fault: 'its user data are no text in UTF-8' };
  const text = unpacked.toString('utf8');
  const isMessage = isMessageText(text);
  const fault = isMessage ? null : kindFault(text);
  if (fault !== null) return { fault };
  const boundary = `chainmend-${createHash('sha256').update(hook).update(own).digest('hex').slice(0, 32)}`;
  const parts = [partOf('text/cloud-boothook', Buffer.from(hook)), isMessage ? text : partOf('text/plain', unpacked)];
  const message = [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    ...parts.flatMap((part) => [`--${boundary}`, part]),
    `--${boundary}--`,
    '',
  ].join('\n');
  return sized(Buffer.from(message));
}

/** cloud-init unpacks what is packed, and EC2 counts packed bytes. */
function sized(bytes: Uint8Array): UserData {
  const fitting = bytes.length <= USER_DATA_BYTES_MAX ? bytes : gzipSync(bytes, { level: 9 });
  if (fitting.length <= USER_DATA_BYTES_MAX) return { bytes: fitting };
  return {
    fault: `its user data with the mask before them have ${fitting.length} bytes, and EC2 takes ${USER_DATA_BYTES_MAX}: let them fetch the greater part (#include)`,
  };
}

/** null: it says that it is packed, and is not. */
function unpack(own: Uint8Array): Buffer | null {
  if (own[0] !== 0x1f || own[1] !== 0x8b) return Buffer.from(own);
  try {
    return gunzipSync(own, { maxOutputLength: UNPACKED_BYTES_MAX });
  } catch {
    return null;
  }
}

/** A message begins with a header, as Python's email parser knows one; the words alone may stand in a script. */
const isMessageText = (text: string): boolean =>
  /mime-version:/i.test(text.slice(0, MESSAGE_WITHIN_BYTES)) && /^[!-9;-~]+:/.test(text);

/** By which cloud-init tells kinds of user data (`INCLUSION_TYPES_MAP`); case does not matter, nor what is blank before it. */
const KINDS = ['#!', '#cloud-config', '#cloud-boothook', '#include', '#part-handler', '## template: jinja'];

/** What other systems take, by how it begins. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/^\{[\s\S]*"ignition"/, 'Ignition, which only an image of its own kind reads'],
  [/^(#[^\n]*\n|\s)*\[settings\b/, 'settings of Bottlerocket'],
  [/^<(powershell|script|persist)>/i, 'for Windows'],
  [/^[A-Za-z0-9+/\s]{40}[A-Za-z0-9+/=\s]*$/, 'base64 within base64, which cloud-init does not undo'],
];

function kindFault(text: string): string | null {
  const start = text.trimStart();
  if (KINDS.some((kind) => start.slice(0, 32).toLowerCase().startsWith(kind))) return null;
  const known = STRANGERS.find(([pattern]) => pattern.test(start))?.[1] ?? 'of no kind that cloud-init runs';
  return `its user data are ${known}: nothing could be run before them`;
}

/** In base64: a line of the content is never taken for the end of the part. */
const partOf = (type: string, content: Uint8Array): string =>
  [
    `Content-Type: ${type}; charset="utf-8"`,
    'Content-Transfer-Encoding: base64',
    '',
    ...(Buffer.from(content).toString('base64').match(LINES) ?? []),
  ].join('\n');
