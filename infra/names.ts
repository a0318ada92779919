// The literal names of a suite. People type them, functions get them by environment, and policies restrict by them.
import { misnamed, suiteOf } from '../shared/model/suite.ts';
import { InputError } from './input-error.ts';

export type Names = ReturnType<typeof namesOf>;
export type FunctionName = keyof Names['functions'];

/** All names of one suite. @param suite how they begin: `chainmend`, `payments-chainmend` (shared/model/suite.ts) */
export function namesOf(suite: string) {
  const functions = {
    dispatchHeal: `${suite}-dispatch-heal`,
    resizeVolume: `${suite}-resize-volume`,
    registerNodes: `${suite}-register-nodes`,
    watchFleet: `${suite}-watch-fleet`,
    rotatePeers: `${suite}-rotate-peers`,
    replaceNode: `${suite}-replace-node`,
    snapshotNode: `${suite}-snapshot-node`,
    auditSnapshots: `${suite}-audit-snapshots`,
    planSnapshots: `${suite}-plan-snapshots`,
    markRoot: `${suite}-mark-root`,
    pruneRetired: `${suite}-prune-retired`,
    seedGroups: `${suite}-seed-groups`,
    checkReadiness: `${suite}-check-readiness`,
    watchReleases: `${suite}-watch-releases`,
    relayPages: `${suite}-relay-pages`,
  } as const;
  return {
    suite,
    functions,
    /**
     * The durable functions, each behind an alias. The other functions may read the state of an execution, because any of them can meet its lease on a
     * node.
     */
    heals: [functions.resizeVolume, functions.replaceNode, functions.snapshotNode] as const,
    /** One function for each VPC: the VPC's id follows the prefix. */
    probeNodesPrefix: `${suite}-probe-nodes-`,
    parameterPrefix: `/${suite}`,
    /** Incidents, leases and the journal. */
    tableName: suite,
    /**
     * Namespace of the metrics that the suite publishes. `Sweeps` counts the completed sweeps, `BrokenFleetFiles` the fleet files that they could not
     * read.
     */
    metricNamespace: suite,
    /**
     * Alarms of nodes have names `chainmend-…`, and the dispatcher listens to them. Alarms on the suite itself must not reach it, so their names start
     * otherwise.
     */
    nodeAlarmPrefix: `${suite}-`,
    suiteAlarmPrefix: `${suite}/`,
    /** The topic of the pages. */
    topicName: `${suite}-pages`,
  };
}

/** Executions are started through this alias only: unqualified, a replay could run on other code. */
export const liveAlias = 'live';

/** How the name of a function ends, which is the folder of its bundle: `dispatch-heal`. */
export const purposeOf = (functionName: string): string => functionName.replace(/^(?:[a-z0-9-]+-)?chainmend-/, '');

/** @param given the word by which a person gave it: "-c name" @throws InputError */
export function suiteNamed(name: string | undefined, given: string): string {
  const wrong = name === undefined ? null : misnamed(name);
  if (wrong !== null) throw new InputError(`${given} is ${JSON.stringify(name)}, ${wrong}`);
  return suiteOf(name);
}

/** The suite that a person's command is about: the environment names it. */
export const commandNames = (from = process.env): Names =>
  namesOf(suiteNamed(from['CHAINMEND_NAME'] || undefined, 'CHAINMEND_NAME'));
