// How a client has ended, in the words of its node.

/** Words by which clients name their data as the cause of their end, as their logs have them (local/nodes/client-log.ts has the sources). */
const NAMES_DATA =
  /corrupt|database|leveldb|rocksdb|pebble|mdbx|sqlite|checksum|malformed|trie node|ancient|AppHash|bad block|ConnectBlock|block index|chainstate|invalid block/i;
export const namesItsData = (text: string): boolean => NAMES_DATA.test(text);

export const endOf = ({
  state,
  exitStatus,
  lastLine,
}: {
  readonly state: string;
  readonly exitStatus: number | null;
  readonly lastLine: string;
}): string =>
  `${state}${exitStatus === null ? '' : `, exit status ${exitStatus}`}${lastLine === '' ? '' : `, "${lastLine.slice(0, 160)}"`}`;
