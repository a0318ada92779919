// The service declaration of Amazon EventBridge.
import { join } from 'node:path';
import {
  asText,
  items,
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';
import type { RecordMetric } from '../cloudwatch/series.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import type { Mappings, Region } from '../iam/check.ts';
import type { DeadLetters } from './delivery.ts';
import { createEvents, type Events } from './events.ts';

const RULE = ['Description', 'EventBusName', 'ScheduleExpression', 'State'];

async function createRule(properties: Properties, maker: Maker) {
  const name = text(properties['Name'] ?? maker.generatedName(64));
  const pattern = properties['EventPattern'];
  const answer = await maker.call('events', 'PutRule', {
    ...pick(properties, RULE),
    Name: name,
    ...(pattern === undefined ? {} : { EventPattern: asText(pattern) }),
  });
  const targets = items(properties['Targets']);
  if (targets.length > 0) {
    await maker.call('events', 'PutTargets', {
      ...pick(properties, ['EventBusName']),
      Rule: name,
      Targets: targets,
    });
  }
  return { ref: name, attributes: { Arn: member(answer, 'RuleArn') } };
}

const resources: ResourceTypes = {
  'AWS::Events::Rule': { uses: ['EventPattern', 'Name', 'Targets', ...RULE], leaves: ['Tags'], create: createRule },
};

/** "Actions, resources, and condition keys for Amazon EventBridge" (Service Authorization Reference). */
const permissions: Mappings = {
  PutEvents: (input: { Entries?: { EventBusName?: string }[] }, region: Region) => [
    {
      action: 'events:PutEvents',
      resources: (input.Entries ?? []).map(({ EventBusName = 'default' }) => ({
        arn: EventBusName.startsWith('arn:')
          ? EventBusName
          : `arn:aws:events:${region.regionName}:${region.accountId}:event-bus/${EventBusName}`,
      })),
    },
  ],
};

export const EVENTS: ServiceDescriptor<Events, [deadLetters: DeadLetters, record: RecordMetric]> = {
  name: 'events',
  client: { packageName: '@aws-sdk/client-eventbridge', load: () => import('@aws-sdk/client-eventbridge') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: { PutEvents: ['EndpointId'], PutRule: ['Tags'] },
  iam: { prefix: 'events', conditionKeys: { 'events:PutEvents': [] } },
  permissions,
  resources,
  create: createEvents,
};
