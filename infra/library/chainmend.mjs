#!/usr/bin/env node
// The `bin` of the package. command.ts copies it beside the program, as command/chainmend.mjs. An old Node.js reads it, too.
const LEAST = [20, 11];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  process.stderr.write(
    `chainmend needs Node ${LEAST.join('.')} or newer, and this is Node ${process.versions.node}: install it.\n`,
  );
  process.exit(1);
}

// The package has its SDK in it: the advice to install a newer one of both is not for this reader.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const { main } = await import('./program.mjs');
await main();
