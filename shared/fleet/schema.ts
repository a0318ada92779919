// The schema of the fleet file: what a person may write, what each key means and its default. Functions read the same schema at every invocation, and
// refuse a file that does not fit it; of `deploy` they read little, and schema-whole.ts has the rest. Texts are limited to characters without a meaning in
// a shell, in an ARN or as a wildcard of an EC2 filter.
import type * as v from 'valibot';
import { chainNames } from '../chains/defaults.ts';
import { client } from './schema-client.ts';
import type { WrittenDeploy } from './schema-deploy.ts';
import { deployRead } from './schema-deploy-read.ts';
import { drills } from './schema-drills.ts';
import { about, choice, derived, fleetName, list, object, optional, path, port, usually } from './schema-fields.ts';
import { asg, ask, breaker, disk, owner, pages, replace, snapshots } from './schema-heal.ts';
import { dataMode, ending, nodes, role, runtime, type unit, units, volumes } from './schema-nodes.ts';
import { alarms, dns, health, metrics, peers, probe, releases, rpc } from './schema-watch.ts';

/** As functions read it: in the schema's order, without defaults. */
export type StoredDocument = v.InferInput<typeof storedDocumentSchema>;
/** As a person writes it, and as it is stored. */
export type FleetDocument = Omit<StoredDocument, 'deploy'> & { deploy?: WrittenDeploy };
export type UnitDocument = v.InferInput<typeof unit>;

export const FLEET_EXAMPLE = '{ fleet: bitcoin, chain: bitcoin, mode: plan, nodes: … }';

export const storedDocumentSchema = object(FLEET_EXAMPLE, {
  fleet: about('The name of fleet and file: NAME.yaml.', fleetName),
  chain: about('What the nodes run.', choice(chainNames, 'a chain')),
  mode: about(
    '`plan` touches nothing, `ask` waits for approval, `act` heals.',
    choice(['plan', 'ask', 'act'], 'a mode'),
  ),
  nodes: about('Which instances are nodes.', nodes),
  role: usually('Validators and unknown roles are never replaced.', role, 'unknown'),
  ...runtime,
  ...ending,
  dataMode: optional('`pruned` or `archive`. Snapshots of another kind are not used.', dataMode),
  units: optional(
    'Several clients: `{ execution: { unit: geth }, beacon: { docker: lighthouse } }`. A `beacon` or `consensus` at fault is restarted alone.',
    units,
  ),
  client: optional('What `chainmend upgrade` may install.', client),
  volumes: derived(
    'By role: `{ data: /node-data, ancient: { path: /ancient, tag: { Part: ancient } } }`.',
    '`data`, at a path from the chain',
    volumes,
  ),
  identity: derived('Paths of keys, signing state and accounts.', 'from the chain', list(path, 32)),
  disk: usually('How volumes grow.', disk, {}),
  owner: usually("What the nodes' owner allows.", owner, {}),
  breaker: usually('Limits for many sick nodes.', breaker, {}),
  ask: usually('How mode `ask` asks.', ask, {}),
  pages: usually('Which messages are sent.', pages, {}),
  rpc: usually('How the client is asked.', rpc, {}),
  probe: derived('Who asks the nodes.', '`ssm`; `none` for `other` without paths', probe),
  health: usually('Limits for synced, behind, stuck, forked and halted.', health, {}),
  p2pPort: derived('In SRV records and peer lists.', 'from the chain', port(8333)),
  peers: usually('How peer lists are kept.', peers, {}),
  dns: optional('Where node names are kept.', dns),
  metrics: usually('`otlp` needs `probe: ssm`, and no CloudWatch agent.', metrics, 'classic'),
  releases: optional('Where new versions are looked for.', releases),
  alarms: usually("The fleet's alarms, and yours.", alarms, {}),
  snapshots: optional(
    "`{}`: a Data Lifecycle Manager policy, with exactly one tag in `nodes.tag` or in each volume's `tag`.",
    snapshots,
  ),
  replace: usually('How far a stuck node is healed.', replace, {}),
  drills: optional('Try the newest snapshot on a throw-away instance.', drills),
  asg: optional('For nodes in Auto Scaling groups.', asg),
  deploy: optional('What functions read of it.', deployRead),
});
