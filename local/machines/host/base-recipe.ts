// What is in the base system of the machines: everything here decides its name, so a change builds a new one.

/** For debootstrap: what every machine has. */
export const FIRST_PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'procps',
  'iproute2',
  'iputils-ping',
  'util-linux',
  'mount',
  'litecoind',
  'xfsprogs',
  'e2fsprogs',
  'cloud-guest-utils',
  'fdisk',
  'curl',
  'jq',
  'ca-certificates',
  'gawk',
  'openssl',
  'psmisc',
] as const;

/** Once the first are configured: podman in the same step as systemd fails to be. podman-docker is the `docker` command. */
export const SECOND_PACKAGES = [
  'netavark',
  'podman',
  'podman-docker',
  'runc',
  'conmon',
  'catatonit',
  'iptables',
] as const;

/** What the shipped scripts call, and what the stories call besides. */
export const NEEDED_COMMANDS = [
  ...['awk', 'base64', 'bash', 'blkid', 'cat', 'chmod', 'comm', 'cp', 'curl', 'cut', 'date', 'dd', 'df', 'docker'],
  ...['du', 'env', 'find', 'findmnt', 'flock', 'grep', 'growpart', 'gzip', 'head', 'id', 'journalctl', 'ln', 'mkdir'],
  ...['mktemp', 'mount', 'mountpoint', 'mv', 'partx', 'ps', 'readlink', 'rm', 'rmdir', 'sed', 'setsid', 'sfdisk'],
  ...['sha256sum', 'sleep', 'sort', 'stat', 'sync', 'systemctl', 'systemd-escape', 'tail', 'timeout', 'tr', 'umount'],
  ...['uniq', 'uptime', 'wc', 'xfs_growfs', 'resize2fs', 'dumpe2fs'],
  ...['ip', 'jq', 'litecoind', 'litecoin-cli', 'losetup', 'mkfs.xfs', 'mknod', 'podman', 'runc', 'conmon', 'fallocate'],
] as const;

/**
 * Units that have no place in a container: udev would act on the host's devices, others on the host's kernel, timers at their own
 * time, and the nested containers are started by who tests them.
 */
const MASKED_UNITS = [
  ...['systemd-udevd.service', 'systemd-udev-trigger.service', 'systemd-udev-settle.service'],
  ...['systemd-udevd-kernel.socket', 'systemd-udevd-control.socket'],
  ...['systemd-binfmt.service', 'systemd-modules-load.service', 'systemd-sysctl.service', 'modprobe@.service'],
  ...['proc-sys-fs-binfmt_misc.automount', 'proc-sys-fs-binfmt_misc.mount', 'sys-kernel-debug.mount'],
  ...['sys-kernel-tracing.mount', 'sys-kernel-config.mount', 'sys-fs-fuse-connections.mount', 'dev-hugepages.mount'],
  ...['systemd-remount-fs.service', 'systemd-logind.service', 'systemd-pstore.service'],
  ...['podman.service', 'podman.socket', 'podman-auto-update.service', 'podman-auto-update.timer'],
  ...['podman-restart.service', 'podman-clean-transient.service'],
  ...['apt-daily.service', 'apt-daily.timer', 'apt-daily-upgrade.service', 'apt-daily-upgrade.timer'],
  ...['dpkg-db-backup.timer', 'e2scrub_all.timer', 'e2scrub_reap.service', 'fstrim.timer', 'xfs_scrub_all.timer'],
  ...['systemd-networkd.service', 'systemd-resolved.service', 'getty.target', 'console-getty.service'],
] as const;

/** By their paths. */
export const FILES: Readonly<Record<string, string>> = {
  // The limits: without them runc's setrlimit fails.
  'etc/containers/containers.conf': `[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
cgroupns = "private"
default_ulimits = ["nofile=4096:4096","nproc=4096:4096"]
`,
  'etc/containers/storage.conf': `[storage]
driver = "vfs"
graphroot = "/var/lib/containers/storage"
runroot = "/run/containers/storage"
`,
  // podman-docker's own, and a cgroup namespace: without it a container in a container looks for its cgroup where the outer one's is
  // not, and podman 4 does not take it from containers.conf where the host has cgroups v1.
  'usr/bin/docker': `#!/bin/sh
case \${1-} in
  run | create)
    verb=$1
    shift
    exec podman "$verb" --cgroupns=private "$@"
    ;;
esac
exec podman "$@"
`,
  // Without udev systemd waits for the devices of fstab for ever: its generator is off, and this mounts them, before whatever needs
  // local filesystems.
  'etc/systemd/system/mount-fstab.service': `[Unit]
Description=Mount what fstab names, whose devices systemd cannot see without udev
DefaultDependencies=no
Conflicts=shutdown.target
After=local-fs-pre.target
Before=local-fs.target shutdown.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=-/bin/mount -a
TimeoutStartSec=60
[Install]
WantedBy=local-fs.target
`,
  'etc/fstab': '',
  // Empty: each machine gets its own at its first boot.
  'etc/machine-id': '',
  'etc/hosts': '127.0.0.1 localhost\n',
};

/** By their paths. */
export const LINKS: Readonly<Record<string, string>> = {
  'etc/systemd/system/local-fs.target.wants/mount-fstab.service': '/etc/systemd/system/mount-fstab.service',
  'etc/systemd/system-generators/systemd-fstab-generator': '/dev/null',
  'etc/systemd/system-generators/systemd-gpt-auto-generator': '/dev/null',
  // Else each machine's id is the one of the base system.
  'var/lib/dbus/machine-id': '/etc/machine-id',
  ...Object.fromEntries(MASKED_UNITS.map((unit) => [`etc/systemd/system/${unit}`, '/dev/null'])),
};

/** Runs in a mount and a pid namespace of its own: what is mounted or started here ends with it. */
export const BUILD = `
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
debootstrap --variant=minbase --include="$FIRST" "$SUITE" "$ROOT" "$MIRROR" >&2
printf '#!/bin/sh\\nexit 101\\n' >"$ROOT/usr/sbin/policy-rc.d" # no service starts in here
chmod +x "$ROOT/usr/sbin/policy-rc.d"
printf '%s\\n' "$APT" >"$ROOT/etc/apt/apt.conf.d/99host"
mount -t proc proc "$ROOT/proc"
chroot "$ROOT" apt-get install -y --no-install-recommends $SECOND >&2
chroot "$ROOT" apt-get clean
umount "$ROOT/proc"
rm -rf "$ROOT/usr/sbin/policy-rc.d" "$ROOT/etc/apt/apt.conf.d/99host" "$ROOT"/var/lib/apt/lists/* "$ROOT"/var/log/*.log
mkdir -p "$ROOT/data"
`;

/** Prints what is missing. */
export const CHECK = 'for name; do command -v "$name" >/dev/null || echo "$name"; done';
