// One run: checks the account, makes the resources, waits for the heal, proves it, and removes what it made, even after a failure.

import { fleetParameterName, pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { alarmName } from '../../../shared/fleet/resource-names.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { commandNames } from '../../names.ts';
import type { Yes } from '../consent.ts';
import { SmokeError } from '../errors.ts';
import { TABLE } from './aws-resources.ts';
import { STACK } from './cdk.ts';
import { cleanUp } from './cleanup.ts';
import type { Account, SmokeContext } from './context.ts';
import { DATA_PATH } from './fleet.ts';
import { runLadder } from './ladder.ts';
import type { Leftover } from './leftovers.ts';
import { runName, standingFleet } from './names.ts';
import { INSTANCE_TYPE, type SmokeOptions } from './plan.ts';
import { errorMessage, progressLogger } from './progress-log.ts';
import { healStatusOf } from './proof.ts';
import { blockersOf } from './readiness.ts';
import { userData, VOLUME_GIB } from './user-data.ts';
import { followIncident, waitUntil } from './waiting.ts';

export interface SmokeRunOptions extends SmokeOptions {
  readonly yes: Yes;
  /** Keeps the resources of a failed run for inspection. */
  readonly keep: boolean;
  /** The most minutes that the heal may take, from the alarm on. */
  readonly healMinutes: number;
}

/** A boot of a minute, and the agent's registration. */
const MANAGED_MINUTES = 15;
const BOOT_MINUTES = 10;
/** register-nodes runs every five minutes. ListMetrics shows a new series within fifteen (ListMetrics, CloudWatch API). */
const ALARM_MINUTES = 25;

/** @returns 0 healed and all removed, else 1 */
export async function smokeRun(context: SmokeContext, options: SmokeRunOptions): Promise<0 | 1> {
  const account = context.account();
  await checkAccount(context, account, options);
  const run = runName(context.chance());
  const log = progressLogger(context);
  log('run', `${run}: whatever it makes carries the tag chainmend:smoke=${run}`);
  let healed = '';
  let deployed = false;
  try {
    if (!options.stackIsDeployed) {
      deployed = true;
      await deploy(context, account, options, run);
    }
    healed = await healAll(context, account, options, run);
  } catch (error) {
    context.complain(
      context.interrupted.aborted
        ? 'Interrupted: everything is removed now. Ctrl-C once more leaves it.'
        : errorMessage(error),
    );
  }
  if (healed === '' && options.keep) {
    context.complain(
      `Left for a look, and paid for, as --keep said: npm run chainmend -- smoke --remove${options.stackIsDeployed ? ' --stack-is-deployed' : ''} removes it.`,
    );
    return 1;
  }
  const fleet = fleetOf(options, run);
  return printResult(
    context,
    healed,
    await cleanUp(context, account, {
      run,
      fleet,
      yes: options.yes,
      withStack: deployed,
      ...(healed === '' && { settles: true }),
    }),
  );
}

const fleetOf = ({ stackIsDeployed, isLadder }: SmokeRunOptions, run: string): string =>
  stackIsDeployed ? standingFleet(isLadder) : run;

function printResult(context: SmokeContext, healed: string, left: readonly Leftover[] | undefined): 0 | 1 {
  const isRemoved = left?.length === 0;
  if (healed !== '' && isRemoved) {
    context.say(`Healed, and everything is removed: ${healed}.`);
    return 0;
  }
  const what = healed === '' ? 'Not healed' : 'Healed';
  context.complain(isRemoved ? `${what}. Everything is removed.` : `${what}, and not everything is removed.`);
  return 1;
}

/** Runs before anything is made. */
async function checkAccount(context: SmokeContext, account: Account, options: SmokeRunOptions): Promise<void> {
  const log = progressLogger(context);
  const { account: id, arn, region } = await account.identity();
  log('account', `${id} in ${region}, as ${arn}`);
  const missing = await account.withoutDurable();
  log('durable', missing === undefined ? 'durable functions are there' : missing);
  const { vpcId, zone } = await account.subnet(options.subnetId);
  log('subnet', `${options.subnetId} in ${vpcId}, ${zone}`);
  const lacks = await account.profileLacks(options.profile);
  log('profile', lacks === undefined ? `${options.profile} lets the node be managed, and publish metrics` : lacks);
  const { stackIsDeployed, isLadder } = options;
  const fleet = stackIsDeployed ? standingFleet(isLadder) : undefined;
  const role = isLadder ? await account.ladder.roleOf(options.profile) : undefined;
  const isThere = stackIsDeployed && role !== undefined;
  const found = blockersOf(
    {
      leftovers: await account.things(!stackIsDeployed),
      paused: await readPause(account, fleet),
      standingFleet: fleet && (await account.parameter(fleetParameterName(commandNames().parameterPrefix, fleet))),
      inTheWay: stackIsDeployed ? [] : await account.suiteThere(),
      // The version that every modern bootstrap stack writes ("Bootstrap your environment", CDK guide).
      isBootstrapped: stackIsDeployed || (await account.parameter('/cdk-bootstrap/hnb659fds/version')) !== undefined,
      ...(isThere && { mayPassOn: { role, is: await account.ladder.mayPassOn(role) } }),
    },
    stackIsDeployed,
    isLadder,
  );
  if (found.length > 0)
    throw new SmokeError(`Nothing was made.\n${found.map((sentence) => `  ${plainText(sentence)}`).join('\n')}`);
  log('ground', 'no pause, and nothing of an earlier run');
}

/** If a person pauses during the run, nothing will be healed: stop waiting. */
async function refuseWhenPaused(account: Account, fleet: string): Promise<void> {
  const why = await readPause(account, fleet);
  if (why !== '') throw new SmokeError(`not healed: it was paused meanwhile: ${plainText(why)}`);
}

async function readPause(account: Account, fleet: string | undefined): Promise<string> {
  const names = [
    pauseParameterName(commandNames().parameterPrefix),
    ...(fleet ? [pauseParameterName(commandNames().parameterPrefix, fleet)] : []),
  ];
  for (const name of names) {
    const value = (await account.parameter(name)) ?? 'off';
    if (value !== 'off') return value;
  }
  return '';
}

/** What a stack leaves behind is tagged even where the deployment failed: CloudFormation keeps it in that case too. */
async function deploy(context: SmokeContext, account: Account, options: SmokeRunOptions, run: string): Promise<void> {
  const log = progressLogger(context);
  log('deploy', 'cdk deploy: some minutes');
  for (const [kind, id] of [
    ['stack', STACK],
    ['table', TABLE],
  ] as const)
    context.made.set(id, { kind, id, state: 'made', tags: {} });
  const { vpcId } = await account.subnet(options.subnetId);
  const ladder = {
    role: options.isLadder ? await account.ladder.roleOf(options.profile) : '',
    vpcId,
    subnetId: options.subnetId,
  };
  const wanted = { run, ...(options.isLadder && { ladder }) };
  try {
    await context.cdk.deploy(wanted);
  } finally {
    await account.markKept(run);
  }
  log('deployed', `the stack, with the fleet ${run}`);
  if (!options.isLadder || context.interrupted.aborted) return;
  log('again', 'cdk destroy, and cdk deploy over what that keeps: up to an hour, while Lambda gives up its interfaces');
  await context.cdk.destroy(run);
  try {
    await context.cdk.deploy({ ...wanted, isAgain: true });
  } finally {
    await account.markKept(run);
  }
  log('deployed', 'once more, over its table, documents and pause');
}

/** @returns the proof. Throws a `SmokeError` where something is not healed. */
async function healAll(
  context: SmokeContext,
  account: Account,
  options: SmokeRunOptions,
  run: string,
): Promise<string> {
  const node = await makeNode(context, account, options, run);
  const disk = await followHeal(context, account, node, options.healMinutes);
  progressLogger(context)('healed', disk);
  if (!options.isLadder) return disk;
  return `${disk}; ${await runLadder(context, account, { ...options, ...node })}`;
}

async function makeNode(context: SmokeContext, account: Account, options: SmokeRunOptions, run: string): Promise<Node> {
  const { subnetId, profile, securityGroupId, isLadder } = options;
  const fleet = fleetOf(options, run);
  const log = progressLogger(context);
  const imageId = await account.image();
  const { zone } = await account.subnet(subnetId);
  const volumeId = await account.makeVolume(run, fleet, zone);
  context.made.set(volumeId, { kind: 'volume', id: volumeId, state: 'made', tags: {} });
  log('volume', `${volumeId}, ${VOLUME_GIB} GiB, empty`);
  const instance = {
    ...{ run, fleet, imageId, subnetId, profile, securityGroupId },
    userData: userData(volumeId, isLadder ? 'chain' : 'heartbeat'),
  };
  const templateId = isLadder ? await account.ladder.makeTemplate(instance) : undefined;
  if (templateId !== undefined) {
    context.made.set(templateId, { kind: 'template', id: templateId, tags: {} });
    log('template', `${templateId}, with the profile ${profile}`);
  }
  const instanceId = await account.makeInstance({ ...instance, ...(templateId !== undefined && { templateId }) });
  context.made.set(instanceId, { kind: 'instance', id: instanceId, state: 'made', tags: {} });
  log('instance', `${instanceId}, ${INSTANCE_TYPE} of ${imageId}`);
  await waitUntil(context, BOOT_MINUTES, `${instanceId} does not run`, async () => {
    const state = await account.instanceState(instanceId);
    if (state === 'running') return state;
    if (state === 'pending') return undefined;
    throw new SmokeError(`${instanceId} is ${state}`);
  });
  await waitUntil(context, BOOT_MINUTES, `${volumeId} is not made`, async () =>
    (await account.volume(volumeId)).state === 'available' ? volumeId : undefined,
  );
  await account.attach(volumeId, instanceId);
  log('attached', `${volumeId}; the node makes its filesystem at ${DATA_PATH}, and fills it in some minutes`);
  let silent = '';
  await waitUntil(
    context,
    MANAGED_MINUTES,
    () => `${instanceId} is not managed: ${silent}. ${WHY_UNMANAGED}`,
    async () => {
      silent = (await account.unmanaged(instanceId)) ?? '';
      return silent === '' ? instanceId : undefined;
    },
  );
  log('managed', 'its SSM agent answers');
  const alarm = alarmName({ suite: commandNames().suite, name: fleet }, isLadder ? undefined : run, 'disk');
  await waitUntil(context, ALARM_MINUTES, `there is no alarm ${alarm}. ${WHY_NO_ALARM}`, async () => {
    await refuseWhenPaused(account, fleet);
    return (await account.alarmNames(alarm)).includes(alarm) ? alarm : undefined;
  });
  log('alarm', `register-nodes has made ${alarm}`);
  return { fleet, run, volumeId, instanceId };
}

const WHY_UNMANAGED =
  'Does the profile have AmazonSSMManagedInstanceCore, and does the subnet reach Systems Manager (a NAT, a public address, or endpoints)?';
const WHY_NO_ALARM =
  'Does the profile have CloudWatchAgentServerPolicy, and does the subnet reach CloudWatch and the package repository? /var/log/cloud-init-output.log on the node tells';

interface Node {
  readonly fleet: string;
  readonly run: string;
  readonly volumeId: string;
  readonly instanceId: string;
}

function followHeal(
  context: SmokeContext,
  account: Account,
  { fleet, instanceId, volumeId }: Node,
  minutes: number,
): Promise<string> {
  return followIncident(context, {
    ...{ fleet, instanceId, minutes, trigger: 'disk:' },
    judge: async (incident, story) => {
      const { sizeGiB: volumeGiB } = await account.volume(volumeId);
      return healStatusOf({ incident, story, madeGiB: VOLUME_GIB, volumeGiB });
    },
  });
}
