#!/usr/bin/env bash
# Usage: soak.sh CLASS [ROUNDS]
# Runs a class of tests with a seed of each round: the same code as in "./build.sh test", with more seeds. The last line
# counts the rounds. CLASS is a name such as JudgeRowTests; a class without seeds is just repeated.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

class=${1:?name a class of tests, such as JudgeRowTests}
rounds=${2:-20}
source=$(find tests -name "$class.cs" -not -path '*/obj/*' | head -1)
[[ -n $source ]] || { echo "There is no class $class in tests/." >&2; exit 2; }
project=$(cut -d/ -f1-2 <<<"$source")
export OSO_SNAPSHOT_BINARY=${OSO_SNAPSHOT_BINARY:-$PWD/dist/oso-snapshot}
export PATH="$PATH:${OSO_PROMETHEUS_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/prometheus}/bookworm/usr/bin"

dotnet build "$project" --configuration Release --nologo -v quiet || exit 1
passed=0 failed=0
for ((round = 1; round <= rounds; round++)); do
  if OSO_TEST_SEED=$round dotnet run --project "$project" --configuration Release --no-build -- \
    -noLogo -noColor -class "*.$class"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done
echo "$(date --utc +%F) $(git rev-parse --short HEAD) $class: $passed passed, $failed failed"
((failed == 0))
