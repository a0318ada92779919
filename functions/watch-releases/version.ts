// Versions of clients, as they name them themselves and as feeds name their releases: "Geth/v1.14.5-stable/linux-amd64", "/Satoshi:27.0.0/",
// "v5.0.0-rc.1", "Bitcoin Core 29.1". Pure.

export interface Version {
  /** "1.14.5": two to nine numbers. */
  readonly text: string;
  readonly numbers: readonly number[];
  /** A release candidate, an alpha, a beta, a nightly: nobody is told of it. */
  readonly isPreview: boolean;
  /** Nothing stands behind its numbers: no candidate, and no build of somebody's own. */
  readonly isPlain: boolean;
}

/** Ten digits and nine parts: more is no version. */
const VERSION = /(?<![\d.])(\d{1,10}(?:\.\d{1,10}){1,8})([^\s/]{0,40})/;
const PREVIEW =
  /^(a|b)\d|(^|[^a-z])(rc|alpha|beta|pre|preview|dev|devnet|testnet|nightly|unstable|snapshot|canary)(?![a-z])/i;

/** null where the text has none. The first one counts. */
export function versionOf(text: string): Version | null {
  const [, numbers, rest = ''] = VERSION.exec(text) ?? [];
  if (numbers === undefined) return null;
  return {
    text: numbers,
    numbers: numbers.split('.').map(Number),
    isPreview: PREVIEW.test(rest),
    isPlain: rest === '',
  };
}

/** Below 0: the first is older. What is missing counts as 0: 27.1 is 27.1.0. */
export function compareVersions({ numbers: one }: Version, { numbers: other }: Version): number {
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
