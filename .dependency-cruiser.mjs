// Which folder may import which: a layer imports itself and those below it, and nothing is imported in a circle. `npm run layers` checks it.

/** From the ground floor up. Each line is one layer; folders of one layer know nothing of each other. */
const SHARED = [
  ['model', 'text'],
  ['chains'],
  ['fleet', 'events'],
  ['peers', 'probe'],
  ['node-commands', 'guardrails'],
  ['aws'],
  ['snapshots'],
  ['heal'],
  ['growth', 'reconcile'],
  ['readiness'],
];

const LOCAL = [
  ['simulator'],
  ['nodes'],
  ['services'],
  ['region.ts'],
  ['scenarios'],
  ['twin'],
  ['cli'],
  ['main.ts'],
];

/**
 * The files of functions that the stack and its commands may read: a decision, or a reader of AWS, that a person's command shares with the function.
 * What a heal of replace-node decides is read through `hindsight` alone.
 */
const OPEN_FILES = [
  'replace-node/hindsight',
  'register-nodes/(alarm-changes|alarm-facts|facts|records|zone)',
  'resize-volume/history',
  'watch-fleet/probes/clients',
];

/** @returns a rule for each layer: it imports nothing of a layer above it, nor of its neighbours */
const layered = (top, layers) =>
  layers.flatMap((layer, at) =>
    layer.map((folder) => {
      const beyond = [...layers.slice(at + 1).flat(), ...layer.filter((other) => other !== folder)];
      return {
        name: `${top}/${folder} imports only what is below it`,
        severity: 'error',
        from: { path: `^${top}/${folder}(/|$)` },
        to: { path: `^${top}/(${beyond.join('|')})(/|$)` },
      };
    }),
  );

export default {
  forbidden: [
    { name: 'nothing is imported in a circle', severity: 'error', from: { pathNot: '^test/' }, to: { circular: true } },
    ...layered('shared', SHARED),
    ...layered('local', LOCAL),
    {
      // What judges chainmend must not share its mistakes: it knows the simulated services, and what an owner writes.
      name: 'the judge knows nothing of how chainmend works',
      severity: 'error',
      from: { path: '^test/lab/oracle/', pathNot: '(\\.test|/court)\\.ts$' },
      to: {
        path: '^(functions|infra|test|shared|local/(scenarios|twin|cli)|local/main)(/|\\.|$)',
        pathNot: '^(shared/fleet/schema\\.ts$|test/lab/oracle/)',
      },
    },
    {
      // Written from the documents alone: what one generator of storms cannot think of, the other one may.
      name: 'the second generator of storms knows its seam alone',
      severity: 'error',
      from: { path: '^test/lab/storms/b/' },
      to: {
        path: '^(functions|infra|test|shared|local)/',
        pathNot: '^(test/lab/storms/(b/|storm\\.ts$|generator\\.ts$)|local/scenarios/world-file/schema\\.ts$)',
      },
    },
    {
      name: 'the first generator of storms knows nothing of the second',
      severity: 'error',
      from: { path: '^test/lab/storms/(draw|faults|generate|owners|rollouts)\\.ts$' },
      to: { path: '^test/lab/storms/b/' },
    },
    {
      name: 'a function knows no other function',
      severity: 'error',
      from: { path: '^functions/([^/]+)/' },
      to: { path: '^functions/', pathNot: '^functions/$1/' },
    },
    {
      name: 'shared code knows no function',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(functions|infra|local|test)/' },
    },
    {
      name: 'functions know neither the stack nor the local region',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^(infra|local|test)/' },
    },
    {
      name: 'infra reads of a function its open files alone, and the decisions of replace-node through hindsight',
      severity: 'error',
      from: { path: '^infra/' },
      to: { path: '^functions/', pathNot: `^functions/(${OPEN_FILES.join('|')})\\.ts$` },
    },
    {
      name: 'the product knows no test',
      severity: 'error',
      from: { path: '^(infra|local)/' },
      to: { path: '^test/' },
    },
    {
      name: 'nothing outside the laboratory imports it',
      severity: 'error',
      from: { pathNot: '^test/lab/' },
      to: { path: '^test/lab(/|\\.)' },
    },
  ],
  options: {
    // TypeScript 7 has no API that dependency-cruiser can use yet. Types count as well as values.
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: 'node_modules|\\.d\\.ts$' },
  },
};
