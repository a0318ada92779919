// An account in which a neighbour claims each node of a fleet, and a snapshot that a lifecycle policy has taken of one: what the verbs that read an account, and
// check-readiness, tell of that fleet then.

import { SSMClient } from '@aws-sdk/client-ssm';
import { readAccount as readAround } from '../../../infra/commands/adopt/account.ts';
import { readHistories } from '../../../infra/commands/backtest/account.ts';
import { doctor } from '../../../infra/commands/doctor/doctor.ts';
import { readAccount } from '../../../infra/commands/preflight/account.ts';
import { reportAccount } from '../../../infra/commands/report/account.ts';
import { REGION_NAME } from '../../../local/region.ts';
import { run } from '../../../local/scenarios/run.ts';
import { snapshotsOf } from '../../../local/scenarios/world/fixtures.ts';
import { readSettings } from '../../../shared/fleet/settings.ts';
import { inProcessHandler } from '../../fixtures/in-process-handler.ts';
import { instancesOfBitcoin, twoOwners } from '../../local/scenarios/cases/membership-callers.ts';

const FLEET = 'bitcoin';
const MINUTE_MS = 60_000;
/** Who sits at the desk. */
const READER = 'who reads';

const contested = {
  ...twoOwners,
  name: 'two-owners-read',
  build: (world: Parameters<typeof twoOwners.build>[0]) => {
    twoOwners.build(world);
    const [node] = world.nodes.filter(({ fleet }) => fleet.name === FLEET);
    if (!node) throw new Error('the world has no node of bitcoin');
    // One is found by its tags, which both fleets' are, and one by its volume alone.
    for (const id of snapshotsOf(world, node, { hoursAgo: 2, by: 'person' }))
      world.region.ec2.setTag(id, 'Project', 'irita');
    snapshotsOf(world, node, { hoursAgo: 3, by: 'console' });
    for (const id of instancesOfBitcoin(world)) world.region.ec2.setTag(id, 'Project', 'irita');
  },
  people: () => {},
  done: () => false,
  hours: 0.2,
  expect: [],
};

/** What each tells of what is the fleet's: nothing. */
export interface Told {
  readonly nodes: Readonly<
    Record<'backtest' | 'check-readiness' | 'doctor' | 'preflight' | 'report', readonly unknown[]>
  >;
  readonly snapshots: Readonly<Record<'backtest' | 'report', readonly unknown[]>>;
  /** Operations by which the reader, with `adopt` beside the others, has changed something. */
  readonly changed: readonly string[];
}

async function readAll(): Promise<Told> {
  const { world } = await run(contested, { seed: 1, lane: 'sweep', guard: false });
  const { region } = world;
  const following = region.clock.follow({ speed: 200 });
  const config = {
    region: REGION_NAME,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    requestHandler: inProcessHandler(region.gateway, { actor: READER }),
  };
  const nowMs = (): number => region.clock.now();
  const status = (): void => {};
  try {
    const { fleets } = await readSettings(new SSMClient(config), '/chainmend');
    const ofFleet = <Of extends { readonly fleet: string }>(all: readonly Of[]) =>
      all.filter((one) => one.fleet === FLEET);
    const { facts } = await doctor({ say: status, status, config, nowMs }, [FLEET], {});
    const account = await readAccount(
      fleets.map((fleet) => ({ fleet, document: {} })),
      config,
    );
    const [history] = await readHistories({ fleets: [FLEET], days: 1, files: undefined, status, nowMs }, config);
    const period = { fromMs: nowMs() - 10 * MINUTE_MS, toMs: nowMs(), periodSeconds: () => 60, status };
    const report = await reportAccount(config).read({ fleets: [FLEET], ...period });
    await readAround({ status }, config);
    const answered = (await region.call('lambda', 'Invoke', {
      FunctionName: 'chainmend-check-readiness',
      Payload: new Uint8Array(Buffer.from(JSON.stringify({ kind: 'check', fleet: FLEET }))),
    })) as { readonly Payload: Uint8Array };
    const summaries = JSON.parse(Buffer.from(answered.Payload).toString()) as readonly {
      fleet: string;
      nodes: number;
    }[];
    const recovery = ofFleet(report.fleets).flatMap(({ recovery: of }) =>
      of.is === 'known' && of.usable + of.unusable > 0 ? [of] : [],
    );
    return {
      nodes: {
        backtest: history?.nodes ?? [],
        'check-readiness': ofFleet(summaries).filter(({ nodes }) => nodes > 0),
        doctor: ofFleet(facts.fleets).flatMap(({ nodes }) => nodes),
        preflight: account.fleets.flatMap(({ fleet: { name }, nodes }) => (name === FLEET ? nodes : [])),
        report: [...ofFleet(report.nodes), ...recovery],
      },
      snapshots: { backtest: history?.stored?.snapshots ?? [], report: recovery },
      changed: region.gateway.trace.calls.flatMap(({ actor, operation }) =>
        actor === READER && !/^(Describe|Get|List|Query|BatchGet|Lookup|Scan)/.test(operation) ? [operation] : [],
      ),
    };
  } finally {
    await following.stop();
  }
}

let told: Promise<Told> | undefined;
/** Read once, for all rows. */
export const toldAtDesk = (): Promise<Told> => {
  told ??= readAll();
  return told;
};
