// Finds the facts of each batch of DNS changes by a function, for the invariants.
import { type CallRecord, wasCarriedOut } from '../../simulator/trace.ts';
import { readJournal } from '../report/journal.ts';
import type { World } from '../world/world.ts';
import { checkNames, type Violation } from './invariants.ts';

interface Input {
  readonly HostedZoneId?: string;
  readonly ChangeBatch?: {
    readonly Changes?: readonly {
      readonly Action?: string;
      readonly ResourceRecordSet?: {
        readonly Name?: string;
        readonly Type?: string;
        readonly ResourceRecords?: readonly { readonly Value?: string }[];
      };
    }[];
  };
}

const MARKER = '_chainmend.';

/** Call it right after the effect of a ChangeResourceRecordSets; a refused one has no violations. */
export function dnsViolations(world: World, record: CallRecord): readonly Violation[] {
  if (!wasCarriedOut(record)) return [];
  const { input, at } = record;
  const { ChangeBatch, HostedZoneId = '' } = input as Input;
  const changes = (ChangeBatch?.Changes ?? []).map(({ Action = '', ResourceRecordSet: set }) => ({
    action: Action,
    name: (set?.Name ?? '').replace(/\.$/, ''),
    type: set?.Type ?? '',
    values: (set?.ResourceRecords ?? []).map(({ Value = '' }) => Value),
  }));
  const fleets = [...world.fleets.values()].filter(({ dns }) =>
    changes.some(({ name }) => dns !== undefined && name.endsWith(`.${dns.zone}`)),
  );
  const zones = new Set(fleets.flatMap(({ dns }) => dns?.zone ?? []));
  const now = [...zones].flatMap((zone) => world.region.route53.records(zone));
  const markers = [...now, ...changes].filter(({ type, name }) => type === 'TXT' && name.startsWith(MARKER));
  return checkNames({
    atMs: at,
    zone: [...zones].join(' and ') || HostedZoneId,
    changes,
    marked: new Set(markers.map(({ name }) => name.slice(MARKER.length))),
    poolsGone: fleets.flatMap(({ name: fleet, dns }) => {
      const pool = `${dns?.pool}.${dns?.zone}`;
      const taken = changes.some(({ action, name, type }) => action === 'DELETE' && name === pool && type === 'A');
      const isThere = now.some(({ name, type }) => name === pool && type === 'A');
      const hasNodes = world.nodes.some((node) => node.fleet.name === fleet && node.machine.isPowered);
      return taken && !isThere && hasNodes ? [pool] : [];
    }),
    // What a heal has taken out of the pool comes back.
    pauses: onlyAdds(changes) ? [] : fleets.flatMap(({ name }) => world.pausesOfFleet(name)),
    intentJournalled: readJournal(world.region, world.tableName).some(
      ({ kind, heal, operation, target }) =>
        kind === 'intent' &&
        heal === 'register-nodes' &&
        operation === 'ChangeResourceRecordSets' &&
        target === HostedZoneId,
    ),
  });
}

interface Change {
  readonly action: string;
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
}

/** Each record that goes is made again with all of its addresses, and none is new. */
const onlyAdds = (changes: readonly Change[]): boolean =>
  changes.every(({ action, name, type, values }) => {
    const other = changes.find((one) => one.name === name && one.type === type && one.action !== action);
    return other !== undefined && (action === 'CREATE' || values.every((value) => other.values.includes(value)));
  });
