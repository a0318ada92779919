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
);
const stopGraceSeconds = whole(1, 3600);
const graced = fc.tuple(unit, some({ stopGraceSeconds })).map(([runtime, grace]) => ({ ...runtime, ...grace }));
const runtime = fc.oneof(
  graced,
  some({ stopGraceSeconds }),
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
      alarms: fc.record({
        namePatterns: fc.array(
          tagWord.map((text) => `abc-*-${text.replaceAll(/[@+=]/g, '')}`),
          { maxLength: 4 },
        ),
      }),
      dns: fc.record({ zone: fc.tuple(name, name).map(([host]) => `${host}.internal`) }),
    }),
  )
  .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>);
