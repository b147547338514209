#!/usr/bin/env bash
# Unpacks Debian forky's Ceph with its dependencies into $OSO_S3_ROOT, as a root file system for s3server.sh: the S3
# server of the tests. Ceph 18 of trixie stores no checksums, and CompleteMultipartUpload with If-None-Match overwrites.
set -euo pipefail

root=${OSO_S3_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/s3}
version=20.2
packages=(base-files base-passwd libc-bin bash coreutils radosgw ceph-mon ceph-osd ceph-common)

if [[ $(dpkg --print-architecture) != amd64 ]]; then
  echo "fetch-s3: the S3 server of the tests is for amd64 alone" >&2
  exit 1
fi
mkdir -p "$(dirname "$root")"
# Two checkouts may share the folder. The second one waits until the first one has fetched everything.
exec 9>"$root.lock"
flock 9
[[ ! -d $root ]] || exit 0
echo "Fetching Ceph of Debian forky (161 MB) …"
work=$(mktemp -d "$root.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$(dirname "${BASH_SOURCE[0]}")/../src/build/fetch-debian.sh" --with-dependencies forky "$work/root" "${packages[@]}"
found=$(dpkg-query --admindir="$work/root/var/lib/dpkg" --show --showformat '${Version}' radosgw)
if [[ $found != "$version".* ]]; then
  echo "fetch-s3: Debian forky has radosgw $found; the tests need $version" >&2
  exit 1
fi
rm -rf "$work/root"/usr/share/{doc,info,locale,man}
mkdir -p "$work/root"/{dev,proc,s3,tmp}
echo root:x:0:0::/:/bin/bash >"$work/root/etc/passwd"
echo root:x:0: >"$work/root/etc/group"
echo 127.0.0.1 localhost >"$work/root/etc/hosts"
mv --no-target-directory "$work/root" "$root"
