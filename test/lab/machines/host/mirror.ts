// Finds this host's Debian mirror and release. The host's own apt sources say which mirror it can reach.

export interface DebianSource {
  readonly suite: string;
  readonly mirror: string;
}

/** If the host is not Debian: the release that this was tested with, and a mirror that always has it. */
const DEFAULTS: DebianSource = { suite: 'bookworm', mirror: 'http://deb.debian.org/debian' };

/** @param sources the texts of apt's lists, of either format */
export function debianSource(osRelease: string, sources: readonly string[]): DebianSource {
  const isDebian = /^ID="?debian"?$/m.test(osRelease);
  const codename = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(osRelease)?.[1];
  const found = sources
    .flatMap(urisOf)
    .find((uri) => /^https?:\/\/[^\s]+\/debian\/?$/.test(uri) || /\/archive\/debian\/\d+T\d+Z\/?$/.test(uri));
  return {
    suite: (isDebian ? codename : undefined) ?? DEFAULTS.suite,
    mirror: found?.replace(/\/$/, '') ?? DEFAULTS.mirror,
  };
}

/** `deb [options] URI suite …` and `URIs: URI …`; lines that are commented out are ignored. */
function urisOf(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, list, deb822] = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)|^URIs:\s*(.*)$/i.exec(line) ?? [];
    return (list ?? deb822 ?? '').split(/\s+/).filter((word) => /^https?:/.test(word));
  });
}
