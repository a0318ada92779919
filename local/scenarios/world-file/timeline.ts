// What happens in a world, and when: one entry for each word, with what it takes and what it does.
import { isDeepStrictEqual } from 'node:util';
import { EventCode } from '@aws-sdk/client-ec2';
import * as v from 'valibot';
import { batchChanges } from '../../../functions/register-nodes/zone.ts';
import { adoptionOf } from '../../../infra/commands/names/adoption.ts';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import {
  about,
  choice,
  list,
  map,
  object,
  optional,
  path,
  tagKey,
  text,
  usually,
  whole,
} from '../../../shared/fleet/schema-fields.ts';
import { DEFAULT_SUITE } from '../../../shared/model/suite.ts';
import { VERSION } from '../../../shared/model/version.ts';
import type { SimulatedChain } from '../../nodes/chain.ts';
import { DISK_METRICS } from '../../nodes/cloudwatch-agent.ts';
import { FEED_ANSWERS, type FeedAnswers, type FeedWords, feedHost } from '../../nodes/release-feed.ts';
import type { Misbehaviour } from '../../nodes/rpc/misbehaviour.ts';
import type { PostedAnswers } from '../../nodes/rpc/posted.ts';
import type { Reference } from '../../nodes/rpc/reference.ts';
import { START_MS } from '../../region.ts';
import { PASSING_FAULT_NAMES } from '../../simulator/faults.ts';
import { AwsError } from '../../simulator/service.ts';
import { answerAsPaged } from '../world/answers.ts';
import { ask, darken, killed, lighten } from '../world/ladder.ts';
import { NotThereError, type PlacedNode, THROW_AWAYS, type World } from '../world/world.ts';
import {
  amount,
  hostName,
  ipAddress,
  MINUTES_MAX,
  minutes,
  nodeRef,
  recordName,
  resourceTags,
  sentence,
  snapshotId,
  zoneLetter,
} from './fields.ts';
import { MomentError } from './moment-error.ts';
import { type CalledAt, COMMANDS, type CommandedAt, calledMoment, commandedMoment } from './triggers.ts';

/** What a moment of the timeline may use. */
export interface Stage {
  readonly world: World;
  node(ref: string): PlacedNode;
  chain(name: string): SimulatedChain;
  reference(host: string): Reference;
  /** What a file beside the world's says. */
  posted(file: string): PostedAnswers;
  /** A person stores the fleet's file with these keys replaced. */
  pushFleet(fleet: string, change: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** The page that this moment follows; empty for moments of the clock. */
  readonly page: Readonly<Record<string, string | undefined>>;
}

const GIB = 2 ** 30;
const PAUSE_TAG = 'chainmend:pause';
const MINUTE_MS = 60_000;

const node = about('The node.', nodeRef);
const fleet = text32('The fleet.');
const chain = text32('The chain, by the name of its fleet.');
const role = about('The volume’s role.', v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/)));
const branch = v.pipe(
  v.string('expected the name of a fork, for example wrong'),
  v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected the name of a fork, for example wrong'),
);
const versionName = text(VERSION, 'a version in quotes, as its unit is called', '"0.22.0"');
const feedAddress = text(
  /^https:\/\/[a-z0-9][a-z0-9.-]{0,252}\/[A-Za-z0-9._~/-]{1,200}$/,
  'an https address',
  'https://github.example/bitcoin/releases.atom',
);
const reference = about("The reference's host, as the fleet file has it.", hostName);

function text32(description: string) {
  return about(
    description,
    v.pipe(
      v.string('expected the name of a fleet, for example bitcoin'),
      v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected the name of a fleet, for example bitcoin'),
    ),
  );
}

/** As the SDKs name their endpoints. */
const SERVICES = [
  'ec2',
  'ssm',
  'monitoring',
  'dynamodb',
  'lambda',
  'route53',
  'sns',
  'sqs',
  'dlm',
  'elasticloadbalancing',
] as const;
const RPC_ANSWERS = [
  ...(['right', 'dead', 'hung', 'garbage', 'huge', 'slow', 'wrong-chain', 'unauthorized'] as const),
  ...(['withholding', 'limited', 'unavailable', 'elsewhere'] as const),
] as const satisfies readonly ('right' | Misbehaviour)[];

const RPC_EXPECTED = `${RPC_ANSWERS.join(', ')}, or a file of posted answers beside this one`;
/** Beside the world file, and nowhere else. */
const answersFile = text(
  /^(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9_.\-/]{0,200}\.json$/,
  RPC_EXPECTED,
  'posted/loading-and-gone.json',
);
const isMisbehaviour = (answers: string): answers is Misbehaviour =>
  answers !== 'right' && (RPC_ANSWERS as readonly string[]).includes(answers);

/** A word of the timeline: its meaning, what it takes, and what it does. */
function word<const Entries extends v.ObjectEntries>(
  meaning: string,
  takes: Entries,
  act: (stage: Stage, given: v.InferOutput<v.ObjectSchema<Entries, undefined>>) => unknown,
) {
  return { meaning, takes, act };
}

export const WORDS = {
  // The node and its client.
  hang: word(
    'The client hangs at its height and still answers.',
    { node, until: usually('What ends it.', choice(['restart', 'thaw'], 'an end'), 'restart') },
    (stage, { node: ref, until }) => stage.node(ref).machine.client.freeze({ untilRestart: until === 'restart' }),
  ),
  thaw: word('A client that hangs goes on by itself.', { node }, (stage, given) =>
    stage.node(given.node).machine.client.thaw(),
  ),
  crash: word('The client is killed and stays down.', { node }, (stage, given) =>
    stage.node(given.node).machine.killClient(),
  ),
  'crash-loop': word(
    'The client is killed and comes up again after some seconds, as with `Restart=always`.',
    { node, upAfterSeconds: usually('Until it is up again.', whole(1, 3_600, 'seconds', 5), 5) },
    (stage, given) => {
      const { machine } = stage.node(given.node);
      machine.killClient();
      stage.world.at(given.upAfterSeconds / 60, () => void machine.startClientAgain());
    },
  ),
  'slow-down': word(
    'The volumes become slow: the client follows at so many percent of its speed, which is ten blocks a second by default.',
    { node, percent: about('Of its speed; 100 ends it.', amount(0.01, 100, 'percent', 0.2)) },
    (stage, given) => stage.node(given.node).machine.client.slowDown(given.percent / 100),
  ),
  'stop-client': word(
    'A person stops the client, on the node.',
    {
      node,
      exitStatus: optional(
        'With which status it ends; `docker stop` of a client that does not handle SIGTERM shows 143.',
        whole(1, 255, 'as an exit status', 143),
      ),
    },
    (stage, { node: ref, exitStatus }) => {
      const { machine } = stage.node(ref);
      if (exitStatus === undefined) machine.stopClient();
      else machine.stopAsPerson(exitStatus);
    },
  ),
  'remove-container': word('A person removes the stopped container of the client.', { node }, (stage, given) =>
    stage.node(given.node).machine.removeContainer(),
  ),
  'make-container': word(
    'A person makes the container of the client again, and starts it.',
    { node },
    (stage, given) => void stage.node(given.node).machine.makeContainer(),
  ),
  'start-client': word(
    'A person starts the client, on the node.',
    { node },
    (stage, given) => void stage.node(given.node).machine.startClient(),
  ),
  'restart-client': word(
    'A person restarts the client, on the node.',
    { node },
    (stage, given) => void stage.node(given.node).machine.restartClient(),
  ),
  'corrupt-data': word(
    'The data break: `stops` at the present block, whatever is restarted, or `does-not-open` any more. `held`: they are good, and another process has them until a boot.',
    {
      node,
      how: usually('What the client does with them.', choice(['stops', 'does-not-open', 'held'], 'a way'), 'stops'),
      atHeight: optional(
        'The block that cannot be passed, instead of the present one.',
        whole(1, 1_000_000_000, 'blocks', 931_008),
      ),
    },
    (stage, given) => {
      const { client, disks } = stage.node(given.node).machine;
      if (given.how === 'held') disks.data.hold();
      else disks.data.corrupt(given.how === 'stops' ? { stopsAtHeight: given.atHeight ?? client.height() } : {});
    },
  ),
  rpc: word(
    'How the RPC answers from now on; the client goes on. `right` ends it; `hung` ends with the client’s next start. `withholding` refuses optional calls; `limited`, `unavailable` and `elsewhere` are HTTP 429, 503 and 301. A `FILE.json` beside the world file has answers that somebody posted, by method or path; they are played word for word, the next of a list each minute, and all else is the node’s own.',
    {
      node,
      answers: about(
        'The answers.',
        v.union([choice(RPC_ANSWERS, 'answers'), answersFile], `expected ${RPC_EXPECTED}`),
      ),
      untilRestart: usually(
        'Whether the next start of the client ends it.',
        v.boolean('expected true or false'),
        false,
      ),
    },
    (stage, { node: ref, answers, untilRestart }) => {
      const { rpc, client } = stage.node(ref).machine;
      if (answers === 'right') return rpc.behave();
      if (isMisbehaviour(answers)) rpc.misbehave(answers);
      else rpc.play(stage.posted(answers));
      if (untilRestart) client.onStart(() => rpc.behave());
    },
  ),
  'beacon-node': word(
    'The consensus client beside an execution client.',
    { node, does: about('What it does.', choice(['hangs', 'crashes', 'stops', 'runs'], 'a state')) },
    (stage, given) => {
      const { beacon } = stage.node(given.node).machine;
      if (given.does === 'hangs') beacon?.freeze();
      else if (given.does === 'crashes') beacon?.crash();
      else if (given.does === 'stops') beacon?.stop();
      else beacon?.start();
    },
  ),
  'fill-disk': word(
    'Something writes to a disk; `/` is the root volume.',
    {
      node,
      path: about(
        'The mount point.',
        v.union([path, v.literal('/')], 'expected a mount point, for example /node-data'),
      ),
      gib: about('How much.', amount(0.1, 60_000, 'GiB', 100)),
    },
    (stage, given) => stage.node(given.node).machine.write(given.path, given.gib * GIB),
  ),
  unmount: word(
    'A data volume is not mounted any more: its client has ended, and cannot start.',
    { node, path: about('The mount point.', path) },
    (stage, given) => {
      const { machine } = stage.node(given.node);
      machine.client.stop('failed', 'volume-gone');
      machine.unmount(given.path);
    },
  ),
  'lose-peers': word(
    'The client loses its peers, and its configuration names none any more.',
    { node },
    (stage, given) => losePeers(stage.world, stage.node(given.node)),
  ),
  fork: word(
    'The client follows other blocks from here on, with some others in the world.',
    {
      node,
      branch: optional('A name of these blocks: nodes that are given the same one follow the same blocks.', branch),
      blockSeconds: optional(
        'The interval of these blocks; the chain’s by default.',
        amount(0.1, 3_600, 'seconds', 15),
      ),
    },
    (stage, given) => {
      const { client, chain: own } = stage.node(given.node).machine;
      const blockIntervalMs = (given.blockSeconds ?? own.spec.blockIntervalMs / 1_000) * 1_000;
      const name = given.branch;
      const known = name === undefined ? undefined : own.forkNamed(name);
      client.follow(known ?? own.fork(own.height(), { blockIntervalMs, ...(name !== undefined && { name }) }));
    },
  ),
  rejoin: word(
    'The client follows the blocks of its chain again, from the last one that both have: as after `debug_setHead`, or an upgrade that goes back.',
    { node },
    (stage, given) => {
      const { client, chain: own } = stage.node(given.node).machine;
      client.follow(own.main);
    },
  ),
  'disk-metrics': word(
    'What the CloudWatch agent says of the disks; the disks go on as they are.',
    {
      node,
      show: about(
        'What: `nothing` (it has ended), `no-inodes` (their counts are missing), `old-free-space` (the free bytes of now, whatever comes; sizes are right), `what-is`.',
        choice(DISK_METRICS, 'what it says'),
      ),
    },
    (stage, given) => stage.node(given.node).machine.showDisks(given.show),
  ),
  'rename-devices': word(
    'The kernel names its disks otherwise, as a boot may. Who tells a disk by its device (`diskDevices`) tells another one from then on.',
    { node },
    (stage, given) => stage.node(given.node).machine.disks.rename(),
  ),
  'lose-agent': word('The SSM agent loses its connection.', { node }, (stage, given) =>
    stage.node(given.node).machine.setAgentConnected(false),
  ),
  'find-agent': word('The SSM agent is connected again.', { node }, (stage, given) =>
    stage.node(given.node).machine.setAgentConnected(true),
  ),

  'delay-command': word(
    'The next such command begins so much later.',
    {
      node,
      command: about('Which one.', choice(COMMANDS, 'a command')),
      minutes: about('How much later.', amount(0.1, 1_440, 'minutes', 5)),
    },
    (stage, given) => stage.node(given.node).machine.delayCommands(given.command, given.minutes * 60_000),
  ),
  'lose-command': word(
    'The next such command never begins, and is never answered.',
    { node, command: about('Which one.', choice(COMMANDS, 'a command')) },
    (stage, given) => stage.node(given.node).machine.delayCommands(given.command, 'lost'),
  ),
  'cut-command': word(
    'The next such command begins, is cut off, and is never answered.',
    { node, command: about('Which one.', choice(COMMANDS, 'a command')) },
    (stage, given) => stage.node(given.node).machine.delayCommands(given.command, 'cut'),
  ),

  // The chain and the references.
  'halt-chain': word('Nobody makes blocks any more.', { chain }, (stage, given) => stage.chain(given.chain).halt()),
  'resume-chain': word('Blocks are made again.', { chain }, (stage, given) => stage.chain(given.chain).resume()),
  jail: word('The chain removes a validator from its set.', { node }, (stage, given) => {
    const { machine } = stage.node(given.node);
    machine.chain.jail(machine.instanceId);
  }),
  unjail: word('The chain takes a validator into its set again.', { node }, (stage, given) => {
    const { machine } = stage.node(given.node);
    machine.chain.unjail(machine.instanceId);
  }),
  reference: word(
    'How a reference answers from now on.',
    {
      reference,
      answers: about(
        'The answers.',
        choice(['right', 'nothing', 'one-height', 'too-high', 'too-low', 'other-blocks'], 'answers'),
      ),
      branch: optional('With `other-blocks`: the `branch` of a fork that has happened.', branch),
      blocks: usually(
        'How far it is from the truth, with `too-high` and `too-low`.',
        whole(1, 1_000_000, 'blocks', 400),
        400,
      ),
    },
    (stage, given) => answerWrongly(stage.reference(given.reference), given),
  ),

  'releases-feed': word(
    'What a feed of releases says from now on; before the first such entry its host does not exist. `lies` names versions that nobody made and notes of somebody else; `page`, `garbage`, `huge`, `nothing` and `unavailable` cannot be read.',
    {
      feed: about('Its address, as the fleet file has it.', feedAddress),
      answers: usually(
        'How: Atom (`releases`), a registry’s `tags`, or worse.',
        choice(FEED_ANSWERS, 'answers'),
        'releases',
      ),
      lists: usually('The versions that it names, the newest first.', list(versionName, 50), []),
    },
    ({ world }, { feed, ...words }) => publish(world, feed, words),
  ),

  // AWS.
  'kill-instance': word(
    'The instance dies: its checks fail, and neither a reboot nor a stop and start helps.',
    { node },
    (stage, given) => killed(stage.world, stage.node(given.node)),
  ),
  'fail-checks': word(
    'EC2’s checks of an instance fail.',
    {
      node,
      check: about('Which check.', choice(['system', 'instance', 'attachedEbs'], 'a check')),
      curedBy: about('What helps.', choice(['reboot', 'stop-start', 'nothing'], 'a cure')),
    },
    (stage, given) => stage.world.region.ec2.impair(stage.node(given.node).instanceId, given.check, given.curedBy),
  ),
  'impair-volume': word(
    'EC2 finds the volume of a role impaired, and with it the attached EBS check of the instance. What its client does then, `hang` says.',
    {
      node,
      role,
      is: about(
        'How: its I/O is `stalled`, it is `io-disabled` until a person enables it, or it is `well` again.',
        choice(['stalled', 'io-disabled', 'well'], 'a state'),
      ),
    },
    (stage, given) => {
      const { ec2 } = stage.world.region;
      ec2.impairVolume(stage.node(given.node).volumeIds.get(given.role) ?? '', given.is === 'well' ? null : given.is);
    },
  ),
  'announce-event': word(
    'EC2 announces an event for an instance; the same event again gives it another time. Nothing comes of it by itself.',
    {
      node,
      event: about('Which one.', choice(Object.values(EventCode), 'an event')),
      inHours: about('How long after the announcement it begins.', amount(0.1, 1_440, 'hours', 72)),
    },
    (stage, given) => {
      const { ec2, clock } = stage.world.region;
      ec2.announceEvent(stage.node(given.node).instanceId, given.event, clock.now() + given.inHours * 3_600_000);
    },
  ),
  'no-capacity': word(
    'An Availability Zone has no room for another instance from now on.',
    {
      zone: about('Which one.', zoneLetter),
      minutes: optional('For how long; for good by default.', amount(0.1, MINUTES_MAX, 'minutes', 60)),
    },
    ({ world }, { zone, minutes: lasts }) => {
      const { ec2, kernel, clock } = world.region;
      const name = `${kernel.regionName}${zone}`;
      ec2.exhaust(name);
      if (lasts !== undefined) clock.after(lasts * MINUTE_MS, () => ec2.restock(name));
    },
  ),
  'lose-zone': word(
    'An Availability Zone goes dark: its instances fail their checks and answer nobody, and it has no room for others.',
    { zone: about('Which one.', zoneLetter) },
    ({ world }, { zone }) => darken(world, zone),
  ),
  'find-zone': word(
    'The zone is back: its instances boot, and their checks pass.',
    { zone: about('Which one.', zoneLetter) },
    ({ world }, { zone }) => lighten(world, zone),
  ),

  'aws-fails': word(
    'A service of AWS answers every function with a server fault.',
    {
      service: about('Which one.', choice(SERVICES, 'a service')),
      minutes: about('For how long.', amount(0.1, 1_440, 'minutes', 5)),
    },
    ({ world: { region } }, given) => region.outages.begin(given.service, region.clock.now() + given.minutes * 60_000),
  ),
  'aws-misbehaves': word(
    'A fault of `--list-faults` is on for a while, or one that only passes: `lost-events`, `hours-late-events`.',
    {
      fault: about('Which one.', choice(PASSING_FAULT_NAMES, 'a fault')),
      minutes: about('For how long.', amount(0.1, MINUTES_MAX, 'minutes', 30)),
    },
    ({ world: { region } }, given) => region.kernel.begin(given.fault, region.clock.now() + given.minutes * MINUTE_MS),
  ),
  'fail-growth': word(
    'EBS fails at the next growth of a volume, after it accepted it.',
    { node, role },
    (stage, given) => onVolume(stage, given, (volumeId) => stage.world.region.ec2.failNextModification(volumeId)),
  ),
  'fail-snapshot': word(
    'EBS fails at the next snapshot of a volume, after it accepted it.',
    { node, role },
    (stage, given) => onVolume(stage, given, (volumeId) => stage.world.region.ec2.failNextSnapshot(volumeId)),
  ),
  'restore-table': word(
    'Some minutes later a person restores the table to what it is now; the journal stays.',
    { minutes: about('How long later.', amount(0.1, MINUTES_MAX, 'minutes', 60)) },
    ({ world: { region, tableName } }, given) => {
      const backup = region.dynamodb.items(tableName);
      region.clock.after(given.minutes * MINUTE_MS, () => {
        const before = region.dynamodb.items(tableName);
        region.dynamodb.restore(tableName, backup, (item) => JSON.stringify(item['pk']).includes('JOURNAL#'));
        if (!isDeepStrictEqual(region.dynamodb.items(tableName), before)) region.kernel.met('restore-table');
      });
    },
  ),

  // People.
  pause: word(
    'A person pauses everything, a fleet or a node.',
    {
      fleet: optional('Only this fleet.', fleet),
      node: optional('Only this node.', nodeRef),
      why: about('Why, for the journal.', sentence),
    },
    (stage, given) =>
      given.node === undefined
        ? stage.world.setPause(given.why, given.fleet)
        : tagged(stage, given.node, { [PAUSE_TAG]: given.why }),
  ),
  resume: word(
    'A person ends a pause of everything or of a fleet.',
    { fleet: optional('Only this fleet’s.', fleet) },
    (stage, given) => stage.world.setPause('off', given.fleet),
  ),
  ask: word(
    'A person asks for a heal, as with `npm run chainmend`.',
    {
      for: about('For what.', choice(['restore', 'replace-instance', 'undo', 'snapshot'], 'a request')),
      node,
      snapshot: optional('With `restore`: from this snapshot.', snapshotId),
      acknowledgesValidator: usually(
        'With `restore` and `snapshot`: the person says that it is a validator.',
        v.boolean('expected true or false'),
        false,
      ),
    },
    (stage, given) => {
      const [fleetName, name] = given.node.split('/');
      return ask(stage.world, {
        ...{ kind: given.for, fleet: fleetName, node: name },
        ...(given.snapshot !== undefined && { snapshotId: given.snapshot }),
        ...(given.acknowledgesValidator && { acknowledgesValidator: true }),
      });
    },
  ),
  upgrade: word(
    'A person asks for another version of the client, as with `npm run chainmend -- upgrade`: on all nodes of a fleet, or on one validator.',
    {
      fleet: optional('All of its nodes; or `node`.', fleet),
      node: optional('A validator, which the person acknowledges.', nodeRef),
      to: about('The version.', versionName),
      strategy: optional('Another instance beside each node proves it first.', choice(['blue-green'], 'a strategy')),
      rehearse: usually('Whether it is tried on a copy first.', v.boolean('expected true or false'), false),
    },
    (stage, { fleet: all, node: ref, to, strategy, rehearse }) => {
      const [fleetName = all, name] = ref?.split('/') ?? [];
      if (strategy !== undefined && fleetName !== undefined) stage.world.besides.add(fleetName);
      return ask(stage.world, {
        ...{ kind: 'upgrade', fleet: fleetName, to },
        ...(name !== undefined && { node: name, acknowledgesValidator: true }),
        ...(strategy !== undefined && { strategy }),
        ...(rehearse && { rehearse }),
      });
    },
  ),
  shrink: word(
    'A person asks for a smaller disk, as with `npm run chainmend -- shrink`.',
    { node, toGiB: about('Its new size.', whole(1, 65_536, 'GiB', 700)) },
    (stage, { node: ref, toGiB }) => {
      const [fleetName, name] = ref.split('/');
      return ask(stage.world, { kind: 'shrink', fleet: fleetName, node: name, toGiB });
    },
  ),
  'look-at-releases': word(
    'The daily look at the feeds of releases comes now.',
    { fleet: optional('Only this fleet’s.', fleet) },
    ({ world: { region } }, given) =>
      region.call('lambda', 'Invoke', {
        ...{ FunctionName: `${DEFAULT_SUITE}-watch-releases`, InvocationType: 'Event' },
        Payload: new Uint8Array(Buffer.from(JSON.stringify({ kind: 'releases', fleet: given.fleet }))),
      }),
  ),
  drill: word('A person asks for a drill, as with `npm run chainmend -- drill`.', { fleet }, (stage, given) =>
    ask(stage.world, { kind: 'drill', fleet: given.fleet }),
  ),
  'throw-aways': word(
    'What becomes of the throw-away instances of drills that are launched from now on: nobody hears of their agents (`silent`), they end when their client has come up (`end`), or they are as they should be (`work`).',
    { will: about('What.', choice(THROW_AWAYS, 'what becomes of them')) },
    (stage, given) => {
      stage.world.throwAways = given.will;
    },
  ),
  approve: word(
    'A person pastes the line of the page; `at` names the page: `{ paged: approval-wanted, minutes: 6 }`.',
    {},
    (stage) => answerAsPaged(stage.world, stage.page['approve']),
  ),
  'change-fleet': word(
    'A person edits the fleet file and pushes it.',
    { fleet, but: about('The keys that are replaced; `null` takes one out.', anyKeys()) },
    (stage, given) => stage.pushFleet(given.fleet, given.but),
  ),
  tag: word('A person tags an instance.', { node, tags: about('The tags.', resourceTags) }, (stage, given) =>
    tagged(stage, given.node, given.tags),
  ),
  untag: word('A person removes a tag of an instance.', { node, key: about('Its key.', tagKey) }, (stage, given) =>
    stage.world.region.call('ec2', 'DeleteTags', {
      Resources: [stage.node(given.node).instanceId],
      Tags: [{ Key: given.key }],
    }),
  ),
  'stop-instance': word('A person stops an instance.', { node }, (stage, given) =>
    stage.world.region.call('ec2', 'StopInstances', { InstanceIds: [stage.node(given.node).instanceId] }),
  ),
  'start-instance': word('A person starts an instance.', { node }, (stage, given) =>
    stage.world.region.call('ec2', 'StartInstances', { InstanceIds: [stage.node(given.node).instanceId] }),
  ),
  'reboot-instance': word('A person reboots an instance.', { node }, (stage, given) =>
    stage.world.region.call('ec2', 'RebootInstances', { InstanceIds: [stage.node(given.node).instanceId] }),
  ),
  'detach-volume': word(
    'A person detaches a volume of a node whose client has ended.',
    { node, role },
    (stage, given) => {
      const { machine } = stage.node(given.node);
      return onVolume(stage, given, (VolumeId) => {
        machine.stopClient();
        return stage.world.region.call('ec2', 'DetachVolume', { VolumeId });
      });
    },
  ),
  'break-fleet': word(
    'A person stores a text that is no fleet file, and after some minutes the right one again.',
    { fleet, minutes: about('How long later.', amount(0.1, MINUTES_MAX, 'minutes', 20)) },
    ({ world: { region, rightFiles } }, given) => {
      const Name = fleetParameterName('/chainmend', given.fleet);
      const right = region.ssm.parameter(Name);
      const broken = `fleet: ${given.fleet}\nmode: [act`;
      const put = (Value: string) =>
        region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
      if (right === undefined || right === broken) return;
      rightFiles.set(given.fleet, right);
      region.clock.after(given.minutes * MINUTE_MS, () => {
        // Somebody may have stored another one meanwhile.
        if (region.ssm.parameter(Name) !== broken) return;
        put(right).catch((error: unknown) => region.clock.fail(error));
      });
      return put(broken);
    },
  ),
  'terminate-instance': word('A person terminates an instance.', { node }, (stage, given) =>
    stage.world.terminate(stage.node(given.node)),
  ),
  unprotect: word(
    'A person lets EC2 stop and end the instance with which a node began, whatever protects it.',
    { node },
    (stage, given) => stage.world.unprotect(stage.node(given.node)),
  ),
  'launch-again': word(
    'A person launches another instance with the name of a terminated one, and with volumes of its own.',
    { node },
    (stage, given) => {
      const [fleetName = '', name = ''] = given.node.split('/');
      stage.world.launchAgain(fleetName, name);
    },
  ),
  'grow-volume': word(
    'A person has EBS grow a volume, and does not think of its filesystem.',
    {
      node,
      role,
      toGiB: about('Its new size.', whole(1, 65_536, 'GiB', 900)),
    },
    (stage, given) =>
      stage.world.region.call('ec2', 'ModifyVolume', {
        VolumeId: stage.node(given.node).volumeIds.get(given.role),
        Size: given.toGiB,
      }),
  ),
  'take-snapshot': word(
    'A person takes snapshots of a running node: in the `console`, which copies no tags, or with the `tags` of its volumes.',
    { node, with: about('What the snapshots carry.', choice(['console', 'tags'], 'a way')) },
    (stage, given) => takeSnapshots(stage.world, stage.node(given.node), given.with === 'tags'),
  ),
  'delete-snapshot': word('A person deletes a snapshot.', { snapshot: about('Its id.', snapshotId) }, (stage, given) =>
    stage.world.region.call('ec2', 'DeleteSnapshot', { SnapshotId: given.snapshot }),
  ),
  'edit-zone': word(
    'A person edits address records by hand.',
    {
      zone: about('The zone.', hostName),
      remove: optional('Names whose records go.', list(recordName, 20)),
      set: optional(
        'Names and their new addresses.',
        map('records', '{ grafana: [10.0.200.7] }', 20, recordName, list(ipAddress, 20, 1)),
      ),
    },
    (stage, given) => editZone(stage.world, given.zone, given.remove ?? [], given.set ?? {}),
  ),
  'adopt-names': word(
    'A person hands records over to a fleet, as with `npm run chainmend -- names adopt`.',
    { fleet, names: about('The names of the records, in the zone of the fleet.', list(recordName, 50, 1)) },
    (stage, given) => adoptNames(stage.world, given.fleet, given.names),
  ),
} as const;

export type WordName = keyof typeof WORDS;

function anyKeys() {
  return v.record(v.string(), v.unknown(), 'expected keys of a fleet file, for example { mode: act }');
}

const tagged = (stage: Stage, ref: string, tags: Readonly<Record<string, string>>): Promise<unknown> =>
  stage.world.region.call('ec2', 'CreateTags', {
    Resources: [stage.node(ref).instanceId],
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });

/** Nothing happens where no such volume is mounted. */
const onVolume = (
  stage: Stage,
  { node: ref, role: of }: { readonly node: string; readonly role: string },
  act: (volumeId: string) => unknown,
): unknown => {
  const volumeId = stage.node(ref).volumeIds.get(of);
  return volumeId === undefined ? undefined : act(volumeId);
};

/** What cannot be read counts as one fault, whatever it is. */
const HONEST: ReadonlySet<FeedAnswers> = new Set(['releases', 'tags']);

function publish({ region, feeds }: World, feed: string, words: FeedWords): void {
  const { host, pathname } = new URL(feed);
  const isNew = [...feeds.keys()].every((known) => new URL(known).host !== host);
  feeds.set(`https://${host}${pathname}`, words);
  if (!isNew) return;
  const asked = (path: string): FeedWords | undefined => {
    const now = feeds.get(`https://${host}${path}`);
    if (now && !HONEST.has(now.answers)) region.kernel.met(now.answers === 'lies' ? 'feed lies' : 'feed unreadable');
    return now;
  };
  region.network.attach(host, 'internet', feedHost(host, asked));
}

function losePeers(world: World, { machine }: PlacedNode): void {
  machine.peers.lose();
  for (const { machine: other } of world.nodes) {
    other.peers.forget(machine.peers.address);
    machine.peers.forget(other.peers.address);
  }
  const { configPath = '' } = machine.setup;
  const text = machine.readFile(configPath);
  if (text !== undefined) machine.writeFile(configPath, text.replace(/^addnode=.*\n/gm, ''));
}

function answerWrongly(
  reference: Reference,
  { answers: how, blocks, branch: name = '' }: { answers: string; blocks: number; branch?: string | undefined },
): void {
  reference.speak();
  reference.resume();
  reference.lie(undefined);
  if (how === 'nothing') reference.silence();
  if (how === 'one-height') reference.halt();
  if (how === 'too-high') reference.lie({ ahead: blocks });
  if (how === 'too-low') reference.lag(blocks);
  if (how === 'other-blocks') reference.stray(name);
}

async function takeSnapshots(world: World, { volumeIds }: PlacedNode, copyTags: boolean): Promise<void> {
  const { region, theirs } = world;
  for (const VolumeId of volumeIds.values()) {
    const Tags = Object.entries(copyTags ? region.ec2.tags(VolumeId) : {}).map(([Key, Value]) => ({ Key, Value }));
    const TagSpecifications = Tags.length > 0 ? [{ ResourceType: 'snapshot', Tags }] : [];
    const { SnapshotId } = (await region.call('ec2', 'CreateSnapshot', { VolumeId, TagSpecifications })) as {
      readonly SnapshotId: string;
    };
    theirs.add(SnapshotId);
  }
}

/** Where the zone has none of them, there is nothing to edit. */
function editZone(
  world: World,
  zone: string,
  remove: readonly string[],
  set: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const there = (name: string) =>
    world.region.route53
      .records(zone)
      .find((record) => record.type === 'A' && record.name.replace(/\.$/, '') === `${name}.${zone}`)?.values;
  const gone = [...remove, ...Object.keys(set)].flatMap((name) => {
    const addresses = there(name);
    return addresses ? [{ do: 'DELETE' as const, name, addresses }] : [];
  });
  const made = Object.entries(set).map(([name, addresses]) => ({ do: 'CREATE' as const, name, addresses }));
  const [first, ...others] = [...gone, ...made];
  if (first === undefined) throw new NotThereError(`${zone} has no address records ${remove.join(', ')}`);
  return world.editZone(zone, [first, ...others]);
}

/** The command's own batch; its plan is made in `infra/commands/names`. */
async function adoptNames(world: World, fleetName: string, names: readonly string[]): Promise<void> {
  const { region } = world;
  const { dns } = world.fleets.get(fleetName) ?? {};
  if (!dns) throw new Error(`adopt-names: there is no fleet ${fleetName} with dns`);
  const wanted = new Set(names.map((name) => `${name}.${dns.zone}`));
  const changes = region.route53
    .records(dns.zone)
    .filter(({ name, type }) => type === 'A' && wanted.has(name))
    .map((record) => adoptionOf({ suite: DEFAULT_SUITE, fleet: fleetName, region: region.kernel.regionName }, record));
  const { HostedZones } = (await region.call('route53', 'ListHostedZonesByName', { DNSName: dns.zone })) as {
    HostedZones: readonly { readonly Id: string }[];
  };
  const ChangeBatch = { Changes: batchChanges(changes) };
  await region.call('route53', 'ChangeResourceRecordSets', { HostedZoneId: HostedZones[0]?.Id, ChangeBatch });
}

/** The time of an entry: minutes after the story began, after a page, or after what the suite does. */
const when = v.union(
  [
    minutes,
    object('{ paged: approval-wanted, minutes: 6 }', {
      paged: about(
        'The code of the page.',
        v.pipe(
          v.string('expected a code of a page'),
          v.regex(/^[a-z][a-z0-9-]{1,40}$/, 'expected a code of a page, for example approval-wanted'),
        ),
      ),
      minutes: usually('How long after it.', minutes, 0),
    }),
    commandedMoment,
    calledMoment,
  ],
  'expected minutes after the story began, a page, a command or a call, for example 3, { paged: approval-wanted, minutes: 6 }, { commanded: restart-client } or { called: ModifyVolume }',
);

export const timeline = list(v.variant('do', entrySchemas(), `expected a word: ${Object.keys(WORDS).join(', ')}`), 200);

function entrySchemas() {
  const schemas = Object.entries(WORDS).map(([name, { meaning, takes }]) =>
    object(`{ at: 3, do: ${name}, … }`, {
      at: about('When: minutes after the story began, after a page, a command or a call.', when),
      do: about(meaning, v.literal(name)),
      ...(takes as v.ObjectEntries),
      every: optional('It happens again, each time after so many minutes.', amount(0.1, MINUTES_MAX, 'minutes', 10)),
      times: optional('How often it happens in all, with `every`.', whole(1, 500, 'times', 12)),
    }),
  );
  return schemas as [(typeof schemas)[number], ...(typeof schemas)[number][]];
}

export interface Moment {
  readonly at: number | { readonly paged: string; readonly minutes?: number } | CommandedAt | CalledAt;
  readonly do: WordName;
  readonly every?: number;
  readonly times?: number;
}

/** Carries out one entry now. */
export const carryOut = (stage: Stage, moment: Moment): unknown => {
  const { act } = WORDS[moment.do];
  return (act as (on: Stage, given: unknown) => unknown)(stage, moment);
};

/** @param index its place in the file, from 0. @throws MomentError where AWS refuses it, or its node is gone */
export async function carryOutOrSay(stage: Stage, moment: Moment, index: number): Promise<void> {
  try {
    await carryOut(stage, moment);
  } catch (error) {
    if (!(error instanceof AwsError || error instanceof NotThereError)) throw error;
    const minute = Math.round((stage.world.region.clock.now() - START_MS) / 60_000);
    const sentence = `timeline.${index}: ${moment.do} cannot be done in minute ${minute}: ${error.message}`;
    throw new MomentError(sentence, { cause: error });
  }
}
