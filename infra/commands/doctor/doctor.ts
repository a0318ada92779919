// `chainmend doctor [FLEET…]`: would a heal work now? It reads the account, makes dry runs of what heals would ask for, and changes nothing.
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetFunctionConfigurationCommand, ResourceNotFoundException as NoSuchFunction } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { probeClients } from '../../../functions/watch-fleet/probes/clients.ts';
import { NO_KEYS } from '../../../shared/aws/keys.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { readSettings, type Settings } from '../../../shared/fleet/settings.ts';
import { judgePauseOfAll } from '../../../shared/guardrails/switches.ts';
import { createStore } from '../../../shared/heal/store.ts';
import { attempt, mapped } from '../../../shared/readiness/attempt.ts';
import type { FleetFacts, NodeFacts } from '../../../shared/readiness/facts.ts';
import { type FleetReport, fleetReportOf } from '../../../shared/readiness/fleet-report.ts';
import { readFleet, type Surroundings } from '../../../shared/readiness/read-fleet.ts';
import { quotaReader } from '../../../shared/readiness/read-quotas.ts';
import type { Read } from '../../../shared/readiness/verdict.ts';
import { planOf } from '../../../shared/readiness/wishes.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { readFleets } from '../../fleets.ts';
import { fleetsDirectory } from '../../fleets-directory.ts';
import { commandNames } from '../../names.ts';
import { SuiteError } from '../errors.ts';
import { notFoundError } from '../fleets/context.ts';
import { folderOf } from '../fleets/verbs.ts';
import { type AwsClientConfig, readAccount } from '../preflight/account.ts';
import { type DoctorClients, doctorClients } from './clients.ts';
import { askDryly, wishesOf } from './dry-runs.ts';
import type { DoctorFacts, SuiteAlarm } from './facts.ts';
import { linesOf } from './lines.ts';
import { type DoctorReport, reportOf } from './report.ts';

export interface DoctorContext {
  readonly say: (text: string) => void;
  /** One line of progress. */
  readonly status: (text: string) => void;
  /** The account and region of the environment, unless a test names another. */
  readonly config?: AwsClientConfig;
  /** ms since the epoch, by AWS's clock; by its last answer unless a test knows better. */
  readonly nowMs?: () => number;
  /** Folder of the fleet files; that of the checkout unless given. */
  readonly directory?: string;
}

export interface DoctorOptions {
  /** The fleet files of the folder, and not those that are stored in the account. */
  readonly files?: true;
  /** The fleet files of this folder, in place of those that are stored. */
  readonly fleets?: string;
  /** Each node is sent a command that only looks whether its clients run. */
  readonly command?: true;
}

/**
 * @param names of fleets; all of them unless given
 * @returns status 0: every heal would work, or what would not is not known; 1: something would not work
 * @throws UsageError for a fleet that does not exist; SuiteError where AWS cannot be asked at all
 */
export async function doctor(
  context: DoctorContext,
  names: readonly string[],
  options: DoctorOptions,
): Promise<{ readonly status: 0 | 1; readonly facts: DoctorReport }> {
  const report = await examined(context, names, options);
  for (const line of linesOf(report)) context.say(line);
  return { status: report.works ? 0 : 1, facts: report };
}

async function examined(
  context: DoctorContext,
  names: readonly string[],
  options: DoctorOptions,
): Promise<DoctorReport> {
  const clients = doctorClients(context.config);
  const { facts, around, settings } = await readAround(context, clients);
  const fleets = chosen(isFromFiles(options) ? filesOf(context, options) : storedIn(settings), names);
  const reports: FleetReport[] = [];
  for (const fleet of fleets) reports.push(await examinedFleet(clients, around, fleet, options));
  return reportOf({ ...facts, undeployed: undeployedOf(around, fleets) }, around.nowMs, reports);
}

function undeployedOf({ isDeployed, settings }: Surroundings, fleets: readonly Fleet[]): readonly string[] {
  if (!isDeployed || 'unread' in settings) return [];
  const { fleets: stored, broken } = settings.value;
  const known = new Set([
    ...stored.map(({ name }) => name),
    ...[...broken.keys()].map((name) => name.split('/').at(-1)),
  ]);
  return fleets.map(({ name }) => name).filter((name) => !known.has(name));
}

const isFromFiles = ({ files, fleets }: DoctorOptions): boolean => files === true || fleets !== undefined;

const filesOf = ({ directory = fleetsDirectory }: DoctorContext, { fleets }: DoctorOptions): readonly Fleet[] =>
  readFleets(fleets === undefined ? directory : folderOf(fleets)).map(({ fleet }) => fleet);

function storedIn(settings: Read<Settings>): readonly Fleet[] {
  if ('unread' in settings) throw new SuiteError(settings.unread);
  return settings.value.fleets;
}

function chosen(all: readonly Fleet[], names: readonly string[]): readonly Fleet[] {
  if (names.length === 0) return all;
  return [...new Set(names)].map((name) => {
    const found = all.find((fleet) => fleet.name === name);
    if (found === undefined)
      throw notFoundError(
        'fleet',
        name,
        all.map((fleet) => fleet.name),
      );
    return found;
  });
}

async function examinedFleet(
  clients: DoctorClients,
  around: Surroundings,
  fleet: Fleet,
  options: DoctorOptions,
): Promise<FleetReport> {
  const read = await readFleet(around, fleet);
  const facts = options.command ? await withCommands(clients, around, read) : read;
  const plans = new Map(facts.nodes.map((node) => [node, planOf(facts, node)] as const));
  const answers = await askDryly(clients.ec2, wishesOf([...plans.values()]), (done, of) =>
    around.status(`${fleet.name}: ${done} of ${of} dry runs …`),
  );
  return fleetReportOf(facts, plans, answers);
}

const COMMANDS_MS = 60_000;

/** The node compares no fence, takes no lock and remembers nothing of it (docs/security.md). */
async function withCommands(clients: DoctorClients, { status }: Surroundings, facts: FleetFacts): Promise<FleetFacts> {
  const { fleet } = facts;
  const document = await attempt('the name of the command', async () => {
    const { Environment } = await clients.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: commandNames().functions.watchFleet }),
    );
    const name = Environment?.Variables?.['SEE_CLIENTS_DOCUMENT'];
    if (name === undefined) throw new Error(`${commandNames().functions.watchFleet} names no document`);
    return name;
  });
  const running = facts.nodes.map(({ node }) => node).filter(({ state }) => state === 'running');
  status(`${fleet.name}: a command to ${running.length} nodes …`);
  const sent =
    'unread' in document
      ? document
      : await attempt('the answers to the command', () =>
          probeClients(clients.ssm, document.value, fleet, running, Date.now() + COMMANDS_MS),
        );
  const readingOf = ({ node }: NodeFacts) => mapped(sent, ({ readings }) => readings.get(node.instanceId));
  const commandOf = (node: NodeFacts): Read<string | null> =>
    mapped(readingOf(node), (reading) =>
      reading === undefined || reading.kind === 'unasked'
        ? plainText(`it did not carry out a command that only looks: ${reading?.reason ?? 'no answer came'}`)
        : null,
    );
  const seenOf = (node: NodeFacts): Pick<NodeFacts, 'seen'> => {
    const reading = readingOf(node);
    return 'value' in reading && reading.value?.kind === 'seen' ? { seen: reading.value.state } : {};
  };
  return {
    ...facts,
    nodes: facts.nodes.map((node) =>
      node.node.state === 'running' ? { ...node, command: commandOf(node), ...seenOf(node) } : node,
    ),
  };
}

interface AccountRead {
  readonly facts: Omit<DoctorFacts, 'undeployed'>;
  readonly around: Surroundings;
  readonly settings: Read<Settings>;
}

async function readAround(context: DoctorContext, clients: DoctorClients): Promise<AccountRead> {
  const { config = {}, status } = context;
  status('the account …');
  const account = await readAccount([], config);
  const { Arn: callerArn = '' } = await clients.sts.send(new GetCallerIdentityCommand({}));
  const deployed = await readDeployed(clients);
  const settings = await attempt('the stored fleet files', () =>
    readSettings(clients.ssm, commandNames().parameterPrefix),
  );
  const store = createStore(clients.dynamodb, commandNames().tableName);
  const { isDeployed } = account;
  const nodeRecords = isDeployed
    ? await attempt('the leases of the nodes', () => store.readNodes())
    : { unread: 'chainmend is not deployed: it has no table yet' };
  // The SDK keeps the offset between AWS's clock and this machine's, where it is more than five minutes.
  const nowMs = context.nowMs?.() ?? Date.now() + clients.ssm.config.systemClockOffset;
  const around: Surroundings = {
    ...{ clients, store, settings, isDeployed, nowMs, callerArn, nodeRecords, status },
    parameterPrefix: commandNames().parameterPrefix,
    ...{ accountId: account.account, region: account.region },
    ...{ replaceRole: deployed.role, kmsKeys: deployed.kmsKeys, readQuotas: quotaReader(clients) },
  };
  const facts: AccountRead['facts'] = {
    askedAs: callerArn,
    account,
    pausedEverywhere: mapped(settings, ({ values }) =>
      isDeployed ? judgePauseOfAll(commandNames().parameterPrefix, values) : null,
    ),
    suiteAlarms: await attempt('the alarms on chainmend itself', () => readSuiteAlarms(clients)),
    broken: 'unread' in settings ? new Map() : settings.value.broken,
  };
  return { facts, around, settings };
}

async function readDeployed({
  lambda,
}: DoctorClients): Promise<{ role: string | undefined; kmsKeys: readonly string[] }> {
  try {
    const { Role, Environment } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: commandNames().functions.replaceNode }),
    );
    const keys = Environment?.Variables?.['KMS_KEYS'] ?? NO_KEYS;
    return { role: Role, kmsKeys: keys === NO_KEYS ? [] : keys.split(',') };
  } catch (error) {
    if (error instanceof NoSuchFunction) return { role: undefined, kmsKeys: [] };
    throw error;
  }
}

/** "MaxRecords … 100" (DescribeAlarms): the suite has fewer alarms on itself. */
const ALARMS_A_PAGE = 100;

async function readSuiteAlarms({ cloudwatch }: DoctorClients): Promise<readonly SuiteAlarm[]> {
  const { MetricAlarms = [] } = await cloudwatch.send(
    new DescribeAlarmsCommand({
      AlarmNamePrefix: commandNames().suiteAlarmPrefix,
      StateValue: 'ALARM',
      MaxRecords: ALARMS_A_PAGE,
    }),
  );
  return MetricAlarms.map(({ AlarmName = '', StateReason = '' }) => ({ name: AlarmName, reason: StateReason }));
}
