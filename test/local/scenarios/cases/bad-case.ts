// A case of bad input: an exchange's fleet of four with one fault, and what must work as before.

import { everySeconds } from '../../../../local/nodes/rhythm.ts';
import { addressesOf, seenNow } from '../../../../local/scenarios/checks/expectations.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import type { World, WorldNode } from '../../../../local/scenarios/world/world.ts';
import { bitcoinChain, followers, references } from '../../../../local/scenarios/world/worlds.ts';
import { fromItem } from '../../../../shared/aws/attributes.ts';
import type { FleetWatch, Health } from '../../../../shared/fleet/observation.ts';
import { alarmName, type NodeAlarmKind } from '../../../../shared/fleet/resource-names.ts';
import type { FleetDocument } from '../../../../shared/fleet/schema.ts';
import { failuresOf } from '../../../fixtures/failures.ts';
import type { Check } from './case.ts';

export const ZONE = 'bitcoin.internal';
const PARAMETER = '/chainmend/fleets/bitcoin';
/** The genesis of bitcoin's testnet3 (chainparams.cpp). */
export const TESTNET_GENESIS = '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943';
export const NODES = ['node1', 'node2', 'node3', 'node4'];
export const NOON_MS = Date.UTC(2026, 0, 1, 12);
export const BEGINS_AT_MINUTES = 3;
export const ENDS_AT_MINUTES = 14;

export interface Bad {
  readonly fleet?: Partial<FleetDocument>;
  readonly zones?: 'none';
  /** Settings of the second node. */
  readonly node?: Partial<WorldNode>;
  readonly also?: (world: World) => void;
  /** The fault, three minutes after the story's beginning. */
  readonly begins?: (world: World) => unknown;
  /** The nodes with another health, and which; none unless given. */
  readonly health?: Readonly<Record<string, Health>>;
  /** Nodes that are not in the pool. */
  readonly outOfPool?: readonly string[];
  /** Additional nodes in the pool. */
  readonly intoPool?: readonly string[];
  readonly expect: Readonly<Record<string, Check>>;
}

export function badScenario(name: string, told: Bad): Scenario {
  const { fleet, zones, node, also, begins, health = {}, outOfPool = [], intoPool = [], expect } = told;
  const all: Readonly<Record<string, Check>> = {
    ...expect,
    'every other node was seen to be synced': (_, world) =>
      NODES.every((one) => seenNow(world, instanceOf(world, one)) === (health[one] ?? 'synced')),
    ...(zones === undefined && {
      'the pool holds who belongs into it': (_, world) =>
        addressesOf(world, ZONE, 'pool')?.join() ===
        [...NODES.filter((one) => !outOfPool.includes(one)), ...intoPool]
          .map((one) => world.find('bitcoin', one).machine.privateIp)
          .sort()
          .join(),
    }),
    'the others have their alarms': (_, world) =>
      ['node1', 'node3', 'node4'].every((one) =>
        (['disk', 'stuck', 'forked', 'unreachable', 'status-check'] as const).every((kind) =>
          hasAlarm(world, one, kind),
        ),
      ),
    'nobody was paged about another node': ({ pages }) =>
      pages.every((page) => !['node1', 'node3', 'node4'].some((one) => page.node === one)),
    'nothing was healed, and no client restarted': ({ heals }, world) =>
      heals.length === 0 && NODES.every((one) => world.find('bitcoin', one).machine.report().clientStarts.length === 0),
  };
  return {
    name,
    sentence: name,
    // The fault must stay visible: no ladder starts because of it.
    fleets: { bitcoin: { replace: { rungs: [] }, ...fleet } },
    ...(zones && { zones }),
    build: (world) => {
      references(world, bitcoinChain(world, 1, { clock: everySeconds(30) }));
      followers(world, 4, (at) => (at === 1 && node ? node : {}));
      also?.(world);
    },
    ...(begins && { people: (world: World) => world.at(BEGINS_AT_MINUTES, () => begins(world)) }),
    done: ({ region }) => region.clock.now() >= NOON_MS + ENDS_AT_MINUTES * 60_000,
    hours: 1,
    expect: Object.entries(all).map(([sentence, holds]) => ({ sentence, holds })),
  };
}

const hasAlarm = ({ region }: World, node: string, kind: NodeAlarmKind): boolean =>
  region.cloudwatch.alarmState(alarmName({ suite: 'chainmend', name: 'bitcoin' }, node, kind)) !== undefined;

export const instanceOf = (world: World, name: string): string => world.find('bitcoin', name).instanceId;

// The checks at the end of cases.

/** All pages except the suite's about itself: exactly one, with this code, about this node, with words that name the fault. */
export const pagedOnce =
  (code: string, about: string, ...words: readonly RegExp[]): Check =>
  ({ pages }) => {
    const [only, another] = pages.filter((page) => page.code !== 'suite-alarm');
    return (
      another === undefined &&
      only?.code === code &&
      only.node === about &&
      words.every((expected) => expected.test(only.sentence))
    );
  };

export const noFunctionFailed: Check = (_, { region }) =>
  ['watch-fleet', 'register-nodes', 'rotate-peers', 'dispatch-heal'].every(
    (name) => failuresOf(region, `chainmend-${name}`) === 0,
  );

export const watchOf = ({ region, tableName }: World, fleet = 'bitcoin'): FleetWatch | undefined =>
  region.dynamodb
    .items(tableName)
    .map((item) => fromItem(item as Parameters<typeof fromItem>[0]))
    .find(({ pk, sk }) => pk === `FLEET#${fleet}#watch-fleet` && sk === 'WATCH') as FleetWatch | undefined;

export const pushFleet = ({ region }: World, change: object | string): Promise<unknown> => {
  const before = JSON.parse(region.ssm.parameter(PARAMETER) ?? '{}') as object;
  const Value = typeof change === 'string' ? change : JSON.stringify({ ...before, ...change });
  return region.call('ssm', 'PutParameter', { Name: PARAMETER, Value, Type: 'String', Overwrite: true });
};
