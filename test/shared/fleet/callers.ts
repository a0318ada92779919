// Whose something is: what of AWS two fleets can claim, and who reads it and changes nothing.
import { EC2Client } from '@aws-sdk/client-ec2';
import { markFault } from '../../../functions/mark-root/handler.ts';
import { neighboursOf } from '../../../shared/fleet/membership.ts';
import { discoverByClaim } from '../../../shared/fleet/nodes.ts';
import { parseStored } from '../../../shared/fleet/parse.ts';
import { resolveFleet } from '../../../shared/fleet/resolve.ts';
import { bitcoinFile, deployedAs } from '../../fixtures/builders/fleet.ts';
import { type Told, toldAtDesk } from './desk.ts';

/** named: what a fleet's file names, such as a launch template or subnets. alarm, record: what is called by a fleet's name, or marked with it. */
export const CLAIMS = ['instance', 'volume', 'snapshot', 'resource', 'named', 'alarm', 'record'] as const;
export type Claim = (typeof CLAIMS)[number];

const BITCOIN = bitcoinFile();
const SIGNET = bitcoinFile({ fleet: 'signet', nodes: { tag: { Network: 'signet' } } });
const fleet = resolveFleet(parseStored(BITCOIN), 'chainmend', neighboursOf('bitcoin', deployedAs(BITCOIN, SIGNET)));
const Tags = [
  { Key: 'Component', Value: 'nodes/bitcoin' },
  { Key: 'Network', Value: 'signet' },
];
const INSTANCE = { InstanceId: 'i-0123456789abcdef0', State: { Name: 'stopped' as const }, Tags };
const SNAPSHOT = {
  ...{
    SnapshotId: 'snap-0123456789abcdef0',
    VolumeId: 'vol-0123456789abcdef0',
    VolumeSize: 1,
    OwnerId: '111122223333',
  },
  ...{ StartTime: new Date(0), State: 'completed' as const, Tags },
};

/** An account in which two fleets claim all there is. */
const ec2 = Object.assign(new EC2Client({ region: 'eu-west-1' }), {
  send: async ({ constructor: { name } }: object) =>
    name === 'DescribeSnapshotsCommand' ? { Snapshots: [SNAPSHOT] } : { Reservations: [{ Instances: [INSTANCE] }] },
}) as EC2Client;

const NO_MEMORY = { readWatch: async () => undefined };

interface Reader {
  readonly caller: string;
  readonly claim: Claim;
  /** By which of the suite's readers it knows of things, and by no other. */
  readonly reads: readonly string[];
  /** What it finds of what a neighbour claims, too. */
  readonly finds: () => Promise<readonly unknown[]>;
}

const nodesOf = (caller: keyof Told['nodes'], ...reads: readonly string[]): Reader => ({
  ...{ caller, claim: 'instance', reads },
  finds: async () => (await toldAtDesk()).nodes[caller],
});
const snapshotsOf = (caller: keyof Told['snapshots']): Reader => ({
  ...{ caller, claim: 'snapshot', reads: ['readSnapshots'] },
  finds: async () => (await toldAtDesk()).snapshots[caller],
});

/** They read by these, and change nothing: each is asked what it tells of a fleet whose things a neighbour claims, too. */
export const READERS: readonly Reader[] = [
  nodesOf('backtest', 'discoverNodes'),
  nodesOf('preflight', 'discoverNodes'),
  nodesOf('report', 'discoverNodes'),
  // It counts how many nodes match. `resume` ends the pause of what was put away, which only its put-away tags name.
  {
    caller: 'fleets',
    claim: 'instance',
    reads: ['discoverByClaim', 'targetToPutBack'],
    finds: async () => (await discoverByClaim(ec2, fleet, NO_MEMORY)).nodes,
  },
  // They judge what one reader has read: `readFleet`, of discoverNodes and readSnapshots.
  nodesOf('check-readiness', 'readFleet'),
  nodesOf('doctor', 'readFleet'),
  snapshotsOf('backtest'),
  snapshotsOf('report'),
  {
    caller: 'mark-root',
    claim: 'instance',
    reads: ['judgeMembership'],
    finds: async () => {
      const asked = { instanceId: INSTANCE.InstanceId, volumeId: SNAPSHOT.VolumeId };
      const root = {
        RootDeviceName: '/dev/xvda',
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeId: asked.volumeId } }],
      };
      return markFault(fleet, { ...INSTANCE, ...root }, asked) === null ? [asked] : [];
    },
  },
];
