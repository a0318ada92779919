// A small region with the judge in it, and hands that act in it: a healer of ours that may be a bad one, people, and time.

import { everySeconds } from '../../../local/nodes/rhythm.ts';
import { createRegion, type Region } from '../../../local/region.ts';
import { World } from '../../../local/scenarios/world/world.ts';
import { bitcoinChain, consortium, followers } from '../../../local/scenarios/world/worlds.ts';
import type { CallRecord } from '../../../local/simulator/trace.ts';
import { resolveFleet } from '../../../shared/fleet/resolve.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { type Operation, operationParameters } from '../../../shared/node-commands/parameters.ts';
import { Judge, type Judgement, type PersonAct, type PromiseName } from './index.ts';
import { type Score, ScoreKeeper } from './score/score.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
const EVENTS_MAX = 5_000_000;

const BITCOIN: FleetDocument = {
  fleet: 'bitcoin',
  chain: 'bitcoin',
  mode: 'act',
  nodes: { tag: { Component: 'nodes/bitcoin' } },
  role: 'follower',
  unit: 'node@*',
  volumes: { data: '/node-data' },
  dns: { zone: 'bitcoin.internal' },
};

const IRITA: FleetDocument = {
  fleet: 'irita',
  chain: 'cometbft',
  mode: 'act',
  nodes: { tag: { Project: 'irita' } },
  role: 'validator',
  docker: 'node',
  volumes: { data: '/data' },
  peers: { config: '/data/node/irita/config/config.toml' },
};

export interface CourtOptions {
  /** Changes to the followers' fleet file. */
  readonly file?: Partial<FleetDocument>;
  readonly validatorsFile?: Partial<FleetDocument>;
  readonly nodes?: number;
  readonly validators?: true;
  /** Another healer than chainmend is scored: whoever calls as `policy`. */
  readonly scored?: true;
  /** Before the judge begins to look. */
  readonly before?: (court: Court) => unknown;
}

export interface Court {
  readonly region: Region;
  readonly world: World;
  /** What a function of ours does, well or badly. */
  ours(operation: string, input: object, by?: string): Promise<Readonly<Record<string, unknown>>>;
  /** What the healer that is scored does by AWS's API. */
  policy(operation: string, input: object): Promise<Readonly<Record<string, unknown>>>;
  /** The healer that is scored restarts a client as a kubelet does. */
  kubelet(node: string): void;
  /** What it came to by now; nothing more is counted. */
  score(): Score;
  /** What a person does by AWS's API. */
  person(operation: string, input: object): Promise<Readonly<Record<string, unknown>>>;
  /** A person's act that is no call. */
  says(act: Omit<PersonAct, 'atMs'>): void;
  /** A command of ours on a node, and the minutes that it needs. */
  command(
    operation: Operation,
    node: string,
    parameters?: Readonly<Record<string, string>>,
    by?: string,
  ): Promise<void>;
  pass(ms: number): Promise<void>;
  /** An instance's id by its node's name. */
  id(node: string): string;
  /** A node's data volume. */
  data(node: string): string;
  /** The state of the client of a node. */
  client(node: string): string;
  faultsEnd(): void;
  end(): Judgement;
  /** The names of the promises that are broken by now. */
  broken(): readonly PromiseName[];
}

const SERVICES: Readonly<Record<string, string>> = {
  SetDesiredCapacity: 'autoscaling',
  TerminateInstanceInAutoScalingGroup: 'autoscaling',
  SendCommand: 'ssm',
  CreateDocument: 'ssm',
  PutParameter: 'ssm',
  DeleteParameter: 'ssm',
  ChangeResourceRecordSets: 'route53',
  ListHostedZonesByName: 'route53',
  CreateTable: 'dynamodb',
  ListTables: 'dynamodb',
  PutItem: 'dynamodb',
  CreateTopic: 'sns',
  Publish: 'sns',
};

export async function courtOf({
  file,
  validatorsFile,
  nodes = 4,
  validators,
  scored,
  before,
}: CourtOptions = {}): Promise<Court> {
  let judge: Judge | undefined;
  let keeper: ScoreKeeper | undefined;
  const onCall = (call: CallRecord): void => {
    judge?.onCall(call);
    keeper?.onCall(call);
  };
  const region = await createRegion({ seed: 1, lane: 'sweep', guard: false, onCall });
  const documents = [{ ...BITCOIN, ...file }, ...(validators ? [{ ...IRITA, ...validatorsFile }] : [])];
  const fleets = new Map(documents.map((document) => [document.fleet, resolveFleet(document)]));
  const world = new World(region, 'table', fleets);
  world.furnish();
  bitcoinChain(world, 1, { clock: everySeconds(30) });
  followers(world, nodes);
  if (validators) consortium(world);

  const settled = async <T>(work: Promise<T>): Promise<T> => {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    work.then(settle, settle);
    await region.clock.run({ until: () => isSettled, maxEvents: EVENTS_MAX });
    return work;
  };
  const call = (actor: string) => (operation: string, input: object) =>
    settled(region.call(SERVICES[operation] ?? 'ec2', operation, input, actor));
  const placed = (name: string) => world.nodes.find((node) => node.name === name) ?? never(name);

  // As they were at the beginning: what is unmounted later keeps its id.
  const volumes = new Map(world.nodes.map(({ name, volumeIds }) => [name, volumeIds.get('data')]));

  const court: Court = {
    region,
    world,
    ours: (operation, input, by = 'chainmend-replace-node/1') => call(by)(operation, input),
    policy: call('policy'),
    kubelet(node) {
      const { instanceId, machine } = placed(node);
      keeper?.touches({ instanceId, operation: 'restart-client', actor: 'policy', atMs: region.clock.now() });
      machine.restartClient();
    },
    score: () => keeper?.end() ?? never('score'),
    person: call('person'),
    says(act) {
      judge?.person({ atMs: region.clock.now(), ...act });
      keeper?.person({ atMs: region.clock.now(), ...act });
    },
    async command(operation, node, parameters = {}, by = 'chainmend-replace-node/1') {
      await document(court, operation);
      const common = {
        ...{ OperationId: `${Math.round(region.clock.now() / 1000)}.1`, RunLimitSeconds: '1590' },
        StartBy: String(Math.round(region.clock.now() / 1000) + 120),
      };
      const said = { ...common, Clients: clients(placed(node).fleet.name), Back: '0', ...parameters };
      const known: readonly string[] = operationParameters[operation];
      const Parameters = Object.fromEntries(
        Object.entries(said).flatMap(([name, value]) => (known.includes(name) ? [[name, [value]]] : [])),
      );
      const InstanceIds = [placed(node).instanceId];
      await court.ours('SendCommand', { DocumentName: nameOf(operation), InstanceIds, Parameters }, by);
      await court.pass(2 * MINUTE_MS);
    },
    async pass(ms) {
      const untilMs = region.clock.now() + ms;
      while (region.clock.now() < untilMs) {
        await region.clock.run({ untilMs: Math.min(untilMs, region.clock.now() + 10_000), maxEvents: EVENTS_MAX });
        judge?.look();
        keeper?.look();
      }
    },
    id: (node) => placed(node).instanceId,
    data: (node) => volumes.get(node) ?? never(node),
    client: (node) => placed(node).machine.client.state,
    faultsEnd: () => judge?.faultsEnd(region.clock.now()),
    end: () => judge?.end(region.clock.now()) ?? never('judge'),
    broken: () => [...new Set(court.end().broken.map(({ promise }) => promise))],
  };
  await before?.(court);
  const told = {
    fleets: new Map(documents.map((one) => [one.fleet, one])),
    nodes: world.nodes.map(({ fleet, name, instanceId, role }) => ({ fleet: fleet.name, name, instanceId, role })),
  };
  judge = new Judge(region, told);
  if (scored) keeper = new ScoreKeeper(region, { ...told, isOurs: (actor) => actor === 'policy' });
  return court;
}

const nameOf = (operation: Operation): string => `chainmend-${operation}-0a1b2c3d`;

/** The command's document, with the parameters that the simulated node reads, and a script that it does not. */
async function document({ region, ours }: Court, operation: Operation): Promise<void> {
  if (region.ssm.documents().includes(nameOf(operation))) return;
  const rule = { type: 'String', default: '', interpolationType: 'ENV_VAR' };
  const Content = JSON.stringify({
    schemaVersion: '2.2',
    parameters: Object.fromEntries(operationParameters[operation].map((name) => [name, rule])),
    mainSteps: [
      { action: 'aws:runShellScript', name: 'run', inputs: { runCommand: ['true'], timeoutSeconds: '3600' } },
    ],
  });
  await ours('CreateDocument', { Name: nameOf(operation), DocumentType: 'Command', DocumentFormat: 'JSON', Content });
}

const clients = (fleet: string): string =>
  Buffer.from(
    `${fleet === 'irita' ? 'docker node' : 'systemd node@*'} 600 ${Buffer.from('Shutdown: done').toString('base64')}\n`,
  ).toString('base64');

function never(what: string): never {
  throw new Error(`the court has no ${what}`);
}
