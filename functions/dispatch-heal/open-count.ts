// How many incidents of each fleet are open, as a metric that dashboards draw.
import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import { OPEN_INCIDENTS } from '../../shared/fleet/resource-names.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import { readTrigger } from '../../shared/model/trigger.ts';
import { isDrill } from './drill.ts';

/**
 * Drills are no trouble of a node, and a request for a plan changes nothing.
 * @param fleets whose incidents could be read: of others nothing is known, and nothing is told
 */
export function countOpen(incidents: readonly IncidentRecord[], fleets: readonly string[]): readonly MetricDatum[] {
  const open = incidents.filter(
    (incident) => incident.state !== 'healed' && !isDrill(incident) && readTrigger(incident.trigger)?.kind !== 'plan',
  );
  return fleets.map((name) => ({
    MetricName: OPEN_INCIDENTS,
    Dimensions: [{ Name: 'Fleet', Value: name }],
    Value: open.filter(({ fleet }) => fleet === name).length,
    Unit: 'Count',
  }));
}
