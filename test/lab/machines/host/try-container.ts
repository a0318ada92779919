// A program: starts a container of the base system that ends immediately, as machines are started, inside an enclosure.
import { spawnSync } from 'node:child_process';

const TRY = `
set -e
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
places="--root $1/p --runroot $1/r --tmpdir $1/t"
podman --runtime runc --cgroup-manager=cgroupfs --storage-driver vfs $places run --rm --privileged --systemd=always \
  --network=none --ulimit nproc=4096:4096 --ulimit nofile=4096:4096 --rootfs "$1/root" /bin/true </dev/null
`;

const [, , runDirectory = '', baseDirectory = ''] = process.argv;
const { status } = spawnSync('sh', ['-c', TRY, 'sh', runDirectory, baseDirectory], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
process.exitCode = status ?? 1;
