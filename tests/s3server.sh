#!/usr/bin/env bash
# Usage: s3server.sh start|run|stop ROOT DATA
#        s3server.sh kill9 ROOT DATA [rgw|osd|mon]…
# A real S3 server for the tests, Ceph's radosgw with a monitor and one disk, from what fetch-s3.sh unpacked into ROOT.
# All its files are in DATA; DATA/env has its address and keys.
#   start   starts the processes that do not run, in the background, and prints the address when it answers
#   run     starts, prints the address, and when stdin closes or a signal comes, kills the processes and deletes DATA
#   kill9   kills processes at once, or all three; "start" brings them back
#   stop    ends the processes in order; DATA can be started again
# It needs root, because each process has a mount namespace and a root of its own.
set -euo pipefail

access_key=testkey
secret_key=testsecret
# The file of the disk is sparse.
disk_bytes=$((20 << 30))

fail() {
  echo "s3server: $*" >&2
  exit 1
}

# inside COMMAND…: becomes the command, with ROOT as its root and DATA at /s3. The mounts end with the process.
inside() {
  # shellcheck disable=SC2016 # the inner shell expands it
  exec setsid unshare --mount --propagation private bash -c '
    root=$1 data=$2
    shift 2
    mount --bind "$data" "$root/s3" && mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
      mount -t tmpfs tmp "$root/tmp" && cd / && exec chroot "$root" "$@"' inside "$root" "$data" "$@" </dev/null
}

# once NAME COMMAND…: runs a command of the first start.
once() {
  local name=$1
  shift
  (inside "$@") >"$data/log/$name" 2>&1 || fail "$name failed: $(tail -n 5 "$data/log/$name")"
}

pid_of() {
  cat "$data/run/$1.pid" 2>/dev/null
}

# The kernel may have given the number to another process.
is_running() {
  local pid
  pid=$(pid_of "$1") && kill -0 "$pid" 2>/dev/null && grep --quiet --text "/s3/ceph.conf" "/proc/$pid/cmdline" 2>/dev/null
}

# start_process NAME COMMAND…
start_process() {
  local name=$1
  shift
  ! is_running "$name" || return 0
  (inside "$@") >>"$data/log/$name" 2>&1 &
  echo $! >"$data/run/$name.pid"
  disown
}

# free_port PORT…: prints a port that nobody uses, except those. It is below the kernel's own choices for connections.
free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); [[ " $* " == *" $port "* ]] || (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

configure() {
  web=$(free_port)
  monitor=$(free_port "$web")
  fsid=$(</proc/sys/kernel/random/uuid)
  mkdir -p "$data"/{crash,log,mon,osd,rgw,run}
  printf '%s\n' "web=$web" "monitor=$monitor" "fsid=$fsid" >"$data/ports"
  cat >"$data/ceph.conf" <<EOF
[global]
fsid = $fsid
mon_host = [v2:127.0.0.1:$monitor/0]
mon_initial_members = a
public_addr = 127.0.0.1
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
ms_bind_msgr1 = false
keyring = /s3/keyring
mon_data = /s3/mon
osd_data = /s3/osd
run_dir = /s3/run
crash_dir = /s3/crash
admin_socket =
log_file =
log_to_stderr = true
mon_cluster_log_file =
debug_rocksdb = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 1
mon_data_avail_crit = 1
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
[osd]
osd_objectstore = bluestore
bluestore_block_size = $disk_bytes
bluestore_cache_autotune = false
bluestore_cache_size = 67108864
osd_memory_target = 939524096
osd_mclock_skip_benchmark = true
osd_fast_fail_on_connection_refused = true
# A killed gateway counts as watching for so many seconds, and the next one waits for its consent to a new bucket.
osd_client_watch_timeout = 1
[client.rgw]
objecter_tick_interval = 0.5
objecter_timeout = 1
rgw_data = /s3/rgw
rgw_thread_pool_size = 32
rgw_dns_name = localhost
rgw_relaxed_region_enforcement = true
rgw_enable_ops_log = false
rgw_enable_usage_log = false
EOF
}

make_keys_and_monitor() {
  # shellcheck disable=SC2016 # the inner shell expands it
  once keys bash -ec 'file=/s3/keyring
    ceph-authtool -C $file --gen-key -n mon. --cap mon "allow *"
    for name in client.admin client.rgw; do
      ceph-authtool $file --gen-key -n $name --cap mon "allow *" --cap osd "allow *" --cap mgr "allow *"
    done
    ceph-authtool $file --gen-key -n osd.0 --cap mon "allow profile osd" --cap osd "allow *" --cap mgr "allow profile osd"'
  once monmap monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$monitor]" /s3/monmap
  once monitor ceph-mon "${conf[@]}" --mkfs -i a --monmap /s3/monmap --keyring /s3/keyring
}

make_disk() {
  local uuid
  uuid=$(</proc/sys/kernel/random/uuid)
  once osd-new ceph "${conf[@]}" --connect-timeout 60 osd new "$uuid" 0
  once osd-mkfs ceph-osd "${conf[@]}" -i 0 --mkfs --osd-uuid "$uuid"
}

wait_for_answer() {
  local tries name
  for ((tries = 0; tries < 600; tries++)); do
    ! curl --fail --silent --max-time 5 --output /dev/null "http://127.0.0.1:$web/" || return 0
    for name in mon osd rgw; do
      # A process that was just started is not the daemon yet.
      ((tries < 20)) || is_running "$name" || fail "$name ended: $(tail -n 5 "$data/log/$name")"
    done
    sleep 0.1
  done
  fail "no answer after 60 s"
}

start() {
  local is_new=
  ((EUID == 0)) || fail "only root can give a process a root of its own"
  [[ -d $root ]] || fail "there is no $root: run tests/fetch-s3.sh"
  if [[ ! -e $data/env ]]; then
    is_new=yes
    configure
  fi
  # shellcheck source=/dev/null
  . "$data/ports"
  conf=(-c /s3/ceph.conf)
  [[ -z $is_new ]] || make_keys_and_monitor
  start_process mon ceph-mon "${conf[@]}" -i a -f
  [[ -z $is_new ]] || make_disk
  start_process osd ceph-osd "${conf[@]}" -i 0 -f
  [[ -z $is_new ]] || once user radosgw-admin "${conf[@]}" -n client.rgw user create --uid=test --display-name=test \
    --access-key="$access_key" --secret-key="$secret_key"
  start_process rgw radosgw "${conf[@]}" -n client.rgw -f --rgw-frontends "beast endpoint=127.0.0.1:$web"
  wait_for_answer
  printf '%s\n' "S3_ENDPOINT=http://127.0.0.1:$web" "S3_ACCESS_KEY=$access_key" "S3_SECRET_KEY=$secret_key" >"$data/env"
  echo "http://127.0.0.1:$web"
}

# has_ended PID SECONDS: waits that long. The parent of a process may leave it a zombie for seconds.
has_ended() {
  local tries state threads
  for ((tries = 0; tries < $2 * 20; tries++)); do
    read -r _ _ state _ 2>/dev/null <"/proc/$1/stat" || return 0
    threads=("/proc/$1/task"/*)
    [[ $state != Z ]] || ((${#threads[@]} > 1)) || return 0
    sleep 0.05
  done
  return 1
}

# end SIGNAL NAME…
end() {
  local signal=$1 name pid seconds
  shift
  for name in "$@"; do
    if is_running "$name"; then
      pid=$(pid_of "$name")
      # After SIGTERM, radosgw 20 waits up to 120 s for an idle thread. It has no state of its own.
      seconds=15
      [[ $name != rgw ]] || seconds=1
      kill "-$signal" "$pid" || true
      has_ended "$pid" "$seconds" || kill -KILL "$pid" 2>/dev/null || true
      has_ended "$pid" 60 || fail "$name ($pid) does not end"
    fi
    rm -f "$data/run/$name.pid"
  done
}

clean_up() {
  trap '' INT TERM HUP
  end KILL rgw osd mon
  rm -rf --one-file-system "$data"
}

run() {
  trap clean_up EXIT
  trap 'exit 0' INT TERM HUP
  start
  while read -r _; do :; done
}

verb=$1
root=$(realpath -m "$2")
data=$(realpath -m "$3")
shift 3
case $verb in
  start) start ;;
  run) run ;;
  kill9)
    (($# > 0)) || set -- rgw osd mon
    end KILL "$@"
    ;;
  stop) end TERM rgw osd mon ;;
  *) fail "there is no verb '$verb'" ;;
esac
