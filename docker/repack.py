"""Usage: repack.py ARCHIVE
Rewrites an image's OCI archive (of podman push, buildah push, or docker save from Docker 25 on): the layers compressed as well as gzip can, no
time of the build in it. The same image gives the same bytes, whichever program wrote the archive.
"""
import gzip
import hashlib
import io
import json
import sys
import tarfile

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def path(descriptor):
    return "blobs/" + descriptor["digest"].replace(":", "/")


def compressed(layer):
    return gzip.compress(gzip.decompress(layer) if layer.startswith(b"\x1f\x8b") else layer, compresslevel=9, mtime=0)


def store(blobs, descriptor, content, media_type=None):
    stored = descriptor | {"digest": "sha256:" + hashlib.sha256(content).hexdigest(), "size": len(content)}
    if media_type:
        stored["mediaType"] = media_type
    blobs[path(stored)] = content
    return stored


def repack(files):
    index = json.loads(files["index.json"])
    if [manifest["mediaType"] for manifest in index["manifests"]] != [MANIFEST]:
        sys.exit("repack: the archive does not hold just one image")
    described = index["manifests"][0]
    manifest = json.loads(files[path(described)])
    blobs = {}
    manifest["config"] = store(blobs, manifest["config"], files[path(manifest["config"])])
    manifest["layers"] = [store(blobs, layer, compressed(files[path(layer)]), LAYER) for layer in manifest["layers"]]
    index["manifests"] = [store(blobs, described, json.dumps(manifest).encode())]
    return blobs | {"index.json": json.dumps(index).encode(), "oci-layout": files["oci-layout"]}


archive = sys.argv[1]
with tarfile.open(archive) as source:
    content = {entry.name: source.extractfile(entry).read() for entry in source if entry.isfile()}
if "index.json" not in content:
    sys.exit(f"repack: {archive} is no OCI archive; docker save writes one from Docker 25 on")
with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as target:
    for name, data in sorted(repack(content).items()):
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        target.addfile(entry, io.BytesIO(data))
