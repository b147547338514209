#!/usr/bin/env bash
# The figures of backup directories, from dist/ and the agent's image: a first and a second backup of an unchanged database through the
# stand-in for kubectl, and what a month of simulated days takes beside thirty archives. OSO_BENCH_SIZE are the bytes of the database.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Prints the figures that a test tells, and fails with it.
figures() {
  local project=tests/$1 method=$2
  dotnet build "$project" --configuration Release --nologo -v quiet
  dotnet run --project "$project" --configuration Release --no-build -- -noLogo -noColor -diagnostics -method "*$method*" |
    sed -nE 's/^ *\[D::[^]]*\] //p; /\[FAIL\]|Skipped: [1-9]/p'
}

export OSO_TEST_COPY_BYTES=${OSO_BENCH_SIZE:-1200000000}
figures OsoSnapshotAgent.EndToEnd A_second_backup_of_an_unchanged_database
figures OsoSnapshotClient.Tests A_month_of_backups
