// The service declaration of Amazon EventBridge Scheduler.
import { join } from 'node:path';
import { member, pick, type ResourceTypes, text } from '../../simulator/cloudformation/resource.ts';
import type { Service } from '../../simulator/service.ts';
import type { RecordMetric } from '../cloudwatch/series.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import type { DeadLetters } from '../events/delivery.ts';
import { createScheduler } from './scheduler.ts';

const SCHEDULE = [
  'Description',
  'FlexibleTimeWindow',
  'GroupName',
  'ScheduleExpression',
  'ScheduleExpressionTimezone',
  'State',
  'Target',
];
const resources: ResourceTypes = {
  'AWS::Scheduler::ScheduleGroup': {
    uses: ['Name'],
    leaves: ['Tags'],
    create: async (properties, maker) => {
      const Name = text(properties['Name'] ?? maker.generatedName(64));
      const answer = await maker.call('scheduler', 'CreateScheduleGroup', { Name });
      return { ref: Name, attributes: { Arn: member(answer, 'ScheduleGroupArn') } };
    },
  },
  'AWS::Scheduler::Schedule': {
    uses: ['EndDate', 'Name', 'StartDate', ...SCHEDULE],
    leaves: ['KmsKeyArn'],
    create: async (properties, maker) => {
      const Name = text(properties['Name'] ?? maker.generatedName(64));
      const dates = Object.entries(pick(properties, ['StartDate', 'EndDate']));
      const answer = await maker.call('scheduler', 'CreateSchedule', {
        ...pick(properties, SCHEDULE),
        ...Object.fromEntries(dates.map(([name, value]) => [name, new Date(text(value))])),
        Name,
      });
      return { ref: Name, attributes: { Arn: member(answer, 'ScheduleArn') } };
    },
  },
};

export const SCHEDULER: ServiceDescriptor<Service, [deadLetters: DeadLetters, record: RecordMetric]> = {
  name: 'scheduler',
  client: { packageName: '@aws-sdk/client-scheduler', load: () => import('@aws-sdk/client-scheduler') },
  limits: join(import.meta.dirname, 'limits.txt'),
  iam: { prefix: 'scheduler' },
  resources,
  create: createScheduler,
};
