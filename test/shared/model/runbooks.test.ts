import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FLEET_ALARM_KINDS, NODE_ALARM_KINDS, runbookOf } from '../../../shared/fleet/resource-names.ts';
import { CONDITIONS, FAILURES, GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';
import { PAGE_WANTS, type PageWant } from '../../../shared/model/page-wants.ts';

const repository = new URL('../../../', import.meta.url).pathname;
const kinds: readonly string[] = [...NODE_ALARM_KINDS, ...FLEET_ALARM_KINDS];
const pageOf = (kind: string) => `docs/runbooks/${kind}.md`;
/** Each of these stands for several codes that page; its name is the most frequent of them. */
const codes = [
  'node-busy',
  'crash-loop',
  'falling-behind',
  'root-filling',
  'event-scheduled',
  'node-missing',
  'record-foreign',
  'another-suite',
  'group-not-seeded',
  'scale-waits',
  'boost-stays',
  'shrink-failed',
  'readiness-lost',
  'release-available',
  'upgrade-failed',
  'restarts-paced',
  'consensus-client-down',
  'ladder-spent',
  'validator',
  'drift-refused',
  'client-stopped',
  'step-failed',
  'snapshot-failed',
  'snapshot-unfit',
  'recoverability-old',
  'kept-longer',
  'not-recorded',
] as const;
/** Alarms on the suite itself. */
const suite = ['suite-blind', 'suite-errors', 'suite-queues'] as const;
/** A person may start, move or restore a client by hand there: chainmend's own commands refuse a validator, a shell does not. */
const startedByHand = [
  'byzantine-validators',
  'client-stopped',
  'consensus-halted',
  'kept-longer',
  'ladder-spent',
  'node-down',
  'node-missing',
  'snapshot-unfit',
  'status-check',
  'validator',
  'validator-jailed',
  'voting-power-low',
] as const;
const all = [...kinds, ...codes, ...suite];
const read = (path: string) => readFileSync(join(repository, path), 'utf8');

describe('runbooks', () => {
  it('are there for every kind of alarm and for codes that page, and for nothing else', () => {
    const pages = readdirSync(join(repository, 'docs/runbooks')).filter((page) => page !== 'README.md');
    expect(pages.sort()).toEqual(all.map((kind) => basename(pageOf(kind))).sort());
    for (const kind of [...NODE_ALARM_KINDS, ...FLEET_ALARM_KINDS]) expect(runbookOf(kind)).toBe(pageOf(kind));
  });

  it('are found by alarm or code, and no code is made up', () => {
    const named = Object.values<PageWant>(PAGE_WANTS).flatMap(({ runbook }) => runbook ?? []);
    expect([...new Set([...kinds, ...named, ...suite])].sort()).toEqual([...all].sort());
    const index = read('docs/runbooks/README.md');
    for (const kind of suite) expect(index).toContain(`](${kind}.md)`);
    const known = [...kinds, ...Object.keys({ ...GUARDRAILS, ...FAILURES, ...CONDITIONS })];
    for (const code of codes)
      for (const [, name = ''] of read(pageOf(code)).matchAll(/^(?:\*|\d\.) `([a-z]+(?:-[a-z]+)+)`/gm))
        expect(known).toContain(name);
  });

  it.each(all)('of %s say what happened, what to do and what never, and link what always holds', (kind) => {
    const page = read(pageOf(kind));
    expect(page.split('\n')[0]).toBe(`# ${kind}`);
    expect(page.match(/^## .*$/gm)).toEqual(['## Do', '## Never']);
    expect(page).toContain('[Always](README.md#always)');
    // One screen: a person at three in the morning does not scroll.
    expect(page.split('\n').length).toBeLessThanOrEqual(64);
  });

  it('say once for all how to pause, and warn of a second copy of a validator and of an older signing state', () => {
    const [, always = ''] = read('docs/runbooks/README.md').split('\n## Always\n');
    expect(always).toContain('npm run chainmend -- pause FLEET --why');
    expect(always).toContain('Never start a second copy of a validator');
    expect(always).toContain('Never restore an older `priv_validator_state.json`');
  });

  it.each(startedByHand)('of %s, which may lead a person to start a copy, have both warnings themselves', (kind) => {
    expect(read(pageOf(kind))).toContain('Never run a validator twice, or from an older signing state. [Always]');
  });
});
