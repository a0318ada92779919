// The table of verbs and effects: every verb has a row, and no verb that changes something can be played without a yes where its row asks for one.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addVerbs, type Desk } from '../../../infra/commands/chainmend-cli.ts';
import { consentByEffect, consentTo, refuseUnasked } from '../../../infra/commands/consent.ts';
import { NeedsYesError } from '../../../infra/commands/errors.ts';
import { fullName, leavesOf } from '../../../infra/commands/program.ts';
import { effectText, rowOf, VERBS } from '../../../infra/commands/verb-table.ts';

const program = new Command('chainmend').helpCommand(false);
addVerbs(program, {} as Desk, { status: 0, facts: undefined });
const nobody = { confirm: undefined };

describe('the table of verbs', () => {
  it('has each verb of the program once, and no other', () => {
    expect(Object.keys(VERBS).sort()).toEqual(leavesOf(program).map(fullName).sort());
    expect(() => rowOf('heal')).toThrow('the verb heal has no row in the table of verbs');
  });

  it('has a flag that only looks where it says so', () => {
    for (const verb of leavesOf(program)) {
      const { looks } = rowOf(fullName(verb));
      if (looks !== undefined)
        expect([fullName(verb), verb.options.map(({ long }) => long)]).toContainEqual(expect.arrayContaining([looks]));
    }
  });

  it('is what the help of a verb says', () => {
    expect(effectText(rowOf('restore'))).toBe(
      'Begins something on nodes. Asks: shows the plan, and asks; --plan only says what it would do.',
    );
    expect(effectText(rowOf('status'))).toBe('Reads only. Asks nobody: changes nothing.');
  });

  it.each(Object.entries(VERBS).flatMap(([verb, { asks }]) => (asks === 'always' ? [verb] : [])))(
    'lets nobody begin %s without a yes',
    async (verb) => {
      const name = verb as 'restore';
      expect(() => refuseUnasked(name, nobody, {}, verb)).toThrow(NeedsYesError);
      await expect(consentTo(name, nobody, {}, `${verb}?`)).rejects.toThrow(NeedsYesError);
      expect(await consentTo(name, { confirm: async () => false }, {}, '?')).toBeUndefined();
      expect(await consentTo(name, { confirm: async () => true }, {}, '?')).toBeDefined();
      expect(await consentTo(name, nobody, { yes: true }, '?')).toBeDefined();
    },
  );

  it('lets a push through that only narrows, and asks about any other', async () => {
    const asked = { what: '1 change needs a yes', question: 'Push?' };
    expect(await consentByEffect('push', nobody, {}, { ...asked, effects: [] })).toBeDefined();
    await expect(consentByEffect('push', nobody, {}, { ...asked, effects: ['mode'] })).rejects.toThrow(NeedsYesError);
  });

  it('is the only place that makes a yes', () => {
    const source = readFileSync(new URL('../../../infra/commands/consent.ts', import.meta.url), 'utf8');
    expect(source.match(/as Yes\b/g)).toHaveLength(1);
  });
});
