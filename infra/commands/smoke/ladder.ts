// The second half of a run with --ladder: three kinds of snapshots, one restart, one swap, and then the checks of the account.
import { otherChain } from '../../../shared/chains/defaults.ts';
import type { DispatchAnswer } from '../../../shared/events/answer.ts';
import { KEEP_UNTIL_TAG, LEDGER_TAGS } from '../../../shared/model/tags.ts';
import { faultMayBeginMs } from '../../../shared/snapshots/ranking.ts';
import type { Yes } from '../consent.ts';
import { SmokeError } from '../errors.ts';
import { follow } from '../heal/follow.ts';
import { type Check, checksOf, type SnapshotLockStatus } from './checks.ts';
import type { Account, SmokeContext, SnapshotDescription, VolumeOrigin } from './context.ts';
import { STUCK_SECONDS } from './fleet.ts';
import { progressLogger } from './progress-log.ts';
import { pageOnTheWay, restartStatusOf } from './proof.ts';
import { followIncident, waitUntil } from './waiting.ts';

export interface LadderNode {
  readonly fleet: string;
  readonly run: string;
  readonly instanceId: string;
  /** The data volume, made by the run. */
  readonly volumeId: string;
  readonly profile: string;
  readonly subnetId: string;
  readonly stackIsDeployed: boolean;
  readonly healMinutes: number;
  readonly yes: Yes;
}

const MINUTE_MS = 60_000;
/** The copy of 3 GiB, nearly empty. */
const COPY_MINUTES = 20;
/** A lifecycle policy begins within an hour of its time. */
const POLICY_MINUTES = 75;
/** If another heal holds the node, the dispatcher retries by itself; a second request gets the same answer. */
const ASK_MINUTES = 20;
const COMMAND_MINUTES = 5;
/** Longer than all time limits of a run together. */
const RUN_MAX_MS = 6 * 60 * MINUTE_MS;

/** @returns the proof of both heals. Throws a `SmokeError` where one of them, or a check, fails. */
export async function runLadder(context: SmokeContext, account: Account, node: LadderNode): Promise<string> {
  const log = progressLogger(context);
  const { ladder } = account;
  // This snapshot is older than the policy's; the incident must hold the policy's instead.
  const untagged = await ladder.makeSnapshot(node.run, node.volumeId);
  context.made.set(untagged.snapshotId, { kind: 'snapshot', id: untagged.snapshotId, state: 'made', tags: {} });
  const policyId = await ladder.makePolicy(node.run, node.fleet, untagged.startedMs + 2 * MINUTE_MS);
  context.made.set(policyId, { kind: 'policy', id: policyId, tags: {} });
  log('policy', `${policyId} takes a snapshot within an hour`);
  const isIt = ({ snapshotId }: SnapshotDescription) => snapshotId === untagged.snapshotId;
  await awaitSnapshot(context, account, node, isIt, COPY_MINUTES, untagged.snapshotId);
  log('snapshot', `${untagged.snapshotId}, by nobody: it carries no tag of chainmend's`);
  await requestAndFollow(context, { kind: 'snapshot', fleet: node.fleet, node: node.run }, node);
  const clean = await awaitSnapshot(context, account, node, isClean, COPY_MINUTES, 'the clean snapshot');
  log('snapshot', `${clean.snapshotId}, of the stopped client`);
  const byPolicy = await awaitSnapshot(
    context,
    account,
    node,
    ({ tags }) => tags['aws:dlm:lifecycle-policy-id'] === policyId,
    POLICY_MINUTES,
    `the snapshot of ${policyId}`,
  );
  log('snapshot', `${byPolicy.snapshotId}, of the lifecycle policy`);

  const { restarted, held } = await restart(context, account, node, byPolicy);
  const swapped = await swap(context, account, node);
  await checkAccount(context, account, node, { untagged: untagged.snapshotId, held });
  return `${restarted}; ${swapped}`;
}

const isClean = ({ tags }: SnapshotDescription): boolean => tags[LEDGER_TAGS.cleanStop] === 'true';

/** Waits for a snapshot of the node's first volume. */
const awaitSnapshot = (
  context: SmokeContext,
  account: Account,
  { volumeId }: LadderNode,
  isIt: (snapshot: SnapshotDescription) => boolean,
  minutes: number,
  what: string,
): Promise<SnapshotDescription> =>
  waitUntil(context, minutes, `${what} is not there`, async () => {
    const found = (await account.ladder.snapshots(volumeId)).find(isIt);
    if (found) context.made.set(found.snapshotId, { kind: 'snapshot', id: found.snapshotId, state: 'made', tags: {} });
    if (found?.state === 'error') throw new SmokeError(`${found.snapshotId} could not be copied`);
    return found?.state === 'completed' ? found : undefined;
  });

/** Sends the dispatcher a request that a person may send, and follows it to its end. Throws a `SmokeError` where it is not done. */
async function requestAndFollow(
  context: SmokeContext,
  event: object,
  { healMinutes: minutes, yes }: Pick<LadderNode, 'healMinutes' | 'yes'>,
): Promise<string> {
  let told = '';
  const answer = await waitUntil(
    context,
    ASK_MINUTES,
    () => `the dispatcher did not begin: ${told}`,
    async (): Promise<DispatchAnswer | undefined> => {
      const said = await context.suite().ask(event, yes);
      told = `${said.code ?? said.did}: ${said.reason ?? ''}`;
      return said.did === 'started' ? said : undefined;
    },
  );
  const { end, last, lines } = await follow(
    {
      ...context,
      ...{ status: () => {}, confirm: undefined },
      sleep: async (ms) => {
        if (context.interrupted.aborted) throw new SmokeError('interrupted');
        await context.sleep(ms);
      },
      say: (text) => context.say(`  ${text}`),
    },
    answer,
    { forMs: minutes * MINUTE_MS, tell: true },
  );
  const stumble = pageOnTheWay(lines);
  if (stumble !== undefined) throw new SmokeError(stumble);
  if (end === 'healed') return last?.sentence ?? '';
  throw new SmokeError(
    `what was asked for is ${end}: ${last?.code ?? ''} ${last?.sentence ?? 'the journal does not say why'}`,
  );
}

/** An incident releases its held snapshots at its end. */
interface HeldSnapshot {
  readonly snapshotId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly lock: SnapshotLockStatus | undefined;
}

async function restart(
  context: SmokeContext,
  account: Account,
  node: LadderNode,
  newest: SnapshotDescription,
): Promise<{ readonly restarted: string; readonly held: HeldSnapshot }> {
  const log = progressLogger(context);
  const { instanceId, fleet, healMinutes } = node;
  // A snapshot that is younger than that when the fault is seen may contain the fault, so the incident would not hold it. By AWS's clock: the node is
  // probed each minute.
  const ageMs =
    -faultMayBeginMs(0, { chain: otherChain, health: { patienceSeconds: STUCK_SECONDS } }, null) + MINUTE_MS;
  await waitUntil(context, healMinutes, `${newest.snapshotId} is not old enough`, async () => {
    const asked = await account.ladder.commands(instanceId, newest.startedMs + ageMs);
    return asked.length > 0 || undefined;
  });
  const commandId = await account.ladder.hang(instanceId);
  await waitUntil(context, COMMAND_MINUTES, 'the client could not be made to hang', async () => {
    const ended = await account.ladder.commandEnd(commandId, instanceId);
    if (ended && ended.status !== 'Success')
      throw new SmokeError(`the client could not be made to hang: ${ended.status} ${ended.said}`);
    return ended;
  });
  log('hung', 'the client runs, and answers nobody');
  let held: HeldSnapshot = { snapshotId: newest.snapshotId, tags: {}, lock: undefined };
  const restarted = await followIncident(context, {
    ...{ trigger: 'node:', fleet, instanceId, minutes: healMinutes },
    judge: async (incident, story) => {
      const lock = await account.ladder.lock(newest.snapshotId);
      const now = (await account.ladder.snapshots(node.volumeId)).find(
        ({ snapshotId }) => snapshotId === newest.snapshotId,
      );
      if (lock && now) held = { ...held, lock, tags: now.tags };
      const volumes = await account.ladder.dataVolumes(instanceId);
      return restartStatusOf({ incident, story, volumes, volumeId: node.volumeId });
    },
  });
  log('healed', restarted);
  return { restarted, held };
}

async function swap(context: SmokeContext, account: Account, node: LadderNode): Promise<string> {
  const { ladder } = account;
  const proof = await requestAndFollow(context, { kind: 'restore', fleet: node.fleet, node: node.run }, node);
  const [volumes, snapshots] = [await ladder.dataVolumes(node.instanceId), await ladder.snapshots(node.volumeId)];
  const old = (await account.things(false)).find(({ id }) => id === node.volumeId);
  const wrong = swapFault(volumes, snapshots, node.volumeId) ?? retentionFault(old, node.volumeId);
  if (wrong !== undefined) throw new SmokeError(`the swap is over, and ${wrong}`);
  const [now] = volumes;
  const words = `${node.volumeId} → ${now?.volumeId}, of ${now?.snapshotId}: ${proof}`;
  progressLogger(context)('healed', words);
  return words;
}

/** By EC2's answer. */
function swapFault(
  volumes: readonly VolumeOrigin[],
  snapshots: readonly SnapshotDescription[],
  oldId: string,
): string | undefined {
  const [now, more] = volumes;
  if (!now || more) return `the node has ${volumes.length} data volumes`;
  if (now.volumeId === oldId) return `the node still has ${oldId}`;
  const clean = snapshots.filter(isClean).map(({ snapshotId }) => snapshotId);
  return clean.includes(now.snapshotId)
    ? undefined
    : `${now.volumeId} is of ${now.snapshotId}, not of ${clean.join(' or ')}`;
}

function retentionFault(
  old: { readonly kind: string; readonly tags?: object } | undefined,
  id: string,
): string | undefined {
  if (!old) return `${id} is gone, or has lost its tags`;
  return KEEP_UNTIL_TAG in (old.tags ?? {}) ? undefined : `${id} does not say until when it is kept`;
}

interface SeenSnapshots {
  readonly untagged: string;
  readonly held: HeldSnapshot;
}

async function checkAccount(
  context: SmokeContext,
  account: Account,
  node: LadderNode,
  seen: SeenSnapshots,
): Promise<void> {
  const { ladder } = account;
  const { vpcId } = await account.subnet(node.subnetId);
  const role = await ladder.roleOf(node.profile);
  const snapshots = await ladder.snapshots(node.volumeId);
  const untagged = snapshots.find(({ snapshotId }) => snapshotId === seen.untagged);
  const things = await account.things(false);
  const { launchedMs, autoRecovery } = await ladder.instance(node.instanceId);
  const checks = checksOf({
    passes: { role, is: await ladder.mayPassOn(role) },
    held: seen.held,
    untagged: { snapshotId: seen.untagged, tags: untagged?.tags ?? {}, lock: await ladder.lock(seen.untagged) },
    commands: await ladder.commands(node.instanceId, launchedMs),
    alarms: things.flatMap((thing) =>
      thing.kind === 'alarm' && thing.id.startsWith(`chainmend-${node.fleet}-`)
        ? { name: thing.id, tags: thing.tags }
        : [],
    ),
    fleet: node.fleet,
    errors: await ladder.errors(vpcId, launchedMs, launchedMs + RUN_MAX_MS),
    vpcFunction: await ladder.vpcFunction(vpcId),
    madeAgain: node.stackIsDeployed ? undefined : true,
    autoRecovery,
  });
  const log = progressLogger(context);
  for (const { is, words } of checks) log(WORDS[is], words);
  const wrong = checks.filter(({ is }) => is === 'not so');
  if (wrong.length > 0)
    throw new SmokeError(`healed, and not all is as it should be: ${wrong.map(({ words }) => words).join('; ')}`);
}

const WORDS: Readonly<Record<Check['is'], string>> = { so: 'so', 'not so': 'not so', left: 'unseen' };
