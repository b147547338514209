#!/usr/bin/env bash
# Usage: fuzz.sh [ROUNDS] [SEED]
# Runs the tests that mutate inputs with more rounds than "./build.sh test" does, and with a seed that it prints.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

export OSO_TEST_ROUNDS=${1:-3000} OSO_TEST_SEED=${2:-$RANDOM}
failed=0
for project in tests/OsoSnapshotAgent.Tests tests/OsoSnapshotClient.Tests; do
  dotnet build "$project" --configuration Release --nologo -v quiet || exit 1
  dotnet run --project "$project" --configuration Release --no-build -- \
    -noLogo -noColor -class "*FuzzTests" -class "*.TarDamageTests" || failed=1
done
echo "$(date --utc +%F) $(git rev-parse --short HEAD) fuzz $OSO_TEST_ROUNDS $OSO_TEST_SEED: $failed failed"
exit "$failed"
