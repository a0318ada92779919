// Judges each heal of each node: from what was read, from AWS's word on calls that were not made, and by the rules that a heal asks itself. Pure.
import type { Fleet } from '../fleet/model.ts';
import type { ObservedNode } from '../fleet/observation.ts';
import type { BreakerReading } from '../guardrails/breaker.ts';
import type { Known } from '../guardrails/fleet-view.ts';
import { judgeMove, type MoveFacts } from '../guardrails/move.ts';
import { judgeClass, judgeZone } from '../guardrails/replace.ts';
import { reserveReplacement, reserveRestart } from '../guardrails/replace-budget.ts';
import { judgePauseTag } from '../guardrails/switches.ts';
import { blueGreenFault, judgeUpgrade, positionOf } from '../guardrails/upgrade.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import type { Rung } from '../model/rungs.ts';
import { donorOf } from '../snapshots/donor.ts';
import type { FleetFacts, NodeFacts } from './facts.ts';
import { type Answers, answered } from './judge-answer.ts';
import { judgeKeys } from './judge-key.ts';
import { roomsOf } from './judge-quotas.ts';
import { drillFindings, haltedIn, refused, scaleDownFindings, trialFindings, verbOff } from './judge-verbs.ts';
import { launchProblems } from './launch-facts.ts';
import { type Begun, lacksOf, type Told } from './preconditions.ts';
import { judgeShrink, judgeSpared } from './shrink.ts';
import { COLUMNS, type Column, type Finding, known, no, unknown, type Verdict, verdictOf } from './verdict.ts';
import { type NodePlan, templateKeyOf } from './wishes.ts';

export type NodeVerdicts = Readonly<Record<Column, Verdict>>;

interface Case {
  readonly facts: FleetFacts;
  readonly node: NodeFacts;
  readonly plan: NodePlan;
  readonly answers: Answers;
}

export function judgeNode(facts: FleetFacts, node: NodeFacts, plan: NodePlan, answers: Answers): NodeVerdicts {
  const about = { facts, node, plan, answers };
  const judged = COLUMNS.map((column) => [column, verdictIn(about, column)] as const);
  return Object.fromEntries(judged) as Record<Column, Verdict>;
}

function verdictIn(about: Case, column: Column): Verdict {
  const off = offReason(about, column);
  return off === null ? verdictOf([...everywhere(about), ...FINDINGS[column](about)]) : { is: 'off', why: off };
}

/** What the fleet's owner does not want, or what is never done: no trouble of anybody. */
function offReason({ facts, node: about }: Case, column: Column): string | null {
  const { fleet } = facts;
  const { node } = about;
  const isValidator = node.role === 'validator';
  switch (column) {
    case 'grow':
      return null;
    case 'snapshot':
      return fleet.cleanSnapshots === undefined && fleet.snapshots === undefined
        ? 'the fleet file asks for no snapshots'
        : null;
    case 'upgrade':
    case 'blue-green':
      if (wantedVersion(fleet) === undefined) return 'the fleet file names no versions (client.versions)';
      if (isValidator) return 'a validator is upgraded where a person names it, and never by another instance';
      return column === 'blue-green' ? blueGreenFault(fleet) : null;
    case 'shrink':
      if (isValidator) return 'the volume of a validator is never exchanged to save space';
      return fleet.volumes.length === 1 ? null : 'only the volume of a node that has one is made smaller';
    case 'scale-down':
    case 'drill':
    case 'roll-back':
    case 'prune':
      return verbOff(facts, about, column);
    default:
      break;
  }
  const rung = column === 'move' ? 'stop-start' : column;
  if (!fleet.replace.rungs.includes(rung)) return 'the fleet file leaves it out of replace.rungs';
  if (column === 'move' && fleet.replace.moveBeforeHours === 0 && fleet.typeBoost === undefined)
    return 'the fleet file asks for no move (replace.moveBeforeHours: 0)';
  if (!isValidator) return null;
  if (column === 'swap' || column === 'replace') return 'a validator is never given other data or another instance';
  return fleet.owner.restartValidators ? null : 'the fleet file does not say owner.restartValidators: true';
}

/** The one that a person would ask for: the newest that the fleet file names. */
const wantedVersion = ({ client }: Pick<Fleet, 'client'>): string | undefined => client?.versions.at(-1);

/** What every heal asks first. */
function everywhere({ facts, node: { node } }: Case): readonly Finding[] {
  const byTag = judgePauseTag(node.tags);
  const notRunning =
    node.state === 'running'
      ? []
      : [no('instance-stopped', `the instance is ${node.state}: a heal leaves it to whoever stopped it`)];
  return [...known(facts.paused, refused), ...refused(byTag), ...notRunning];
}

const FINDINGS: Readonly<Record<Column, (about: Case) => readonly Finding[]>> = {
  grow: (about) => [...ofAgent(about), ...ofGrowth(about), ...lacksIn(about, 'grow')],
  restart: (about) => [...ofAgent(about), ...ofClass(about, 'restart'), ...ofRestarts(about)],
  'stop-start': (about) => [...ofClass(about, 'stop-start'), ...ofPower(about, 'stop-start')],
  swap: (about) => [
    ...ofAgent(about),
    ...ofClass(about, 'swap'),
    ...ofReplacements(about),
    ...ofOtherData(about, 'swap'),
  ],
  replace: (about) => [...ofClass(about, 'replace'), ...ofReplacements(about), ...ofLaunch(about, 'replace')],
  snapshot: ofSnapshots,
  move: (about) => [
    ...ofAgent(about),
    ...ofSpared(about, (spared) => judgeMove({ ...spared, cause: IN_A_DAY(spared.nowMs) })),
    ...ofPower(about, 'move'),
  ],
  upgrade: (about) => [
    ...ofAgent(about),
    ...lacksIn(about, 'upgrade'),
    ...ofSpared(about, (spared) => judgeUpgrade({ ...spared, ...upgradeOf(about) })),
    ...ofOtherData(about, 'way-back'),
  ],
  'blue-green': (about) => [
    ...ofAgent(about),
    ...ofSpared(about, (spared) => judgeUpgrade({ ...spared, ...upgradeOf(about), isBlueGreen: true })),
    ...ofLaunch(about, 'blue-green'),
    ...ofVolumes(about),
    ...ofSources(about),
  ],
  shrink: (about) => [
    ...ofAgent(about),
    ...ofSpared(about, (spared) => smallerFault(about) ?? judgeSpared(spared)),
    ...ofOtherData(about, 'shrink'),
  ],
  'scale-down': (about) => [...lacksIn(about, 'scale-down'), ...scaleDownFindings(about.facts, about.node)],
  drill: (about) => [
    ...drillFindings(about.facts, about.node),
    ...lacksIn(about, 'drill'),
    ...ofVolumes(about),
    ...ofSet(about),
  ],
  'roll-back': (about) => [...ofAgent(about), ...trialFindings(about.facts, 'roll-back')],
  prune: (about) => [...ofAgent(about), ...trialFindings(about.facts, 'prune')],
};

/** An event of EC2 for which there is time. */
const IN_A_DAY = (nowMs: number): MoveFacts['cause'] => ({
  by: 'event',
  event: { code: 'system-maintenance', notBeforeMs: nowMs + 24 * 60 * 60_000 },
});

const upgradeOf = ({ facts }: Case) => ({
  to: wantedVersion(facts.fleet) ?? '',
  ...{ together: [], acknowledgesValidator: false, lastLines: [] },
});

/** Whatever size a person asks for: one GiB less shows what no size would mend. Its node tells whether the files fit when it is asked with the size. */
function smallerFault({ facts: { fleet }, node: { node, data } }: Case): Refusal | null {
  const [volume] = data.map((one) => one.volume);
  if (volume === undefined) return null;
  return judgeShrink({
    ...{ fleet, role: node.role, node: node.name, toGiB: volume.sizeGiB - 1 },
    ...{ found: [volume], rootVolumeId: null, seen: null },
  });
}

/** Its instance is stopped and started. */
const ofPower = (about: Case, heal: 'stop-start' | 'move'): readonly Finding[] => [
  ...lacksIn(about, heal),
  ...ofRestarts(about),
  ...answered(about, about.plan.stop),
  ...answered(about, about.plan.start),
  ...ofKeys(about, 'all'),
];

/** Volumes of other data take the place of its own. */
const ofOtherData = (about: Case, heal: 'swap' | 'way-back' | 'shrink'): readonly Finding[] => [
  ...lacksIn(about, heal),
  ...ofVolumes(about),
  ...ofSources(about),
  ...ofKeys(about, 'data'),
];

/** Another instance takes its place. */
const ofLaunch = (about: Case, heal: 'replace' | 'blue-green'): readonly Finding[] => [
  ...ofTemplate(about, heal),
  ...answered(about, about.plan.stop),
  ...ofKeys(about, 'data'),
];

type Spared = Omit<MoveFacts, 'cause'>;

/** Whether its fleet can spare it now, by what watch-fleet saw last. */
const ofSpared = ({ facts, node: { node } }: Case, judge: (spared: Spared) => Refusal | null): readonly Finding[] =>
  ofObserved(facts, (breaker, nodes) => {
    const { fleet, nowMs } = facts;
    const { role } = node;
    return refused(judge({ ...{ fleet, nowMs, node, role, nodes, breaker }, haltedSinceMs: haltedIn(facts) }));
  });

const ofObserved = (
  { breaker, observed, lookedAt }: FleetFacts,
  findingsOf: (breaker: BreakerReading, nodes: readonly ObservedNode[], lookedAt: Known<number>) => readonly Finding[],
): readonly Finding[] =>
  known(breaker, (reading) =>
    known(observed, (nodes) =>
      known(lookedAt, (at) =>
        at.kind === 'unknown' && at.sinceMs === null
          ? [unknown('not-observed', at.why)]
          : findingsOf(reading, nodes, at),
      ),
    ),
  );

const ofAgent = ({ node: { agent, command } }: Case): readonly Finding[] => [
  ...known(agent, refused),
  ...(command === undefined ? [] : known(command, (why) => (why === null ? [] : [no('command-failed', why)]))),
];

function ofGrowth(about: Case): readonly Finding[] {
  const { facts, node, plan } = about;
  // What could not be read would have decided.
  const unread = [node.volumes, node.record, node.modification, facts.addedUsd].flatMap((read) =>
    known<unknown>(read, () => []),
  );
  const decided = [...plan.growth.values()].flatMap((decision) =>
    // That it does not run is said of every heal.
    'refuse' in decision && decision.refuse !== 'instance-stopped' ? [no(decision.refuse, decision.reason)] : [],
  );
  return [
    ...unread,
    ...('unread' in node.volumes ? [] : decided),
    ...plan.modify.flatMap((wish) => answered(about, wish)),
  ];
}

function ofClass({ facts, node: { node } }: Case, rung: Rung): readonly Finding[] {
  const { fleet, breaker } = facts;
  return known(breaker, (reading) => {
    const isRestart = rung === 'restart' || rung === 'stop-start';
    const haltedSinceMs = haltedIn(facts);
    const refusal = judgeClass({
      class: isRestart ? 'restart' : 'replace',
      ...{ fleet, role: node.role, node, breaker: reading, haltedSinceMs },
      ...{ cause: 'unknown', manual: false, acknowledgesValidator: false },
    });
    return refused(refusal ?? (rung === 'stop-start' ? judgeZone(reading, node) : null));
  });
}

/** Of each instance EC2 is asked whether it would stop it. */
const ASKED_BY_A_DRY_RUN = { stopProtected: false } as const;

const DOCTOR_KEY = 'doctor';

function ofRestarts({ facts: { fleet, nowMs }, node: { node, restarts } }: Case): readonly Finding[] {
  return known(restarts, (record) => {
    const reserved = reserveRestart(record, { key: DOCTOR_KEY, node: node.name }, fleet.replace, nowMs);
    return 'refuse' in reserved ? refused(reserved) : [];
  });
}

function ofReplacements({ facts, node: { node } }: Case): readonly Finding[] {
  const { fleet, nowMs, replacements } = facts;
  return known(replacements, (record) => {
    const wanted = { key: DOCTOR_KEY, fleet: fleet.name, node: node.name, instanceId: node.instanceId, onsetMs: nowMs };
    const reserved = reserveReplacement(record, wanted, fleet.replace, nowMs);
    return 'refuse' in reserved ? refused(reserved) : [];
  });
}

/** A swap exchanges every data volume of the fleet file: each has to be known. */
const ofVolumes = ({ facts: { fleet }, node: { volumes, data } }: Case): readonly Finding[] =>
  known(volumes, () =>
    fleet.volumes
      .filter(({ role }) => !data.some((one) => one.role === role))
      .map(({ role, tags }) =>
        no('volume-unknown', `exactly one attached volume has to carry the tags of ${role}: ${pairsOf(tags)}`),
      ),
  );

const pairsOf = (tags: Readonly<Record<string, string>>): string =>
  Object.entries(tags)
    .map((tag) => tag.join('='))
    .join(' ');

const ofSources = (about: Case): readonly Finding[] =>
  about.plan.sibling !== null ? [] : [...ofSet(about), ...about.plan.create.flatMap((wish) => answered(about, wish))];

function ofSet(about: Case): readonly Finding[] {
  const { facts, plan } = about;
  return known(facts.sets, () => {
    if (plan.source !== null) return [];
    // A key that nothing can use is one cause: it is told of the volumes.
    if (plan.refused.length > 0 && plan.refused.every(({ why }) => why.includes(KEY_FAULT)) && hasUnusableKey(about))
      return [];
    return [no('no-good-snapshot', noSetWords(plan), { remedy: 'have one taken: docs/snapshots.md' })];
  });
}

/** Of shared/snapshots/ranking.ts. */
const KEY_FAULT = 'is encrypted with a key that cannot be used';

const hasUnusableKey = ({ facts: { keys }, node: { data } }: Case): boolean =>
  data.some(({ volume: { kmsKeyId } }) => {
    const usability = keys.get(kmsKeyId ?? '')?.usability;
    return usability !== undefined && 'value' in usability && 'unusable' in usability.value;
  });

const REASONS_SHOWN = 3;

function noSetWords({ refused: sets }: NodePlan): string {
  if (sets.length === 0) return 'there is no snapshot of its data volumes, and none of a sibling’s';
  const shown = sets.slice(0, REASONS_SHOWN).map(({ setId, why }) => `${setId}: ${why}`);
  const more = sets.length > REASONS_SHOWN ? `; and ${sets.length - REASONS_SHOWN} more` : '';
  return `no snapshot set is good if its trouble begins now. ${shown.join('; ')}${more}`;
}

function ofTemplate(about: Case, heal: 'replace' | 'blue-green'): readonly Finding[] {
  const { facts, node, plan } = about;
  const { launch } = facts;
  const lacks = lacksIn(about, heal);
  const key = templateKeyOf(facts, node);
  if (plan.launch === null || key === null || lacks.some(({ code }) => code === 'template-unfit')) return lacks;
  const templates = launch.templates.filter(({ template }) => template === key);
  const faults = launchProblems({ ...launch, templates, withoutTemplate: [] });
  return [
    ...lacks,
    ...faults.map((why) => no('template-unfit', why)),
    // What is wrong with the template is said already.
    ...(faults.length > 0 ? [] : answered(about, plan.launch)),
  ];
}

/** By the table of preconditions; what doctor does not read is not among them. */
const lacksIn = (about: Case, heal: Begun): readonly Finding[] =>
  lacksOf(heal, toldOf(about)).map(({ name, stops, ...finding }) => finding);

/** What doctor reads for the table, and when. */
export const READ_BY_DOCTOR: Readonly<Partial<Record<keyof Told, 'always' | 'with `--command`'>>> = {
  fleet: 'always',
  instance: 'always',
  ...{ owner: 'always', reach: 'always', rooms: 'always' },
  ...{ clients: 'with `--command`', upgraded: 'with `--command`' },
};

function toldOf({ facts, node: about, plan }: Case): Told {
  const { node, seen, owner, standbyFault } = about;
  const { fleet } = facts;
  const key = templateKeyOf(facts, about);
  const instance = { instanceId: node.instanceId, tags: node.tags, launchTemplate: key };
  const group =
    'unread' in standbyFault
      ? { standbyFault: null, groupUnread: standbyFault.unread }
      : { standbyFault: standbyFault.value };
  const unlooked = { unread: `the parts of ${key} were not looked at` };
  return {
    ...{ fleet, instance, rooms: roomsOf(facts, about, plan) },
    owner: { ...owner, ...ASKED_BY_A_DRY_RUN, ...group },
    ...(key !== null && plan.launch !== null && { reach: facts.outOfReach.get(key) ?? unlooked }),
    ...(seen && { clients: seen, upgraded: positionOf(fleet) }),
  };
}

function ofKeys({ facts, node }: Case, which: 'all' | 'data'): readonly Finding[] {
  if ('unread' in node.volumes) return [unknown('unread', node.volumes.unread)];
  const volumes = which === 'all' ? node.volumes.value : node.data.map(({ volume }) => volume);
  const ids = new Set(volumes.flatMap(({ kmsKeyId }) => kmsKeyId ?? []));
  return judgeKeys(
    [...ids].flatMap((id) => facts.keys.get(id) ?? []),
    facts.accountId,
  );
}

function ofSnapshots(about: Case): readonly Finding[] {
  const { facts, node, plan } = about;
  const { fleet, policies, nowMs } = facts;
  // Clean ones are a heal; what a lifecycle policy takes needs nothing of the node.
  if (fleet.cleanSnapshots === undefined)
    return known(policies, (found) => {
      const works = found.some(({ state }) => state === 'ENABLED');
      const why = found.map(({ policyId, state, statusMessage }) => `${policyId} is ${state} ${statusMessage}`.trim());
      return works ? [] : [no('snapshots-stopped', why.join('; ') || 'there is no lifecycle policy for its volumes')];
    });
  const donor = known(facts.sets, (sets) =>
    ofObserved(facts, (breaker, nodes, lookedAt) => {
      const found = donorOf({
        ...{ fleet, nodes, sets, breaker, nowMs },
        unobserved: lookedAt.kind === 'known' ? null : lookedAt.why,
        haltedSinceMs: haltedIn(facts),
        busy: new Map(),
        underWaySinceMs: null,
        failedMs: [],
        asked: { instanceId: node.node.instanceId },
      });
      return 'refuse' in found ? refused(found) : [];
    }),
  );
  const volumes = ofVolumes(about);
  return [
    ...ofAgent(about),
    ...lacksIn(about, 'snapshot'),
    ...donor,
    ...volumes,
    ...(volumes.length > 0 ? [] : answered(about, plan.snapshot)),
  ];
}
