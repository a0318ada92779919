// The throw-away instance: launched with its data and its client masked, alone in its own security group, and removed again with all that it had.
import {
  DeleteVolumeCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  paginateDescribeInstances,
  paginateDescribeVolumes,
  TerminateInstancesCommand,
  type Volume,
} from '@aws-sdk/client-ec2';
import { checkAgent } from '../../shared/aws/commands.ts';
import { describeInstance, readInstance } from '../../shared/aws/instances.ts';
import { judgeLaunch, type Launch, launchedWith, launchReplacement } from '../../shared/aws/launch.ts';
import { templateOf, withoutFleetTags } from '../../shared/aws/launch-needs.ts';
import { readAllPages } from '../../shared/aws/pagination.ts';
import { catchRefusal } from '../../shared/aws/refusals.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { selectorKeys } from '../../shared/fleet/resolve.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { mostPolls, poll, pollSeconds } from '../../shared/heal/context.ts';
import type { Drill } from '../../shared/heal/drill.ts';
import { readGuards } from '../../shared/heal/guard.ts';
import { REQUEST_LIFETIME_MS } from '../../shared/model/execution.ts';
import { fleetTag, suiteOfPrefix } from '../../shared/model/suite.ts';
import { DRILL_TAG, INCIDENT_TAG } from '../../shared/model/tags.ts';
import { maskedUserData, maskHook } from '../../shared/node-commands/masked-user-data.ts';
import { clientsOf } from '../../shared/node-commands/node-command.ts';
import { readOwnSnapshots } from '../../shared/snapshots/inventory.ts';
import { readHeals } from './facts.ts';
import { givesWay } from './judge.ts';
import { isLaunchedByDrill, isVolumeOfDrill, tokenOf } from './made.ts';
import { note, settleDrill } from './record.ts';
import type { Act, Acts, DrillActContext, Left } from './state.ts';

/** In place of the values by which the fleet knows its nodes and volumes: tags of the template and of the request are merged. */
const NO_NODE = 'chainmend-drill';

/** Whoever discovers nodes, volumes, targets or what a lifecycle policy takes does not find them. */
function tagsOf({ name, tag, nodes, volumes }: Fleet, incidentId: string): Readonly<Record<string, string>> {
  const selectors = [nodes.tags, ...volumes.map(({ tags }) => tags)].flatMap((tags) => Object.keys(tags));
  return {
    ...Object.fromEntries(selectors.map((key) => [key, NO_NODE])),
    [nodes.nameTag]: `chainmend drill of ${name}`,
    [DRILL_TAG]: tag,
    [INCIDENT_TAG]: incidentId,
  };
}

export async function launch(
  context: DrillActContext,
  { from: { drill } }: Act<'launch'>,
): Promise<Acts['launch']['result']> {
  const { step, journal, place } = context;
  const act = `RunInstances ${drill.subnetIds.join(' ')}`;
  await step('intent', () =>
    journal(`${place}-intent`, {
      ...{ atMs: Date.now(), kind: 'intent', act },
      sentence: `launch a throw-away ${drill.instanceType} with volumes of ${drill.set.setId}, its client masked`,
      evidence: drill.set.parts,
    }),
  );
  const launched = await step('call', () => launchAlone(context, drill));
  await step('result', async () => {
    const sentence = 'failed' in launched ? launched.failed : launched.instanceId;
    await journal(`${place}-result`, {
      ...{ atMs: Date.now(), kind: 'result', sentence, act },
      fields: { status: 'failed' in launched ? 'failed' : 'done' },
    });
    if ('instanceId' in launched) await note(context, { ...drill, instanceId: launched.instanceId });
    return { done: true };
  });
  return launched;
}

/** Body of the step that launches: the call has a token, and is repeated until EC2 has answered. */
async function launchAlone(context: DrillActContext, drill: Drill): Promise<Acts['launch']['result']> {
  const { clients, payload } = context;
  const { ec2 } = clients;
  const [token, ...tokens] = drill.subnetIds.map((_, at) => tokenOf(drill, at));
  const known = token === undefined ? null : await launchedWith(ec2, token, ...tokens);
  if (known !== null) return { instanceId: known };
  const guarded = await readGuards(context);
  if ('refuse' in guarded) return { failed: guarded.reason, isTold: false };
  const { fleet } = guarded;
  if (fleet.drills === undefined) return { failed: 'the fleet file asks for no drills any more', isTold: false };
  const own = await readOwnSnapshots(
    ec2,
    fleet,
    drill.set.parts.map(({ snapshotId }) => snapshotId),
  );
  if ('refused' in own) return { failed: own.refused, isTold: false };
  const volumes = drill.set.parts.flatMap((part) => {
    const snapshot = own.get(part.snapshotId);
    return snapshot ? [{ ...part, snapshot }] : [];
  });
  const pattern = fleet.copiesFrom ? null : await describeInstance(ec2, payload.instanceId);
  const launchTemplate = templateOf(fleet, pattern?.launchTemplate ?? null);
  // There was one a moment ago, and EC2 may show what was before: the step is repeated.
  if (launchTemplate === null) throw new Error(`no launch template is named any more, nor by ${payload.instanceId}`);
  // A template that the file names is the fleet's by that: its deployment knows the name.
  const ids = 'id' in launchTemplate && launchTemplate.id !== fleet.replace.launchTemplate ? [launchTemplate.id] : [];
  const strange = await withoutFleetTags(ec2, fleet, ids);
  if (strange.length > 0)
    return { failed: `launch template ${strange.join(', ')} is not ${fleet.name}’s`, isTold: false };
  const launch: Omit<Launch, 'subnetId' | 'availabilityZone' | 'token'> = {
    launchTemplate,
    instanceType: drill.instanceType,
    userData: maskedUserData(clientsOf(fleet)),
    maskHook: maskHook(clientsOf(fleet)),
    ownUserData: fleet.replace.userData,
    tags: tagsOf(fleet, drill.incidentId),
    firstTags: selectorKeys(fleet),
    throwAway: { securityGroupId: fleet.drills.securityGroup, volumes },
  };
  let short = 'there is no subnet to launch it in';
  for (const [at, subnetId] of drill.subnetIds.entries()) {
    const availabilityZone = await zoneOf(ec2, subnetId);
    const launched = await launchReplacement(ec2, { ...launch, subnetId, availabilityZone, token: tokenOf(drill, at) });
    if (!('refused' in launched)) return launched;
    const { cause, reason } = judgeLaunch(launched);
    // A quota comes back by itself, and a heal goes first.
    if (cause !== 'capacity') return { failed: `it was not launched: ${reason}`, isTold: cause !== 'quota' };
    short = `it was not launched: ${reason}`;
  }
  return { failed: short, isTold: false };
}

async function zoneOf(ec2: EC2Client, subnetId: string): Promise<string> {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
  const zone = Subnets[0]?.AvailabilityZone;
  if (!zone) throw new Error(`DescribeSubnets tells no zone of ${subnetId}`);
  return zone;
}

/** EC2 makes a grant on the key of each encrypted volume as it launches, and says no more than this where it may not ("Instance terminates immediately"). */
const OF_KEY = /^Client\.(InternalError|InvalidKMSKey)/;
const KEY_WORDS =
  '. As a rule the key of a snapshot cannot be used here: it is disabled, or its policy does not let audit-snapshots give EBS a grant (kms:CreateGrant), or it is another account’s and the suite was deployed without it (-c kmsKeys). A heal could not use it either';

/** A first boot that takes longer has not come to its agent. */
const BOOT_MS = 20 * 60_000;

/** Waits for its agent; whoever pauses, and a heal that begins, are heard meanwhile. */
export const awaitBoot = async (context: DrillActContext, drill: Drill): Promise<Acts['boot']['result']> =>
  (await poll(context, mostPolls(BOOT_MS), async () => (await calledOff(context)) ?? lookAtBoot(context, drill))) ??
  silent;

const silent = {
  failed: `its agent was not heard of within ${BOOT_MS / 60_000} min: does drills.securityGroup let it reach Systems Manager?`,
  isTold: true,
} as const;

/** Nothing is changed while it is waited for; but who pauses wants nothing to be at work, and a heal may need the quota. */
async function calledOff(
  context: DrillActContext,
): Promise<{ readonly failed: string; readonly isTold: false } | null> {
  const { clients, environment, payload, store } = context;
  const [switches, heals] = await Promise.all([
    readSwitches({ clients, environment, store }, payload.fleet),
    readHeals(context),
  ]);
  const why = 'refuse' in switches ? switches.reason : (switches.refusal?.reason ?? givesWay(heals));
  return why === null ? null : { failed: why, isTold: false };
}

/** Body of a poll. null: it is on its way. */
async function lookAtBoot(
  { clients }: DrillActContext,
  { instanceId, startedAtMs }: Drill,
): Promise<Acts['boot']['result'] | null> {
  const instance = await readInstance(clients.ec2, instanceId);
  const state = instance?.State?.Name;
  if (state === undefined || state === 'pending') return null;
  if (state !== 'running') {
    const why = instance?.StateReason?.Message ?? 'EC2 does not say why';
    const isOfKey = OF_KEY.test(why);
    return { failed: `the throw-away instance is ${state}: ${why}${isOfKey ? KEY_WORDS : ''}`, isTold: isOfKey };
  }
  if ((await checkAgent(clients.ssm, instanceId)) === null) return { up: true };
  // Polls take longer than what lies between them.
  return Date.now() - startedAtMs > BOOT_MS ? silent : null;
}

/** EC2 may not show yet what it has just made; longer where nobody knows whether it was made. */
const EMPTY_LOOKS = { launched: 2, unknown: 10 } as const;
const REMOVAL_MS = 60 * 60_000;

/** Whatever a pause or the mode says: it costs money, and serves nobody. */
export async function remove(context: DrillActContext, { from }: Act<'remove'>): Promise<Acts['remove']['result']> {
  const { step, durable, journal, place } = context;
  const { drill } = from;
  const isUnknown = drill.instanceId === '';
  // A launch that was not answered may still be on its way.
  if (isUnknown) await durable.wait(`${place}-in-flight`, { seconds: REQUEST_LIFETIME_MS / 1000 });
  let left: Left = { ids: [], refused: null };
  let empty = 0;
  for (let count = 0; count < mostPolls(REMOVAL_MS); count++) {
    left = await step(`look-${count}`, () => removeAll(context, drill, `${place}-${count}`));
    empty = left.ids.length === 0 ? empty + 1 : 0;
    if (empty >= (isUnknown ? EMPTY_LOOKS.unknown : EMPTY_LOOKS.launched))
      return step('gone', async () => {
        // A call whose answer was lost has no result of its own.
        await journal(`${place}-gone`, {
          ...{ atMs: Date.now(), kind: 'result', act: 'remove what the drill has made' },
          sentence: `${drill.instanceId || 'what was launched'} and its volumes are gone`,
          fields: { status: 'done' },
        });
        return settleDrill(context, drill);
      });
    await durable.wait(`${place}-wait-${count}`, { seconds: pollSeconds(count) });
  }
  return { left };
}

const GOING: ReadonlySet<string> = new Set(['shutting-down', 'terminated']);
/** A drill has one instance with a few volumes: more of them are what earlier ones have left. A page may be empty, and others follow. */
const A_PAGE = 100;
const PAGES = 10;

/**
 * Body of one look of the removal: what exists of this fleet's drills is told to go. No pause keeps it: it costs money, and serves nobody. What carries the
 * tag and was made by no drill stays, and is none of what is left.
 *
 * @returns ids of instances and volumes that still exist, as EC2 shows it before these calls, and what AWS said where it refused one
 */
async function removeAll(context: DrillActContext, drill: Drill, place: string): Promise<Left> {
  const { clients, payload, journal, environment } = context;
  const { ec2 } = clients;
  const tag = fleetTag(suiteOfPrefix(environment.PARAMETER_PREFIX), payload.fleet);
  const filters = [{ Name: `tag:${DRILL_TAG}`, Values: [tag] }];
  const tagged = await readAllPages(
    paginateDescribeInstances({ client: ec2 }, { Filters: filters, MaxResults: A_PAGE }),
    ({ Reservations = [] }) => Reservations.flatMap(({ Instances = [] }) => Instances),
    PAGES,
    `instances of drills of ${payload.fleet}`,
  );
  // A new instance may not be found by its tags yet.
  const own = drill.instanceId === '' ? undefined : await readInstance(ec2, drill.instanceId);
  const instances = [
    ...tagged,
    ...(own && tagged.every(({ InstanceId }) => InstanceId !== own.InstanceId) ? [own] : []),
  ];
  const there = instances.flatMap((instance) =>
    instance.InstanceId !== undefined && instance.State?.Name !== 'terminated'
      ? [
          {
            id: instance.InstanceId,
            goes: GOING.has(instance.State?.Name ?? ''),
            isOurs: isLaunchedByDrill(instance, drill),
          },
        ]
      : [],
  );
  const launched = there.filter(({ isOurs }) => isOurs);
  const seen = await volumesOf(ec2, filters);
  const isAt = ({ Attachments = [] }: Volume): boolean =>
    Attachments.some(({ InstanceId }) => launched.some(({ id }) => id === InstanceId));
  const volumes = seen.filter((volume) => isAt(volume.as) || isVolumeOfDrill(volume.as, drill));
  const strange = [...there.filter(({ isOurs }) => !isOurs), ...seen.filter((one) => !volumes.includes(one))];
  for (const { id } of strange)
    await journal(`strange-${id}`, {
      ...{ atMs: Date.now(), kind: 'notice' },
      sentence: `${id} carries ${DRILL_TAG}, and no drill has made it: it is left as it is. Take the tag off, or remove it yourself`,
    });
  const loose = volumes.filter(({ state }) => state === 'available' || state === 'error');
  const calls = [
    ...launched
      .filter(({ goes }) => !goes)
      .map(({ id }) => ({
        act: `TerminateInstances ${id}`,
        send: async () => void (await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))),
      })),
    ...loose.map(({ id }) => ({
      act: `DeleteVolume ${id}`,
      send: async () => void (await ec2.send(new DeleteVolumeCommand({ VolumeId: id }))),
    })),
  ];
  const refusals: string[] = [];
  for (const { act, send } of calls) {
    await journal(`${place}-intent-${act}`, {
      atMs: Date.now(),
      kind: 'intent',
      sentence: `${act}: the drill is over`,
      act,
    });
    const refused = await catchRefusal(send);
    if (refused) refusals.push(refused.refused);
    const sentence = refused ? `not done: ${refused.refused}` : 'it goes';
    await journal(`${place}-result-${act}`, {
      ...{ atMs: Date.now(), kind: 'result', sentence, act },
      fields: { status: refused ? 'failed' : 'done' },
    });
  }
  const [refused = null] = refusals;
  return { ids: [...launched, ...volumes].map(({ id }) => id), refused };
}

async function volumesOf(
  ec2: EC2Client,
  Filters: { Name: string; Values: string[] }[],
): Promise<readonly { readonly id: string; readonly state: string; readonly as: Volume }[]> {
  const volumes = await readAllPages(
    paginateDescribeVolumes({ client: ec2 }, { Filters, MaxResults: A_PAGE }),
    ({ Volumes }) => Volumes,
    PAGES,
    'volumes of drills',
  );
  return volumes.flatMap((as) =>
    as.VolumeId === undefined || as.State === 'deleted' || as.State === 'deleting'
      ? []
      : [{ id: as.VolumeId, state: as.State ?? '', as }],
  );
}
