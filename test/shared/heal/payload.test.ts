import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseHealPayload } from '../../../shared/heal/payload.ts';
import { COPIES, copiesId } from '../../../shared/model/copies.ts';
import { payload } from '../../fixtures/builders/incident.ts';

describe('the payload of a heal', () => {
  it('is read as the dispatcher wrote it', () => {
    for (const mode of ['plan', 'ask', 'act'] as const)
      expect(parseHealPayload(payload({ mode }))).toEqual(payload({ mode }));
  });

  it('takes the names that people give: any tag value that EC2 shows', () => {
    for (const node of ['node2', 'Knoten (alt) #2, München', 'узел', 'x'.repeat(256)])
      expect(parseHealPayload(payload({ node }))).toMatchObject({ node });
  });

  it('of an incident that a person reported has an alarm without a name', () => {
    const alarm = { alarmName: '', namespace: 'CWAgent', dimensions: {} };
    expect(parseHealPayload(payload({ alarm }))).toMatchObject({ alarm });
  });

  it('names what stands in the place of an instance for a drill of copies, and for nothing that touches a node', () => {
    const instanceId = copiesId('bitcoin');
    const drill = { ...payload(), kind: 'audit-snapshots', trigger: 'snapshot:drill', requestedBy: 'schedule' };
    expect(parseHealPayload({ ...drill, node: COPIES, instanceId })).toMatchObject({ instanceId: 'copies-of-bitcoin' });
    expect(() => parseHealPayload({ ...drill, instanceId: 'copies-of-Bitcoin; reboot' })).toThrow('field instanceId: ');
    expect(() => parseHealPayload({ ...payload(), instanceId })).toThrow('field instanceId: ');
  });

  it.each<[string, Record<string, unknown>]>([
    ['kind', { kind: 'upgrade-nodes' }],
    ['want', { kind: 'replace-node' }],
    ['fleet', { fleet: 'bitcoin/../other' }],
    ['node', { node: '' }],
    ['node', { node: 'two\nlines' }],
    ['instanceId', { instanceId: 'i-0123; reboot' }],
    ['trigger', { trigger: 'disk' }],
    ['trigger', { trigger: 'disk:Data' }],
    ['incidentId', { incidentId: '' }],
    ['attempt', { attempt: 0 }],
    ['attempt', { attempt: 1.5 }],
    ['mode', { mode: 'dry-run' }],
    ['onsetMs', { onsetMs: '2026-01-01T12:00:00Z' }],
    ['deadlineMs', { deadlineMs: -1 }],
    ['alarm.dimensions.path', { alarm: { ...payload().alarm, dimensions: { path: 5 } } }],
    ['execution', { execution: 'unknown keys are refused' }],
  ])('is refused with the name of the field: %s', (field, wrong) => {
    const parse = () => parseHealPayload({ ...payload(), ...wrong });
    expect(parse).toThrow(TypeError);
    expect(parse).toThrow(`heal payload, field ${field}: `);
  });

  it('is refused without any of its fields', () => {
    for (const field of Object.keys(payload()))
      expect(() => parseHealPayload({ ...payload(), [field]: undefined })).toThrow(`field ${field}: `);
  });

  it('of any other shape is refused with a sentence, never misread', () => {
    fc.assert(
      fc.property(fc.anything(), (event) => expect(() => parseHealPayload(event)).toThrow(/^heal payload, field /)),
    );
  });
});
