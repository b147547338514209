#!/usr/bin/env bash
# To be sourced: what the scripts of both images share.

certificates=/usr/share/ca-certificates/mozilla

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

find_engine() {
  local engine
  for engine in docker podman buildah; do
    # A client without a daemon is no engine.
    if command -v "$engine" >/dev/null && as_root "$engine" info &>/dev/null; then
      echo "$engine"
      return
    fi
  done
  echo "image: none of docker, podman and buildah works here" >&2
  return 1
}

# make_root DIRECTORY: a root file system's directories. /lib is /usr/lib: each file once.
make_root() {
  local directory
  mkdir -p "$1"/{dev,proc,sys,tmp,etc,usr/{bin,lib,lib64}}
  chmod 1777 "$1/tmp"
  for directory in bin lib lib64; do
    ln -s "usr/$directory" "$1/$directory"
  done
}

# install_executable SOURCE DESTINATION: copies what a link leads to.
install_executable() {
  install -D --mode=755 "$(readlink -f "$1")" "$2"
}

# paths_of_libraries NAME…: where the loader finds them.
paths_of_libraries() {
  local name path
  for name in "$@"; do
    # To the end of the list: leaving early would kill ldconfig by SIGPIPE, sometimes.
    path=$(ldconfig -p | awk -v name="$name" '$1 == name && !found { print $NF; found = 1 }')
    [[ -n $path ]] || { echo "image: $name is not installed" >&2; return 1; }
    echo "$path"
  done
}

# libraries_of FILE…: the paths that ldd resolves, the loader's own among them; the vDSO has none.
libraries_of() {
  ldd "$@" | grep -oE '(=> |^\s+)/\S+' | grep -oE '/\S+' | sort -u
}

# add_certificates ROOT: of the package alone, since the system's own bundle also trusts what was added to this machine.
add_certificates() {
  install -D --mode=644 /dev/null "$1/etc/ssl/certs/ca-certificates.crt"
  cat "$certificates"/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"
}
