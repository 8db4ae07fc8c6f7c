"""`lychgate probe` at each server: no request is done as more than its class. MLflow's is in test_mlflow.py."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

import servers
from clients import Person, curl
from effects import files
from image import write_image
from probed import assert_no_disguise_does_more, request
from server import Server, started
from surroundings import free_port, program
from wheel import write_wheel

FORM = "multipart/form-data; boundary=b"


@pytest.mark.skipif(shutil.which("docker-registry") is None, reason="docker-registry is Debian's")
def test_at_the_registry(workshop: Path, keys: str, person: Person) -> None:
    with started("the probed registry", workshop / "probed-registry", servers.registry) as registry:
        image = write_image(workshop / "probed-image", "an image")
        policy = person.home / "policy.json"
        policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        place = f"docker://127.0.0.1:{registry.port}/acme/app:1"
        copy = [program("skopeo"), f"--policy={policy}", "copy", "--dest-tls-verify=false", f"dir:{image}", place]
        person.run(copy).succeeded()
        manifest = curl(f"{registry.url}/v2/acme/app/manifests/1", headers=["Accept: application/vnd.oci.image.manifest.v1+json"])
        kind = manifest.header("Content-Type")
        requests = [
            request("read", "GET", "/v2/acme/app/manifests/1", Accept=kind),
            request("write", "POST", "/v2/acme/app/blobs/uploads/"),
        ]
        assert_no_disguise_does_more(
            registry, files(registry.folder / "images"), workshop / "registry-probe", keys, "oci", requests
        )


def test_at_pypiserver(workshop: Path, keys: str) -> None:
    def overwriting(*place) -> servers.ServerCommand:
        starts = servers.pypiserver(*place)
        return servers.ServerCommand([*starts.argv[:-1], "--overwrite", starts.argv[-1]], starts.ready_path)

    with started("the probed pypiserver", workshop / "probed-pypiserver", overwriting) as index:
        write_wheel(index.folder / "packages", "lych", "1.0")
        upload = (
            '--b\r\nContent-Disposition: form-data; name=":action"\r\n\r\nfile_upload\r\n'
            '--b\r\nContent-Disposition: form-data; name="content"; filename="probed-1.0.tar.gz"\r\n\r\nx\r\n--b--\r\n'
        )
        search = "<?xml version='1.0'?><methodCall><methodName>search</methodName><params><param><value><struct><member>"
        search += "<name>name</name><value><array><data><value><string>lych</string></value></data></array></value></member>"
        search += "</struct></value></param><param><value><string>or</string></value></param></params></methodCall>"
        requests = [
            request("read", "POST", "/RPC2", search, Content_Type="text/xml"),
            request("write", "POST", "/", upload, Content_Type=FORM),
        ]
        kept = files(index.folder / "packages")
        assert_no_disguise_does_more(index, kept, workshop / "pypiserver-probe", keys, "pypi", requests)


def test_at_verdaccio(workshop: Path, keys: str) -> None:
    with started(
        "the probed verdaccio", workshop / "probed-verdaccio", lambda *place: servers.verdaccio(*place, "http://npm.example/")
    ) as registry:
        for name in ("@acme/widget", "widget"):
            version = {"name": name, "version": "1.0.0", "dist": {"shasum": hashlib.sha1(b"x").hexdigest(), "tarball": f"http://x/{name}-1.0.0.tgz"}}
            attached = {f"{name}-1.0.0.tgz": {"content_type": "application/octet-stream", "data": "eA==", "length": 1}}
            document = {"_id": name, "name": name, "versions": {"1.0.0": version}, "dist-tags": {"latest": "1.0.0"}}
            body = json.dumps(document | {"_attachments": attached})
            made = curl(f"{registry.url}/{name.replace('/', '%2f')}", "--request", "PUT", "--json", body)
            assert made.status == 201, made
        json_type = {"Content_Type": "application/json"}
        scoped = "/@acme%2fwidget"
        requests = [
            request("read", "GET", scoped),
            request("write", "PUT", f"/-/package{scoped}/dist-tags/beta", '"1.0.0"', **json_type),
            request("write", "PUT", "/widget/old", '"1.0.0"', **json_type),
        ]
        kept = files(registry.folder / "storage")
        assert_no_disguise_does_more(
            registry, kept, workshop / "verdaccio-probe", keys, "npm", requests, GATE_PREFIX="/_gate/"
        )


def test_at_klaus(workshop: Path, keys: str) -> None:
    """What writes deletes a branch, which needs no pack; the branch comes back each time."""
    folder, port = workshop / "probed-klaus", free_port()
    founder, repository = Person(folder), folder / "widget"
    founder.git("init", "--quiet", "--initial-branch", "main", str(repository)).succeeded()
    founder.git("commit", "--quiet", "--allow-empty", "--message", "first", cwd=repository).succeeded()
    commit = founder.git("rev-parse", "HEAD", cwd=repository).output.strip()
    branch = repository / ".git/refs/heads/probed"
    branch.write_text(f"{commit}\n")
    command = f"{commit} {'0' * 40} refs/heads/probed\0report-status delete-refs"
    push = f"{len(command) + 4:04x}{command}0000"
    klaus = Server("the probed klaus", folder, port, servers.klaus(port, repository))
    try:
        requests = [
            request("read", "GET", "/widget/info/refs?service=git-upload-pack"),
            request("write", "POST", "/widget/git-receive-pack", push, Content_Type="application/x-git-receive-pack-request"),
        ]
        kept = files(repository / ".git/refs")
        assert_no_disguise_does_more(
            klaus, kept, workshop / "klaus-probe", keys, "hub", requests, lambda: branch.write_text(f"{commit}\n")
        )
    finally:
        klaus.stop()
