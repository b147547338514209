#!/usr/bin/env bash
# Usage: image.sh [amd64|arm64]
# Makes the image localhost/oso_snapshot:dev and dist/oso_snapshot.oci.tar from dist/oso-snapshot, without a network.
# For the architecture that this machine does not have, it fetches the distribution's packages, and makes
# localhost/oso_snapshot:dev-ARCHITECTURE and the same files in dist/linux-ARCHITECTURE.
# These variables change the defaults:
#   OSO_IMAGE_ENGINE     the engine; by default the first of docker, podman and buildah that works
#   OSO_IMAGE_SOURCE     the label "source", which says where the sources are published; by default the web address of
#                        git's remote "origin"
#   OSO_IMAGE_NAME       the image's name
#   OSO_IMAGE_REFERENCE  the image's name in the archive
#   OSO_IMAGE_VERSION    the label "version"; by default the version in the sources
#   OSO_IMAGE_OUTPUT     the directory in the place of dist
#   OSO_PACKAGE_ROOTS    the directory of fetched packages
#   OSO_FETCH_PACKAGES   yes: fetch the packages of this machine's architecture too
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
. docker/lib.sh

architecture=${1:-$machine}
image=${OSO_IMAGE_NAME:-localhost/oso_snapshot:dev}
built=dist
if [[ $architecture != "$machine" ]]; then
  image=${OSO_IMAGE_NAME:-localhost/oso_snapshot:dev-$architecture}
  built=dist/linux-$architecture
fi
output=${OSO_IMAGE_OUTPUT:-$built}
root=$output/root

# Prints the last stage of the Dockerfile. Here the build context itself is the image's root file system.
last_stage() {
  sed -n '/^FROM scratch/,$p' Dockerfile | sed 's|^COPY --from=build /image/ /$|COPY . /|'
}

engine=${OSO_IMAGE_ENGINE:-$(find_engine)}
docker/stage-root.sh "$architecture" "$built/oso-snapshot" "$root" "$output/oso_snapshot.cdx.json"
last_stage >"$output/Dockerfile"
build_image "$output/Dockerfile"
save_image "$output/oso_snapshot.oci.tar"
echo "$image made by $engine; $output/oso_snapshot.oci.tar: $(stat -c %s "$output/oso_snapshot.oci.tar") bytes"
