// `npm run chainmend -- smoke --ladder`: which additional resources it recognizes as its own, which evidence it needs, and the client of its node.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { StoryLine } from '../../../../infra/commands/heal/context.ts';
import { fleetsOf } from '../../../../infra/commands/smoke/cdk.ts';
import { type AccountFindings, checksOf } from '../../../../infra/commands/smoke/checks.ts';
import { ladderFleet, smokeFleet, vpcFleet } from '../../../../infra/commands/smoke/fleet.ts';
import { isHeld, isOurs, type Leftover, leftoversOf } from '../../../../infra/commands/smoke/leftovers.ts';
import { SMOKE_TAG } from '../../../../infra/commands/smoke/names.ts';
import { restartStatusOf } from '../../../../infra/commands/smoke/proof.ts';
import { blockersOf } from '../../../../infra/commands/smoke/readiness.ts';
import { userData } from '../../../../infra/commands/smoke/user-data.ts';
import { readFleets } from '../../../../infra/fleets.ts';
import { firstBootOf } from '../../../../local/scenarios/world/launches.ts';
import { askQuestion } from '../../../../shared/chains/client.ts';
import { httpJsonClient } from '../../../../shared/chains/http-json.ts';
import { resolveFleet } from '../../../../shared/fleet/resolve.ts';
import { endedIncident, openIncidentRecord } from '../../../fixtures/builders/incident.ts';
import { NOON_MS } from '../../../fixtures/builders/time.ts';

const RUN = 'smoke-0a1b2c';
const VOLUME = 'vol-0123456789abcdef0';

describe('what belongs to a run with --ladder', () => {
  const ofNode = { 'chainmend:fleet': 'smoke-ladder', 'chainmend:node': RUN };

  it('is what chainmend has made of its node: a swapped volume, a clean snapshot, whatever tags it has besides', () => {
    const made: Leftover[] = [
      { kind: 'volume', id: 'vol-1', state: 'available', tags: ofNode },
      { kind: 'snapshot', id: 'snap-1', state: 'completed', tags: ofNode },
    ];
    for (const thing of made) {
      expect(isOurs(thing, RUN)).toBe(true);
      expect(isOurs(thing, 'smoke-ffffff')).toBe(false);
      for (const tags of [{ ...ofNode, 'chainmend:fleet': 'bitcoin' }, { ...ofNode, 'chainmend:node': 'node2' }, {}])
        expect(isOurs({ ...thing, tags } as Leftover)).toBe(false);
    }
  });

  it('is a template or a policy only with the tag of a run', () => {
    for (const kind of ['template', 'policy'] as const) {
      expect(isOurs({ kind, id: 'x', tags: { [SMOKE_TAG]: RUN } }, RUN)).toBe(true);
      expect(isOurs({ kind, id: 'x', tags: ofNode })).toBe(false);
    }
  });

  it('is an alarm of its fleet as a whole: of the run’s own, or of the one that has a node only while a run is at work', () => {
    const alarm = (fleet: string): Leftover => ({ kind: 'alarm', id: 'x', tags: { 'chainmend:fleet': fleet } });
    expect(isOurs(alarm('smoke-ladder'), RUN)).toBe(true);
    expect(isOurs(alarm(RUN), RUN)).toBe(true);
    expect(isOurs(alarm('smoke-ffffff'), RUN)).toBe(false);
    for (const fleet of ['smoke', 'bitcoin', 'smoke-ladder-2']) expect(isOurs(alarm(fleet), RUN)).toBe(false);
  });

  it('goes in an order in which no policy takes another snapshot, and a snapshot that is being copied is waited for', () => {
    const tags = { [SMOKE_TAG]: RUN };
    const snapshot: Leftover = { kind: 'snapshot', id: 'snap-1', state: 'pending', tags };
    const things: Leftover[] = [
      snapshot,
      { kind: 'policy', id: 'policy-1', tags },
      { kind: 'template', id: 'lt-1', tags },
    ];
    expect(leftoversOf(things).map(({ kind }) => kind)).toEqual(['policy', 'template', 'snapshot']);
    expect(isHeld(snapshot)).toBe(true);
    expect(isHeld({ ...snapshot, state: 'completed' })).toBe(false);
  });
});

describe('before a ladder is climbed', () => {
  const ground = { leftovers: [], paused: '', standingFleet: undefined, inTheWay: [], isBootstrapped: true };

  it('a stack without its fleet is told how to get it, and one with the other fleet is none', () => {
    expect(blockersOf(ground, true, true)).toEqual([
      expect.stringMatching(
        /the fleet "smoke-ladder".*-- smoke --ladder --print-fleet > infra\/fleets\/smoke-ladder\.yaml/,
      ),
    ]);
    expect(blockersOf({ ...ground, standingFleet: JSON.stringify(smokeFleet('smoke-ladder')) }, true, true)).toEqual([
      expect.stringMatching(/push smoke-ladder/),
    ]);
    const standingFleet = JSON.stringify(ladderFleet('smoke-ladder'));
    expect(blockersOf({ ...ground, standingFleet }, true, true)).toEqual([]);
  });

  it('the region’s ground is deployed with these two fleets', () => {
    const found = readFleets(join(import.meta.dirname, '../../../../local/scenarios/fleets-smoke-ladder'));
    const [vpc, subnet] = ['vpc-0123456789abcdef0', 'subnet-0123456789abcdef0'] as const;
    expect(found.map(({ document }) => document)).toEqual([
      vpcFleet('smoke-ladder-vpc', vpc, subnet),
      ladderFleet('smoke-ladder'),
    ]);
  });

  it('a stack of its own has both fleets, under the run’s name', () => {
    const ladder = { role: 'arn', vpcId: 'vpc-0123456789abcdef0', subnetId: 'subnet-0123456789abcdef0' };
    expect(Object.keys(fleetsOf({ run: RUN, ladder }))).toEqual([RUN, `${RUN}-vpc`]);
    expect(Object.keys(fleetsOf({ run: RUN }))).toEqual([RUN]);
  });
});

describe('restarted', () => {
  const line = (kind: string, sentence: string, act?: string): StoryLine => ({
    ...{
      by: 'replace-node',
      atMs: NOON_MS,
      place: '1',
      attempt: 1,
      kind,
      sentence,
      code: undefined,
      act,
      evidence: undefined,
    },
  });
  const story = [
    line('intent', 'restart its client', 'SendCommand restart-client 1f2e'),
    line('proof', 'height 7, synced'),
  ];
  const facts = {
    incident: endedIncident('healed', NOON_MS),
    story,
    volumes: [{ volumeId: VOLUME }],
    volumeId: VOLUME,
  };

  it('is a restart, a proof, and the volume that there was', () => {
    expect(restartStatusOf(facts)).toEqual({ is: 'healed', words: 'restarted: height 7, synced' });
  });

  it('is nothing else, and no second attempt after this account has refused something', () => {
    for (const other of [
      { story: story.slice(1) },
      { story: story.slice(0, 1) },
      { volumes: [{ volumeId: 'vol-1' }] },
      { volumes: [] },
      { incident: endedIncident('escalated', NOON_MS) },
    ])
      expect(restartStatusOf({ ...facts, ...other })).toMatchObject({ is: 'over' });
    expect(restartStatusOf({ ...facts, story: [line('page', 'AWS: no'), ...story] })).toEqual({
      ...{ is: 'over', words: 'people were paged on the way: AWS: no' },
    });
    expect(restartStatusOf({ ...facts, incident: openIncidentRecord() })).toMatchObject({ is: 'waiting' });
    expect(restartStatusOf({ ...facts, incident: undefined })).toMatchObject({ is: 'waiting' });
  });
});

describe('what an account has told', () => {
  const ran = ['ask-node', 'grow-filesystem', 'stop-client', 'restart-client', 'swap-volumes'].map((name) => ({
    ...{ document: `chainmend-${name}-1f2e`, status: 'Success', said: '' },
  }));
  const learned: AccountFindings = {
    passes: { role: 'arn', is: true },
    held: {
      snapshotId: 'snap-1',
      tags: { 'chainmend:held-by': 'a', 'chainmend:locked-by': 'a' },
      lock: { state: 'governance', days: 1 },
    },
    untagged: { snapshotId: 'snap-2', tags: { [SMOKE_TAG]: RUN }, lock: undefined },
    commands: ran,
    alarms: [{ name: 'chainmend-smoke-ladder-disk', tags: { 'chainmend:fleet': 'smoke-ladder' } }],
    fleet: 'smoke-ladder',
    errors: new Map(),
    vpcFunction: { name: 'chainmend-probe-nodes-vpc-1', state: 'Active' },
    madeAgain: true,
    autoRecovery: 'default',
  };
  const wrong = (more: Partial<AccountFindings>) =>
    checksOf({ ...learned, ...more })
      .filter(({ is }) => is === 'not so')
      .map(({ words }) => words);

  it('is all as it should be, but for what nobody can ask for', () => {
    expect(checksOf(learned).map(({ is }) => is)).toEqual([...Array.from({ length: 8 }, () => 'so'), 'left']);
    const there = checksOf({ ...learned, madeAgain: undefined, vpcFunction: undefined });
    expect(there.filter(({ is }) => is === 'left')).toHaveLength(3);
  });

  it.each<[what: string, more: Partial<AccountFindings>, words: string]>([
    ['a role that may not be passed on', { passes: { role: 'arn', is: false } }, 'may not pass on arn'],
    ['a hold that never came', { held: { ...learned.held, tags: {} } }, 'no incident has held snap-1'],
    ['a lock that was refused', { held: { ...learned.held, lock: undefined } }, 'held and not locked (no lock)'],
    ['a lock that nobody marked', { held: { ...learned.held, tags: { 'chainmend:held-by': 'a' } } }, 'not locked'],
    [
      'somebody’s snapshot that was tagged',
      { untagged: { ...learned.untagged, tags: { 'chainmend:fleet': 'smoke-ladder' } } },
      'tagged: chainmend:fleet',
    ],
    [
      'somebody’s snapshot that was locked',
      { untagged: { ...learned.untagged, lock: { state: 'governance', days: 1 } } },
      'was locked',
    ],
    [
      'a parameter that did not arrive',
      {
        commands: [...ran, { document: 'chainmend-ask-node-1', status: 'Failed', said: 'parameter X did not arrive' }],
      },
      'parameter X did not arrive',
    ],
    ['a command that was never sent', { commands: ran.slice(0, 4) }, 'swap-volumes'],
    ['an alarm without its tags', { alarms: [{ name: 'x', tags: {} }] }, 'without its tags'],
    ['no alarms', { alarms: [] }, 'has no alarms'],
    ['what was denied', { errors: new Map([['chainmend-dispatch-heal', 3]]) }, 'chainmend-dispatch-heal 3'],
    ['a function that is not made', { vpcFunction: { name: 'f', state: 'Failed' } }, 'f is Failed'],
  ])('is not so with %s', (_, more, words) => {
    expect(wrong(more)).toEqual([expect.stringContaining(words)]);
  });
});

describe('the ladder’s client', () => {
  const directory = mkdtempSync(join(tmpdir(), 'chainmend-'));
  const running: ChildProcess[] = [];
  afterAll(() => {
    for (const client of running) client.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  });
  const hasPython = (() => {
    try {
      execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']);
      return true;
    } catch {
      return false;
    }
  })();

  if (!hasPython) console.warn('There is no python3 of 3.9 or later: the ladder’s client is not run.');

  it('is in the user data, which fit, and the region reads in them what it plays', () => {
    const script = userData(VOLUME, 'chain');
    expect(firstBootOf(script)).toEqual(firstBootOf(userData(VOLUME)));
    const client = readFileSync(join(import.meta.dirname, '../../../../infra/commands/smoke/client.py'), 'utf8');
    expect(script).toContain(`<<'END'\n${client}END\n`);
    expect(client).not.toMatch(/^END$/m);
    expect(script).toContain('ExecStart=/usr/bin/python3 /usr/local/lib/chainmend-smoke-client.py /smoke 18545\n');
    expect(Buffer.from(script).length).toBeLessThan(16_384); // "User data is limited to 16 KB" (EC2 user guide)
    execFileSync('bash', ['-n'], { input: script });
  });

  /** Resolves when the client answers. Another process may take a free port a moment later: then the test takes another port. */
  async function start(): Promise<{ readonly client: ChildProcess; readonly port: number }> {
    for (let tries = 0; tries < 3; tries++) {
      const port = await freePort();
      const words = [join(import.meta.dirname, '../../../../infra/commands/smoke/client.py'), directory, String(port)];
      const client = spawn('python3', words, { stdio: 'ignore' });
      running.push(client);
      for (let look = 0; look < 50 && client.exitCode === null; look++) {
        if ((await status(port)).kind === 'ok' && client.exitCode === null) return { client, port };
        await setTimeout(100);
      }
      client.kill('SIGKILL');
    }
    throw new Error('the client answers nobody');
  }

  /** The request of the product, by the paths of the fleet file. */
  function status(port: number) {
    const { rpc } = resolveFleet(ladderFleet('smoke-ladder'));
    const { paths } = rpc ?? {};
    if (!paths) throw new Error('the fleet file has no paths');
    return askQuestion(httpJsonClient('smoke-ladder', paths, 30).status(), async ({ path }) => {
      try {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) });
        return { kind: 'answered', status: answer.status, body: await answer.json(), atMs: Date.now() };
      } catch (error) {
        return { kind: 'failed', code: 'unreachable', reason: String(error) };
      }
    });
  }

  async function stop(client: ChildProcess): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => client.once('exit', (code) => resolve(code)));
    client.kill('SIGTERM');
    const late = setTimeout(20_000, 'late' as const, { ref: false });
    const end = await Promise.race([ended, late]);
    if (end === 'late') throw new Error('the client has not ended 20 s after SIGTERM');
    return end;
  }

  (hasPython ? it : it.skip)(
    'tells what the product reads, ends cleanly, goes on from its data, and answers nobody while it hangs',
    async () => {
      const { client: first, port } = await start();
      const before = await status(port);
      expect(before).toMatchObject({
        kind: 'ok',
        facts: { height: expect.any(Number), chainId: 'smoke', clientVersion: 'smoke-client/1', hashes: [{}] },
      });
      first.kill('SIGSTOP');
      expect((await status(port)).kind).toBe('error');
      // systemd sends SIGCONT with its SIGTERM.
      first.kill('SIGCONT');
      expect(await stop(first)).toBe(0);
      const kept = JSON.parse(readFileSync(join(directory, 'chain.json'), 'utf8')) as {
        genesis: number;
        height: number;
      };
      const { client: second, port: another } = await start();
      const after = await status(another);
      expect(after.kind === 'ok' && after.facts.height).toBeGreaterThanOrEqual(kept.height);
      expect(JSON.parse(readFileSync(join(directory, 'chain.json'), 'utf8'))).toMatchObject({ genesis: kept.genesis });
      expect(await stop(second)).toBe(0);
    },
    90_000,
  );
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
