import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FLEET_ALARM_KINDS, NODE_ALARM_KINDS, runbookOf } from '../../shared/fleet/naming.ts';

const repository = new URL('../../', import.meta.url).pathname;
const kinds = [...NODE_ALARM_KINDS, ...FLEET_ALARM_KINDS];
const read = (path: string) => readFileSync(join(repository, path), 'utf8');

describe('runbooks', () => {
  it('are there for every kind of alarm, and for nothing else', () => {
    const pages = readdirSync(join(repository, 'docs/runbooks')).sort();
    expect(pages).toEqual(kinds.map((kind) => basename(runbookOf(kind))).sort());
  });

  it.each(kinds)('of %s say what it means, what is done, what to look at, what not to do, and how to pause', (kind) => {
    const page = read(runbookOf(kind));
    expect(page.split('\n')[0]).toBe(`# ${kind}`);
    expect(page.match(/^## .*$/gm)).toEqual([
      '## What it means',
      '## What chainmend does by itself',
      '## What to look at',
      '## What not to do',
      '## To pause',
    ]);
    expect(page).toContain('npm run fleets -- pause FLEET --why');
    // One screen: nobody scrolls at three in the morning.
    expect(page.split('\n').length).toBeLessThanOrEqual(64);
  });

  it.each(kinds.filter((kind) => kind !== 'disk' && kind !== 'inodes'))(
    'of %s warn of a second copy of a validator and of an older signing state',
    (kind) => {
      expect(read(runbookOf(kind))).toContain('Never start a second copy of a validator');
      expect(read(runbookOf(kind))).toContain('Never restore an older `priv_validator_state.json`');
    },
  );

  it.each(kinds)('of %s lead nowhere that is not there', (kind) => {
    for (const [, target = ''] of read(runbookOf(kind)).matchAll(/\]\(([\w-]+\.md)\)/g))
      expect(() => read(`docs/runbooks/${target}`)).not.toThrow();
  });
});
