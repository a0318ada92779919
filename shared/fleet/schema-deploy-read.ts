// What functions read of `deploy`: whether heals have to do with a group, which nodes there are, the sizes between which `scale` may choose, and what a boosted volume and a boosted instance are taken back to. schema-deploy.ts is made of it. Each
// function carries what is here in its bundle, so what only synthesis needs is there.
import * as v from 'valibot';
import { about, choice, derived, object, optional, readOf, usually, whole } from './schema-fields.ts';

export const kind = about(
  '`single` instances, a group with a load balancer (`ha`), or a private `network`.',
  choice(['single', 'ha', 'network'], 'a kind'),
);

export const groupSizes = {
  size: about('Nodes, spread over `deploy.subnets`.', whole(2, 50, 'nodes', 3)),
  minimum: derived(
    'Fewest that `chainmend scale` may leave; a heal may set one more aside.',
    '`size`',
    whole(2, 50, 'nodes', 2),
  ),
  maximum: derived('Most that `chainmend scale` may set.', '`size`', whole(2, 50, 'nodes', 6)),
};

// gp3: 3,000 to 80,000 IOPS, 125 to 2,000 MiB/s [EC2 CreateVolume].
const iops = whole(3000, 80_000, 'IOPS', 3000);
const throughputMiBps = whole(125, 2000, 'MiB/s', 125);

export const volumeFigures = {
  iops: usually('Its IOPS.', iops, 3000),
  throughputMiBps: usually('Its throughput.', throughputMiBps, 125),
  boost: optional(
    '`single`: more speed for the first sync.',
    object('{ iops: 16000, throughputMiBps: 1000 }', {
      iops: about('Its IOPS until then.', iops),
      throughputMiBps: about('Its throughput until then.', throughputMiBps),
    }),
  ),
};

// Only synthesis refuses a type that is none.
const aType = readOf('{ instanceType: m6i.8xlarge }', { instanceType: v.string() });

export const deployRead = readOf('{ kind: single, … }', {
  kind,
  nodes: v.optional(v.record(v.string(), v.string())),
  instanceType: v.optional(v.string()),
  boost: v.optional(aType),
  group: optional('`ha`: the Auto Scaling group.', readOf('{ size: 3 }', groupSizes)),
  volume: optional('The data volume of each node.', readOf('{ sizeGiB: 500 }', volumeFigures)),
});
