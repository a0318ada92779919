// A shell script with which stories fill a disk.

/** Fills the free space of the filesystem at $1, to the last block. */
export const FILL = `
for size in 64M 16M 4M 1M 64K 4K; do
  n=0
  while [ "$n" -lt 100 ] && fallocate -l "$size" "$1/core.$size.$n" 2>/dev/null; do n=$((n + 1)); done
  rm -f "$1/core.$size.$n"
done
dd if=/dev/zero of="$1/core" bs=4K 2>/dev/null; true`;
