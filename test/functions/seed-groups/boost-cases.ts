// Boosts that come to their end with the real function and its role in the region: beside people who pause, are asked, are at a node, or set the figures again.
import { dataOf, modifications } from '../../../local/scenarios/catalog/sync-boost.ts';
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { answerAsPaged } from '../../../local/scenarios/world/answers.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { BOOSTED, caughtUp, FLEET, LASTING, pause, typed } from '../../fixtures/first-sync.ts';

const HOUR_MS = 3_600_000;

const boosted = (of: World): number =>
  dataOf(of, FLEET).filter(({ performance }) => performance.iops === 32_000).length;
const lasting = (of: World): number =>
  dataOf(of, FLEET).filter(({ performance: { iops, throughputMiBps } }) => iops === 3_000 && throughputMiBps === 125)
    .length;
const own = ({ region, tableName }: World, kind: string) =>
  readJournal(region, tableName).filter((line) => line.incidentId === 'boost' && line.kind === kind);
const ofNode = (of: World, name: string) =>
  dataOf(of, FLEET).find(
    ({ attachment }) => of.current.find((node) => node.name === name)?.instanceId === attachment?.instanceId,
  );
const modify = ({ region }: World, VolumeId: string, Iops: number, Throughput: number) =>
  region.call('ec2', 'ModifyVolume', { VolumeId, Iops, Throughput });

/** @param then what people do, once the nodes have been deployed */
const story = (name: string, then: (of: World) => unknown, rest: Parameters<typeof caughtUp>[2]): Scenario =>
  caughtUp(
    name,
    { once: (of) => ['node1', 'node2', 'node3'].every((node) => ofNode(of, node) !== undefined), people: then },
    rest,
  );

export const SCENARIOS: readonly Scenario[] = [
  story(
    'a pause keeps every boost, and they end once it is over',
    async (of) => {
      await pause(of, 'audit');
      of.at(150, () => pause(of, 'off'));
    },
    {
      hours: 5,
      meanwhile: [{ atMinutes: 149, sentence: 'under the pause all are boosted', holds: (of) => boosted(of) === 3 }],
      expect: [{ sentence: 'all are taken back in the end', holds: (_, of) => lasting(of) === 3 }],
    },
  ),
  story('in mode plan it is only said', () => undefined, {
    fleets: { [FLEET]: { mode: 'plan' } },
    hours: 3,
    expect: [
      {
        sentence: 'no volume was modified, and no instance',
        holds: (_, of) =>
          dataOf(of, FLEET).every(({ volumeId }) => modifications(of, volumeId) === 0) && typed(of, BOOSTED) === 3,
      },
      {
        sentence: 'a person reads what would be done',
        holds: (_, of) => own(of, 'plan').some(({ sentence }) => /take back vol-.* from 32,000 IOPS/.test(sentence)),
      },
    ],
  }),
  story(
    'in mode ask it is done as soon as a person says yes to exactly that',
    (of) =>
      of.whenPaged('approval-wanted', 7, ({ approve = '' }) =>
        approve.includes('seed-groups') ? answerAsPaged(of, approve) : undefined,
      ),
    {
      fleets: { [FLEET]: { mode: 'ask' } },
      hours: 4,
      expect: [
        {
          sentence: 'all are taken back, the one too whose snapshot nobody has said yes to',
          holds: (_, of) => lasting(of) === 3,
        },
        {
          sentence: 'only after the yes',
          holds: (_, of) =>
            own(of, 'page').length > 0 &&
            own(of, 'intent').every(({ atMs }) => atMs >= (own(of, 'page')[0]?.atMs ?? 0) + 7 * 60_000),
        },
      ],
    },
  ),
  story(
    'where a zone has no room for the type that stays, each instance goes back to the one it had, and people are told once',
    (of) => {
      of.region.ec2.exhaust('eu-west-1b', 'at-once', LASTING);
      of.region.ec2.exhaust('eu-west-1c', 'late', LASTING);
    },
    {
      hours: 6,
      pagesAtMost: 3,
      expect: [
        { sentence: 'all have the type of their first sync', holds: (_, of) => typed(of, BOOSTED) === 3 },
        {
          sentence: 'each was stopped once for it',
          holds: (_, { region }) =>
            region.gateway.trace.calls.filter(
              ({ operation, outcome }) => operation === 'StopInstances' && outcome === 'ok',
            ).length === 3,
        },
        {
          sentence: 'one page each says why',
          holds: ({ pages }) =>
            pages.length === 3 &&
            pages.every(({ code }) => code === 'boost-stays') &&
            new Set(pages.map(({ node }) => node)).size === 3,
        },
        { sentence: 'the volumes are taken back all the same', holds: (_, of) => lasting(of) === 3 },
      ],
    },
  ),
  story(
    'the node that a person is at keeps its boost until they have left',
    (of) => {
      const [node] = of.current.filter(({ name }) => name === 'node2');
      of.region.ec2.setTag(node?.instanceId ?? '', 'chainmend:pause', 'mine');
    },
    {
      hours: 3,
      expect: [
        {
          sentence: 'the two others are taken back',
          holds: (_, of) => lasting(of) === 2 && ofNode(of, 'node2')?.performance.iops === 32_000,
        },
        {
          sentence: 'it is said why the third is not',
          holds: (_, of) => own(of, 'refusal').some(({ sentence, node }) => node === 'node2' && /mine/.test(sentence)),
        },
      ],
    },
  ),
  story(
    'figures that a deployment sets again are taken back again, and said so',
    (of) =>
      of.when(
        () => lasting(of) === 3,
        () => of.at(4 * 60, () => modify(of, ofNode(of, 'node1')?.volumeId ?? '', 32_000, 1_000)),
      ),
    {
      hours: 12,
      expect: [
        { sentence: 'all are as the file says', holds: (_, of) => lasting(of) === 3 },
        {
          sentence: 'a person reads that somebody had set them again',
          holds: (_, of) => own(of, 'intent').some(({ sentence }) => /given it once more/.test(sentence)),
        },
        { sentence: 'and that both came to their end', holds: (_, of) => own(of, 'proof').length === 4 },
      ],
    },
  ),
  story(
    'what AWS refuses is told',
    (of) => {
      const volumeId = ofNode(of, 'node3')?.volumeId ?? '';
      const nowMs = of.region.clock.now();
      // A person has grown it four times: EBS takes no fifth within the day.
      for (const hours of [8, 6, 4, 2])
        of.region.ec2.addModification(volumeId, {
          ...{ fromGiB: 400, toGiB: 400, startedAtMs: nowMs - hours * HOUR_MS },
          completedAtMs: nowMs - (hours - 1) * HOUR_MS,
        });
    },
    {
      hours: 5,
      expect: [
        {
          sentence: 'a person is paged, with AWS’s words',
          holds: (_, of) =>
            own(of, 'page').some(
              ({ code, sentence }) => code === 'boost-stays' && /maximum modification rate/.test(sentence),
            ),
        },
        {
          sentence: 'what AWS has refused counts as no modification of ours',
          holds: (_, of) => own(of, 'intent').filter(({ node }) => node === 'node3').length >= 4,
        },
      ],
    },
  ),
];
