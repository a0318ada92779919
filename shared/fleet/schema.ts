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
  fleet: about("The fleet's name; its file is called NAME.yaml.", fleetName),
  chain: about(
    'What the nodes run; it gives the defaults. `other`: a client that chainmend does not know, whose disks it grows.',
    choice(chainNames, 'a chain'),
  ),
  mode: about(
    "`plan`: writes plans and touches nothing. `ask`: waits for a person's approval. `act`: heals.",
    choice(['plan', 'ask', 'act'], 'a mode'),
  ),
  nodes: about('Which instances are nodes of this fleet.', nodes),
  role: usually(
    'What the nodes do, or the tag of each node that tells it. Validators and nodes of unknown role are never replaced.',
    role,
    'unknown',
  ),
  ...runtime,
  ...ending,
  dataMode: optional(
    'How the clients keep their data, in a word: `pruned`, `archive`. A snapshot of another kind is never used.',
    dataMode,
  ),
  units: optional(
    'Instead of `unit`, where each node runs several clients: `{ execution: { unit: geth }, beacon: { docker: lighthouse } }`. A unit named `beacon` or `consensus` is the consensus client: it alone is restarted where it is at fault.',
    units,
  ),
  client: optional(
    'Versions of the client that `chainmend upgrade` may have a node run. Without it no node is upgraded.',
    client,
  ),
  volumes: derived(
    'The volumes of each node by their role: `{ data: /node-data, ancient: { path: /ancient, tag: { Part: ancient } } }`.',
    '`data`, at a path from the chain',
    volumes,
  ),
  identity: derived(
    'Paths that make a node itself: node key, validator keys, signing state, accounts.',
    'from the chain',
    list(path, 32),
  ),
  disk: usually('When and how far volumes are grown.', disk, {}),
  owner: usually('What the owner of the nodes agrees to.', owner, {}),
  breaker: usually(
    'With more nodes in trouble than this, restarts are paced; swaps and replacements are refused, and a person is paged.',
    breaker,
    {},
  ),
  ask: usually('How mode `ask` asks.', ask, {}),
  pages: usually('What people are told, and how often.', pages, {}),
  rpc: usually("How a node's client is asked.", rpc, {}),
  probe: derived(
    'Who asks the nodes: a command on each (`ssm`), a function in their VPC, a metric, a command that only looks whether the client runs (`unit`), or nobody (`none`).',
    '`ssm`; `none` for `other` without paths',
    probe,
  ),
  health: usually('When a node is synced, behind, stuck or forked, and when the chain stands still.', health, {}),
  p2pPort: derived("The port in the SRV record and in peers' lists.", 'from the chain', port(8333)),
  peers: usually('How the lists of peers are kept; `none`: they are left alone.', peers, {}),
  dns: optional("Where the nodes' names are kept. In lists of peers a node may be named so, too.", dns),
  metrics: usually(
    'How its metrics go to CloudWatch. `classic`: each is a metric with a price. `otlp`: over OTLP, by the gigabyte, with PromQL alarms for the whole fleet and no CloudWatch agent; only with `probe: ssm`.',
    metrics,
    'classic',
  ),
  releases: optional(
    'Where new releases of the clients are told, and by when one has to run: `watch-releases` looks once a day and tells people. It upgrades nothing.',
    releases,
  ),
  alarms: usually("The fleet's alarms, and those that it has already.", alarms, {}),
  snapshots: optional(
    'Snapshots of the volumes. `{}` is enough (without `clean`, or with another key beside it): a policy of Data Lifecycle Manager, made at the deployment. It takes volumes that carry any of several tags, so that `nodes.tag`, or the `tag` of each volume, must be one tag.',
    snapshots,
  ),
  replace: usually('How far a node is helped that does not advance any more.', replace, {}),
  drills: optional(
    'Proofs that a node comes back from its snapshots: `audit-snapshots` opens the newest one on a throw-away instance, once a day, and removes it again. `{ securityGroup: sg-… }` is enough. Without it none is proved.',
    drills,
  ),
  asg: optional('What is done for the Auto Scaling groups that the nodes are members of.', asg),
  deploy: optional('What functions read of it.', deployRead),
});
