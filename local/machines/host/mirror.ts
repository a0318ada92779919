// From where this host takes its Debian packages, and which Debian that is: what can be reached is not for us to guess.

export interface DebianSource {
  readonly suite: string;
  readonly mirror: string;
}

/** Where the host is no Debian: the release that all this was tried with, from where it is always to be had. */
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

/** `deb [options] URI suite …` and `URIs: URI …`; what is commented out does not count. */
function urisOf(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, list, deb822] = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)|^URIs:\s*(.*)$/i.exec(line) ?? [];
    return (list ?? deb822 ?? '').split(/\s+/).filter((word) => /^https?:/.test(word));
  });
}
