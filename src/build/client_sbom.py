"""Usage: client_sbom.py DIST VERSION
Prints a CycloneDX 1.5 bill of materials of the client: its file for each system, .NET's runtime, which is in each, and
the NuGet packages that are compiled into them. SOURCE_DATE_EPOCH is the time of the build.
"""
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import sys

PROJECT = pathlib.Path(__file__).parents[1] / "OsoSnapshotClient"
LOCKS = ("packages.lock.json", "single-file.lock.json")


def file_component(path):
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "type": "file",
        "name": path.relative_to(dist).as_posix(),
        "version": version,
        "purl": f"pkg:generic/kubectl-oso_snapshot@{version}",
        "hashes": [{"alg": "SHA-256", "content": content}],
    }


def library(name, number):
    return {"type": "library", "name": name, "version": number, "purl": f"pkg:nuget/{name}@{number}"}


def packages():
    for lock in LOCKS:
        for entries in json.loads((PROJECT / lock).read_text(encoding="utf-8"))["dependencies"].values():
            yield from ((name, entry["resolved"]) for name, entry in entries.items() if "resolved" in entry)


def runtime():
    command = ["dotnet", "msbuild", str(PROJECT), "-getProperty:BundledNETCoreAppPackageVersion"]
    return "Microsoft.NETCore.App", subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


dist, version = pathlib.Path(sys.argv[1]), sys.argv[2]
time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
files = sorted(path for path in dist.glob("*-*/kubectl-oso_snapshot*") if path.suffix in ("", ".exe"))
print(json.dumps({
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {
        "timestamp": time.isoformat(),
        "component": {"type": "application", "name": "kubectl-oso_snapshot", "version": version},
    },
    "components": [file_component(path) for path in files] + [library(*one) for one in sorted({*packages(), runtime()})],
}, indent=1))
