// Asks register-nodes to look at a fleet at once: it reads from a node's record whether the node belongs into the pool.
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { HealContext } from './context.ts';

/** If the call is lost, the schedule of register-nodes does it within minutes. */
export async function askRegister({
  clients,
  payload,
  environment,
}: Pick<HealContext, 'payload'> & {
  readonly clients: Pick<HealContext['clients'], 'lambda'>;
  readonly environment: { readonly REGISTER_NODES_FUNCTION: string };
}): Promise<void> {
  await clients.lambda.send(
    new InvokeCommand({
      FunctionName: environment.REGISTER_NODES_FUNCTION,
      InvocationType: 'Event',
      Payload: JSON.stringify({ kind: 'reconcile', fleet: payload.fleet }),
    }),
  );
}
