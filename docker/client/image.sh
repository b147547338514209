#!/usr/bin/env bash
# Makes the image localhost/oso_snapshot_client:dev, which has only the client, Debian's kubectl, their libraries and
# a CA bundle. OSO_IMAGE_ENGINE names the engine; otherwise the first of docker, podman and buildah that works is used.
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. docker/lib.sh

image=${OSO_CLIENT_IMAGE_NAME:-localhost/oso_snapshot_client:dev}
client=dist/kubectl-oso_snapshot
cache=${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/kubectl
# .NET's SHA-256 opens these libraries at run time, so ldd does not list them.
opened_at_run_time=(libssl.so.3 libcrypto.so.3)

[[ -x $cache/usr/bin/kubectl ]] || src/build/fetch-kubectl.sh "$cache"
engine=${OSO_IMAGE_ENGINE:-$(find_engine)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
make_root "$root"
install_executable "$client" "$root/usr/bin/kubectl-oso_snapshot"
install_executable "$cache/usr/bin/kubectl" "$root/usr/bin/kubectl"
opened=$(paths_of_libraries "${opened_at_run_time[@]}")
mapfile -t opened <<<"$opened"
for library in "${opened[@]}" $(libraries_of "$client" "$cache/usr/bin/kubectl" "${opened[@]}"); do
  install_executable "$library" "$root/usr${library#/usr}"
done
add_certificates "$root"
echo nobody:x:65534:65534:nobody:/tmp:/ >"$root/etc/passwd"
echo nobody:x:65534: >"$root/etc/group"
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
