// A litecoin node whose owner has a command on it that has its client build the chain state again from the blocks on its disk, in a small part of a CPU.
import type { ImageFile, ImageFiles } from '../machine/system.ts';
import { runOnNode } from '../story.ts';
import type { RealNode, RealNodeSpec } from '../world.ts';
import { DATA_PATH, type LitecoinOptions, litecoinNode, UNIT } from './litecoin.ts';

const COMMAND = '/opt/node/reindex';
/** Each run of the command writes its beginning and its end there. */
const LOG = '/var/log/reindex';

/** Of a thousand: so a chain of some hundred blocks takes minutes, as one of hundreds of GiB does, on a busy host as on an idle one. */
const CPU_SHARE = 3;
/** It ends by itself; after a quarter of an hour it has the whole CPU. */
const PACED_CENTISECONDS = 90_000;

// proc_pid_stat(5): state is field 3, the CPU time of all threads fields 14 and 15, in ticks of 1/100 s; the client's name has no space.
const SCRIPT = `#!/bin/sh
export HOME=/root
now() { read -r up _ </proc/uptime; now="\${up%.*}\${up#*.}"; }
now; began=$now
echo "begin $(date +%s.%N)" >>${LOG}
/usr/bin/litecoind -datadir=${DATA_PATH} -conf=${DATA_PATH}/litecoin.conf -reindex-chainstate -stopafterblockimport -networkactive=0 -listen=0 -server=0 >>${LOG} 2>&1 &
client=$!
trap 'kill -CONT "$client" 2>/dev/null' EXIT
while read -r _ _ state _ _ _ _ _ _ _ _ _ _ user system _ <"/proc/$client/stat"; do
  now
  if [ "$state" = Z ] || [ $((now - began)) -ge ${PACED_CENTISECONDS} ]; then break; fi
  if [ $((user + system)) -lt $(((now - began) * ${CPU_SHARE} / 1000)) ]; then
    kill -CONT "$client"; sleep 0.02; kill -STOP "$client"
  else kill -STOP "$client"; sleep 0.2; fi
done 2>/dev/null
kill -CONT "$client" 2>/dev/null
wait "$client"
status=$?
# On so short a chain the blocks are connected before the client has come up, and it calls that end an error.
if [ "$status" -eq 1 ] && tail -n 100 ${LOG} | grep -aq 'Stopping after block import'; then status=0; fi
echo "end $(date +%s.%N) $status" >>${LOG}
exit $status
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
