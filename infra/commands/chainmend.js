#!/usr/bin/env node
// The `bin` of the package: the same as `npm run chainmend --`, on a Node.js that is new enough.
import '../engine.js';

const { main } = await import('./chainmend-cli.ts');
await main();
