// Two stacks, each deployed into its own region: the five fleets of examples/fleets, and fleets that ask for everything that a fleet may.
import { ensureSynthesized } from '../../../infra/synth.ts';
import { createRegion, type Region } from '../../../local/region.ts';
import { deployInto, settled } from '../../../local/scenarios/world/deployment.ts';
import { readAssembly } from '../../../local/simulator/cloudformation/deploy.ts';
import { commandDocuments } from '../../../shared/node-commands/index.ts';
import { exampleFleets } from '../../fixtures/example-fleets.ts';
import { buildStack, fleetFile } from '../support.ts';
import type { Place } from './attacks.ts';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001';
const COPY_KEY = 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000002';
const NODE_ROLE = 'arn:aws:iam::111122223333:role/nodes';

/** Features that the five fleets of the repository do not use. */
const everything = [
  fleetFile({
    fleet: 'full',
    chain: 'bitcoin',
    mode: 'act',
    role: 'follower',
    nodes: { tag: { Component: 'nodes/full' } },
    unit: 'node@*',
    volumes: { data: { path: '/node-data', tag: { Component: 'nodes/full' } } },
    identity: ['/keys'],
    dns: { zone: 'full.internal' },
    rpc: { credentials: 'secret:rpc/full' },
    probe: { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'] },
    snapshots: {
      everyHours: 24,
      clean: {},
      shareWith: { accounts: ['999988887777'], kmsKeyArn: KEY, identityFree: true },
      copyTo: { region: 'eu-central-1', kmsKeyArn: COPY_KEY },
    },
    replace: {
      source: 'sibling',
      autoScaling: 'standby',
      lifecyclePolicies: ['policy-0123456789abcdef0'],
    },
  }),
  fleetFile({
    fleet: 'two-tags',
    chain: 'bitcoin',
    mode: 'act',
    role: 'follower',
    nodes: { tag: { Component: 'nodes/two', Stage: 'production' } },
    unit: 'node@*',
    rpc: { credentials: 'ssm:/rpc/two' },
    probe: { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'] },
    replace: { rungs: ['restart', 'stop-start', 'swap'] },
  }),
  fleetFile({
    fleet: 'boosted',
    chain: 'bitcoin',
    mode: 'act',
    role: 'follower',
    nodes: { tag: { Component: 'nodes/boosted' } },
    unit: 'bitcoind',
    volumes: { data: '/node-data' },
    deploy: {
      ...{ kind: 'single', nodes: { node1: 'eu-west-1a' }, vpc: 'vpc-0123456789abcdef0' },
      subnets: { 'eu-west-1a': 'subnet-0123456789abcdef0' },
      ...{ instanceType: 'm6i.large', boost: { instanceType: 'm6i.8xlarge' }, volume: { sizeGiB: 500 } },
    },
  }),
  fleetFile({
    fleet: 'drilled',
    chain: 'bitcoin',
    mode: 'act',
    role: 'follower',
    nodes: { tag: { Component: 'nodes/drilled' } },
    unit: 'node@*',
    pages: { readiness: true },
    drills: { securityGroup: 'sg-0d0000000000000d1' },
  }),
  fleetFile({
    fleet: 'elsewhere',
    chain: 'bitcoin',
    mode: 'act',
    role: 'follower',
    nodes: { tag: { Component: 'nodes/elsewhere' } },
    unit: 'node@*',
    health: { references: ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'] },
    snapshots: {
      copiesFrom: { region: 'eu-west-1', account: { id: '444455556666', policy: 'policy-0123456789abcdef0' } },
    },
    replace: { launchTemplate: 'lt-0123456789abcdef0' },
    drills: { securityGroup: 'sg-0d0000000000000d1', subnet: 'subnet-0123456789abcdef0' },
  }),
];

export interface Deployed extends Place {
  readonly template: unknown;
}

export const theFive = async (): Promise<Deployed> =>
  deployed(await ensureSynthesized({ fleets: exampleFleets }), {
    fleet: 'bitcoin',
    tags: { Component: 'nodes/bitcoin' },
  });

export const withEverything = async (): Promise<Deployed> => {
  const { app } = buildStack({ fleets: everything, nodeRoles: [NODE_ROLE], commands: commandDocuments() });
  return deployed(app.synth().directory, { fleet: 'full', tags: { Component: 'nodes/full' } });
};

async function deployed(directory: string, of: Omit<Place, 'region'>): Promise<Deployed> {
  const assembly = readAssembly(directory);
  const region = await createRegion({ seed: 1, lane: 'sweep', guard: false });
  await deployInto(region, assembly);
  return { ...of, region, template: assembly.template };
}

/** The answer to a request, however long it takes. */
export const answered = <T>(region: Region, work: () => Promise<T>): Promise<T> => settled(region, work);
