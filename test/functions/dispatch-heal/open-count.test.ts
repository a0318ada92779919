import { expect, it } from '@jest/globals';
import { countOpen } from '../../../functions/dispatch-heal/open-count.ts';
import { DRILL } from '../../../shared/model/trigger.ts';
import { allocatedIncident, openIncidentRecord } from '../../fixtures/builders/incident.ts';

const countsOf = (...given: Parameters<typeof countOpen>) =>
  countOpen(...given).map(({ MetricName, Dimensions, Value }) => [MetricName, Dimensions?.[0]?.Value, Value]);

it('counts the incidents that are not over, of each fleet that could be read', () => {
  const healed = { ...openIncidentRecord(), state: 'healed', endedAtMs: 0 } as unknown as Parameters<
    typeof countOpen
  >[0][number];
  const incidents = [openIncidentRecord(), allocatedIncident(), healed, openIncidentRecord({ fleet: 'litecoin' })];
  expect(countsOf(incidents, ['bitcoin', 'dash'])).toEqual([
    ['OpenIncidents', 'bitcoin', 2],
    ['OpenIncidents', 'dash', 0],
  ]);
});

it.each([DRILL, 'plan:restore'])('counts no %s: no node has trouble', (trigger) => {
  expect(countsOf([openIncidentRecord({ trigger })], ['bitcoin'])).toEqual([['OpenIncidents', 'bitcoin', 0]]);
});
