"""Proxies between the gate and an origin."""

from collections.abc import Callable
from pathlib import Path

from compiled import go
from foreign import ForeignOrigin, filled_in
from scripted import flask_gunicorn, php_request_uri
from surroundings import free_port, program


def haproxy_php(folder: Path) -> ForeignOrigin:
    def argv(folder: Path, port: int, behind: int) -> list[str]:
        configuration = filled_in("haproxy.cfg", folder / "haproxy.cfg", PORT=port, BEHIND=behind)
        return [program("haproxy"), "-db", "-f", str(configuration)]

    return _proxy("HAProxy", folder, php_request_uri, argv)


def varnish_go(folder: Path) -> ForeignOrigin:
    def argv(folder: Path, port: int, behind: int) -> list[str]:
        configuration = filled_in("default.vcl", folder / "default.vcl", BEHIND=behind)
        working = folder / "varnish"
        working.mkdir()
        return [
            *(program("varnishd"), "-F", "-j", "none", "-n", str(working), "-a", f"127.0.0.1:{port}"),
            *("-f", str(configuration), "-s", "malloc,64m"),
        ]

    varnish = _proxy("Varnish", folder, go, argv)
    # Responses to requests without the gate must not stay in the cache, from which the gate's clients would receive them.
    varnish.direct_url = varnish.behind.url
    return varnish


def caddy_flask(folder: Path) -> ForeignOrigin:
    def argv(folder: Path, port: int, behind: int) -> list[str]:
        configuration = filled_in("Caddyfile", folder / "Caddyfile", PORT=port, BEHIND=behind)
        return [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(configuration)]

    return _proxy("Caddy", folder, flask_gunicorn, argv)


def _proxy(
    name: str,
    folder: Path,
    start_behind: Callable[[Path], ForeignOrigin],
    argv: Callable[[Path, int, int], list[str]],
) -> ForeignOrigin:
    folder.mkdir(parents=True)
    behind = start_behind(folder / "behind")
    try:
        port, behind_port = free_port(), behind.port()
        assert behind_port is not None
        return ForeignOrigin(name, folder, argv(folder, port, behind_port), port, behind=behind)
    except Exception:
        behind.stop()
        raise
