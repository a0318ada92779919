// Fleet files for tests: the common one, and any that is valid.
import fc from 'fast-check';
import { chainDefaults } from '../../shared/chains/defaults.ts';

/** The example of the README: an exchange's bitcoin nodes. */
export const bitcoin = {
  fleet: 'bitcoin',
  chain: 'bitcoin',
  mode: 'plan',
  nodes: { tag: { Component: 'nodes/bitcoin' } },
  role: 'follower',
  unit: 'node@*',
  dns: { zone: 'bitcoin.internal' },
} as const;

const lower = [...'abcdefghijklmnopqrstuvwxyz'];
const word = (characters: readonly string[], maximum = 12) =>
  fc
    .tuple(fc.constantFrom(...lower), fc.string({ unit: fc.constantFrom(...characters), maxLength: maximum - 1 }))
    .map((parts) => parts.join(''));
const name = word([...lower, ...'0123456789-']);
const plain = word([...lower, ...'ABCXYZ0123456789_.-']);
const tagWord = word([...lower, ...'ABCXYZ0123456789_.:/=+@-']);
const path = fc.array(plain, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
const tags = fc.dictionary(tagWord, tagWord, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
const role = fc.constantFrom('follower', 'validator', 'sentry', 'bootnode', 'unknown');
const whole = (min: number, max: number) => fc.integer({ min, max });
const some = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(shape, { requiredKeys: [], noNullPrototype: true });

const unit = fc.oneof(
  fc.record({
    unit: fc.oneof(
      plain,
      plain.map((text) => `${text}@*`),
      fc.tuple(plain, plain).map((two) => two.join('@')),
    ),
  }),
  fc.record({ docker: plain }),
  fc.record({ compose: fc.record({ file: path, service: plain }) }),
  fc.record({ commands: fc.record({ start: path, stop: path, status: path }) }),
);
const stopGraceSeconds = whole(1, 3600);
const cleanLine = fc.constantFrom('none', 'Shutdown: done', 'service stop|Stopping .* service');
const graced = fc
  .tuple(unit, some({ stopGraceSeconds, cleanLine }))
  .map(([runtime, grace]) => ({ ...runtime, ...grace }));
const runtime = fc.oneof(
  graced,
  some({ stopGraceSeconds, cleanLine }),
  fc.dictionary(name, graced, { minKeys: 1, maxKeys: 4, noNullPrototype: true }).map((units) => ({ units })),
);

/** Short names repeat: the paths are numbered, so that no two volumes share a mount. */
const volumes = fc
  .dictionary(name, fc.tuple(fc.option(some({ tag: tags }), { nil: undefined }), path), {
    minKeys: 1,
    maxKeys: 4,
    noNullPrototype: true,
  })
  .map((entries) =>
    Object.fromEntries(
      Object.entries(entries).map(([key, [long, mount]], index) => {
        const own = `${mount}/${index}`;
        return [key, long ? { path: own, ...long } : own];
      }),
    ),
  );

const hex = (digits: number) =>
  fc.bigInt({ min: 0n, max: 2n ** BigInt(4 * digits) - 1n }).map((id) => id.toString(16).padStart(digits, '0'));
const port = whole(1, 65_535);
const key = fc.uuid().map((id) => `arn:aws:kms:eu-central-1:111122223333:key/${id}`);
const metric = fc.record(
  {
    namespace: plain,
    height: plain,
    dimension: plain,
    dimensions: fc.dictionary(plain, plain, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
    periodSeconds: fc.constantFrom(60, 300, 3600),
  },
  { requiredKeys: ['namespace', 'height'], noNullPrototype: true },
);

/** How a fleet of any known chain is watched, named and peered. */
const anyWatch = some({
  rpc: some({
    scheme: fc.constantFrom('http', 'https'),
    port,
    path: fc.oneof(fc.constant('/'), path),
    metricsPort: fc.constant('none'),
  }),
  probe: fc.oneof(
    fc.constantFrom('ssm', 'none'),
    fc.record({
      vpc: hex(17).map((id) => `vpc-${id}`),
      subnets: fc.array(
        hex(8).map((id) => `subnet-${id}`),
        { minLength: 1, maxLength: 4 },
      ),
    }),
    fc.record({ metric }),
  ),
  health: some({
    references: fc.array(
      name.map((host) => `https://x${host}x.example/v1`),
      { maxLength: 5 },
    ),
    behindBlocks: whole(0, 100_000),
    stuckSeconds: whole(60, 86_400),
    haltSeconds: whole(60, 604_800),
    startGraceSeconds: whole(0, 86_400),
    confirmations: whole(0, 10_000),
    chainId: plain,
  }),
  p2pPort: port,
  peers: fc.oneof(
    fc.constant('none'),
    some({ maximum: whole(3, 8), minimum: whole(1, 3), config: path, rotate: fc.constant(false) }),
  ),
  dns: fc.record(
    {
      zone: name.map((host) => `${host}.internal`),
      pool: name.map((label) => `${label}x`),
      ttlSeconds: whole(1, 86_400),
    },
    { requiredKeys: ['zone'], noNullPrototype: true },
  ),
  dataMode: name,
  replace: some({
    rungs: fc.subarray(['restart', 'stop-start', 'swap', 'replace']),
    source: fc.constantFrom('snapshot', 'sibling'),
    initializationMiBps: whole(100, 300),
    launchTemplate: hex(17).map((id) => `lt-${id}`),
    subnets: fc.array(
      hex(17).map((id) => `subnet-${id}`),
      { maxLength: 3 },
    ),
    keepDays: whole(1, 90),
    autoScaling: fc.constantFrom('refuse', 'standby'),
    restartsPerDay: whole(1, 24),
    replacementsPerHour: whole(1, 5),
    replacementsPerDay: whole(5, 50),
    replacementsPerNode: whole(1, 10),
  }),
  snapshots: some({
    clean: some({ everyHours: whole(1, 720), keep: whole(2, 100), alone: fc.boolean(), poolFloor: whole(1, 50) }),
    everyHours: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24),
    keep: whole(1, 1000),
    shareWith: fc.record({ accounts: fc.constant(['111122223333']), kmsKeyArn: key, identityFree: fc.constant(true) }),
    copyTo: fc.record(
      { region: fc.constant('eu-central-1'), keepDays: whole(1, 1000), kmsKeyArn: key },
      { requiredKeys: ['region'], noNullPrototype: true },
    ),
  }),
});

/** Any fleet file that is right, of a chain that has defaults. */
export const anyFleetDocument = fc
  .tuple(
    fc.record({
      fleet: name,
      chain: fc.constantFrom(...Object.keys(chainDefaults)),
      mode: fc.constantFrom('plan', 'ask', 'act'),
      nodes: fc.record({ tag: tags, nameTag: tagWord }, { requiredKeys: ['tag'], noNullPrototype: true }),
    }),
    runtime,
    some({
      role: fc.oneof(
        role,
        fc.record(
          { tag: tagWord, values: fc.dictionary(tagWord, role, { minKeys: 1, maxKeys: 4, noNullPrototype: true }) },
          { requiredKeys: ['tag'], noNullPrototype: true },
        ),
      ),
      volumes,
      identity: fc.array(path, { maxLength: 4 }),
      disk: some({
        growAtPercent: whole(10, 99),
        horizonHours: whole(25, 8760),
        minimumStepPercent: whole(1, 400),
        maximumSizeGiB: whole(1, 65_536),
        maximumMonthlyIncreaseUsd: whole(0, 100_000),
        modificationsPerDay: whole(1, 3),
      }),
      owner: some({ acceptDrift: fc.boolean(), restartValidators: fc.boolean() }),
      breaker: some({ unhealthyPercent: whole(1, 50), unhealthyMinimum: whole(1, 50) }),
      ask: some({ expiresAfterHours: whole(1, 48) }),
      alarms: some({
        namePatterns: fc.array(
          tagWord.map((text) => `abc-*-${text.replaceAll(/[@+=]/g, '')}`),
          { maxLength: 4 },
        ),
        per: fc.constantFrom('node', 'fleet', 'auto'),
        // At least whatever `disk.growAtPercent` says.
        diskPercent: fc.constant(99),
      }),
    }),
    anyWatch,
  )
  .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>)
  .map((document) => (selectorsAreShort(document) ? document : { ...document, snapshots: undefined }))
  .map((document) => (donorsMayStop(document) ? document : withoutClean(document)))
  // As JSON, in which what is undefined is not there.
  .map((document) => JSON.parse(JSON.stringify(document)) as Record<string, unknown>);

/** Clean snapshots need nodes that may be stopped. */
const donorsMayStop = ({ role = 'unknown' }: Record<string, unknown>): boolean =>
  role !== 'validator' && role !== 'unknown';

function withoutClean({ snapshots, ...document }: Record<string, unknown>): Record<string, unknown> {
  return snapshots === undefined ? document : { ...document, snapshots: { ...snapshots, clean: undefined } };
}

/** Snapshots need selectors of one tag. */
function selectorsAreShort({ nodes, volumes = {} }: Record<string, unknown>): boolean {
  const { tag } = nodes as { tag: object };
  const own = Object.values(volumes as Record<string, string | { tag?: object }>).map((volume) =>
    typeof volume === 'object' ? (volume.tag ?? tag) : tag,
  );
  return [tag, ...own].every((tags) => Object.keys(tags).length === 1);
}
