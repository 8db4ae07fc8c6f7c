"""Hubs in Rust, Go and Java."""

import re
import shutil
from pathlib import Path

from foreign import HUBS, ForeignOrigin, output
from surroundings import GO_HUB, AXUM_HUB, free_port, program

TOMCAT = Path("/usr/share/tomcat10")
TOMCAT_CONFIGURATION = Path("/etc/tomcat10")


def axum(folder: Path) -> ForeignOrigin:
    return ForeignOrigin("axum", folder, [str(AXUM_HUB)])


def go(folder: Path) -> ForeignOrigin:
    return ForeignOrigin("Go net/http", folder, [str(GO_HUB)])


def tomcat(folder: Path) -> ForeignOrigin:
    """Debian's Tomcat with its own configuration, except for the port."""
    port = free_port()
    classes = folder / "webapps/ROOT/WEB-INF/classes"
    classes.mkdir(parents=True)
    output(program("javac"), "-cp", str(TOMCAT / "lib/*"), "-d", str(classes), str(HUBS / "Hub.java"))
    for name in ("logs", "temp", "work", "conf"):
        (folder / name).mkdir()
    for name in ("web.xml", "context.xml", "tomcat-users.xml", "catalina.properties"):
        shutil.copy(TOMCAT_CONFIGURATION / name, folder / "conf")
    text = (TOMCAT_CONFIGURATION / "server.xml").read_text()
    text, changed = re.subn(r'<Connector port="8080"', f'<Connector address="127.0.0.1" port="{port}"', text, count=1)
    assert changed, "Debian's server.xml has no connector at port 8080"
    (folder / "conf/server.xml").write_text(text)
    argv = [str(TOMCAT / "bin/catalina.sh"), "run"]
    environment = {"CATALINA_BASE": str(folder), "CATALINA_HOME": str(TOMCAT), "CATALINA_OPTS": "-Xmx128m"}
    return ForeignOrigin("Tomcat", folder, argv, port, environment)
