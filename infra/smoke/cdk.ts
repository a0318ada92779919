// `cdk deploy` and `cdk destroy` of a stack with the run's own fleet and no other, each as a process of its own, without a shell.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { repositoryRoot } from '../paths.ts';
import { type Cdk, SmokeError } from './desk.ts';
import { smokeFleetText } from './fleet.ts';
import { SMOKE_TAG } from './names.ts';

/** Its literal name: infra/app.ts. */
export const STACK = 'Chainmend';
const CDK = join(repositoryRoot, 'node_modules/aws-cdk/bin/cdk');
const SAID_CHARACTERS = 4_000;

export const cdk: Cdk = {
  // Without --import-existing-resources: what is there already is somebody's, and is not taken over.
  deploy: (run) =>
    withFleet(run, (fleets, out) =>
      cdkProcess([
        'deploy',
        STACK,
        '--require-approval',
        'never',
        '--tags',
        `${SMOKE_TAG}=${run}`,
        ...where(fleets, out),
      ]),
    ),
  destroy: (run) => withFleet(run, (fleets, out) => cdkProcess(['destroy', STACK, '--force', ...where(fleets, out)])),
};

const where = (fleets: string, out: string): readonly string[] => [
  ...['--context', `fleets=${fleets}`, '--context', `bundles=${join(out, 'functions')}`],
  ...['--output', join(out, 'assembly'), '--progress', 'events', '--ci'],
];

async function withFleet(run: string, work: (fleets: string, out: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'chainmend-smoke-'));
  try {
    const fleets = join(directory, 'fleets');
    await mkdir(fleets);
    await writeFile(join(fleets, `${run}.yaml`), smokeFleetText(run));
    await work(fleets, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** In a group of its own: Ctrl-C is ours, and CloudFormation goes on in any case. */
function cdkProcess(words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [CDK, ...words], {
    // cdk.json's app is started by the `node` of the path: this one, which strips types.
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
