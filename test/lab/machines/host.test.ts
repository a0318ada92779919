import { describe, expect, it } from '@jest/globals';
import { cacheDirectory } from '../../fixtures/cache.ts';
import { type AbilityChecks, abilitiesOf, reasonFor, whyNoMachine } from './host/abilities.ts';
import { debianSource } from './host/mirror.ts';
import { memoryEachMiB } from './play.ts';

const all: AbilityChecks = {
  linux: undefined,
  root: undefined,
  apt: undefined,
  loopDevices: undefined,
  namespaces: undefined,
  containers: undefined,
  go: undefined,
};

describe('what a host can do', () => {
  it('has machines in containers where everything that was tried went well', () => {
    const host = abilitiesOf(all);
    expect(host).toEqual({ machines: 'containers', lacks: [] });
    expect(whyNoMachine(host)).toBeUndefined();
  });

  it('has machines in plain namespaces where only containers do not start, and says why', () => {
    const host = abilitiesOf({ ...all, containers: 'runc ended with 1' });
    expect(host).toEqual({
      machines: 'namespaces',
      lacks: [{ what: 'containers', reason: 'runc ended with 1' }],
    });
    expect(reasonFor(host, 'containers')).toBe('runc ended with 1');
    expect(whyNoMachine(host)).toBeUndefined();
  });

  it.each([
    [{ linux: 'this is darwin' }, 'no Linux: this is darwin'],
    [{ root: 'this runs as user 1000' }, 'no root: this runs as user 1000'],
    [{ apt: 'there is no apt-get' }, 'no apt: there is no apt-get'],
    [{ loopDevices: 'EPERM', containers: 'EPERM' }, 'no loop devices: EPERM'],
    [{ namespaces: 'EPERM', containers: 'EPERM', root: 'no' }, 'no root: no; no namespaces: EPERM'],
  ])('has none with %j', (lack, why) => {
    const host = abilitiesOf({ ...all, ...lack });
    expect(host.machines).toBeUndefined();
    expect(whyNoMachine(host)).toBe(why);
  });

  it('misses Go, and has machines nevertheless', () => {
    expect(abilitiesOf({ ...all, go: 'there is no go' })).toEqual({
      machines: 'containers',
      lacks: [{ what: 'Go', reason: 'there is no go' }],
    });
  });
});

describe('where Debian comes from', () => {
  const bookworm = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n';
  const deb822 = (uri: string): string => `Types: deb\n# http://old.example/debian\nURIs: ${uri}\nSuites: bookworm\n`;

  it.each([
    [
      'from the mirror of *.sources',
      bookworm,
      [deb822('http://mirror.example/debian')],
      'http://mirror.example/debian',
    ],
    [
      'from the mirror of sources.list',
      bookworm,
      ['deb [arch=amd64 trusted=yes] https://m.example/debian/ bookworm main'],
      'https://m.example/debian',
    ],
    [
      'from a day of the archive',
      bookworm,
      [deb822('http://s.example/archive/debian/20250520T000000Z')],
      'http://s.example/archive/debian/20250520T000000Z',
    ],
    [
      'not from what is commented out',
      bookworm,
      ['# deb http://m.example/debian bookworm main'],
      'http://deb.debian.org/debian',
    ],
    [
      'not from another archive',
      bookworm,
      [deb822('https://deb.nodesource.com/node_20.x http://m.example/debian-security')],
      'http://deb.debian.org/debian',
    ],
    ['from the second list', bookworm, ['', deb822('http://m.example/debian')], 'http://m.example/debian'],
  ])('%s', (_, osRelease, sources, mirror) => {
    expect(debianSource(osRelease, sources)).toEqual({ suite: 'bookworm', mirror });
  });

  it("is the host's own release where that is Debian", () => {
    expect(debianSource('ID=debian\nVERSION_CODENAME=trixie\n', []).suite).toBe('trixie');
    expect(debianSource('ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n', []).suite).toBe('bookworm');
  });
});

describe('what runs may take', () => {
  it('keeps its cache where the user keeps caches', () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: '/c' })).toBe('/c/chainmend');
    expect(cacheDirectory({ XDG_CACHE_HOME: 'relative' })).toMatch(/^\/.*\/\.cache\/chainmend$/);
  });

  it('shares half of the memory, and leaves it where that is too little', () => {
    expect(memoryEachMiB(3, 24 * 2 ** 30)).toBe(4_096);
    expect(memoryEachMiB(1, 64 * 2 ** 30)).toBe(6_144);
    expect(memoryEachMiB(3, 4 * 2 ** 30)).toBeUndefined();
  });
});
