// The samples for `chain: other`: each is a right fleet file, and reads what its client's documentation says that it answers.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { clientOf } from '../../shared/probe/questions.ts';
import { answered, factsOf, failed } from '../fixtures/chain-answers.ts';
import { type OtherSample, otherSamples } from '../fixtures/other-answers.ts';

const directory = join(repositoryRoot, 'infra/fleet-samples');
const fleets = new Map(readFleets(directory).map(({ fleet }) => [fleet.name, fleet]));
const samples = Object.entries(otherSamples);

it('every sample has answers from its client’s documentation, and every answer a sample', () => {
  expect(readdirSync(directory)).toEqual([...samples.map(([name]) => `${name}.yaml`)].sort());
});

const asked = (name: string) => {
  const { rpc, chain } = fleets.get(name) as Fleet;
  if (rpc === undefined) throw new Error(`${name} has no RPC`);
  return { rpc, client: clientOf({ fleet: name, chain, rpc, stopGraceSeconds: 1 }) };
};

const facts = (name: string, { answers }: OtherSample, older?: { height: number; answer: unknown }) =>
  factsOf(asked(name).client.status(older === undefined ? [] : [older.height]), [
    ...answers.map((body) => answered(body)),
    ...(older === undefined ? [] : [answered(older.answer)]),
  ]);

it.each(samples)('%s is read as its client answers, with nothing missing', (name, sample) => {
  expect(facts(name, sample)).toMatchObject({ missing: [], ...sample.says });
});

it.each(samples.filter(([, { older }]) => older !== undefined))(
  '%s tells the hash of an older block, or has none',
  (name, sample) => {
    const { height, answer, hash, none } = sample.older as NonNullable<OtherSample['older']>;
    expect(facts(name, sample, { height, answer }).hashes).toContainEqual({ height, hash });
    expect(facts(name, sample, { height, answer: none }).hashes).not.toContainEqual(
      expect.objectContaining({ height }),
    );
  },
);

it.each(samples)('%s keeps its height where everything else is refused', (name, sample) => {
  const { rpc, client } = asked(name);
  const [head] = rpc.paths?.height.split('.') ?? [];
  const only = Object.keys(rpc.paths?.requests ?? {}).map((request, at) =>
    request === head ? answered(sample.answers[at]) : failed('refused'),
  );
  expect(factsOf(client.status(), only).height).toBe(sample.says.height);
});
