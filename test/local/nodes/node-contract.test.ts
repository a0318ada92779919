// The simulated node plays the same stories as the shipped scripts do: clients stopped and started, volumes checked and swapped.
import { describe, expect, it } from '@jest/globals';
import { FSTAB } from '../../../local/nodes/disks.ts';
import type { CommandOutcome } from '../../../local/nodes/machine.ts';
import type { SimulatedNode } from '../../../local/nodes/node.ts';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { chainOf, dataVolume, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import {
  ENTRIES,
  expectNode,
  FOUND,
  NEW,
  type NodeSend,
  type NodeStory,
  nodeCases,
  nodeParameters,
  PLACE,
  volumes,
} from '../../fixtures/contract/node-contract.ts';
import { type TestKernel, testKernel } from '../../fixtures/kernel.ts';

describe('a simulated node keeps the contract of the commands on clients and volumes', () => {
  it.each(nodeCases())('$name', ({ node: story, steps }) => {
    const kernel = testKernel();
    const node = machineOf(kernel, story);
    const fstabFound = node.readFile(FSTAB) ?? '';
    const answers: string[] = [];
    for (const step of steps) {
      if ('do' in step) {
        if (step.do === 'forget everything') node.forgetCommands();
        else if (step.do === 'break') breakData(node, volumes[step.which]);
        else node.writeFile(`${PLACE}/${step.file}`, step.text);
        answers.push('');
        continue;
      }
      const startsBefore = node.report().clientStarts.length;
      const stdout = answerTo(kernel, node, story, step.send);
      answers.push(stdout);
      if (step.expect.sameAnswerAsStep !== undefined) expect(stdout).toBe(answers[step.expect.sameAnswerAsStep]);
      expectNode(step.send, step.expect, {
        answer: parseNodeAnswer(stdout),
        mounted: node.devices().find(({ mountedAt }) => mountedAt === PLACE)?.volumeId,
        client: node.client.state,
        masked: node.isClientMasked,
        started: node.report().clientStarts.length - startsBefore,
        fstab: node.readFile(FSTAB) ?? '',
        fstabFound,
        file: (path) => node.readFile(`${PLACE}/${path}`) ?? null,
      });
    }
  });
});

function machineOf(kernel: TestKernel, story: NodeStory): SimulatedNode {
  const chain = chainOf(kernel, { name: 'plain', blockIntervalMs: 86_400_000, bytesPerBlock: 1_000 });
  const node = nodeOf(kernel, chain, {
    runtime: story.runtime,
    unit: story.unit,
    client: story.client,
    stopSeconds: story.ends === 'killed' ? 1_000 : 3,
    volumes: [
      dataVolume({ volumeId: FOUND, path: PLACE, filesystem: story.filesystem, partitioned: story.partitioned }),
    ],
  });
  for (const name of ENTRIES) node.writeFile(`${PLACE}/${name}/x`, '');
  for (const [name, text] of Object.entries(story.found)) node.writeFile(`${PLACE}/${name}`, text);
  if (story.new === 'absent') return node;
  const content = node.contentOf(FOUND);
  if (!content?.data) throw new Error('the node has no data');
  const files =
    story.new === 'strange'
      ? { other: '' }
      : { ...Object.fromEntries(ENTRIES.map((name) => [`${name}/x`, ''])), ...story.brought };
  const brought = {
    ...content,
    owner: 'i-0ddddddddddddddd0',
    files: new Map(Object.entries(files).map(([path, text]) => [path, { make: () => text, written: true }])),
    data:
      story.new === 'strange'
        ? undefined
        : {
            ...content.data,
            opening: story.new === 'refused by the client' ? ('refuses' as const) : ('opens' as const),
          },
  };
  node.volumeAttached(NEW, '/dev/sdg', 500, {
    content: story.new === 'empty' ? undefined : brought,
    initializedAtMs: undefined,
  });
  return node;
}

function breakData(node: SimulatedNode, volumeId: string): void {
  const volume = node.disks.volume(volumeId);
  if (!volume?.kept?.data) throw new Error(`${volumeId} has no data at rest`);
  volume.kept = { ...volume.kept, data: { ...volume.kept.data, opening: 'refuses' } };
}

function answerTo(kernel: TestKernel, node: SimulatedNode, story: NodeStory, send: NodeSend): string {
  let outcome: CommandOutcome | undefined;
  const command = {
    commandId: 'c',
    documentName: `chainmend-${send.operation}-0a1b2c3d`,
    script: '',
    parameters: nodeParameters(story, send, Math.floor(kernel.clock.now() / 1_000)),
    timeoutSeconds: 600,
  };
  node.run(command, (ended) => {
    outcome = ended;
  });
  kernel.advance(120_000);
  expect(outcome?.exitCode).toBe(0);
  return outcome?.stdout ?? '';
}
