// Delayed commands that arrive after everything is over. The node refuses commands that are older than what it has seen, and commands whose start
// time has passed.
import { CONFIG, UNIT } from '../../chains/geth.ts';
import { type RealStory, runOnNode } from '../../story.ts';
import type { RealNode, RealWorld } from '../../world.ts';

interface SendCommandInput {
  readonly DocumentName?: string;
  readonly InstanceIds?: readonly string[];
  readonly Parameters?: Readonly<Record<string, readonly string[]>>;
}

/** What a command could have changed: mounts, units, configuration, and the client's start time. */
const STATE = `findmnt --real --noheadings --output TARGET,SOURCE
systemctl show --property MainPID,ExecMainStartTimestampMonotonic,ActiveState ${UNIT}
sha256sum /etc/fstab "$1"
find /etc/systemd /etc/chainmend -type f 2>/dev/null | sort`;

export const lateCommand: RealStory = {
  name: 'late-command',
  sentence: 'Commands of a heal that is over come late: the node refuses each, and nothing changes.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find('client1');
    const before = await runOnNode(node, STATE, CONFIG);
    const swap = sentTo(world, node, 'swap-volumes')[0];
    const last = sentTo(world, node, '').at(-1);
    holds('a heal has exchanged its volumes before', swap !== undefined);
    if (!swap || !last) return;

    say('client1', 'the first exchange of volumes comes once more, as it was sent');
    const stale = await resent(swap);
    await becomes('the node answers', 120, () => stale() !== undefined);
    holds('it refuses: it has seen a later one', /"result":"stale"/.test(stale() ?? ''), stale());
    holds(
      'nothing has changed',
      (await runOnNode(node, STATE, CONFIG)) === before,
      await runOnNode(node, STATE, CONFIG),
    );

    const [operationId = '0.0'] = last.Parameters?.['OperationId'] ?? [];
    const [startBy = '0'] = swap.Parameters?.['StartBy'] ?? [];
    // An ordinal that is not used yet, so that only its time is wrong.
    const next = operationId.replace(/\d+$/, (ordinal) => String(Number(ordinal) + 1));
    await becomes(
      'the time is over by which it should have begun',
      300,
      () => Date.now() / 1_000 > Number(startBy) + 1,
    );
    say('client1', 'an exchange of volumes comes that nobody has sent before, and should have begun long ago');
    const late = await resent({ ...swap, Parameters: { ...swap.Parameters, OperationId: [next] } });
    await becomes('the node answers that one, too', 120, () => late() !== undefined);
    holds('it refuses: the time to begin is over', /"result":"late"/.test(late() ?? ''), late());
    holds(
      'nothing has changed by that either',
      (await runOnNode(node, STATE, CONFIG)) === before,
      await runOnNode(node, STATE, CONFIG),
    );

    /** The node's answer to the command, when it is there. */
    async function resent(command: SendCommandInput): Promise<() => string | undefined> {
      const known = world.scripts.length;
      await world.region.call('ssm', 'SendCommand', command, 'person');
      const operation = /^chainmend-(.+)-[^-]+$/.exec(command.DocumentName ?? '')?.[1];
      return () =>
        world.scripts
          .slice(known)
          .find((script) => script.instanceId === node.instanceId && (operation ?? '').startsWith(script.operation))
          ?.outcome.stdout;
    }
  },
};

/** Commands that heals have sent to a node, the first one first. */
function sentTo({ region }: RealWorld, { instanceId }: RealNode, operation: string): readonly SendCommandInput[] {
  return region.gateway.trace.calls.flatMap(({ actor, operation: called, input, outcome }) => {
    const command = input as SendCommandInput;
    const isOne =
      called === 'SendCommand' &&
      outcome === 'ok' &&
      actor.startsWith('chainmend-replace-node') &&
      command.InstanceIds?.includes(instanceId) === true &&
      command.DocumentName?.startsWith(`chainmend-${operation}`) === true;
    return isOne ? [command] : [];
  });
}
