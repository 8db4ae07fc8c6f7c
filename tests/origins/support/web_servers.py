"""Web servers that run programs: git's http-backend, a CGI program, and PHP."""

import os
import shutil
from pathlib import Path

from foreign import (
    HUBS,
    ORIGINS,
    ForeignOrigin,
    filled_in,
    git_http_backend,
    make_git_repository,
    unprivileged,
)
from process import Process
from surroundings import bare_environment, free_port, program

APACHE_MODULES = Path("/usr/lib/apache2/modules")


def _open_folder(folder: Path) -> None:
    """Gives the workers of web servers access, because they may run as another user."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def git_nginx(folder: Path) -> ForeignOrigin:
    """git's own http-backend, run by fcgiwrap for nginx."""
    _open_folder(folder)
    make_git_repository(folder / "repositories/acme/widget")
    port, sock = free_port(), folder / "git.sock"
    words = {"FOLDER": folder, "PORT": port, "SOCKET": sock, "BACKEND": git_http_backend()}
    configuration = filled_in("git_nginx.conf", folder / "nginx.conf", **words)
    if os.geteuid() == 0:
        configuration.write_text("user root;\n" + configuration.read_text())
    wrapper = Process(
        "fcgiwrap",
        [program("fcgiwrap"), "-c", "4", "-s", f"unix:{sock}"],
        folder / "fcgiwrap.log",
        folder,
        bare_environment(folder),
    )
    wrapper.await_ready(sock.exists, 10)
    argv = [program("nginx"), "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(configuration)]
    return _with_git_requests(ForeignOrigin("nginx", folder, argv, port, beside=wrapper))


def git_apache(folder: Path) -> ForeignOrigin:
    """git's own http-backend, run by Apache's mod_cgid."""
    _open_folder(folder)
    (folder / "nothing").mkdir()
    make_git_repository(folder / "repositories/acme/widget")
    return _with_git_requests(_apache("Apache", folder, "git_apache.conf", BACKEND=git_http_backend()))


def _with_git_requests(origin: ForeignOrigin) -> ForeignOrigin:
    origin.requests = origin.outsiders_requests = ORIGINS / "git.jsonl"
    return origin


def _apache(name: str, folder: Path, template: str, beside: Process | None = None, **words: object) -> ForeignOrigin:
    port = free_port()
    own = {"FOLDER": folder, "PORT": port, "MODULES": APACHE_MODULES} | unprivileged()
    configuration = filled_in(template, folder / "apache.conf", **own, **words)
    argv = [program("apache2"), "-DFOREGROUND", "-f", str(configuration)]
    return ForeignOrigin(name, folder, argv, port, beside=beside)


def php_apache(folder: Path) -> ForeignOrigin:
    """php-fpm behind Apache, with a front controller."""
    _open_folder(folder)
    (folder / "public").mkdir()
    shutil.copy(HUBS / "hub.php", folder / "public/index.php")
    names = unprivileged()
    user = f"user = {names['USER']}\ngroup = {names['GROUP']}" if os.geteuid() == 0 else ""
    configuration = filled_in("php_fpm.conf", folder / "fpm.conf", FOLDER=folder, USER=user)
    manager = Process(
        "php-fpm",
        [_php_fpm(), "--nodaemonize", "--fpm-config", str(configuration)],
        folder / "fpm.out",
        folder,
        bare_environment(folder),
    )
    manager.await_ready((folder / "fpm.sock").exists, 20)
    return _apache("php-fpm behind Apache", folder, "php_apache.conf", manager)


def _php_fpm() -> str:
    """The name of the program. Debian includes the version in it."""
    found = sorted(Path("/usr/sbin").glob("php-fpm*"))
    return str(found[-1]) if found else program("php-fpm")


def cgi_lighttpd(folder: Path) -> ForeignOrigin:
    """A CGI program run by lighttpd."""
    _open_folder(folder)
    shutil.copy(HUBS / "hub.cgi", folder)
    (folder / "nothing").mkdir()
    port = free_port()
    configuration = filled_in("cgi_lighttpd.conf", folder / "lighttpd.conf", FOLDER=folder, PORT=port)
    return ForeignOrigin("lighttpd", folder, [program("lighttpd"), "-D", "-f", str(configuration)], port)
