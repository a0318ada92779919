// The whole fleet file, as people and synthesis have it: what functions read, and all of `deploy`.
import * as v from 'valibot';
import { completeStored } from './fleet-defaults.ts';
import { documentBy } from './parse.ts';
import type { Complaints } from './problems.ts';
import { fitsSuiteAlarm } from './resource-names.ts';
import type { FleetDocument } from './schema.ts';
import { checkDeploy, deploy as deploySchema } from './schema-deploy.ts';
import { p2pOf } from './schema-ports.ts';
import { fleetDocumentSchema } from './schema-whole.ts';

/**
 * @param source JSON text (an SSM parameter's value) or the output of a YAML reader
 * @throws FleetFileError with every problem
 */
export const parseFleetDocument = (source: unknown): FleetDocument =>
  documentBy<FleetDocument>(fleetDocumentSchema, source, (document, complete, complaints) => {
    checkDeploy(document, complete, complaints);
    checkOwnAlarms(document, complete.volumes, complaints);
  });

/** Heals leave such alarms out of an owner's own; whoever writes one expects something of it. A stored file may have it. */
function checkOwnAlarms({ alarms }: FleetDocument, volumes: object, { conflict }: Complaints): void {
  for (const [at, { name }] of (alarms?.own ?? []).entries())
    if (fitsSuiteAlarm(name, Object.keys(volumes)))
      conflict(
        ['alarms', 'own', String(at), 'name'],
        name,
        'expected a name that fits no alarm of chainmend’s own, such as chainmend-bitcoin-node2-disk: those start heals by themselves. For example bitcoin-*-height',
      );
}

/**
 * A fleet file with every value filled in: a valid fleet file with the same meaning.
 * @param document one that fits the schema
 */
export function completeDocument(document: FleetDocument) {
  const { deploy: _, ...complete } = completeStored(document);
  const deploy = document.deploy && v.parse(deploySchema, document.deploy);
  return {
    ...complete,
    ...(deploy && {
      deploy: {
        ...deploy,
        data: deploy.data ?? (deploy.kind === 'network' ? 'sync' : 'newest-good'),
        p2p: deploy.p2p ?? p2pOf(deploy.kind, complete.chain, complete.p2pPort),
      },
    }),
  };
}

export type CompleteDocument = ReturnType<typeof completeDocument>;
