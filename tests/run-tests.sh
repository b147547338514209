#!/usr/bin/env bash
# Usage: run-tests.sh PROJECT-DIRECTORY…
# Runs the test projects and counts their results. The last line is "N passed, N failed". If tests were skipped, it ends
# with ", N skipped", and the lines before it give the reasons.
# A project without results counts as one failure: its test host crashes or hangs, or it has no tests. So does a
# solution that doesn't build.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

time_limit=${OSO_TEST_TIME_LIMIT:-60m}
results=TestResults
passed=0
failed=0
skipped=0
reasons=

# The same inputs each time: a failure comes from a change. "./build.sh soak" and "./build.sh fuzz" take others.
export OSO_TEST_SEED=${OSO_TEST_SEED:-2}
export OSO_SNAPSHOT_BINARY=${OSO_SNAPSHOT_BINARY:-$PWD/dist/oso-snapshot}
# The tests need promtool. If none is installed, this one is used.
export PATH="$PATH:${OSO_PROMETHEUS_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/prometheus}/bookworm/usr/bin"

count_as_failed() {
  echo "FAILED: $*" >&2
  failed=$((failed + 1))
}

# attribute NAME FILE: prints a number of the results, which are attributes of the <assembly> element.
attribute() {
  grep -o '<assembly [^>]*' "$2" | grep -o " $1=\"[0-9]*\"" | grep -o '[0-9]*'
}

# Prints the first line of each reason.
skip_reasons() {
  grep -oP '<reason>\K[^<]*' "$1"
}

# A fixture of a class or an assembly that fails in its clean-up is an "error", not a failed test.
count_results() {
  local name=$1 file=$2 status=$3 ran bad
  if ! ran=$(attribute total "$file" 2>/dev/null); then
    count_as_failed "$name ended with status $status before it could write its results"
    return
  fi
  bad=$(($(attribute failed "$file") + $(attribute errors "$file")))
  passed=$((passed + $(attribute passed "$file")))
  failed=$((failed + bad))
  skipped=$((skipped + $(attribute skipped "$file")))
  reasons+=$(skip_reasons "$file")$'\n'
  if ((ran == 0)); then
    count_as_failed "$name holds no test"
  elif ((status != 0 && bad == 0)); then
    count_as_failed "$name ended with status $status although no test failed"
  fi
}

run_project() {
  local project=$1 name file status=0 threads=default
  name=$(basename "$project")
  file=$PWD/$results/$name.xml
  rm -f "$file"
  echo "=== $name"
  # Many of these tests wait: Prometheus looks for new blocks once a minute.
  [[ $name != OsoSnapshotAgent.EndToEnd ]] || threads=1.5x
  timeout --kill-after=30s "$time_limit" dotnet run --project "$project" --configuration Release --no-build -- \
    -noLogo -noColor -maxThreads "$threads" -result-xml "$file" || status=$?
  count_results "$name" "$file" "$status"
}

mkdir -p "$results"
dotnet build OsoSnapshotAgent.sln --configuration Release --nologo -v quiet || count_as_failed "the solution does not build"
for project in "$@"; do
  run_project "$project"
done

if (($(grep -c . <<<"$reasons") < skipped)); then
  count_as_failed "a skipped test whose reason is not in the results"
fi
summary="$passed passed, $failed failed"
if ((skipped > 0)); then
  echo "Skipped:"
  grep . <<<"$reasons" | sort | uniq --count
  summary+=", $skipped skipped"
fi
echo "$summary"
((failed == 0))
