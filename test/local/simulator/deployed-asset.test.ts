// The uploaded asset is the tested one: in its own process, over sockets, the synthesized asset does the same as in the region's own lanes.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import type { JournalLine } from '../../../local/scenarios/report/journal.ts';
import type { AssetRan } from '../../fixtures/jobs/asset.ts';
import type { Simulated } from '../../fixtures/jobs/simulation.ts';
import { runJob } from '../../fixtures/jobs.ts';
import { longSuite } from '../../fixtures/long.ts';

const MINUTES = 60_000;
/** Functions that nothing invokes in that world: a story that does, and whom the function asks by its purpose: CloudFormation by the address of its event, a webhook, a feed. */
const ELSEWHERE: readonly (readonly [fn: string, story: string, asks: readonly string[]])[] = [
  ['audit-snapshots', 'drill-daily', []],
  ['make-network', 'deploy-clique', ['cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com']],
  ['mark-root', 'instance-dead', []],
  ['plan-snapshots', 'daily-snapshot', []],
  ['relay-pages', 'webhook-told', ['hooks.slack.example']],
  ['seed-groups', 'scale-up', []],
  ['watch-releases', 'release-told', ['github.example']],
];

let asset: AssetRan;
let killed: AssetRan;
let every: AssetRan;
let lanes: Simulated[];

longSuite('deployed-asset')('the deployed asset in a process of its own', () => {
  beforeAll(async () => {
    const [assets, simulated] = await Promise.all([
      runJob('asset', [{}, { killAfter: 'ModifyVolume' }, { every: true }]),
      runJob(
        'simulation',
        (['fidelity', 'sweep'] as const).map((lane) => ({ scenario: 'disk-full', lane })),
      ),
    ]);
    [asset, killed, every] = assets as [AssetRan, AssetRan, AssetRan];
    lanes = simulated;
  }, 5 * MINUTES);

  /** The journal without its times: how long a process takes depends on the machine. */
  const told = (journal: readonly JournalLine[]) =>
    journal.map(({ kind, sentence, act, code, fleet, node, instanceId, attempt, heal, place }) => {
      return { kind, sentence, act, code, fleet, node, instanceId, attempt, heal, place };
    });

  it('heals a full disk, as every expectation of the scenario says', () => {
    expect(asset).toMatchObject({ unmet: [], violations: [], outcomes: ['healed'], modifications: 1 });
  });

  it('asks nothing outside this machine but the references of its file, whichever function it is', () => {
    expect([asset.outside, killed.outside]).toEqual([[], []]);
    // Those are the references that the fleet file names.
    expect(new Set(every.outside)).toEqual(new Set(['bitcoin-a.example', 'bitcoin-b.example']));
    expect(every).toMatchObject({ violations: [], outcomes: ['healed'] });
    const asked = every.functions.map((name) => name.replace(/^chainmend-(probe-nodes)?/, '$1').replace(/-vpc-.*/, ''));
    const folder = join(import.meta.dirname, '../../../functions');
    const all = readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []));
    expect(all.filter((name) => !asked.includes(name)).sort()).toEqual(ELSEWHERE.map(([fn]) => fn));
  });

  it.each(ELSEWHERE)(
    'asks nothing outside this machine as %s in %s, but %j',
    async (fn, story, asks) => {
      const [ran] = await runJob('asset', [{ alone: { fn, story } }]);
      expect(ran?.functions).toEqual([expect.stringMatching(`^chainmend-${fn}`)]);
      expect([...new Set(ran?.outside)]).toEqual(asks);
      expect(ran?.violations).toEqual([]);
      // Where it asks nobody, its story is played to its end as ever.
      if (asks.length === 0) expect(ran?.unmet).toEqual([]);
    },
    5 * MINUTES,
  );

  it('writes the journal that it writes in both lanes of the local region', () => {
    expect(told(asset.journal).length).toBeGreaterThan(5);
    for (const { journal } of lanes) {
      const heal = journal.filter((line) => line.heal === 'resize-volume');
      expect(told(asset.journal)).toEqual(told(heal));
    }
  });

  it('killed right after its ModifyVolume is carried on by another process: healed, and the volume modified once', () => {
    expect(killed).toMatchObject({ violations: [], outcomes: ['healed'], modifications: 1, healProcesses: 2 });
    expect(asset.healProcesses).toBe(1);
    // A page says that a function of the suite failed; the node itself needs no person.
    expect(killed.unmet.filter((sentence) => sentence !== 'nobody was paged')).toEqual([]);
    expect(told(killed.journal)).toEqual(told(asset.journal));
  });
});
