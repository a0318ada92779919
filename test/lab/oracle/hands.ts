// Whose hand was at a client: the commands that ours have sent to its machine and that were at work at a moment.
import type { Region } from '../../../local/region.ts';
import type { CallRecord } from '../../../local/simulator/trace.ts';

/** Names of the functions' sandboxes: "chainmend-replace-node/3". */
const OURS = 'chainmend-';

export const isOurs = (actor: string): boolean => actor.startsWith(OURS);

/** "chainmend-replace-node/3" → "chainmend-replace-node" */
export const functionOf = (actor: string): string => actor.split('/')[0] ?? actor;

/** The commands that stop, start or exchange something on a node ("commands on a node", docs/decisions.md). */
const TOUCHING = [
  'restart-client',
  'stop-client',
  'start-client',
  'swap-volumes',
  'grow-filesystem',
  'write-config',
  'change-peers',
] as const;
export type Operation = (typeof TOUCHING)[number];

/** What a healer does on a node by other means than Run Command, which no request to AWS shows: a kubelet starts a container again. */
export interface Touch {
  readonly instanceId: string;
  readonly operation: Operation;
  readonly actor: string;
  readonly atMs: number;
}

export interface SentCommand {
  readonly operation: Operation;
  readonly documentName: string;
  readonly actor: string;
  readonly atMs: number;
  /** It tells the client to run as another version. */
  readonly isSwitch?: true;
}

/** A command that has not begun is void after two minutes, and may run for two hours and a half (docs/decisions.md, "Waits"). */
const LASTS_MS_MAX = (2 + 150 + 2) * 60_000;
/** Run Command shows a new invocation after some seconds. */
const HIDDEN_MS = 5 * 60_000;
const SENT_MAX = 500;
/** A touch has its effect at once. */
const TOUCH_MS = 5_000;
const PAGES_MAX = 20;

export const operationIn = (documentName: string): Operation | undefined => {
  const name = /^chainmend-(.+)-[^-]+$/.exec(documentName)?.[1];
  return TOUCHING.find((operation) => operation === name);
};

const UNDER_WAY: ReadonlySet<string> = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling']);

interface Invoked {
  readonly DocumentName?: string;
  readonly Status?: string;
  readonly RequestedDateTime?: Date;
  readonly CommandPlugins?: readonly {
    readonly ResponseStartDateTime?: Date;
    readonly ResponseFinishDateTime?: Date;
  }[];
}

export class Hands {
  readonly #region: Region;
  readonly #sent = new Map<string, SentCommand[]>();
  readonly #touched = new Map<string, Touch>();

  constructor(region: Region) {
    this.#region = region;
  }

  /** @param record a SendCommand of ours that was carried out */
  sent({ input, actor, at }: CallRecord): void {
    const {
      DocumentName = '',
      InstanceIds = [],
      Parameters = {},
    } = input as {
      readonly DocumentName?: string;
      readonly InstanceIds?: readonly string[];
      readonly Parameters?: Readonly<Record<string, readonly string[] | undefined>>;
    };
    const isSwitch = Parameters['Only']?.[0] === 'switch' ? ({ isSwitch: true } as const) : {};
    const operation = operationIn(DocumentName);
    if (!operation) return;
    for (const instanceId of InstanceIds) {
      const commands = this.#sent.get(instanceId) ?? [];
      commands.push({ operation, documentName: DocumentName, actor, atMs: at, ...isSwitch });
      this.#sent.set(instanceId, commands.slice(-SENT_MAX));
    }
  }

  /** Right before it is done. */
  touches(touch: Touch): void {
    this.#touched.set(touch.instanceId, touch);
  }

  /** When ours last sent a command to this machine that touches its client; undefined: never. */
  lastSentMs(instanceId: string, beforeMs = Number.POSITIVE_INFINITY): number | undefined {
    return this.#sent.get(instanceId)?.findLast(({ atMs }) => atMs < beforeMs)?.atMs;
  }

  /** The latest command of ours that was at work on the machine at this moment. */
  atWork(instanceId: string, atMs: number): Pick<SentCommand, 'operation' | 'actor' | 'isSwitch'> | undefined {
    const touch = this.#touched.get(instanceId);
    if (touch && atMs >= touch.atMs && atMs - touch.atMs < TOUCH_MS) return touch;
    const recent = (this.#sent.get(instanceId) ?? []).filter(
      (sent) => sent.atMs <= atMs && sent.atMs > atMs - LASTS_MS_MAX,
    );
    if (recent.length === 0) return undefined;
    const shown = this.#invocations(instanceId, atMs - LASTS_MS_MAX);
    return recent.findLast((sent) => {
      const one = shown.find(
        ({ DocumentName, RequestedDateTime }) =>
          DocumentName === sent.documentName && RequestedDateTime?.getTime() === sent.atMs,
      );
      if (!one) return sent.atMs > atMs - HIDDEN_MS;
      const { ResponseStartDateTime: begunAt, ResponseFinishDateTime: endedAt } = one.CommandPlugins?.[0] ?? {};
      // On its way to the node it has done nothing there yet.
      if (begunAt === undefined ? UNDER_WAY.has(one.Status ?? '') : begunAt.getTime() > atMs) return false;
      // What Systems Manager has given up may still run on the node.
      return one.Status !== 'Success' || endedAt === undefined || endedAt.getTime() >= atMs;
    });
  }

  /** Whether a command of ours is on its way to the machine, or at work on it, as far as Systems Manager says. */
  isBusy(instanceId: string, atMs: number): boolean {
    const sent = (this.#sent.get(instanceId) ?? []).filter((one) => one.atMs > atMs - LASTS_MS_MAX);
    if (sent.length === 0) return false;
    const shown = this.#invocations(instanceId, atMs - LASTS_MS_MAX);
    return sent.some((one) => {
      const found = shown.find(
        ({ DocumentName, RequestedDateTime }) =>
          DocumentName === one.documentName && RequestedDateTime?.getTime() === one.atMs,
      );
      return found ? UNDER_WAY.has(found.Status ?? '') : one.atMs > atMs - HIDDEN_MS;
    });
  }

  #invocations(instanceId: string, fromMs: number): readonly Invoked[] {
    const list = this.#region.ssm.operations['ListCommandInvocations'];
    const found: Invoked[] = [];
    let NextToken: string | undefined;
    for (let page = 0; list && page < PAGES_MAX; page++) {
      const input = {
        ...{ InstanceId: instanceId, Details: true, MaxResults: 50 },
        Filters: [{ key: 'InvokedAfter', value: new Date(fromMs).toISOString() }],
        ...(NextToken !== undefined && { NextToken }),
      };
      const answer = list(input, { at: this.#region.clock.now(), actor: 'judge' }) as {
        readonly CommandInvocations?: readonly Invoked[];
        readonly NextToken?: string;
      };
      found.push(...(answer.CommandInvocations ?? []));
      NextToken = answer.NextToken;
      if (NextToken === undefined) break;
    }
    return found;
  }
}
