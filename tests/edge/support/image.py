"""An image of one layer, in skopeo's `dir:` form, which every registry takes."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

MEDIA_TYPE = "application/vnd.oci.image"


def write_image(folder: Path, says: str) -> Path:
    """An image whose only layer holds one file with this text; returns the folder."""
    folder.mkdir(parents=True)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        content = says.encode()
        entry = tarfile.TarInfo("says.txt")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    layer = gzip.compress(tar.getvalue(), mtime=0)
    config = {"architecture": "amd64", "os": "linux", "config": {}}
    config["rootfs"] = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar.getvalue()).hexdigest()}"]}
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{MEDIA_TYPE}.manifest.v1+json",
        "config": _stored(folder, json.dumps(config).encode(), "config.v1+json"),
        "layers": [_stored(folder, layer, "layer.v1.tar+gzip")],
    }
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def layer_digest(folder: Path) -> str:
    """The digest of its layer, as the registry names it."""
    return json.loads((folder / "manifest.json").read_text())["layers"][0]["digest"]


def _stored(folder: Path, content: bytes, kind: str) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    (folder / digest).write_bytes(content)
    return {"mediaType": f"{MEDIA_TYPE}.{kind}", "digest": f"sha256:{digest}", "size": len(content)}
