#!/usr/bin/env bash
# Usage: stage-root.sh ARCHITECTURE BINARY DIRECTORY SBOM
# Makes the root file system of the agent's image in DIRECTORY, from the native binary and packages of Debian or Ubuntu:
# those of this machine, or fetched ones for the other architecture. It writes the bill of materials to the file SBOM.
# Dockerfile and ./build.sh image both run this script. The same inputs give the same bytes: the time of the build is
# not kept.
set -euo pipefail
umask 022
# The order of files is the same on every machine.
export LC_ALL=C

binary=$(realpath "$2")
root=$(realpath --canonicalize-missing "$3")
sbom=$(realpath --canonicalize-missing "$4")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
. docker/lib.sh

# .NET opens its cryptography and ISA-L's compression at run time, so the binary does not name these libraries.
opened_at_run_time=(libssl.so.3 libcrypto.so.3 libisal.so.2)
# kubectl cp --retries runs sh -c "tar cf - FILE | tail -c+N". busybox' tail refuses an N of 4 GiB or more, and busybox'
# sh always runs that tail. So the image has dash as its shell, and tail of coreutils.
programs=(dash tail busybox)

# applets_of BUSYBOX: prints the names in the program's table, because another architecture's can't be asked.
applets_of() {
  python3 -c '
import sys
table = open(sys.argv[1], "rb").read().split(b"\0[\0[[\0", 1)[1].split(b"\0\0", 1)[0]
print("[", "[[", *table.decode().split("\0"), sep="\n")' "$1"
}

select_system "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=$work/files

make_root
stage "" "$binary" /usr/bin/oso-snapshot
stage_libraries "${opened_at_run_time[@]}"
for program in "${programs[@]}"; do
  stage "$system" "/bin/$program" "/usr/bin/$program"
done
ln -s dash "$root/usr/bin/sh"
# kubectl cp runs tar. The other applets are for people.
applets=$(applets_of "$root/usr/bin/busybox")
for applet in $applets; do
  [[ -e $root/usr/bin/$applet ]] || ln -s busybox "$root/usr/bin/$applet"
done
stage_certificates
printf '%s\n' root:x:0:0:root:/:/bin/sh nobody:x:65534:65534:nobody:/tmp:/bin/sh >"$root/etc/passwd"
printf '%s\n' root:x:0: nobody:x:65534: >"$root/etc/group"
finish_root oso_snapshot src/OsoSnapshotAgent "$sbom"
