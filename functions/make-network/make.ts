// Makes what is missing of a network in Secrets Manager, and finds what is there. Each secret is made once: its name is given once, whoever asks at the same
// time, so of two identities of one node one is never kept.
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { ChainMaker } from './chain.ts';
import { clique } from './clique/chain.ts';
import { cometbft } from './cometbft/chain.ts';
import {
  fileFault,
  identityFault,
  identityIn,
  keysFault,
  makeIdentity,
  type NetworkNode,
  type PublicIdentity,
  randomBytesOf,
  recordIn,
  recordText,
} from './identity.ts';
import type { Network } from './request.ts';

/** A secret that was made may not be seen at once. */
const TRIES = 8;
const WAIT_MS = 2_000;

/** What a person has to decide: CloudFormation shows it. */
class NetworkFault extends Error {
  override readonly name = 'NetworkFault';
}

export interface Making {
  readonly client: Pick<SecretsManagerClient, 'send'>;
  readonly nowMs: number;
  readonly random: (bytes: number) => Uint8Array;
}

/** @returns what the stack may know. Throws a `NetworkFault` where what is there is not what the fleet file means. */
export async function makeNetwork(making: Making, network: Network): Promise<Readonly<Record<string, string>>> {
  const { client, nowMs } = making;
  const chain = network.Clique ? clique : cometbft;
  // Nothing is made for what is refused.
  const before = await readValue(client, network.Secrets).catch(absent);
  if (before !== undefined) refuse(fileFault(chain, recordIn(before), network));
  const identities: [node: NetworkNode, known: PublicIdentity][] = [];
  for (const node of network.Nodes) identities.push([node, await identityOf(making, chain, network, node)]);
  const makers = identities.flatMap(([{ Name: name }, { makerKey: publicKey }]) =>
    publicKey ? [{ name, publicKey }] : [],
  );
  const ids = Object.fromEntries(identities.map(([{ Name }, { nodeKey }]) => [Name, chain.peerIdOf(nodeKey)]));
  const wanted = chain.record(network, makers, nowMs);
  const record = recordIn(await firstValue(client, network, recordText({ ...wanted, ids })));
  refuse(fileFault(chain, record, network) ?? keysFault(chain, record, wanted));
  return {
    GenesisSha256: createHash('sha256').update(record.genesis).digest('hex'),
    ...chain.outputs(network, ids),
  };
}

async function identityOf(
  { client, random }: Making,
  chain: ChainMaker,
  { Secrets, Fleet }: Network,
  node: NetworkNode,
): Promise<PublicIdentity> {
  const Name = `${Secrets}/${node.Name}`;
  const made = makeIdentity(chain, node, random(randomBytesOf(chain)));
  const isNew = await createOnce(client, Name, made.secret, {
    ...made.tags,
    'chainmend:fleet': Fleet,
  });
  const known = isNew ? made.known : identityIn(chain, await tagsOf(client, Name));
  if (!known) throw new NetworkFault(`the secret ${Name} is there, and its tags do not say whose keys it has`);
  const fault = identityFault(chain, node, known);
  refuse(fault && `${fault}. Its secret is ${Name}`);
  return known;
}

/** @returns whether it was made now */
async function createOnce(
  client: Making['client'],
  Name: string,
  SecretString: string,
  tags: Readonly<Record<string, string>>,
): Promise<boolean> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  try {
    await client.send(new CreateSecretCommand({ Name, SecretString, Tags }));
    return true;
  } catch (error) {
    if (nameOfError(error) !== 'ResourceExistsException') throw error;
    return false;
  }
}

async function tagsOf(client: Making['client'], Name: string): Promise<Readonly<Record<string, string>>> {
  const { Tags = [], DeletedDate } = await seen(() => client.send(new DescribeSecretCommand({ SecretId: Name })));
  if (DeletedDate)
    throw new NetworkFault(
      `the secret ${Name} is about to be deleted: aws secretsmanager restore-secret --secret-id ${Name}`,
    );
  return Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** What all nodes know, as it was made first. */
async function firstValue(client: Making['client'], { Secrets: Name, Fleet }: Network, text: string) {
  if (await createOnce(client, Name, text, { 'chainmend:fleet': Fleet })) return text;
  return seen(() => readValue(client, Name));
}

async function readValue(client: Making['client'], SecretId: string): Promise<string> {
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }));
  return SecretString;
}

function absent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}

function refuse(fault: string | undefined): void {
  if (fault !== undefined) throw new NetworkFault(fault);
}

/** Of something that is there. */
async function seen<Value>(look: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries++) {
    try {
      return await look();
    } catch (error) {
      if (tries === TRIES || !isAbsent(error)) throw error;
      await setTimeout(WAIT_MS);
    }
  }
}

/**
 * A secret that does not exist has no ARN that a policy could name: whoever may read some secrets and not all is told that it may not read this one
 * ("… is not authorized to perform: secretsmanager:GetSecretValue on resource: NAME").
 */
const isAbsent = (error: unknown): boolean =>
  ['ResourceNotFoundException', 'AccessDeniedException'].includes(nameOfError(error) ?? '');

/** Not by instanceof: where a function runs in its own context, errors of Node come from another one. */
const nameOfError = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : undefined;
