#!/usr/bin/env bash
# Compiles the agent for this machine's architecture into dist/oso-snapshot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

case "$(uname -m)" in
  x86_64) rid=linux-x64 ;;
  aarch64) rid=linux-arm64 ;;
  *)
    echo "The agent can't be compiled on $(uname -m). Use a machine with x86_64 or aarch64." >&2
    exit 1
    ;;
esac

project=src/OsoSnapshotAgent
output=$project/bin/publish-$rid
dotnet publish "$project" --configuration Release --runtime "$rid" --output "$output" --nologo -v quiet
# dist/ gets only what is delivered, without the debug symbols and the documentation file.
install -D "$output/oso-snapshot" dist/oso-snapshot
echo "dist/oso-snapshot: $(stat -c %s dist/oso-snapshot) bytes, $rid"
