// A stack of the real constructs over two small fleets and placeholder code: these tests are about the template.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { addChecks } from '../../infra/checks.ts';
import type { CommandDocuments } from '../../infra/constructs/documents.ts';
import type { FleetFile } from '../../infra/fleets.ts';
import { ChainmendStack } from '../../infra/stack.ts';
import { resolveFleet } from '../../shared/fleet/resolve.ts';
import { parseFleetDocument } from '../../shared/fleet/whole.ts';
import type { Operation } from '../../shared/node-commands/parameters.ts';

export function fleetFile(source: object): FleetFile {
  const document = parseFleetDocument(source);
  return { path: `${document.fleet}.yaml`, document, fleet: resolveFleet(document) };
}

export const bitcoin = fleetFile({
  fleet: 'bitcoin',
  chain: 'bitcoin',
  mode: 'plan',
  role: 'follower',
  nodes: { tag: { Component: 'nodes/bitcoin' } },
  unit: 'node@*',
  alarms: { namePatterns: ['bitcoin-**-disk-filling', 'bitcoin-root-disk'] },
  dns: { zone: 'bitcoin.internal' },
});

export const litecoin = fleetFile({
  fleet: 'litecoin',
  chain: 'bitcoin',
  mode: 'act',
  role: 'follower',
  nodes: { tag: { Component: 'nodes/litecoin', Stage: 'production' } },
  unit: 'node@*',
  replace: { source: 'sibling', autoScaling: 'standby' },
  pages: { readiness: true },
});

/** A fleet whose groups launch with the newest good snapshot. */
export const seeding = fleetFile({
  fleet: 'dogecoin',
  chain: 'dogecoin',
  mode: 'act',
  role: 'follower',
  nodes: { tag: { Component: 'nodes/dogecoin' } },
  unit: 'node@*',
  asg: { seed: 'newest-good', identityFree: true },
});

/** A fleet whose owner is told of releases. */
export const watchingReleases = fleetFile({
  fleet: 'zcash',
  chain: 'zcash',
  mode: 'act',
  role: 'follower',
  nodes: { tag: { Component: 'nodes/zcash' } },
  unit: 'node@*',
  releases: { feed: 'https://github.com/ZcashFoundation/zebra/releases.atom' },
});

/** A fleet whose owner wants it proved that a node comes back from its snapshots. */
export const drilling = fleetFile({
  fleet: 'dash',
  chain: 'dash',
  mode: 'act',
  role: 'follower',
  nodes: { tag: { Component: 'nodes/dash' } },
  unit: 'node@*',
  drills: { securityGroup: 'sg-0d0000000000000d1' },
});

const content = { schemaVersion: '2.2', description: 'a test', parameters: {}, mainSteps: [] } as const;
const document = <O extends Operation>(operation: O, hash: string) => ({
  operation,
  name: `chainmend-${operation}-${hash.repeat(8)}`,
  content,
});
const documents = {
  observeNode: document('observe-node', '0'),
  growFilesystem: document('grow-filesystem', '1'),
  readConfig: document('read-config', '2'),
  writeConfig: document('write-config', '3'),
  askPeers: document('ask-peers', '5'),
  changePeers: document('change-peers', '4'),
  askNode: document('ask-node', '6'),
  seeClients: document('see-clients', 'd'),
  inspectNode: document('inspect-node', '7'),
  restartClient: document('restart-client', '8'),
  checkVolume: document('check-volume', '9'),
  fillVolume: document('fill-volume', 'e'),
  swapVolumes: document('swap-volumes', 'a'),
  stopClient: document('stop-client', 'b'),
  startClient: document('start-client', 'c'),
} satisfies CommandDocuments;

/** @param checked whether the rule packs check its synthesis as the app's; CDK's own validation of the template is a test of the app */
export function buildStack({
  suite,
  fleets = [bitcoin, litecoin],
  email,
  webhook,
  runbooks,
  nodeRoles = [],
  commands = documents,
  kmsKeys,
  dashboards,
  checked = false,
  context = {},
}: {
  /** How its names begin; `chainmend` unless given. */
  suite?: string;
  fleets?: FleetFile[];
  email?: string;
  webhook?: string;
  runbooks?: string;
  /** None unless given; null: the context names none. */
  nodeRoles?: readonly string[] | null;
  /** The documents on the nodes; placeholders unless given. */
  commands?: CommandDocuments;
  kmsKeys?: string[];
  dashboards?: boolean;
  checked?: boolean;
  context?: Readonly<Record<string, string>>;
} = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'chainmend-'));
  for (const name of [
    'dispatch-heal',
    'resize-volume',
    'register-nodes',
    'watch-fleet',
    'probe-nodes',
    'rotate-peers',
    'replace-node',
    'snapshot-node',
    'plan-snapshots',
    'mark-root',
    'prune-retired',
    'seed-groups',
    'check-readiness',
    'watch-releases',
    'audit-snapshots',
    'relay-pages',
  ]) {
    mkdirSync(join(directory, 'functions', name), { recursive: true });
    writeFileSync(join(directory, 'functions', name, 'index.js'), `exports.handler = '${name}';\n`);
  }
  const app = new App({
    analyticsReporting: false,
    context: { ...recommendedFlags, ...context },
    outdir: join(directory, 'assembly'),
    stackTraces: false,
    builtinCloudFormationValidation: false,
  });
  const bundles = join(directory, 'functions');
  const stack = new ChainmendStack(app, 'Chainmend', {
    ...(suite !== undefined && { suite }),
    fleets,
    documents: commands,
    bundles,
    ...(email !== undefined && { email }),
    ...(webhook !== undefined && { webhook }),
    ...(runbooks !== undefined && { runbooks }),
    ...(nodeRoles !== null && { nodeRoles }),
    ...(kmsKeys !== undefined && { kmsKeys }),
    ...(dashboards !== undefined && { dashboards }),
  });
  if (checked) addChecks(app);
  return { app, stack };
}

export interface Resource {
  readonly id: string;
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is read by path, and a wrong path fails its test
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: string | readonly string[];
}

export function resourcesOf(stack: ChainmendStack): (type: string) => Resource[] {
  const template = Template.fromStack(stack);
  return (type) =>
    Object.entries(template.findResources(type)).map(([id, resource]) => ({
      id,
      ...(resource as Omit<Resource, 'id'>),
    }));
}

export interface Statement {
  readonly sid: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: string[];
  readonly resources: string[];
  readonly conditions: Record<string, Record<string, unknown>>;
}

/** All that a role may do: by its own policy, and by the stack's managed ones. */
export function statementsIn(resources: (type: string) => Resource[], role: Resource): Statement[] {
  const managed = resources('AWS::IAM::ManagedPolicy').filter(({ Properties }) =>
    Properties.Roles.map(text).includes(`<${role.id}>`),
  );
  return [...role.Properties.Policies, ...managed.map(({ Properties }) => Properties)].flatMap(({ PolicyDocument }) =>
    PolicyDocument.Statement.map(({ Sid, Effect, Action, Resource, Condition }: Resource['Properties']) => ({
      sid: Sid,
      effect: Effect,
      actions: listOf(Action),
      resources: listOf(Resource).map(text),
      conditions: Condition ?? {},
    })),
  );
}

/** An intrinsic as a readable text: `<ResizeVolumeFunction3195D288.Arn>`, `arn:<AWS::Partition>:…`. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const {
    Ref,
    'Fn::GetAtt': getAtt,
    'Fn::Join': join,
    'Fn::Sub': sub,
  } = value as { Ref?: string; 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, unknown[]]; 'Fn::Sub'?: string };
  if (Ref !== undefined) return `<${Ref}>`;
  if (getAtt !== undefined) return `<${getAtt.join('.')}>`;
  if (sub !== undefined) return sub.replace(/\$\{([^}]+)\}/g, '<$1>');
  if (join !== undefined) return join[1].map(text).join(join[0]);
  throw new Error(`expected an intrinsic, found ${JSON.stringify(value)}`);
}

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
