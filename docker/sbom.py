"""Usage: sbom.py NAME PROJECT ARCHITECTURE ROOT FILES
Prints a CycloneDX 1.5 bill of materials of the image NAME. It lists every file of the root file system with its package
and version, and the NuGet packages that are compiled into the project's program. Each line of FILES has three columns
with tabs between them: a path in the image, the root of the system whose packages have the file, and its path there.
SOURCE_DATE_EPOCH is the time of the build. OSO_IMAGE_VERSION changes the version.
"""
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse

OUR_OWN = {
    "/usr/bin/oso-snapshot": "oso-snapshot",
    "/usr/bin/kubectl-oso_snapshot": "kubectl-oso_snapshot",
    "/etc/passwd": "oso-snapshot",
    "/etc/group": "oso-snapshot",
}
RUNTIMES = {"amd64": "linux-x64", "arm64": "linux-arm64"}


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def query(system, *arguments):
    return run("dpkg-query", f"--admindir={system}/var/lib/dpkg", *arguments)


def owner(system, source):
    """Returns the package that has the file. Packages from before the merge of /usr have it below /lib."""
    for path in (source, source.removeprefix("/usr")):
        for line in query(system, "-S", path).splitlines():
            if not line.startswith("diversion"):
                return line.rsplit(": ", 1)[0].split(",")[0]
    return None


def release(system):
    lines = pathlib.Path(f"{system}/etc/os-release").read_text(encoding="utf-8").splitlines()
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def package_url(system, package):
    described = release(system)
    name, version, architecture = query(system, "-W", "-f", "${binary:Package} ${Version} ${Architecture}", package).split()
    quoted = urllib.parse.quote(version, safe=":~")
    return version, f"pkg:deb/{described['ID']}/{name.split(':')[0]}@{quoted}?arch={architecture}&distro={described['VERSION_CODENAME']}"


def file_component(path, content, system, source):
    if path in OUR_OWN:
        owned, url = version, f"pkg:generic/{OUR_OWN[path]}@{version}"
    elif source and (package := owner(system, source)):
        owned, url = package_url(system, package)
    else:
        sys.exit(f"sbom: no package owns {path} ({system}{source})")
    return {"type": "file", "name": path, "version": owned, "purl": url, "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]}


def nuget_components():
    frameworks = json.loads(pathlib.Path(project, "packages.lock.json").read_text(encoding="utf-8"))["dependencies"]
    # The lock has a section for the framework, and one for each of its runtimes: "net10.0/linux-x64".
    used = [entries for name, entries in frameworks.items() if "/" not in name or name.endswith("/" + RUNTIMES[architecture])]
    packages = {(name, entry["resolved"]) for entries in used for name, entry in entries.items() if "resolved" in entry}
    if not packages:
        sys.exit("sbom: the lock file holds nothing")
    return [{"type": "library", "name": name, "version": version, "purl": f"pkg:nuget/{name}@{version}"} for name, version in sorted(packages)]


image, project, architecture, root, files = sys.argv[1:]
version = os.environ.get("OSO_IMAGE_VERSION") or run("dotnet", "msbuild", project, "-getProperty:Version").strip()
time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
sources = {path: source for path, *source in (line.split("\t") for line in pathlib.Path(files).read_text(encoding="utf-8").splitlines())}
staged = {"/" + path.relative_to(root).as_posix(): path for path in pathlib.Path(root).rglob("*") if path.is_file() and not path.is_symlink()}
print(json.dumps({
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {
        "timestamp": time.isoformat(),
        "component": {"type": "container", "name": image, "version": version},
        "properties": [{"name": "architecture", "value": architecture}],
    },
    "components": [file_component(name, path.read_bytes(), *sources.get(name, ("", ""))) for name, path in sorted(staged.items())] + nuget_components(),
}, indent=1))
