// No DNS record is changed or deleted without the marker of chainmend beside it.
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';

interface Change {
  readonly Action?: string;
  readonly ResourceRecordSet?: { readonly Name?: string; readonly Type?: string };
}

/** "`_chainmend.` before each of these" (docs/names.md) */
const MARKER = '_chainmend.';

export const foreignRecordsStay: MakeRule = (scene, say) => {
  /** Of each zone, the records as they were after the last change by anybody: "name type" → values. */
  let before = readZones(scene);
  const read = (): void => {
    before = readZones(scene);
    if ([...before.keys()].some((key) => isPlain(key) && !isMarked(before, key))) say.matters();
  };
  read();
  return {
    act({ operation, input }) {
      if (operation !== 'ChangeResourceRecordSets') return;
      say.matters();
      const { Changes = [] } = (input as { ChangeBatch?: { Changes?: readonly Change[] } }).ChangeBatch ?? {};
      for (const { Action, ResourceRecordSet: { Name = '', Type = '' } = {} } of Changes) {
        const key = `${plain(Name)} ${Type}`;
        if (Action === 'CREATE' || !before.has(key) || isMarked(before, key)) continue;
        say.broken(key, `${Action} of a record without our marker beside it.`);
      }
      before = readZones(scene);
    },
    others({ service }) {
      if (service === 'route53') read();
    },
  };
};

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
const isPlain = (key: string): boolean => / (A|SRV)$/.test(key);

/** A marker stands beside it, and names its type; a marker is its own. */
function isMarked(records: ReadonlyMap<string, string>, key: string): boolean {
  const [name = '', type = ''] = key.split(' ');
  if (name.startsWith(MARKER)) return (records.get(key) ?? '').includes('heritage=chainmend');
  const marker = records.get(`${MARKER}${name} TXT`) ?? '';
  return marker.includes('heritage=chainmend') && marker.includes(`type=${type}`);
}

function readZones({ fleets, region }: Scene): ReadonlyMap<string, string> {
  const zones = new Set([...fleets.values()].flatMap(({ dns }) => dns?.zone ?? []));
  const records = new Map<string, string>();
  for (const zone of zones) {
    try {
      for (const { name, type, values } of region.route53.records(zone))
        records.set(`${plain(name)} ${type}`, values.join(' '));
    } catch {
      // The zone does not exist (`Route53.records` throws): nothing in it can be anybody's.
    }
  }
  return records;
}
