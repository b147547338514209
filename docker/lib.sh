#!/usr/bin/env bash
# The scripts of both images source this file. These variables are theirs and its own:
#   architecture  of the image, as Debian says it: amd64 or arm64
#   system        the root of the distribution's packages for it: empty for this machine's own root
#   root, files   the image's root file system, and the list that sbom.py reads

packages=${OSO_PACKAGE_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/packages}
machine=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

find_engine() {
  local engine
  for engine in docker podman buildah; do
    # A docker client may have no daemon.
    if command -v "$engine" >/dev/null && as_root "$engine" info &>/dev/null; then
      echo "$engine"
      return
    fi
  done
  echo "image: none of docker, podman and buildah works on this machine; install one of them" >&2
  return 1
}

# fetch_once DIRECTORY SUITE PACKAGE…: unpacks packages for $architecture, unless the directory is there.
fetch_once() {
  local directory=$1 work
  shift
  mkdir -p "$(dirname "$directory")"
  # Two checkouts may share the folder. The second one waits until the first one has fetched everything.
  exec 8>"$directory.lock"
  flock 8
  if [[ ! -d $directory ]]; then
    echo "Fetching packages of Debian or Ubuntu for $architecture …"
    work=$(mktemp -d "$directory.XXXXXX")
    # base-files has the distribution's name, for the bill of materials.
    src/build/fetch-debian.sh --architecture "$architecture" "$1" "$work/root" base-files "${@:2}"
    mv --no-target-directory "$work/root" "$directory"
    rmdir "$work"
  fi
  exec 8>&-
}

# select_system ARCHITECTURE: sets $architecture, $system and $folders, which has the libraries' folders in $system.
select_system() {
  architecture=$1 system=
  # The loader comes first, because programs name its path: /lib64/ld-linux-x86-64.so.2, /lib/ld-linux-aarch64.so.1.
  case $architecture in
    amd64) folders=(/usr/lib64 /usr/lib /usr/lib/x86_64-linux-gnu) ;;
    arm64) folders=(/usr/lib64 /usr/lib /usr/lib/aarch64-linux-gnu) ;;
    *)
      echo "image: there is no image for $architecture, only for amd64 and arm64" >&2
      return 1
      ;;
  esac
  if [[ $architecture != "$machine" || -n ${OSO_FETCH_PACKAGES:-} ]]; then
    system=$packages/$architecture
    # Ubuntu's libssl3 has the name libssl3t64.
    fetch_once "$system" this busybox ca-certificates coreutils dash libc6 libisal2 \
      'libssl3?' 'libssl3t64?'
    system=$(realpath "$system")
  fi
}

# make_root: makes the directories. /lib is a link to /usr/lib, so each file is there once.
make_root() {
  local directory
  # An empty $root would be this machine's own.
  rm -rf "${root:?}"
  mkdir -p "$root"/{dev,proc,sys,tmp,etc,usr/{bin,lib,lib64}}
  chmod 1777 "$root/tmp"
  for directory in bin lib lib64; do
    ln -s "usr/$directory" "$root/$directory"
  done
}

# stage SYSTEM PATH PATH-IN-IMAGE: copies a program or a library, records it, and stages the libraries that it needs. If
# PATH is a link, the link's target is copied.
stage() {
  local source needed
  source=$(readlink -e "$1$2")
  install -D --mode=755 "$source" "${root:?}$3"
  printf '%s\t%s\t%s\n' "$3" "$1" "${source#"$1"}" >>"${files:?}"
  # ldd can't read the programs of another architecture.
  needed=$(readelf --wide --dynamic --program-headers "$source" 2>/dev/null |
    sed -nE 's|.*\(NEEDED\).*\[(.*)\]$|\1|p; s|.*program interpreter: .*/(.*)\]$|\1|p')
  # shellcheck disable=SC2086 # the names have no spaces
  stage_libraries $needed
}

# stage_libraries NAME…: stages the libraries that the image does not have yet.
stage_libraries() {
  local name path
  for name in "$@"; do
    path=$(find_library "$name")
    [[ -e $root$path ]] || stage "$system" "$path" "$path"
  done
}

find_library() {
  local folder
  for folder in "${folders[@]}"; do
    if [[ -e $system$folder/$1 ]]; then
      echo "$folder/$1"
      return
    fi
  done
  echo "image: there is no library $1 for $architecture in ${system:-this system}" >&2
  return 1
}

# stage_certificates: stages only the package's certificates. The system's bundle may have some of this machine's own.
stage_certificates() {
  local bundle=/etc/ssl/certs/ca-certificates.crt certificates=/usr/share/ca-certificates/mozilla
  install -D --mode=644 /dev/null "$root$bundle"
  cat "$system$certificates"/*.crt >"$root$bundle"
  printf '%s\t%s\t%s\n' "$bundle" "$system" "$certificates" >>"$files"
}

# finish_root NAME PROJECT SBOM: makes the bytes independent of the time, and writes the bill of materials.
finish_root() {
  find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  python3 docker/sbom.py "$1" "$2" "$architecture" "$root" "$files" >"$3"
  echo "$root: $(find "$root" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }') bytes in $(find "$root" -type f | wc -l) files"
}

# find_source: prints the remote's address only if a reader can open it, and without a user name and a password.
find_source() {
  git remote get-url origin 2>/dev/null | sed -nE 's|^(https?://)([^/@]*@)?|\1|p'
}

# build_image DOCKERFILE: makes $image of $root, with $engine. It runs nothing in the image.
build_image() {
  local source version arguments
  source=${OSO_IMAGE_SOURCE:-$(find_source || true)}
  version=${OSO_IMAGE_VERSION:-$(dotnet msbuild src/OsoSnapshotAgent -getProperty:Version)}
  arguments=(--platform "linux/$architecture" --build-arg "VERSION=$version"
    --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)" --tag "$image" --file "$1")
  if [[ -n $source ]]; then
    arguments+=(--label "org.opencontainers.image.source=$source")
  else
    echo "The label \"source\" is left out: git's remote \"origin\" has no web address. Name one in OSO_IMAGE_SOURCE."
  fi
  arguments+=("$root")
  case $engine in
    # Docker's cache ignores the files' times, so it would reuse a layer with other times.
    docker) as_root docker build --no-cache "${arguments[@]}" ;;
    *) as_root "$engine" build --quiet --layers=false --timestamp "$SOURCE_DATE_EPOCH" "${arguments[@]}" ;;
  esac
}

# save_image ARCHIVE: writes $image. The archive calls it $OSO_IMAGE_REFERENCE, if that is set.
save_image() {
  as_root rm -f "$1"
  case $engine in
    docker) as_root docker save --output "$1" "$image" ;;
    *) as_root "$engine" push --quiet "$image" "oci-archive:$1:$image" ;;
  esac
  as_root chown "$(id -u):$(id -g)" "$1"
  python3 docker/repack.py "$1" "$SOURCE_DATE_EPOCH" "${OSO_IMAGE_REFERENCE:-$image}"
}
