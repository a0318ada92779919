// The clients of who works with snapshots: the usual ones, and Data Lifecycle Manager's.
import { DLMClient } from '@aws-sdk/client-dlm';
import { awsClients, type Clients, type Configure, lazily, settingsWith } from './clients.ts';

export interface SnapshotClients extends Clients {
  readonly dlm: DLMClient;
}

/** @param configure further settings, for a region that is not AWS's */
export function snapshotClients(configure: Configure = () => ({})): SnapshotClients {
  const dlm = lazily({ dlm: () => new DLMClient(settingsWith(configure)('dlm')) });
  return Object.defineProperties(awsClients(configure), Object.getOwnPropertyDescriptors(dlm)) as SnapshotClients;
}
