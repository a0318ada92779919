// The part of the fleet file about drills, which prove that a node comes back from its snapshots, and the check of its contradictions.
import type * as v from 'valibot';
import { otherChain } from '../chains/defaults.ts';
import type { Complaints } from './problems.ts';
import { about, object, optional, subnetId, text, usually, whole } from './schema-fields.ts';

export const drills = object('{ securityGroup: sg-0123456789abcdef0 }', {
  securityGroup: about(
    "Its only group; lets nothing in, and out only Systems Manager and the chain's peers.",
    text(/^sg-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a security group', 'sg-0123456789abcdef0'),
  ),
  subnet: optional("Its subnet. Default: the imitated node's.", subnetId),
  everyHours: usually('How often an untried set is looked for.', whole(12, 720, 'hours', 24), 24),
  maxAgeHours: usually('An older proof is paged.', whole(24, 2160, 'hours', 48), 48),
  hours: usually('How long a client may catch up.', whole(1, 24, 'hours', 12), 12),
  dollarsPerMonth: usually('Estimated cost; no drill exceeds it.', whole(1, 10_000, 'US dollars', 30), 30),
});

interface WrittenDrillFields {
  readonly role?: string | object;
  readonly chain: string;
  readonly drills?: v.InferInput<typeof drills>;
}

interface CompleteDrillFields {
  readonly probe: string | object;
  readonly health: { readonly references: readonly string[] };
  readonly rpc?: { readonly credentials?: string | undefined; readonly paths?: unknown };
  readonly units: Readonly<Record<string, { readonly commands?: unknown }>>;
  readonly drills?: v.InferOutput<typeof drills>;
}

/** Problems of a file that fits the schema. */
export function checkDrills(
  { drills: written, role = 'unknown', chain }: WrittenDrillFields,
  { probe, rpc, units, drills: complete, health: { references } }: CompleteDrillFields,
  { conflict }: Complaints,
): void {
  if (!written || !complete) return;
  const refuse = (expected: string): void => conflict(['drills'], written, expected);
  if (role === 'validator' || role === 'unknown')
    refuse(
      `expected role: follower, or the tag that tells it: a second copy of a validator must never run, and the role is ${role}`,
    );
  if (probe === 'none' || probe === 'unit' || (chain === otherChain && rpc?.paths === undefined))
    refuse(
      'expected a probe that tells heights: without the height of the chain nobody knows whether a client has caught up',
    );
  if (typeof probe === 'object' && 'metric' in probe && probe.metric !== undefined && references.length === 0)
    refuse(
      'expected health.references, or another probe: a metric tells no block hashes, and nobody could tell whether the client is on the fleet’s blocks',
    );
  if (rpc?.credentials !== undefined && !rpc.credentials.startsWith('file:'))
    refuse(
      'expected no rpc.credentials, or a file on the node (file:/…): the client of a drill is asked on its own machine',
    );
  if (Object.values(units).some(({ commands }) => commands !== undefined))
    refuse(
      'expected units of systemd, Docker or Compose: a client that is started by commands cannot be masked at its first boot',
    );
  if (complete.maxAgeHours < complete.everyHours)
    conflict(
      ['drills', 'maxAgeHours'],
      complete.maxAgeHours,
      `expected at least drills.everyHours, ${complete.everyHours}`,
    );
}
