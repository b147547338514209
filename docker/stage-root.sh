#!/usr/bin/env bash
# Usage: stage-root.sh BINARY DIRECTORY SBOM
# Makes the image's root file system in DIRECTORY, from the native binary and this machine's Debian or Ubuntu packages,
# and writes its bill of materials to the file SBOM. Dockerfile and ./build.sh image both run this script. The same
# inputs give the same bytes: the time of the build is not kept.
set -euo pipefail
umask 022
# The order of files is the same on every machine.
export LC_ALL=C

binary=$1
root=$2
sbom=$3
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
epoch=${SOURCE_DATE_EPOCH:-0}

# .NET opens its cryptography and ISA-L's compression at run time, so ldd does not list these libraries.
opened_at_run_time=(libssl.so.3 libcrypto.so.3 libisal.so.2)
# kubectl cp --retries runs sh -c "tar cf - FILE | tail -c+N". busybox' tail refuses an N of 4 GiB or more, and busybox'
# sh always runs that tail. So the image has dash as its shell, and tail of coreutils.
programs=(dash tail)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=$work/files

# stage SOURCE PATH-IN-IMAGE: copies a program or a library, and records its source.
stage() {
  install_executable "$1" "$root$2"
  printf '%s\t%s\n' "$2" "$(readlink -f "$1")" >>"$files"
}

rm -rf "$root"
make_root "$root"
stage "$binary" /usr/bin/oso-snapshot
opened=$(paths_of_libraries "${opened_at_run_time[@]}")
mapfile -t opened <<<"$opened"
mapfile -t system < <(for name in "${programs[@]}"; do command -v "$name"; done)
((${#system[@]} == ${#programs[@]}))
for program in "${system[@]}"; do
  stage "$program" "/usr/bin/$(basename "$program")"
done
ln -s dash "$root/usr/bin/sh"
for library in "${opened[@]}" $(libraries_of "$binary" "${opened[@]}" "${system[@]}"); do
  path=/usr${library#/usr}
  [[ -e $root$path ]] || stage "$library" "$path"
done
stage "$(command -v busybox)" /usr/bin/busybox
# kubectl cp runs tar. The other applets are for people.
for applet in $(busybox --list); do
  [[ -e $root/usr/bin/$applet ]] || ln -s busybox "$root/usr/bin/$applet"
done
add_certificates "$root"
printf '%s\t%s\n' /etc/ssl/certs/ca-certificates.crt "$certificates" >>"$files"
printf '%s\n' root:x:0:0:root:/:/bin/sh nobody:x:65534:65534:nobody:/tmp:/bin/sh >"$root/etc/passwd"
printf '%s\n' root:x:0: nobody:x:65534: >"$root/etc/group"
find "$root" -exec touch --no-dereference --date="@$epoch" {} +
python3 "$here/sbom.py" "$root" "$files" "$here/../src/OsoSnapshotAgent" "$epoch" >"$sbom"
echo "$root: $(find "$root" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }') bytes in $(find "$root" -type f | wc -l) files"
