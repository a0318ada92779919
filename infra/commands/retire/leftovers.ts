// `npm run chainmend -- left`: lists what stays in the account after the stack is deleted, and how to remove each item. `npm run destroy` prints it
// first.
import { fleetTag } from '../../../shared/model/suite.ts';
import { commandNames, type Names } from '../../names.ts';
import type { ParameterStore } from '../fleets/parameter-store.ts';
import type { Opened } from '../program.ts';
import type { Belongings, KeptResources } from './belongings.ts';

/** "$0.10 per alarm metric" a month (CloudWatch pricing, us-east-1). */
export const ALARM_USD = 0.1;
/** gp3 (EBS pricing, us-east-1). */
const GIB_USD = 0.08;

export interface LeftoversContext {
  readonly store: Opened<ParameterStore>;
  readonly belongings: Opened<Belongings>;
  readonly say: (text: string) => void;
}

/** @param fleets the fleets that the files or the account know */
export async function listLeftovers(
  { belongings: open, say }: LeftoversContext,
  fleets: readonly string[],
): Promise<void> {
  const belongings = await open();
  const { account, region } = await belongings.identity();
  say(`What stays in account ${account}, ${region}, when the stack is destroyed:`);
  for (const line of staying(commandNames())) say(`  ${line}`);
  for (const fleet of fleets) {
    const alarms = await belongings.alarms(fleet);
    const names = await belongings.names(fleet);
    const records = names.reduce((sum, { changes }) => sum + changes.length, 0);
    const marked = `${alarms.length} alarms ($${(alarms.length * ALARM_USD).toFixed(2)} a month), which point at a topic that is gone then, and ${records} DNS names`;
    if (alarms.length > 0 || records > 0)
      say(`  ${fleet}: ${marked}. Remove them: npm run chainmend -- retire ${fleet}`);
    const retained = retainedLines(fleet, await belongings.kept(fleet));
    for (const line of retained) say(`  ${line}`);
    if (alarms.length + records + retained.length === 0)
      say(`  ${fleet}: nothing: no alarm, no DNS name, nothing that a heal has kept`);
  }
}

/** Lines that do not depend on the fleets. The stack's own names: infra/constructs/{state,settings,documents}.ts. */
const staying = ({ suite, tableName, parameterPrefix }: Names): readonly string[] => [
  `the table ${tableName} with the journal, about $0.25 a GiB and month: aws dynamodb update-table --table-name ${tableName} --no-deletion-protection-enabled && aws dynamodb delete-table --table-name ${tableName}`,
  `the command documents ${suite}-*, free: aws ssm list-documents --filters Key=Owner,Values=Self Key=Name,Values=${suite}-`,
  'the bundles of the functions, in CDK’s own bucket, cents: see npx cdk gc --help',
  `the pauses below ${parameterPrefix}/pause, free: aws ssm delete-parameter --name ${parameterPrefix}/pause`,
];

/** Resources that heals have put aside. They cost money, and nothing prunes them without the suite. */
export function retainedLines(fleet: string, { volumes, instances, snapshots }: KeptResources): readonly string[] {
  if (volumes.length + instances.length + snapshots.length === 0) return [];
  const sizeGiB = volumes.reduce((sum, volume) => sum + volume.sizeGiB, 0);
  const parts = [
    volumes.length > 0
      ? `${volumes.length} ${volumes.length === 1 ? 'volume' : 'volumes'} of ${sizeGiB} GiB (about $${Math.round(sizeGiB * GIB_USD)} a month)`
      : '',
    instances.length > 0 ? `${instances.length} ${instances.length === 1 ? 'instance' : 'instances'}` : '',
    snapshots.length > 0 ? `${snapshots.length} ${snapshots.length === 1 ? 'snapshot' : 'snapshots'}` : '',
  ].filter((part) => part !== '');
  const filters = `--filters Name=tag:chainmend:fleet,Values=${fleetTag(commandNames().suite, fleet)} Name=tag-key,Values=chainmend:keep-until`;
  return [
    `${fleet}: heals have kept ${parts.join(', ')}, which prune-retired removes when their time is over, and nobody once the suite is gone.`,
    ...(volumes.length > 0 ? [`  See them: aws ec2 describe-volumes ${filters}`] : []),
    ...(instances.length > 0 ? [`  See them: aws ec2 describe-instances ${filters}`] : []),
    ...(snapshots.length > 0 ? [`  See them: aws ec2 describe-snapshots --owner-ids self ${filters}`] : []),
  ];
}
