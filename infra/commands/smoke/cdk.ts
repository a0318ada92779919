// `cdk deploy` and `cdk destroy` of a stack with only the run's own fleets. Each runs in its own process, without a shell.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { repositoryRoot } from '../../paths.ts';
import { SmokeError } from '../errors.ts';
import type { Cdk, DeployRequest } from './context.ts';
import { ladderFleetText, smokeFleetText, vpcFleetText } from './fleet.ts';
import { SMOKE_TAG } from './names.ts';

/** The stack's literal name: infra/app.ts. */
export const STACK = 'Chainmend';
const CDK = join(repositoryRoot, 'node_modules/aws-cdk/bin/cdk');
const SAID_CHARACTERS = 4_000;

export const cdk: Cdk = {
  // The first deployment has no --import-existing-resources: existing resources belong to somebody else, and the run does not adopt them.
  deploy: (options) =>
    withFleets(fleetsOf(options), (fleets, out) =>
      cdkProcess([
        ...['deploy', STACK, '--require-approval', 'never', '--tags', `${SMOKE_TAG}=${options.run}`],
        ...(options.ladder ? ['--context', `nodeRoles=${options.ladder.role}`] : []),
        ...(options.isAgain ? ['--import-existing-resources'] : []),
        ...where(fleets, out),
      ]),
    ),
  destroy: (run) =>
    withFleets({ [run]: smokeFleetText(run) }, (fleets, out) =>
      cdkProcess(['destroy', STACK, '--force', ...where(fleets, out)]),
    ),
};

/** Texts of fleet files by the fleets' names. */
export function fleetsOf({ run, ladder }: DeployRequest): Readonly<Record<string, string>> {
  if (!ladder) return { [run]: smokeFleetText(run) };
  const inVpc = `${run}-vpc`;
  return { [run]: ladderFleetText(run), [inVpc]: vpcFleetText(inVpc, ladder.vpcId, ladder.subnetId) };
}

const where = (fleets: string, out: string): readonly string[] => [
  ...['--context', `fleets=${fleets}`, '--context', `bundles=${join(out, 'functions')}`],
  ...['--output', join(out, 'assembly'), '--progress', 'events', '--ci'],
];

async function withFleets(
  texts: Readonly<Record<string, string>>,
  work: (fleets: string, out: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'chainmend-smoke-'));
  try {
    const fleets = join(directory, 'fleets');
    await mkdir(fleets);
    for (const [name, text] of Object.entries(texts)) await writeFile(join(fleets, `${name}.yaml`), text);
    await work(fleets, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs in its own process group: this process handles Ctrl-C, and CloudFormation continues in any case. */
function cdkProcess(words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [CDK, ...words], {
    // The `node` of the path starts cdk.json's app. It must be this one, which strips types.
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}` },
    ...{ cwd: repositoryRoot, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      told = (told + text).slice(-SAID_CHARACTERS);
    });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => {
      if (code === 0) done();
      else fail(new SmokeError(`cdk ${words[0]} ended with ${signal ?? code}:\n${told.trim()}`));
    });
  });
}
