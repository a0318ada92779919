// The timer that a stop leaves: on a real volume, under real systemd, and of a container.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import {
  type ClientOnNode,
  type NodeCommand,
  nodeCommandParameters,
} from '../../../shared/node-commands/node-command.ts';
import { FOUND, type NodeStory, PLACE } from '../../fixtures/contract/node-contract.ts';
import { lacking } from './lacking.ts';
import { SwapMachine } from './swap-machine.ts';
import { lackingForSystems, System } from './system.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const onSystem = lackingForSystems === undefined ? describe : describe.skip;

type Stop = Extract<NodeCommand, { operation: 'stop-client' }>;
const client = (runtime: ClientOnNode['runtime']): ClientOnNode => ({
  runtime,
  stopGraceSeconds: 10,
  cleanLine: 'shutdown complete',
  ran: true,
});
const stopOf = (of: ClientOnNode, more: Partial<Stop> = {}): Stop => ({
  operation: 'stop-client',
  clients: [of],
  places: [],
  ...{ unmount: true, mask: false, requireClean: true, backSeconds: 600 },
  ...more,
});
const parametersOf = (fence: number, command: NodeCommand): Record<string, string> =>
  Object.fromEntries(
    Object.entries(nodeCommandParameters({ fence, ordinal: 1 }, command, Date.now())).map(([name, [value = '']]) => [
      name,
      value,
    ]),
  );

const story: NodeStory = {
  ...{ filesystem: 'xfs', partitioned: false, runtime: 'systemd', unit: 'node.service', client: 'running' },
  ...{ ends: 'cleanly', new: 'copy', found: { node_key: 'ours' }, brought: { node_key: 'theirs' } },
};
const DUE = "sed -i 's/ .*/ 1/' /run/chainmend/back/armed";

onMachine('the timer of a stop that has unmounted the volume', () => {
  const places = [{ path: PLACE, volumeId: FOUND }];
  const stopped = async (tell: (machine: SwapMachine['machine'], look: () => Promise<string>) => Promise<void>) => {
    const swap = await SwapMachine.start(story);
    try {
      const { machine } = swap;
      await machine.shell('mkdir -p /run/systemd/system');
      const stop = stopOf(client({ kind: 'systemd', unit: 'node.service' }), { places });
      const { stdout } = await machine.send('stop-client', parametersOf(4, stop));
      expect(parseNodeAnswer(stdout)).toMatchObject({ result: 'done', after: { volumes: [] } });
      await machine.shell(DUE);
      await tell(machine, () =>
        machine.shell(
          'set -a; . /run/chainmend/back/settings; PATH=/run/fakes:$PATH bash /run/chainmend/back/script 2>&1',
        ),
      );
    } finally {
      await swap.stop();
    }
  };

  it('mounts it again and starts the client', async () => {
    await stopped(async (machine, look) => {
      await look();
      expect(await machine.started()).toEqual(['node.service']);
      expect(await machine.shell('cat /data/node_key')).toBe('ours');
    });
  });

  it('does nothing where it is attached no more', async () => {
    await stopped(async (machine, look) => {
      await machine.shell('rm /dev/disk/by-id/*vol0a1b2c3d4e5f60718*');
      expect(await look()).toContain('is not attached to this node');
      expect(await machine.started()).toEqual([]);
    });
  });

  it('does nothing where another volume is at its place', async () => {
    await stopped(async (machine, look) => {
      await machine.shell('mount -t tmpfs other /data');
      expect(await look()).toContain('/data is on');
      expect(await machine.started()).toEqual([]);
    });
  });
});

const CLIENT = `/bin/sh -c 'trap "echo shutdown complete; exit 0" TERM; echo ready; while :; do sleep 0.2; done'`;
const UNIT = `[Service]\nExecStart=${CLIENT}\n`;

onSystem('the timer of a stop under systemd', () => {
  let system: System;
  let fence = 3;
  beforeAll(async () => {
    system = await System.start(['stop-client', 'start-client'], {
      '/etc/systemd/system/node@.service': UNIT,
      '/etc/systemd/system/plain.service': `${UNIT}[Install]\nWantedBy=multi-user.target\n`,
    });
  }, 300_000);
  afterAll(() => system?.stop());

  const send = async (command: NodeCommand) => {
    const words = Object.entries(parametersOf(++fence, command)).map(([name, value]) => `SSM_${name}=${value}`);
    return parseNodeAnswer(await system.shell(`env ${words.join(' ')} /root/${command.operation} 2>/run/errors`));
  };
  /** Its client runs, and is stopped with a timer. */
  const stopped = async (unit: string, seconds = 600, instance = unit) => {
    await system.shell(`systemctl start ${instance}; sleep 1`);
    const answer = await send(stopOf(client({ kind: 'systemd', unit }), { backSeconds: seconds }));
    expect(answer).toMatchObject({ result: 'done', stop: { clean: true, exitStatus: 0 } });
  };
  const look = (what: string): Promise<string> => system.shell(`${DUE}; systemctl start chainmend-back; ${what}`);
  const isActive = (unit: string): string => `systemctl is-active ${unit}`;

  it('starts an instance of a template that nothing enables, once its time has come, and the next start says since when', async () => {
    await stopped('node@*', 10, 'node@1');
    await system.shell('for n in $(seq 110); do systemctl -q is-active node@1 && break; sleep 1; done');
    expect(await system.shell(isActive('node@1'))).toBe('active\n');
    const start: NodeCommand = {
      operation: 'start-client',
      clients: [{ ...client({ kind: 'systemd', unit: 'node@*' }) }],
      ...{ places: [], unmask: false, scrub: [] },
    };
    expect(await send(start)).toMatchObject({ result: 'done', ran: expect.any(Number) });
    expect(await system.shell('ls /run/chainmend/back')).not.toContain('armed');
  }, 200_000);

  it.each([
    ['has started it and stopped it again', 'systemctl start plain; sleep 1; systemctl stop plain'],
    ['has disabled it', 'systemctl disable -q plain'],
    ['has paused the node on the node', 'mkdir -p /etc/chainmend; touch /etc/chainmend/paused'],
  ])('starts nothing where a person %s', async (_, act) => {
    await system.shell('rm -f /etc/chainmend/paused; systemctl enable -q plain');
    await stopped('plain.service');
    await system.shell(act);
    expect(await look(isActive('plain'))).toBe('inactive\n');
    expect(await system.shell('ls /run/chainmend/back')).not.toContain('armed');
  });

  it('starts nothing where a person runs another version', async () => {
    await system.shell('rm -f /etc/chainmend/paused');
    await stopped('node@*', 600, 'node@1');
    await system.shell('systemctl start node@2');
    expect(await look(isActive('node@1'))).toBe('inactive\n');
    await system.shell('systemctl stop node@2');
  });

  it('starts a container, which is not ended with the timer, and none that a person has had since', async () => {
    const made = await system.shell(`cd /
      tar -c -h -P -f - /bin/sh /bin/sleep $(ldd /bin/sh /bin/sleep | grep -o '/[^ ]*' | grep -v ':$' | sort -u) | docker import - client >/dev/null 2>&1
      docker create --name node --restart unless-stopped --network host client ${CLIENT} >/dev/null; docker start node; sleep 1`);
    expect(made.trim()).toBe('node');
    const stop = stopOf(client({ kind: 'docker', container: 'node' }));
    const state = "sleep 3; docker inspect --format '{{.State.Status}}' node";
    expect(await send(stop)).toMatchObject({ result: 'done' });
    expect(await look(state)).toBe('running\n');
    expect(await send(stop)).toMatchObject({ result: 'done' });
    await system.shell('docker start node >/dev/null; sleep 1; docker stop -t 5 node >/dev/null');
    expect(await look(state)).toBe('exited\n');
  }, 120_000);
});
