// The schema of the whole fleet file, as people and synthesis have it: that of functions, with all of `deploy`.

import { FLEET_EXAMPLE, storedDocumentSchema } from './schema.ts';
import { deploy } from './schema-deploy.ts';
import { object, optional } from './schema-fields.ts';

export const fleetDocumentSchema = object(FLEET_EXAMPLE, {
  ...storedDocumentSchema.entries,
  deploy: optional('Nodes that chainmend makes.', deploy),
});
