#!/usr/bin/env bash
# Prints the figures of the client, with dist/, the agent's image, the real kubectl and the tests' imitation of the API
# server: the client beside the fewest commands by hand, the check of a copy, backup directories and buckets.
# OSO_BENCH_SIZE has the sizes of the backed up databases in bytes; OSO_BENCH_ROUNDS is how often each variant runs;
# OSO_BENCH_PLUGIN is the path of another client to compare.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Runs a test and prints the figures in its diagnostics. It fails if the test fails. More arguments are the runner's.
figures() {
  local project=tests/$1 method=$2
  dotnet build "$project" --configuration Release --nologo -v quiet
  dotnet run --project "$project" --configuration Release --no-build -- -noLogo -noColor -diagnostics -method "*$method*" "${@:3}" |
    sed -nE 's/^ *\[D::[^]]*\] //p; /^ *\|/p; /\[FAIL\]|Skipped: [1-9]/p'
}

figures OsoSnapshotClient.Tests Backups_and_prune_of_many_lists -explicit only
figures OsoSnapshotAgent.EndToEnd Client_beside_the_fewest_commands_by_hand -explicit only
figures OsoSnapshotClient.Tests The_check_of_a_copy -explicit only
for size in ${OSO_BENCH_SIZE:-1200000000}; do
  export OSO_TEST_COPY_BYTES=$size
  figures OsoSnapshotAgent.EndToEnd A_second_backup_of_an_unchanged_database
  figures OsoSnapshotAgent.EndToEnd A_backup_into_a_bucket_takes_little_memory
done
figures OsoSnapshotAgent.EndToEnd Upload_beside_export -explicit only
figures OsoSnapshotAgent.EndToEnd A_take_into_a_bucket_with_and_without_direct -explicit only
figures OsoSnapshotAgent.EndToEnd What_queries_notice_of_a_restore -explicit only
figures OsoSnapshotAgent.EndToEnd A_restore_from_a_bucket_with_and_without_direct -explicit only
figures OsoSnapshotClient.Tests A_month_of_backups
