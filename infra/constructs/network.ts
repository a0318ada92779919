// A private chain of a fleet's own nodes: the function that makes their keys and the genesis once, as a custom resource that the instances wait for, and what
// each node's role may read of it: its own keys, and what all read (docs/adr/0042).
import { CfnCustomResource, CfnOutput, Stack } from 'aws-cdk-lib';
import { type CfnSecurityGroup, CfnSecurityGroupIngress, type CfnVolume } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { hostOf } from '../../shared/fleet/resource-names.ts';
import {
  cliqueOf,
  dialledBy,
  homeOf,
  introducersOf,
  makersOf,
  type NetworkRole,
  networkChainOf,
  networkRoleOf,
} from '../../shared/fleet/schema-network.ts';
import type { CompleteDocument } from '../../shared/fleet/whole.ts';
import { fleetTag } from '../../shared/model/suite.ts';
import type { NetworkBoot } from '../../shared/node-commands/first-boot.ts';
import { InputError } from '../input-error.ts';
import type { Grant } from './grants.ts';
import type { Deploy } from './node-launch.ts';
import { SynchronousFunction } from './suite-function.ts';
import { arn } from './suite-names.ts';

type Chosen = NonNullable<Deploy['network']>;

/** What all nodes read; with /NODE behind it what one of them reads alone. */
const secretName = (suite: string, fleet: string): string => `${suite}/networks/${fleet}`;

/** "FunctionName … 64 characters" (CreateFunction, Lambda API). */
const FUNCTION_NAME_MAX = 64;
const TIMEOUT_SECONDS = 120;

export interface NetworkProps {
  readonly suite: string;
  readonly complete: CompleteDocument;
  readonly network: Chosen;
  readonly bundles: string;
  /** Of each node. */
  readonly volumes: ReadonlyMap<string, CfnVolume>;
}

/** What no instance is launched before. */
export function addNetwork(
  scope: Construct,
  { suite, complete, network, bundles, volumes }: NetworkProps,
): CfnCustomResource {
  const { fleet } = complete;
  const functionName = `${suite}-make-network-${fleet}`;
  if (functionName.length > FUNCTION_NAME_MAX)
    throw new InputError(
      `fleet is ${JSON.stringify(fleet)}, expected at most ${fleet.length + FUNCTION_NAME_MAX - functionName.length} characters: the function that makes its network is ${functionName}, Lambda allows ${FUNCTION_NAME_MAX}`,
    );
  const { function: maker } = new SynchronousFunction(scope, 'MakeNetwork', {
    ...{ functionName, bundles, bundle: 'make-network', environment: {}, timeoutSeconds: TIMEOUT_SECONDS },
    description: `Makes the keys of the nodes of ${fleet} and their genesis, once.`,
    grants: makerGrants(scope, suite, fleet),
  });
  const made = new CfnCustomResource(scope, 'Network', {
    serviceToken: maker.functionArn,
    // Without it CloudFormation waits for an hour where no answer comes.
    serviceTimeout: 4 * TIMEOUT_SECONDS,
  });
  made.addPropertyOverride('Network', {
    ...{ Secrets: secretName(suite, fleet), Fleet: fleetTag(suite, fleet), ChainId: network.chainId },
    Nodes: [...volumes].map(([Name, { ref }]) => ({ Name, Volume: ref, Role: networkRoleOf(network, Name) })),
    ...(networkChainOf(complete.chain) === 'clique' && { Clique: cliqueProperties(complete, network) }),
  });
  tellNetwork(scope, complete, network, made, [...volumes.keys()]);
  return made;
}

/** CloudFormation would make a text of every number. */
function cliqueProperties({ dns, p2pPort }: CompleteDocument, network: Chosen): object {
  const { periodSeconds, epochBlocks, alloc } = cliqueOf(network);
  return {
    ...{ PeriodSeconds: String(periodSeconds), EpochBlocks: String(epochBlocks) },
    ...(alloc && { Alloc: Object.entries(alloc).map(([Address, Wei]) => ({ Address, Wei })) }),
    ...{ Introducers: introducersOf(network), Zone: dns?.zone ?? '', Port: String(p2pPort) },
  };
}

function makerGrants(scope: Construct, suite: string, fleet: string): Grant[] {
  const record = secretOf(scope, suite, fleet);
  const keys = arn(scope, 'secretsmanager', `secret:${secretName(suite, fleet)}/*`);
  return [
    {
      sid: 'MakeSecrets',
      actions: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
      resources: [record, keys],
      conditions: { StringEquals: { 'aws:RequestTag/chainmend:fleet': fleetTag(suite, fleet) } },
      wildcard: 'Secrets Manager puts six characters of its own behind each name.',
    },
    {
      sid: 'SeeWhoseKeys',
      actions: ['secretsmanager:DescribeSecret'],
      resources: [keys],
      wildcard: 'The secrets of the nodes of this one fleet: their tags, and never what they hold.',
    },
    {
      sid: 'ReadGenesis',
      actions: ['secretsmanager:GetSecretValue'],
      resources: [record],
      wildcard: 'Secrets Manager puts six characters of its own behind each name.',
    },
  ];
}

const secretOf = (scope: Construct, suite: string, fleet: string, node?: string): string =>
  arn(scope, 'secretsmanager', `secret:${secretName(suite, fleet)}${node === undefined ? '' : `/${node}`}-??????`);

/** What the role of one node may read. */
export const networkGrants = (scope: Construct, suite: string, fleet: string, node: string): Grant[] => [
  {
    sid: 'ReadItsOwnKeys',
    actions: ['secretsmanager:GetSecretValue'],
    resources: [secretOf(scope, suite, fleet, node), secretOf(scope, suite, fleet)],
    wildcard: 'Secrets Manager puts six characters of its own behind each name.',
  },
];

/** What its first boot is told. */
export function networkBoot(
  scope: Construct,
  suite: string,
  { fleet, chain, dns, peers, p2pPort = 0 }: CompleteDocument,
  network: Chosen,
  node: string,
): NetworkBoot {
  const role = networkRoleOf(network, node);
  return {
    ...{ region: Stack.of(scope).region, chain: networkChainOf(chain), node, role },
    ...{ secret: `${secretName(suite, fleet)}/${node}`, record: secretName(suite, fleet) },
    // The check of the file has found these.
    ...{
      home: homeOf(chain, peers?.config) ?? '',
      configPath: peers?.config ?? '',
      zone: dns?.zone ?? '',
      port: p2pPort,
    },
    ...{ peers: dialledBy(network, node), begins: introducersOf(network) },
    hides: role === 'sentry' ? makersOf(network) : [],
  };
}

/** Its nodes dial each other, and nobody else dials them; a geth finds others by UDP. */
export function openToItself(
  scope: Construct,
  group: CfnSecurityGroup,
  { chain, p2pPort = 0 }: CompleteDocument,
): void {
  for (const [id, ipProtocol] of [
    ['Peers', 'tcp'] as const,
    ...(chain === 'ethereum' ? [['Discovery', 'udp'] as const] : []),
  ])
    new CfnSecurityGroupIngress(scope, id, {
      ...{ groupId: group.attrGroupId, sourceSecurityGroupId: group.attrGroupId },
      ...{ ipProtocol, fromPort: p2pPort, toPort: p2pPort, description: 'P2P among the nodes' },
    });
}

const OUTPUTS: Readonly<Record<NetworkRole, string>> = {
  validator: 'ValidatorEndpoints',
  sentry: 'SentryEndpoints',
  bootnode: 'BootnodeEndpoints',
  follower: 'FollowerEndpoints',
};

function tellNetwork(
  scope: Construct,
  { chain, dns, rpc }: CompleteDocument,
  network: Chosen,
  made: CfnCustomResource,
  names: readonly string[],
): void {
  for (const role of ['validator', 'sentry', 'bootnode', 'follower'] as const) {
    const own = names.filter((name) => networkRoleOf(network, name) === role);
    if (own.length > 0 && dns && rpc)
      new CfnOutput(scope, OUTPUTS[role], {
        description: `The RPC of each ${role}.`,
        value: own.map((name) => `${hostOf(dns, name)}:${rpc.port}`).join(','),
      });
  }
  if (networkChainOf(chain) === 'clique')
    new CfnOutput(scope, 'Enodes', {
      description: 'Whom another member of the network begins with.',
      value: made.getAtt('Enodes').toString(),
    });
  new CfnOutput(scope, 'ChainId', { description: 'The chain.', value: network.chainId });
  new CfnOutput(scope, 'GenesisSha256', {
    description: 'SHA-256 of its genesis.json.',
    value: made.getAtt('GenesisSha256').toString(),
  });
}
