// The public keys of the nodes of a private network: they stand in the tags of their secrets (docs/adr/0042), whose values nobody reads here.
import { DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { NETWORK_TAGS } from '../../../shared/model/network-tags.ts';

/** In base64, by node; of a fleet that is no such network none. @param secrets what the name of each begins with: "chainmend/networks/irita" */
export async function readPublicKeys(
  client: SecretsManagerClient,
  secrets: string,
  nodes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  for (const node of nodes) {
    const key = await keyOf(client, `${secrets}/${node}`);
    if (key !== undefined) keys.set(node, key);
    // A node has come to a network, or there is none.
    else if (keys.size === 0) break;
  }
  return keys;
}

async function keyOf(client: SecretsManagerClient, SecretId: string): Promise<string | undefined> {
  try {
    const { Tags = [] } = await client.send(new DescribeSecretCommand({ SecretId }));
    return Tags.find(({ Key }) => Key === NETWORK_TAGS.nodeKey)?.Value;
  } catch (error) {
    // Whoever may see some secrets alone is told of another one's absence that it may not be seen.
    if (error instanceof Error && ABSENT.has(error.name)) return undefined;
    throw error;
  }
}

const ABSENT: ReadonlySet<string> = new Set(['ResourceNotFoundException', 'AccessDeniedException']);
