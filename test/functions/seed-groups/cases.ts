// What seed-groups writes into launch templates, with its real bundle and role in the region: beside owners who change them, and people who say no.
import { join } from 'node:path';
import type { LaunchTemplateBlockDeviceMapping } from '@aws-sdk/client-ec2';
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import { pageIn } from '../../../local/scenarios/report/pages.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { answerAsPaged } from '../../../local/scenarios/world/answers.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { readWorld } from '../../../local/scenarios/world-file/read.ts';
import { fromItem } from '../../../shared/aws/attributes.ts';
import { keys } from '../../../shared/heal/store.ts';
import type { SeedRecord } from '../../../shared/snapshots/seeds.ts';

const FUNCTION = 'chainmend-seed-groups';
const GROUP = 'litecoin-nodes';
const NAME = 'litecoin-node';
const NEWEST = 'snap-0000000000000900b';
const ELDER = 'snap-0000000000000900a';
const OWNERS = { Description: 'larger machines' };
const { build, ...world } = readWorld(
  join(import.meta.dirname, '../../../local/scenarios/worlds/asg-launch-seeded.yaml'),
);

interface Case {
  /** What the group launches; the newest version unless given. */
  readonly follows?: string;
  readonly people: (world: World) => void;
  readonly hours?: number;
  readonly expect: Readonly<Record<string, (world: World) => boolean>>;
}

const template = ({ region }: World) => region.ec2.launchTemplates().find(({ name }) => name === NAME);
const versions = (of: World) => template(of)?.versions ?? [];
const mappings = (of: World, version: number): readonly LaunchTemplateBlockDeviceMapping[] =>
  versions(of)[version - 1]?.data.BlockDeviceMappings ?? [];
/** The snapshot of the data volume that a version makes; null for an empty one. */
const dataOf = (of: World, version: number): string | null => mappings(of, version)[0]?.Ebs?.SnapshotId ?? null;
const newest = (of: World): number => versions(of).length;

const sameData = (of: World, one: number, other: number): boolean =>
  JSON.stringify(versions(of)[one - 1]?.data) === JSON.stringify(versions(of)[other - 1]?.data);

const call = ({ region }: World, operation: string, input: object): Promise<unknown> =>
  region.call('ec2', operation, { LaunchTemplateName: NAME, ...input });
const seedAt = (of: World, minutes: number, event: object = {}): void =>
  of.at(minutes, () =>
    of.region.call('lambda', 'Invoke', {
      ...{ FunctionName: FUNCTION, InvocationType: 'Event' },
      Payload: new Uint8Array(Buffer.from(JSON.stringify({ kind: 'seed', ...event }))),
    }),
  );
const quarantineAt = (of: World, minutes: number, ids: readonly string[]): void =>
  of.at(minutes, () =>
    of.region.call('ec2', 'CreateTags', {
      Resources: ids,
      Tags: [{ Key: 'chainmend:quarantined', Value: 'it does not open' }],
    }),
  );
const own = ({ region, tableName }: World, kind: string) =>
  readJournal(region, tableName).filter((line) => line.heal === 'seed-groups' && line.kind === kind);
/** Snapshots that may not be deleted, since the group names them. */
const kept = ({ region, tableName }: World): readonly string[] => {
  const { pk, sk } = keys.seeds('litecoin');
  return region.dynamodb.items(tableName).flatMap((item) => {
    const stored = item as Parameters<typeof fromItem>[0];
    if (stored['pk']?.S !== pk || stored['sk']?.S !== sk) return [];
    return (fromItem(stored) as unknown as SeedRecord).named[GROUP] ?? [];
  });
};
const pages = ({ region }: World) => region.sns.published().map(pageIn);

const cases: Readonly<Record<string, Case>> = {
  'a version has what its owner wrote, and the newest good snapshot as its data': {
    people: (of) => seedAt(of, 1),
    expect: {
      'one version was made': (of) => newest(of) === 2,
      'its data volume is the snapshot, and as large': (of) =>
        JSON.stringify(mappings(of, 2)) ===
        JSON.stringify([{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 100, VolumeType: 'gp3', SnapshotId: NEWEST } }]),
      'all else is the owner’s': (of) => {
        const [theirs, ours] = versions(of).map(({ data: { BlockDeviceMappings: _, ...data } }) =>
          JSON.stringify(data),
        );
        return theirs === ours;
      },
    },
  },
  'a template whose default is launched gets another default': {
    follows: '$Default',
    people: (of) => {
      seedAt(of, 1);
      seedAt(of, 5);
    },
    expect: {
      'the default is the seeded version': (of) => template(of)?.defaultVersion === 2 && dataOf(of, 2) === NEWEST,
      once: (of) => newest(of) === 2 && own(of, 'intent').length === 2,
    },
  },
  'an owner who writes a version has that one launched, with the data': {
    people: (of) => {
      seedAt(of, 1);
      of.at(3, () =>
        call(of, 'CreateLaunchTemplateVersion', {
          SourceVersion: '1',
          VersionDescription: OWNERS.Description,
          LaunchTemplateData: { InstanceType: 'm6i.xlarge' },
        }),
      );
      seedAt(of, 5);
      seedAt(of, 9);
    },
    expect: {
      'the newest is theirs with the data': (of) =>
        newest(of) === 4 && versions(of)[3]?.data.InstanceType === 'm6i.xlarge' && dataOf(of, 4) === NEWEST,
    },
  },
  'what is not good any more is taken out, for another one or for none': {
    people: (of) => {
      seedAt(of, 1);
      quarantineAt(of, 3, [NEWEST]);
      seedAt(of, 5);
      quarantineAt(of, 7, [ELDER]);
      seedAt(of, 9);
      seedAt(of, 12);
    },
    expect: {
      'first for the one before': (of) => dataOf(of, 3) === ELDER,
      'then the owner’s version is launched as it was, once': (of) => newest(of) === 4 && sameData(of, 4, 1),
      'a person reads why': (of) => own(of, 'refusal').some(({ sentence }) => sentence.includes('is quarantined')),
    },
  },
  'nothing is written while a person pauses': {
    people: (of) => {
      of.at(0.5, () =>
        of.region.call('ssm', 'PutParameter', { Name: '/chainmend/pause', Value: 'audit', Overwrite: true }),
      );
      seedAt(of, 1);
    },
    expect: { 'the template is the owner’s': (of) => newest(of) === 1 },
  },
  'a group that launches a version by its number is told to its people, and left': {
    follows: '1',
    people: (of) => {
      seedAt(of, 1);
      seedAt(of, 60);
      seedAt(of, 120);
      seedAt(of, 180);
    },
    hours: 4,
    expect: {
      'the template is the owner’s': (of) => newest(of) === 1,
      'one page says what to change': (of) => {
        const told = pages(of).filter(({ code }) => code === 'group-not-seeded');
        return told.length === 1 && told[0]?.['sentence']?.includes('have it launch $Latest or $Default') === true;
      },
    },
  },
  'a group that launches one of our versions by its number keeps its snapshot': {
    people: (of) => {
      seedAt(of, 1);
      of.at(3, () => of.region.autoscaling.launchFrom(GROUP, { name: NAME, version: '2' }));
      // The newest version names another one then, and the group launches nothing of it.
      of.at(4, () => call(of, 'CreateLaunchTemplateVersion', { SourceVersion: '1', LaunchTemplateData: {} }));
      seedAt(of, 5);
    },
    expect: {
      'what it launches is kept': (of) => kept(of).includes(NEWEST),
      'and the newest version is its owner’s': (of) => newest(of) === 3 && dataOf(of, 3) === null,
    },
  },
  'a group that has lost its last member is seeded all the same': {
    people: (of) => {
      seedAt(of, 1);
      of.at(2, async () => {
        // Its owner lets it have none.
        const group = of.region.autoscaling.group(GROUP);
        group.desired = 0;
        for (const node of [...of.nodes]) await of.terminate(node);
      });
      quarantineAt(of, 6, [NEWEST]);
      seedAt(of, 8);
    },
    expect: { 'it would be launched with what is good': (of) => dataOf(of, newest(of)) === ELDER },
  },
};

/** In `ask`: the plan is a question, and exactly it is carried out. */
const asked: Scenario = {
  ...world,
  name: 'in mode ask a person approves what is written',
  sentence: 'In mode ask a person approves what is written.',
  fleets: { litecoin: { mode: 'ask' } },
  build,
  people: (of) => {
    seedAt(of, 1);
    of.whenPaged('approval-wanted', 2, ({ approve }) => answerAsPaged(of, approve));
  },
  meanwhile: [{ atMinutes: 2, sentence: 'nothing is written before that', holds: (of) => newest(of) === 1 }],
  done: () => false,
  hours: 0.3,
  expect: [{ sentence: 'it is written then', holds: (_, of) => dataOf(of, 2) === NEWEST }],
};

export const SCENARIOS: readonly Scenario[] = [
  ...Object.entries(cases).map(
    ([name, { follows, people, hours = 0.3, expect }]): Scenario => ({
      ...world,
      ...{ name, sentence: name, meanwhile: [], done: () => false, hours },
      build: (of) => {
        build(of);
        if (follows !== undefined)
          of.at(0.1, () => of.region.autoscaling.launchFrom(GROUP, { name: NAME, version: follows }));
      },
      people,
      expect: Object.entries(expect).map(([sentence, holds]) => ({ sentence, holds: (_, of) => holds(of) })),
    }),
  ),
  asked,
];
