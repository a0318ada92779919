// The stack of a fleet's nodes, and what `npm run deploy:nodes` gives it: what the nodes that are not there yet begin with.
import {
  DescribeInstancesCommand,
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { sentenceOf } from '../../../shared/fleet/problems.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { beginsWith } from '../../../shared/fleet/schema-deploy.ts';
import { dataParameters, readNewNodes } from '../../../shared/snapshots/new-node.ts';
import type { Region } from '../../region.ts';
import type { Assembly } from '../../simulator/cloudformation/assembly.ts';

export interface NodeStack {
  readonly assembly: Assembly;
  readonly document: FleetDocument;
}

/** @throws Error where a new node could not begin as its file says, as the deployment would */
export async function dataOfNewNodes(
  region: Region,
  fleet: Fleet,
  { deploy }: FleetDocument,
): Promise<Readonly<Record<string, string>>> {
  const { snapshot } = deploy ? beginsWith(deploy) : { snapshot: null };
  if (!deploy || snapshot === null || deploy.kind === 'ha') return {};
  const wish = { kind: deploy.kind, snapshot, sizeGiB: deploy.volume.sizeGiB };
  const names = Object.keys(deploy.nodes ?? {});
  const made = await readNewNodes(personsClient(region), fleet, wish, names, region.clock.now());
  if (made.begins.kind === 'refused') throw new Error(`${fleet.name}: ${sentenceOf(made.begins.problem)}`);
  return dataParameters(fleet.name, made);
}

const READS = [
  [DescribeInstancesCommand, 'DescribeInstances'],
  [DescribeVolumesCommand, 'DescribeVolumes'],
  [DescribeSnapshotsCommand, 'DescribeSnapshots'],
  [DescribeLockedSnapshotsCommand, 'DescribeLockedSnapshots'],
] as const;

/** The SDK's own client would wait by the clock of this machine where the region throttles it. */
function personsClient({ call, kernel }: Region): EC2Client {
  const client = new EC2Client({ region: kernel.regionName });
  const send = (command: object & { readonly input?: object }): Promise<unknown> => {
    const [, operation] = READS.find(([type]) => command instanceof type) ?? [];
    if (operation === undefined) throw new Error('expected one of the reads that what a new node begins with takes');
    return call('ec2', operation, command.input ?? {});
  };
  return Object.assign(client, { send });
}
