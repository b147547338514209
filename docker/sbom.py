"""Usage: sbom.py FILES LOCK-FILE EPOCH
Prints a CycloneDX 1.5 bill of materials: every staged file (FILES: "path in image, tab, source" a line) with the package and version that it
is of, and the NuGet packages that are compiled into the agent.
"""
import datetime
import hashlib
import json
import subprocess
import sys


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def owner(source):
    """The package that dpkg knows a file of; before /usr was merged it was packed as /lib/…"""
    for path in (source, source.removeprefix("/usr")):
        for line in run("dpkg", "-S", path).splitlines():
            if not line.startswith("diversion"):
                return line.rsplit(": ", 1)[0].split(",")[0]
    # Made by update-ca-certificates from the package's certificates.
    return "ca-certificates" if source.endswith("/ca-certificates.crt") else None


def file_component(path, source):
    with open(source, "rb") as content:
        digest = hashlib.sha256(content.read()).hexdigest()
    component = {"type": "file", "name": path, "hashes": [{"alg": "SHA-256", "content": digest}]}
    package = owner(source)
    if package is None and path != "/usr/bin/oso-snapshot":
        sys.exit(f"sbom: no package owns {source}")
    if package:
        name, version, architecture = run("dpkg-query", "-W", "-f", "${binary:Package} ${Version} ${Architecture}", package).split()
        name = name.split(":")[0]
        component["version"] = version
        component["purl"] = f"pkg:deb/debian/{name}@{version}?arch={architecture}"
    return component


def nuget_components(lock_file):
    with open(lock_file, encoding="utf-8") as text:
        frameworks = json.load(text)["dependencies"]
    # The native binary is compiled for one framework, and the lock has a section for each of its runtimes.
    wanted = run("dotnet", "msbuild", lock_file.removesuffix("packages.lock.json"), "-getProperty:AotFramework").strip()
    packages = {(name, entry["resolved"])
                for framework, entries in frameworks.items() if framework.split("/")[0] == wanted
                for name, entry in entries.items() if "resolved" in entry}
    if not packages:
        sys.exit(f"sbom: {lock_file} holds nothing for {wanted}")
    return [{"type": "library", "name": name, "version": version, "purl": f"pkg:nuget/{name}@{version}"} for name, version in sorted(packages)]


files, lock_file, epoch = sys.argv[1:]
with open(files, encoding="utf-8") as lines:
    staged = sorted(tuple(line.rstrip("\n").split("\t")) for line in lines)
print(json.dumps({
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {
        "timestamp": datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).isoformat(),
        "component": {"type": "container", "name": "oso_snapshot"},
    },
    "components": [file_component(path, source) for path, source in staged] + nuget_components(lock_file),
}, indent=1))
