// Nodes with hostile text in every field that they control: in answers to commands and to RPC requests.

import { everySeconds } from '../../../../local/nodes/rhythm.ts';
import { corruptData } from '../../../../local/scenarios/catalog/corrupt-data.ts';
import { peersLost } from '../../../../local/scenarios/catalog/peers-lost.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import {
  corruptNow,
  impatient,
  incidentsEnded,
  passed,
  SICK,
  smallFleet,
} from '../../../../local/scenarios/world/ladder.ts';
import type { PlacedNode, World } from '../../../../local/scenarios/world/world.ts';
import type { HttpAnswer } from '../../../../local/simulator/network/network.ts';
import { HOSTILE, hostileIn } from '../../../fixtures/hostile-text.ts';

const MINUTES = 40;

/** Its texts are hostile in any answer; values that a machine compares (ids, numbers, states) stay unchanged. */
function spoil(world: World, name: string): void {
  const { machine } = world.find('bitcoin', name);
  const run = machine.run.bind(machine);
  machine.run = (command, finished) =>
    run(command, (outcome) =>
      finished({
        ...outcome,
        stdout: withWords(outcome.stdout, ['reason', 'lastLine', 'device', 'filesystem']),
        stderr: HOSTILE,
      }),
    );
  const answer = machine.rpc.answer.bind(machine.rpc);
  machine.rpc.answer = (...asked) => spoiled(answer(...asked));
}

/** Answers commands only with noise, and RPC requests with errors. */
function rave(world: World, name: string): void {
  const { machine } = world.find('bitcoin', name);
  machine.run = (_, finished) => finished({ exitCode: 1, stdout: HOSTILE.repeat(3), stderr: HOSTILE.repeat(3) });
  const answer = machine.rpc.answer.bind(machine.rpc);
  machine.rpc.answer = (...asked) => {
    const told = answer(...asked);
    if (told.kind !== 'response') return told;
    const body = JSON.stringify({ id: null, error: { code: -1, message: HOSTILE, data: HOSTILE } });
    return { ...told, body };
  };
}

/** The last line, where it is JSON, with these members hostile in every place; `reason` is added. */
function withWords(stdout: string, names: readonly string[]): string {
  const lines = stdout.trimEnd().split('\n');
  try {
    const told = JSON.parse(lines.at(-1) ?? '', (key, value) => (names.includes(key) ? HOSTILE : value)) as object;
    return [...lines.slice(0, -1), JSON.stringify({ ...told, reason: HOSTILE })].join('\n');
  } catch {
    return stdout;
  }
}

function spoiled(answer: HttpAnswer): HttpAnswer {
  if (answer.kind !== 'response') return answer;
  const text = typeof answer.body === 'string' ? answer.body : Buffer.from(answer.body).toString();
  const names = ['message', 'subversion', 'addr', 'warnings', 'chain'];
  try {
    const body = JSON.stringify(JSON.parse(text, (key, value) => (names.includes(key) ? HOSTILE : value)));
    return { ...answer, body };
  } catch {
    return answer;
  }
}

/** People who may write tags and parameters, and somebody's alarm. */
function tagged(world: World, { instanceId }: PlacedNode): void {
  const { region } = world;
  region.ec2.setTag(instanceId, 'Note', HOSTILE);
  region.ec2.setTag(world.find('bitcoin', 'node4').instanceId, 'chainmend:pause', HOSTILE);
}

/** Every request of the suite to AWS, except an owner's own text, which is passed on unchanged. */
function hostileRequests({ region }: World): string[] {
  return region.gateway.trace.calls
    .filter(({ actor }) => actor.startsWith('chainmend-'))
    .filter(({ operation }) => !/^(Get|Describe|List|Query|Checkpoint)/.test(operation))
    .flatMap(({ actor, operation, input }) =>
      hostileIn(withoutOwners(input)).map((found) => `${actor} ${operation} ${found}`),
    );
}

const withoutOwners = (input: unknown): unknown =>
  JSON.parse(JSON.stringify(input ?? null), (key, value) => {
    if (typeof value?.Key === 'string' && !value.Key.startsWith('chainmend:')) return undefined;
    // The suite's own description has several lines.
    return key === 'AlarmDescription' ? String(value).replaceAll('\n', '') : value;
  });

const nothingHostile = {
  sentence: 'nothing that the suite sends to AWS has in it what a terminal obeys: journal, pages, tags, names, alarms',
  holds: (_: unknown, world: World) => {
    const found = hostileRequests(world);
    if (found.length > 0) throw new Error(found.slice(0, 10).join('\n'));
    return true;
  },
};

/** Proves that the test tests something: the hostile text has reached the journal. */
const wasHeard = {
  sentence: 'what the node says is in the journal, as plain words',
  holds: (_: unknown, { region, tableName }: World) =>
    region.dynamodb.items(tableName).some((item) => {
      const { pk, sentence } = item as Record<string, { readonly S?: string } | undefined>;
      return pk?.S?.startsWith('JOURNAL#') === true && sentence?.S?.includes('healed by nobody') === true;
    }),
};

export const SCENARIOS: readonly Scenario[] = [
  {
    ...corruptData,
    name: 'a node that is healed lies in every word that is its own',
    people: (world) => {
      corruptData.people?.(world);
      world.at(1, () => spoil(world, SICK));
      world.at(1, () => tagged(world, world.find('bitcoin', SICK)));
    },
    expect: [nothingHostile, wasHeard],
  },
  {
    name: 'nodes that say nothing but noise',
    sentence: 'Two nodes of four rave; a third has to be helped.',
    fleets: { bitcoin: impatient },
    build: (world) => void smallFleet(world, { count: 6, clock: everySeconds(30) }),
    people: (world) => {
      world.at(2, () => rave(world, 'node5'));
      world.at(3, () => corruptNow(world));
      world.at(4, () => rave(world, SICK));
      world.at(20, () => world.setPause(HOSTILE, 'bitcoin'));
    },
    done: (world) => passed(world, MINUTES),
    hours: 2,
    expect: [nothingHostile, wasHeard],
  },
  {
    ...peersLost,
    name: 'peers are looked after while nodes lie in every word',
    people: (world) => {
      peersLost.people?.(world);
      world.at(1, () => {
        for (const { name } of world.nodes) spoil(world, name);
      });
    },
    done: (world) => passed(world, MINUTES) || incidentsEnded(world, 'healed', 9),
    expect: [nothingHostile],
  },
];
