// `npm run chainmend -- show NAME`: prints a fleet file with every default, and the source of each value; or what its nodes' CloudWatch agents are told.

import { chainLayer, writtenLayer } from '../../../shared/fleet/fleet-defaults.ts';
import { fleetParameterName, fleetParameterValue } from '../../../shared/fleet/parameter.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { completeDocument } from '../../../shared/fleet/whole.ts';
import { agentConfig, journalConfig } from '../../agent-config.ts';
import { readFleets } from '../../fleets.ts';
import { commandNames } from '../../names.ts';
import { type FleetsContext, notFoundError, tableOf } from './context.ts';
import { leavesOf } from './field-list.ts';

/** @returns the facts for machines. @throws FleetFilesError when any file is wrong, UsageError when there is no such fleet */
export function show(
  { directory, say }: FleetsContext,
  name: string,
  { agent }: { readonly agent?: true } = {},
): object {
  const files = readFleets(directory);
  const file = files.find(({ document }) => document.fleet === name);
  if (!file)
    throw notFoundError(
      'fleet',
      name,
      files.map(({ document }) => document.fleet),
    );
  if (agent) return printAgent(say, file.document);
  const bytes = Buffer.byteLength(fleetParameterValue(file.document).value);
  const fields = fieldsOf(file.document);
  const rows = fields.map(([field, value, from]) => [field, value.split('\n'), from]);
  say(tableOf(['field', 'value', 'from'], rows));
  say(`${file.path} · ${fleetParameterName(commandNames().parameterPrefix, name)}, ${bytes} bytes of JSON`);
  return { fleet: name, fields: fields.map(([field, value, from]) => ({ field, value, from })) };
}

/** What the CloudWatch agent of a fleet's nodes is told, for nodes that chainmend does not deploy: as JSON, for a file. */
function printAgent(say: FleetsContext['say'], document: FleetDocument): object {
  const complete = completeDocument(document);
  const { suite } = commandNames();
  const units = Object.values(complete.units).flatMap((client) =>
    'unit' in client && client.unit ? [client.unit] : [],
  );
  const { logs, ...config } = agentConfig(suite, complete, complete.deploy?.logs ?? []);
  const journal = units.length > 0 ? journalConfig(suite, complete.fleet, units).logs.logs_collected : {};
  const agent = { ...config, logs: { logs_collected: { ...logs.logs_collected, ...journal } } };
  say(JSON.stringify(agent, undefined, 2));
  return { fleet: complete.fleet, agent };
}

/** Short forms are written in full: a single `unit` is `units.node.unit`. */
function fieldsOf(document: FleetDocument): [field: string, value: string, from: string][] {
  const written = leavesOf({ ...document, ...writtenLayer(document) });
  const told = leavesOf(chainLayer(document));
  const origin = (field: string) => {
    if (written.has(field)) return 'the file';
    if (told.has(field)) return `chain ${document.chain}`;
    if (field === 'alarms.diskPercent') return 'disk.growAtPercent';
    return /^volumes\.[^.]+\.tag\./.test(field) ? 'nodes.tag' : 'default';
  };
  return [...leavesOf(completeDocument(document))].map(([field, value]) => [field, value, origin(field)]);
}
