// Jest's transform: Node's own type stripping, so that tests run the very syntax that Node runs.
import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

const strip = (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) });

export default {
  canInstrument: false,
  getCacheKey: (source, path, { configString }) =>
    createHash('sha256').update([process.version, path, configString, source].join('\0')).digest('hex'),
  process: strip,
  processAsync: async (source) => strip(source),
};
