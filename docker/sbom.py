"""Usage: sbom.py ROOT FILES PROJECT EPOCH
Prints a CycloneDX 1.5 bill of materials. It lists every file of the root file system with its package and version, and
the NuGet packages that are compiled into the agent. Each line of FILES has a path in the image, a tab, and the file's
path on this machine. Files that FILES does not list are the product's own.
"""
import datetime
import hashlib
import json
import pathlib
import platform
import subprocess
import sys
import urllib.parse

OUR_OWN = {"/usr/bin/oso-snapshot", "/etc/passwd", "/etc/group"}


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def owner(source):
    """Returns the package that has the file, by dpkg. Packages from before the merge of /usr have it below /lib."""
    for path in (source, source.removeprefix("/usr")):
        for line in run("dpkg", "-S", path).splitlines():
            if not line.startswith("diversion"):
                return line.rsplit(": ", 1)[0].split(",")[0]
    return None


def package_url(package):
    system = platform.freedesktop_os_release()
    name, version, architecture = run("dpkg-query", "-W", "-f", "${binary:Package} ${Version} ${Architecture}", package).split()
    quoted = urllib.parse.quote(version, safe=":~")
    return version, f"pkg:deb/{system['ID']}/{name.split(':')[0]}@{quoted}?arch={architecture}&distro={system['VERSION_CODENAME']}"


def file_component(path, content, source):
    if path in OUR_OWN:
        owned, url = version, f"pkg:generic/oso-snapshot@{version}"
    elif source and (package := owner(source)):
        owned, url = package_url(package)
    else:
        sys.exit(f"sbom: no package owns {path} ({source})")
    return {"type": "file", "name": path, "version": owned, "purl": url, "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]}


def nuget_components(project):
    frameworks = json.loads(pathlib.Path(project, "packages.lock.json").read_text(encoding="utf-8"))["dependencies"]
    # The lock has a section for the framework, and one for each of its runtimes.
    packages = {(name, entry["resolved"]) for entries in frameworks.values() for name, entry in entries.items() if "resolved" in entry}
    if not packages:
        sys.exit("sbom: the lock file holds nothing")
    return [{"type": "library", "name": name, "version": version, "purl": f"pkg:nuget/{name}@{version}"} for name, version in sorted(packages)]


root, files, project, epoch = sys.argv[1:]
version = run("dotnet", "msbuild", project, "-getProperty:Version").strip()
sources = dict(line.split("\t") for line in pathlib.Path(files).read_text(encoding="utf-8").splitlines())
staged = {"/" + path.relative_to(root).as_posix(): path for path in pathlib.Path(root).rglob("*") if path.is_file() and not path.is_symlink()}
print(json.dumps({
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {
        "timestamp": datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).isoformat(),
        "component": {"type": "container", "name": "oso_snapshot", "version": version},
    },
    "components": [file_component(name, path.read_bytes(), sources.get(name)) for name, path in sorted(staged.items())] + nuget_components(project),
}, indent=1))
