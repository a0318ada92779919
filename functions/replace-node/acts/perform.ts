// Performs one act: what is only decided is written down, what is made is made under guards, and what is learnt is kept for successors.
import { orRefused } from '../../../shared/aws/refused.ts';
import { classOf } from '../../../shared/guardrails/replace.ts';
import {
  reserveReplacement,
  reserveRestart,
  takeTurn,
  unreserveReplacement,
  unreserveRestart,
  writeReplacementProof,
} from '../../../shared/heal/budgets.ts';
import { changeNode } from '../../../shared/heal/claim.ts';
import { guardAgain } from '../../../shared/heal/guard.ts';
import { hold } from '../../../shared/heal/kept-snapshots.ts';
import type { ReplaceMemory } from '../../../shared/heal/memory.ts';
import { noteProgress } from '../../../shared/heal/progress.ts';
import { stepper } from '../../../shared/heal/steps.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import { sentenceOfUnmarked } from '../../../shared/snapshots/marks.ts';
import { intending, phaseOf, takesDown } from '../intending.ts';
import { learn } from '../learn.ts';
import type { Act, Result } from '../model.ts';
import type { Course } from '../tools.ts';
import { isUnspent } from '../unspent.ts';
import { mutate, type Scene } from './act.ts';
import { clearOne, invoke } from './clearing.ts';
import { type CommandAct, order } from './commands.ts';
import { dropMachine, join, leave, standBy, startOne, stopOne } from './instances.ts';
import { launchOne } from './launch.ts';
import { shelfOf, whoseOf } from './put-away.ts';
import { attachOne, createOne, detachOne, dropCopy, keepVolumes } from './volumes.ts';

export interface Performed {
  readonly result: Result;
  readonly course: Course;
  readonly memory: ReplaceMemory | null;
}

/** @param memory null only before the node was ever asked */
export async function perform(
  scene: Scene,
  act: Exclude<Act, { readonly do: 'end' }>,
  before: ReplaceMemory | null,
  course: Course,
): Promise<Performed> {
  const memory = before && (await intend(scene, act, before));
  if (memory === 'lost') return { result: { is: 'lost' }, course, memory: before };
  const { result, course: after } = await carryOut(scene, act, memory, course);
  if (result.is === 'refused' || result.is === 'lost') return { result, course: after, memory };
  const base = act.do === 'begin' ? act.memory : memory;
  if (!base) return { result, course: after, memory };
  const learnt = act.do === 'begin' ? base : learn(base, act, result);
  const kept =
    act.do === 'wait' && memory?.waitingSinceMs === learnt.waitingSinceMs
      ? { written: true }
      : await keep(scene, learnt, 'note');
  if ('lost' in kept) return { result: { is: 'lost' }, course: after, memory: learnt };
  // Written down first: whoever goes on with a rung has it reserved still.
  if (before?.rung && isUnspent(before, act, result, learnt)) await giveBack(scene, learnt, before.rung);
  return { result, course: after, memory: learnt };
}

/** Before a call without a token, and before the client may be down, it is written what is about to happen. */
async function intend(scene: Scene, act: Act, memory: ReplaceMemory): Promise<ReplaceMemory | 'lost'> {
  const probe = intending(memory, act, 0);
  if (act.do === 'wait' || (probe.intent === memory.intent && !takesDown(act))) return memory;
  const atMs = await stepper(scene.ctx, scene.place)('intending', async () => Date.now());
  const intended = intending(memory, act, atMs);
  return 'lost' in (await keep(scene, intended, 'keep')) ? 'lost' : intended;
}

/** Written where any successor finds it. */
function keep({ ctx, tools, holder, place }: Scene, memory: ReplaceMemory, name: string) {
  const { incidentId } = tools.payload;
  return stepper(ctx, place)(name, () =>
    changeNode(tools, holder, (node) => ({
      ...node,
      operation: { kind: 'replace', phase: phaseOf(memory), incidentId, memory },
    })),
  );
}

type Carried = { readonly result: Result; readonly course: Course };

async function carryOut(
  scene: Scene,
  act: Exclude<Act, { readonly do: 'end' }>,
  memory: ReplaceMemory | null,
  course: Course,
): Promise<Carried> {
  if (isCommand(act)) return order(scene, act, memory, course);
  return { result: await onAws(scene, act, memory), course };
}

const isCommand = (act: Act): act is CommandAct =>
  ['inspect', 'restart', 'check', 'swap', 'mask-old', 'take-over', 'mask-young', 'start-old'].includes(act.do);

async function onAws(
  scene: Scene,
  act: Exclude<Act, CommandAct | { readonly do: 'end' }>,
  memory: ReplaceMemory | null,
): Promise<Result> {
  if (act.do === 'begin') return decided(scene, beganWith(act.memory), act.memory.found);
  if (!memory) throw new Error(`${act.do} before anything is known of the node`);
  const { found, machine } = memory;
  const instanceOf = (which: 'old' | 'young'): string =>
    which === 'old' ? found.instanceId : (machine?.instanceId ?? '');
  switch (act.do) {
    case 'wait':
      return waited(scene, act);
    case 'take-rung':
      return takeRung(scene, memory, act.rung, act.reason);
    case 'fail-rung':
      return decided(scene, `${memory.rung} did not help: ${act.reason}`, { rung: memory.rung });
    case 'skip-rung':
      return decided(scene, `${act.rung} is not begun: ${act.reason}`, { rung: act.rung });
    case 'choose':
      return decided(scene, `copy ${act.reason}`, act.copy);
    case 'give-up-copy':
      return decided(scene, `${memory.copy?.source} is given up: ${act.blame.reason}`, act.blame);
    case 'plan-machine':
      return decided(scene, `another instance, in ${act.machine.subnetId}: ${act.reason}`, act.machine);
    case 'masked':
      return decided(scene, 'the new instance is up, its client is masked');
    case 'fenced':
      return decided(
        scene,
        act.by === 'acknowledgement'
          ? 'the old client is masked'
          : 'the old instance is stopped and has no root volume: its client cannot run',
      );
    case 'give-up-machine':
      return decided(scene, `the new instance is given up: ${act.reason}`);
    case 'prove':
      return prove(scene, memory, act.reason);
    case 'hold':
      return holdSupply(scene, act);
    case 'stop-instance':
      return stopOne(scene, instanceOf(act.which), act.reason);
    case 'start-instance':
      return startOne(scene, found.instanceId, act.reason);
    case 'create':
      return createOne(scene, memory, act);
    case 'attach':
      return attachOne(scene, instanceOf(act.which), act);
    case 'detach':
      return detachOne(scene, memory, instanceOf(act.which), act);
    case 'leave-pool':
      return leavePool(scene);
    case 'standby':
      return standBy(scene, act.group, found.instanceId);
    case 'drop-copy':
      return dropCopy(scene, memory);
    case 'launch':
      return launchOne(scene, memory, act.reason);
    case 'keep-volumes':
      return keepVolumes(scene, memory);
    case 'join':
      return join(scene, memory);
    case 'leave':
      return leave(scene, memory);
    case 'drop-machine':
      return dropMachine(scene, memory);
    case 'clear':
      return clearOne(scene, memory, act);
  }
}

/** What one snapshot cannot be given keeps neither the others from being held, nor the rung from being climbed. */
function holdSupply(scene: Scene, { snapshots, notUsed }: Extract<Act, { readonly do: 'hold' }>): Promise<Result> {
  const { tools } = scene;
  const held =
    snapshots.length === 0 ? 'no snapshot is held' : 'no retention takes these snapshots away while the incident lasts';
  return mutate(scene, {
    act: `CreateTags ${snapshots.map(({ snapshotId }) => snapshotId).join(' ')}`.trim(),
    sentence: [held, ...notUsed].join('; '),
    bookkeeping: true,
    bestEffort: true,
    call: async () => {
      const unmarked = await hold(shelfOf(tools), whoseOf(tools), snapshots, Date.now());
      const count = snapshots.length - unmarked.length;
      return { said: unmarked.length === 0 ? `${count} held` : `${count} held; ${sentenceOfUnmarked(unmarked)}` };
    },
  });
}

const beganWith = ({ found }: ReplaceMemory): string =>
  `found: ${found.volumes.map(({ role, volumeId, sizeGiB }) => `${role} ${volumeId} of ${sizeGiB} GiB`).join(', ') || 'no volume that can be told'}; client ${found.client}${found.height === null ? '' : `; height ${found.height}, ${found.lagBlocks} behind`}`;

async function decided({ ctx, tools, place }: Scene, sentence: string, evidence?: unknown): Promise<Result> {
  return stepper(ctx, place)('decided', async () => {
    await tools.journal(`${place}-decision`, {
      atMs: Date.now(),
      kind: 'decision',
      sentence,
      ...(evidence !== undefined && { evidence }),
    });
    return { is: 'done', atMs: Date.now() } as const;
  });
}

async function waited(
  { ctx, tools, holder, place }: Scene,
  { seconds, progress }: Extract<Act, { readonly do: 'wait' }>,
): Promise<Result> {
  const atMs = await stepper(ctx, place)('waiting', async () => {
    const nowMs = Date.now();
    if (progress) await noteProgress(tools, holder, { ...progress, atMs: nowMs }, place);
    return nowMs;
  });
  await ctx.wait(`${place}-wait`, { seconds });
  return { is: 'done', atMs };
}

/** The fleet's turn and the budgets come before the first act of a rung; a rung that has them already has them still. */
async function takeRung(
  { ctx, tools, place }: Scene,
  memory: ReplaceMemory,
  rung: Rung,
  reason: string,
): Promise<Result> {
  return stepper(ctx, place)('take-rung', async (): Promise<Result> => {
    const guarded = await guardAgain(tools);
    if ('refuse' in guarded) return { is: 'refused', refusal: guarded };
    const { incidentId, want } = tools.payload;
    const nowMs = Date.now();
    const key = keyOf(incidentId, memory, rung);
    const reserved =
      want.do === 'undo'
        ? await takeTurn(tools)
        : classOf(rung) === 'restart'
          ? await reserveRestart(tools, guarded.fleet, key, nowMs)
          : await reserveReplacement(tools, guarded.fleet, key, nowMs);
    if ('refuse' in reserved) return { is: 'refused', refusal: reserved };
    await tools.journal(`${place}-decision`, {
      atMs: nowMs,
      kind: 'decision',
      sentence: `${rung}: ${reason}`,
      evidence: { rung },
      fields: { rung, reason },
    });
    return { is: 'done', atMs: nowMs };
  });
}

/** A rung that did nothing is none of the restarts and replacements that are counted. */
const giveBack = ({ ctx, tools, place }: Scene, memory: ReplaceMemory, rung: Rung): Promise<void> =>
  stepper(ctx, place)('give-back', () => {
    const key = keyOf(tools.payload.incidentId, memory, rung);
    return classOf(rung) === 'restart' ? unreserveRestart(tools, key) : unreserveReplacement(tools, key);
  });

/** A flap keeps its incident, and a second swap is one more. */
const keyOf = (incidentId: string, { beganAtMs }: ReplaceMemory, rung: Rung): string =>
  `${incidentId}-${beganAtMs.toString(36)}-${rung}`;

async function prove({ ctx, tools, place }: Scene, memory: ReplaceMemory, reason: string): Promise<Result> {
  return stepper(ctx, place)('prove', async (): Promise<Result> => {
    const nowMs = Date.now();
    const { rung } = memory;
    if (rung !== null && classOf(rung) === 'replace')
      await writeReplacementProof(tools, keyOf(tools.payload.incidentId, memory, rung), nowMs);
    await tools.journal(`${place}-decision`, {
      atMs: nowMs,
      kind: 'decision',
      sentence: `it follows its chain again: ${reason}`,
      evidence: { rung },
      fields: { rung, proved: true },
    });
    return { is: 'done', atMs: nowMs };
  });
}

/** Resolvers forget an address when its record's time is over. */
const AFTER_TTL_SECONDS = 5;

async function leavePool(scene: Scene): Promise<Result> {
  const { ctx, tools, place } = scene;
  const left = await stepper(ctx, place)('leave-pool', async () => {
    const guarded = await guardAgain(tools);
    if ('refuse' in guarded) return guarded;
    await tools.journal(`${place}-intent`, {
      atMs: Date.now(),
      kind: 'intent',
      sentence: 'it leaves the pool first',
      act: 'Invoke register-nodes',
    });
    const asked = await orRefused(async () => {
      await invoke(tools, tools.environment.REGISTER_NODES_FUNCTION, { kind: 'reconcile', fleet: tools.payload.fleet });
      return { accepted: true } as const;
    });
    return { ttlSeconds: guarded.fleet.dns?.ttlSeconds ?? 0, ...asked };
  });
  if ('refuse' in left) return { is: 'refused', refusal: left };
  await ctx.wait(`${place}-wait`, { seconds: left.ttlSeconds + AFTER_TTL_SECONDS });
  const atMs = await stepper(ctx, place)('now', async () => Date.now());
  // That it could not be asked for takes nothing from what the heal is for: a record that outlives the stop by its minutes is told of.
  const failed =
    'refused' in left ? `${left.refused}; its names follow with the next run of register-nodes` : undefined;
  const sentence = failed === undefined ? 'asked for, and resolvers have forgotten it' : `failed: ${failed}`;
  const fields = failed === undefined ? ({ status: 'done' } as const) : ({ status: 'failed', reason: failed } as const);
  await stepper(ctx, place)('result', () =>
    tools.journal(`${place}-result`, { atMs, kind: 'result', sentence, act: 'Invoke register-nodes', fields }),
  );
  return 'refused' in left ? { is: 'failed', atMs, reason: left.refused } : { is: 'done', atMs };
}
