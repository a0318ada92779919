// The rules whose failure does the most harm. Each has the smallest change that breaks it and the suites of `npm test` that must notice.
// `npm run mutants` tries them; test/lab/mutants/mutants.test.ts checks that the list fits the code.

/** A rule, and the change that breaks it. */
interface Broken {
  /** The rule, as a sentence; unique. */
  readonly name: string;
  /** The text that the mutant replaces; it occurs exactly once in the file of the rule. As short as that allows, because code moves. */
  readonly find: string;
  /** The replacement: the file still parses and runs. */
  readonly replace: string;
  /** Suites that must each fail by an assertion, as `npm test` runs them: "shared/heal/lease" is test/shared/heal/lease.test.ts. */
  readonly caughtBy: readonly string[];
}

export interface Mutant extends Broken {
  /** The path from the root of the checkout. */
  readonly file: string;
}

export const suiteFile = (suite: string): string => `test/${suite}.test.ts`;

/** The text of the mutant's file with the rule broken, or why the mutant does not fit it. */
export function mutated(
  { file, find, replace }: Mutant,
  text: string,
): { readonly text: string } | { readonly fault: string } {
  const [before = '', after, ...more] = text.split(find);
  if (after === undefined || more.length > 0) {
    const times = after === undefined ? 'does not stand there' : `stands there ${more.length + 1} times`;
    return { fault: `its text ${times}, expected once in ${file}: ${find}` };
  }
  return find === replace ? { fault: 'it changes nothing' } : { text: `${before}${replace}${after}` };
}

const RULES: Readonly<Record<string, readonly Broken[]>> = {
  'infra/constructs/documents.ts': [
    {
      name: 'an update keeps the documents that a running heal still sends',
      find: '.applyRemovalPolicy(RemovalPolicy.RETAIN)',
      replace: '.applyRemovalPolicy(RemovalPolicy.DESTROY)',
      caughtBy: ['infra/stack'],
    },
  ],
  'infra/constructs/durable-heal.ts': [
    {
      name: 'an update keeps the version of a function on which a heal runs',
      find: 'currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN }',
      replace: 'currentVersionOptions: { removalPolicy: RemovalPolicy.DESTROY }',
      caughtBy: ['infra/stack'],
    },
  ],
  'functions/snapshot-node/acts.ts': [
    {
      name: 'a donor that somebody stopped first is not started',
      find: "if (answer.fault === 'person') return",
      replace: "if (answer.fault === 'person' && answer.reason === '') return",
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
  ],
  'shared/reconcile/guard.ts': [
    {
      name: 'a plan is carried out only in mode act, or with a yes',
      find: "if (!putsBack && now.mode !== 'act' && !(now.mode === 'ask' && approved))",
      replace: 'if (now.mode === undefined)',
      caughtBy: ['shared/reconcile/reconcile'],
    },
  ],
  'shared/text/plain-text.ts': [
    {
      name: 'no character that nobody sees reaches people',
      find: "read.replace(UNSEEN, ' ')",
      replace: 'read',
      caughtBy: ['shared/text/plain-text'],
    },
  ],
  'shared/readiness/shrink.ts': [
    {
      name: 'no disk of what may sign is made smaller',
      find: "if (role === 'validator' || role === 'unknown')",
      replace: "if (role === ('' as Role))",
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'a disk is not made smaller than its files need',
      find: 'if (usedBytes <= mostGiB * GIB) return null;',
      replace: 'if (usedBytes >= 0) return null;',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'a disk is not made so small that it would be grown at once',
      find: 'disk.growAtPercent - BELOW_GROWTH_PERCENT',
      replace: '100',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'a shrink makes no disk larger',
      find: 'toGiB >= sizeGiB',
      replace: 'toGiB < 0',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'a node with several data volumes gets no smaller one',
      find: 'fleet.volumes.length !== 1',
      replace: 'fleet.volumes.length === 0',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'what is not one EBS volume with a filesystem of its own is not made smaller',
      find: 'seen !== null && (volume',
      replace: 'seen === undefined && (volume',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'a shrink copies xfs and ext4 alone',
      find: "mounted.filesystem !== 'xfs' && mounted.filesystem !== 'ext4'",
      replace: "mounted.filesystem === ''",
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'no node gets a smaller disk while another one is unwell',
      find: 'judgeSelf({ node, nodes }) ?? judgeOthers({ node, nodes, breaker })',
      replace: 'judgeSelf({ node, nodes })',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'the pool keeps its floor while a node gets a smaller disk',
      find: 'policy.alone || remain >= policy.poolFloor',
      replace: 'policy.alone || remain >= 0',
      caughtBy: ['shared/readiness/shrink'],
    },
  ],
  'functions/dispatch-heal/upgrade-batch.ts': [
    {
      name: 'no two nodes of different zones go over at once',
      find: "one.role === 'follower' && one.availabilityZone === next.availabilityZone",
      replace: "one.role === 'follower'",
      caughtBy: ['functions/dispatch-heal/upgrade-batch'],
    },
    {
      name: 'a sentry or a bootnode goes over alone',
      find: " || next.role !== 'follower'",
      replace: '',
      caughtBy: ['functions/dispatch-heal/upgrade-batch'],
    },
    {
      name: 'no more go over at once than the fleet’s share of restarts',
      find: 'shareOf(nodes.length, breaker.restartPercent),',
      replace: '',
      caughtBy: ['functions/dispatch-heal/upgrade-batch'],
    },
    {
      name: 'the pool keeps its floor while several go over',
      find: 'nodes.filter(isInPool).length - (cleanSnapshots?.poolFloor ?? POOL_FLOOR),',
      replace: '',
      caughtBy: ['functions/dispatch-heal/upgrade-batch'],
    },
    {
      name: 'no more go over at once than the breaker takes',
      find: 'Math.max(breaker.unhealthyMinimum, shareOf(nodes.length, breaker.unhealthyPercent)),',
      replace: '',
      caughtBy: ['functions/dispatch-heal/upgrade-batch'],
    },
  ],
  'functions/make-network/identity.ts': [
    {
      name: 'the keys of a node are for one volume, and given to no other',
      find: 'if (known.volumeId !== Volume)',
      replace: 'if (known.volumeId === "")',
      caughtBy: ['functions/make-network/make'],
    },
    {
      name: 'the validators of a network are those of its genesis',
      find: 'if (there.join() === now.join()) return chain',
      replace: 'if (there.length >= 0) return chain',
      caughtBy: ['functions/make-network/make'],
    },
  ],
  'shared/node-commands/first-boot.ts': [
    {
      name: 'only who makes blocks is told to fetch the key of one',
      find: "const makes = role === 'validator';",
      replace: "const makes = role !== 'sentry';",
      caughtBy: ['infra/network'],
    },
  ],
  'functions/make-network/clique/chain.ts': [
    {
      name: 'a genesis of clique is made once, whatever the file says later of its blocks',
      find: 'config.clique.period === periodSeconds',
      replace: 'config.clique.period > 0',
      caughtBy: ['functions/make-network/make'],
    },
    {
      name: 'a genesis of clique is made once, whatever the file says later of its accounts',
      find: '...(isSame(there, now) ? [] :',
      replace: "...(typeof isSame === 'function' ? [] :",
      caughtBy: ['functions/make-network/make'],
    },
    {
      name: 'nobody takes the accounts of a genesis of clique for others',
      find: 'makersKeys: extraData',
      replace: 'makersKeys: extraData.slice(0, 2)',
      caughtBy: ['functions/make-network/make'],
    },
  ],
  'functions/make-network/clique/genesis.ts': [
    {
      name: 'the sealers stand in ascending order',
      find: 'sealers.toSorted()',
      replace: 'sealers',
      caughtBy: ['functions/make-network/clique'],
    },
  ],
  'functions/make-network/clique/keys.ts': [
    {
      name: 'an address is the end of the hash of a public key',
      find: '.subarray(-ADDRESS_BYTES)',
      replace: '.subarray(0, ADDRESS_BYTES)',
      caughtBy: ['functions/make-network/clique'],
    },
  ],
  'functions/make-network/make.ts': [
    {
      name: 'keys that are there are found and never made a second time',
      find: 'const known = isNew ? made.known :',
      replace: 'const known = isNew || made ? made.known :',
      caughtBy: ['functions/make-network/make'],
    },
  ],
  'infra/constructs/network.ts': [
    {
      name: 'a node of a network reads its own keys alone',
      find: 'resources: [secretOf(scope, suite, fleet, node), ',
      replace: "resources: [secretOf(scope, suite, fleet, '*'), ",
      caughtBy: ['infra/network'],
    },
  ],
  'infra/constructs/node-fleet.ts': [
    {
      name: 'the role of a validator is passed on to no other instance',
      find: "networkRoleOf(network, name) !== 'validator')",
      replace: "networkRoleOf(network, name) !== 'unknown')",
      caughtBy: ['infra/network'],
    },
  ],
  'shared/heal/trials.ts': [
    {
      name: 'a command that was tried before the file was changed is not shown as tried',
      find: 'trial?.command === command ? trial : undefined',
      replace: 'trial',
      caughtBy: ['shared/heal/trials'],
    },
    {
      name: 'a command that came through on no copy lately is not shown as used',
      find: 'isUsed: why === null',
      replace: 'isUsed: trial !== undefined',
      caughtBy: ['shared/heal/trials'],
    },
  ],
  'shared/chains/chain-id.ts': [
    {
      name: 'a chain is the same one in capital letters and in small ones: its snapshots are not quarantined for it',
      find: 'one.toLowerCase() === other.toLowerCase()',
      replace: 'one === other',
      caughtBy: ['functions/audit-snapshots/judge', 'functions/replace-node/beside', 'shared/snapshots/good'],
    },
  ],
  'functions/audit-snapshots/judge.ts': [
    {
      name: 'a reindex has no longer on a copy than its fleet file says',
      find: 'endsAtMs: Math.min(endsAtMs, (drill.reindexedAtMs',
      replace: 'endsAtMs: Math.max(endsAtMs, (drill.reindexedAtMs',
      caughtBy: ['functions/audit-snapshots/judge'],
    },
    {
      name: 'a client that syncs from the first block has not opened the copy that it was given',
      find: '(input.whose && withoutData(climb, set.height, chain))',
      replace: 'null',
      caughtBy: ['functions/audit-snapshots/copies'],
    },
    {
      name: 'a heal goes before a drill, also before a good ending',
      find: 'if (way !== null) return',
      replace: "if (way !== null && heard.is !== 'facts') return",
      caughtBy: ['functions/audit-snapshots/judge'],
    },
    {
      name: 'data with other blocks than the fleet and its references have are found out',
      find: 'common.hash !== theirs.hash',
      replace: 'common.height > theirs.height',
      caughtBy: ['functions/audit-snapshots/judge'],
    },
    {
      name: 'a set is verified only with a block of its own to compare',
      find: 'health.behindBlocks && tellsOneOf(status, [chain.canonical, asked])',
      replace: 'health.behindBlocks && (status.hashes.length === 0 || tellsOneOf(status, [chain.canonical, asked]))',
      caughtBy: ['functions/audit-snapshots/judge'],
    },
    {
      name: 'a set is not blamed for a client that never got a block',
      find: 'isOfData: gained > 0',
      replace: 'isOfData: gained >= 0',
      caughtBy: ['functions/audit-snapshots/judge'],
    },
  ],
  'shared/readiness/drill.ts': [
    {
      name: 'a drill imitates a follower only: no second copy of a validator, nor of what may be one',
      find: "if (role === 'follower') return null;",
      replace: "if (role !== 'sentry') return null;",
      caughtBy: ['functions/audit-snapshots/judge'],
    },
    {
      name: 'the dollars of a month are a limit',
      find: 'spentIn(record, nowMs) >= leastUsd',
      replace: 'spentIn(record, nowMs) >= -leastUsd',
      caughtBy: ['functions/audit-snapshots/judge'],
    },
  ],
  'functions/watch-fleet/missing.ts': [
    {
      name: 'an empty match is a loss only where EC2 shows that an instance has ended',
      find: "if (seen.includes('terminated')) return 'lost';",
      replace: "if (seen.length > 0) return 'lost';",
      caughtBy: ['functions/watch-fleet/missing'],
    },
    {
      name: 'a mark of what heals set aside is explained by a heal alone',
      find: "(isHealed && seen.includes('outside'))",
      replace: "seen.includes('outside')",
      caughtBy: ['functions/watch-fleet/missing'],
    },
    {
      name: 'who had lost its tags before it ended is no loss',
      find: 'isUntold(gone) ? (fates.get(gone.instanceId) ?? gone.went) : gone.went;',
      replace: 'fates.get(gone.instanceId) ?? gone.went;',
      caughtBy: ['functions/watch-fleet/missing'],
    },
    {
      name: 'an instance that goes before it was synced is not missed: the node whose name it had is',
      find: 'flatMap(({ instanceId, followedBy = instanceId }) => [instanceId, followedBy])',
      replace: 'flatMap(({ instanceId }) => [instanceId])',
      caughtBy: ['functions/watch-fleet/missing'],
    },
    {
      name: 'a node is followed for good by an instance that was seen synced',
      find: 'return synced.has(followedBy) ? [] : ',
      replace: 'return synced.has(followedBy) && false ? [] : ',
      caughtBy: ['functions/watch-fleet/missing'],
    },
    {
      name: 'a fleet is being made only while all of its nodes are young',
      find: 'nodes.every(({ launchedAtMs })',
      replace: 'nodes.some(({ launchedAtMs })',
      caughtBy: ['functions/watch-fleet/missing'],
    },
  ],
  'functions/replace-node/person.ts': [
    {
      name: 'a silent node is left to the person who has stopped its client before',
      find: 'stops && saidStopped ?',
      replace: 'stops && !saidStopped ?',
      caughtBy: ['functions/replace-node/first'],
    },
    {
      name: 'a client that was told to end was stopped by a person',
      find: "return { refuse: 'client-stopped', reason, ...later };",
      replace: 'return null;',
      caughtBy: ['functions/replace-node/begin'],
    },
    {
      name: 'a client that another heal has left stopped is not taken for one that a person has stopped',
      find: 'leftStopped === true || ',
      replace: '',
      caughtBy: ['functions/replace-node/begin'],
    },
    {
      name: 'a client is not taken for stopped while the first boot that brings it still runs',
      find: "if (stops && isDown && seen.cloudInit === 'running')",
      replace: "if (stops && isDown && seen.cloudInit === 'error')",
      caughtBy: ['functions/replace-node/begin'],
    },
  ],
  'shared/heal/put-back.ts': [
    {
      name: 'an undo brings back only what a heal has written down that it kept of the node',
      find: 'record.node === node',
      replace: "node !== ''",
      caughtBy: ['functions/replace-node/sources', 'infra/commands/heal/heal-cli'],
    },
    {
      name: 'an undo that has nothing to put back is refused at the desk',
      find: "refuse: 'nothing-to-undo', reason: NOTHING_KEPT, page: false",
      replace: "refuse: 'busy', reason: NOTHING_KEPT, page: false",
      caughtBy: ['infra/commands/heal/heal-cli'],
    },
  ],
  'infra/commands/consent.ts': [
    {
      name: 'nothing that asks is begun where nobody can be asked',
      find: 'if (!yes && !confirm) throw new NeedsYesError(what, rowOf(verb).looks);',
      replace: 'if (false) throw new NeedsYesError(what, rowOf(verb).looks);',
      caughtBy: ['infra/commands/verb-table'],
    },
  ],
  'infra/commands/fleets/effects.ts': [
    {
      name: 'a push that matches other nodes is asked about',
      find: 'return came.length + left.length + turned.length > 0;',
      replace: 'return came.length + left.length + turned.length > 100;',
      caughtBy: ['infra/commands/fleets/fleet-cli'],
    },
  ],
  'shared/heal/notify.ts': [
    {
      name: 'a page of several nodes has no command that undoes what is done to one',
      find: "undoes(text('trigger'), code) && !isOfMany(node)",
      replace: "undoes(text('trigger'), code) && isOfMany('fleet')",
      caughtBy: ['shared/heal/page'],
    },
    {
      name: 'a name that is no word for a shell is in no command to paste',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code.
      find: '&& PASTEABLE.test(`${fleet}/${node}`)',
      replace: "&& fleet !== ''",
      caughtBy: ['shared/heal/page'],
    },
  ],
  'functions/audit-snapshots/decide.ts': [
    {
      name: 'what a drill has left is removed before anything else',
      find: "if (facts.record.current !== null) return { do: 'adopt'",
      replace: "if (facts.record.current === undefined) return { do: 'adopt'",
      caughtBy: ['functions/audit-snapshots/decide'],
    },
    {
      name: 'in mode plan a drill is only told',
      find: "if (about.mode === 'act' || approved) return { do: 'begin'",
      replace: "if (about.mode !== 'ask' || approved) return { do: 'begin'",
      caughtBy: ['functions/audit-snapshots/decide'],
    },
    {
      name: 'a roll-back is tried only on a copy that is proved, and before it goes',
      find: 'if (from.trial?.isDone === false) {',
      replace: 'if (from.trial?.isDone === true) {',
      caughtBy: ['functions/audit-snapshots/decide'],
    },
  ],
  'functions/seed-groups/scale.ts': [
    {
      name: 'scaling: a pause of the member is read again right before it is ended',
      find: "if (step.do !== 'set-aside' && step.do !== 'end-member') return undefined;",
      replace: "if (step.do !== 'raise') return undefined;",
      caughtBy: ['functions/seed-groups/scale-guard'],
    },
  ],
  'functions/replace-node/ladder.ts': [
    {
      name: 'a rung that the fleet file leaves out is not climbed',
      find: 'fleet.replace.rungs.some((one) => one === rung),',
      replace: 'fleet.replace.rungs.length > 0,',
      caughtBy: ['functions/replace-node/ladder'],
    },
    {
      name: 'a person who asks for another instance gets no other data with it',
      find: "want.do === 'heal' && !gone && before",
      replace: '!gone && before',
      caughtBy: ['lab/explorers/ladder'],
    },
    {
      name: 'another instance is made once more, and not again and again',
      find: 'before.length >= (isAgain ? INSTANCES_AT_MOST : 1)',
      replace: 'before.length >= (isAgain ? 9 : 1)',
      caughtBy: ['lab/explorers/ladder'],
    },
    {
      name: 'another instance is made once more only where the data were the trouble',
      find: ' && before.every(({ badData }) => badData !== undefined)',
      replace: '',
      caughtBy: ['lab/explorers/ladder'],
    },
    {
      name: 'a terminated node is made again once: no original gets its data back meanwhile',
      find: ' && !gone',
      replace: '',
      caughtBy: ['functions/replace-node/ladder'],
    },
  ],
  'functions/audit-snapshots/acts.ts': [
    {
      name: 'what a client has read is asked before a command of the owner’s reads more',
      find: 'return from.drill.learns && from.trial === null ?',
      replace: 'return from.drill.learns && from.trial !== null ?',
      caughtBy: ['functions/audit-snapshots/decide'],
    },
    {
      name: 'a roll-back that nobody answered is not sent to the copy again',
      find: 'result.isLate ? again(from, result) : unproved(from, result.failed, false)',
      replace: 'again(from, result)',
      caughtBy: ['functions/audit-snapshots/decide'],
    },
    {
      name: 'what data that were built again take on a copy is measured',
      find: " || from.trial?.of === 'reindex';",
      replace: ';',
      caughtBy: ['functions/audit-snapshots/decide'],
    },
  ],
  'functions/audit-snapshots/commands.ts': [
    {
      name: 'a drill opens data without the keys of the node that they are of',
      find: 'scrub: fleet.identityPaths,',
      replace: 'scrub: [],',
      caughtBy: ['local/scenarios/protected'],
    },
  ],
  'functions/audit-snapshots/progress.ts': [
    {
      name: 'what an attempt before has found is the answer to the incident that asked',
      find: 'isInherited: drill.verdict === null || drill.incidentId !== incidentId',
      replace: 'isInherited: drill.verdict === null || drill.incidentId === incidentId',
      caughtBy: ['functions/audit-snapshots/decide'],
    },
    {
      name: 'what comes of a roll-back is no word on the set that it was tried on',
      find: '...tried(drill, trial.of, verdict), verdict: trial.proved',
      replace: '...tried(drill, trial.of, verdict), verdict',
      caughtBy: ['functions/audit-snapshots/decide'],
    },
    {
      name: 'a pruning is tried on a copy whose roll-back has come through, and only once',
      find: "if ((before === null || before === 'roll-back') && prunes !== undefined) return 'prune';",
      replace: "if (before === null && prunes !== undefined) return 'prune';",
      caughtBy: ['functions/audit-snapshots/decide'],
    },
    {
      name: 'a reindex is tried on a copy whose other tries have come through, and only once',
      find: "return before !== 'reindex' && reindexes !== undefined ? 'reindex' : null;",
      replace: "return before === null && reindexes !== undefined ? 'reindex' : null;",
      caughtBy: ['functions/audit-snapshots/decide'],
    },
  ],
  'functions/audit-snapshots/copies.ts': [
    {
      name: 'people are told once the newest copy of another region is older than the file allows',
      find: 'if (nowMs - sinceMs <= copiesFrom.maxAgeHours * HOUR_MS) return null;',
      replace: 'return null;',
      caughtBy: ['functions/audit-snapshots/copies'],
    },
    {
      name: 'copies that never came are missed from the first look on',
      find: 'copies?.newestAtMs === null ? { copiesSinceMs: record.copiesSinceMs ?? nowMs } : {}',
      replace: '({})',
      caughtBy: ['functions/audit-snapshots/copies'],
    },
    {
      name: 'that no copies come is told once a day',
      find: 'if (record.copiesToldAtMs !== undefined && nowMs - record.copiesToldAtMs < TELL_AGAIN_MS) return null;',
      replace: '',
      caughtBy: ['functions/audit-snapshots/copies'],
    },
    {
      name: 'a copy that a policy made is not taken for a clean one by the tags of its volume',
      find: "fact.policyId === null && (isShared || fact.tags[MANAGED_TAG] === 'true') ? { ...fact, policyId: 'copied' } : fact",
      replace: 'fact',
      caughtBy: ['functions/audit-snapshots/copies'],
    },
    {
      name: 'the copy of a root volume is not opened as data',
      find: 'sizeGiB >= largestGiB * ROOTS_SHARE === isData',
      replace: 'sizeGiB >= 0 === isData',
      caughtBy: ['functions/audit-snapshots/copies'],
    },
    {
      name: 'what another account shares is a policy’s, although its tags are not seen',
      find: "(isShared || fact.tags[MANAGED_TAG] === 'true')",
      replace: "fact.tags[MANAGED_TAG] === 'true'",
      caughtBy: ['functions/audit-snapshots/copies'],
    },
    {
      name: 'a copy that comes each hour is not opened each hour',
      find: 'nowMs - proved.atMs < everyHours * HOUR_MS',
      replace: 'false',
      caughtBy: ['functions/audit-snapshots/copies'],
    },
  ],
  'shared/fleet/schema-copies.ts': [
    {
      name: 'where a fleet has no nodes, two references at least tell its chain',
      find: 'references.length < REFERENCES_LEAST',
      replace: 'references.length < 1',
      caughtBy: ['shared/fleet/copies'],
    },
    {
      name: 'copies of several volumes, each with a time of its own, are not taken for a set',
      find: 'roles.length !== 1',
      replace: 'roles.length === 0',
      caughtBy: ['shared/fleet/copies'],
    },
  ],
  'functions/dispatch-heal/drill.ts': [
    {
      name: 'people who were told that no copies come are not told that the proof is old, too',
      find: '[record?.copiesToldAtMs, ',
      replace: '[',
      caughtBy: ['functions/dispatch-heal/drill'],
    },
    {
      name: 'a drill waits while a heal may need the quota',
      find: 'if (heal) return wait(',
      replace: 'if (heal && nodes.length > 99) return wait(',
      caughtBy: ['functions/dispatch-heal/drill'],
    },
  ],
  'shared/heal/reindex.ts': [
    {
      name: 'where a reindex took longer on a copy than a node takes to come back by a swap, it is swapped',
      find: 'if (trial.minutes >= proved.minutes)',
      replace: 'if (trial.minutes < 0)',
      caughtBy: ['shared/heal/reindex', 'functions/replace-node/reindex'],
    },
    {
      name: 'a reindex that took longer on a copy than the file allows is done to no node',
      find: 'if (trial.minutes > minutes)',
      replace: 'if (trial.minutes < 0)',
      caughtBy: ['shared/heal/reindex'],
    },
    {
      name: 'a client that builds its data again is silent for no longer than its fleet file says',
      find: 'Math.min(most, measured',
      replace: 'Math.max(most, measured',
      caughtBy: ['shared/heal/reindex', 'functions/replace-node/reindex'],
    },
  ],
  'shared/heal/drill.ts': [
    {
      name: 'what a client has read stands where the next drill cannot tell',
      find: '...(drill.read && { startFiles: { setId, atMs: verdict.atMs, folders: drill.read } }),',
      replace: 'startFiles: { setId, atMs: verdict.atMs, folders: drill.read ?? [] },',
      caughtBy: ['shared/heal/drill'],
    },
    {
      name: 'a try of another roll-back, or one that is too old, counts for nothing',
      find: 'trial === null || trial.command !== command',
      replace: 'trial === null',
      caughtBy: ['functions/replace-node/roll-back'],
    },
    {
      name: 'a try of a roll-back that gave way is no verdict on it',
      find: "if (verdict.is === 'unproved' && !verdict.isTold) return null;",
      replace: '',
      caughtBy: ['shared/heal/drill'],
    },
    {
      name: 'a set that was found bad is not tried again',
      find: "before === undefined || before.is === 'verified' ||",
      replace: "before === undefined || before.is !== 'unproved' ||",
      caughtBy: ['shared/heal/drill'],
    },
  ],
  'functions/dispatch-heal/upgrade.ts': [
    {
      name: 'an upgrade takes no client down beside one that was restarted for its list of peers and has not been seen since',
      find: "what === 'snapshot' || (what === 'upgrade' && atHeight === undefined && strategy === undefined);",
      replace: "what === 'snapshot' && strategy !== undefined;",
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
    {
      name: 'a snapshot that an upgrade waits for is no new incident each hour',
      find: 'const WAITS_MS = 24 * 60',
      replace: 'const WAITS_MS = 60',
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
    {
      name: 'a node that may not be switched is asked for one snapshot a day, and not for another one each second hour',
      find: "(trigger === CLEAN_SNAPSHOT || trigger === 'request:upgrade')",
      replace: 'trigger === CLEAN_SNAPSHOT',
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
    {
      name: 'an upgrade that is under way fails by what was begun since it was asked for',
      find: "upgrade?.state === 'under-way' && incident.onsetMs",
      replace: "upgrade?.state === 'ended' && incident.onsetMs",
      caughtBy: ['lab/explorers/rollout', 'functions/dispatch-heal/sweep'],
    },
    {
      name: 'a version that is tried on a copy is waited for, however old the snapshot of the node is by then',
      find: 'return own ? atWorkOn(own) :',
      replace: 'return own === null ? atWorkOn(own) :',
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
    {
      name: 'one node of a fleet is upgraded at a time',
      find: "upgraded === 'under way' || snapshot === 'under way'",
      replace: 'false',
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
    {
      name: 'where a new version has failed on one node, no other gets it',
      find: "upgraded === 'failed' || (",
      replace: '(',
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
    {
      name: 'a snapshot of a node that goes over with others does not become too old while it waits for them',
      find: 'nowMs - snapshotSinceMs < SNAPSHOT_VALID_MS / 2',
      replace: 'nowMs > snapshotSinceMs',
      caughtBy: ['functions/dispatch-heal/upgrade-batch'],
    },
    {
      name: 'the first node goes over alone',
      find: 'isFirst || upgrade.strategy !== undefined ? [next]',
      replace: 'upgrade.strategy !== undefined ? [next]',
      caughtBy: ['functions/dispatch-heal/upgrade-batch'],
    },
    {
      name: 'a node is upgraded only with a clean snapshot of right before',
      find: "together.find(({ snapshot }) => snapshot !== 'done')",
      replace: "together.find(({ snapshot }) => snapshot === 'failed')",
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
    {
      name: 'a validator, or what may be one, is not upgraded',
      find: "role === 'validator' || role === 'unknown'",
      replace: 'false',
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
    {
      name: 'before an upgrade at a height no snapshot is begun that the height could overtake',
      find: 'leftMs > SNAPSHOT_MS ?',
      replace: 'leftMs > -1 ?',
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
    {
      name: 'before a height that is far away no node is stopped for a snapshot that would be too old',
      find: 'leftMs > fromMs',
      replace: 'leftMs < 0',
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
    {
      name: 'an upgrade at a height is done only once a block is made from it on',
      find: 'tip !== null && tip > atHeight;',
      replace: 'tip !== null;',
      caughtBy: ['functions/dispatch-heal/upgrade'],
    },
  ],
  'shared/fleet/schema-drills.ts': [
    {
      name: 'a fleet has drills only where block hashes can be compared',
      find: 'probe.metric !== undefined && references.length === 0',
      replace: 'probe.metric === undefined',
      caughtBy: ['shared/fleet/drills'],
    },
  ],
  'shared/guardrails/upgrade.ts': [
    {
      name: 'a version proves itself beside a node only where block hashes can be compared',
      find: "fleet.probe?.by === 'metric' && fleet.health.references.length === 0",
      replace: "fleet.probe?.by === 'metric' && fleet.health.references.length < 0",
      caughtBy: ['shared/guardrails/upgrade'],
    },
    {
      name: 'no version is switched at a height before its node stands right below it',
      find: 'height === atHeight - 1 || height === atHeight;',
      replace: '(height ?? atHeight + 1) <= atHeight;',
      caughtBy: ['shared/guardrails/upgrade'],
    },
    {
      name: 'a client that has ended is switched at a height only where it says that very height',
      find: 'Number(needed ?? halted) === atHeight',
      replace: 'Number.isInteger(Number(needed ?? halted))',
      caughtBy: ['shared/guardrails/upgrade'],
    },
    {
      name: 'a node that stands below the height of its upgrade is not healed',
      find: 'if (!isThere) return null;',
      replace: 'if (isThere) return null;',
      caughtBy: ['shared/guardrails/upgrade'],
    },
    {
      name: 'a node is spared the others’ health only for those that go over with it',
      find: 'instanceId !== node.instanceId && together.includes(instanceId)',
      replace: 'instanceId !== node.instanceId && together.length > 0',
      caughtBy: ['shared/guardrails/upgrade'],
    },
    {
      name: 'a well node is upgraded only while all others are well',
      find: "judgeOthers({ ...facts, nodes: facts.nodes.filter((one) => !isBeside(one, facts)) }, 'upgrade')",
      replace: 'null',
      caughtBy: ['shared/guardrails/upgrade'],
    },
    {
      name: 'a validator is upgraded only where a person has named it and said what it is',
      find: 'if (mayVote && !acknowledgesValidator)',
      replace: 'if (false)',
      caughtBy: ['shared/guardrails/upgrade'],
    },
    {
      name: 'a validator is upgraded only while the others keep more than two thirds of the power',
      find: '(mayVote ? judgeVotingPower({ fleet, nodes, instanceId: node.instanceId }) : null)',
      replace: 'null',
      caughtBy: ['shared/guardrails/upgrade'],
    },
    {
      name: 'no version is started that the fleet file does not name',
      find: '!fleet.client?.versions.includes(to)',
      replace: 'fleet.client === undefined',
      caughtBy: ['shared/guardrails/upgrade'],
    },
  ],
  'functions/replace-node/supply.ts': [
    {
      name: 'files are copied from clean snapshots alone',
      find: "good: good.filter(({ rank }) => rank !== 'crash-consistent'),",
      replace: 'good,',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'from an upgrade the way back leads to the data of this very node',
      find: 'set.node === node && ',
      replace: '',
      caughtBy: ['functions/replace-node/upgrade'],
    },
  ],
  'shared/heal/ticket.ts': [
    {
      name: 'a client that is down to be pruned waits for no command',
      find: "operation.kind === 'snapshot' || operation.prune !== undefined",
      replace: "operation.kind === 'snapshot'",
      caughtBy: ['functions/resize-volume/prune'],
    },
    {
      name: 'the data of before are owed from the moment at which a new version may have run',
      find: 'upgrade?.mayHaveRun === true && proved === null',
      replace: 'upgrade?.mayHaveRun === true && proved !== null',
      caughtBy: ['functions/replace-node/upgrade', 'shared/heal/ticket'],
    },
    {
      name: 'with a volume off its instance no client is brought back by a command',
      find: 'replacement.mayBeUnplugged === true ||',
      replace: '',
      caughtBy: ['functions/replace-node/give-back', 'shared/heal/ticket'],
    },
    {
      name: 'while its identity may run elsewhere no client is brought back by a command',
      find: "replacement.takeOver !== 'none'",
      replace: "replacement.takeOver === 'withdrawn'",
      caughtBy: ['functions/replace-node/give-back', 'shared/heal/ticket'],
    },
  ],
  'functions/replace-node/give-back.ts': [
    {
      name: 'a pause between a stop and a start keeps no instance down for its type',
      find: 'if (typeGivenBy(refused) !== null) return startAsItIs(why);',
      replace: '',
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'a pause keeps no client down that was stopped for a move',
      find: "(rung === 'stop-start' && moves) ||",
      replace: '',
      caughtBy: ['functions/replace-node/move', 'functions/replace-node/give-back'],
    },
    {
      name: 'a pause keeps no client down whose swap was cut off',
      find: "if (rung === 'swap' && restoredVolumes !== null) return (_, why) => putBack(why);",
      replace: '',
      caughtBy: ['functions/replace-node/exchange', 'functions/replace-node/give-back'],
    },
    {
      name: 'a client that runs is not brought back under a pause',
      find: 'seen.clients.every(isRunning) ? null : way(seen, why)',
      replace: 'way(seen, why)',
      caughtBy: ['functions/replace-node/volumes', 'functions/replace-node/give-back'],
    },
    {
      name: 'a client that a person has stopped since is not brought back',
      find: 'way === null || ran === true',
      replace: 'way === null',
      caughtBy: ['functions/replace-node/give-back'],
    },
    {
      name: 'a join that a guard has forbidden is taken back',
      find: 'if (takesPlace(refused)) return leavePlace();',
      replace: '',
      caughtBy: ['functions/replace-node/beside', 'lab/explorers/ladder'],
    },
    {
      name: 'a client that is masked for another instance is brought back while AWS does not answer',
      find: "replacement.originalMask === 'intended' ? startOld(why) : null",
      replace: 'null',
      caughtBy: ['functions/replace-node/give-back'],
    },
  ],
  'functions/replace-node/rungs/upgrade.ts': [
    {
      name: 'a version is watched from where it was seen to follow, and not from its start',
      find: '{ followsSinceMs = nowMs }',
      replace: '{ followsSinceMs = 0 }',
      caughtBy: ['functions/replace-node/version'],
    },
    {
      name: 'from an upgrade at a height no version is brought back once the new one may have run',
      find: 'atHeight !== undefined && mayHaveRun',
      replace: 'atHeight === 0 && mayHaveRun',
      caughtBy: ['functions/replace-node/upgrade'],
    },
    {
      name: 'a node that stands with its chain is proved only while the chain is known to stand',
      find: 'haltedSinceMs === null || watched === null ||',
      replace: 'watched === null ||',
      caughtBy: ['functions/replace-node/upgrade'],
    },
    {
      name: 'a new version is proved by blocks of its own, and not by those from before its start',
      find: 'cameUp?.upSinceMs === upSinceMs ? cameUp.height : (now ?? found.height)',
      replace: 'found.height',
      caughtBy: ['functions/replace-node/upgrade', 'lab/explorers/ladder'],
    },
    {
      name: 'the version of before comes back before its data',
      find: "if (upgrade.is === 'from' && !owesStart) return rungFailed(reason);",
      replace: 'if (!owesStart) return rungFailed(reason);',
      caughtBy: ['functions/replace-node/upgrade', 'lab/explorers/ladder'],
    },
    {
      name: 'a canary is watched for as long as its fleet file says',
      find: 'if (leftMs <= 0)',
      replace: 'if (leftMs <= Number.MAX_SAFE_INTEGER)',
      caughtBy: ['functions/replace-node/upgrade', 'functions/replace-node/beside'],
    },
  ],
  'functions/replace-node/rungs/beside.ts': [
    {
      name: 'the machine of a silent client beside its node is asked before it is given up',
      find: 'if (verdict.isUnasked && canAsk)',
      replace: 'if (verdict.isUnasked && !canAsk)',
      caughtBy: ['functions/replace-node/beside'],
    },
    {
      name: 'no version is blamed for a full disk beside its node',
      find: "look.health !== 'forked' ? wordsOfFull(seen) : null",
      replace: "look.health !== 'forked' ? null : wordsOfFull(seen)",
      caughtBy: ['functions/replace-node/beside'],
    },
    {
      name: 'the old instance is not touched before the new one has proved itself beside it',
      find: 'if (beside.proved === null) return provingBeside(facts, state, beside, giveUp);',
      replace: '',
      caughtBy: ['functions/replace-node/beside'],
    },
    {
      name: 'a new instance serves only with blocks of its own version',
      find: 'height: firstHeight ?? Number.MAX_SAFE_INTEGER',
      replace: 'height: 0',
      caughtBy: ['functions/replace-node/beside'],
    },
    {
      name: 'on a new instance the wanted version is enabled before anything may start',
      find: 'if (!beside.isEnabled) return enableVersion({});',
      replace: '',
      caughtBy: ['functions/replace-node/beside'],
    },
    {
      name: 'nobody is led to an old instance when its client is stopped',
      find: "if (fleet.dns !== undefined && pool === 'in') return outOfPool();",
      replace: '',
      caughtBy: ['functions/replace-node/beside'],
    },
  ],
  'functions/replace-node/acts/beside.ts': [
    {
      name: 'old and new never run under one identity: it is taken from the data of the new one',
      find: 'scrub: fleet.identityPaths,',
      replace: 'scrub: [],',
      caughtBy: ['functions/replace-node/beside'],
    },
  ],
  'functions/replace-node/beside-look.ts': [
    {
      name: 'a client beside its node is synced only with a block of the fleet to compare',
      find: 'return hasCommon',
      replace: 'return hasCommon || chain !== null',
      caughtBy: ['functions/replace-node/beside'],
    },
  ],
  'functions/dispatch-heal/patches.ts': [
    {
      name: 'without a person an upgrade begins in mode act alone',
      find: "mode === 'act' && ",
      replace: '',
      caughtBy: ['functions/dispatch-heal/patches'],
    },
    {
      name: 'what was tried without a person is not tried again',
      find: "state === 'under-way' || isTried ?",
      replace: "state === 'under-way' ?",
      caughtBy: ['functions/dispatch-heal/patches'],
    },
    {
      name: 'a patch that a person has taken back is not begun again without one',
      find: '[...(upgrade.tried ?? []), upgrade.to]',
      replace: '[upgrade.to]',
      caughtBy: ['functions/dispatch-heal/patches'],
    },
  ],
  'functions/dispatch-heal/open-pages.ts': [
    {
      name: 'no page is repeated whose cause nobody has found since the last message',
      find: 'cause.foundAtMs <= Math.max(last, page.sentAtMs)',
      replace: 'cause.foundAtMs < 0',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'a client that has answered is not told as stopped again',
      find: 'before.isOnce !== true',
      replace: 'before.times > 0',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'the heal of a node speaks for what watch-fleet sees of it',
      find: 'cause.instanceIds.every(isSpokenFor)',
      replace: "cause.key === ''",
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'gone is not well',
      find: '  return isGone\n',
      replace: "  return node === ''\n",
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'a page is not repeated right after another one of its key',
      find: 'nowMs < Math.max(dueAtMs, sinceNewestMs)',
      replace: 'nowMs < dueAtMs',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'a page is not repeated before its time',
      find: 'return nowMs < Math.max(dueAtMs, sinceNewestMs) ? null :',
      replace: 'return nowMs < page.sentAtMs ? null :',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'a question of a fleet shows a shell nothing but its plan',
      find: ' && PLAN.test(plan)',
      replace: '',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'of pages of one cause what is over does not speak',
      find: 'cause.state === state).toSorted',
      replace: 'cause.state !== undefined).toSorted',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'a page that somebody has acknowledged is not repeated',
      find: "cause.state === 'eased' || page.acknowledged !== undefined ||",
      replace: "cause.state === 'eased' ||",
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'a page is repeated only so often a day',
      find: 'page.again.length >= againPerDay || ',
      replace: '',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'the end of a cause is told once',
      find: '{ ...sent, isOver: true }',
      replace: 'sent',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'what comes back after its end was told is a page again',
      find: 'return { ...unseen, backSinceMs: nowMs };',
      replace: 'return { ...unseen, isOver: true };',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'what comes back for a moment is told by nobody',
      find: "backSinceMs !== undefined && state === 'ended'",
      replace: 'false',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'of two sweeps one sends a message',
      find: 'sendingAtMs !== undefined && nowMs - sendingAtMs < SENDING_MS;',
      replace: 'sendingAtMs !== undefined && nowMs < sendingAtMs;',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
    {
      name: 'what is paused or muted is not repeated',
      find: ' || !mayRepeat(cause.key)',
      replace: '',
      caughtBy: ['functions/dispatch-heal/open-pages'],
    },
  ],
  'functions/watch-fleet/open-pages.ts': [
    {
      name: 'a page of watch-fleet is not over while nobody sees its node',
      find: "if (judged === undefined) return 'lasts';",
      replace: "if (judged === undefined) return 'ended';",
      caughtBy: ['functions/watch-fleet/open-pages'],
    },
  ],
  'local/services/sns/sns.ts': [
    {
      name: 'what tells of a healed node is no page',
      find: "severityOf(published) === 'page'",
      replace: "severityOf(published) !== ''",
      caughtBy: ['local/services/sns/sns'],
    },
  ],
  'infra/commands/backtest/verdict.ts': [
    {
      name: 'a fact of the past that decides, and is not kept, is not guessed',
      find: 'if (other === undefined) return { incident, verdict: first.verdict, provided };',
      replace: 'if (other !== first) return { incident, verdict: first.verdict, provided };',
      caughtBy: ['infra/commands/backtest/verdicts'],
    },
  ],
  'infra/commands/backtest/ladder-then.ts': [
    {
      name: 'a backtest starts nothing that somebody, or EC2, had stopped',
      find: "if (power !== undefined) return power.what === 'StartInstances';",
      replace: 'if (power !== undefined) return true;',
      caughtBy: ['infra/commands/backtest/verdicts'],
    },
  ],
  'infra/commands/backtest/growth-then.ts': [
    {
      name: 'what was over within minutes is not counted as healed',
      find: 'if (wasBrief(history, volumes, incident, stepMs))',
      replace: 'if (wasBrief(history, volumes, incident, 0))',
      caughtBy: ['infra/commands/backtest/verdicts'],
    },
  ],
  'infra/commands/backtest/rungs-then.ts': [
    {
      name: 'a snapshot of after the trouble is no source of before it',
      find: 'snapshots.filter(({ startedAtMs }) => startedAtMs <= past.nowMs)',
      replace: 'snapshots.filter(({ startedAtMs }) => startedAtMs > past.nowMs)',
      caughtBy: ['infra/commands/backtest/verdicts'],
    },
  ],
  'infra/commands/backtest/verdicts.ts': [
    {
      name: 'a node that its own tag had paused was left alone',
      find: "typeof value === 'string' ? judgePauseTag",
      replace: "typeof value === 'number' ? judgePauseTag",
      caughtBy: ['infra/commands/backtest/verdicts'],
    },
    {
      name: 'a pause whose values are not kept was not off for that',
      find: 'if (then === undefined && (versions[0]?.version ?? 1) > 1)',
      replace: 'if (then === undefined && (versions[0]?.version ?? 1) < 1)',
      caughtBy: ['infra/commands/backtest/verdicts'],
    },
    {
      name: 'what came after a heal that did not happen is not counted as healed',
      find: 'if (incident.fromMs - (toMs ?? onsetMs) > AFTER_HEAL_MS) return judged;',
      replace: 'if (incident.fromMs > 0) return judged;',
      caughtBy: ['infra/commands/backtest/verdicts'],
    },
    {
      name: 'an instance that is not the one of then has no past',
      find: 'return isYoung ? `its instance',
      replace: 'return isYoung && onsetMs < 0 ? `its instance',
      caughtBy: ['infra/commands/backtest/verdicts'],
    },
  ],
  'infra/commands/adopt/words.ts': [
    {
      name: 'a name that speaks of signing is no follower’s, whatever else it says',
      find: "found.find((role) => role === 'validator') ?? found[0]",
      replace: 'found[0]',
      caughtBy: ['infra/commands/adopt/adoption'],
    },
  ],
  'infra/commands/adopt/grouping.ts': [
    {
      name: 'two chains under one tag are no fleet',
      find: 'known.every(({ guess }) => guess.chain === seed.guess.chain) &&',
      replace: 'known.length > 0 &&',
      caughtBy: ['infra/commands/adopt/adoption'],
    },
    {
      name: 'two networks of one chain are no fleet',
      find: 'networks.size <= 1 &&',
      replace: 'networks.size >= 0 &&',
      caughtBy: ['infra/commands/adopt/adoption'],
    },
  ],
  'infra/commands/adopt/mask.ts': [
    {
      name: 'a word that may name somebody has a pseudonym in a read-out',
      find: '!isPublicWord(word.toLowerCase())',
      replace: '!isPublicWord(word.toLowerCase()) && word.length > 5',
      caughtBy: ['infra/commands/adopt/adoption'],
    },
  ],
  'infra/commands/adopt/adopt.ts': [
    {
      name: 'a fleet file that is there is never written over',
      find: "writeFileSync(path, text, { flag: 'wx' })",
      replace: "writeFileSync(path, text, { flag: 'w' })",
      caughtBy: ['infra/commands/adopt/verb'],
    },
  ],
  'local/twin/drills.ts': [
    {
      name: 'a node that is down at the end of a drill was not healed',
      find: "ended?.outcome === 'healed' && !UNWELL.includes(state) ? ended",
      replace: "ended?.outcome === 'healed' ? ended",
      caughtBy: ['local/twin'],
    },
  ],
  'shared/fleet/schema-watch.ts': [
    {
      name: 'metrics go over OTLP only where the nodes themselves tell their disks',
      find: "if (probe !== 'ssm')",
      replace: "if (probe === 'none')",
      caughtBy: ['shared/fleet/watch'],
    },
  ],
  'shared/fleet/node-names.ts': [
    {
      name: 'a node keeps its name when its sibling goes',
      find: '|| remembered.has(node.name))',
      replace: ')',
      caughtBy: ['shared/fleet/node-names'],
    },
    {
      name: 'a node outside of groups is never renamed',
      find: 'isInGroup(node) && (shared',
      replace: '(shared',
      caughtBy: ['shared/fleet/node-names'],
    },
    {
      name: 'a group of one that replaces its member shares no name',
      find: 'nowMs - launchedAtMs >= TOGETHER_MS',
      replace: 'nowMs >= launchedAtMs',
      caughtBy: ['shared/fleet/node-names'],
    },
  ],
  'shared/readiness/judge-answer.ts': [
    {
      name: 'what AWS was not asked about a heal is never a yes',
      find: "if (answer.is === 'open') return [",
      replace: "if (answer.is === 'open') return []; if (answer.code === 'unread') return [",
      caughtBy: ['infra/commands/doctor/judge'],
    },
    {
      name: 'that a caller lacks a right is no verdict on the heals',
      find: 'DENIED.has(code) && CALLERS_OWN.test(words)',
      replace: 'code === words',
      caughtBy: ['infra/commands/doctor/judge'],
    },
  ],
  'shared/readiness/judge.ts': [
    {
      name: 'a snapshot that may hold the fault is no data for a heal that begins now',
      find: 'if (plan.source !== null) return [];',
      replace: 'if (facts.fleet !== null) return [];',
      caughtBy: ['infra/commands/doctor/judge'],
    },
  ],
  'shared/reconcile/page-memory.ts': [
    {
      name: 'a page that could not be sent comes with the next look',
      find: 'one.isDue || owed.some((before) => isSame(before, one))',
      replace: 'one.isDue',
      caughtBy: ['shared/reconcile/page-memory'],
    },
    {
      name: 'what nobody can say now is not sent',
      find: '?.sentence ?? null;',
      replace: "?.sentence ?? '';",
      caughtBy: ['shared/reconcile/page-memory'],
    },
  ],
  'shared/reconcile/followed-pages.ts': [
    {
      name: 'a pause ends no page about a fleet',
      find: '!failed && refusals.every(({ page }) => page)',
      replace: '!failed || refusals.length < 0',
      caughtBy: ['shared/reconcile/followed-pages'],
    },
    {
      name: 'what a run could not look at is not over',
      find: 'return isWhole ?',
      replace: 'return isWhole || pages.length > 0 ?',
      caughtBy: ['shared/reconcile/followed-pages'],
    },
    {
      name: 'a cause that is not met now bothers nobody',
      find: 'is.seenAtMs >= nowMs || ',
      replace: 'is.seenAtMs > 0 || ',
      caughtBy: ['shared/reconcile/followed-pages'],
    },
  ],
  'functions/relay-pages/message.ts': [
    {
      name: 'a node’s words call nobody in Slack',
      find: "'<': '&lt;'",
      replace: "'<': '<'",
      caughtBy: ['functions/relay-pages/message'],
    },
    {
      name: 'a node’s words call nobody in a chat that reads a bare @channel',
      find: "'@': '＠', ",
      replace: '',
      caughtBy: ['functions/relay-pages/message'],
    },
    {
      name: 'a node’s words hide no address behind a text',
      find: "'[': '［', ",
      replace: '',
      caughtBy: ['functions/relay-pages/message'],
    },
    {
      name: 'a command that a chat shows has no characters but ours',
      find: 'COMMAND.test(line) && ',
      replace: '',
      caughtBy: ['functions/relay-pages/message'],
    },
    {
      name: 'a message is as short as the strictest chat wants it',
      find: 'longer.length <= most',
      replace: 'longer.length > 0',
      caughtBy: ['functions/relay-pages/message'],
    },
  ],
  'functions/relay-pages/webhook.ts': [
    {
      name: 'pages are posted over TLS alone',
      find: "url.protocol !== 'https:'",
      replace: '!/^https?:$/.test(url.protocol)',
      caughtBy: ['functions/relay-pages/webhook'],
    },
    {
      name: 'a webhook’s address lies in a SecureString',
      find: "Parameter?.Type !== 'SecureString'",
      replace: 'Parameter === undefined',
      caughtBy: ['functions/relay-pages/webhook'],
    },
    {
      name: 'what AWS says of a secret is not repeated',
      find: 'error instanceof Error ? error.name',
      replace: 'error instanceof Error ? error.message',
      caughtBy: ['functions/relay-pages/webhook'],
    },
    {
      name: 'no message shows a webhook’s address',
      find: "throw wrong('it does not begin with https://')",
      replace: 'throw wrong(written)',
      caughtBy: ['functions/relay-pages/webhook'],
    },
  ],
  'functions/relay-pages/post.ts': [
    {
      name: 'a name that leads into a private network is not followed',
      find: 'address && !isPublicAddress(address)',
      replace: '!address',
      caughtBy: ['functions/relay-pages/webhook'],
    },
    {
      name: 'a webhook that is gone is not asked again at once',
      find: 'status >= 500)',
      replace: 'status >= 400)',
      caughtBy: ['functions/relay-pages/webhook'],
    },
  ],
  'infra/constructs/fleet-grants.ts': [
    {
      name: 'a suite with a name has powers over claimed instances alone',
      find: '  ...claimTags(suite),\n',
      replace: "  ...(suite === '' && claimTags(suite)),\n",
      caughtBy: ['infra/suites'],
    },
    {
      name: 'a suite sends no command by another suite’s document',
      find: 'suiteNames(scope).suite}',
      replace: "'*'}",
      caughtBy: ['infra/suites'],
    },
    {
      name: 'fleets that differ in two tags share no condition, which would let every pair through',
      find: 'const same = JSON.stringify(Object.entries(rest).sort());',
      replace: "const same = '';",
      caughtBy: ['infra/limits'],
    },
  ],
  'infra/constructs/grants.ts': [
    {
      name: 'what a role must never do stays in the role when its grants overflow',
      find: ': [...grants].sort(deniesFirst);',
      replace: ': grants;',
      caughtBy: ['infra/limits'],
    },
  ],
  'infra/constructs/relay-pages.ts': [
    {
      name: 'an address in the place of a secret’s name is refused',
      find: '/:\\/\\//.test(text)',
      replace: 'text === ""',
      caughtBy: ['infra/relay-pages'],
    },
    {
      name: 'relay-pages may read the one secret alone',
      find: "actions: ['ssm:GetParameter']",
      replace: "actions: ['ssm:GetParameter', 'ssm:GetParameters']",
      caughtBy: ['infra/relay-pages'],
    },
  ],
  'functions/watch-releases/decide.ts': [
    {
      name: 'no candidate of a release, and no build of somebody’s own, is begun without a person',
      find: '!version?.isPlain || !release',
      replace: '!version || !release',
      caughtBy: ['functions/watch-releases/decide'],
    },
    {
      name: 'without a person only the last number of a version changes',
      find: 'numbers.slice(0, -1)',
      replace: 'numbers.slice(0, 0)',
      caughtBy: ['functions/watch-releases/decide'],
    },
    {
      name: 'a node of unknown version keeps its fleet from an upgrade without a person',
      find: 'if (known.length < running.length) return null;',
      replace: '',
      caughtBy: ['functions/watch-releases/decide'],
    },
    {
      name: 'a preview is nobody’s news',
      find: '!version.isPreview',
      replace: 'version.numbers.length > 0',
      caughtBy: ['functions/watch-releases/decide'],
    },
    {
      name: 'a release is told once',
      find: 'before.told[kind] === null || isNewer(text, before.told[kind])',
      replace: 'before.told[kind] === null || text !== ""',
      caughtBy: ['functions/watch-releases/decide'],
    },
    {
      name: 'while a version is not known, a release is not held for run',
      find: ' && !running.some(isUnknown)',
      replace: '',
      caughtBy: ['functions/watch-releases/decide'],
    },
    {
      name: 'a nearer date is told once',
      find: 'stage > was.stage',
      replace: 'stage >= was.stage',
      caughtBy: ['functions/watch-releases/decide'],
    },
    {
      name: 'the chain’s pace is measured over half a day',
      find: 'before !== null && nowMs - before.atMs < PACE_MS',
      replace: 'before !== null && nowMs - before.atMs < 0',
      caughtBy: ['functions/watch-releases/decide'],
    },
  ],
  'functions/watch-releases/feed.ts': [
    {
      name: 'people are sent to the feed’s own host alone',
      find: ' && notes.host === host',
      replace: '',
      caughtBy: ['functions/watch-releases/feed'],
    },
    {
      name: 'a document type is refused',
      find: '/<!DOCTYPE/i.test(text)',
      replace: '/<!NEVER/i.test(text)',
      caughtBy: ['functions/watch-releases/feed'],
    },
  ],
  'functions/check-readiness/decide.ts': [
    {
      name: 'what a look cannot read of the owner’s commands is no change of them',
      find: 'if (trials === null) return { known: before, changed: [] };',
      replace: 'if (trials === null) return { known: {}, changed: [] };',
      caughtBy: ['functions/check-readiness/decide'],
    },
    {
      name: 'what is known of the owner’s commands is not told again each day',
      find: 'known[of] !== before?.[of]',
      replace: "known[of] !== before?.[of] || known[of] === 'n'",
      caughtBy: ['functions/check-readiness/decide'],
    },
    {
      name: 'a heal that is lost since the last look is told',
      find: "known?.[column] === 'y' || untold.includes",
      replace: "known?.[column] === '-' || untold.includes",
      caughtBy: ['functions/check-readiness/compare'],
    },
    {
      name: 'what was told as lost is not told again the next day',
      find: "if (isNew && now[column] === 'n')",
      replace: "if (known !== undefined && now[column] === 'n')",
      caughtBy: ['functions/check-readiness/compare'],
    },
    {
      name: 'a heal of which nobody knows today is not lost',
      find: "findings.every(({ code }) => code === 'not-asked') ? 'y' : before",
      replace: "findings.every(({ code }) => code === 'not-asked') ? 'y' : 'n'",
      caughtBy: ['functions/check-readiness/compare'],
    },
    {
      name: 'a pause takes no heal from a fleet',
      find: "is === 'no' && !PASSING.has(code))) return 'n'",
      replace: "is === 'no')) return 'n'",
      caughtBy: ['functions/check-readiness/compare'],
    },
  ],
  'shared/readiness/room.ts': [
    {
      name: 'what a heal needs counts beside what is used of a quota',
      find: 'value.used + needed <= value.quota',
      replace: 'value.used <= value.quota',
      caughtBy: ['infra/commands/doctor/judge'],
    },
  ],
  'shared/readiness/key-policy.ts': [
    {
      name: 'a deny of a key policy is stronger than what it allows',
      find: "if (applies) return 'denies';",
      replace: "if (applies) words.add('account');",
      caughtBy: ['shared/readiness/key-policy'],
    },
    {
      name: 'a deny whose condition cannot be judged is not taken for none',
      find: 'if (words.has(UNSURE_DENY)) return UNSURE_DENY;',
      replace: '',
      caughtBy: ['shared/readiness/key-policy'],
    },
  ],
  'infra/commands/doctor/dry-runs.ts': [
    {
      name: 'one fleet gets so many dry runs, and no more',
      find: 'asked >= DRY_RUNS_A_FLEET',
      replace: 'asked < 0',
      caughtBy: ['infra/commands/doctor/judge'],
    },
  ],
  'shared/aws/standby.ts': [
    {
      name: 'a member whose call was answered by a lost answer and a refusal is on standby',
      find: 'done.includes(is) ? { accepted: true } : answer',
      replace: 'answer',
      caughtBy: ['shared/aws/hand-over'],
    },
    {
      name: 'a group at its minimum is not asked to set a member aside',
      find: 'DesiredCapacity - 1 >= MinSize',
      replace: 'DesiredCapacity >= MinSize',
      caughtBy: ['shared/aws/hand-over'],
    },
  ],
  'shared/chains/http-json.ts': [
    {
      name: 'a hash and its height come from one answer',
      find: "hash.split('.')[0] !== source)",
      replace: "hash.split('.')[0] === '')",
      caughtBy: ['shared/chains/http-json'],
    },
  ],
  'shared/chains/ethereum.ts': [
    {
      name: 'a header whose state a client does not have is not its height',
      find: 'executed !== undefined && executed < latest',
      replace: 'executed === -1',
      caughtBy: ['shared/chains/counters'],
    },
    {
      name: 'a constant is no number of peers',
      find: 'peerCount: answersConstants',
      replace: 'peerCount: false',
      caughtBy: ['shared/chains/presets'],
    },
  ],
  'shared/guardrails/move.ts': [
    {
      name: 'a node that has just caught up keeps the type of its first sync',
      find: 'nowMs - sinceMs >= SYNCED_FOR_MS',
      replace: 'nowMs - sinceMs >= 0',
      caughtBy: ['shared/guardrails/move'],
    },
    {
      name: 'a node that catches up keeps the type of its first sync',
      find: "health === 'synced' &&\n  nowMs",
      replace: 'nowMs',
      caughtBy: ['shared/guardrails/move'],
    },
    {
      name: 'no well node is stopped while another one is not',
      find: 'if (!first) return null;',
      replace: 'if (first) return null;',
      caughtBy: ['shared/guardrails/move'],
    },
    {
      name: 'a stop of our own does not meet EC2’s',
      find: 'event.notBeforeMs - nowMs < TAKES_MS',
      replace: 'event.notBeforeMs < nowMs',
      caughtBy: ['shared/guardrails/move'],
    },
    {
      name: 'a validator is moved only where it may be restarted',
      find: '&& !fleet.owner.restartValidators',
      replace: '&& fleet.owner.restartValidators',
      caughtBy: ['shared/guardrails/move'],
    },
    {
      name: 'a validator is moved only while the others keep the voting power',
      find: 'isVoting(facts) ? judgeVotingPower',
      replace: '!isVoting(facts) ? judgeVotingPower',
      caughtBy: ['shared/guardrails/move'],
    },
  ],
  'functions/dispatch-heal/scheduled.ts': [
    {
      name: 'a move for the type of an instance ends when its type has changed',
      find: 'trigger === NODE_TYPE ? node.boosted === undefined :',
      replace: '',
      caughtBy: ['functions/dispatch-heal/scheduled'],
    },
    {
      name: 'what EC2 only describes still moves no node again',
      find: '!event.moved && ',
      replace: '',
      caughtBy: ['functions/dispatch-heal/scheduled'],
    },
  ],
  'functions/replace-node/stalled.ts': [
    {
      name: 'no client is restarted beside a volume that completes no I/O',
      find: '!isUnreached && impairedVolumes.length === 0',
      replace: '!isUnreached',
      caughtBy: ['functions/replace-node/stalled'],
    },
    {
      name: 'I/O that EBS has disabled is told at once',
      find: 'if (disabled.length > 0)',
      replace: 'if (disabled.length < 0)',
      caughtBy: ['functions/replace-node/stalled'],
    },
  ],
  'functions/replace-node/move.ts': [
    {
      name: 'only the type of the first sync is taken back',
      find: 'const isBoosted = typeBoost !== undefined && instanceType === typeBoost.from;',
      replace: 'const isBoosted = typeBoost !== undefined && instanceType !== typeBoost.to;',
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'a node that was started since is not moved again',
      find: 'mark.seenAtMs >= launchedAtMs && ',
      replace: '',
      caughtBy: ['functions/replace-node/move'],
    },
  ],
  'functions/replace-node/acts/decisions.ts': [
    {
      name: 'no data are taken back by a roll-back while another node of the fleet has the turn',
      find: ' && !isOwnReserved(key)',
      replace: '',
      caughtBy: ['functions/replace-node/reserving'],
    },
    {
      name: 'no data are built again while another node of the fleet has the turn',
      find: " || isReservedFor(key, 'reindex')",
      replace: '',
      caughtBy: ['functions/replace-node/reserving'],
    },
  ],
  'functions/replace-node/rungs/roll-back.ts': [
    {
      name: 'only a follower’s data are taken back by its owner’s command',
      find: "if (role !== 'follower')",
      replace: "if (role === 'validator')",
      caughtBy: ['functions/replace-node/roll-back'],
    },
    {
      name: 'a roll-back is done to a node only after it has come through on a copy',
      find: 'if (untried !== null) return untried;',
      replace: 'if (untried === undefined) return untried;',
      caughtBy: ['functions/replace-node/roll-back'],
    },
  ],
  'functions/replace-node/rungs/own-command.ts': [
    {
      name: 'a node’s data are taken back, or built again, once a day at most',
      find: 'nowMs - lastAtMs < DAY_MS',
      replace: 'nowMs - lastAtMs < HOUR_MS',
      caughtBy: ['functions/replace-node/roll-back', 'functions/replace-node/reindex'],
    },
    {
      name: 'an owner’s command that may have been run on a node’s data is not run again',
      find: 'return isDone ? cutOff(facts, state, rung) : begun(facts, state, rung, begin);',
      replace: 'return begun(facts, state, rung, begin);',
      caughtBy: ['functions/replace-node/roll-back', 'functions/replace-node/reindex'],
    },
    {
      name: 'data are taken back, or built again, only where they are known to be the trouble',
      find: 'if (ended) return namesItsData(endOf(ended));',
      replace: 'if (ended) return true;',
      caughtBy: ['functions/replace-node/roll-back', 'functions/replace-node/reindex'],
    },
    {
      name: 'what its restart has heard of a client that is started again and again counts as its own words',
      find: 'if (hasHeardOfData(state)) return true;',
      replace: '',
      caughtBy: ['functions/replace-node/reindex'],
    },
    {
      name: 'the guards are asked again right before an owner’s command',
      find: 'guardOf(facts, rung) ??',
      replace: '',
      caughtBy: ['functions/replace-node/roll-back'],
    },
  ],
  'functions/replace-node/rungs/reindex.ts': [
    {
      name: 'only a follower’s data are built again by its owner’s command',
      find: "if (role !== 'follower')",
      replace: "if (role === 'validator')",
      caughtBy: ['functions/replace-node/reindex'],
    },
    {
      name: 'data are built again only where that is measured to be quicker than a swap',
      find: "if (verdict.is === 'not') return verdict.why;",
      replace: '',
      caughtBy: ['functions/replace-node/reindex'],
    },
    {
      name: 'what was measured of a reindex is read again right before the node feels it',
      find: "if (verdict.is === 'not') return rungFailed(verdict.why);",
      replace: '',
      caughtBy: ['functions/replace-node/reindex'],
    },
  ],
  'functions/replace-node/rungs/restart.ts': [
    {
      name: 'a unit that has run since the boot and was stopped is a person’s',
      find: 'const left = up && hasRunSinceBoot(facts)',
      replace: 'const left = !up && hasRunSinceBoot(facts)',
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'an execution client that stands after the restart of its consensus client is restarted, too',
      find: 'restartAll(facts, state, why) ?? unproved(why, at)',
      replace: 'unproved(why, at)',
      caughtBy: ['functions/replace-node/restart'],
    },
    {
      name: 'an instance whose start EC2 takes back gets back the type that it had',
      find: 'giveTypeBack(state, instance, why) ??',
      replace: '',
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'a type that a person has chosen while the instance was stopped stays',
      find: 'return instanceType !== now ||',
      replace: 'return',
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'a type that cannot be set keeps no instance down',
      find: 'instanceType !== now || isSpent(state, act) ? null : act',
      replace: 'instanceType !== now ? null : act',
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'a client that ends again and again is not restarted without its data because it runs when it is asked',
      find: 'isBare && !isDown && watched?.endsAgain === true',
      replace: 'isBare && !isDown && isBare === isDown',
      caughtBy: ['functions/replace-node/restart'],
    },
    {
      name: 'a client whose data are not mounted is not started as it is',
      find: '...(isBare && { unmounted: true })',
      replace: '',
      caughtBy: ['functions/replace-node/restart'],
    },
    {
      name: 'no instance is stopped for a move before its client has ended',
      find: "if (state.client === 'mayBeDown' && isDown)",
      replace: "if (state.client === 'mayBeDown' || isDown)",
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'a move that EC2 refuses leaves no client down',
      find: 'if (!state.moves || state.failed.length === 0 ||',
      replace: 'if (state.moves || state.failed.length === 0 ||',
      caughtBy: ['functions/replace-node/move'],
    },
  ],
  'shared/guardrails/voting-power.ts': [
    {
      name: 'exactly two thirds of the voting power are not enough',
      find: '3n * BigInt(rest) > 2n',
      replace: '3n * BigInt(rest) >= 2n',
      caughtBy: ['shared/guardrails/voting-power'],
    },
    {
      name: 'voting power that a validator does not tell is not assumed',
      find: 'const own = self?.votes?.own;',
      replace: 'const own = self?.votes?.own ?? 0;',
      caughtBy: ['shared/guardrails/voting-power'],
    },
    {
      name: 'voting power that nobody tells of the chain is not assumed',
      find: 'if (accounts.length === 0)',
      replace: 'if (accounts.length < 0)',
      caughtBy: ['shared/guardrails/voting-power'],
    },
    {
      name: 'a validator that is down and never told its voting power may have any',
      find: 'if (untold.length > 0)',
      replace: 'if (untold.length < 0)',
      caughtBy: ['shared/guardrails/voting-power'],
    },
    {
      name: 'a validator that has just gone down counts before the chain’s metrics say so',
      find: 'Math.max(missing, down)',
      replace: 'Math.max(missing, 0 * down)',
      caughtBy: ['shared/guardrails/voting-power'],
    },
    {
      name: 'one node that tells less voting power than the others is enough for a refusal',
      find: 'for (const account of accounts) {',
      replace: 'for (const account of accounts.slice(0, 1)) {',
      caughtBy: ['shared/guardrails/voting-power'],
    },
  ],
  'functions/snapshot-node/commands.ts': [
    {
      name: 'a validator’s voting power is read again before its record says that it may be down',
      find: "const refusal = 'refuse' in guarded ? guarded : await judgeValidatorAgain(context);",
      replace: "const refusal = 'refuse' in guarded ? guarded : null;",
      caughtBy: ['functions/snapshot-node/stop'],
    },
    {
      name: 'a validator’s voting power is read again right before its client is stopped',
      find: 'const refusal = await judgeValidatorAgain(context);\n    if (refusal) return',
      replace: 'const refusal = null;\n    if (refusal) return',
      caughtBy: ['functions/snapshot-node/stop'],
    },
  ],
  'shared/snapshots/donor.ts': [
    {
      name: 'two sets of no use within a day are enough',
      find: 'recent.length < 2 ||',
      replace: 'recent.length < 9 ||',
      caughtBy: ['shared/snapshots/donor'],
    },
    {
      name: 'a set of no use and its incident are one stop',
      find: '> ONE_STOP_MS',
      replace: '> 0',
      caughtBy: ['shared/snapshots/donor'],
    },
    {
      name: 'no validator is chosen for a clean snapshot unless a person names it and says what it is',
      find: 'asked?.acknowledgesValidator === true && asked.instanceId === instanceId',
      replace: 'asked?.acknowledgesValidator === true || asked === undefined',
      caughtBy: ['shared/snapshots/donor'],
    },
    {
      name: 'a validator is stopped for a snapshot only while enough voting power stays',
      find: "donor.role === 'validator' ? judgeVotingPower({ ...facts, ...donor })",
      replace: "donor.role === 'validator' ? null",
      caughtBy: ['shared/snapshots/donor'],
    },
    {
      name: 'a validator’s snapshot is no reason to take none of the other nodes',
      find: '.some(({ ledger }) => ledger.ofValidator)',
      replace: '.some(({ ledger }) => ledger.ofValidator && ledger.quarantined)',
      caughtBy: ['shared/snapshots/donor'],
    },
    {
      name: 'a clean snapshot is taken within its hours alone',
      find: 'if (sinceMs >= withinHours * HOUR_MS)',
      replace: 'if (sinceMs >= 240 * HOUR_MS)',
      caughtBy: ['shared/snapshots/donor'],
    },
  ],
  'functions/watch-fleet/otlp.ts': [
    {
      name: 'no request with metrics has more bytes than CloudWatch takes',
      find: 'bytes + size <= BYTES_A_CALL',
      replace: 'size <= BYTES_A_CALL',
      caughtBy: ['functions/watch-fleet/otlp'],
    },
    {
      name: 'metrics that CloudWatch leaves out of a request are not called sent',
      find: 'if (points > 0) throw',
      replace: 'if (points < 0) throw',
      caughtBy: ['functions/watch-fleet/otlp'],
    },
  ],
  'shared/aws/signed-request.ts': [
    {
      name: 'metrics that CloudWatch refuses are not sent again',
      find: 'statusCode === 429 || statusCode >= 500',
      replace: 'statusCode >= 400',
      caughtBy: ['functions/watch-fleet/otlp'],
    },
    {
      name: 'metrics that did not arrive are sent three times at most',
      find: 'WAITS_MS = [200, 800]',
      replace: 'WAITS_MS = [200, 800, 800]',
      caughtBy: ['functions/watch-fleet/otlp'],
    },
  ],
  'shared/heal/last-word.ts': [
    {
      name: 'a word that a person repeats is their last one',
      find: 'EXCHANGES.has(one.trigger) && wordMs(one) > wordMs(incident)',
      replace: 'EXCHANGES.has(one.trigger) && one.onsetMs > incident.onsetMs',
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'what was begun is finished once a later word is over without it',
      find: "state !== 'healed' && state !== 'escalated'",
      replace: "state !== 'healed'",
      caughtBy: ['functions/dispatch-heal/health'],
    },
  ],
  'functions/dispatch-heal/candidates.ts': [
    {
      name: 'what the schedule wants is no new incident each hour',
      find: 'SCHEDULED_VALID_MS = 24 * 60',
      replace: 'SCHEDULED_VALID_MS = 60',
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'of what a person wants of a node’s data the last word counts',
      find: "if (readTrigger(incident.trigger)?.kind === 'request') return laterWord(incident, { incidents }) !== undefined;",
      replace: "if (readTrigger(incident.trigger)?.kind === 'request') return false;",
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'what a person has called back is not begun before the word that came later',
      find: 'if (later !== undefined && isStanding(later)',
      replace: "if (later?.state === 'claimed' && isStanding(later)",
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'a plan that was written answers a person',
      find: 'isOfNode && plannedUntilMs === 0',
      replace: 'isOfNode',
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'a person’s last word has its hour once what came before is over',
      find: 'nowMs - endedAtMs(one) < MANUAL_VALID_MS,',
      replace: 'nowMs - endedAtMs(one) < 0,',
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'a client that is down does not wait for a person’s later word',
      find: 'isStanding(later) && !isDown',
      replace: 'isStanding(later)',
      caughtBy: ['functions/dispatch-heal/health'],
    },
  ],
  'functions/dispatch-heal/sweep.ts': [
    {
      name: 'what an upgrade has failed by is not closed while the upgrade is under way',
      find: '!counted.has(incident) &&',
      replace: '',
      caughtBy: ['functions/dispatch-heal/sweep'],
    },
    {
      name: 'a check that does not fail has not passed: the instance may be stopped',
      find: 'unseen.includes(incident) && hasPassed(incident)',
      replace: 'unseen.includes(incident)',
      caughtBy: ['functions/dispatch-heal/sweep-health'],
    },
  ],
  'functions/watch-fleet/metrics.ts': [
    {
      name: 'a status check that nobody could read is no failed one',
      find: 'failedChecks?.instances.has(instanceId) === true',
      replace: 'failedChecks?.instances.has(instanceId) !== false',
      caughtBy: ['functions/watch-fleet/watch-fleet'],
    },
  ],
  'shared/fleet/observation.ts': [
    {
      name: 'a machine that nobody reaches serves nobody',
      find: "cutOff ? 'unreachable' : health;",
      replace: 'health;',
      caughtBy: ['functions/register-nodes/hint'],
    },
  ],
  'functions/register-nodes/alarms.ts': [
    {
      name: 'an alarm on PromQL sees the nodes of its own fleet alone',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template
      find: '{Fleet="${name}"${more}})`',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template
      replace: '{Fleet!="no-${name}"${more}})`',
      caughtBy: ['functions/register-nodes/alarms'],
    },
  ],
  'functions/register-nodes/alarm-changes.ts': [
    {
      name: 'an alarm that is on stays until the fleet’s has looked',
      find: "takesOver && StateValue === 'ALARM'",
      replace: "takesOver && StateValue === 'OK'",
      caughtBy: ['functions/register-nodes/alarms'],
    },
    {
      name: 'a person’s number in a PromQL query stays',
      find: 'now?.Threshold ?? promqlOf(now?.EvaluationCriteria).threshold',
      replace: 'now?.Threshold',
      caughtBy: ['functions/register-nodes/alarms'],
    },
  ],
  'functions/dispatch-heal/facts.ts': [
    {
      name: 'a check that has not run yet after a start has not passed',
      find: "every((status) => status === 'ok')",
      replace: "every((status) => status !== 'impaired')",
      caughtBy: ['functions/dispatch-heal/checks'],
    },
    {
      name: 'an alarm on PromQL is about the nodes that its contributors name',
      find: "replaceAll('_', '-'), groups: true }",
      replace: "replaceAll('_', '-'), groups: false }",
      caughtBy: ['functions/dispatch-heal/dispatch'],
    },
  ],
  'functions/watch-fleet/lasting.ts': [
    {
      name: 'a lag that gets smaller is no falling behind',
      find: 'lag > (lags[at - 1]?.blocks ?? 0));',
      replace: 'lag !== lags[at - 1]?.blocks);',
      caughtBy: ['functions/watch-fleet/watch-fleet'],
    },
    {
      name: 'a client that ends again and again is told',
      find: 'crashes.length >= CRASHES;',
      replace: 'crashes.length >= 50 * CRASHES;',
      caughtBy: ['functions/watch-fleet/watch-fleet'],
    },
  ],
  'functions/dispatch-heal/queue.ts': [
    {
      name: 'a node that gives a snapshot keeps no sick one waiting for the turn',
      find: "awaitsTurn(incident) && healOf(incident.trigger) === 'replace-node' && !isOfMove(incident.trigger);",
      replace: 'awaitsTurn(incident) && !isOfMove(incident.trigger);',
      caughtBy: ['functions/dispatch-heal/queue'],
    },
    {
      name: 'a move begins no attempt while another node of its fleet has the turn',
      find: 'if (!awaitsTurn(incident)) return null;',
      replace: 'if (!isForTurn(incident)) return null;',
      caughtBy: ['functions/dispatch-heal/queue'],
    },
    {
      name: 'the door lets in no more fleets than there are places',
      find: 'isLetIn(first) || order < 0',
      replace: 'order < 0 && false',
      caughtBy: ['functions/dispatch-heal/queue'],
    },
    {
      name: 'the oldest trouble of a fleet is let in first',
      find: '!isSame(first, incident) && !together.includes(first.instanceId)',
      replace: 'together.length > 9',
      caughtBy: ['functions/dispatch-heal/queue'],
    },
    {
      name: 'the fleet that had fewer replacements goes first',
      find: 'if (before.length < placesLeft(facts)) return null;',
      replace: 'if (before.length < Number.POSITIVE_INFINITY) return null;',
      caughtBy: ['functions/dispatch-heal/queue'],
    },
    {
      name: 'no budget forbids to put back what a person wants undone',
      find: "if (incident.want?.do === 'undo' || incident.want?.do === 'upgrade') return null;",
      replace: '',
      caughtBy: ['functions/dispatch-heal/queue'],
    },
  ],
  'functions/replace-node/rungs/rung.ts': [
    {
      name: 'neither data nor a version are given up for a consensus client that stands',
      find: 'if (watched.cause !== undefined) return consensusFirst(facts, state, which, watched.reason);',
      replace: '',
      caughtBy: ['functions/replace-node/proving'],
    },
    {
      name: 'a copy is not given up for peers that it has lost',
      find: 'peerCount === undefined ? null : peersLacking(fleet',
      replace: 'peerCount !== undefined ? null : peersLacking(fleet',
      caughtBy: ['functions/replace-node/proving'],
    },
    {
      name: 'a copy is not given up in a stall of EBS',
      find: "const stalled = which === 'original' ? judgeStalled(facts) : null;",
      replace: "const stalled = which !== 'original' ? judgeStalled(facts) : null;",
      caughtBy: ['functions/replace-node/proving'],
    },
    {
      name: 'a rung that the owner has taken out of the file meanwhile takes no further data',
      find: 'upgrade !== undefined || fleet.replace.rungs.includes(rung)',
      replace: 'upgrade !== undefined || fleet.replace.rungs.length > 0',
      caughtBy: ['functions/replace-node/swap'],
    },
    {
      name: 'a heal that waits for its proof gives way to a disk that fills',
      find: 'afterDisk(facts) ?? waitSeconds(verdict.seconds',
      replace: 'waitSeconds(verdict.seconds',
      caughtBy: ['functions/replace-node/proving'],
    },
    {
      name: 'no copy is blamed for a disk that has filled since',
      find: 'isLater && !follows ? diskFullFirst',
      replace: 'isLater && !follows && nowMs < 0 ? diskFullFirst',
      caughtBy: ['functions/replace-node/proving'],
    },
    {
      name: 'whoever asked for a restore has not asked for a client that was stopped since',
      find: "want: { do: 'heal' } } as const",
      replace: '} as const',
      caughtBy: ['functions/replace-node/proving'],
    },
    {
      name: 'a silent node is asked itself before its rung is given up: a person may have stopped its client',
      find: 'verdict.isUnasked && canAsk',
      replace: 'verdict.isUnasked && !canAsk',
      caughtBy: ['functions/replace-node/restart'],
    },
    {
      name: 'a node whose data were taken back is not told to be as it was found',
      find: 'if (rolledBack && rung === null',
      replace: 'if (!rolledBack && rung !== null',
      caughtBy: ['functions/replace-node/roll-back'],
    },
    {
      name: 'an instance that could not be started is started once more by the next attempt',
      find: '!isSpentFor(state, start, nowMs)',
      replace: '!isSpent(state, start)',
      caughtBy: ['functions/replace-node/ladder'],
    },
    {
      name: 'a node of which nothing is known is waited for before anything is done to it',
      find: 'if (waitedMs(state, nowMs) < BLIND_MS) return waitFor(state, nowMs, reason);',
      replace: 'if (waitedMs(state, nowMs) < 0) return waitFor(state, nowMs, reason);',
      caughtBy: ['functions/replace-node/ladder'],
    },
    {
      name: 'where nobody learns how a node is, people are told and nothing is done',
      find: "return onceSettled(facts, state, { as: 'refused', refusal });",
      replace: 'return null;',
      caughtBy: ['functions/replace-node/ladder'],
    },
  ],
  'shared/model/suite.ts': [
    {
      name: 'a node that nobody has claimed is no named suite’s',
      find: "suite === DEFAULT_SUITE ? 'own' : 'unclaimed'",
      replace: "'own'",
      caughtBy: ['functions/register-nodes/claims', 'shared/heal/heal-shell'],
    },
    {
      name: 'a node that another suite has claimed is not ours',
      find: "written === claimOf(suite) ? 'own' : 'foreign'",
      replace: "'own'",
      caughtBy: ['functions/register-nodes/claims', 'shared/heal/heal-shell'],
    },
    {
      name: 'no suite is called so that its names begin as another’s do',
      find: 'if (name.includes(DEFAULT_SUITE))',
      replace: 'if (name === DEFAULT_SUITE)',
      caughtBy: ['shared/model/suite'],
    },
    {
      name: 'two suites may each have a fleet of one name, and neither’s things are the other’s',
      find: 'name === undefined ? fleet :',
      replace: 'true ? fleet :',
      caughtBy: ['shared/model/suite', 'infra/suites'],
    },
  ],
  'shared/model/doors.ts': [
    {
      name: 'what nobody knows burns no source of data',
      find: "'nobody-knows': 'passed-over',",
      replace: "'nobody-knows': 'burnt',",
      caughtBy: ['functions/replace-node/tried'],
    },
    {
      name: 'a refusal of AWS burns no source of data',
      find: "aws: 'waits',",
      replace: "aws: 'burnt',",
      caughtBy: ['functions/replace-node/tried'],
    },
  ],
  'functions/replace-node/blame.ts': [
    {
      name: 'a copy that never gained a block says nothing of its data',
      find: "return { door: isShown ? 'data' : 'nobody-knows', fault: at, reason };",
      replace: "return { door: 'data', fault: at, reason };",
      caughtBy: ['functions/replace-node/blame'],
    },
  ],
  // What is decided
  'functions/replace-node/tried.ts': [
    {
      name: 'a set that a person did not want for something else is as good as before',
      find: "fault === 'unwanted' || fault === 'unpermitted'",
      replace: "fault === 'same-stop' || fault === 'unpermitted'",
      caughtBy: ['functions/replace-node/tried'],
    },
  ],
  'functions/replace-node/sources.ts': [
    {
      name: 'what was put away for a person’s other data is told from what did not work',
      find: '!requests.some(({ incidentId }) => incidentId === latest.incidentId) && {',
      replace: '{',
      caughtBy: ['functions/replace-node/sources'],
    },
    {
      name: 'volumes are copied of a sibling in the same zone alone',
      find: 'availabilityZone === state.found.availabilityZone,',
      replace: "availabilityZone !== '',",
      caughtBy: ['functions/replace-node/sources'],
    },
    {
      name: 'a validator is no source of data',
      find: "role === 'follower' &&",
      replace: "role !== 'bootnode' &&",
      caughtBy: ['functions/replace-node/sources'],
    },
  ],
  'shared/reconcile/plan.ts': [
    {
      name: 'a change is only proposed where the mode is not act',
      find: "if (mode !== 'act') return { step: 'proposed'",
      replace: "if (mode === undefined) return { step: 'proposed'",
      caughtBy: ['shared/reconcile/reconcile'],
    },
    {
      name: 'a plan of names that has changed since its approval is not carried out',
      find: 'if (hash !== approved) {',
      replace: "if (hash === '') {",
      caughtBy: ['functions/register-nodes/sightings'],
    },
    {
      name: 'a plan of pruning that has changed since its approval is not carried out',
      find: 'if (hash !== approved) {',
      replace: "if (hash === '') {",
      caughtBy: ['functions/prune-retired/prune-remove'],
    },
  ],
  'functions/prune-retired/prune.ts': [
    {
      name: 'people are told of a retired instance that they have protected',
      find: "if ('refused' in said && removal.kind === 'instance' && said.code === PROTECTED)",
      replace: "if ('refused' in said && removal.kind === 'set' && said.code === PROTECTED)",
      caughtBy: ['functions/prune-retired/protected'],
    },
    {
      name: 'a removal is looked at again right before it is made',
      find: 'if (!stillPlanned(removal, again)) return',
      replace: "if (removal.id === '') return",
      caughtBy: ['functions/prune-retired/prune-remove'],
    },
    {
      name: 'a pause holds a removal back in the moment of the call',
      find: 'if (guarded) return guarded;',
      replace: '',
      caughtBy: ['functions/prune-retired/prune-remove'],
    },
  ],
  'functions/seed-groups/decide.ts': [
    {
      name: 'a group with a validator is never seeded',
      find: "role === 'validator' || role === 'unknown'",
      replace: "role === 'unknown'",
      caughtBy: ['functions/seed-groups/decide'],
    },
    {
      name: 'a set that was taken while its client ran seeds no group',
      find: "if (set.rank === 'crash-consistent')",
      replace: "if (snapshotId === '')",
      caughtBy: ['functions/seed-groups/decide'],
    },
    {
      name: 'a set that its policy removes seeds no group',
      find: 'if (policyId !== null)',
      replace: "if (policyId === '')",
      caughtBy: ['functions/seed-groups/decide'],
    },
    {
      name: 'a set from which no member came up seeds no group again',
      find: 'return failed.includes(snapshotId) ?',
      replace: "return snapshotId === '' ?",
      caughtBy: ['functions/seed-groups/decide'],
    },
    {
      name: 'a member that catches up clears the set that it was launched with',
      find: "health === 'synced' || health === 'behind'",
      replace: "health === 'synced'",
      caughtBy: ['functions/seed-groups/decide'],
    },
    {
      name: 'a template is the fleet’s by its tags',
      find: 'template.tags[key] !== value',
      replace: "key === ''",
      caughtBy: ['functions/seed-groups/decide'],
    },
  ],
  'functions/seed-groups/boost-decide.ts': [
    {
      name: 'a boost stays until its node has caught up',
      find: "if (health !== 'synced') return",
      replace: "if (health === 'forked') return",
      caughtBy: ['functions/seed-groups/boost-decide'],
    },
    {
      name: 'a boost stays while a person or a heal is at its node',
      find: 'if (neededBy !== null) return',
      replace: "if (neededBy === '') return",
      caughtBy: ['functions/seed-groups/boost-decide'],
    },
    {
      name: 'a volume that EBS still modifies is not modified',
      find: 'if (modification !== null) return',
      replace: "if (modification === 'modifying') return",
      caughtBy: ['functions/seed-groups/boost-decide'],
    },
    {
      name: 'the end of a boost counts growths within EBS’s day',
      find: '[...grownAtMs.filter((atMs) => nowMs - atMs < INTENT_COUNTS_MS), ...modifiedAtMs]',
      replace: '[...modifiedAtMs]',
      caughtBy: ['functions/seed-groups/boost-decide'],
    },
    {
      name: 'figures that somebody else has chosen are theirs',
      find: 'if (!has(volume, boost.from)) {',
      replace: 'if (has(volume, boost.to)) {',
      caughtBy: ['functions/seed-groups/boost-decide'],
    },
    {
      name: 'a call that may still take effect is not made again',
      find: 'if (modifiedAtMs.some((atMs) => nowMs - atMs < SETTLES_MS))',
      replace: 'if (modifiedAtMs.some((atMs) => nowMs === atMs))',
      caughtBy: ['functions/seed-groups/boost-decide'],
    },
  ],
  'functions/seed-groups/scale-decide.ts': [
    {
      name: 'scaling: one that a person has paused is left as it is, also while it is set aside',
      find: 'if (aside && aside.paused !== null)',
      replace: 'if (aside && aside.paused === undefined)',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: nobody is ended whom the pool names',
      find: 'if (pool.addresses.includes(aside.privateIp))',
      replace: 'if (pool.addresses.length === 0)',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: the pool is looked at again after a member was set aside',
      find: 'if (pool === null || pool.atMs < sinceMs)',
      replace: 'if (pool === null)',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: the yes is to the machine and the data that are launched',
      find: '...(to > from ? [launchedText(facts)] : [])',
      replace: '',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: the pool’s floor bounds a smaller group',
      find: 'Math.max(scales.minimum, floor, group.minSize + 1)',
      replace: 'Math.max(scales.minimum, group.minSize + 1)',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: one below the group’s minimum is left to heals',
      find: 'floor, group.minSize + 1)',
      replace: 'floor, group.minSize)',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: a group does not grow beyond its owner’s maximum',
      find: 'Math.min(scales.maximum, group.maxSize)',
      replace: 'scales.maximum',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: the next is launched once the one before is synced',
      find: "launchedAtMs >= wish.askedAtMs && health !== 'synced'",
      replace: 'launchedAtMs >= wish.askedAtMs && health === null',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: nothing is launched that would sync from nothing',
      find: "if (seed === null || 'lacking' in seed)\n    return wait",
      replace: 'if (seed === null)\n    return wait',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: a group in the middle of something is waited for',
      find: 'if (unsettled !== null) return wait(fleet.name, unsettled);',
      replace: '',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: nobody goes whom the person was not shown',
      find: '({ instanceId }) => mayLeave.includes(instanceId)',
      replace: "({ instanceId }) => mayLeave.length > 0 || instanceId !== ''",
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: the youngest goes',
      find: 'b.launchedAtMs - a.launchedAtMs',
      replace: 'a.launchedAtMs - b.launchedAtMs',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: a tag that came late is taken off again',
      find: 'if (stray)',
      replace: "if (stray && stray.name === '')",
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: of the fullest zone',
      find: 'sizeOf(b) - sizeOf(a) ||',
      replace: '0 ||',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: who left the pool is ended once no resolver has the address',
      find: 'nowMs - leaving.sinceMs < outMs(fleet)',
      replace: 'nowMs - leaving.sinceMs < 0',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: a heal that began right before has its node back',
      find: 'if (own) return back(own.what);',
      replace: '',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: a sick sibling has it back',
      find: 'if (sick) return back(',
      replace: "if (sick && fleet.name === '') return back(",
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: a lost tag is set again before anybody is ended',
      find: 'if (members.length < all.length)',
      replace: 'if (all.length === 0)',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: an end that was asked for is not asked for again at once',
      find: 'leaving.sentAtMs !== null && nowMs - leaving.sentAtMs < SETTLES_MS',
      replace: 'leaving.sentAtMs === null && nowMs < SETTLES_MS',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
  ],
  'shared/readiness/scale.ts': [
    {
      name: 'scaling: a validator is never let go',
      find: "if (role === 'validator') return 'is a validator';",
      replace: '',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: a node of unknown role is never let go',
      find: "if (role === 'unknown') return 'is of unknown role, and could be a validator';",
      replace: '',
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: a node that a heal or a person needs is never let go',
      find: 'if (neededBy !== null) return',
      replace: "if (neededBy === '') return",
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: a node whose volume would stay behind is never let go',
      find: 'leaves === null ? null :',
      replace: "leaves !== '' ? null :",
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
    {
      name: 'scaling: nobody is let go while another node is not synced',
      find: "members.filter(({ health }) => health !== 'synced')",
      replace: "members.filter(({ health }) => health === 'stuck')",
      caughtBy: ['functions/seed-groups/scale-decide'],
    },
  ],
  'functions/seed-groups/templates.ts': [
    {
      name: 'a group keeps the snapshots of every version that it launches, also of one by its number',
      find: '...now, ...(base',
      replace: '...(base',
      caughtBy: ['functions/seed-groups/decide'],
    },
    {
      name: 'an owner’s newer version counts where the newest is launched',
      find: 'theirs.number > told.number',
      replace: 'theirs.number < 0',
      caughtBy: ['functions/seed-groups/decide'],
    },
    {
      name: 'a description that only begins like ours is not ours',
      find: 'snap-[0-9a-f]{8,17})$/',
      replace: 'snap-[0-9a-f]{8,17})/',
      caughtBy: ['functions/seed-groups/decide'],
    },
  ],
  'functions/replace-node/state.ts': [
    {
      name: 'an instance that was put away is owed no start',
      find: '{ ...one, isAway: true as const }',
      replace: 'one',
      caughtBy: ['functions/replace-node/asked'],
    },
    {
      name: 'other data are tried where the client names its own',
      find: '(namesItsData(reason) || isUnopened === true)',
      replace: '!state.beside',
      caughtBy: ['functions/replace-node/acts'],
    },
    {
      name: 'a copy that does not open is not taken for the data of the node itself',
      find: "state.restoredVolumes === null ? 'own' : 'copy'",
      replace: "'own'",
      caughtBy: ['functions/replace-node/acts'],
    },
  ],
  'functions/replace-node/heal.ts': [
    {
      name: 'in mode plan a heal ends with its plan',
      find: "if (mode === 'plan') return concluding({ outcome: 'planned'",
      replace: "if (mode !== 'plan' && mode !== 'ask' && mode !== 'act') return concluding({ outcome: 'planned'",
      caughtBy: ['functions/replace-node/asked'],
    },
    {
      name: 'a plan of the ladder that has changed since its approval is not carried out',
      find: 'return since === null',
      replace: 'return since !== undefined',
      caughtBy: ['functions/replace-node/asked'],
    },
  ],
  'functions/audit-snapshots/machine.ts': [
    {
      name: 'a drill that waits for its agent gives way to a pause and to a heal',
      find: '(await calledOff(context)) ?? lookAtBoot(context, drill)',
      replace: 'lookAtBoot(context, drill)',
      caughtBy: ['functions/audit-snapshots/boot'],
    },
    {
      name: 'the instance of a drill has no tag by which its fleet is known',
      find: 'selectors.map((key) => [key, NO_NODE])',
      replace: 'selectors.map((key) => [key, { ...nodes.tags }[key] ?? NO_NODE])',
      caughtBy: ['local/scenarios/protected'],
    },
    {
      name: 'what a drill has made is told to go',
      find: '.filter(({ goes }) => !goes)',
      replace: '.filter(({ goes }) => goes)',
      caughtBy: ['local/scenarios/protected'],
    },
    {
      name: 'a drill ends what a drill has launched, and nothing for its tag alone',
      find: 'isOurs: isLaunchedByDrill(instance, drill),',
      replace: 'isOurs: true,',
      caughtBy: ['local/scenarios/protected'],
    },
    {
      name: 'a drill is over only when what it has made is gone',
      find: 'return { ids: [...launched, ...volumes].map(({ id }) => id), refused };',
      replace: 'return { ids: [], refused };',
      caughtBy: ['local/scenarios/protected'],
    },
  ],
  'shared/reconcile/notification.ts': [
    {
      name: 'what has one key is one page',
      find: 'if (page) page.push(one);',
      replace: 'if (page) pages.set(String(pages.size), [one]);',
      caughtBy: ['functions/register-nodes/notifications'],
    },
  ],
  'functions/register-nodes/pool-follows.ts': [
    {
      name: 'nothing leaves the pool while a pause is on',
      find: 'const leaving = facts.isHeld',
      replace: 'const leaving = !facts.isHeld',
      caughtBy: ['functions/register-nodes/pool-follows'],
    },
    {
      name: 'a yes to a heal takes no other node out of the pool',
      find: 'nodes.filter(isChangeable).filter(isTaken)',
      replace: 'nodes.filter(isChangeable)',
      caughtBy: ['functions/register-nodes/pool-follows'],
    },
    {
      name: 'a yes to a heal brings no node into the pool that had not left it',
      find: 'const back = left\n    .flatMap((one) => heirOf(one, nodes) ?? [])\n',
      replace: 'const back = nodes\n',
      caughtBy: ['functions/register-nodes/pool-follows'],
    },
    {
      name: 'a yes to a heal leaves nobody in the pool who should not be in it alone',
      find: '!isServed || ',
      replace: '',
      caughtBy: ['functions/register-nodes/pool-follows'],
    },
    {
      name: 'a node that has left the pool comes back once it should be in it',
      find: '!isIn(node) && isWanted(node)',
      replace: '!isIn(node)',
      caughtBy: ['functions/register-nodes/pool-follows'],
    },
  ],
  'functions/register-nodes/records.ts': [
    {
      name: 'where nobody is left for the pool its record stays as it is',
      find: 'pool.values.length === 0 && facts.nodes.length > 0',
      replace: 'pool.values.length === 0 && facts.nodes.length > 9_999',
      caughtBy: ['functions/register-nodes/names'],
    },
    {
      name: 'a node that is not synced leaves the pool while others serve',
      find: 'changeable.filter((node) => stateOf(node) === well)',
      replace: 'changeable',
      caughtBy: ['functions/register-nodes/names'],
    },
    {
      name: 'the pool is never emptied',
      find: 'pool([...leastBad, ...kept])',
      replace: 'pool([...kept])',
      caughtBy: ['functions/register-nodes/names'],
    },
  ],
  'shared/heal/ask.ts': [
    {
      name: 'nobody is asked for a yes to a command that the node cannot take',
      find: "agent?.refuse === 'agent-too-old' ? agent : askPerson(context, question)",
      replace: "agent?.refuse === 'agent-silent' ? agent : askPerson(context, question)",
      caughtBy: ['shared/heal/ask'],
    },
  ],
  'shared/heal/back-proof.ts': [
    {
      name: 'a clean snapshot is not blamed for a consensus client that stands, or for peers that are lacking',
      find: 'watched.cause === undefined && (watched.peerCount ?? minimum) >= minimum',
      replace: 'watched.cause === undefined || (watched.peerCount ?? minimum) >= minimum',
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
    {
      name: 'a donor is proved by what is seen of it after its start',
      find: 'watched === null || watched.observedAtMs <= upSinceMs',
      replace: 'watched === null',
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
  ],
  'functions/replace-node/open-disk.ts': [
    {
      name: 'a disk that waits at a ceiling keeps no heal of its node waiting for its proof',
      find: "const waits = state === 'open' && !isRefused && failures === 0;",
      replace: "const waits = state === 'open';",
      caughtBy: ['functions/replace-node/proving'],
    },
  ],
  'functions/replace-node/full.ts': [
    {
      name: 'a yes that waits for a disk whose growth is refused is told',
      find: 'const page = refused === true && facts.approved === true;',
      replace: 'const page = false;',
      caughtBy: ['functions/replace-node/begin'],
    },
    {
      name: 'a full disk that no alarm sees is told',
      find: 'if (facts.nowMs - sinceMs < UNSEEN_AFTER_MS)',
      replace: 'if (facts.nowMs - sinceMs >= 0)',
      caughtBy: ['functions/replace-node/begin', 'functions/replace-node/proving'],
    },
  ],
  'functions/resize-volume/prune.ts': [
    {
      name: 'a client is not pruned while another heal waits for its proof',
      find: "return maySettle(node, 'grow') ? null :",
      replace: 'return node.version >= 0 ? null :',
      caughtBy: ['functions/resize-volume/prune'],
    },
    {
      name: 'a pruning that nobody has answered is not taken for done',
      find: "if ('over' in answer) return { as: 'unknown', reason: answer.over };",
      replace: "if ('over' in answer) return { as: 'done' };",
      caughtBy: ['functions/resize-volume/prune'],
    },
    {
      name: 'each client of a node has to run after its pruning',
      find: "after.clients.every(({ state }) => state === 'running')",
      replace: "after.clients.some(({ state }) => state === 'running')",
      caughtBy: ['functions/resize-volume/prune'],
    },
    {
      name: 'the record says that a client may be down before it is stopped to be pruned',
      find: "...{ kind: 'grow', phase: 'down', incidentId, volumeId",
      replace: "...{ kind: 'grow', phase: 'preparing', incidentId, volumeId",
      caughtBy: ['functions/resize-volume/prune'],
    },
  ],
  'functions/resize-volume/acts.ts': [
    {
      name: 'a pruning that a person’s stop came before starts no client',
      find: "if ('result' in told.answer && told.answer.fault === 'person')",
      replace: "if ('over' in told.answer && told.answer.over === '')",
      caughtBy: ['functions/resize-volume/prune'],
    },
    {
      name: 'a client that was stopped to be pruned is brought up whatever the mode is now',
      find: "if (!('refuse' in facts) && facts.prune?.isOpen === true)",
      replace: "if (!('refuse' in facts) && facts.prune?.isOpen === undefined)",
      caughtBy: ['functions/resize-volume/prune'],
    },
    {
      name: 'a client that does not run after its pruning is started',
      find: "return 'result' in told.answer && runs(told.answer)\n",
      replace: "return 'result' in told.answer\n",
      caughtBy: ['functions/resize-volume/prune'],
    },
    {
      name: 'a client that does not come up after its pruning is left to the next attempt',
      find: '  keepOperation: true,\n',
      replace: '',
      caughtBy: ['functions/resize-volume/prune'],
    },
    {
      name: 'a node that is not proved after its pruning is not called healed',
      find: "if (proof === null || !('proved' in proof)) {",
      replace: 'if (proof === null) {',
      caughtBy: ['functions/resize-volume/prune'],
    },
    {
      name: 'nobody grows what was approved to be pruned',
      find: 'if (held.approved !== null)\n',
      replace: 'if (held.approved === undefined)\n',
      caughtBy: ['functions/resize-volume/prune'],
    },
    {
      name: 'a modification whose answer is lost is looked for',
      find: "if ('interrupted' in modified)",
      replace: "if ('interrupted' in modified && modified.interrupted === '')",
      caughtBy: ['functions/resize-volume/program'],
    },
    {
      name: 'only a client that the full disk has stopped is started',
      find: 'const startClient = startsClient(held.found);',
      replace: 'const startClient = held.found !== null;',
      caughtBy: ['functions/resize-volume/program'],
    },
    {
      name: 'a node that did not answer is given back only when its command can run no more',
      find: 'concluding(silent(reason), held, false)',
      replace: 'concluding(silent(reason), held)',
      caughtBy: ['functions/resize-volume/program'],
    },
  ],
  'shared/node-commands/client-end.ts': [
    {
      name: 'data that another process has, or that a client is not configured for, are not called bad',
      find: ' && causeBesideData(text) === null',
      replace: '',
      caughtBy: ['shared/node-commands/client-end', 'functions/replace-node/blame'],
    },
    {
      name: 'a client that names its data is believed, whatever it has said before',
      find: ' || namesItsData(lastLine) ?',
      replace: ' ?',
      caughtBy: ['shared/node-commands/client-end'],
    },
  ],
  'functions/replace-node/decide.ts': [
    {
      name: 'a client whose data are not the cause of its end gets no other data',
      find: "if (beside !== undefined && RUNGS[rung].class !== 'restart')",
      replace: 'if (false)',
      caughtBy: ['functions/replace-node/climb'],
    },
    {
      name: 'that a client has not opened its data is told with the end of its ladder',
      find: '...(wasUnopened(state) && { unopened: true }),',
      replace: '',
      caughtBy: ['functions/replace-node/climb'],
    },
    {
      name: 'what a person has asked for is not done with what another heal has proved',
      find: '(isAsked(facts, state) ? endOfProof(state) : beginOwn(facts))',
      replace: 'endOfProof(state)',
      caughtBy: ['functions/replace-node/last-word'],
    },
    {
      name: 'a client that a person has stopped since it ran is not started for what was begun',
      find: "ran !== true || decision.do === 'end'",
      replace: "ran === true || decision.do === 'end'",
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'no further rung is taken for a disk that has filled since',
      find: "facts.want.do === 'heal' ? diskFullFirst(facts, state.beganAtMs) : null",
      replace: "facts.want.do === 'heal' && facts.nowMs < 0 ? diskFullFirst(facts, state.beganAtMs) : null",
      caughtBy: ['functions/replace-node/climb'],
    },
    {
      name: 'a node whose instance kept the type of its first sync is told',
      find: 'typeStays(facts, state) ??',
      replace: '',
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'of nodes that were upgraded together the second one waits with its data for the first',
      find: "next === 'swap' && facts.mateBack !== null",
      replace: 'false',
      caughtBy: ['functions/replace-node/upgrade'],
    },
    {
      name: 'a rung that was never begun is not told as one that did not help',
      find: 'failed.findLastIndex(({ notBegun }) => notBegun !== true)',
      replace: 'failed.findLastIndex(({ notBegun }) => notBegun !== false)',
      caughtBy: ['functions/replace-node/roll-back'],
    },
    {
      name: 'from the onset of an incident the best snapshots are held',
      find: 'SETS_HELD = 2',
      replace: 'SETS_HELD = 0',
      caughtBy: ['functions/replace-node/ladder'],
    },
    {
      name: 'an instance that cannot reach its volumes is not stopped',
      find: 'if (stalled) return ended(',
      replace: 'if (false) return ended(',
      caughtBy: ['functions/replace-node/begin'],
    },
    {
      name: 'a client that a person has stopped is left to that person',
      find: "if (left) return ended({ as: 'refused', refusal: left });",
      replace: '',
      caughtBy: ['functions/replace-node/begin'],
    },
  ],
  'shared/chains/start-files.ts': [
    {
      name: 'of a folder of the list as much is read as a drill has seen',
      find: 'return seen === undefined ? files : { ...files, mib: withMargin(seen.mib) };',
      replace: 'return files;',
      caughtBy: ['shared/chains/start-files'],
    },
    {
      name: 'files are read from the volume that has them, and not from one with a like name',
      find: 'place === one || place.startsWith',
      replace: 'place.startsWith(one) || place.startsWith',
      caughtBy: ['shared/chains/start-files'],
    },
  ],
  'functions/replace-node/rungs/swap.ts': [
    {
      name: 'an earlier volume that somebody has detached is asked for back, and no command is sent',
      find: 'return takenOff(facts, state) ?? putBack(reason);',
      replace: 'return putBack(reason);',
      caughtBy: ['functions/replace-node/exchange'],
    },
    {
      name: 'a copy that may be on its way to the instance is not put away',
      find: "would stay on the instance.\n      if (isPending(state, 'AttachVolume'",
      replace: "\n      if (isPending(state, 'NoCall'",
      caughtBy: ['functions/replace-node/swap'],
    },
    {
      name: 'a client is not stopped for what a person does not want any more',
      find: "if (laterWord === undefined || client !== 'untouched'",
      replace: "if (laterWord === undefined || client === 'untouched'",
      caughtBy: ['functions/replace-node/swap'],
    },
    {
      name: 'what was begun for a word that is over without it is put away, not finished',
      find: 'if (isStanding(laterWord)) return ended(',
      replace: "if (laterWord.state !== 'healed' || isStanding(laterWord)) return ended(",
      caughtBy: ['functions/replace-node/swap'],
    },
    {
      name: 'an undo that waited for a heal does not put back what that heal has found not to work',
      find: '(kept.unaskedAtMs ?? 0) > facts.onsetMs',
      replace: '(kept.unaskedAtMs ?? 0) > facts.nowMs',
      caughtBy: ['functions/replace-node/swap'],
    },
    {
      name: 'an undo is not done with the data that another heal has proved',
      find: "if (want.do === 'undo') return from === 'kept';",
      replace: "if (want.do === 'undo') return true;",
      caughtBy: ['functions/replace-node/last-word'],
    },
    {
      name: 'an undo of a restore that waits is done with what it puts back',
      find: 'if (back) return back;\n  if (!facts.original?.agentOnline)',
      replace: 'if (!facts.original?.agentOnline)',
      caughtBy: ['functions/replace-node/swap'],
    },
    {
      name: 'the signing state of a node of unknown role is missed, too',
      find: "facts.role === 'validator' || facts.role === 'unknown'",
      replace: "facts.role === 'validator'",
      caughtBy: ['functions/replace-node/exchange'],
    },
    {
      name: 'a client that is down does not wait until files are read',
      find: "if (state.client !== 'untouched' || !isUp) return null;",
      replace: "if (state.client !== 'untouched') return null;",
      caughtBy: ['functions/replace-node/warm'],
    },
    {
      name: 'a client that a heal may have stopped waits for no reading',
      find: "if (state.client !== 'untouched' || !isUp) return null;",
      replace: 'if (!isUp) return null;',
      caughtBy: ['functions/replace-node/warm'],
    },
    {
      name: 'a volume is read before its node leaves the pool',
      find: 'cold(facts, state, restored) ?? isolate(facts, state)',
      replace: 'isolate(facts, state) ?? cold(facts, state, restored)',
      caughtBy: ['functions/replace-node/warm'],
    },
    {
      name: 'a smaller volume is looked into only when all files are on it',
      find: 'filled(facts, state, restored) ?? ',
      replace: '',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'a copy of files that takes for ever is given up',
      find: 'nowMs - sinceMs <= FILL_MOST_MS',
      replace: 'nowMs - sinceMs >= 0',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'a shrink that did not help is not begun again by itself',
      find: 'if (met) return rungFailed(met.reason);',
      replace: '',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'another size that a person asks for is not the one that was begun',
      find: 'return shrink?.toGiB === want.toGiB;',
      replace: 'return true;',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'a node that cannot be spared any more keeps its disk',
      find: ": giveUpData(refusal.reason, 'person');",
      replace: ': awaitReading(facts, state);',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'a copy that AWS refuses is a person’s after a day',
      find: 'facts.nowMs >= untilMs',
      replace: 'facts.nowMs < 0',
      caughtBy: ['functions/replace-node/blame'],
    },
    {
      name: 'no volumes are exchanged for a person beside a client that nobody can follow',
      find: ' ?? clientUnknown(facts)',
      replace: '',
      caughtBy: ['functions/replace-node/swap'],
    },
    {
      name: 'data that were tried in an incident are not tried again',
      find: 'find(({ setId }) => !tried.has(setId))',
      replace: 'at(0)',
      caughtBy: ['functions/replace-node/swap'],
    },
    {
      name: 'volumes that were kept in another zone are not brought to a node',
      find: 'kept.availabilityZone !== availabilityZone',
      replace: 'kept.availabilityZone === ""',
      caughtBy: ['functions/replace-node/swap'],
    },
    {
      name: 'a copy comes off only when the found volumes are mounted again',
      find: "if (restored.mounted === 'restored') return",
      replace: "if (restored.mounted === 'restored' && reason === '') return",
      caughtBy: ['functions/replace-node/swap'],
    },
    {
      name: 'guardrails are asked again before the volumes are exchanged',
      find: 'if (off) return off;',
      replace: '',
      caughtBy: ['functions/replace-node/recalled'],
    },
    {
      name: 'the same stop on other data ends the ladder',
      find: "fault === 'same-stop')) return",
      replace: "fault === 'same-stop') && facts.nowMs === 0) return",
      caughtBy: ['functions/replace-node/swap', 'lab/explorers/ladder'],
    },
  ],
  'functions/replace-node/shortage.ts': [
    {
      name: 'what AWS has no room for is asked for again, and does not end the ladder',
      find: 'short.length === 0 || !short',
      replace: 'short.length >= 0 || !short',
      caughtBy: ['functions/replace-node/shortage', 'lab/explorers/ladder'],
    },
    {
      name: 'what AWS has no room for is not asked for within the hour',
      find: 'nowMs - atMs < AWS_AGAIN_MS',
      replace: 'nowMs - atMs < 0',
      caughtBy: ['functions/replace-node/shortage'],
    },
    {
      name: 'what AWS has no room for is a person’s after a day',
      find: 'nowMs - sinceMs < AWS_ASKED_FOR_MS',
      replace: 'nowMs - sinceMs < AWS_ASKED_FOR_MS * nowMs',
      caughtBy: ['functions/replace-node/shortage'],
    },
    {
      name: 'a start that AWS has no room for is no setback that gives it up',
      find: 'setback: null, unstarted',
      replace: 'unstarted',
      caughtBy: ['lab/explorers/ladder'],
    },
    {
      name: 'a client whose instance AWS starts at last is proved',
      find: "rung: 'stop-start', failed,",
      replace: 'failed,',
      caughtBy: ['functions/replace-node/shortage'],
    },
  ],
  'functions/replace-node/rungs/replace.ts': [
    {
      name: 'no node is given up for a copy that is smaller than its disk has become',
      find: 'const grown = giveUpOutgrown(facts, state);',
      replace: 'const grown = isTouched ? giveUpOutgrown(facts, state) : null;',
      caughtBy: ['functions/replace-node/replace'],
    },
    {
      name: 'a client that was about to be masked is started before what only EC2 gives',
      find: "const isFirst = membership === 'apart' || !isSpent(state, unmask);",
      replace: "const isFirst = membership === 'apart';",
      caughtBy: ['functions/replace-node/way-back'],
    },
    {
      name: 'the node has its own place again before the client beside it ends',
      find: "if (state.beside && replacement.membership !== 'apart' && isThere(facts.original)) return leavePlace();",
      replace: '',
      caughtBy: ['functions/replace-node/beside'],
    },
    {
      name: 'a volume that could not be attached again is not taken off',
      find: 'isCopied || isBlueGreen(facts.want) ? {} : movedOf(facts, state)',
      replace: '{}',
      caughtBy: ['functions/replace-node/replace'],
    },
    {
      name: 'a volume that has lost its tags while an instance was launched is not taken off',
      find: '...movedOf(facts, state) })',
      replace: '})',
      caughtBy: ['functions/replace-node/replace'],
    },
    {
      name: 'a launch that EC2 accepts and has no room for after all is tried in the next subnet',
      find: "power === 'terminated' && planned.heard === 0 ?",
      replace: "power === 'terminated' && planned.heard < 0 ?",
      caughtBy: ['functions/replace-node/shortage'],
    },
    {
      name: 'an old instance that AWS has no room to start is not asked for without an end',
      find: ' || isUnstarted(state, nowMs) ? dropReplacement({})',
      replace: ' ? dropReplacement({})',
      caughtBy: ['functions/replace-node/shortage'],
    },
    {
      name: 'no volume comes to a new instance while its owner’s user data run',
      find: '    return duringFirstBoot(facts, state, instance) ?? noteMasked({});',
      replace: '    return noteMasked({});',
      caughtBy: ['functions/replace-node/machine'],
    },
    {
      name: 'an elastic address that an old reading did not show is not lost',
      find: '!hasElastic(facts) && ',
      replace: '',
      caughtBy: ['functions/replace-node/machine'],
    },
    {
      name: 'a node with a public address gets no instance without one',
      find: 'state.found.lostAddress !== undefined && !hasElastic(facts) && instance.publicIp === null',
      replace: 'state.found.lostAddress === instance.instanceId',
      caughtBy: ['functions/replace-node/machine'],
    },
    {
      name: 'volumes move only within their zone',
      find: 'const moves = replacement.availabilityZone === found',
      replace: 'const moves = replacement.subnetId !== found',
      caughtBy: ['functions/replace-node/machine'],
    },
    {
      name: 'a new instance whose client is not masked is given up',
      find: 'every(({ masked, state: is }) => masked && is !== ',
      replace: 'every(({ state: is }) => is !== ',
      caughtBy: ['functions/replace-node/machine'],
    },
    {
      name: 'the identity moves only when the old client cannot run any more',
      find: 'fence(facts, state, replacement) ??',
      replace: '',
      caughtBy: ['functions/replace-node/machine', 'lab/explorers/ladder'],
    },
    {
      name: 'an old instance that cannot be asked loses its root volume before its successor starts',
      find: 'if (rootVolumeId === null) return noteFenced',
      replace: "if (power === 'stopped') return noteFenced",
      caughtBy: ['functions/replace-node/machine'],
    },
    {
      name: 'guardrails are asked again before the old instance is fenced',
      find: 'if (off) return off;',
      replace: '',
      caughtBy: ['functions/replace-node/recalled'],
    },
    {
      name: 'a new client is down for sure before the old one is put back',
      find: 'if (silenced) return silenced;',
      replace: '',
      caughtBy: ['functions/replace-node/machine'],
    },
  ],
  'functions/replace-node/judge.ts': [
    {
      name: 'a client that ends again and again gets no other data before it names its own',
      find: "want.do !== 'heal' || watched?.endsAgain !== true",
      replace: 'true',
      caughtBy: ['functions/replace-node/evidence'],
    },
    {
      name: 'a client that syncs from the first block has not opened its data',
      find: 'upForMs > graceMs && !builds && isAnew',
      replace: 'upForMs < 0 && !builds && isAnew',
      caughtBy: ['functions/replace-node/proof'],
    },
    {
      name: 'a client that builds its data again may begin anywhere',
      find: 'upForMs > graceMs && !builds && isAnew',
      replace: 'upForMs > graceMs && isAnew',
      caughtBy: ['functions/replace-node/proof'],
    },
    {
      name: 'a client that builds its data again may be silent for longer than a start takes',
      find: 'if (upForMs > graceMs && !isPatient)',
      replace: 'if (upForMs > graceMs)',
      caughtBy: ['functions/replace-node/proof', 'functions/replace-node/reindex'],
    },
    {
      name: 'a client that builds its data again may stand where it is',
      find: 'if (isPatient) return waiting(upForMs, watched.reason);',
      replace: '',
      caughtBy: ['functions/replace-node/proof', 'functions/replace-node/reindex'],
    },
    {
      name: 'a client that builds its data again has no longer than its fleet file says',
      find: 'if (builds && nowMs > builds.untilMs &&',
      replace: 'if (builds && nowMs < 0 &&',
      caughtBy: ['functions/replace-node/proof', 'functions/replace-node/reindex'],
    },
    {
      name: 'a copy that catches up steadily is not taken back',
      find: 'upForMs > boundMs && nowMs - lastProgressMs(watched, input, upForMs) > NEARER_WITHIN_MS',
      replace: 'upForMs > boundMs',
      caughtBy: ['functions/replace-node/proof'],
    },
    {
      name: 'data that take days are given these days',
      find: 'Math.max(CATCH_UP_MS, CATCH_UP_RESERVE * (catchUpMs ?? 0))',
      replace: 'CATCH_UP_MS',
      caughtBy: ['functions/replace-node/proof'],
    },
    {
      name: 'every CometBFT chain keeps its signing state, whatever it is called',
      find: "familyOf(chain) !== 'cometbft'",
      replace: "chain !== 'cometbft'",
      caughtBy: ['functions/replace-node/signing'],
    },
    {
      name: 'one reference is not enough for other data',
      find: "want.do !== 'heal' || watched?.evidence === undefined",
      replace: "want.do !== 'heal' || watched !== null",
      caughtBy: ['functions/replace-node/evidence'],
    },
    {
      name: 'only an observation after the start proves a rung',
      find: 'input.watched.observedAtMs > upSinceMs',
      replace: 'input.watched.observedAtMs > 0',
      caughtBy: ['functions/replace-node/proof'],
    },
    {
      name: 'a rung is proved by blocks beyond the height where the node had stopped',
      find: 'PROOF_BLOCKS = 3',
      replace: 'PROOF_BLOCKS = 0',
      caughtBy: ['functions/replace-node/proof'],
    },
  ],
  'functions/replace-node/permission.ts': [
    {
      name: 'no second instance is launched for data that nobody has approved',
      find: 'source === null && needsOtherData(state)',
      replace: 'source === null && state.found.dataLost',
      caughtBy: ['functions/replace-node/resuming'],
    },
    {
      name: 'a node that waits for room at AWS keeps no other one of its fleet waiting',
      find: ' || needsTurn(node.operation.memory)',
      replace: " || node.operation.phase === 'down'",
      caughtBy: ['functions/replace-node/shortage'],
    },
    {
      name: 'only the data that were approved are copied',
      find: 'sourceOf(asks.volumes) !== source',
      replace: "sourceOf(asks.volumes) === ''",
      caughtBy: ['functions/replace-node/resuming'],
    },
    {
      name: 'only the rungs that were approved are climbed',
      find: 'if (!rungs.includes(asks.rung))',
      replace: 'if (rungs.length < 0)',
      caughtBy: ['functions/replace-node/resuming'],
    },
  ],
  'functions/resize-volume/plan.ts': [
    {
      name: 'a growth that was refused has started no client',
      find: "startsClient(found) && outcome !== 'refused'",
      replace: 'startsClient(found)',
      caughtBy: ['functions/resize-volume/plan'],
    },
    {
      name: 'a client that runs on a full disk and has ended inside is started again, although a heal had left it to a person before',
      find: "seen.client === 'running' || (wasDownBeforeFull",
      replace: 'false || (wasDownBeforeFull',
      caughtBy: ['functions/resize-volume/plan'],
    },
    {
      name: 'a client of CometBFT that has ended with success was told to, and is not started by a growth',
      find: "client === 'stopped' && clientStatus === 0",
      replace: "client === 'stopped' && clientStatus === 1",
      caughtBy: ['functions/resize-volume/plan'],
    },
    {
      name: 'a client that was down before the disk was full stays down',
      find: 'wasDownBeforeFull !== true',
      replace: 'true',
      caughtBy: ['functions/resize-volume/program'],
    },
    {
      name: 'a client that somebody has ended by a signal stays stopped on a full disk, too',
      find: 'ENDED_BY_SIGNAL.includes(clientStatus)',
      replace: 'false',
      caughtBy: ['functions/resize-volume/program'],
    },
    {
      name: 'an approval covers no larger volume than was approved',
      find: 'plan.toGiB > approved.toGiB',
      replace: 'plan.toGiB < 0',
      caughtBy: ['functions/resize-volume/program'],
    },
    {
      name: 'a filesystem that did not reach its size is not proved grown',
      find: 'if (!hasSize(plan, after))',
      replace: 'if (false)',
      caughtBy: ['functions/resize-volume/program'],
    },
    {
      name: 'a disk that is still full on its larger filesystem is not healed',
      find: 'inodesPercentOf(after)) >= found.growAtPercent;',
      replace: 'inodesPercentOf(after)) >= 101;',
      caughtBy: ['functions/resize-volume/program'],
    },
  ],
  'functions/resize-volume/facts.ts': [
    {
      name: 'a client that watch-fleet has seen down while its disk had room was not stopped by the disk',
      find: "(seen?.client === 'stopped' && (await wasSeenDown(",
      replace: "(seen?.client === 'unknown' && (await wasSeenDown(",
      caughtBy: ['functions/resize-volume/facts'],
    },
    {
      name: 'the volume that a copy has taken the place of is not the one that fills',
      find: "mounted === 'restored' ? found.volumes : volumes",
      replace: "mounted === 'restored' ? volumes : found.volumes",
      caughtBy: ['functions/resize-volume/facts'],
    },
    {
      name: 'a client that another heal owes its start may have been stopped by a person since',
      find: "node?.operation?.kind !== 'replace' && { clientOwed: true }",
      replace: '{ clientOwed: true }',
      caughtBy: ['functions/resize-volume/facts'],
    },
    {
      name: 'a client that another heal has left to the person who had stopped it stays stopped on a full disk, too',
      find: "health.refusedCodes.includes('client-stopped')",
      replace: 'health.refusedCodes.length < 0',
      caughtBy: ['functions/resize-volume/facts'],
    },
    {
      name: 'the tags of an instance are read where its owner’s word depends on them',
      find: 'owner.acceptDrift !== undefined &&',
      replace: 'owner.acceptDrift === null &&',
      caughtBy: ['functions/resize-volume/facts'],
    },
  ],
  'shared/growth/prune.ts': [
    {
      name: 'a disk is pruned only where its ceiling is near',
      find: 'if (prune === undefined || !isNear(fleet.disk, ceiling)) return null;',
      replace: 'if (prune === undefined) return null;',
      caughtBy: ['shared/growth/prune'],
    },
    {
      name: 'near is one more step after this growth',
      find: 'wishGiB * (1 + minimumStepPercent / 100) > ceilingGiB',
      replace: 'wishGiB > ceilingGiB',
      caughtBy: ['shared/growth/prune'],
    },
    {
      name: 'nothing but a follower is pruned',
      find: "if (role !== 'follower')",
      replace: "if (role === 'unknown')",
      caughtBy: ['shared/growth/prune'],
    },
    {
      name: 'a node is pruned once a day, whatever came of it',
      find: 'if (last !== null && nowMs - last.atMs < DAY_MS)',
      replace: 'if (last?.ended !== undefined && nowMs - last.atMs < DAY_MS)',
      caughtBy: ['shared/growth/prune'],
    },
    {
      name: 'a node is pruned only by what has come through on a copy',
      find: 'if (untried !== null) return soon(untried);',
      replace: '',
      caughtBy: ['shared/growth/prune'],
    },
    {
      name: 'only what a client has left cleanly is pruned',
      find: "if (seen !== null && seen.client !== 'running')",
      replace: "if (seen !== null && seen.client === 'unknown')",
      caughtBy: ['shared/growth/prune'],
    },
    {
      name: 'the pool keeps its floor while a node is pruned',
      find: 'return remain >= poolFloor',
      replace: 'return remain >= 0',
      caughtBy: ['shared/growth/prune'],
    },
    {
      name: 'no node is stopped to be pruned while the breaker is open',
      find: 'if (breaker.open) return',
      replace: 'if (breaker.isBlind) return',
      caughtBy: ['shared/growth/prune'],
    },
    {
      name: 'what nobody has answered is told as that',
      find: "case 'unknown':",
      replace: "case 'nothing' as string:",
      caughtBy: ['shared/growth/prune'],
    },
  ],
  'shared/growth/decide.ts': [
    {
      name: 'a volume is modified only so often a day',
      find: 'if (recent.length >= disk.modificationsPerDay) {',
      replace: 'if (recent.length >= 9 + disk.modificationsPerDay) {',
      caughtBy: ['shared/growth/decide-resize'],
    },
    {
      name: 'a disk at its ceiling is not grown',
      find: 'if (fromGiB >= disk.maximumSizeGiB)',
      replace: 'if (fromGiB < 0)',
      caughtBy: ['shared/growth/decide-resize'],
    },
    {
      name: 'a growth counts that the volume’s boost was taken back within EBS’s day',
      find: '...(takenBackAtMs[volumeId] ?? []),',
      replace: '',
      caughtBy: ['shared/growth/decide-resize'],
    },
    {
      name: 'how much a pruning has freed is told with the ceiling that it did not help against',
      find: "const unpruned = verdict === null ? ''",
      replace: "const unpruned = verdict !== undefined ? ''",
      caughtBy: ['shared/growth/prune'],
    },
    {
      name: 'what an earlier attempt has grown under its owner is told by the one that ends well',
      find: 'return ours.length === 0 ? {} :',
      replace: 'return ours.length >= 0 ? {} :',
      caughtBy: ['shared/growth/decide-resize'],
    },
    {
      name: 'a volume without the tags of the fleet is not grown',
      find: 'return tagged.includes(volume)',
      replace: 'return volume.sizeGiB >= 0',
      caughtBy: ['shared/growth/decide-resize'],
    },
    {
      name: 'a volume is not modified while EBS is still at the modification before',
      find: "pending?.state === 'modifying' || pending?.state === 'optimizing'",
      replace: "pending?.state === 'modifying'",
      caughtBy: ['shared/growth/decide-resize'],
    },
    {
      name: 'a disk grows no further than the ceiling of the fleet file',
      find: 'Math.min(disk.maximumSizeGiB, limits.maximumGiB, formatGiB)',
      replace: 'Math.min(limits.maximumGiB, formatGiB)',
      caughtBy: ['shared/growth/decide-resize'],
    },
  ],
  'shared/node-commands/back.ts': [
    {
      name: 'the timer of a stop starts no client that somebody has touched since',
      find: 'if (now.marks !== ticket.marks)',
      replace: "if (now.marks === '')",
      caughtBy: ['shared/node-commands/back', 'lab/explorers/timer'],
    },
    {
      name: 'another command ends the timer of a stop',
      find: 'if (now.lastCommand !== ticket.knownTo)',
      replace: "if (now.lastCommand === '')",
      caughtBy: ['shared/node-commands/back', 'lab/explorers/timer'],
    },
    {
      name: 'a validator’s stop has no timer',
      find: "role === 'follower' && ",
      replace: '',
      caughtBy: ['shared/node-commands/back'],
    },
  ],
  'shared/node-commands/override.sh': [
    {
      name: 'no service of Compose is stopped whose file would not make it again',
      find: 'if [[ $CHANGED =~ Recreat|Creating ]]',
      replace: 'if false',
      caughtBy: ['shared/node-commands/override'],
    },
    {
      name: 'no service of Compose is stopped whose image has gone',
      find: 'if [ -n "$back" ]',
      replace: 'if false',
      caughtBy: ['shared/node-commands/override'],
    },
    {
      name: 'no service of Compose is made again of one of its files',
      find: '  untouched "$TARGET was made of ${made:-',
      replace: '  : "$TARGET was made of ${made:-',
      caughtBy: ['shared/node-commands/override'],
    },
  ],
  'shared/node-commands/back.sh': [
    {
      name: 'the timer of a stop looks whether somebody has touched the client',
      find: 'if [ "$(marks)" != "$(<"$BACK/marks")" ]; then fail',
      replace: 'if false; then fail',
      caughtBy: ['shared/node-commands/back'],
    },
  ],
  'functions/snapshot-node/judge.ts': [
    {
      name: 'a snapshot counts only where AWS began it before the node’s own word of a start',
      find: 'takenAtMs > upSinceMs - CLOCKS_APART_MS',
      replace: 'takenAtMs > upSinceMs + 3_600_000 - CLOCKS_APART_MS',
      caughtBy: ['functions/snapshot-node/timer'],
    },
    {
      name: 'the schedule stops no client twice for one snapshot',
      find: "requestedBy === 'schedule' && facts.failures > 0",
      replace: "requestedBy === 'schedule' && facts.failures < 0",
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
    {
      name: 'a client that was killed has not ended cleanly',
      find: '= [0, 143]',
      replace: '= [0, 137, 143]',
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
    {
      name: 'no snapshot is taken of a client that did not say that it has ended cleanly',
      find: 'if (!clean)',
      replace: 'if (!stop)',
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
    {
      name: 'a validator is no donor of snapshots',
      find: "if (role === 'validator' && !isAcknowledged)",
      replace: "if (role === 'validator' && !isAcknowledged && requestedBy === 'schedule')",
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
    {
      name: 'no schedule stops a validator, whatever a person has said before',
      find: "requestedBy === 'person' && acknowledgesValidator === true",
      replace: 'acknowledgesValidator === true',
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
    {
      name: 'a node that has become a validator since it was observed is one',
      find: "instanceId && role === 'validator' ? { ...node, role } : node",
      replace: "instanceId && role === 'unknown' ? { ...node, role } : node",
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
  ],
  'functions/snapshot-node/decide.ts': [
    {
      name: 'a heal whose client does not run yet has not succeeded, whatever it has taken',
      find: 'if (facts.leftStopped)',
      replace: 'if (facts.open)',
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
    {
      name: 'a plan that has changed since its approval is not carried out',
      find: 'if (since) return refuses(',
      replace: "if (since === '') return refuses(",
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
    {
      name: 'no snapshot is taken without evidence of a clean stop',
      find: 'memory.clean !== null && memory.intent === null',
      replace: 'memory.intent === null',
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
    {
      name: 'a client that was stopped for a snapshot is started again',
      find: "if (client.is === 'stopped') {",
      replace: "if (client.is === 'stopped' && ending === null) {",
      caughtBy: ['functions/snapshot-node/snapshot-node'],
    },
  ],
  'functions/prune-retired/retired-resources.ts': [
    {
      name: 'a volume whose putting away no heal has written down is not removed',
      find: "record: RecordOf<'volume'> | undefined): string | null {\n  if (!record) return NOT_WRITTEN;",
      replace: "record: RecordOf<'volume'> | undefined): string | null {\n  if (!record) return null;",
      caughtBy: ['functions/prune-retired/prune-decide'],
    },
  ],
  'functions/prune-retired/decide.ts': [
    {
      name: 'a kept volume that is attached is not removed',
      find: 'if (attachedTo.length > 0) return NOT_NOW;',
      replace: '',
      caughtBy: ['functions/prune-retired/prune-decide'],
    },
    {
      name: 'nothing is removed before its date',
      find: 'if (nowMs < keepUntilMs) return NOT_NOW;',
      replace: '',
      caughtBy: ['functions/prune-retired/prune-decide'],
    },
    {
      name: 'the date that a heal has written down counts, whatever the tag says',
      find: 'record && record.untilMs > nowMs',
      replace: 'record && record.untilMs < 0',
      caughtBy: ['functions/prune-retired/prune-decide'],
    },
    {
      name: 'a retired instance is ended only while a running one has its identity',
      find: 'name === node && state === ',
      replace: "state !== 'x' || state === ",
      caughtBy: ['functions/prune-retired/prune-decide'],
    },
  ],
  'functions/prune-retired/clean-sets.ts': [
    {
      name: 'a set of snapshots that anything holds is not removed',
      find: 'if (kept.has(set) || isHeld(set, held)) continue;',
      replace: 'if (kept.has(set)) continue;',
      caughtBy: ['functions/prune-retired/prune-decide'],
    },
    {
      name: 'a set that a launch template names is not removed',
      find: '...seeds,',
      replace: '',
      caughtBy: ['functions/prune-retired/prune-decide'],
    },
  ],
  'functions/rotate-peers/peer-selection.ts': [
    {
      name: 'a forked node is no good peer',
      find: "member.health === 'synced' : member.health !== 'forked'",
      replace: "member.health !== 'x' : member.health !== 'forked'",
      caughtBy: ['functions/rotate-peers/rotate-choose'],
    },
    {
      name: 'a validator behind sentries is named by its sentries alone',
      find: "return other.role !== 'validator' || self.role === 'sentry';",
      replace: 'return true;',
      caughtBy: ['functions/rotate-peers/rotate-choose'],
    },
  ],
  'functions/rotate-peers/plan.ts': [
    {
      name: 'a client that drops peers of a long list goes on to others of it',
      find: 'before.length <= maximum || leave',
      replace: 'true || leave',
      caughtBy: ['functions/rotate-peers/plan'],
    },
    {
      name: 'a list of peers never gets shorter than half of what it was',
      find: 'if (missing === 0) return choice.peers;',
      replace: 'if (missing >= 0) return choice.peers;',
      caughtBy: ['functions/rotate-peers/rotate-guards'],
    },
  ],
  'functions/rotate-peers/context.ts': [
    {
      name: 'no peer list is changed on another suite’s node',
      find: 'const target = targetFor(now.fleet, instanceId, tags);',
      replace: 'const target = { instanceId } as never;',
      caughtBy: ['functions/rotate-peers/rotate-claims'],
    },
  ],
  'functions/rotate-peers/restart.ts': [
    {
      name: 'no client is restarted for its peers while a heal is at work on another node',
      find: 'if (heldByHeal !== undefined)',
      replace: "if (heldByHeal === '')",
      caughtBy: ['functions/rotate-peers/rotate-guards'],
    },
    {
      name: 'no validator is restarted for its peers while another one is down',
      find: "role === 'validator' ? validatorDown(facts) : undefined",
      replace: "role === 'unknown' ? validatorDown(facts) : undefined",
      caughtBy: ['functions/rotate-peers/rotate-guards'],
    },
    {
      name: 'of a fleet no second client is restarted before the first has proved itself',
      find: 'if (unproved !== undefined)',
      replace: "if (unproved === '')",
      caughtBy: ['functions/rotate-peers/rotate-guards'],
    },
  ],
  'infra/commands/names/adoption.ts': [
    {
      name: 'a record is handed over only as it was shown',
      find: 'remove: [recordSetOf(record)],\n  create: [recordSetOf(record), markerOf(owner, record)],',
      replace: 'remove: [],\n  create: [markerOf(owner, record)],',
      caughtBy: ['infra/commands/names/names'],
    },
  ],
  'infra/commands/names/account.ts': [
    {
      name: 'the record of a paused node is not handed over',
      find: 'paused: untouched,',
      replace: 'paused: new Set<string>(),',
      caughtBy: ['infra/commands/names/names'],
    },
  ],
  'infra/commands/names/release.ts': [
    {
      name: 'records are not given back to be paged at once',
      find: "if (paused !== undefined || file.is === 'missing') return undefined;",
      replace: "if (paused !== undefined || file.is !== 'broken') return undefined;",
      caughtBy: ['infra/commands/names/names'],
    },
    {
      name: 'to give records back removes their markers alone',
      find: "remove: change.remove.filter(({ type }) => type === 'TXT'),",
      replace: 'remove: change.remove,',
      caughtBy: ['infra/commands/names/names'],
    },
  ],
  'infra/constructs/register-nodes.ts': [
    {
      name: 'the role overwrites no record',
      find: "[key('Actions')]: ['CREATE', 'DELETE'],",
      replace: "[key('Actions')]: ['CREATE', 'DELETE', 'UPSERT'],",
      caughtBy: ['infra/powers'],
    },
    {
      name: 'a suite with a name overwrites no claim of another one',
      find: "SUITE_TAG}`]: 'true' }",
      replace: "KIND_TAG}`]: 'true' }",
      caughtBy: ['infra/suites'],
    },
  ],
  'functions/register-nodes/claims.ts': [
    {
      name: 'a suite with a name claims nothing that the suite without one may be at work on',
      find: 'return theirs ?',
      replace: 'return theirs && unnamed.length === 0 ?',
      caughtBy: ['functions/register-nodes/claims'],
    },
    {
      name: 'a node is claimed by nobody while it is not known whose it is',
      find: "if (typeof unnamed === 'string') return",
      replace: "if (typeof unnamed === 'string') return null;\n  if (unnamed.length < 0) return",
      caughtBy: ['functions/register-nodes/claims'],
    },
  ],
  'shared/fleet/nodes.ts': [
    {
      name: 'another suite’s nodes are neither watched nor named nor healed',
      find: "claimOn(fleet.suite, tags) === 'own';",
      replace: 'true;',
      caughtBy: ['shared/fleet/heal'],
    },
  ],
  'functions/register-nodes/zone.ts': [
    {
      name: 'what is created in a zone was not there before',
      find: "Action: 'CREATE' as const",
      replace: "Action: 'UPSERT' as const",
      caughtBy: ['functions/register-nodes/register-nodes'],
    },
    {
      name: 'the records of another suite are not taken over, whatever its fleet is called',
      find: "name === undefined ? '' :",
      replace: "true ? '' :",
      caughtBy: ['functions/register-nodes/names'],
    },
    {
      name: 'a record with a marker is not handed over',
      find: ' && !zone.has(marker);',
      replace: ';',
      caughtBy: ['infra/commands/names/adoption'],
    },
    {
      name: 'a DNS marker of another fleet is respected',
      find: 'if (marker && !ours) return',
      replace: "if (marker && !ours && type === 'x') return",
      caughtBy: ['functions/register-nodes/names'],
    },
    {
      name: 'a DNS record that chainmend did not mark is left as it is',
      find: 'if (now && !ours) return',
      replace: "if (now && !ours && type === 'x') return",
      caughtBy: ['functions/register-nodes/names'],
    },
  ],
  'functions/watch-fleet/second-look.ts': [
    {
      name: 'a second look names only who still lacks the block',
      find: " && health === 'behind'",
      replace: '',
      caughtBy: ['functions/watch-fleet/standstill'],
    },
    {
      name: 'a second look is for few nodes',
      find: 'late.size > MOST_LATE',
      replace: 'false',
      caughtBy: ['functions/watch-fleet/standstill'],
    },
  ],
  'functions/watch-fleet/votes.ts': [
    {
      name: 'no vote is missing where enough have voted',
      find: ' || next.some(({ tooFew }) => !tooFew)',
      replace: '',
      caughtBy: ['functions/watch-fleet/health-consensus'],
    },
  ],
  'functions/watch-fleet/consensus-client.ts': [
    {
      name: 'a consensus client whose clock is behind is not well',
      find: 'offMs > CLOCK_OFF_MS',
      replace: 'offMs < 0',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'nobody knows who is at fault where a consensus client stands and calls a client offline that answers',
      find: "hamperedBy === 'execution-offline' && stoodMs >= stuckMs",
      replace: 'stoodMs < 0',
      caughtBy: ['functions/watch-fleet/health'],
    },
  ],
  'functions/watch-fleet/chain.ts': [
    {
      name: 'a chain that stands anywhere but below its upgrade is told',
      find: 'mayWaitAt(height, upgradeHeight)',
      replace: 'height !== null',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a lone node that was not heard is most likely where it was',
      find: 'answered.length === 0 && lone !== null',
      replace: 'answered.length < 0 && lone !== null',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a look that came late does not begin a standstill anew',
      find: 'tip.height === source.status.height ?',
      replace: 'tip.height === -1 ?',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'after nobody has looked a node is watched again for a while',
      find: ' || nowMs - sinceMs < watchedEnoughMs',
      replace: '',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a reference whose blocks do not follow on each other is no evidence',
      find: 'if (block?.parent !== below) return false;',
      replace: 'if (block === undefined) return false;',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a reference does not choose that its blocks are not compared',
      find: 'return tellsParents(chain)\n',
      replace: 'return source.status.hashes.some(({ parent }) => parent !== undefined)\n',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a node on a branch that is not deep yet does not stand',
      find: "height === null || health !== 'behind' ? []",
      replace: "height !== null || health !== 'behind' ? []",
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a reference that only claims a height is not believed alone',
      find: ' && hashAt(source, height + BLOCKS_MORE) !== undefined',
      replace: '',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a reference counts alone only where it has the node’s own newest block',
      find: '(same !== undefined && same !== own)',
      replace: 'false',
      caughtBy: ['functions/watch-fleet/health'],
    },
  ],
  'functions/watch-fleet/client-look.ts': [
    {
      name: 'a client is dead in two looks, never in one',
      find: 'const ENDED_TIMES = 2;',
      replace: 'const ENDED_TIMES = 1;',
      caughtBy: ['functions/watch-fleet/client-look'],
    },
    {
      name: 'a node that does not say whether its client runs is unknown',
      find: "clients.some(({ state }) => state === 'unknown')",
      replace: 'false',
      caughtBy: ['functions/watch-fleet/client-look'],
    },
    {
      name: 'a silent agent is no verdict on its client',
      find: "if (reading.kind === 'unasked') return silent(reading.reason, reading.silent);",
      replace:
        "if (reading.kind === 'unasked') return { askedAtMs: nowMs, told: { atMs: nowMs, is: 'ended', times: 2, reason: '', rootUsedPercent: 0 } };",
      caughtBy: ['functions/watch-fleet/client-look'],
    },
    {
      name: 'what a node said ten minutes ago is no knowledge of its client',
      find: 'nowMs - look.told.atMs > VALID_MS) {',
      replace: 'false) {',
      caughtBy: ['functions/watch-fleet/client-look'],
    },
    {
      name: 'a large fleet is not looked at all at once',
      find: '.slice(0, Math.max(LEAST_A_SWEEP',
      replace: '.slice(0, Math.max(nodes.length, LEAST_A_SWEEP',
      caughtBy: ['functions/watch-fleet/client-look'],
    },
  ],
  'functions/replace-node/facts.ts': [
    {
      name: 'what a metric says is as old as it may be',
      find: 'observedAtMs: observedAtMs - staleMs(fleet)',
      replace: 'observedAtMs',
      caughtBy: ['functions/replace-node/watched'],
    },
    {
      name: 'no client is restarted that runs again, where nobody asks more of it',
      find: '  seesClientsOnly(fleet) &&',
      replace: '  !seesClientsOnly(fleet) &&',
      caughtBy: ['functions/replace-node/begin'],
    },
  ],
  'functions/watch-fleet/fleet-health.ts': [
    {
      name: 'an old tip says nothing against a reference that went on',
      find: "!tip.confirmed && before?.state !== 'lying'",
      replace: "tip.confirmed && before?.state !== 'lying'",
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a chain that stands is told once, by whichever sign of it is seen first',
      find: '[code, ...(SAME_CAUSE.get(code) ?? [])].some((one) => Object.hasOwn(paged, one))',
      replace: 'Object.hasOwn(paged, code)',
      caughtBy: ['functions/watch-fleet/watch-fleet'],
    },
    {
      name: 'nobody is paged for a node before the verdict of stuck had its time',
      find: 'nowMs - node.sinceMs >= fleet.health.stuckSeconds * 1_000 + SWEEP_MS',
      replace: 'true',
      caughtBy: ['functions/watch-fleet/standstill'],
    },
    {
      name: 'a fork that is ahead is told once',
      find: '      !mayFork &&\n',
      replace: '',
      caughtBy: ['functions/watch-fleet/health'],
    },
  ],
  'functions/watch-fleet/node-health.ts': [
    {
      name: 'a client whose port is closed in the grace of its own start is starting',
      find: 'if (forMs >= facts.fleet.health.startGraceSeconds * 1000) return null;',
      replace: 'return null;',
      caughtBy: ['functions/watch-fleet/client-run'],
    },
    {
      name: 'a node that says in which stage of its sync it works is not stuck',
      find: 'if (works !== undefined) return judgeWork(',
      replace: 'if (false) return judgeWork(',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'what was looked at under another probe says nothing now',
      find: 'const look = seesClientsOnly(facts.fleet)\n    ?',
      replace: 'const look = true\n    ?',
      caughtBy: ['functions/watch-fleet/client-look'],
    },
    {
      name: 'a failed check of EC2 alone says nothing of a node that AWS would not ask',
      find: "reading?.kind === 'unasked' && reading.silent ?",
      replace: "reading?.kind === 'unasked' ?",
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a silent machine is out of reach only where EC2’s check of it has failed',
      find: 'if (facts.failedChecks?.instances.has(node.instanceId) !== true) return verdict;',
      replace: '',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a boost that was tried in vain is not tried again each time its node has been down',
      find: 'before.boosted.idleSinceMs : undefined) ??',
      replace: 'undefined : undefined) ??',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'while blocks are divided, the slower side is not behind the faster one',
      find: 'if (isEndOfItsSide(one, source))',
      replace: 'if (chain.stoodAloneSinceMs !== null)',
      caughtBy: ['functions/watch-fleet/health-adversarial'],
    },
    {
      name: 'while blocks are divided, a node that stands is not unknown',
      find: 'if (divided === null || !goesOn ||',
      replace: 'if (divided === null ||',
      caughtBy: ['functions/watch-fleet/health-adversarial'],
    },
    {
      name: 'a node that goes on alone with the blocks of the others is told of',
      find: 'if (!isOnOwnBranch(one, source)) return',
      replace: 'if (claim === "") return',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a node that nobody can compare is restarted once',
      find: "if (evidence === 'no-reference' && height !== null) return { stoodAlone: height };",
      replace: '',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'what one reference shows is marked as such',
      find: "!outweigh && ownWord === ''",
      replace: 'false',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a client that could not be asked is unknown, and not sick',
      find: "if (shows === 'us') return",
      replace: "if (shows === 'us' && grace) return",
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'an answer that shows life is no silence',
      find: "if (shows === 'life') return",
      replace: "if (shows === 'life' && grace) return",
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'nobody is called stuck while the chain stands still',
      find: '  if (haltedSinceMs !== null) {\n    const since',
      replace: '  if (haltedSinceMs !== null && grace) {\n    const since',
      caughtBy: ['functions/watch-fleet/health'],
    },
    {
      name: 'a node that catches up after a long gap is not stuck',
      find: ' || overtakenMs < FOLLOWS_WITHIN_MS)',
      replace: ')',
      caughtBy: ['functions/watch-fleet/standstill'],
    },
    {
      name: 'nobody is stuck before others have three blocks more',
      find: ' || lag < stuckBlocks(facts.fleet)',
      replace: '',
      caughtBy: ['functions/watch-fleet/standstill'],
    },
    {
      name: 'a block on its way makes nobody late',
      find: 'isAsked(facts.fleet) && overtakenMs >= OVERDUE_MS',
      replace: 'isAsked(facts.fleet) && overtakenAtMs !== undefined',
      caughtBy: ['functions/watch-fleet/standstill'],
    },
    {
      name: 'a height that a script posts makes nobody late',
      find: 'isAsked(facts.fleet) && overtakenMs >= OVERDUE_MS',
      replace: 'overtakenMs >= OVERDUE_MS',
      caughtBy: ['functions/watch-fleet/standstill'],
    },
    {
      name: 'too few voices call nobody stuck',
      find: 'outweighs(ahead, chain.sources.all)',
      replace: 'ahead.length > 0',
      caughtBy: ['functions/watch-fleet/health'],
    },
  ],
  'functions/watch-fleet/sources.ts': [
    {
      name: 'another block is a fork only where more than half have the same one',
      find: 'if (count * 2 > said.length)',
      replace: 'if (count > 0)',
      caughtBy: ['functions/watch-fleet/health'],
    },
  ],
  'functions/dispatch-heal/pages.ts': [
    {
      name: 'what a person has stopped is told of once, whichever incident meets it',
      find: '(OF_THE_NODE.has(code) && ',
      replace: '(!OF_THE_NODE.has(code) && ',
      caughtBy: ['functions/dispatch-heal/pages'],
    },
    {
      name: 'a full disk is told by its own incident alone',
      find: 'if (refusal.code === DISK_FIRST',
      replace: 'if (refusal.code !== refusal.code',
      caughtBy: ['functions/dispatch-heal/pages'],
    },
    {
      name: 'a node that waits for its turn is not told beside the trouble of its zone',
      find: 'nowMs - atMs < TOLD_FOR_MS',
      replace: 'nowMs < atMs',
      caughtBy: ['functions/dispatch-heal/pages'],
    },
    {
      name: 'who has had its turn is not told to wait for it',
      find: "incident.state === 'open' && isStillSaid(incident, code)",
      replace: "incident.state === 'open'",
      caughtBy: ['functions/dispatch-heal/pages'],
    },
    {
      name: 'what people were told is not told again',
      find: 'known.has(incidentId) ||',
      replace: "incidentId === '' ||",
      caughtBy: ['functions/dispatch-heal/pages'],
    },
  ],
  'functions/watch-fleet/pages.ts': [
    {
      name: 'in mode ask the question of a heal is the page',
      find: 'isAskedNow(incident, nowMs) || ',
      replace: '',
      caughtBy: ['functions/watch-fleet/node-healing'],
    },
  ],
  'shared/heal/page-truth.ts': [
    {
      name: 'nobody is paged for a node that is down to be pruned as long as that may take',
      find: '(isOfDisk(incident) ? prunesForMs : 0)',
      replace: '0',
      caughtBy: ['functions/watch-fleet/healing'],
    },
    {
      name: 'a wait for a turn ends no page',
      find: '(said) => said === code || !WAITS.has(said)',
      replace: '() => true',
      caughtBy: ['shared/heal/page-truth'],
    },
    {
      name: 'a plan ends what a guard had refused',
      find: "lastWord === undefined || lastWord.kind === 'planned'",
      replace: 'lastWord === undefined',
      caughtBy: ['shared/heal/page-truth'],
    },
  ],
  'functions/register-nodes/facts.ts': [
    {
      name: 'a node whose files are on the smaller disk leaves the pool before the exchange',
      find: 'restoredVolumes?.shrink?.isFilled === false',
      replace: 'restoredVolumes?.shrink !== undefined',
      caughtBy: ['functions/register-nodes/sightings'],
    },
    {
      name: 'a node serves while its files are copied beside it',
      find: 'operation.memory.beside !== undefined || operation.memory.restoredVolumes?.shrink?.isFilled === false',
      replace: 'operation.memory.beside !== undefined',
      caughtBy: ['functions/register-nodes/sightings'],
    },
    {
      name: 'a node that is pruned is out of the pool',
      find: "(node.operation.kind !== 'grow' || node.operation.prune !== undefined)",
      replace: "node.operation.kind !== 'grow'",
      caughtBy: ['functions/register-nodes/sightings'],
    },
  ],
  'functions/seed-groups/scale-facts.ts': [
    {
      name: 'who a heal has on standby is no stray member',
      find: "is === 'InService' ? [id] : []",
      replace: '[id]',
      caughtBy: ['functions/seed-groups/scale-guard'],
    },
  ],
  'functions/dispatch-heal/decide.ts': [
    {
      name: 'the sweep’s own repetition is no word of a person',
      find: "candidate.atOnce === true && trigger.kind === 'request' && trigger.subject !== 'upgrade';",
      replace: "trigger.kind === 'request' && trigger.subject !== 'upgrade';",
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'a person who asks for other data is not told that these are begun',
      find: "if (candidate.atOnce && !('next' in allocated) && asksOtherwise(candidate, incident))",
      replace: 'if (false)',
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'nobody is asked for a yes to a node that was left to the person who stopped it',
      find: "if (fleet.mode === 'ask' && !candidate.atOnce && !candidate.settles && isLeft(",
      replace: "if (fleet.mode === 'plan' && !candidate.atOnce && !candidate.settles && isLeft(",
      caughtBy: ['functions/dispatch-heal/decide'],
    },
    {
      name: 'what was left to a person goes on when its node answers again, and not before',
      find: 'observed.sinceMs > (leftAtMs',
      replace: 'observed.sinceMs >= (leftAtMs',
      caughtBy: ['functions/dispatch-heal/decide'],
    },
    {
      name: 'what a heal has left open at a node that is well ends at once; nothing else goes on for a well node',
      find: "observed.health === 'synced' && candidate.settles !== undefined",
      replace: "observed.health === 'synced'",
      caughtBy: ['functions/dispatch-heal/decide'],
    },
    {
      name: 'no client that runs is taken down beside one that was restarted for its list',
      find: 'nowMs >= restart.overAtMs + SEEN_SINCE_MS',
      replace: 'nowMs >= 0',
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'a node that answers nobody does not wait for another client’s restart',
      find: 'restart.instanceId === of?.instanceId || of?.isDown',
      replace: 'restart.instanceId === of?.instanceId',
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'a client that is down to be pruned is brought up even in a pause',
      find: "if (operation?.phase === 'down' && operation.kind === operationOf(trigger)) return null;",
      replace:
        "if (operation?.phase === 'down' && operation.kind !== 'grow' && operation.kind === operationOf(trigger)) return null;",
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'an alarm that a person has suppressed starts nothing',
      find: 'if (candidate.suppressedBy !== null) {',
      replace: "if (candidate.suppressedBy === '') {",
      caughtBy: ['functions/dispatch-heal/dispatch'],
    },
    {
      name: 'a pause is heeded before anything is started',
      find: 'if (paused) return',
      replace: "if (paused && candidate.instanceId === '') return",
      caughtBy: ['functions/dispatch-heal/dispatch'],
    },
    {
      name: 'while the disk of a node is in trouble, nothing else is begun on it',
      find: 'if (!first) return null;',
      replace: 'if (!first || nowMs > 0) return null;',
      caughtBy: ['functions/dispatch-heal/health'],
    },
  ],
  'functions/mark-root/handler.ts': [
    {
      name: 'no root volume of another suite’s node is marked',
      find: 'if (elsewhere) return elsewhere.reason;',
      replace: '',
      caughtBy: ['functions/mark-root/mark-root'],
    },
    {
      name: 'only the root volume of a stopped node is marked as one that may be attached again',
      find: "if (state !== 'stopped')",
      replace: "if (state === 'unknown')",
      caughtBy: ['functions/mark-root/mark-root'],
    },
  ],

  // What is done
  'functions/register-nodes/apply-names.ts': [
    {
      name: 'a pause holds a change of names back in the moment of the call',
      find: 'if (refusal) return refusal;',
      replace: '',
      caughtBy: ['functions/register-nodes/sightings'],
    },
  ],
  'functions/resize-volume/modify.ts': [
    {
      name: 'a ceiling that was lowered meanwhile holds in the moment of the call',
      find: 'if (plan.toGiB > maximumSizeGiB)',
      replace: 'if (plan.toGiB < 0)',
      caughtBy: ['functions/resize-volume/modify-refused'],
    },
    {
      name: 'a modification of before is not taken for this one',
      find: '>= sinceMs - CLOCKS_APART_MS',
      replace: '>= 0',
      caughtBy: ['functions/resize-volume/modify-refused'],
    },
  ],
  'shared/heal/mutation.ts': [
    {
      name: 'a volume is modified only under the lease',
      find: 'return holds(node, holder) ? guarded : { lost: true };',
      replace: 'return guarded;',
      caughtBy: ['functions/resize-volume/modify-refused'],
    },
    {
      name: 'snapshots are taken only under the lease',
      find: 'return holds(node, holder) ? guarded : { lost: true };',
      replace: 'return guarded;',
      caughtBy: ['functions/snapshot-node/take'],
    },
    {
      name: 'a volume is not modified under a pause',
      find: "if (!('fleet' in guarded)) return guarded;",
      replace: "if (!('fleet' in guarded)) return { lost: true };",
      caughtBy: ['functions/resize-volume/modify-refused'],
    },
    {
      name: 'snapshots are not taken under a pause',
      find: "if (!('fleet' in guarded)) return guarded;",
      replace: "if ('lost' in guarded || 'notSent' in guarded) return guarded;",
      caughtBy: ['functions/snapshot-node/take'],
    },
    {
      name: 'a superseded attempt mutates nothing',
      find: 'return holds(node, holder) ? guarded : { lost: true };',
      replace: 'return guarded;',
      caughtBy: ['functions/replace-node/superseded'],
    },
    {
      name: 'no act of the ladder is made under a pause',
      find: "return 'fleet' in guarded ? catchRefusal(() => call(guarded.fleet)) : guarded;",
      replace: "return 'lost' in guarded ? guarded : catchRefusal(() => call(guarded.fleet));",
      caughtBy: ['functions/replace-node/superseded'],
    },
    {
      name: 'that a modification did not happen is believed only when its request can take effect no more',
      find: '[5, REQUEST_LIFETIME_MS / 1000, CONSISTENCY_WINDOW_MS / 1000, 30] as const',
      replace: '[5] as const',
      caughtBy: ['functions/resize-volume/modify-refused'],
    },
  ],
  'functions/snapshot-node/snapshots.ts': [
    {
      name: 'the intent of a snapshot is written before it is taken',
      find: 'operation: { ...operation, memory: intended },',
      replace: 'operation,',
      caughtBy: ['functions/snapshot-node/take'],
    },
  ],
  'shared/heal/context.ts': [
    {
      name: 'a failure of AWS is waited out within the attempt',
      find: 'if (isAwsFailure(error)) return waitOut(attempt);',
      replace: 'if (isAwsFailure(error) && attempt < 2) return waitOut(attempt);',
      caughtBy: ['shared/heal/patience'],
    },
    {
      name: 'a call without a token is made at most once',
      find: 'StepSemantics.AtMostOncePerRetry',
      replace: 'StepSemantics.AtLeastOncePerRetry',
      caughtBy: ['shared/heal/heal-shell'],
    },
  ],
  'functions/replace-node/acts/command.ts': [
    {
      name: 'a command says that the client ran which it stops',
      find: 'clientsOf(fleet, { ran: isOriginal && context.ran })',
      replace: 'clientsOf(fleet)',
      caughtBy: ['functions/replace-node/first'],
    },
    {
      name: 'a new instance is told nothing of how the clients of the old one were',
      find: 'ran: isOriginal && context.ran',
      replace: 'ran: context.ran',
      caughtBy: ['functions/replace-node/first'],
    },
  ],
  'functions/replace-node/acts/act.ts': [
    {
      name: 'what a person was first at was not this heal’s',
      find: "outcome.is === 'failed' && outcome.fault === 'person';",
      replace: "outcome.is === 'failed' && outcome.fault === undefined;",
      caughtBy: ['functions/replace-node/first'],
    },
    {
      name: 'a command that a pause held back has taken nothing down',
      find: "if (result.is === 'refused' && result.unsent && before && before !== state)",
      replace: "if (result.is === 'refused' && result.unsent && before && before === state)",
      caughtBy: ['functions/replace-node/first'],
    },
    {
      name: 'nobody owes a start to a client that a person stopped first',
      find: 'hasRun || (isForestalled(result) && result.seen) ? owesNothing : undefined',
      replace: 'hasRun ? owesNothing : undefined',
      caughtBy: ['functions/replace-node/first'],
    },
    {
      name: 'nor where the node has never begun the command of this heal',
      find: 'hasRun || (isForestalled(result) && result.seen) ? owesNothing : undefined',
      replace: 'isForestalled(result) && result.seen ? owesNothing : undefined',
      caughtBy: ['functions/replace-node/first'],
    },
    {
      name: 'a call that was certainly not made has taken nothing',
      find: "if (found !== null && outcome.is === 'unknown' && outcome.isUnsent)",
      replace: "if (found !== null && outcome.is === 'unknown' && outcome.isUnsent === null)",
      caughtBy: ['functions/replace-node/give-back'],
    },
    {
      name: 'a command that the node has never begun has taken nothing down',
      find: 'isBelow(lastDone, pending.command.id)',
      replace: 'isBelow(pending.command.id, lastDone)',
      caughtBy: ['functions/replace-node/first', 'lab/explorers/ladder'],
    },
  ],
  'functions/replace-node/acts/instances.ts': [
    {
      name: 'an instance that somebody stopped first is not started again',
      find: "(stopped.before === 'stopping' || stopped.before === 'stopped')",
      replace: "stopped.before === ''",
      caughtBy: ['functions/replace-node/first'],
    },
    {
      name: 'no pause lets a new instance take the place of a node that serves',
      find: "recovers: ({ beside, replacement }) => beside === undefined || replacement?.membership !== 'apart',",
      replace: 'recovers: true,',
      caughtBy: ['functions/replace-node/beside', 'lab/explorers/ladder'],
    },
    {
      name: 'an instance that does not start with another type gets back the one it had',
      find: 'if (retypes && retypes.stays === undefined)',
      replace: 'if (retypes && retypes.stays !== undefined)',
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'no other type is set under a pause',
      find: 'retypes !== undefined && to === retypes.from,',
      replace: 'retypes !== undefined,',
      caughtBy: ['functions/replace-node/move'],
    },
    {
      name: 'what no pause may forbid is only what puts back',
      find: 'EC2 tells which instance it is.\n  intent: null,\n  recovers: false,',
      replace: 'EC2 tells which instance it is.\n  intent: null,\n  recovers: true,',
      caughtBy: ['functions/replace-node/acts'],
    },
  ],
  'shared/node-commands/user-data.ts': [
    {
      name: 'the mask comes before the owner’s user data, and nothing of them takes it back',
      find: "partOf('text/cloud-boothook', Buffer.from(hook)), isMessage",
      replace: "partOf('text/cloud-config', Buffer.from(hook)), isMessage",
      caughtBy: ['shared/node-commands/user-data'],
    },
  ],
  'shared/aws/launch.ts': [
    {
      name: 'what is thrown away may be ended, whatever its template protects',
      find: '...(template.DisableApiTermination === true && { DisableApiTermination: false }),',
      replace: '',
      caughtBy: ['local/scenarios/protected'],
    },
    {
      name: 'nothing is launched that could not be put away',
      find: 'if (DisableApiStop === true && !throwAway)',
      replace: 'if (DisableApiStop === undefined && throwAway)',
      caughtBy: ['local/scenarios/protected'],
    },
    {
      name: 'user data of a template do not run, and are not left out, before somebody has said so',
      find: "return ownUserData === 'run' ? userDataWithOwn(maskHook, own) : { fault: UNSAID };",
      replace: 'return userDataWithOwn(maskHook, own);',
      caughtBy: ['shared/aws/instances'],
    },
  ],
  'functions/replace-node/launch.ts': [
    {
      name: 'another instance boots with its client masked',
      find: 'userData: maskedUserData(clientsOf(fleet)),',
      replace: "userData: '',",
      caughtBy: ['functions/replace-node/launch'],
    },
    {
      name: 'a new instance is no member of its fleet before it has taken over',
      find: '    [JOINING_TAG]: incidentId,\n',
      replace: '',
      caughtBy: ['functions/replace-node/launch'],
    },
  ],
  'functions/replace-node/acts/volumes.ts': [
    {
      name: 'volumes that outlive an instance are not deleted with it',
      find: 'deleteOnTermination && (ids.has',
      replace: '!deleteOnTermination && (ids.has',
      caughtBy: ['functions/replace-node/superseded'],
    },
    {
      name: 'a root volume that comes off is tagged first, or nobody could put it back',
      find: "if (marked.is !== 'done') return marked;",
      replace: '',
      caughtBy: ['functions/replace-node/superseded'],
    },
  ],
  'functions/replace-node/acts/node-commands.ts': [
    {
      name: 'a catch-up is not measured over the time in which its client was down',
      find: 'cameUp?.first === undefined || !seen || isUp(seen)',
      replace: 'cameUp?.first === undefined || !seen || !isUp(seen)',
      caughtBy: ['functions/replace-node/blame'],
    },
    {
      name: 'a rung does not fail by what comes of the consensus client that is restarted beside it',
      find: "const isAside = ({ rung }: LadderState): boolean => rung !== 'restart';",
      replace: 'const isAside = ({ rung }: LadderState): boolean => rung === null;',
      caughtBy: ['functions/replace-node/acts'],
    },
    {
      name: 'a version that has come up is switched to once, whoever has ended it since',
      find: '(state.upSinceMs ?? (runs ? atMs : null))',
      replace: '(runs ? (state.upSinceMs ?? atMs) : null)',
      caughtBy: ['functions/replace-node/upgrade'],
    },
    {
      name: 'what could not be read of a volume is left behind, and is no setback',
      find: 'return { ...withRestored(state, () => ({ warmed: at + 1 })), setback: null };',
      replace: 'return state;',
      caughtBy: ['functions/replace-node/warm'],
    },
    {
      name: 'a reindex is remembered before it is sent',
      find: 'state: { ...takenDown(state), reindexed: { patientUntilMs, untilMs } },',
      replace: 'state: takenDown(state),',
      caughtBy: ['functions/replace-node/reindex'],
    },
    {
      name: 'no file is taken for copied that is not',
      find: 'isFilled: leftFiles === 0 && leftBytes === 0',
      replace: 'isFilled: leftBytes === 0',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'a pause keeps no client down whose restart was cut off',
      find: "client === 'mayBeDown' && isDown === true",
      replace: 'false',
      caughtBy: ['functions/replace-node/asked'],
    },
    {
      name: 'no running client is restarted under a pause',
      find: "client === 'mayBeDown' && isDown === true",
      replace: "client === 'mayBeDown'",
      caughtBy: ['functions/replace-node/asked'],
    },
    {
      name: 'the identity of another node does not run on this one',
      find: 'restored !== null && restored.ofNode !== node',
      replace: 'restored !== null && restored.ofNode === node',
      caughtBy: ['functions/replace-node/superseded'],
    },
    {
      name: 'on the way back no identity is carried from the copy',
      find: "wasUnmounted) ? 'unmounted' : 'theirs'",
      replace: "wasUnmounted) ? 'unmounted' : 'ours'",
      caughtBy: ['functions/replace-node/superseded'],
    },
    {
      name: 'the newer of two signing states is kept',
      find: 'keepNewest: fleet.identityPaths.filter((path) => SIGNING_STATE.test(path))',
      replace: 'keepNewest: []',
      caughtBy: ['functions/replace-node/superseded'],
    },
  ],
  'shared/readiness/preconditions.ts': [
    {
      name: 'no copy stands in for a part of LVM',
      find: 'if (layer !== undefined)',
      replace: 'if (layer === undefined)',
      caughtBy: ['functions/replace-node/found-volumes'],
    },
    {
      name: 'no upgrade begins where the version that runs could not come back',
      find: 'runs[upgraded]?.noWayBack ?? null',
      replace: 'runs[-1 - upgraded]?.noWayBack ?? null',
      caughtBy: ['functions/replace-node/upgrade'],
    },
  ],
  'functions/replace-node/acts/cleanup.ts': [
    {
      name: 'a smaller volume on which a client may have run is kept for its days',
      find: "restoredVolumes?.shrink !== undefined && client === 'untouched'",
      replace: 'restoredVolumes?.shrink !== undefined',
      caughtBy: ['shared/readiness/shrink'],
    },
    {
      name: 'only what an upgrade has made beside a node, and what never stood in its place, goes before its days are over',
      find: 'beside !== undefined && !beside.mayHaveServed',
      replace: 'beside !== undefined',
      caughtBy: ['functions/replace-node/beside'],
    },
    {
      name: 'what is put away is written down before it is tagged',
      find: 'await writeKept(context.store, records);',
      replace: '',
      caughtBy: ['functions/replace-node/superseded'],
    },
    {
      name: 'a pause that is set after the proof holds the cleanup',
      find: 'recovers: (_, { piece }) => GOES_ON.has(piece.kind)',
      replace: "recovers: (_, { piece }) => piece.kind !== 'unkeep'",
      caughtBy: ['functions/replace-node/acts'],
    },
  ],

  // What refuses
  'shared/guardrails/rotation.ts': [
    {
      name: 'two runs at once restart one client of a fleet',
      find: 'before !== null && before.instanceId !== restart.instanceId',
      replace: "before !== null && writer === ''",
      caughtBy: ['functions/rotate-peers/plan'],
    },
  ],
  'shared/fleet/membership.ts': [
    {
      name: 'a stored file asks for no more than the deployment knows',
      find: 'if (most !== undefined && hasTags(tags, most)) return;',
      replace: 'if (tags) return;',
      caughtBy: ['shared/fleet/membership', 'shared/guardrails/switches', 'infra/commands/fleets/fleet-cli'],
    },
    {
      name: 'a stored file names nothing that the deployment does not know',
      find: 'if (known.names.includes(digest)) continue;',
      replace: "if (digest !== '') continue;",
      caughtBy: ['shared/fleet/membership'],
    },
    {
      name: 'what two fleets claim is nobody’s',
      find: 'neighbours.flatMap((one) => (hasTags(tags, one.tags) ? [one.name] : [])).sort();',
      replace: 'neighbours.flatMap((one) => (tags === one.tags ? [one.name] : [])).sort();',
      caughtBy: ['shared/fleet/membership', 'functions/register-nodes/sightings'],
    },
    {
      name: 'no data of another fleet’s snapshot are restored',
      find: 'claimantsOfData(fleet, one.tags).length === 0 &&',
      replace: 'claimantsOfData(fleet, one.tags).length >= 0 &&',
      caughtBy: ['shared/fleet/membership'],
    },
    {
      name: 'a snapshot of a neighbour’s volume gives no data, whatever is written on it',
      find: 'isOriginOwn(fleet, origins.get(one.volumeId)),',
      replace: 'isOriginOwn(fleet, one.tags),',
      caughtBy: ['shared/fleet/membership'],
    },
    {
      name: 'what is called by the name of a deployed fleet is that one’s, whether it has a file or not',
      find: 'fleets.flatMap(({ name, neighbours }) => [name, ...neighbours.map((one) => one.name)])',
      replace: 'fleets.map(({ name }) => name)',
      caughtBy: ['shared/fleet/membership'],
    },
    {
      name: 'no volume that two fleets claim is grown, copied or exchanged',
      find: 'return claimantsOfData({ ...fleet, neighbours }, tags);',
      replace: 'return neighbours.length < 0 ? claimantsOfData(fleet, tags) : [];',
      caughtBy: ['shared/fleet/membership'],
    },
    {
      name: 'what another fleet claims, too, is not used for another instance',
      find: ' &&\n  claimantsOfResource(fleet, tags).length === 0;',
      replace: ' &&\n  claimantsOfResource(fleet, tags).length >= 0;',
      caughtBy: ['functions/replace-node/reach'],
    },
  ],
  'shared/heal/guard.ts': [
    {
      name: 'a fleet in mode plan is not touched',
      find: "(fleet.mode === 'act' ||",
      replace: "(fleet.mode !== 'ask' ||",
      caughtBy: ['shared/heal/heal-shell'],
    },
    {
      name: 'no heal acts on a node that is another suite’s, and puts nothing back there',
      find: "if ('refuse' in target) return target;",
      replace: "if ('refuse' in target) continue;",
      caughtBy: ['shared/heal/heal-shell'],
    },
    {
      name: 'a neighbour’s tag keeps no node down that a heal has begun on',
      find: 'mayPutBack ? targetToPutBack : targetFor',
      replace: 'mayPutBack ? targetFor : targetFor',
      caughtBy: ['shared/heal/heal-shell'],
    },
    {
      name: 'whose the other instance of an act is counts, too',
      find: ': ids;\n',
      replace: ': [payload.instanceId];\n',
      caughtBy: ['shared/heal/heal-shell'],
    },
    {
      name: 'no pause keeps a client down that a heal has stopped',
      find: 'if (mayPutBack) return null;',
      replace: '',
      caughtBy: ['shared/heal/heal-shell'],
    },
    {
      name: 'a pause tag on the node holds every act back',
      find: 'tags.map(judgePauseTag).find((one) => one !== null)',
      replace: 'null',
      caughtBy: ['shared/heal/heal-shell'],
    },
    {
      name: 'a heal that was only to plan does nothing',
      find: "mode !== 'plan' && (",
      replace: '(',
      caughtBy: ['shared/heal/heal-shell'],
    },
    {
      name: 'a heal that began under act does not go on under ask',
      find: "=== 'ask' && mode === 'ask')",
      replace: "=== 'ask')",
      caughtBy: ['shared/heal/heal-shell', 'lab/explorers/rollout'],
    },
  ],
  'shared/guardrails/switches.ts': [
    {
      name: 'the pause of everything holds',
      find: 'return everywhere === OFF ? null :',
      replace: "return everywhere !== '' ? null :",
      caughtBy: ['shared/guardrails/switches'],
    },
    {
      name: 'the pause of a fleet holds',
      find: 'return fleet === OFF ? null :',
      replace: "return fleet !== '' ? null :",
      caughtBy: ['shared/guardrails/switches'],
    },
    {
      name: 'a pause that nobody can read is a pause',
      find: 'if (everywhere === undefined) return',
      replace: "if (everywhere === undefined) return null;\n  if (everywhere === '') return",
      caughtBy: ['shared/guardrails/switches'],
    },
  ],
  'shared/guardrails/breaker.ts': [
    {
      name: 'where more than half of a fleet are dead, that is no chance',
      find: 'dead * 2 <= judged.length',
      replace: 'dead <= judged.length',
      caughtBy: ['shared/guardrails/breaker'],
    },
    {
      name: 'a dark zone is one until most of its own nodes answer',
      find: 'return silent * 2 > here.length ? zoneOf(name, nodes) : null;',
      replace: 'return silent > here.length ? zoneOf(name, nodes) : null;',
      caughtBy: ['shared/guardrails/breaker'],
    },
    {
      name: 'where nobody could be asked the breaker is blind, and says nothing of any node',
      find: 'known.length > 1 && known.every(',
      replace: 'known.length > 999 && known.every(',
      caughtBy: ['shared/guardrails/breaker'],
    },
    {
      name: 'where too many are unwell the breaker is open',
      find: 'const open = unwell.length > limit;',
      replace: 'const open = unwell.length > nodes.length;',
      caughtBy: ['shared/guardrails/breaker'],
    },
  ],
  'shared/guardrails/conditions.ts': [
    {
      name: 'while the chain stands still no node is healed for it',
      find: 'if (haltedSinceMs === null || manual || ',
      replace: 'if (haltedSinceMs !== 0 || manual || ',
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'nothing is begun against a condition that people were told of',
      find: 'if (held === undefined) return null;',
      replace: "if (held === undefined || held.code !== '') return null;",
      caughtBy: ['shared/guardrails/conditions'],
    },
  ],
  'shared/guardrails/fleet-view.ts': [
    {
      name: 'a dark zone stays dark although nodes elsewhere are sick by now',
      find: "code === 'zone-down'",
      replace: "code === ''",
      caughtBy: ['shared/guardrails/conditions'],
    },
    {
      name: 'an observation that is old is none',
      find: 'nowMs - atMs <= OBSERVATION_VALID_MS',
      replace: 'nowMs - atMs <= 100 * OBSERVATION_VALID_MS',
      caughtBy: ['shared/guardrails/fleet-view'],
    },
    {
      name: 'a halt that an old watch tells of is none',
      find: 'haltedSinceMs: known?.haltedSinceMs ?? null,',
      replace: 'haltedSinceMs: watch?.haltedSinceMs ?? null,',
      caughtBy: ['shared/guardrails/fleet-view'],
    },
  ],
  'shared/guardrails/terminated.ts': [
    {
      name: 'a terminated validator is never made again',
      find: "if (node.role === 'validator') {",
      replace: "if (node.role === 'validator' && node.name === '') {",
      caughtBy: ['shared/guardrails/terminated'],
    },
    {
      name: 'a node whose name a person’s instance has is not made again',
      find: 'if (namesake !== null) return',
      replace: "if (namesake === '') return",
      caughtBy: ['shared/guardrails/terminated'],
    },
    {
      name: 'a fleet that was scaled down stays so',
      find: 'present < expected) return null;',
      replace: 'present <= expected) return null;',
      caughtBy: ['shared/guardrails/terminated'],
    },
    {
      name: 'nodes that go together are not made again without a person',
      find: 'if (lately.length <= limit) return null;',
      replace: 'if (lately.length <= limit + 9) return null;',
      caughtBy: ['shared/guardrails/terminated'],
    },
  ],
  'shared/guardrails/pace.ts': [
    {
      name: 'never more than a share of a fleet is restarted at once',
      find: 'Math.max(1, Math.floor((count * percent) / 100))',
      replace: 'Math.max(count, Math.floor((count * percent) / 100))',
      caughtBy: ['shared/guardrails/pace'],
    },
    {
      name: 'what only waits for its turn when the wave is over is no news to people',
      find: 'page = isTrouble && zone === undefined && !isTold',
      replace: 'page = pace.isWave && zone === undefined',
      caughtBy: ['shared/guardrails/pace'],
    },
    {
      name: 'of many that are sick at once one is restarted first',
      find: 'const width = isWave ? widthAfter(wave.isRecent ? wave.proofs : 0) : Number.POSITIVE_INFINITY;',
      replace: 'const width = Number.POSITIVE_INFINITY;',
      caughtBy: ['shared/guardrails/pace'],
    },
    {
      name: 'a first restart that does not help stops the wave',
      find: 'failed.length <= proofs',
      replace: 'failed.length >= 0',
      caughtBy: ['shared/guardrails/pace'],
    },
    {
      name: 'never more than a share of a zone is restarted at once',
      find: 'if (roomIn(zone) <= 0 || ',
      replace: 'if (',
      caughtBy: ['shared/guardrails/pace'],
    },
    {
      name: 'where more are unknown than proved to be sick nobody is restarted',
      find: 'breaker.open && (breaker.isBlind || breaker.isMostlyUnknown)',
      replace: 'breaker.open && breaker.isBlind',
      caughtBy: ['shared/guardrails/pace'],
    },
    {
      name: 'what waits when a wave ends is let go by the same pace',
      find: 'const isWave = isTrouble || wave.isRecent;',
      replace: 'const isWave = isTrouble;',
      caughtBy: ['shared/guardrails/pace'],
    },
    {
      name: 'the oldest trouble goes first',
      find: 'a.onsetMs - b.onsetMs',
      replace: 'b.onsetMs - a.onsetMs',
      caughtBy: ['shared/guardrails/pace'],
    },
  ],
  'shared/guardrails/replace.ts': [
    {
      name: 'a validator whose vote its chain waits for is restarted only where its owner allows it',
      find: "evidence === 'votes' && owner.restartValidators",
      replace: "evidence === 'votes'",
      caughtBy: ['functions/dispatch-heal/health'],
    },
    {
      name: 'an instance that somebody has protected against a stop is not stopped',
      find: 'if (stopProtected)\n',
      replace: 'if (stopProtected && rung === "swap")\n',
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'an instance of which nobody knows whether it may be stopped is not stopped',
      find: 'if (stopProtected === null)',
      replace: 'if (stopProtected === undefined)',
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'a roll-back is judged as other data are, not as a restart',
      find: "(isOwnCommand(rung) ? 'replace' : classOf(rung))",
      replace: "(rung === 'roll-back' ? 'restart' : classOf(rung))",
      caughtBy: ['functions/replace-node/roll-back'],
    },
    {
      name: 'nothing is made for a member that its group cannot spare',
      find: 'standbyFault !== null && autoScalingGroup !== null',
      replace: 'standbyFault !== null && autoScalingGroup === null',
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'an address that a stop loses stays, unless the fleet file lets it change',
      find: "fleet.replace.publicAddress !== 'may-change'",
      replace: "fleet.replace.publicAddress === 'may-change'",
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'in a zone in trouble nothing is swapped or replaced',
      find: 'if (zone === undefined || !zone.instanceIds.includes(instanceId)) return null;',
      replace: "if (zone === undefined || instanceId !== '') return null;",
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'a validator is not replaced by itself',
      find: "if (role !== 'validator' && role !== 'unknown') return null;",
      replace: "if (role !== 'unknown') return null;",
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'a node whose role nobody knows counts as a validator',
      find: "if (role !== 'validator' && role !== 'unknown') return null;",
      replace: "if (role !== 'validator') return null;",
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'an open breaker stops what heals by itself',
      find: "if (!breaker.open || (of === 'restart' && !isUnsure(breaker))) return null;",
      replace: "if (!breaker.open || node.name !== '') return null;",
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'a member of an Auto Scaling group is not stopped under its group',
      find: 'if (autoScalingGroup !== null && ',
      replace: "if (autoScalingGroup === '' && ",
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'what a template owns is not changed without its owner’s word',
      find: "rung === 'stop-start' ? null : judgeDrift",
      replace: "rung !== 'swap' ? null : judgeDrift",
      caughtBy: ['shared/guardrails/classes'],
    },
    {
      name: 'an instance with an instance store is not stopped',
      find: 'if (instanceStore)',
      replace: 'if (!tags)',
      caughtBy: ['shared/guardrails/classes'],
    },
  ],
  'shared/guardrails/owner.ts': [
    {
      name: 'other volumes and another instance want a yes of their owner, and no silence',
      find: 'if (owner === null || acceptDrift === true) return null;',
      replace: 'if (owner === null || acceptDrift !== false) return null;',
      caughtBy: ['shared/guardrails/owner', 'shared/guardrails/classes'],
    },
    {
      name: 'a volume is not grown where its owner must not find it',
      find: 'if (owner === null || acceptDrift !== false) return null;',
      replace: 'if (owner === null || acceptDrift !== undefined) return null;',
      caughtBy: ['shared/guardrails/owner', 'shared/growth/decide-resize'],
    },
    {
      name: 'a full disk is grown where nobody has forbidden it',
      find: 'if (owner === null || acceptDrift !== false) return null;',
      replace: 'if (owner === null || acceptDrift === true) return null;',
      caughtBy: ['shared/guardrails/owner', 'shared/growth/decide-resize'],
    },
    {
      name: 'the tag of a stack is a fact, whatever the file says',
      find: "case 'nobody':\n      return stack === null ?",
      replace: "case 'nobody':\n      return stack !== undefined ?",
      caughtBy: ['shared/guardrails/owner', 'shared/guardrails/classes'],
    },
    {
      name: 'Terraform is guessed from a tag where the file does not say who owns it',
      find: 'return tag === null ? null : {',
      replace: 'return tag !== undefined ? null : {',
      caughtBy: ['shared/guardrails/owner', 'shared/guardrails/classes'],
    },
    {
      name: 'a no of the owner that came after the plan holds in the moment of the call',
      find: 'if (now.acceptDrift !== false ||',
      replace: 'if (now.acceptDrift !== null ||',
      caughtBy: ['shared/guardrails/owner', 'functions/resize-volume/modify-refused'],
    },
  ],
  'shared/guardrails/replace-budget.ts': [
    {
      name: 'only nodes that one step of an upgrade takes together share the fleet’s turn',
      find: 'one.together?.join() === me.together.join()',
      replace: 'true',
      caughtBy: ['shared/guardrails/replace-budget'],
    },
    {
      name: 'of nodes that are upgraded together one at a time gets its data of before',
      find: '!isTogether(one, me) || (me.alone && one.alone)',
      replace: '!isTogether(one, me)',
      caughtBy: ['shared/guardrails/replace-budget'],
    },
    {
      name: 'replacements of the account are counted by the hour and the day',
      find: 'if (within.length < limit) continue;',
      replace: 'if (within.length < 99 * limit) continue;',
      caughtBy: ['shared/guardrails/replace-budget'],
    },
    {
      name: 'a node that was replaced in vain is not replaced for ever',
      find: 'if (inVain >= limits.replacementsPerNode)',
      replace: 'if (inVain >= 99)',
      caughtBy: ['shared/guardrails/replace-budget'],
    },
    {
      name: 'a fleet has one replacement in flight',
      find: "status.state !== 'ended' || (unsettled && instanceId !== me.instanceId)",
      replace: 'unsettled && instanceId !== me.instanceId',
      caughtBy: ['shared/guardrails/replace-budget'],
    },
    {
      name: 'what a dead heal has left open keeps the turn of its fleet',
      find: '(unsettled && instanceId !== me.instanceId)',
      replace: '(unsettled && instanceId === me.instanceId)',
      caughtBy: ['shared/guardrails/replace-budget'],
    },
    {
      name: 'restarts of a node are counted',
      find: 'if (restarts.length >= restartsPerDay)',
      replace: 'if (restarts.length >= 99)',
      caughtBy: ['shared/guardrails/replace-budget'],
    },
  ],
  'shared/guardrails/grow.ts': [
    {
      name: 'growth stays below the ceiling of a month',
      find: 'if (exceeds(before + usd, limitUsd))',
      replace: 'if (exceeds(usd, limitUsd))',
      caughtBy: ['shared/guardrails/grow'],
    },
    {
      name: 'while the breaker is open one disk is grown and proved first',
      find: 'if (!breaker.open) return { go: true };',
      replace: 'if (breaker) return { go: true };',
      caughtBy: ['shared/guardrails/grow'],
    },
  ],
  'shared/guardrails/names.ts': [
    {
      name: 'nothing that was found does not mean that all is gone',
      find: 'if (found > 0 || before === 0 || confirmed) return null;',
      replace: 'if (found >= 0 || confirmed) return null;',
      caughtBy: ['functions/register-nodes/notifications'],
    },
    {
      name: 'half of a fleet does not go from its zone at once',
      find: 'if (gone * 2 <= of || confirmed) return null;',
      replace: 'if (gone <= of || confirmed) return null;',
      caughtBy: ['functions/register-nodes/notifications'],
    },
  ],
  'shared/heal/approval.ts': [
    {
      name: 'an approval of another plan approves nothing',
      find: 'if (named !== plan) return',
      replace: "if (named === '') return",
      caughtBy: ['shared/heal/approval'],
    },
    {
      name: 'only a plain yes is an approval',
      find: 'if (approve !== true) return',
      replace: 'if (!approve) return',
      caughtBy: ['shared/heal/approval'],
    },
  ],
  'shared/snapshots/catch-up.ts': [
    {
      name: 'a client that fell back is measured from where it was farthest',
      find: 'if (first.atMs > nearest.atMs) return now.lagBlocks > first.lagBlocks;',
      replace: 'if (first.atMs > nearest.atMs) return true;',
      caughtBy: ['shared/snapshots/catch-up'],
    },
    {
      name: 'a catch-up that nobody could measure shows no rate',
      find: 'return blocks < BLOCKS_LEAST ? null :',
      replace: 'return blocks === 0 ? null :',
      caughtBy: ['shared/snapshots/catch-up'],
    },
  ],
  'shared/snapshots/inventory.ts': [
    {
      name: 'of another account’s snapshots those that its policy made are read',
      find: 'Values: [`Created',
      replace: 'Values: [`*Created',
      caughtBy: ['shared/snapshots/snapshots-read'],
    },
  ],
  'shared/snapshots/ranking.ts': [
    {
      name: 'a stranger’s snapshot is out of reach',
      find: 'ownerId === copiesFrom.account.id',
      replace: 'ownerId !== tag',
      caughtBy: ['shared/snapshots/snapshots-read'],
    },
    {
      name: 'a snapshot of after a node’s newest block is not from before its fault',
      find: 'Math.min(faultSinceMs - patienceMs, stoodSinceMs ?? Number.NEGATIVE_INFINITY)',
      replace: 'faultSinceMs - patienceMs',
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'a snapshot of while a node may have stood on slow blocks is not from before its fault',
      find: 'Math.max(patienceMs, STANDS_INTERVALS * blockSeconds * 1_000)',
      replace: 'patienceMs',
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'a set of today with data of months ago is not the newest',
      find: 'return takenAtMs - madeAtMs > IN_STEP_MS ? madeAtMs : takenAtMs;',
      replace: 'return takenAtMs;',
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'no head start is worth days of catching up',
      find: 'return Math.min(1, worthMs / HEAD_START_MS.clean);',
      replace: 'return 1;',
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'data from before an upgrade are not restored under the client of after it',
      find: 'if (upgrade === undefined) return null;',
      replace: 'if (upgrade !== 0) return null;',
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'of sets that a running node gave, two are tried',
      find: 'TRIES = 2',
      replace: 'TRIES = 99',
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'a set that may hold the fault is not taken for good',
      find: 'if (set.untilMs < beforeMs) return null;',
      replace: 'if (set.untilMs < faultSinceMs) return null;',
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'a snapshot of other blocks than the chain has is not used',
      find: 'ledger.blockHash !== null && ledger.blockHash !== hash',
      replace: 'ledger.blockHash === ""',
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'data of a newer client are not given to an older one',
      find: 'if (theirs !== ours) return theirs > ours;',
      replace: 'if (theirs !== ours) return false;',
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'a snapshot that is quarantined is not used',
      find: 'if (ledger.quarantined !== null) return',
      replace: "if (ledger.quarantined === '') return",
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'a snapshot that was taken of a validator is for no other node, whatever its node is now',
      find: 'ledger.ofValidator))',
      replace: 'ledger.ofValidator && guarded))',
      caughtBy: ['shared/snapshots/good'],
    },
    {
      name: 'a snapshot of a validator is for no other node',
      find: 'if (!isGuarded(theirs)) return null;',
      replace: 'if (theirs) return null;',
      caughtBy: ['shared/snapshots/good'],
    },
  ],

  // Records, leases, incidents, commands
  'shared/heal/outcome.ts': [
    {
      name: 'what ends an incident is paged',
      find: "const code = escalates ? 'attempts-spent' : pageOf(ending);",
      replace: 'const code = pageOf(ending);',
      caughtBy: ['shared/heal/outcome'],
    },
    {
      name: 'an outcome clears what its own kind of heal has begun, and nothing else',
      find: 'keepOperation ?? node.operation?.kind !== OPERATION_OF[payload.kind]',
      replace: 'keepOperation ?? false',
      caughtBy: ['shared/heal/heal-shell'],
    },
  ],
  'shared/heal/store.ts': [
    {
      name: 'a record is read as it was written a moment ago',
      find: 'sk: { S: sk } }, ConsistentRead: true',
      replace: 'sk: { S: sk } }',
      caughtBy: ['shared/heal/store'],
    },
    {
      name: 'the records of a fleet are read as they were written a moment ago',
      find: 'ConsistentRead: true,\n          ...(start',
      replace: '...(start',
      caughtBy: ['shared/heal/store'],
    },
    {
      name: 'an incident with the execution of another function counts for nothing',
      find: 'execution === undefined || isExecutionOf(suite, execution, heal)',
      replace: 'execution === execution',
      caughtBy: ['shared/heal/store'],
    },
    {
      name: 'a record that somebody else has changed is not overwritten',
      find: "'version = :before'",
      replace: "'version <= :before OR version > :before'",
      caughtBy: ['shared/heal/store'],
    },
    {
      name: 'a write that failed its condition succeeded only where the stored record equals it',
      find: 'error.Item !== undefined && sameRecord(recordOf(error.Item), next)',
      replace: 'error.Item !== undefined',
      caughtBy: ['shared/heal/store'],
    },
    {
      name: 'a line of the journal is never overwritten',
      find: "ConditionExpression: 'attribute_not_exists(pk)',",
      replace: '',
      caughtBy: ['shared/heal/store'],
    },
    {
      name: 'an incident in the place of another heal counts for nothing',
      find: '(payload === undefined || payload?.kind === heal) &&',
      replace: '',
      caughtBy: ['shared/heal/store'],
    },
    {
      name: 'a record is decided upon again when somebody else was first',
      find: 'if (!write || (await store.replace(key, write))) return result;',
      replace: 'if (!write || (await store.replace(key, write)) || conflict === 0) return result;',
      caughtBy: ['shared/heal/store'],
    },
  ],
  'shared/heal/lease.ts': [
    {
      name: 'who waits for capacity of AWS keeps nobody else waiting for a restart',
      find: "operation?.kind === 'replace' && operation.memory.unstarted !== undefined;",
      replace: "operation?.kind === 'grow';",
      caughtBy: ['shared/heal/restarts'],
    },
    {
      name: 'modifications of a day are counted again when one is written down',
      find: 'if (recent.length >= modificationsPerDay) return',
      replace: 'if (recent.length >= 9 + modificationsPerDay) return',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'what was done to a volume in a day counts on every instance that it goes to',
      find: 'const more = (other?.modifications ?? []).filter((intent) => !knows(intent));',
      replace: 'const more = (other?.modifications ?? []).filter((intent) => knows(intent));',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'a client that has made progress since it was owed a start was stopped by somebody else',
      find: 'heightSinceMs <= (read?.clientOwedSinceMs ?? 0)',
      replace: 'heightSinceMs > 0',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'what a dead heal has left in the middle is not let go of',
      find: 'unsettled(read) || !leaseFree(',
      replace: '!leaseFree(',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'a client that a heal has taken down is owed to the node',
      find: "if (operation.phase === 'down') return true;",
      replace: "if (operation.phase === 'down') return operation.kind === 'grow';",
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'the lease is held under its fence, and not by a name alone',
      find: 'read?.owner === holder.execution && read.fence === holder.fence',
      replace: 'read?.owner === holder.execution',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'a new holder has a higher fence',
      find: 'fence: read.fence + 1,',
      replace: 'fence: Math.max(1, read.fence),',
      caughtBy: ['shared/heal/lease', 'lab/explorers/protocol'],
    },
    {
      name: 'a lease is taken from nobody who still runs',
      find: "if (owner.state !== 'ended') return false;",
      replace: "if (owner.state !== 'ended') return true;",
      caughtBy: ['shared/heal/lease', 'lab/explorers/protocol'],
    },
    {
      name: 'a lease is taken only when no command and no request of its last holder can act',
      find: '(nowMs > read.quietAfterMs || isFencedFirst(read))',
      replace: '(read.quietAfterMs >= 0 || isFencedFirst(read))',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'only a node that is asked first is taken while a command of its last holder may run',
      find: "return operation.memory.rung === 'restart' || operation.memory.rung === 'swap'",
      replace: 'return operation.memory.rung !== null',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'a node is not given back while a command of ours may run',
      find: 'if (!commandsOver && !isLeft && nowMs <= read.quietAfterMs)',
      replace: 'if (isLeft && nowMs < 0)',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'what proves a rung is counted from where a growth has started its client',
      find: 'upSinceMs: atMs, inspectedAtMs: null }',
      replace: 'inspectedAtMs: null }',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'a disk is grown beside a heal only while the proof alone is missing',
      find: 'upSinceMs !== null && replacement === null',
      replace: 'replacement === null',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'a disk that fills while a heal waits for its proof is grown',
      find: 'isBeingProved(read.operation.memory)',
      replace: 'read.version < 0',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'what a ladder has left open stays where a disk is grown beside it',
      find: 'const isBeside = before === null && read.operation !== null;',
      replace: 'const isBeside = false;',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'what one kind of heal has left open no other kind touches',
      find: '!unsettled(read) || read.operation?.kind === kind',
      replace: '!unsettled(read) || kind !== undefined',
      caughtBy: ['shared/heal/lease'],
    },
    {
      name: 'modifications of a volume are counted before they are made',
      find: 'if (recent.length >= modificationsPerDay) return',
      replace: 'if (recent.length >= 99) return',
      caughtBy: ['shared/heal/lease'],
    },
  ],
  'shared/heal/incident.ts': [
    {
      name: 'that a client has not opened its data is kept however long the words beside it are',
      find: '...(outcome.unopened && { unopened: true })',
      replace: '',
      caughtBy: ['shared/heal/incident'],
    },
    {
      name: 'an incident remembers when it was left to a person',
      find: 'LEFT.has(outcome.code) &&',
      replace: '!LEFT.has(outcome.code) &&',
      caughtBy: ['shared/heal/incident'],
    },
    {
      name: 'an instance that keeps the type of its first sync keeps no snapshot from its node',
      find: "trigger !== NODE_TYPE || ((state === 'allocated'",
      replace: "true || ((state === 'allocated'",
      caughtBy: ['functions/plan-snapshots/plan-snapshots'],
    },
    {
      name: 'an incident that is refused again waits longer each time',
      find: 'const grown = retryAfterMs * 2 ** Math.min(read.refusals ?? 0, MAX_DOUBLINGS);',
      replace: 'const grown = retryAfterMs;',
      caughtBy: ['shared/heal/outcome'],
    },
    {
      name: 'only the current attempt may be claimed',
      find: 'if (read.attempt !== attempt) return',
      replace: 'if (attempt < 0) return',
      caughtBy: ['shared/heal/incident'],
    },
    {
      name: 'an attempt is claimed by one execution',
      find: 'return read.execution === execution\n',
      replace: 'return read.execution\n',
      caughtBy: ['shared/heal/incident'],
    },
    {
      name: 'an outcome is written by the attempt that it is of',
      find: "read?.state === 'claimed' && read.attempt === attempt && read.execution === execution;",
      replace: "read?.state === 'claimed';",
      caughtBy: ['shared/heal/incident'],
    },
    {
      name: 'a question is answered once',
      find: '&& read.approval && isAsked(read)',
      replace: '&& read.approval',
      caughtBy: ['shared/heal/incident'],
    },
    {
      name: 'an incident ends after so many attempts, and a person is told',
      find: 'return failures >= MAX_FAILURES',
      replace: 'return failures >= 99',
      caughtBy: ['shared/heal/incident'],
    },
    {
      name: 'no number of an attempt is spent before its node is free',
      find: "if (!leaseFree) return { leave: 'busy' };",
      replace: '',
      caughtBy: ['shared/heal/incident'],
    },
    {
      name: 'an attempt is not taken for dead before its last request is over',
      find: ' || nowMs <= status.endedAtMs + REQUEST_LIFETIME_MS) return',
      replace: ') return',
      caughtBy: ['shared/heal/incident'],
    },
  ],
  'shared/heal/claim.ts': [
    {
      name: 'what a heal remembers of a node is written by its holder alone',
      find: 'if (!read || !holds(read, holder)) return',
      replace: 'if (!read) return',
      caughtBy: ['shared/heal/heal-shell'],
    },
    {
      name: 'an attempt does what the dispatcher has allocated, and not what its caller says',
      find: '!sameRecord(read.payload, payload)',
      replace: '!read.payload',
      caughtBy: ['shared/heal/heal-shell'],
    },
  ],
  'shared/heal/node-commands.ts': [
    {
      name: 'a command that an earlier run of the step may have sent is not taken back',
      find: 'read !== undefined && read.quietAfterMs <= Date.now()',
      replace: 'read !== undefined',
      caughtBy: ['functions/replace-node/first'],
    },
    {
      name: 'a command goes out only when nobody may succeed us before it is over',
      find: 'if (!(await quietUntil(context, input, instanceId))) return { lost: true };',
      replace: '',
      caughtBy: ['shared/heal/node-commands'],
    },
    {
      name: 'the guards of a command are read again right before it is sent',
      find: "  const guarded = await readGuards(context, options);\n  if ('refuse' in guarded) return guarded;",
      replace: '  const guarded = early;',
      caughtBy: ['shared/heal/node-commands'],
    },
  ],
  'shared/heal/budgets.ts': [
    {
      name: 'what has become old while AWS failed is waited for',
      find: 'if (breaker.isBlind) return { blind: breaker.sentence };',
      replace: '',
      caughtBy: ['functions/replace-node/reserving'],
    },
    {
      name: 'a budget that refuses a replacement gives the turn of the fleet back',
      find: "if ('refuse' in reserved) await leaveReplacement(context);",
      replace: '',
      caughtBy: ['functions/replace-node/reserving'],
    },
  ],

  // What runs on a node
  'shared/node-commands/hide-secrets.sh': [
    {
      name: 'no secret of a configuration leaves its node',
      find: 'flat ~ /passw|',
      replace: 'flat ~ /',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
  ],
  'shared/node-commands/client.sh': [
    {
      name: 'root runs no command of an owner that others can change',
      find: '  only_root "$1" || { NOTE=$WHY; return 1; }',
      replace: '  :',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
  ],
  'shared/node-commands/main.sh': [
    {
      name: 'a node does nothing for a command of an older fence',
      find: 'then end stale',
      replace: 'then say',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
    {
      name: 'a node begins nothing after its start-by',
      find: 'if is_late; then end late',
      replace: 'if is_late; then say',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
    {
      name: 'a node carries a command out once',
      find: 'reply "$RECORDED"',
      replace: ':',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
    {
      name: 'a node notes a command before it does anything for it',
      find: 'if ! remember "$SSM_OperationId"; then end failed',
      replace: 'if ! remember "$SSM_OperationId"; then say',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
  ],
  'shared/node-commands/grow-filesystem.sh': [
    {
      name: 'the filesystem of another volume is not grown',
      find: '  right_volume || return\n',
      replace: '',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
  ],
  'shared/node-commands/stop-clients.sh': [
    {
      name: 'a client that was killed by its grace did not end cleanly',
      find: '[ "$clean" = true ] || STOP_CLEAN=false',
      replace: ':',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
  ],
  'shared/node-commands/stop-client.sh': [
    {
      name: 'a client that did not end cleanly where it has to is started again',
      find: '"$SSM_RequireClean" = yes',
      replace: '"$SSM_RequireClean" = never',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
  ],
  'shared/node-commands/mask.sh': [
    {
      name: 'a masked client does not start at a boot',
      find: 'ConditionPathExists=!%s',
      replace: 'ConditionPathExists=%s',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
  ],
  'shared/node-commands/restart-client.sh': [
    {
      name: 'a client that is masked is not stopped to be restarted',
      find: '|| are_masked; then',
      replace: '; then',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
  ],
  'shared/node-commands/identity.sh': [
    {
      name: 'a copy that has signed is no signing state for a node that has lost its own',
      find: '[[ $(signed "$2/$3") = \' 000000000000000 \'* ]]',
      replace: '[[ $(signed "$2/$3") = *000000000000000* ]]',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
    {
      name: 'a signing state that is not where its owner says is missed',
      find: 'in *-signed) ;; *) return 0 ;; esac',
      replace: 'in *) return 0 ;; esac',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
    {
      name: 'a signing state never goes back',
      find: '[[ ! $ours > $theirs ]] || copy_below',
      replace: '[[ $ours > $theirs ]] || copy_below',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
    {
      name: 'a signing state that cannot be read ends the exchange',
      find: 'then refuse "$3 cannot be read: nobody knows what was signed"; return',
      replace: 'then copy_below "$@"; return',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
  ],
  'shared/node-commands/write-config.sh': [
    {
      name: 'a client that does not come up with a new configuration gets the old one',
      find: 'if ! put_back; then',
      replace: 'if false; then',
      caughtBy: ['shared/node-commands/scripts-on-node'],
    },
  ],
  'test/lab/oracle/hands.ts': [
    {
      name: 'the judge: a command that has ended is nobody’s hand any more',
      find: 'endedAt.getTime() >= atMs',
      replace: 'endedAt.getTime() >= 0',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/index.ts': [
    {
      name: 'the judge: what AWS refused was not done',
      find: ' || !wasCarriedOut(call)',
      replace: '',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/stops-are-short.ts': [
    {
      name: 'the judge: a client that worked is down for a quarter of an hour at most through us',
      find: 'one.idleMs <= BOUND_MS',
      replace: 'one.idleMs <= 10 * BOUND_MS',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/what-is-told-binds.ts': [
    {
      name: 'the judge: what was told and does not hold any more binds nobody',
      find: ' || !IS_SO[one.code]?.(scene, { fleet, node })',
      replace: '',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/score/score.ts': [
    {
      name: 'the score: what a person has stopped is not missed',
      find: "scene.down.get(latest)?.by !== 'person'",
      replace: "scene.down.get(latest)?.by !== 'nobody'",
      caughtBy: ['lab/oracle/score'],
    },
    {
      name: 'the score: a machine is not ended that a person had stopped',
      find: "scene.down.get(id)?.by !== 'person'",
      replace: "scene.down.get(id)?.by === 'person'",
      caughtBy: ['lab/oracle/score'],
    },
    {
      name: 'the score: what others delete is not the healer’s loss',
      find: '!(this.#ended.has(id) || this.#ended.has(attachedTo))',
      replace: 'false',
      caughtBy: ['lab/oracle/score'],
    },
  ],
  'test/lab/oracle/score/copies.ts': [
    {
      name: 'the score: what a snapshot holds is not lost',
      find: '=> copyIn(snapshot) ?? [])',
      replace: '=> (copyIn(snapshot) ? [] : []))',
      caughtBy: ['lab/oracle/score'],
    },
  ],
  'test/lab/policies/naive.ts': [
    {
      name: 'the fixed breaker is of each fleet for itself',
      find: 'const all = byFleet.get(fleet) ?? [];',
      replace: 'const all = sights;',
      caughtBy: ['lab/policies/policies'],
    },
  ],
  'test/lab/policies/kubernetes.ts': [
    {
      name: 'a quarter of a fleet at once is not exceeded by who is compared with us',
      find: '|| unavailable >= most',
      replace: '',
      caughtBy: ['lab/policies/policies'],
    },
  ],
  'test/lab/policies/words.ts': [
    {
      name: 'a quote that does not end is no command',
      find: 'quote !== undefined || ',
      replace: '',
      caughtBy: ['lab/policies/policies'],
    },
  ],
  'test/lab/oracle/promises/only-the-sick.ts': [
    {
      name: 'the judge: the end of a boost restarts no client',
      find: 'if (!restarts && isOfBoost(node, instanceId, atMs)) return;',
      replace: 'if (isOfBoost(node, instanceId, atMs)) return;',
      caughtBy: ['lab/oracle/promises'],
    },
    {
      name: 'the judge: who touches a well node breaks a promise',
      find: 'node.lastSickMs >= since - LASTING_MS',
      replace: 'node.lastSickMs < since + LASTING_MS',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/stopped-stays-stopped.ts': [
    {
      name: 'the judge: what a person stopped, and asked for, may be started',
      find: '|| scene.askedFor(node, since.atMs)) return;',
      replace: ') return;',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/what-comes-off-comes-back.ts': [
    {
      name: 'the judge: data that lie about are told as that',
      find: 'if (lying.length > inTheirPlace(',
      replace: 'if (lying.length > 1 + inTheirPlace(',
      caughtBy: ['lab/oracle/promises'],
    },
    {
      name: 'the judge: another volume in the place of one is as good',
      find: '        scene.made.get(volumeId)?.node === node &&',
      replace: '        scene.made.get(volumeId)?.node !== node &&',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/upgrades-in-order.ts': [
    {
      name: 'the judge: a version that was taken back comes to no other node',
      find: 'if (version === original) {',
      replace: 'if (version === before) {',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/growth-is-bounded.ts': [
    {
      name: 'the judge: a boost is taken back to what the file says',
      find: 'if (Iops !== iops || Throughput !== throughputMiBps)',
      replace: 'if (Iops === 0)',
      caughtBy: ['lab/oracle/promises'],
    },
    {
      name: 'the judge: the boost of a node that is behind stays',
      find: "if (state !== 'synced') told",
      replace: "if (state === 'unreachable') told",
      caughtBy: ['lab/oracle/promises'],
    },
    {
      name: 'the judge: a ceiling is a ceiling',
      find: '> ceilings.largestGiB',
      replace: '> 2 * ceilings.largestGiB',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/foreign-records-stay.ts': [
    {
      name: 'the judge: a record without a marker is somebody’s',
      find: "if (Action === 'CREATE' || ",
      replace: "if (Action !== '' || ",
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/one-identity.ts': [
    {
      name: 'the judge: one key on two machines is two identities',
      find: 'theirs.includes(key)',
      replace: '!theirs',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/pool-serves.ts': [
    {
      name: 'the judge: a pool may not keep a bad node for long',
      find: 'Math.max(since, fromMs) > bound',
      replace: 'Math.max(since, fromMs) > 10 * bound',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/nothing-begins.ts': [
    {
      name: 'the judge: what ours stopped before a pause may be started under it',
      find: ' || isStopped(node, hold.sinceMs)',
      replace: '',
      caughtBy: ['lab/oracle/promises'],
    },
    {
      name: 'the judge: what was begun before a pause may be put back',
      find: "class_ === 'may put back' &&",
      replace: "class_ === 'begins' &&",
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'test/lab/oracle/promises/data-are-kept.ts': [
    {
      name: 'the judge: a date is kept',
      find: 'if (until > at)',
      replace: 'if (until < 0)',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
  'infra/report/html.ts': [
    {
      name: 'report: what strangers say is text',
      find: "if (typeof one === 'string') return escaped(keepingBlanks(one));",
      replace: "if (typeof one === 'string') return keepingBlanks(one);",
      caughtBy: ['infra/report/page'],
    },
    {
      name: 'report: JSON cannot end its element',
      find: '/[<>&\\u2028\\u2029]/g',
      replace: '/[\\u2028\\u2029]/g',
      caughtBy: ['infra/report/page'],
    },
  ],
  'infra/report/series.ts': [
    {
      name: 'report: a minute that nobody saw is not known',
      find: 'unknown: minutes(vague + Math.max(0, steps - within.length)),',
      replace: 'unknown: minutes(vague),',
      caughtBy: ['infra/report/incidents'],
    },
    {
      name: 'report: the worst minute of a cell is drawn',
      find: 'before === null ? value : Math.max(before, value)',
      replace: 'value',
      caughtBy: ['infra/report/incidents'],
    },
  ],
  'infra/report/incidents.ts': [
    {
      name: 'report: what has no end is not healed',
      find: "if (!end) return 'open';",
      replace: "if (!end) return 'healed';",
      caughtBy: ['infra/report/incidents'],
    },
  ],
  'test/lab/oracle/promises/text-is-clean.ts': [
    {
      name: 'the judge: a direction override is hostile',
      find: '\\u2028-\\u202e',
      replace: '\\u2028',
      caughtBy: ['lab/oracle/promises'],
    },
  ],
};

export const MUTANTS: readonly Mutant[] = Object.entries(RULES).flatMap(([file, rules]) =>
  rules.map((broken) => ({ file, ...broken })),
);
