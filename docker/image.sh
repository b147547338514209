#!/usr/bin/env bash
# Makes the image localhost/oso_snapshot:dev and dist/oso_snapshot.oci.tar from dist/oso-snapshot, without a network.
# These variables change the defaults:
#   OSO_IMAGE_ENGINE  the engine; by default the first of docker, podman and buildah that works
#   OSO_IMAGE_SOURCE  the label "source", which says where the sources are published; by default the web address of
#                     git's remote "origin"
#   OSO_IMAGE_NAME    the image's name
#   OSO_IMAGE_OUTPUT  the directory in the place of dist
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
. docker/lib.sh

image=${OSO_IMAGE_NAME:-localhost/oso_snapshot:dev}
output=${OSO_IMAGE_OUTPUT:-dist}
archive=$output/oso_snapshot.oci.tar
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

# Prints the last stage of the Dockerfile. Here the build context itself is the image's root file system.
last_stage() {
  sed -n '/^FROM scratch/,$p' Dockerfile | sed 's|^COPY --from=build /image/ /$|COPY . /|'
}

# Prints the remote's address only if a reader can open it, and without a user name and a password.
find_source() {
  git remote get-url origin 2>/dev/null | sed -nE 's|^(https?://)([^/@]*@)?|\1|p'
}

build() {
  local arguments=(--build-arg "VERSION=$version" --build-arg "REVISION=$revision" --tag "$image" --file "$output/Dockerfile")
  if [[ -n $source ]]; then
    arguments+=(--label "org.opencontainers.image.source=$source")
  else
    echo "The label \"source\" is left out: git's remote \"origin\" has no web address. Name one in OSO_IMAGE_SOURCE."
  fi
  arguments+=("$output/root")
  case $engine in
    # Docker's cache ignores the files' times, so it would reuse a layer with other times.
    docker) as_root docker build --no-cache "${arguments[@]}" ;;
    *) as_root "$engine" build --quiet --layers=false --timestamp "$SOURCE_DATE_EPOCH" "${arguments[@]}" ;;
  esac
}

save() {
  as_root rm -f "$archive"
  case $engine in
    docker) as_root docker save --output "$archive" "$image" ;;
    *) as_root "$engine" push --quiet "$image" "oci-archive:$archive:$image" ;;
  esac
  as_root chown "$(id -u):$(id -g)" "$archive"
  python3 docker/repack.py "$archive" "$SOURCE_DATE_EPOCH"
}

engine=${OSO_IMAGE_ENGINE:-$(find_engine)}
version=$(dotnet msbuild src/OsoSnapshotAgent -getProperty:Version)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
source=${OSO_IMAGE_SOURCE:-$(find_source || true)}
docker/stage-root.sh dist/oso-snapshot "$output/root" "$output/oso_snapshot.cdx.json"
last_stage >"$output/Dockerfile"
build
save
echo "$image made by $engine; $archive: $(stat -c %s "$archive") bytes"
