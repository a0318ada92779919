// What the nodes of a fleet file that are not there yet begin with, as `npm run deploy:nodes` has them made, and `check --account` says it beforehand.
import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { sentenceOf } from '../../../shared/fleet/problems.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { type BeginsWith, beginsWith, type WrittenDeploy } from '../../../shared/fleet/schema-deploy.ts';
import { dataParameterOf } from '../../../shared/model/node-data.ts';
import { nameOf } from '../../../shared/model/suite.ts';
import { dataParameters, type NewNodes, readNewNodes } from '../../../shared/snapshots/new-node.ts';

export interface NewNodesClients {
  readonly ec2: EC2Client;
  readonly cloudformation: CloudFormationClient;
}

export interface NewNodesOfFleet {
  readonly lines: readonly string[];
  /** What a deployment would do wrong: each a sentence with field, value and what was expected. */
  readonly problems: readonly string[];
  /** What the stack is given. */
  readonly parameters: Readonly<Record<string, string>>;
}

const NOTHING: NewNodesOfFleet = { lines: [], problems: [], parameters: {} };

/** As infra/app.ts calls it. */
export function nodesStackOf(suite: string, fleet: string): string {
  const name = nameOf(suite);
  return `ChainmendNodes-${fleet}${name === undefined ? '' : `-${name}`}`;
}

/** @param stack of the fleet's nodes: what it was given once for a node stays, whatever has become of that */
export async function newNodesOf(
  { ec2, cloudformation }: NewNodesClients,
  { fleet, document }: { readonly fleet: Fleet; readonly document: Pick<FleetDocument, 'deploy'> },
  stack: string,
  nowMs: number,
): Promise<NewNodesOfFleet> {
  const { deploy } = document;
  if (!deploy) return NOTHING;
  const begins = beginsWith(deploy);
  const { snapshot } = begins;
  if (snapshot === null) return NOTHING;
  const given = await parametersOf(cloudformation, stack);
  const names = Object.keys(deploy.nodes ?? {}).filter((name) => !given.has(dataParameterOf(fleet.name, name)));
  if (deploy.kind !== 'ha' && names.length === 0) return NOTHING;
  const wish = { kind: deploy.kind, snapshot, sizeGiB: deploy.volume.sizeGiB };
  return toldOf(fleet.name, deploy, begins, await readNewNodes(ec2, fleet, wish, names, nowMs));
}

/** Pure part of `newNodesOf`. */
export function toldOf(fleet: string, deploy: WrittenDeploy, begins: BeginsWith, made: NewNodes): NewNodesOfFleet {
  const isGroup = deploy.kind === 'ha';
  if (!isGroup && made.names.length === 0) return NOTHING;
  if (made.begins.kind === 'refused') return { ...NOTHING, problems: [`${fleet}: ${sentenceOf(made.begins.problem)}`] };
  const who = isGroup ? `a new member of ${fleet}` : made.names.map((name) => `${fleet}/${name}`).join(', ');
  const verb = (word: string): string => (isGroup || made.names.length === 1 ? `${word}s` : word);
  const { sentence } = made.begins;
  if (made.begins.kind === 'snapshot')
    return {
      lines: [`${who} ${verb('begin')} with ${sentence}`],
      problems: [],
      parameters: dataParameters(fleet, made),
    };
  const how = begins.bundle
    ? `${verb('begin')} with the bundle ${begins.bundle.url}`
    : deploy.stateSync
      ? `${verb('begin')} with the state of a block (deploy.stateSync)`
      : `${verb('sync')} from nothing`;
  return { lines: [`${who} ${how}: ${sentence}`], problems: [], parameters: {} };
}

/** The keys that a stack has; none where there is no stack. */
async function parametersOf(cloudformation: CloudFormationClient, StackName: string): Promise<ReadonlySet<string>> {
  try {
    const { Stacks = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
    return new Set(
      Stacks.flatMap(({ Parameters = [] }) => Parameters.flatMap(({ ParameterKey }) => ParameterKey ?? [])),
    );
  } catch (error) {
    // "Stack with id … does not exist" (DescribeStacks)
    if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist'))
      return new Set();
    throw error;
  }
}
