#!/usr/bin/env bash
# Runs as PID 1 of a pod's namespaces: builds the container's root, then becomes the process that the test asked for.
set -euo pipefail

root=$POD_DIRECTORY/root

set_up_network() {
  ip link set lo up
  hostname "$POD_HOSTNAME"
  # A pod's sysctl does the same, so that user 65534 can listen on port 80.
  echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
}

set_up_root() {
  local device
  mount --bind "$POD_IMAGE/usr" "$root/usr"
  mount -o remount,bind,ro "$root/usr"
  mount -t proc proc "$root/proc"
  for device in null zero random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
}

# Copies the test's data directory to a volume of limited size, if the test asks for one.
set_up_data() {
  local data=$root$POD_DATA volume=$POD_DIRECTORY/volume
  if [[ -n ${POD_VOLUME_BYTES:-} ]]; then
    mkdir "$volume"
    mount -t tmpfs -o "size=$POD_VOLUME_BYTES,mode=755" volume "$volume"
    cp -a "$data/." "$volume"
    mount --bind "$volume" "$data"
  fi
  chown -R "$POD_USER" "$data"
}

# Runs a command in a root directory as the container's user, without capabilities or groups. The environment is an
# image's.
enter() {
  exec env -i PATH=/bin HOME=/ "$(type -P chroot)" --userspec="$POD_USER" --groups= "$@"
}

become_prometheus() {
  # shellcheck disable=SC2016 # the inner shell expands these
  enter "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$POD_WORKING_DIRECTORY" "$@"
}

become_a_shell_around_prometheus() {
  enter "$root" /bin/sh -c "cd $POD_WORKING_DIRECTORY; $(printf '%q ' "$@"); true"
}

# Makes PID 1 a program outside Prometheus' root, as /pause is in a pod that shares its processes.
become_a_sleeper() {
  mkdir -p "$POD_DIRECTORY/sleeper/bin"
  cp "$POD_IMAGE/usr/bin/busybox" "$POD_DIRECTORY/sleeper/bin/sleep"
  enter "$POD_DIRECTORY/sleeper" /bin/sleep infinity
}

set_up_network
set_up_root
set_up_data

case $POD_FIRST_PROCESS in
  Prometheus) become_prometheus "$@" ;;
  ShellWrapper) become_a_shell_around_prometheus "$@" ;;
  Sleeper)
    become_prometheus "$@" &
    become_a_sleeper
    ;;
  SleeperAlone) become_a_sleeper ;;
esac
