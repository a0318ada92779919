// What the base system of the machines contains. A change here changes its name, so a new one is built.

/** For debootstrap: packages that every machine has. */
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

/**
 * Installed after the first packages are configured: podman fails to install in the same step as systemd. podman-docker is the `docker` command.
 * cloud-init boots machines that have user data, and no others: see `furnish`. awscli fetches the keys of a node of a deployed network, as Amazon Linux
 * has it.
 */
export const SECOND_PACKAGES = [
  'netavark',
  'podman',
  'podman-docker',
  'runc',
  'conmon',
  'catatonit',
  'iptables',
  'cloud-init',
  'awscli',
] as const;

/** Commands that the shipped scripts use, and further ones that the stories use. */
export const NEEDED_COMMANDS = [
  ...['awk', 'base64', 'bash', 'blkid', 'cat', 'chmod', 'comm', 'cp', 'curl', 'cut', 'date', 'dd', 'df', 'docker'],
  ...['du', 'env', 'find', 'findmnt', 'flock', 'grep', 'growpart', 'gzip', 'head', 'id', 'journalctl', 'ln', 'mkdir'],
  ...['mktemp', 'mount', 'mountpoint', 'mv', 'partx', 'ps', 'readlink', 'rm', 'rmdir', 'sed', 'setsid', 'sfdisk'],
  ...['sha256sum', 'sleep', 'sort', 'stat', 'sync', 'systemctl', 'systemd-escape', 'tail', 'timeout', 'tr', 'umount'],
  ...['uniq', 'uptime', 'wc', 'xfs_growfs', 'resize2fs', 'dumpe2fs'],
  ...['ip', 'jq', 'litecoind', 'litecoin-cli', 'losetup', 'mkfs.xfs', 'mknod', 'podman', 'runc', 'conmon', 'fallocate'],
  ...['cloud-init', 'cloud-init-per', 'mkfs.ext4', 'aws', 'cmp', 'getent', 'logger', 'useradd', 'wipefs'],
] as const;

/**
 * Units that do not belong in a container: udev would act on the host's devices, others on the host's kernel, and timers run at their own times. The
 * test starts the nested containers itself.
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
  ...['cloud-init-hotplugd.socket', 'cloud-init-hotplugd.service'],
] as const;

/** Files by their paths. */
export const FILES: Readonly<Record<string, string>> = {
  // Sets the limits: without them runc's setrlimit fails.
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
  // podman-docker's own script, with a cgroup namespace added. Without it a nested container looks for its cgroup where the outer container has none.
  // podman 4 ignores this setting in containers.conf if the host has cgroups v1.
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
  // Without udev systemd waits for the devices of fstab for ever. Its generator is off; this unit mounts them, before units that need local
  // filesystems.
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
  // What carries out user data, and nothing that would act on disks, names or the network: those are the host's. The user data lie in a file, since no
  // metadata service answers here.
  'etc/cloud/cloud.cfg.d/99-machine.cfg': `datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [write-files, bootcmd]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
`,
  'etc/fstab': '',
  // Empty: each machine gets its own id at its first boot.
  'etc/machine-id': '',
  'etc/hosts': '127.0.0.1 localhost\n',
};

/** Links by their paths. */
export const LINKS: Readonly<Record<string, string>> = {
  'etc/systemd/system/local-fs.target.wants/mount-fstab.service': '/etc/systemd/system/mount-fstab.service',
  'etc/systemd/system-generators/systemd-fstab-generator': '/dev/null',
  'etc/systemd/system-generators/systemd-gpt-auto-generator': '/dev/null',
  // Decides by the machine's firmware whether cloud-init runs: that is the host's.
  'etc/systemd/system-generators/cloud-init-generator': '/dev/null',
  // Otherwise each machine has the id of the base system.
  'var/lib/dbus/machine-id': '/etc/machine-id',
  ...Object.fromEntries(MASKED_UNITS.map((unit) => [`etc/systemd/system/${unit}`, '/dev/null'])),
};

/** Runs in a mount and a pid namespace of its own: its mounts and processes end with it. */
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

/** Prints the commands that are missing. */
export const CHECK = 'for name; do command -v "$name" >/dev/null || echo "$name"; done';
