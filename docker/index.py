"""Usage: index.py OUTPUT NAME ARCHIVE…
Joins archives that repack.py wrote, of one image for several architectures, into the OCI archive OUTPUT. Its only image
NAME is an index, from which skopeo and podman choose by architecture.
"""
import hashlib
import io
import json
import sys
import tarfile

INDEX = "application/vnd.oci.image.index.v1+json"
NAME = "org.opencontainers.image.ref.name"


def read(archive):
    with tarfile.open(archive) as source:
        return {entry.name: source.extractfile(entry).read() for entry in source}


def path(blob):
    return "blobs/" + blob["digest"].replace(":", "/")


def described(files):
    """Returns the descriptor of the archive's image, with the platform that its configuration names."""
    descriptor = json.loads(files["index.json"])["manifests"][0]
    config = json.loads(files[path(json.loads(files[path(descriptor)])["config"])])
    platform = {name: config[name] for name in ("architecture", "os", "variant") if name in config}
    return {name: descriptor[name] for name in ("mediaType", "digest", "size")} | {"platform": platform}


def encoded(media_type, manifests):
    return json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests}).encode()


output, reference, *archives = sys.argv[1:]
images = [read(archive) for archive in archives]
index = encoded(INDEX, [described(files) for files in images])
whole = {"mediaType": INDEX, "digest": "sha256:" + hashlib.sha256(index).hexdigest(), "size": len(index)}
content = {name: data for files in images for name, data in files.items() if name.startswith("blobs/")} | {
    path(whole): index,
    "index.json": encoded(INDEX, [whole | {"annotations": {NAME: reference}}]),
    "oci-layout": images[0]["oci-layout"],
}
with tarfile.open(output, "w", format=tarfile.USTAR_FORMAT) as target:
    for member, data in sorted(content.items()):
        entry = tarfile.TarInfo(member)
        entry.size = len(data)
        target.addfile(entry, io.BytesIO(data))
