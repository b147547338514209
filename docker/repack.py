"""Usage: repack.py ARCHIVE EPOCH NAME
Rewrites an image's archive (of podman push, buildah push or docker save) as an OCI archive that docker load accepts
too. The layers are compressed with gzip's best level, EPOCH is the time of the build, and NAME is the image's name. The
same image gives the same bytes, regardless of the program that wrote the archive.
"""
import datetime
import gzip
import hashlib
import io
import json
import sys
import tarfile

NAME = "org.opencontainers.image.ref.name"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

# Docker's older builder records its intermediate containers and images here. They differ between builds, and OCI does
# not define these members.
OF_THE_BUILD = {"container", "container_config", "docker_version", "parent", "Image"}


def path(digest):
    return "blobs/" + digest.replace(":", "/")


def the_only(images):
    if len(images) != 1:
        sys.exit(f"repack: the archive holds {len(images)} images instead of one")
    return images[0]


def read(files):
    """Returns the image's configuration and layers, of manifest.json (docker save) or of index.json (others)."""
    if "manifest.json" in files:
        image = the_only(json.loads(files["manifest.json"]))
        return files[image["Config"]], [files[layer] for layer in image["Layers"]]
    described = the_only(json.loads(files["index.json"])["manifests"])
    manifest = json.loads(files[path(described["digest"])])
    config, *layers = [files[path(blob["digest"])] for blob in [manifest["config"], *manifest["layers"]]]
    return config, layers


def compressed(layer):
    return gzip.compress(gzip.decompress(layer) if layer.startswith(b"\x1f\x8b") else layer, compresslevel=9, mtime=0)


def without_the_build(config):
    return {name: value for name, value in config.items() if value and name not in OF_THE_BUILD}


def reproducible(config, created):
    config = without_the_build(config) | {"created": created, "config": without_the_build(config["config"])}
    config["history"] = [step | {"created": created} for step in config["history"]]
    return json.dumps(config).encode()


def repack(files, created, name):
    config, layers = read(files)
    blobs = {}

    def store(media_type, content):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        blobs[path(digest)] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": store(CONFIG, reproducible(json.loads(config), created)),
        "layers": [store(LAYER, compressed(layer)) for layer in layers],
    }
    described = store(MANIFEST, json.dumps(manifest).encode()) | {"annotations": {NAME: name}}
    for_docker = {
        "Config": path(manifest["config"]["digest"]),
        "RepoTags": [name],
        "Layers": [path(layer["digest"]) for layer in manifest["layers"]],
    }
    return blobs | {
        "index.json": json.dumps({"schemaVersion": 2, "manifests": [described]}).encode(),
        "manifest.json": json.dumps([for_docker]).encode(),
        "oci-layout": json.dumps({"imageLayoutVersion": "1.0.0"}).encode(),
    }


archive, epoch, reference = sys.argv[1:]
with tarfile.open(archive) as source:
    content = {entry.name: source.extractfile(entry).read() for entry in source if entry.isfile()}
time = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as target:
    for member, data in sorted(repack(content, time, reference).items()):
        entry = tarfile.TarInfo(member)
        entry.size = len(data)
        target.addfile(entry, io.BytesIO(data))
