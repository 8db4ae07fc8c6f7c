"""The example origin: a real hub behind the gate."""

import re
from pathlib import Path

import tool
from process import Process
from surroundings import ORIGIN_BIN, bare_environment


class Origin(Process):
    """`examples/origin` with its sample repositories, on a free port. It accepts only assertions of the ring's keys."""

    def __init__(
        self,
        folder: Path,
        keys: str,
        arguments: tuple[str, ...] = (),
        listen: str = "127.0.0.1:0",
        assertion_keys: str | None = None,
    ) -> None:
        folder.mkdir(parents=True)
        key_set = folder / "assertion-keys.json"
        derived = assertion_keys or tool.run_lychgate("--json", "keys", "derive", "assertion", keys=keys)
        key_set.write_text(derived)
        self.data = folder / "data"
        super().__init__(
            "the origin",
            [str(ORIGIN_BIN), "--listen", listen, "--data", str(self.data), "--sample"]
            + ["--assertion-keys", str(key_set), *arguments],
            folder / "origin.log",
            folder,
            bare_environment(folder),
        )
        self.await_ready(lambda: self._address() is not None, 30)
        self.url: str = self._address() or ""

    def _address(self) -> str | None:
        found = re.search(r"origin listening on (http://\S+)", self.log())
        return found and found[1]
