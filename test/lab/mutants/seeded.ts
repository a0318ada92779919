// 25 changes that `chainmend diff` has to see: of fleet files, each with the drill that shows it, and of rules of the code, by their names in
// test/lab/mutants/mutants.ts, each with the scenario that shows it.

export interface FileChange {
  readonly says: string;
  /** Keys of the file, as YAML. */
  readonly keys: string;
  readonly drill: 'full-disk' | 'stuck' | 'corrupt-data' | 'loss';
}

export const FILE_CHANGES: readonly FileChange[] = [
  { says: 'a disk is grown by half of itself at least', keys: 'disk: { minimumStepPercent: 50 }', drill: 'full-disk' },
  { says: 'a disk has reached its ceiling', keys: 'disk: { maximumSizeGiB: 100 }', drill: 'full-disk' },
  { says: 'a disk is grown from 98 % on', keys: 'disk: { growAtPercent: 98 }', drill: 'full-disk' },
  { says: 'growth may cost next to nothing', keys: 'disk: { maximumMonthlyIncreaseUsd: 1 }', drill: 'full-disk' },
  { says: 'plans are made and not carried out', keys: 'mode: plan', drill: 'stuck' },
  { says: 'its nodes are validators', keys: 'role: validator', drill: 'stuck' },
  { says: 'no client is restarted', keys: 'replace: { rungs: [stop-start, swap, replace] }', drill: 'stuck' },
  { says: 'no data are exchanged', keys: 'replace: { rungs: [restart, stop-start] }', drill: 'corrupt-data' },
  { says: 'a lost instance is not replaced', keys: 'replace: { rungs: [restart] }', drill: 'loss' },
];

export interface CodeChange {
  /** The rule that is broken. */
  readonly rule: string;
  readonly scenario: string;
}

export const CODE_CHANGES: readonly CodeChange[] = [
  { rule: 'a pause is heeded before anything is started', scenario: 'disk-full-paused' },
  { rule: 'a DNS record that chainmend did not mark is left as it is', scenario: 'dns-drift' },
  { rule: 'a validator is not replaced by itself', scenario: 'validator-stuck' },
  { rule: 'a member of an Auto Scaling group is not stopped under its group', scenario: 'asg-owned' },
  { rule: 'an address that a stop loses stays, unless the fleet file lets it change', scenario: 'public-address-kept' },
  { rule: 'in a zone in trouble nothing is swapped or replaced', scenario: 'zone-lost' },
  { rule: 'a snapshot that is quarantined is not used', scenario: 'no-good-snapshot' },
  { rule: 'the same stop on other data ends the ladder', scenario: 'client-bug' },
  { rule: 'one reference is not enough for other data', scenario: 'lone-node-corrupt' },
  {
    rule: 'user data of a template do not run, and are not left out, before somebody has said so',
    scenario: 'own-user-data-unsaid',
  },
  { rule: 'a client that ends again and again is told', scenario: 'crash-loop' },
  { rule: 'a fleet that was scaled down stays so', scenario: 'terminated-scaled-down' },
  { rule: 'a node whose name a person’s instance has is not made again', scenario: 'terminated-launched-by-hand' },
  { rule: 'a clean snapshot is taken within its hours alone', scenario: 'snapshot-hour' },
  { rule: 'no well node is stopped while another one is not', scenario: 'retirement-notice' },
  { rule: 'another block is a fork only where more than half have the same one', scenario: 'cardano-split' },
];
