// Runs each sandbox of a region as a process of its own: the folder that would be uploaded, AWS's defaults, real sockets.
import { spawn } from 'node:child_process';
import { closeSync, cpSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { WireGateway } from '../../local/simulator/gateway/http.ts';
import { type AccessKey, newAccessKey } from '../../local/simulator/gateway/keys.ts';
import { listen } from '../../local/simulator/gateway/server.ts';
import type { Sandbox, SandboxFunction } from '../../local/simulator/lambda-runtime/environment.ts';
import type { SandboxLocation } from '../../local/simulator/lambda-runtime/sandboxes.ts';
import { serveRuntimeApi } from './runtime-api.ts';

export interface AssetProcess extends Sandbox {
  readonly functionName: string;
  /** kill -9, from outside: the region learns of it by itself. */
  strike(): void;
}

export interface AssetProcesses {
  /** For `RegionOptions.sandbox`, of a region without guard in which no answer is lost: these time out in wall time. */
  readonly start: (place: SandboxLocation) => Sandbox;
  readonly started: readonly AssetProcess[];
  close(): void;
}

export function assetProcesses(): AssetProcesses {
  const folder = mkdtempSync(join(tmpdir(), 'chainmend-asset-'));
  const started: AssetProcess[] = [];
  const unpacked = new Map<string, string>();

  /** Far from this repository, so that nothing but the asset itself can be required. */
  const unpack = ({ code }: SandboxFunction): string => {
    const asset = dirname(code.path);
    const task = unpacked.get(asset) ?? join(folder, basename(asset));
    if (!unpacked.has(asset)) cpSync(asset, task, { recursive: true });
    unpacked.set(asset, task);
    return task;
  };

  return {
    started,
    start: (place) => {
      const sandbox = assetProcess(place, unpack(place.fn), join(folder, `clock-${started.length}`));
      started.push(sandbox);
      return sandbox;
    },
    close: () => {
      for (const sandbox of started) sandbox.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function assetProcess(place: SandboxLocation, task: string, clockFile: string): AssetProcess {
  const { fn, actor, clock, gateway } = place;
  const time = functionTime(place, clockFile);
  const ends: (() => void)[] = [];
  let dead = false;

  const boot = async () => {
    const key = newAccessKey();
    const server = await listen(time.delayed, {
      admissions: [{ ...key, caller: { actor, roleArn: fn.roleArn } }],
      nowMs: () => clock.now(),
      onDefect: (error) => clock.fail(error),
    });
    const runtime = await serveRuntimeApi(clock);
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--import', beside('runtime-clock.ts'), beside('runtime-client.ts')],
      {
        cwd: task,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...lambdaEnvironment(fn, task, key),
          AWS_LAMBDA_RUNTIME_API: runtime.address,
          AWS_ENDPOINT_URL: server.url,
          VIRTUAL_CLOCK: clockFile,
        },
      },
    );
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => place.log(text.trimEnd()));
    // No loss to a region that killed it itself: it knows no such sandbox any more.
    child.once('exit', () => gateway.kill(actor));
    ends.push(
      () => child.kill('SIGKILL'),
      () => runtime.close(),
      () => void server.close(),
    );
    if (dead) end();
    return { runtime, child };
  };
  const end = (): void => {
    for (const each of ends.splice(0)) each();
  };

  gateway.attach(actor, () => sandbox.kill());
  const booted = boot();
  booted.catch((error: unknown) => clock.fail(error));

  const sandbox: AssetProcess = {
    actor,
    functionName: fn.functionName,
    get dead() {
      return dead;
    },
    invoke: async (event, context) => {
      time.begin();
      const { runtime } = await booted;
      return runtime.invoke(event, context).finally(time.over);
    },
    strike: () => void booted.then(({ child }) => child.kill('SIGKILL')),
    kill: () => {
      if (dead) return;
      dead = true;
      gateway.detach(actor);
      time.close();
      end();
    },
  };
  return sandbox;
}

/** What a function does together shall be one instant of the region: as long as this, in wall time, more may come. */
const MORE_MAY_COME_MS = 4;

/** The region's time stands still while the function computes, that is, runs and waits for no answer; its clock follows. */
function functionTime({ clock, gateway }: SandboxLocation, clockFile: string) {
  const file = openSync(clockFile, 'w');
  let running = false;
  let unanswered = 0;
  let release = (): void => {};
  let later: NodeJS.Timeout | undefined;

  const computing = (): void => {
    writeSync(file, new Float64Array([clock.now()]), 0, Float64Array.BYTES_PER_ELEMENT, 0);
    release();
    release = clock.hold();
    waiting();
  };
  const waiting = (): void => {
    clearTimeout(later);
    if (unanswered > 0) later = setTimeout(() => release(), MORE_MAY_COME_MS);
  };
  const over = (): void => {
    running = false;
    clearTimeout(later);
    release();
  };
  const answered = (): void => {
    unanswered--;
    if (running) computing();
  };

  const delayed: WireGateway = {
    models: gateway.models,
    operationsOf: (service) => gateway.operationsOf(service),
    prepare: (...request) => gateway.prepare(...request),
    send: (request, caller, reply) => {
      unanswered++;
      waiting();
      gateway.send(request, caller, {
        ...reply,
        answer: (...rendered) => {
          answered();
          reply.answer(...rendered);
        },
        fail: (...refused) => {
          answered();
          reply.fail(...refused);
        },
      });
    },
  };
  return {
    delayed,
    begin: (): void => {
      running = true;
      computing();
    },
    over,
    close: (): void => {
      over();
      closeSync(file);
    },
  };
}

/** "Defined runtime environment variables" of Lambda; the key is good for the sandbox's own server alone. */
function lambdaEnvironment(
  { functionName, version, handler, environment, memoryMiB }: SandboxFunction,
  task: string,
  key: AccessKey,
) {
  return {
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_SESSION_TOKEN: 'local-region',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: task,
    _HANDLER: handler,
    HOME: task,
    TZ: ':UTC',
    ...environment,
  };
}

const beside = (file: string): string => join(import.meta.dirname, file);
