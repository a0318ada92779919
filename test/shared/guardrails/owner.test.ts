// Who owns a node, and what that owner must not find: by the fleet file, by a stack's own tag, or by a guess.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  judgeDrift,
  judgeGrowthDrift,
  judgeOwnerWords,
  nameOf,
  type OwnerWords,
  ownerOf,
  toolTagOf,
} from '../../../shared/guardrails/owner.ts';

const stack = { 'aws:cloudformation:stack-name': 'nodes' };
const guessed = { ManagedBy: 'OpenTofu' };
const SAID: readonly OwnerWords['by'][] = [undefined, 'terraform', 'cloudformation', 'cdk', 'pulumi', 'nobody'];

/** The owner's name and how it is known: where the file says nothing, and each word of `owner.by`. */
const KNOWN: readonly [string, Readonly<Record<string, string>>, readonly (string | null)[]][] = [
  [
    'no tag of a tool',
    { Name: 'node2', Component: 'nodes/bitcoin' },
    [null, 'file Terraform', 'file CloudFormation', 'file CDK', 'file Pulumi', null],
  ],
  [
    'a word of Terraform in a tag, from which is guessed where the file says nothing',
    guessed,
    ['guess Terraform', 'file Terraform', 'file CloudFormation', 'file CDK', 'file Pulumi', null],
  ],
  [
    'the tag of a stack, which is a fact whatever the file says',
    { ...guessed, ...stack },
    [
      ...['stack-tag CloudFormation stack nodes', 'stack-tag CloudFormation stack nodes'],
      ...['file CloudFormation stack nodes', 'file CDK stack nodes'],
      ...['stack-tag CloudFormation stack nodes', 'stack-tag CloudFormation stack nodes'],
    ],
  ],
];

describe('the owner of a node', () => {
  it.each(KNOWN)('with %s', (_, tags, owners) => {
    const names = SAID.map((by) => ownerOf(by, tags)).map((owner) => owner && `${owner.from} ${nameOf(owner)}`);
    expect(names).toEqual(owners);
  });

  it('is one line of text, whatever a tag says', () => {
    const owner = ownerOf(undefined, { Tool: `terraform\u001b[2J${'x'.repeat(256)}` });
    const { reason } = judgeDrift(owner, {}, 'its volumes') ?? { reason: '' };
    expect(reason).toContain('a guess from the tag Tool=terraform [2Jxxx');
    expect(reason).not.toContain('\u001b');
    expect(reason.length).toBeLessThan(500);
  });

  it('is looked for by more words before an incident than a heal guesses from', () => {
    expect(toolTagOf({ Name: 'node2', 'managed-by': 'Pulumi' })).toBe('managed-by=Pulumi');
    expect(ownerOf(undefined, { 'managed-by': 'Pulumi' })).toBeNull();
    expect(toolTagOf({ Name: 'node2' })).toBeNull();
  });
});

/** Refused by no word, by an express no, and by a yes: other volumes or another instance, then a larger volume. */
const JUDGED: readonly [string, OwnerWords['by'], readonly boolean[], readonly boolean[]][] = [
  ['owned by Terraform', 'terraform', [true, true, false], [false, true, false]],
  ['owned by nobody', 'nobody', [false, false, false], [false, false, false]],
];
const WORDS = [undefined, false, true];

describe('a change of a node', () => {
  it.each(JUDGED)('%s', (_, by, replaced, grown) => {
    const owner = ownerOf(by, {});
    expect(WORDS.map((acceptDrift) => judgeDrift(owner, { acceptDrift }, 'its volumes') !== null)).toEqual(replaced);
    expect(WORDS.map((acceptDrift) => judgeGrowthDrift(owner, { acceptDrift }, 'it is full') !== null)).toEqual(grown);
  });

  it('that the owner must not find is refused with what to do instead, and a person is told', () => {
    const grown = judgeGrowthDrift(ownerOf('pulumi', {}), { acceptDrift: false }, 'data volume 91 % of 500 GiB');
    expect(grown).toMatchObject({ refuse: 'drift-refused', page: true });
    expect(grown?.reason).toMatch(/^data volume 91 % of 500 GiB, and Pulumi, .*acceptDrift: false\. Let Pulumi make/);
    expect(judgeDrift(ownerOf('nobody', stack), {}, 'its volumes')?.reason).toMatch(
      /owner\.by: nobody, but the tag aws:cloudformation:stack-name names this stack/,
    );
  });

  it('is refused for an hour, and how the owner is known is told only where the file does not say it', () => {
    const reasonOf = (by: OwnerWords['by'], tags: Readonly<Record<string, string>>) =>
      judgeDrift(ownerOf(by, tags), {}, 'its volumes')?.reason;
    expect(reasonOf('terraform', {})).toMatch(/^Terraform owns .* what to change in the template is told$/);
    expect(reasonOf('cdk', stack)).toMatch(/^CDK stack nodes owns .* is told$/);
    expect(reasonOf(undefined, stack)).toMatch(/^CloudFormation stack nodes owns .* is told$/);
    expect(judgeDrift(ownerOf('terraform', {}), {}, 'its volumes')).toMatchObject({
      page: true,
      retryAfterMs: 3_600_000,
    });
  });

  it('is not softer for any word of the file than for a yes, nor for a guess than for a word', () => {
    const any = fc.record({
      by: fc.constantFrom(...SAID),
      acceptDrift: fc.constantFrom(...WORDS),
      tags: fc.constantFrom({}, guessed, stack),
    });
    fc.assert(
      fc.property(any, ({ by, acceptDrift, tags }) => {
        const owner = ownerOf(by, tags);
        const replace = judgeDrift(owner, { acceptDrift }, 'x') !== null;
        const grow = judgeGrowthDrift(owner, { acceptDrift }, 'x') !== null;
        // What may be replaced may be grown.
        expect(grow && !replace).toBe(false);
        expect(replace).toBe(owner !== null && acceptDrift !== true);
      }),
    );
  });
});

describe('right before a volume is grown', () => {
  it.each<[string, OwnerWords, OwnerWords, boolean]>([
    ['nothing was said, and nothing is', {}, {}, false],
    ['a no has come since', {}, { acceptDrift: false }, true],
    ['a no has come in place of a yes', { acceptDrift: true }, { acceptDrift: false }, true],
    ['a no was weighed already', { acceptDrift: false }, { acceptDrift: false }, false],
    [
      'a no was weighed for another owner',
      { by: 'nobody', acceptDrift: false },
      { by: 'cdk', acceptDrift: false },
      true,
    ],
    ['the owner is another one, and nothing is forbidden', { by: 'nobody' }, { by: 'cdk' }, false],
  ])('%s', (_, planned, now, refused) => {
    const refusal = judgeOwnerWords(planned, now);
    expect(refusal?.refuse ?? null).toBe(refused ? 'drift-refused' : null);
    // It is decided again: there is nothing yet for a person to do.
    if (refused) expect(refusal).toMatchObject({ page: false, retryAfterMs: 60_000 });
  });
});
