// The ledger: the content of a snapshot, written into its tags when it is made and read by every search for a good one. Pure.
import { dateOf, FLEET_TAG, LEDGER_TAGS, NODE_TAG, TAG_VALUE_MAX } from '../model/tags.ts';
import { plainText } from '../text/plain-text.ts';
import type { Ledger } from './model.ts';

/** An unreadable tag counts as missing: a height of "about 5" is no height. Never throws, because people write tags, too. */
export function readLedger(tags: Readonly<Record<string, string>>): Ledger {
  const text = (key: string): string | null => plainText(tags[key] ?? '', TAG_VALUE_MAX) || null;
  return {
    fleet: text(FLEET_TAG),
    node: text(NODE_TAG),
    ofValidator: tags[LEDGER_TAGS.ofValidator] === 'true',
    role: text(LEDGER_TAGS.role),
    setId: text(LEDGER_TAGS.setId),
    parts: wholeOf(tags[LEDGER_TAGS.parts]) || null,
    height: wholeOf(tags[LEDGER_TAGS.height]),
    blockHash: text(LEDGER_TAGS.blockHash),
    chainId: text(LEDGER_TAGS.chainId),
    client: text(LEDGER_TAGS.client),
    clientVersion: text(LEDGER_TAGS.clientVersion),
    mode: text(LEDGER_TAGS.mode),
    cleanStop: tags[LEDGER_TAGS.cleanStop] === 'true',
    verifiedAtMs: dateOf(tags[LEDGER_TAGS.verified]),
    // The tag alone is enough: a person who forgot the reason did not want the snapshot used either.
    quarantined:
      tags[LEDGER_TAGS.quarantined] === undefined ? null : (text(LEDGER_TAGS.quarantined) ?? '(no reason given)'),
    heldBy: tags[LEDGER_TAGS.heldBy] === undefined ? null : (text(LEDGER_TAGS.heldBy) ?? '(nobody says who)'),
  };
}

/** The tags of a ledger; a null member has none. */
export function ledgerTags(ledger: Ledger): Record<string, string> {
  const written: Readonly<Record<string, string | number | null>> = {
    [FLEET_TAG]: ledger.fleet,
    [NODE_TAG]: ledger.node,
    [LEDGER_TAGS.ofValidator]: ledger.ofValidator ? 'true' : null,
    [LEDGER_TAGS.role]: ledger.role,
    [LEDGER_TAGS.setId]: ledger.setId,
    [LEDGER_TAGS.parts]: ledger.parts,
    [LEDGER_TAGS.height]: ledger.height,
    [LEDGER_TAGS.blockHash]: ledger.blockHash,
    [LEDGER_TAGS.chainId]: ledger.chainId,
    [LEDGER_TAGS.client]: ledger.client,
    [LEDGER_TAGS.clientVersion]: ledger.clientVersion,
    [LEDGER_TAGS.mode]: ledger.mode,
    [LEDGER_TAGS.cleanStop]: ledger.cleanStop ? 'true' : null,
    [LEDGER_TAGS.verified]: ledger.verifiedAtMs === null ? null : new Date(ledger.verifiedAtMs).toISOString(),
    [LEDGER_TAGS.quarantined]: ledger.quarantined,
    [LEDGER_TAGS.heldBy]: ledger.heldBy,
  };
  return Object.fromEntries(
    Object.entries(written).flatMap(([key, value]) =>
      value === null ? [] : [[key, plainText(String(value), TAG_VALUE_MAX)]],
    ),
  );
}

/** A client by its own version string: "Geth/v1.14.5-stable/linux-amd64", "/Satoshi:27.0.0/", "0.38.12". */
export interface ClientName {
  /** Lower case; the chain's name where the string has none. */
  readonly client: string;
  /** "1.14.5"; null where the string has none. */
  readonly version: string | null;
}

/** For writers of a ledger and for comparisons with one. @param chain of the fleet */
export function clientNameOf(told: string, chain: string): ClientName {
  const client = /^\/?([A-Za-z][A-Za-z -]*[A-Za-z])(?=[/:\s]|$)/.exec(told.trim())?.[1]?.toLowerCase() ?? chain;
  return { client, version: /(?<!\d)\d{1,10}(?:\.\d{1,10}){1,8}/.exec(told)?.[0] ?? null };
}

function wholeOf(value: string | undefined): number | null {
  if (value === undefined || !/^\d{1,15}$/.test(value)) return null;
  return Number(value);
}
