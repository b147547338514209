#!/usr/bin/env bash
# Makes src/OsoSnapshotClient/take.svg, the picture in README.md, from a real run: a real Prometheus and the real image
# in containers of podman, the client in dist/, the real kubectl, and the tests' imitation of the API server. Run
# ./build.sh image first. The script needs root or sudo. OSO_PICTURE_TEXT names a file that gets the run's text.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

picture=src/OsoSnapshotClient/take.svg
project=tests/OsoSnapshotAgent.EndToEnd
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OSO_PICTURE_TEXT=${OSO_PICTURE_TEXT:-$work/run.txt}

tests/fetch-prometheus.sh bookworm
tests/fetch-kubectl.sh
dotnet build "$project" --configuration Release --nologo -v quiet
dotnet run --project "$project" --configuration Release --no-build -- \
  -noLogo -noColor -explicit only -method "*.PictureRun.*"
python3 tests/picture.py "kubectl oso-snapshot take -n oso" <"$OSO_PICTURE_TEXT" >"$work/picture"
mv "$work/picture" "$picture"
echo "$picture: $(stat -c %s "$picture") bytes, of a screen of $(wc -l <"$OSO_PICTURE_TEXT") lines"
