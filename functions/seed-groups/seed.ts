// One fleet's run: plans what the launch templates of its groups should name, then writes the plan, asks about it or carries it out, as the fleet's mode
// says. Each step is carried out separately: the truth and the guard are read again right before it, the intent is written before it and the result
// after. A version once made is never changed; a repeated request is answered with the same one.
import {
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplateVersionsCommand,
  type LaunchTemplateBlockDeviceMapping,
  ModifyLaunchTemplateCommand,
} from '@aws-sdk/client-ec2';
import { type AwsRefusal, catchRefusal } from '../../shared/aws/refusals.ts';
import type { OwnSnapshot } from '../../shared/fleet/membership.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { changeRecord, readRecord } from '../../shared/reconcile/context.ts';
import { type Approval, reconcileWhole, type WholePlan } from '../../shared/reconcile/plan.ts';
import { takeSteps } from '../../shared/reconcile/steps.ts';
import { readOwnSnapshots } from '../../shared/snapshots/inventory.ts';
import type { SeedRecord } from '../../shared/snapshots/seeds.ts';
import { readGuards, type SeedContext } from './context.ts';
import { decideSeeds, type SeedFacts, type SeedPlan, type SeedStep, stillPlanned } from './decide.ts';
import { readFacts } from './facts.ts';
import { describe } from './templates.ts';

/** The result of a run, for the log and for a person who asked. */
export interface SeedSummary {
  readonly fleet: string;
  readonly done: readonly string[];
  /** Not done: mode plan or ask, only asked for, or refused. */
  readonly left: readonly string[];
  /** Identifies the plan, for an approval. */
  readonly plan?: string;
  /** What a person has asked of the group before, and how far it is. */
  readonly underWay?: string;
  readonly refusals: readonly string[];
}

export interface SeedRequest {
  /** Only says what would be done. */
  readonly onlyPlan: boolean;
  readonly approval: Approval | undefined;
}

const HOUR_MS = 60 * 60_000;
/** Remembered: a fleet's clean sets of two months. */
const FAILED_MAX = 50;

export async function seedFleet(context: SeedContext, { onlyPlan, approval }: SeedRequest): Promise<SeedSummary> {
  const { fleet } = context;
  const read = async (): Promise<SeedFacts> => readFacts(context, fleet, await readRecord(context), Date.now());
  if (onlyPlan) return summaryOf(fleet.name, decideSeeds(await read()));
  const failures: unknown[] = [];
  const { plan, done, refusals } = await reconcileWhole(
    context,
    {
      facts: async () => {
        const facts = await read();
        await remember(context, facts);
        return facts;
      },
      decide: decideSeeds,
      whole: wholePlan,
      apply: (planned, approved) =>
        takeSteps(context, {
          ...{ steps: planned.steps, sentence: sentencesOf(planned), approval: approved, failures },
          take: async (step) => {
            const refusal = await carryOut(context, step, approved !== undefined);
            return refusal && { refusal, stop: refusal.refuse !== 'group-not-seeded' };
          },
        }),
    },
    approval,
    failures,
  );
  return done
    ? { fleet: fleet.name, done: done.done, left: done.left, refusals: refusals.map(refusalText) }
    : summaryOf(fleet.name, plan, refusals);
}

/** Of a plan that is not carried out. */
export const summaryOf = (
  fleet: string,
  plan: Pick<SeedPlan, 'hash' | 'refusals'> & { readonly steps: readonly { readonly sentence: string }[] },
  refusals: readonly SubjectRefusal[] = plan.refusals,
): SeedSummary => ({
  fleet,
  done: [],
  left: plan.steps.map(({ sentence }) => sentence),
  ...(plan.steps.length > 0 && { plan: plan.hash }),
  refusals: refusals.map(refusalText),
});

export const refusalText = ({ refuse, reason }: SubjectRefusal): string => `${refuse}: ${reason}`;

/** The next run, an hour later, asks again only if the question has expired. */
const wholePlan = (plan: SeedPlan): WholePlan => ({
  hash: plan.hash,
  isEmpty: plan.steps.length === 0,
  would: sentencesOf(plan),
  because: '',
  changes: {
    versions: plan.steps.map(
      ({ templateId, base, seed }) => `${templateId} ${describe({ base, snapshotId: seed?.snapshotId ?? null })}`,
    ),
  },
  questionLastsMs: 3 * HOUR_MS,
});

const sentencesOf = ({ steps }: SeedPlan): string =>
  `make a version of the launch template ${steps.map(({ sentence }) => sentence).join('; and of ')}`;

/** Groups that are gone are forgotten, and what their templates name with them; a group that lost its last member is not. */
async function remember(context: SeedContext, { groups, keys }: SeedFacts): Promise<void> {
  const names = groups.map(({ name }) => name).sort();
  const named = Object.fromEntries(groups.map((group) => [group.name, group.names]));
  const before = await readRecord(context);
  const same = JSON.stringify([before.groups, before.named, before.keys]) === JSON.stringify([names, named, keys]);
  if (!same) await changeRecord(context, () => ({ groups: names, named, keys }));
}

/** @returns why it was not done, or not all of it; the next run looks again */
async function carryOut(context: SeedContext, step: SeedStep, approved: boolean): Promise<SubjectRefusal | undefined> {
  const { ec2 } = context.clients;
  const again = decideSeeds(await readFacts(context, context.fleet, await readRecord(context), Date.now()));
  const stays = (why: string): SubjectRefusal => ({
    refuse: 'group-not-seeded',
    subject: step.groups.join(', '),
    reason: `${step.groups.join(', ')} launches as before: ${why}`,
    page: true,
    pageAfterMs: HOUR_MS,
    lastsMs: 3 * HOUR_MS,
  });
  if (!stillPlanned(step, again)) return stays('it is not as it was a moment ago, and the next run looks again');
  // Before the version exists: what it names must not be removed.
  await changeRecord(context, (record) => ({ ...naming(record, step), failed: withFailed(record, again.failed) }));
  const made = step.made ?? (await makeVersion(context, step, approved));
  if (typeof made !== 'number') return 'refuse' in made ? made : stays(`AWS refused the version: ${made.refused}`);
  if (step.follows === '$Latest') return undefined;
  const set = await journalled(context, step, approved, 'ModifyLaunchTemplate', async () => {
    await ec2.send(
      new ModifyLaunchTemplateCommand({ LaunchTemplateId: step.templateId, DefaultVersion: String(made) }),
    );
    return made;
  });
  if (typeof set === 'number') return undefined;
  return 'refuse' in set ? set : stays(`AWS refused to make version ${made} the default: ${set.refused}`);
}

async function makeVersion(
  context: SeedContext,
  step: SeedStep,
  approved: boolean,
): Promise<number | SubjectRefusal | AwsRefusal> {
  const { ec2 } = context.clients;
  const mappings = await mappingsOf(context, step);
  if (mappings !== null && 'refused' in mappings) return mappings;
  return journalled(context, step, approved, 'CreateLaunchTemplateVersion', async () => {
    const { LaunchTemplateVersion } = await ec2.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: step.templateId,
        SourceVersion: String(step.base),
        VersionDescription: describe({ base: step.base, snapshotId: step.seed?.snapshotId ?? null }),
        // "The new version inherits the same launch parameters as the source version, except for parameters that you specify".
        LaunchTemplateData: mappings === null ? {} : { BlockDeviceMappings: mappings },
        ClientToken: tokenOf(step),
      }),
    );
    return LaunchTemplateVersion?.VersionNumber;
  });
}

/** The same state of a template and the same wish are one request, however often it is sent. "Maximum 128 ASCII characters" (ClientToken). */
const tokenOf = ({ templateId, latest, base, seed }: SeedStep): string =>
  `chainmend-${templateId}-${latest}-${base}-${seed?.snapshotId ?? 'plain'}`;

export const naming = ({ named }: SeedRecord, { groups, seed }: SeedStep): Pick<SeedRecord, 'named'> => {
  const ids = seed ? [seed.snapshotId] : [];
  // A group may be called as every object's own members are: constructor.
  const before = new Map(Object.entries(named));
  const added = groups.map((group) => [group, [...new Set([...(before.get(group) ?? []), ...ids])]] as const);
  return { named: Object.fromEntries([...before, ...added]) };
};

const withFailed = ({ failed }: SeedRecord, more: readonly string[]): readonly string[] =>
  [...new Set([...more, ...failed])].slice(0, FAILED_MAX);

/** The owner's mappings with the snapshot in the one of the data; null where a step takes the owner's version as it is. */
async function mappingsOf(
  { clients: { ec2 }, fleet }: SeedContext,
  { templateId, base, seed }: SeedStep,
): Promise<LaunchTemplateBlockDeviceMapping[] | AwsRefusal | null> {
  if (seed === null) return null;
  const own = await readOwnSnapshots(ec2, fleet, [seed.snapshotId]);
  if ('refused' in own) return own;
  const snapshot = own.get(seed.snapshotId);
  if (!snapshot) return { refused: `${seed.snapshotId} is not there any more`, code: 'Gone' };
  const { LaunchTemplateVersions = [] } = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: templateId, Versions: [String(base)] }),
  );
  const { BlockDeviceMappings = [] } = LaunchTemplateVersions[0]?.LaunchTemplateData ?? {};
  return BlockDeviceMappings.map((mapping) =>
    mapping.DeviceName === seed.device ? seeded(mapping, snapshot, seed) : mapping,
  );
}

function seeded(
  mapping: LaunchTemplateBlockDeviceMapping,
  { snapshotId }: OwnSnapshot,
  { sizeGiB, encrypted }: NonNullable<SeedStep['seed']>,
): LaunchTemplateBlockDeviceMapping {
  const { Encrypted, ...ebs } = mapping.Ebs ?? {};
  return {
    ...mapping,
    Ebs: {
      ...ebs,
      // A volume from an encrypted snapshot is encrypted: a mapping that says no is refused (EbsBlockDevice.Encrypted).
      ...(Encrypted !== undefined && !(encrypted && !Encrypted) && { Encrypted }),
      SnapshotId: snapshotId,
      VolumeSize: sizeGiB,
    },
  };
}

/** The guard is the last read before the call: a pause holds from the moment at which it is set. */
async function journalled(
  context: SeedContext,
  { templateId, sentence }: SeedStep,
  approved: boolean,
  operation: 'CreateLaunchTemplateVersion' | 'ModifyLaunchTemplate',
  send: () => Promise<number | undefined>,
): Promise<number | SubjectRefusal | AwsRefusal> {
  const act = `${operation} ${templateId}`;
  const result = (said: string): Promise<void> => context.write({ kind: 'result', act, sentence: said });
  await context.write({ kind: 'intent', act, sentence });
  const guarded = await readGuards(context, approved);
  if (guarded) {
    await result(`not done: ${guarded.reason}`);
    return guarded;
  }
  let answer: number | undefined | AwsRefusal;
  try {
    answer = await catchRefusal(send);
  } catch (error) {
    await result(`not known to be done: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    throw error;
  }
  if (answer === undefined) throw new Error(`${act} was answered without a version`);
  await result(typeof answer === 'number' ? `version ${answer}` : `refused: ${answer.code}: ${answer.refused}`);
  return answer;
}
