// EC2 takes fifty tags. What decides goes first, and what has no room is told.
import { describe, expect, it } from '@jest/globals';
import { sentenceOfLeftOut, tagsOfNew, tagsThatFit } from '../../../shared/aws/tagging.ts';
import { cannotBeginFor } from '../../../shared/readiness/preconditions.ts';

const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`org-${at}`, 'v']));

describe('What is made from something with all the tags that EC2 takes', () => {
  const made = tagsOfNew({ ...many(49), Component: 'nodes/bitcoin', 'chainmend:fleet': 'bitcoin' }, ['Component']);
  it('carries our own, then those by which its fleet knows it, then its owner’s', () => {
    expect(made.Tags.slice(0, 3).map(({ Key }) => Key)).toEqual(['chainmend:fleet', 'Component', 'org-0']);
  });
  it('leaves room for what is written on it when it is put away', () => {
    expect(made.Tags).toHaveLength(46);
  });
  it('says what it has not', () => {
    expect(made.leftOut).toEqual(['org-44', 'org-45', 'org-46', 'org-47', 'org-48']);
    expect(sentenceOfLeftOut(made.leftOut)).toEqual([
      'without some of its tags: EC2 takes 50, and there was no room for org-44, org-45, org-46, org-47, org-48',
    ]);
  });
  it('has all of them where there is room, and no tag of AWS’s', () => {
    expect(tagsOfNew({ ...many(46), 'aws:autoscaling:groupName': 'nodes' }, [])).toMatchObject({ leftOut: [] });
  });
  it('names eight of them, and counts the others', () => {
    expect(sentenceOfLeftOut(Object.keys(many(20)))[0]).toMatch(/org-7 and 12 more$/);
  });
});

describe('What is tagged already', () => {
  it.each([
    [48, ['a', 'b'], []],
    [49, ['a'], ['b']],
    [50, [], ['a', 'b']],
    [51, [], ['a', 'b']],
  ])('with %i tags gets %j of two more', (count, kept, leftOut) => {
    const fit = tagsThatFit(many(count), { a: '1', b: '2' });
    expect({ kept: Object.keys(fit.tags), leftOut: fit.leftOut }).toEqual({ kept, leftOut });
  });
  it('gets another value of a tag that it has, however many it carries', () => {
    expect(tagsThatFit(many(50), { 'org-3': 'w', a: '1' })).toEqual({ tags: { 'org-3': 'w' }, leftOut: ['a'] });
  });
});

describe('An instance', () => {
  it.each([
    ['with room for one more tag', many(49), null],
    ['with AWS’s own tags beside', { ...many(49), 'aws:ec2launchtemplate:id': 'lt-1' }, null],
    ['that is retired already', { ...many(49), 'chainmend:retired': '2026-01-01' }, null],
    ['whose tags nobody has read', null, null],
    ['that is full of tags', many(50), expect.stringMatching(/^i-1 carries 50 tags.*remove one of them$/)],
  ])('%s', (_, tags, why) => {
    const instance = tags && { instanceId: 'i-1', tags, launchTemplate: null };
    expect(cannotBeginFor('replace', { instance })).toEqual(why);
  });
});
