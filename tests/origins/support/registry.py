"""All origins, by their names in docs/disagreement.md, and the programs that each needs on this machine."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import compiled
import proxies
import scripted
import web_servers
from foreign import ForeignOrigin


@dataclass(frozen=True)
class Origin:
    """How to start an origin, and the programs that it needs. Debian has them; other systems may not."""

    start: Callable[[Path], ForeignOrigin]
    programs: tuple[str, ...] = ()
    debian_only: bool = False
    # Whether it runs a hub of ours, which names the class of the handler that ran; git does not.
    is_hub: bool = True

    def missing(self) -> str | None:
        """Why it cannot be started here. On Linux there is no such reason: it fails instead."""
        if sys.platform == "linux":
            return None
        if self.debian_only:
            return "started from Debian's own configuration, which this system does not have"
        lacking = [name for name in self.programs if shutil.which(name) is None]
        return f"not installed here: {', '.join(lacking)}" if lacking else None


# They are probed in this order. The one that starts a process for every request takes longest and comes first.
ORIGINS = {
    "CGI behind lighttpd": Origin(web_servers.cgi_lighttpd, ("lighttpd",)),
    "Express": Origin(scripted.express),
    "Koa": Origin(scripted.koa),
    "Fastify": Origin(scripted.fastify),
    "Flask": Origin(scripted.flask),
    "Flask under gunicorn": Origin(scripted.flask_gunicorn),
    "Django under gunicorn": Origin(scripted.django_gunicorn),
    "FastAPI with a root path": Origin(scripted.fastapi),
    "Pyramid by traversal": Origin(scripted.pyramid),
    "aiohttp": Origin(scripted.aiohttp),
    "Sinatra under Puma": Origin(scripted.sinatra, ("ruby",), debian_only=True),
    "PHP by PATH_INFO": Origin(scripted.php_path_info, ("php",)),
    "PHP by REQUEST_URI": Origin(scripted.php_request_uri, ("php",)),
    "PHP by _url": Origin(scripted.php_front_controller, ("php",)),
    "php-fpm behind Apache": Origin(web_servers.php_apache, debian_only=True),
    "git behind nginx": Origin(web_servers.git_nginx, ("nginx", "fcgiwrap"), is_hub=False),
    "git behind Apache": Origin(web_servers.git_apache, debian_only=True, is_hub=False),
    "axum": Origin(compiled.axum),
    "Go net/http": Origin(compiled.go, ("go",)),
    "Tomcat": Origin(compiled.tomcat, debian_only=True),
    "PHP behind HAProxy": Origin(proxies.haproxy_php, ("haproxy", "php")),
    "Go behind Varnish": Origin(proxies.varnish_go, ("varnishd", "go")),
    "Flask behind Caddy": Origin(proxies.caddy_flask, ("caddy",)),
}
