// What functions read of `deploy`: whether heals have to do with a group, and the sizes between which `scale` may choose. schema-deploy.ts is made of it. Each
// function carries what is here in its bundle, so what only synthesis needs is there.
import { about, choice, derived, optional, readOf, whole } from './schema-fields.ts';

export const kind = about(
  '`single`: instances of their own. `ha`: an Auto Scaling group behind a load balancer. `network`: instances of their own that are a private chain.',
  choice(['single', 'ha', 'network'], 'a kind'),
);

export const groupSizes = {
  size: about('How many nodes the group keeps, spread over the zones of `deploy.subnets`.', whole(2, 50, 'nodes', 3)),
  minimum: derived(
    'How few nodes `chainmend scale` may leave. One fewer is there while a heal has one aside.',
    '`size`',
    whole(2, 50, 'nodes', 2),
  ),
  maximum: derived('How many nodes `chainmend scale` may have the group keep.', '`size`', whole(2, 50, 'nodes', 6)),
};

export const deployRead = readOf('{ kind: single, … }', {
  kind,
  group: optional('`ha`: the Auto Scaling group.', readOf('{ size: 3 }', groupSizes)),
});
