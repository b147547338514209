#!/usr/bin/env bash
# Makes the image localhost/oso_snapshot_client:dev: the client, Debian's kubectl, their libraries, a CA bundle, and nothing else.
# OSO_IMAGE_ENGINE names the engine (docker, podman or buildah); else it is the first of them that works.
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

image=${OSO_CLIENT_IMAGE_NAME:-localhost/oso_snapshot_client:dev}
client=dist/kubectl-oso_snapshot
cache=${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/kubectl
# Opened at run time, so that ldd does not name them: .NET's SHA-256.
opened_at_run_time=(libssl.so.3 libcrypto.so.3)

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

find_engine() {
  local engine
  for engine in docker podman buildah; do
    if command -v "$engine" >/dev/null && as_root "$engine" info &>/dev/null; then
      echo "$engine"
      return
    fi
  done
  echo "image: none of docker, podman and buildah works here" >&2
  return 1
}

path_of_library() {
  ldconfig -p | awk -v name="$1" '$1 == name && !found { print $NF; found = 1 }'
}

stage() {
  install -D --mode="${3:-755}" "$(readlink -f "$1")" "$root$2"
}

[[ -x $cache/usr/bin/kubectl ]] || src/build/fetch-kubectl.sh "$cache"
engine=${OSO_IMAGE_ENGINE:-$(find_engine)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{dev,proc,sys,tmp,etc,usr/{bin,lib,lib64}}
for directory in bin lib lib64; do
  ln -s "usr/$directory" "$root/$directory"
done
stage "$client" /usr/bin/kubectl-oso_snapshot
stage "$cache/usr/bin/kubectl" /usr/bin/kubectl
mapfile -t opened < <(for name in "${opened_at_run_time[@]}"; do path_of_library "$name"; done)
for library in "${opened[@]}" $(ldd "$client" "$cache/usr/bin/kubectl" "${opened[@]}" | grep -oE '(=> |^\s+)/\S+' | grep -oE '/\S+' | sort -u); do
  stage "$library" "/usr${library#/usr}"
done
install -D --mode=644 /dev/null "$root/etc/ssl/certs/ca-certificates.crt"
cat /usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
echo nobody:x:65534:65534:nobody:/tmp:/ >"$root/etc/passwd"
echo nobody:x:65534: >"$root/etc/group"
chmod 1777 "$root/tmp"
cat >"$work/Dockerfile" <<'EOF'
FROM scratch
COPY . /
ENV HOME=/tmp SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65534:65534
ENTRYPOINT ["/usr/bin/kubectl-oso_snapshot"]
EOF
case $engine in
  docker) as_root docker build --tag "$image" --file "$work/Dockerfile" "$root" ;;
  *) as_root "$engine" build --quiet --layers=false --tag "$image" --file "$work/Dockerfile" "$root" ;;
esac
echo "$image made by $engine: $(find "$root" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }') bytes"
