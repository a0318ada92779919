// Mode ask: a yes has an effect, no question is asked twice, and nobody is told that a node is well that is not there.

import { Forgotten } from '../forgotten.ts';
import { operationIn } from '../hands.ts';
import { isWanting, namesNode, type Page, pagesOf } from '../pages.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { isGone, type SeenNode } from '../seen-nodes.ts';
import { isSick } from '../troubles.ts';

const MINUTE_MS = 60_000;
/** From a yes to what it is for, or to the next question: attempts follow each other within an hour (docs/decisions.md, "Waits"). */
const EFFECT_MS = 75 * MINUTE_MS;
/** A message whose answer was lost is sent twice; a sweep that died has its messages sent by the one after the next. */
const ONE_MESSAGE_MS = 5 * MINUTE_MS;
/** The node is another one after that: the same words ask for something else. */
const WELL_MS = 10 * MINUTE_MS;
const QUESTION = 'approval-wanted';
/** What says only that a yes did not count. */
const NO_EFFECT: ReadonlySet<string> = new Set(['approval-exceeded', QUESTION]);
/** What keeps every act from a node: said again after the yes, it says why nothing was done. */
const HINDERS: ReadonlySet<string> = new Set(['clock-ahead', 'agent-too-old', 'node-silent']);
/** It says of one node that nothing is begun, and that the same holds for every other one: who reads it after the question knows why a yes waits. */
const OF_EVERY_NODE = 'breaker-open';
const CHANGES =
  /^(StopInstances|StartInstances|RebootInstances|TerminateInstances|RunInstances|CreateVolume|CopyVolumes|AttachVolume|DetachVolume|ModifyVolume|CreateSnapshots?)$/;

interface Yes {
  readonly node: SeenNode;
  readonly question: Page;
  readonly atMs: number;
}

/** A question about one node that a plan is shown with. */
const isQuestion = (page: Page): boolean => page.code === QUESTION && page.severity === 'page' && page.terms !== '';

export const aYesHasAnEffect: MakeRule = (scene, say) => {
  const newPages = pagesOf(scene);
  let questions: Page[] = [];
  const waiting = new Map<SeenNode, Yes>();
  /** When people last read that the breaker of a fleet is open. */
  const broken = new Map<string, number>();
  const read = (): void => {
    for (const page of newPages()) {
      if (page.code === OF_EVERY_NODE && isWanting(page)) broken.set(page.fleet, page.atMs);
      for (const [node, yes] of waiting) {
        const isAnother = isQuestion(page) && page.terms !== yes.question.terms;
        const isNew = page.severity !== 'again' || HINDERS.has(page.code);
        if (namesNode(page, node) && (isAnother || (isNew && !NO_EFFECT.has(page.code)))) waiting.delete(node);
      }
      if (isQuestion(page) && scene.nodeNamed(page.fleet, page.node))
        questions = [...questions, page].slice(-QUESTIONS_MAX);
    }
  };
  return {
    person({ kind, plan, atMs }) {
      if (kind !== 'approve' || plan === undefined) return;
      read();
      const question = questions.findLast(({ text }) => text.includes(plan));
      const node = question && scene.nodeNamed(question.fleet, question.node);
      if (!question || !node || atMs - question.atMs > (scene.ceilings(node.fleet)?.askMs ?? 0)) return;
      say.matters();
      waiting.set(node, { node, question, atMs });
    },
    act(act) {
      const { DocumentName = '' } = act.input as { readonly DocumentName?: string };
      const isCommand = act.operation === 'SendCommand' && operationIn(DocumentName) !== undefined;
      if (isCommand || CHANGES.test(act.operation)) for (const node of scene.nodesOf(act)) waiting.delete(node);
    },
    look(nowMs) {
      read();
      for (const { node, question, atMs } of waiting.values()) {
        // What a yes was for is over, or is held by what people have said since.
        const isHeld = scene.pausedSince(node.fleet, node) !== undefined || scene.mode(node.fleet)?.mode === 'plan';
        const isTold = (broken.get(node.fleet) ?? Number.NEGATIVE_INFINITY) >= question.atMs;
        if (!isSick(node.trouble) || isHeld || isTold || isTaken(scene, node)) waiting.delete(node);
        if (nowMs - atMs < EFFECT_MS || !waiting.delete(node)) continue;
        say.broken(
          node.subject,
          `A person said yes at ${iso(atMs)} to ${question.terms.slice(0, 160)}: nothing was done, and nothing else was asked.`,
        );
      }
    },
  };
};

const QUESTIONS_MAX = 1_000;

/** Its instance is gone, or a person has stopped it: there is nothing to do a yes to. */
function isTaken(scene: Scene, node: SeenNode): boolean {
  const present = scene.present(node);
  return present === undefined || scene.down.get(present.instanceId)?.by === 'person';
}

export const noQuestionTwice: MakeRule = (scene, say) => {
  const newPages = pagesOf(scene);
  const asked = new Map<SeenNode, Page[]>();
  const wellSince = new Map<SeenNode, number>();
  const answers: number[] = [];
  const forgotten = new Forgotten();
  return {
    person(act) {
      forgotten.hear(act);
      if (act.kind === 'reject') answers.push(act.atMs);
    },
    look(nowMs) {
      for (const node of scene.nodes) {
        if (node.trouble !== undefined) wellSince.delete(node);
        else if (!wellSince.has(node)) wellSince.set(node, nowMs);
        // What was asked of a node that was well since asks of another trouble now.
        if (nowMs - (wellSince.get(node) ?? nowMs) > WELL_MS) asked.delete(node);
      }
      for (const page of newPages()) {
        const node = isQuestion(page) ? scene.nodeNamed(page.fleet, page.node) : undefined;
        if (!node) continue;
        say.matters();
        const before = asked.get(node) ?? [];
        const same = before.findLast(({ terms, atMs }) => terms === page.terms && !forgotten.has(atMs, page.atMs));
        asked.set(node, [...before, page].slice(-QUESTIONS_MAX));
        const askMs = scene.ceilings(node.fleet)?.askMs ?? 0;
        // What nobody has answered in time is asked again; and so is what a person has said no to, once its time is over.
        if (same === undefined || page.atMs - same.atMs >= askMs || page.atMs - same.atMs < ONE_MESSAGE_MS) continue;
        if (answers.some((atMs) => atMs > same.atMs && atMs < page.atMs)) continue;
        say.broken(node.subject, `Asked at ${iso(same.atMs)} and again: ${page.terms.slice(0, 160)}.`, page.atMs);
      }
    },
  };
};

/** "node2 is well without a heal" */
const SAYS_WELL = /\b(is|are) well\b/;

export const onlyWhoIsThereIsWell: MakeRule = (scene, say) => {
  const newPages = pagesOf(scene);
  return {
    look() {
      for (const page of newPages()) {
        if (isWanting(page)) continue;
        const node = scene.nodeNamed(page.fleet, page.node);
        if (!node || !SAYS_WELL.test(page.sentence)) continue;
        say.matters();
        const present = scene.present(node);
        if (present !== undefined && !isGone(present) && present.state === 'running') continue;
        say.broken(
          node.subject,
          `"${page.sentence.slice(0, 120)}", and its instance is ${present?.state ?? 'gone'}.`,
          page.atMs,
        );
      }
    },
  };
};

const iso = (atMs: number): string => new Date(atMs).toISOString();
