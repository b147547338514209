#!/usr/bin/env bash
# Prints the figures of backup directories, with dist/ and the agent's image. It measures a first and a second backup of
# an unchanged database through the stand-in for kubectl, and compares the size of a month of simulated days with thirty
# archives. OSO_BENCH_SIZE is the size of the database in bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Runs a test and prints the figures in its diagnostics. It fails if the test fails.
figures() {
  local project=tests/$1 method=$2
  dotnet build "$project" --configuration Release --nologo -v quiet
  dotnet run --project "$project" --configuration Release --no-build -- -noLogo -noColor -diagnostics -method "*$method*" |
    sed -nE 's/^ *\[D::[^]]*\] //p; /\[FAIL\]|Skipped: [1-9]/p'
}

export OSO_TEST_COPY_BYTES=${OSO_BENCH_SIZE:-1200000000}
figures OsoSnapshotAgent.EndToEnd A_second_backup_of_an_unchanged_database
figures OsoSnapshotClient.Tests A_month_of_backups
