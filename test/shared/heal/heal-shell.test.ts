import { type DurableContext, StepSemantics } from '@aws/durable-execution-sdk-js';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { changeNode, claimAttempt, takeLease } from '../../../shared/heal/claim.ts';
import { MEASURED_SECONDS, mostPolls, once, pollSeconds } from '../../../shared/heal/context.ts';
import { payloadOf } from '../../../shared/heal/engine.ts';
import { readGuards } from '../../../shared/heal/guard.ts';
import { releaseNode } from '../../../shared/heal/outcome.ts';
import type { ReplaceOperation } from '../../../shared/heal/records.ts';
import { allocatedIncident, ME, OTHER, payload } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { NEVER_OVER_MS, patientContext, shell } from '../../fixtures/heal-shell.ts';

const me = { execution: ME, fence: 4 };
const ladder = { kind: 'replace', phase: 'down', incidentId: 'a', memory: {} } as unknown as ReplaceOperation;
const snapshot = { ...ladder, kind: 'snapshot' } as unknown as ReplaceOperation;

describe('what a heal remembers on its node', () => {
  it('is written for the holder, whose lease it does not touch', async () => {
    const { tools, nodes } = shell();
    const changed = await changeNode(tools, me, (node) => ({ ...node, operation: ladder, owner: OTHER, fence: 99 }));
    expect(changed).toEqual({ written: true });
    expect(nodes.get(INSTANCE)).toMatchObject({ operation: ladder, owner: ME, fence: 4, version: 2 });
  });

  it('is decided again where somebody else wrote in between', async () => {
    const here = shell();
    here.meanwhile = () => {
      here.meanwhile = () => {};
      here.nodes.set(INSTANCE, nodeRecord({ owner: ME, fence: 4, quietAfterMs: 5, version: 2 }));
    };
    await changeNode(here.tools, me, (node) => ({ ...node, operation: ladder }));
    expect(here.nodes.get(INSTANCE)).toMatchObject({ operation: ladder, quietAfterMs: 5, version: 3 });
  });

  it('is not written by one that has lost the node, nor to a node without a record', async () => {
    const { tools, nodes } = shell({}, nodeRecord({ owner: OTHER, fence: 5 }));
    const change = (node: ReturnType<typeof nodeRecord>) => ({ ...node, operation: ladder });
    expect(await changeNode(tools, me, change)).toEqual({ lost: true });
    expect(await changeNode(tools, me, change, 'i-0000000000000000f')).toEqual({ lost: true });
    expect(nodes.get(INSTANCE)).toMatchObject({ operation: null, version: 1 });
  });

  it('counts as written where there is nothing to write', async () => {
    const { tools, nodes } = shell();
    expect(await changeNode(tools, me, () => null)).toEqual({ written: true });
    expect(nodes.get(INSTANCE)?.version).toBe(1);
  });
});

describe('the lease', () => {
  it('is granted to the kind of heal that left something open, and to no other', async () => {
    const left = nodeRecord({ operation: ladder, fence: 4 });
    expect(await takeLease(shell({}, left).tools, 'replace')).toEqual({
      holder: { execution: ME, fence: 5 },
      openUntilMs: null,
    });
    const waits = nodeRecord({ operation: ladder, fence: 4, quietAfterMs: NEVER_OVER_MS });
    expect(await takeLease(shell({}, waits).tools, 'replace')).toMatchObject({ openUntilMs: NEVER_OVER_MS });
    expect(await takeLease(shell({}, left).tools, 'grow')).toEqual({ busy: 'what incident a left open' });
  });

  it('of another instance is a lease of its own', async () => {
    const { tools, nodes } = shell();
    const other = 'i-0fedcba9876543210';
    expect(await takeLease(tools, 'replace', other)).toMatchObject({ holder: { execution: ME, fence: 1 } });
    expect(nodes.get(other)).toMatchObject({ instanceId: other, owner: ME });
    expect(nodes.get(INSTANCE)?.fence).toBe(4);
  });

  it('of an instance to which volumes go begins with what was done to them', async () => {
    const { tools, nodes } = shell();
    const other = 'i-0fedcba9876543210';
    const modifications = [{ volumeId: 'vol-a', toGiB: 20, atMs: 5 }];
    await takeLease(tools, 'replace', other, undefined, nodeRecord({ modifications }));
    expect(nodes.get(other)).toMatchObject({ owner: ME, modifications });
  });
});

describe('an attempt', () => {
  /** The record of the incident; no execution has claimed it. */
  const allocated = () => {
    const here = shell();
    let incident = allocatedIncident();
    const store = {
      readIncident: async () => incident,
      replace: async (_: unknown, next: typeof incident) => {
        incident = next;
        return true;
      },
    };
    const claiming = (payload: typeof here.tools.payload) =>
      claimAttempt({ ...here.tools, payload, store: store as never });
    return { claiming, stored: () => incident };
  };
  afterEach(() => void jest.restoreAllMocks());

  it('is claimed with what the dispatcher has allocated', async () => {
    const { claiming, stored } = allocated();
    expect(await claiming(payload())).toEqual({ mine: true });
    expect(stored()).toMatchObject({ state: 'claimed', execution: ME });
  });

  it('with any other payload touches nothing, whoever has invoked it', async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => {});
    const { claiming, stored } = allocated();
    for (const more of [{ mode: 'plan' }, { deadlineMs: 1 }, { node: 'node1' }] as const)
      expect(await claiming(payload(more))).toEqual({ end: 'attempt 1 was allocated with another payload' });
    expect(stored().state).toBe('allocated');
  });
});

describe('a node that is given back', () => {
  const given = (more: object, operation = ladder, kind: 'replace-node' | 'resize-volume' = 'replace-node') => {
    const here = shell({ kind } as never, nodeRecord({ owner: ME, fence: 4, operation }));
    const { ctx, step, waited } = patientContext();
    const input = { holder: me, commandsOver: true, ...more };
    return releaseNode({ ...here.tools, durable: ctx, step, place: '09' }, input).then(() => ({
      node: here.nodes.get(INSTANCE),
      waited,
    }));
  };

  it('is cleared of what the heal had begun', async () => {
    expect((await given({})).node).toMatchObject({ owner: null, operation: null });
  });

  it('keeps it for a successor where the heal gave up in the middle', async () => {
    expect((await given({ keepOperation: true })).node).toMatchObject({ owner: null, operation: ladder });
  });

  it('keeps what another kind of heal remembers of it', async () => {
    expect((await given({}, ladder, 'resize-volume')).node).toMatchObject({ owner: null, operation: ladder });
    expect((await given({}, snapshot)).node).toMatchObject({ owner: null, operation: snapshot });
  });

  it('has other things given back before it, each time that it is tried', async () => {
    const order: string[] = [];
    const here = shell({}, nodeRecord({ owner: ME, fence: 4, quietAfterMs: NEVER_OVER_MS }));
    const { ctx, step, waited } = patientContext();
    const before = async () => void order.push(here.nodes.get(INSTANCE)?.owner === ME ? 'held' : 'free');
    await releaseNode({ ...here.tools, durable: ctx, step, place: '09' }, { holder: me, commandsOver: false, before });
    expect(order).toEqual(['held', 'held']);
    expect(waited).toHaveLength(1);
  });
});

describe('the guards before each act', () => {
  const pausedBy = { GLOBAL: '/chainmend/pause', FLEET: '/chainmend/pauses/bitcoin' };
  const fleetFile = '/chainmend/fleets/bitcoin';

  it('give the fleet as it is now, and what file said so', async () => {
    expect(await readGuards(shell().tools)).toMatchObject({ fleet: { name: 'bitcoin', mode: 'act' } });
  });

  it.each(Object.values(pausedBy))('stop at the pause %s', async (name) => {
    const { tools, parameters } = shell();
    parameters.set(name, 'audit');
    expect(await readGuards(tools)).toMatchObject({ refuse: 'paused' });
  });

  it('stop at the pause of the node, and of another instance that the act is about', async () => {
    const here = shell();
    here.answers['DescribeTagsCommand'] = ({ Filters }) => {
      const [{ Values }] = Filters as [{ Values: string[] }];
      return {
        Tags: Values.includes('i-0fedcba9876543210')
          ? [{ ResourceId: 'i-0fedcba9876543210', Key: 'chainmend:pause', Value: 'mine' }]
          : [],
      };
    };
    expect(await readGuards(here.tools)).not.toHaveProperty('refuse');
    expect(await readGuards(here.tools, { instanceId: 'i-0fedcba9876543210' })).toMatchObject({ refuse: 'paused' });
  });

  it('keep no client down: what was stopped may be put back under a pause and in any mode', async () => {
    const here = shell();
    here.parameters.set(pausedBy.GLOBAL, 'audit');
    here.parameters.set(fleetFile, (here.parameters.get(fleetFile) ?? '').replace('"act"', '"plan"'));
    expect(await readGuards(here.tools)).toMatchObject({ refuse: 'paused' });
    expect(await readGuards(here.tools, { mayPutBack: true })).toMatchObject({ fleet: { mode: 'plan' } });
    // A pause tag is no reason either.
    here.answers['DescribeTagsCommand'] = () => ({
      Tags: [{ ResourceId: INSTANCE, Key: 'chainmend:pause', Value: 'mine' }],
    });
    expect(await readGuards(here.tools, { mayPutBack: true })).toMatchObject({ fleet: { mode: 'plan' } });
  });

  describe('where several suites live in one region', () => {
    const tagged = (prefix: string, ...tags: readonly object[]) => {
      const here = shell();
      for (const [name, value] of [...here.parameters]) here.parameters.set(name.replace('/chainmend', prefix), value);
      here.answers['DescribeTagsCommand'] = () => ({ Tags: tags });
      return {
        ...here.tools,
        environment: { ...here.tools.environment, PARAMETER_PREFIX: prefix },
      } as typeof here.tools;
    };
    const suite = (Value: string, ResourceId = INSTANCE) => ({ ResourceId, Key: 'chainmend:suite', Value });

    it('let only the one act that has claimed the node, and put nothing back on another one’s', async () => {
      for (const options of [{}, { mayPutBack: true }] as const) {
        expect(await readGuards(tagged('/payments-chainmend', suite('payments')), options)).toHaveProperty('fleet');
        expect(await readGuards(tagged('/chainmend', suite('payments')), options)).toMatchObject({
          refuse: 'another-suite',
        });
        expect(await readGuards(tagged('/payments-chainmend', suite('orders')), options)).toMatchObject({
          refuse: 'another-suite',
        });
      }
    });

    it('begin nothing on a node that another fleet claims, too, and put back what was begun on it', async () => {
      const here = tagged('/chainmend', { ResourceId: INSTANCE, Key: 'Network', Value: 'signet' });
      expect(await readGuards(here)).toMatchObject({
        refuse: 'node-unknown',
        reason: expect.stringContaining('carries the tags of bitcoin and signet'),
      });
      expect(await readGuards(here, { mayPutBack: true })).toMatchObject({ target: { instanceId: INSTANCE } });
    });

    it('take a node without a claim for that of the suite without a name, and of no other', async () => {
      expect(await readGuards(tagged('/chainmend'))).toHaveProperty('fleet');
      expect(await readGuards(tagged('/payments-chainmend'))).toMatchObject({ refuse: 'another-suite', page: true });
    });

    it('look at the other instance of an act, too', async () => {
      const other = 'i-0fedcba9876543210';
      expect(await readGuards(tagged('/payments-chainmend', suite('payments')), { instanceId: other })).toMatchObject({
        refuse: 'another-suite',
      });
      expect(
        await readGuards(tagged('/payments-chainmend', suite('payments'), suite('payments', other)), {
          instanceId: other,
        }),
      ).toHaveProperty('fleet');
    });

    it('make a terminated node again, whose tags are gone, on an instance that they have claimed', async () => {
      const other = 'i-0fedcba9876543210';
      const tools = tagged('/payments-chainmend', suite('payments', other));
      const gone = { ...tools, payload: { ...tools.payload, trigger: 'node:terminated' } } as typeof tools;
      expect(await readGuards(gone)).toHaveProperty('fleet');
      expect(await readGuards(gone, { instanceId: other })).toHaveProperty('fleet');
      expect(await readGuards(gone, { instanceId: 'i-0aaaaaaaaaaaaaaaa' })).toMatchObject({ refuse: 'another-suite' });
    });
  });

  it.each(['plan', 'ask'])(
    'let what is proved or paid for be finished in mode %s, and after a pause alone',
    async (mode) => {
      const { tools, parameters } = shell();
      parameters.set(fleetFile, (parameters.get(fleetFile) ?? '').replace('"act"', `"${mode}"`));
      expect(await readGuards(tools)).toMatchObject({ refuse: 'mode-changed' });
      expect(await readGuards(tools, { finishes: true })).toMatchObject({ fleet: { mode } });
      parameters.set(pausedBy.GLOBAL, 'audit');
      expect(await readGuards(tools, { finishes: true })).toMatchObject({ refuse: 'paused' });
    },
  );

  describe('where the stored fleet file is broken', () => {
    const broken = (fileVersion?: number) => {
      const here = shell();
      here.parameters.set(`${fleetFile}:3`, here.parameters.get(fleetFile) ?? '');
      here.parameters.set(fleetFile, 'no: [fleet');
      here.fileVersion = fileVersion;
      return here;
    };

    it('put back by the version that could be read last, and begin nothing by it', async () => {
      const { tools } = broken(3);
      expect(await readGuards(tools, { mayPutBack: true })).toMatchObject({ fleet: { name: 'bitcoin' } });
      // watch-fleet has told of the file.
      expect(await readGuards(tools)).toMatchObject({ refuse: 'fleet-file-invalid', page: false });
    });

    it('say so where a pause is set, too', async () => {
      const { tools, parameters } = broken(3);
      parameters.set(pausedBy.GLOBAL, 'audit');
      expect(await readGuards(tools)).toMatchObject({ refuse: 'paused' });
    });

    it('put nothing back where no version could ever be read, or Parameter Store has forgotten it', async () => {
      for (const fileVersion of [undefined, 2])
        expect(await readGuards(broken(fileVersion).tools, { mayPutBack: true })).toMatchObject({
          refuse: 'fleet-file-invalid',
          page: true,
        });
    });

    it('put nothing back by a version that asks for more than is deployed now', async () => {
      const { tools, parameters } = broken(3);
      parameters.set(
        `${fleetFile}:3`,
        (parameters.get(`${fleetFile}:3`) ?? '').replace('nodes/bitcoin', 'nodes/signet'),
      );
      expect(await readGuards(tools, { mayPutBack: true })).toMatchObject({ refuse: 'fleet-file-invalid' });
    });
  });

  it('put back while EC2 does not answer, and begin nothing', async () => {
    const here = shell();
    here.answers['DescribeTagsCommand'] = () => {
      throw new Error('EC2 is away');
    };
    jest.spyOn(console, 'warn').mockImplementation(() => {});
    expect(await readGuards(here.tools, { mayPutBack: true })).toMatchObject({ target: { instanceId: INSTANCE } });
    await expect(readGuards(here.tools)).rejects.toThrow('EC2 is away');
  });

  it.each([
    ['act', 'act', null],
    ['ask', 'act', 'mode-changed'],
    ['plan', 'act', 'mode-changed'],
    ['act', 'ask', null],
    ['ask', 'ask', null],
    ['plan', 'ask', 'mode-changed'],
  ])('under mode %s, of a heal that began under mode %s: %s', async (mode, began, refuse) => {
    const { tools, parameters } = shell({ mode: began } as never);
    parameters.set(fleetFile, (parameters.get(fleetFile) ?? '').replace('"act"', `"${mode}"`));
    const guarded = await readGuards(tools);
    expect('refuse' in guarded ? guarded.refuse : null).toBe(refuse);
  });

  it.each(['heal', 'restore', 'undo'])('stop a heal that was only to say what it would do: %s', async (what) => {
    const { tools } = shell({ kind: 'replace-node', want: { do: what }, mode: 'plan' } as never);
    expect(await readGuards(tools)).toMatchObject({ refuse: 'mode-changed' });
  });
});

describe('a call that is made at most once', () => {
  it('is told with its value, or as interrupted, and its step is never tried again', async () => {
    const shown: unknown[] = [];
    const ctx = (fails: boolean) =>
      ({
        step: async (
          name: string,
          body: () => Promise<unknown>,
          { semantics, retryStrategy }: { semantics: StepSemantics; retryStrategy: () => unknown },
        ) => {
          shown.push(name, { semantics, retry: retryStrategy() });
          if (fails) throw new Error('nobody saw its end');
          return body();
        },
      }) as unknown as DurableContext;
    expect(await once(ctx(false), '07-stop', async () => 5)).toEqual({ value: 5 });
    expect(await once(ctx(true), '07-stop', async () => 5)).toEqual({ interrupted: 'nobody saw its end' });
    // If a sandbox dies in the middle of it, the next one does not make the call.
    const never = { semantics: StepSemantics.AtMostOncePerRetry, retry: { shouldRetry: false } };
    expect(shown).toEqual(['07-stop', never, '07-stop', never]);
  });
});

describe('the polls of something that lasts', () => {
  it.each([0, 60_000, 9_180_000])('for %d ms are bounded, and reach beyond it', (lastsMs) => {
    const seconds = Array.from({ length: mostPolls(lastsMs) }, (_, poll) => pollSeconds(poll)).reduce((a, b) => a + b);
    expect(seconds * 1000).toBeGreaterThan(lastsMs + 5 * 60_000);
    expect(seconds * 1000).toBeLessThan(lastsMs + 20 * 60_000);
  });

  it('whose length is told come so often that it is known to a tenth, and then each minute', () => {
    let passed = 0;
    const late = MEASURED_SECONDS.map((seconds) => {
      passed += seconds;
      return { passed, share: seconds / (passed - seconds) };
    });
    expect(late.filter(({ passed, share }) => passed > 60 && share > 0.1)).toEqual([]);
    expect(passed).toBeGreaterThan(600);
    expect(MEASURED_SECONDS.at(-1)).toBe(60);
    expect(mostPolls(9_180_000, MEASURED_SECONDS)).toBeLessThan(250);
  });
});

describe('a payload', () => {
  it('of another kind of heal is refused, by its name', () => {
    expect(payloadOf(payload(), 'resize-volume')).toEqual(payload());
    expect(() => payloadOf(payload(), 'snapshot-node')).toThrow(
      'heal payload, field kind: resize-volume given, expected snapshot-node',
    );
  });
});
