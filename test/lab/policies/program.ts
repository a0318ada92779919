// A policy that is any program: it gets the region's endpoint, and one line of JSON a minute. The region's time stands still while it computes.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { REGION_NAME, type Region } from '../../../local/region.ts';
import type { WireGateway } from '../../../local/simulator/gateway/http.ts';
import { newAccessKey } from '../../../local/simulator/gateway/keys.ts';
import { listen, type WireServer } from '../../../local/simulator/gateway/server.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import type { OwnAlarm } from './alarms.ts';
import { POLICY_ACTOR } from './hands.ts';

/** So long, in wall time, a program may take for a minute of the storm. */
const ANSWER_WITHIN_MS = 30_000;
/** Requests that a program sends together share one instant: for this long in wall time, more may arrive. */
const MORE_MAY_COME_MS = 4;
const LINE_CHARACTERS_MAX = 64 * 1024;
const SAID_LINES_MAX = 5;
const SAID_CHARACTERS_MAX = 300;

/** What a program is told at the beginning of a minute. */
export interface MinuteLine {
  /** "2026-01-01T12:01:00.000Z" */
  readonly now: string;
  readonly alarms: readonly OwnAlarm[];
}

export interface ProgramOptions {
  readonly command: readonly [string, ...string[]];
  readonly region: Region;
  /** The topic that people read. */
  readonly topicArn: string | undefined;
  readonly answerWithinMs?: number;
}

export class PolicyProgram {
  readonly #region: Region;
  readonly #child: ChildProcess;
  readonly #server: WireServer;
  readonly #answerWithinMs: number;
  readonly #said: string[] = [];
  /** Why it plays no part any more; undefined: it does. */
  #failure: string | undefined;
  /** Resolves the minute that waits for its answer. */
  #answered: (() => void) | undefined;
  #thinking: Thinking;

  /** @throws Error where the port cannot be had; a command that cannot be started is a failure, told by `failure` */
  static async start(options: ProgramOptions): Promise<PolicyProgram> {
    const { region } = options;
    const key = newAccessKey();
    const thinking = new Thinking(region);
    const server = await listen(thinking.gateway, {
      admissions: [{ ...key, caller: { actor: POLICY_ACTOR } }],
      nowMs: () => region.clock.now(),
      onDefect: (error) => region.clock.fail(error),
    });
    region.sqs.servedAt(server.url);
    return new PolicyProgram(options, server, thinking, {
      AWS_ENDPOINT_URL: server.url,
      AWS_REGION: REGION_NAME,
      AWS_DEFAULT_REGION: REGION_NAME,
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    });
  }

  private constructor(
    { command: [file, ...words], region, topicArn, answerWithinMs = ANSWER_WITHIN_MS }: ProgramOptions,
    server: WireServer,
    thinking: Thinking,
    access: Readonly<Record<string, string>>,
  ) {
    this.#region = region;
    this.#server = server;
    this.#thinking = thinking;
    this.#answerWithinMs = answerWithinMs;
    const { PATH, HOME, LANG } = process.env;
    this.#child = spawn(file, words, {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Nothing of the person who starts it: no profile, no credentials, no metadata of a real instance.
      env: {
        ...{ PATH, HOME, LANG, ...access },
        ...{
          AWS_CONFIG_FILE: '/dev/null',
          AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
          AWS_EC2_METADATA_DISABLED: 'true',
        },
        ...(topicArn !== undefined && { PAGES_TOPIC_ARN: topicArn }),
      },
    });
    this.#child.on('error', (error) => this.#fails(`it could not be started: ${error.message}`));
    this.#child.on('exit', (code, signal) => this.#fails(`it ended with ${signal ?? code}`));
    // A program that has ended reads nothing more: its end is told already.
    this.#child.stdin?.on('error', () => {});
    this.#lines(this.#child.stdout, () => this.#answered?.());
    this.#lines(this.#child.stderr, (line) => {
      this.#said.push(plainText(line).slice(0, SAID_CHARACTERS_MAX));
      this.#said.splice(0, Math.max(0, this.#said.length - SAID_LINES_MAX));
    });
  }

  /** Why it plays no part any more, with its last words; undefined: it does. */
  get failure(): string | undefined {
    return this.#failure === undefined ? undefined : [this.#failure, ...this.#said].join('; ');
  }

  /** Tells it of a minute, serves what it asks for, and returns when it is done with it. The clock must not run meanwhile. */
  async minute(line: MinuteLine, untilMs: number): Promise<void> {
    if (this.#failure !== undefined) return;
    let isDone = false;
    const patience = setTimeout(
      () => this.#fails(`it gave no answer within ${this.#answerWithinMs / 1_000} s`),
      this.#answerWithinMs,
    );
    this.#thinking.begin();
    this.#answered = () => {
      isDone = true;
      this.#thinking.over();
    };
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
    try {
      await this.#region.clock.run({ until: () => isDone, untilMs });
    } finally {
      clearTimeout(patience);
      this.#answered = undefined;
      this.#thinking.over();
    }
  }

  async end(): Promise<void> {
    this.#failure ??= 'the storm is over';
    this.#child.kill('SIGKILL');
    await this.#server.close();
  }

  #fails(why: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = why;
    this.#child.kill('SIGKILL');
    this.#answered?.();
  }

  #lines(stream: NodeJS.ReadableStream | null, heard: (line: string) => void): void {
    if (!stream) return;
    let unended = 0;
    stream.on('data', (chunk: Buffer) => {
      const lineEnds = chunk.lastIndexOf(10);
      unended = lineEnds < 0 ? unended + chunk.length : chunk.length - lineEnds - 1;
      if (unended > LINE_CHARACTERS_MAX) this.#fails(`it wrote a line of more than ${LINE_CHARACTERS_MAX} characters`);
    });
    createInterface({ input: stream }).on('line', heard);
  }
}

/** The region's time stands still while a program computes, that is, in its minute while none of its requests waits for an answer. */
class Thinking {
  readonly gateway: WireGateway;
  readonly #region: Region;
  #isOn = false;
  #unanswered = 0;
  #release = (): void => {};
  #later: NodeJS.Timeout | undefined;

  constructor(region: Region) {
    this.#region = region;
    const { gateway } = region;
    this.gateway = {
      models: gateway.models,
      operationsOf: (service) => gateway.operationsOf(service),
      prepare: (...request) => gateway.prepare(...request),
      send: (request, caller, reply) => {
        this.#unanswered++;
        this.#wait();
        gateway.send(request, caller, {
          ...reply,
          answer: (...rendered) => {
            this.#answered();
            reply.answer(...rendered);
          },
          fail: (...refused) => {
            this.#answered();
            reply.fail(...refused);
          },
        });
      },
    };
  }

  begin(): void {
    this.#isOn = true;
    this.#compute();
  }

  over(): void {
    this.#isOn = false;
    clearTimeout(this.#later);
    this.#release();
  }

  #answered(): void {
    this.#unanswered--;
    if (this.#isOn) this.#compute();
  }

  #compute(): void {
    this.#release();
    this.#release = this.#region.clock.hold();
    this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#later);
    if (this.#unanswered > 0) this.#later = setTimeout(() => this.#release(), MORE_MAY_COME_MS);
  }
}
