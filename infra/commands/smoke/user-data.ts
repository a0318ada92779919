// The first boot of the throw-away node: a filesystem on its own empty volume, the CloudWatch agent, a client, and, after some minutes, a file that
// fills the volume. Pure, except for reading the client's source.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENT_PORT, DATA_PATH, UNIT } from './fleet.ts';

export const VOLUME_GIB = 2;
/** XFS offers 1,984 MiB on 2 GiB, next to its log of 64 MiB (mkfs.xfs 6.1). 88 % of that is above the alarm, and not full. */
const FILL_MIB = 1_700;
/** Before the volume fills, the agent has published and the alarm may exist. A late alarm finds the volume full. */
const FILL_AFTER_SECONDS = 240;

/** The chain client reports its height; the other one only shows that it runs. */
export type Client = 'heartbeat' | 'chain';

/** @param volumeId the volume that was made for it; it is attached while the script waits */
export function userData(volumeId: string, client: Client = 'heartbeat'): string {
  if (!/^vol-[0-9a-f]{8,17}$/.test(volumeId)) throw new Error(`${volumeId} is no id of a volume`);
  return `#!/bin/bash
# The throw-away node of chainmend's smoke test. It touches one volume, by its id, and only while that is empty.
set -euo pipefail
SMOKE_VOLUME=${volumeId}
SMOKE_PATH=${DATA_PATH}
SMOKE_FILL_MIB=${FILL_MIB}
SMOKE_FILL_AFTER_SECONDS=${FILL_AFTER_SECONDS}
${FILESYSTEM}${CLIENTS[client]()}${AGENT_AND_FILL}`;
}

/**
 * A new EBS volume is all zeros where a filesystem would begin. Any other content is somebody's data. mkfs.xfs without -f also refuses a filesystem
 * that it knows. The names of devices: "Map Amazon EBS volumes to NVMe device names" (EC2 user guide).
 */
const FILESYSTEM = `
device=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_\${SMOKE_VOLUME/-/}
for ((look = 0; look < 180; look++)); do
  if [ -b "$device" ]; then break; fi
  sleep 5
done
[ -b "$device" ]
disk=$(readlink -f "$device")
[ "$(lsblk --noheadings --output NAME "$disk" | wc -l)" -eq 1 ]
[ -z "$(lsblk --noheadings --output MOUNTPOINTS "$disk" | tr -d '[:space:]')" ]
cmp --bytes=$((16 * 1024 * 1024)) "$disk" /dev/zero
mkfs.xfs -q "$disk"
mkdir "$SMOKE_PATH"
echo "UUID=$(blkid -s UUID -o value "$disk") $SMOKE_PATH xfs defaults,nofail 0 2" >>/etc/fstab
mount "$SMOKE_PATH"
`;

const unitOf = (description: string, start: string): string => `
cat >/etc/systemd/system/${UNIT}.service <<'END'
[Unit]
Description=${description}
RequiresMountsFor=${DATA_PATH}
[Service]
ExecStart=${start}
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable --now ${UNIT}.service
`;

const CLIENT_FILE = '/usr/local/lib/chainmend-smoke-client.py';

const CLIENTS: Readonly<Record<Client, () => string>> = {
  heartbeat: () =>
    unitOf(
      "The client of chainmend's smoke test: a heartbeat on its volume",
      `/bin/bash -c 'while :; do date +%%s >${DATA_PATH}/heartbeat || :; sleep 10; done'`,
    ),
  // AL2023's system Python is 3.9 ("Python in AL2023", AL2023 user guide).
  chain: () => `
cat >${CLIENT_FILE} <<'END'
${readFileSync(join(import.meta.dirname, 'client.py'), 'utf8').trimEnd()}
END
${unitOf("The client of chainmend's smoke test: a chain of its own", `/usr/bin/python3 ${CLIENT_FILE} ${DATA_PATH} ${CLIENT_PORT}`)}`,
};

const AGENT_AND_FILL = `
dnf install -y -q amazon-cloudwatch-agent
cat >/opt/aws/amazon-cloudwatch-agent/etc/smoke.json <<'END'
{
  "agent": { "metrics_collection_interval": 60 },
  "metrics": {
    "append_dimensions": { "InstanceId": "\${aws:InstanceId}" },
    "metrics_collected": {
      "disk": {
        "resources": ["${DATA_PATH}"],
        "measurement": ["used_percent", "used", "total", "inodes_used", "inodes_total"],
        "drop_device": true
      }
    }
  }
}
END
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl \\
  -a fetch-config -m ec2 -s -c file:/opt/aws/amazon-cloudwatch-agent/etc/smoke.json

sleep "$SMOKE_FILL_AFTER_SECONDS"
fallocate -l "\${SMOKE_FILL_MIB}M" "$SMOKE_PATH/fill"
`;
