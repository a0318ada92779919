// A litecoin node whose owner has a command on it that has its client build the chain state again from the blocks on its disk, slowly.
import type { ImageFile, ImageFiles } from '../machine/system.ts';
import { runOnNode } from '../story.ts';
import type { RealNode, RealNodeSpec } from '../world.ts';
import { DATA_PATH, type LitecoinOptions, litecoinNode, UNIT } from './litecoin.ts';

const COMMAND = '/opt/node/reindex';
/** Each run of the command writes its beginning and its end there. */
const LOG = '/var/log/reindex';

/**
 * Its client tells some 1.3 kB of each block, and waits while nobody reads them. So a chain of some hundred blocks takes minutes, as one of hundreds of GiB
 * does, and takes them on a busy host as on an idle one.
 */
const BYTES_A_SECOND = 2_500;
const PART_BYTES = 1_024;

const SCRIPT = `#!/bin/sh
export HOME=/root
now() { read -r up _ </proc/uptime; now="\${up%.*}\${up#*.}"; }
now; began=$now; told=0
echo "begin $(date +%s.%N)" >>${LOG}
{
  /usr/bin/litecoind -datadir=${DATA_PATH} -conf=${DATA_PATH}/litecoin.conf -reindex-chainstate -stopafterblockimport -networkactive=0 -listen=0 -server=0 -debug=bench 2>&1
  echo "$?" >${LOG}.status
} | while now; do
  if [ "$told" -ge $(((now - began) * ${BYTES_A_SECOND} / 100)) ]; then sleep 0.2; continue; fi
  head -c ${PART_BYTES} >${LOG}.part
  [ -s ${LOG}.part ] || break
  cat ${LOG}.part >>${LOG}.client
  told=$((told + ${PART_BYTES}))
done
status=$(cat ${LOG}.status)
# On so short a chain the blocks are connected before the client has come up, and it calls that end an error.
if [ "$status" -eq 1 ] && tail -n 100 ${LOG}.client | grep -aq 'Stopping after block import'; then status=0; fi
echo "end $(date +%s.%N) $status" >>${LOG}
exit "$status"
`;

export function reindexingNode(options: LitecoinOptions): RealNodeSpec {
  const spec = litecoinNode(options);
  const files = (identity: Parameters<typeof spec.files>[0]): ImageFiles => ({
    ...spec.files(identity),
    [COMMAND]: { text: SCRIPT, mode: 0o755 } satisfies ImageFile,
  });
  return { ...spec, files };
}

/** The exit statuses of the command's runs on a machine that have ended. */
export async function reindexesOn(node: RealNode): Promise<readonly number[]> {
  const text = await runOnNode(node, 'cat "$1" 2>/dev/null || true', LOG);
  return [...text.matchAll(/^end [\d.]+ (\d+)$/gm)].map(([, status]) => Number(status));
}

/** Every file of its chain state is overwritten, while the client runs; then it is killed. */
export async function breakChainstate(node: RealNode): Promise<void> {
  await runOnNode(node, SPOIL, `${DATA_PATH}/regtest/chainstate`);
  await runOnNode(node, 'kill -KILL "$(systemctl show -p MainPID --value "$1")"', UNIT);
}

const SPOIL = `
set -eu
for file in "$1"/*; do
  [ -s "$file" ] || continue
  size=$(stat -c %s "$file")
  head -c "$size" /dev/urandom | dd of="$file" conv=notrunc status=none
done
sync -f "$1"
`;

/** What its client's log says of its end. */
export const saysOfItsData = (node: RealNode): Promise<string> =>
  runOnNode(node, 'journalctl --unit "$1" --output cat --no-pager | grep -a "LevelDB error" | tail -n 1 || true', UNIT);
