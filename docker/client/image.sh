#!/usr/bin/env bash
# Usage: image.sh [amd64|arm64 [ARCHIVE SBOM]]
# Makes the image localhost/oso_snapshot_client:dev, which has only the client and its libraries: in a cluster it needs
# no kubectl, and trusts the certificate of its service account. For the architecture that this machine does not have,
# it makes localhost/oso_snapshot_client:dev-ARCHITECTURE. It writes the image's archive and its bill of materials if
# these are named. OSO_CLIENT_IMAGE_NAME is another name for the image; the other variables are those of docker/image.sh.
set -euo pipefail
umask 022
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. docker/lib.sh

# .NET's TLS and SHA-256, and the check of a copy, open these libraries at run time, so the client does not name them.
opened_at_run_time=(libssl.so.3 libcrypto.so.3 libisal.so.2)

select_system "${1:-$machine}"
archive=${2:-} sbom=${3:-/dev/null}
client=dist/linux-$architecture/kubectl-oso_snapshot
image=${OSO_CLIENT_IMAGE_NAME:-localhost/oso_snapshot_client:dev-$architecture}
if [[ $architecture == "$machine" ]]; then
  [[ -e $client ]] || client=dist/kubectl-oso_snapshot
  image=${OSO_CLIENT_IMAGE_NAME:-localhost/oso_snapshot_client:dev}
fi
engine=${OSO_IMAGE_ENGINE:-$(find_engine)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root files=$work/files
make_root
stage "" "$(realpath "$client")" /usr/bin/kubectl-oso_snapshot
stage_libraries "${opened_at_run_time[@]}"
echo nobody:x:65534:65534:nobody:/tmp:/ >"$root/etc/passwd"
echo nobody:x:65534: >"$root/etc/group"
finish_root oso_snapshot_client src/OsoSnapshotClient "$sbom"
cat >"$work/Dockerfile" <<'END'
FROM scratch
COPY . /
USER 65534:65534
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="oso_snapshot_client" \
      org.opencontainers.image.description="Backs up running Prometheus pods with kubectl oso-snapshot" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/usr/bin/kubectl-oso_snapshot"]
END
build_image "$work/Dockerfile"
if [[ -n $archive ]]; then
  save_image "$archive"
fi
echo "$image made by $engine"
