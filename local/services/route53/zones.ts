// Hosted zones: the API shows their records immediately, DNS answers with them after the change has reached its servers. Sources: doc comments of
// CreateHostedZoneCommand, ChangeResourceRecordSetsCommand and GetChangeCommand in @aws-sdk/client-route-53; "Quotas".
import { LATENCY_MS } from '../../simulator/gateway/gateway.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import type { Random } from '../../simulator/random.ts';
import { AwsError } from '../../simulator/service.ts';
import { applyBatch, type Change, type RecordSet, recordKey } from './batch.ts';
import { inOrder, sortKey } from './names.ts';

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly callerReference: string;
  readonly comment: string | undefined;
  /** VPCs of a private zone; undefined for a public zone. */
  readonly vpc: { readonly VPCId: string; readonly VPCRegion: string } | undefined;
  readonly nameServers: readonly string[];
  readonly tags: Map<string, string>;
  /** What the API lists: "This includes records that are PENDING". */
  readonly records: Map<string, RecordSet>;
  /** The answers of DNS servers. */
  readonly served: Map<string, RecordSet>;
}

/** A change of records or the creation of a zone. */
export interface SubmittedChange {
  readonly id: string;
  readonly submittedAtMs: number;
  readonly inSyncAtMs: number;
  readonly comment: string | undefined;
}

interface PendingChange {
  readonly inSyncAtMs: number;
  readonly touched: ReadonlyMap<string, RecordSet | undefined>;
}

/** "Changes generally propagate to all Route 53 name servers managing the hosted zone within 60 seconds": the limits of our random time. */
const PROPAGATION_MS = [10_000, 60_000] as const;
/** "Quotas": hosted zones of an account. */
const ZONES_MAX = 500;
/** Older changes are dropped; each has been INSYNC for a long time. */
const CHANGES_MAX = 10_000;

// "NS and SOA records that Amazon Route 53 creates"; those of private zones are the same for all, and their servers do not answer.
const PRIVATE_SERVERS = [
  'ns-1536.awsdns-00.co.uk',
  'ns-0.awsdns-00.com',
  'ns-1024.awsdns-00.org',
  'ns-512.awsdns-00.net',
];
const NS_TTL_SECONDS = 172_800;
const SOA_TTL_SECONDS = 900;

export class Zones {
  readonly #kernel: Kernel;
  readonly #ids: Random;
  readonly #propagation: Random;
  readonly #zones = new Map<string, Zone>();
  readonly #pending = new Map<string, PendingChange[]>();
  readonly #changes = new Map<string, SubmittedChange>();
  readonly #busyUntilMs = new Map<string, number>();
  readonly #ordered = new Map<string, readonly string[]>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#ids = kernel.random('route53/ids');
    this.#propagation = kernel.random('route53/propagation');
  }

  /** Sorted as in ListHostedZonesByName: by name with the labels reversed, then by id. */
  all(): Zone[] {
    const keyed = [...this.#zones.values()].map((zone) => ({ zone, key: sortKey(zone.name) }));
    return keyed.sort((a, b) => inOrder(a.key, b.key) || inOrder(a.zone.id, b.zone.id)).map(({ zone }) => zone);
  }

  /** A zone by its id, with or without "/hostedzone/". Throws NoSuchHostedZone. */
  find(asked: string | undefined): Zone {
    const id = (asked ?? '').replace(/^\/?hostedzone\//, '');
    const zone = this.#zones.get(id);
    if (zone) return zone;
    throw new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, { statusCode: 404 });
  }

  create(given: Pick<Zone, 'name' | 'callerReference' | 'comment' | 'vpc'>): { zone: Zone; change: SubmittedChange } {
    const { name, callerReference, vpc } = given;
    const others = [...this.#zones.values()];
    if (others.some((zone) => zone.callerReference === callerReference)) {
      const message = `A hosted zone has already been created with the specified caller reference: ${callerReference}.`;
      throw new AwsError('HostedZoneAlreadyExists', message, { statusCode: 409 });
    }
    if (vpc && others.some((zone) => zone.name === name && zone.vpc?.VPCId === vpc.VPCId)) {
      const message = `A hosted zone with the name ${name} is already associated with the VPC ${vpc.VPCId}.`;
      throw new AwsError('ConflictingDomainExists', message);
    }
    if (others.length >= ZONES_MAX) {
      throw new AwsError('TooManyHostedZones', `Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - ${ZONES_MAX}`);
    }
    const nameServers = vpc ? PRIVATE_SERVERS : this.#publicServers();
    const [primary = ''] = nameServers;
    const soa = `${primary}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`;
    const initial: RecordSet[] = [
      { name, type: 'NS', ttlSeconds: NS_TTL_SECONDS, values: nameServers.map((server) => `${server}.`) },
      { name, type: 'SOA', ttlSeconds: SOA_TTL_SECONDS, values: [soa] },
    ];
    const records = new Map(initial.map((set) => [recordKey(set.name, set.type), set]));
    const id = this.#newId('Z');
    const zone: Zone = { id, ...given, nameServers, tags: new Map(), records, served: new Map() };
    this.#zones.set(id, zone);
    return { zone, change: this.#submit(zone, new Map(records), undefined) };
  }

  /**
   * Applies all of a batch or nothing. Throws InvalidChangeBatch with every message. Throws PriorRequestNotComplete if the previous request for the
   * same zone has no response yet ("If Amazon Route 53 can't process a request before the next request arrives").
   */
  change(zone: Zone, changes: readonly Change[], comment: string | undefined): SubmittedChange {
    const nowMs = this.#kernel.clock.now();
    if (nowMs < (this.#busyUntilMs.get(zone.id) ?? 0)) {
      const message = 'The request was rejected because Route 53 was still processing a prior request.';
      throw new AwsError('PriorRequestNotComplete', message);
    }
    const applied = applyBatch(zone.name, zone.records, changes);
    // The message lists all faults in brackets.
    if ('refused' in applied) throw new AwsError('InvalidChangeBatch', `[${applied.refused.join(', ')}]`);
    this.#busyUntilMs.set(zone.id, nowMs + LATENCY_MS);
    write(zone.records, applied.touched);
    this.#ordered.delete(zone.id);
    return this.#submit(zone, applied.touched, comment);
  }

  /** Keys of a zone's records in the order of ListResourceRecordSets. */
  orderedKeys(zone: Zone): readonly string[] {
    const known = this.#ordered.get(zone.id);
    if (known) return known;
    const keys = [...zone.records.keys()].sort(inOrder);
    this.#ordered.set(zone.id, keys);
    return keys;
  }

  /** The answers of DNS servers from now on: changes that are INSYNC, in their order. */
  served(zone: Zone): Zone['served'] {
    const nowMs = this.#kernel.clock.now();
    const pending = this.#pending.get(zone.id) ?? [];
    const arrived = pending.filter(({ inSyncAtMs }) => inSyncAtMs <= nowMs);
    for (const { touched } of arrived) write(zone.served, touched);
    if (arrived.length > 0) this.#pending.set(zone.id, pending.slice(arrived.length));
    return zone.served;
  }

  submitted(id: string): SubmittedChange | undefined {
    return this.#changes.get(id);
  }

  #submit(zone: Zone, touched: PendingChange['touched'], comment: string | undefined): SubmittedChange {
    const submittedAtMs = this.#kernel.clock.now();
    this.served(zone);
    const pending = this.#pending.get(zone.id) ?? [];
    // No change overtakes another one of its zone.
    const drawnMs = submittedAtMs + this.#propagation.integer(...PROPAGATION_MS);
    const inSyncAtMs = Math.max(drawnMs, pending.at(-1)?.inSyncAtMs ?? 0);
    this.#pending.set(zone.id, [...pending, { inSyncAtMs, touched }]);
    const change: SubmittedChange = { id: this.#newId('C'), submittedAtMs, inSyncAtMs, comment };
    this.#changes.set(change.id, change);
    const [oldest] = this.#changes.keys();
    if (this.#changes.size > CHANGES_MAX && oldest !== undefined) this.#changes.delete(oldest);
    this.#kernel.working({ what: 'Route 53 propagates', resources: [zone.id], from: submittedAtMs, to: inSyncAtMs });
    return change;
  }

  #publicServers(): string[] {
    const server = (index: number, domain: string): string => {
      const number = index * 512 + this.#ids.integer(0, 511);
      return `ns-${number}.awsdns-${String(number % 64).padStart(2, '0')}.${domain}`;
    };
    return ['com', 'net', 'org', 'co.uk'].map((domain, index) => server(index, domain));
  }

  #newId(kind: 'Z' | 'C'): string {
    return `${kind}0${this.#ids.hex(18).toUpperCase()}`;
  }
}

function write(into: Map<string, RecordSet>, touched: PendingChange['touched']): void {
  for (const [key, set] of touched) {
    if (set) into.set(key, set);
    else into.delete(key);
  }
}
