// In the place of node:util where the durable SDK imports it as a whole: esbuild copies such a module with all of its getters, which load what nobody uses.
import { format, formatWithOptions, inspect } from 'node:util';

export default { format, formatWithOptions, inspect };
