#!/usr/bin/env bash
# Usage: release-images.sh OUTPUT VERSION
# Makes in the directory OUTPUT, for each of the images oso_snapshot and oso_snapshot_client:
#   IMAGE_VERSION.oci.tar               both architectures, for skopeo and podman
#   IMAGE_VERSION_ARCHITECTURE.oci.tar  one architecture, for docker load too
#   IMAGE_VERSION_ARCHITECTURE.cdx.json the bill of materials
# It compiles the agent. The client must be in dist/linux-ARCHITECTURE, or in dist for this machine. The packages in the
# images are the distribution's newest ones, whatever this machine has installed. The variables are those of
# docker/image.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
. docker/lib.sh

mkdir -p "$1"
output=$(realpath "$1")
version=$2
engine=${OSO_IMAGE_ENGINE:-$(find_engine)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OSO_IMAGE_ENGINE=$engine OSO_IMAGE_VERSION=$version OSO_PACKAGE_ROOTS=$work/packages OSO_FETCH_PACKAGES=yes

# discard IMAGE: takes the image out of the engine's store. Another one may have the same layers.
discard() {
  as_root "$engine" rmi "$1" >/dev/null
}

make_agent() {
  local name=$output/oso_snapshot_${version}_$architecture
  export OSO_IMAGE_NAME=localhost/oso_snapshot:release-$architecture OSO_IMAGE_OUTPUT=$work/$architecture
  export OSO_IMAGE_REFERENCE=localhost/oso_snapshot:$version
  src/build/publish.sh "$architecture"
  docker/image.sh "$architecture"
  mv "$OSO_IMAGE_OUTPUT/oso_snapshot.oci.tar" "$name.oci.tar"
  mv "$OSO_IMAGE_OUTPUT/oso_snapshot.cdx.json" "$name.cdx.json"
  discard "$OSO_IMAGE_NAME"
}

make_client() {
  local name=$output/oso_snapshot_client_${version}_$architecture
  export OSO_CLIENT_IMAGE_NAME=localhost/oso_snapshot_client:release-$architecture
  export OSO_IMAGE_REFERENCE=localhost/oso_snapshot_client:$version
  docker/client/image.sh "$architecture" "$name.oci.tar" "$name.cdx.json"
  discard "$OSO_CLIENT_IMAGE_NAME"
}

for architecture in amd64 arm64; do
  make_agent
  make_client
done
for image in oso_snapshot oso_snapshot_client; do
  python3 docker/index.py "$output/${image}_$version.oci.tar" "localhost/$image:$version" \
    "$output/${image}_${version}"_{amd64,arm64}.oci.tar
done
