#!/usr/bin/env bash
# The scripts of both images source this file.

certificates=/usr/share/ca-certificates/mozilla

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

# make_root DIRECTORY: makes a root file system's directories. /lib is a link to /usr/lib, so each file is there once.
make_root() {
  local directory
  mkdir -p "$1"/{dev,proc,sys,tmp,etc,usr/{bin,lib,lib64}}
  chmod 1777 "$1/tmp"
  for directory in bin lib lib64; do
    ln -s "usr/$directory" "$1/$directory"
  done
}

# install_executable SOURCE DESTINATION: copies the file. If SOURCE is a link, the link's target is copied.
install_executable() {
  install -D --mode=755 "$(readlink -f "$1")" "$2"
}

# paths_of_libraries NAME…: prints the paths at which the loader finds the libraries.
paths_of_libraries() {
  local name path
  for name in "$@"; do
    # awk reads the whole list, because an early exit would sometimes kill ldconfig by SIGPIPE.
    path=$(ldconfig -p | awk -v name="$name" '$1 == name && !found { print $NF; found = 1 }')
    [[ -n $path ]] || { echo "image: the library $name is not installed" >&2; return 1; }
    echo "$path"
  done
}

# libraries_of FILE…: prints the paths that ldd resolves, including the loader's. The vDSO has no path.
libraries_of() {
  ldd "$@" | grep -oE '(=> |^\s+)/\S+' | grep -oE '/\S+' | sort -u
}

# add_certificates ROOT: adds only the package's certificates. The system's bundle may have some of this machine's own.
add_certificates() {
  install -D --mode=644 /dev/null "$1/etc/ssl/certs/ca-certificates.crt"
  cat "$certificates"/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"
}
