// Storms that somebody else than chainmend looks after: they repeat, any program can do it, and one that fails is told.
import { describe, expect, it } from '@jest/globals';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import { pythonTool } from '../../fixtures/python-tool.ts';
import { runLabJob } from '../jobs.ts';

describe('a storm that is played', () => {
  const ends = { seed: 5, hours: 1, only: 'data-do-not-open' } as const;

  it('is the same again with the same policy: nobody loses hours and does nothing, naive acts', async () => {
    const [nobody, again, naive] = await runLabJob(
      'policies',
      (['nobody', 'nobody', 'naive'] as const).map((name) => ({ ...ends, contender: { name } })),
    );
    expect(again).toEqual(nobody);
    expect(nobody?.score).toMatchObject({ acts: 0, pages: 0, wrongfulActs: 0 });
    expect(nobody?.score.nodeHoursLost).toBeGreaterThan(0.2);
    expect(naive?.score.acts).toBeGreaterThan(0);
  });

  it('is looked after by chainmend, which heals what ends where its owner lets it act', async () => {
    // Its owner has it ask first, and nobody answers.
    const order = { seed: 7, hours: 1, only: 'crashes' } as const;
    const [nobody, asking, acting] = await runLabJob(
      'policies',
      (['nobody', 'chainmend', 'chainmend-act'] as const).map((name) => ({ ...order, contender: { name } })),
    );
    expect(asking?.score).toMatchObject({ wrongfulActs: 0, acts: 0 });
    expect(acting?.score).toMatchObject({ wrongfulActs: 0, acts: 1 });
    expect(acting?.score.nodeHoursLost).toBeLessThan((nobody?.score.nodeHoursLost ?? 0) / 2);
  });

  it('is looked after by any program: it is told of each minute and asks AWS by the wire', async () => {
    const program = ['node', 'test/lab/policies/fixtures/reboots.ts'] as const;
    const contender = { name: 'yours', command: program } as const;
    const order = { seed: 7, hours: 1, only: 'crashes', contender };
    const [first, second = first] = await runLabJob('policies', isAsked('played-policies') ? [order, order] : [order]);
    expect(first?.fault).toBeUndefined();
    expect(first?.score).toMatchObject({ acts: 1, pages: 1 });
    expect(second).toEqual(first);
  });

  const ENDS: readonly (readonly [string, string, RegExp])[] = [
    ['ends', 'ends', /^it ended with 7; I have had enough\. Nobody acted from then on\.$/],
    ['writes without end', 'endless', /^it wrote a line of more than 65536 characters/],
  ];
  it.each(sampled('played-policies', ENDS, 2))('goes on with nobody when the program %s', async (_, how, fault) => {
    const command = ['node', 'test/lab/policies/fixtures/reboots.ts', how] as const;
    const [played] = await runLabJob('policies', [{ ...ends, contender: { name: 'yours', command } }]);
    expect(played?.fault).toMatch(fault);
    expect(played?.score.minutes).toHaveLength(60);
  });

  const patient = isAsked('played-policies') ? it : it.skip;
  patient(
    'goes on with nobody when the program does not answer for half a minute (npm test -- played-policies)',
    async () => {
      const command = ['node', 'test/lab/policies/fixtures/reboots.ts', 'silent'] as const;
      const [played] = await runLabJob('policies', [{ ...ends, contender: { name: 'yours', command } }]);
      expect(played?.fault).toBe('it gave no answer within 30 s. Nobody acted from then on.');
    },
  );
});

const boto3 = isAsked('played-policies')
  ? await pythonTool('boto3')
  : ({ is: 'missing', why: 'npm test -- played-policies' } as const);
if (isAsked('played-policies') && boto3.is === 'missing')
  console.warn(`the example with boto3 is skipped: ${boto3.why}`);

(boto3.is === 'there' ? it : it.skip)(
  `the example with boto3 reboots what does not answer${boto3.is === 'there' ? '' : ` (skipped: ${boto3.why})`}`,
  async () => {
    const packages = boto3.is === 'there' ? boto3.packages : '';
    const command = ['env', `PYTHONPATH=${packages}`, 'python3', 'docs/policy-boto3.py'] as const;
    const [played] = await runLabJob('policies', [
      { seed: 7, hours: 1, only: 'crashes', contender: { name: 'yours', command } },
    ]);
    expect(played?.fault).toBeUndefined();
    expect(played?.score).toMatchObject({ acts: 1, wrongfulActs: 0 });
  },
);
