// Each promise, and what judges it.

import { actsAreCounted } from './promises/acts-are-counted.ts';
import { attemptsEnd } from './promises/attempts-end.ts';
import { billIsBounded } from './promises/bill-is-bounded.ts';
import { dataAreKept } from './promises/data-are-kept.ts';
import { drillsLeaveNothing, drillsStayApart } from './promises/drills.ts';
import { fewAtOnce } from './promises/few-at-once.ts';
import { foreignRecordsStay } from './promises/foreign-records-stay.ts';
import { foreignThingsStay } from './promises/foreign-things-stay.ts';
import { growthIsBounded } from './promises/growth-is-bounded.ts';
import { healedOrTold } from './promises/healed-or-told.ts';
import { noUncleanDetach } from './promises/no-unclean-detach.ts';
import { askWaits, pauseHolds, planTouchesNothing } from './promises/nothing-begins.ts';
import { nothingHalfDone } from './promises/nothing-half-done.ts';
import { oneFleetANode } from './promises/one-fleet-a-node.ts';
import { oneIdentity } from './promises/one-identity.ts';
import { oneOfTwoVersions } from './promises/one-of-two-versions.ts';
import { onePageACause } from './promises/one-page-a-cause.ts';
import { onlyTheSick } from './promises/only-the-sick.ts';
import { ownersDecide } from './promises/owners-decide.ts';
import { pagesAreTrue } from './promises/pages-are-true.ts';
import { poolServes } from './promises/pool-serves.ts';
import { aYesHasAnEffect, noQuestionTwice, onlyWhoIsThereIsWell } from './promises/questions.ts';
import { repetitionsAreBounded } from './promises/repetitions-are-bounded.ts';
import { signingStateForward } from './promises/signing-state-forward.ts';
import { snapshotsAreClean } from './promises/snapshots-are-clean.ts';
import { stoppedStaysStopped } from './promises/stopped-stays-stopped.ts';
import { stopsAreShort } from './promises/stops-are-short.ts';
import { textIsClean } from './promises/text-is-clean.ts';
import { upgradesInOrder } from './promises/upgrades-in-order.ts';
import { validatorsStayHome } from './promises/validators-stay-home.ts';
import { whatComesOffComesBack } from './promises/what-comes-off-comes-back.ts';
import { whatIsToldBinds } from './promises/what-is-told-binds.ts';
import type { PromiseName } from './promises.ts';
import type { MakeRule } from './rule.ts';

export const RULES: Readonly<Record<PromiseName, MakeRule>> = {
  'stopped-stays-stopped': stoppedStaysStopped,
  'only-the-sick': onlyTheSick,
  'owners-decide': ownersDecide,
  'healed-or-told': healedOrTold,
  'attempts-end': attemptsEnd,
  'nothing-half-done': nothingHalfDone,
  'what-comes-off-comes-back': whatComesOffComesBack,
  'one-page-a-cause': onePageACause,
  'repetitions-are-bounded': repetitionsAreBounded,
  'acts-are-counted': actsAreCounted,
  'few-at-once': fewAtOnce,
  'pool-serves': poolServes,
  'foreign-things-stay': foreignThingsStay,
  'foreign-records-stay': foreignRecordsStay,
  'one-identity': oneIdentity,
  'signing-state-forward': signingStateForward,
  'bill-is-bounded': billIsBounded,
  'growth-is-bounded': growthIsBounded,
  'pause-holds': pauseHolds,
  'plan-touches-nothing': planTouchesNothing,
  'ask-waits': askWaits,
  'text-is-clean': textIsClean,
  'data-are-kept': dataAreKept,
  'no-unclean-detach': noUncleanDetach,
  'snapshots-are-clean': snapshotsAreClean,
  'validators-stay-home': validatorsStayHome,
  'upgrades-in-order': upgradesInOrder,
  'one-of-two-versions': oneOfTwoVersions,
  'drills-stay-apart': drillsStayApart,
  'drills-leave-nothing': drillsLeaveNothing,
  'stops-are-short': stopsAreShort,
  'what-is-told-binds': whatIsToldBinds,
  'pages-are-true': pagesAreTrue,
  'one-fleet-a-node': oneFleetANode,
  'a-yes-has-an-effect': aYesHasAnEffect,
  'no-question-twice': noQuestionTwice,
  'only-who-is-there-is-well': onlyWhoIsThereIsWell,
};
