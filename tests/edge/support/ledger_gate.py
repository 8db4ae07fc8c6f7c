"""A gate with a ledger, and the programs that manage its tokens."""

import json
import secrets
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import secrets_used
from clients import Outcome, Response, curl
from gate import WranglerDev, write_worker
from surroundings import LYCHGATE_BIN, bare_environment
from tool import Token
from waiting import wait_for

JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"


class LedgerGate(WranglerDev):
    """A running gate with a ledger, which creates and revokes its tokens."""

    def __init__(
        self, folder: Path, keys: str, variables: dict[str, Any], with_page: bool = False, **settings: Any
    ) -> None:
        folder.mkdir(parents=True)
        self.keys = keys
        self.admin_key = secrets_used.remember(secrets.token_hex(32))
        configuration = write_worker(folder, keys, variables, with_ledger=True, with_page=with_page, **settings)
        with (folder / ".dev.vars").open("a") as dev_vars:
            dev_vars.write(f"LYCHGATE_ADMIN_KEY='{self.admin_key}'\n")
        self.page_host = variables.get("PAGE_HOST")
        self.prefix = variables.get("GATE_PREFIX", "/-/").rstrip("/") + "/"
        super().__init__(folder, (configuration,))

    def call(
        self,
        method: str,
        path: str,
        body: object | None = None,
        key: object | None = None,
        headers: Sequence[str] = (),
        stdin: bytes | None = None,
        anonymous: bool = False,
    ) -> Response:
        """A call of the API. `path` is the part after `api/`. The caller is the admin unless stated otherwise.

        `body` is sent as JSON, `stdin` unchanged.
        """
        if body is not None:
            stdin, headers = json.dumps(body).encode(), [JSON, *headers]
        arguments = ["--request", method, *(("--data-binary", "@-") if stdin is not None else ())]
        token = None if anonymous else key or self.admin_key
        return curl(f"{self.url}{self.prefix}api/{path}", *arguments, token=token, headers=headers, stdin=stdin)

    def get(self, path: str, **more: Any) -> Any:
        """The result of a call that must succeed."""
        answer = self.call("GET", path, **more)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def create(self, subject: str, name: str, role: str = "read", **more: Any) -> Token:
        created = self.call("POST", f"subjects/{subject}/tokens", {"name": name, "role": role} | more)
        assert created.status == 201, created
        return issued(created)

    def revoke(self, token: Token, query: str = "") -> Response:
        return self.call("DELETE", f"subjects/{token.subject}/tokens/{token.id}{query}")

    def refresh(self, token: Token, query: str = "", **more: Any) -> Response:
        return self.call("POST", f"subjects/{token.subject}/tokens/{token.id}/refresh{query}", **more)

    def form(self, path: str, token: object, **more: Any) -> Response:
        """A call that sends the token as RFC 7009 and RFC 7662 require."""
        return self.call("POST", path, headers=[FORM], stdin=f"token={token}".encode(), **more)

    def tokens(self, subject: str, state: str = "all") -> list[dict[str, Any]]:
        return self.get(f"subjects/{subject}/tokens?state={state}&limit=100")["tokens"]

    def record(self, token: Token) -> dict[str, Any]:
        """The ledger's record of a token."""
        (found,) = (record for record in self.tokens(token.subject) if record["id"] == token.id)
        return found

    def audit(self, subject: str) -> list[dict[str, Any]]:
        """The changes to a subject's tokens, oldest first."""
        return self.get(f"audit?subject={subject}&limit=100")["entries"][::-1]

    def use(self, token: object) -> Response:
        """A request through the gate that needs a token."""
        return curl(f"{self.url}/api/whoami-v2", token=token)

    def await_code(self, token: object, code: str | None) -> None:
        wait_for(lambda: self.use(token).code == code, 15, f"the gate to answer {code}")

    def lychgate(self, *arguments: str) -> Outcome:
        """Runs the command line as an operator of the gate does."""
        environment = {"LYCHGATE_URL": self.url, "LYCHGATE_ADMIN_KEY": self.admin_key}
        result = subprocess.run(
            [str(LYCHGATE_BIN), *arguments],
            env=bare_environment(self.folder) | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Outcome(result.returncode, result.stdout, result.stderr)

    def rows(self) -> dict[str, int]:
        """The number of rows in the tables of all ledgers together, without those that the gate writes on its own schedule."""
        counts: dict[str, int] = {}
        for file in self.store.glob("v3/do/*-Ledger/*.sqlite"):
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as ledger:
                names = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                for name in names:
                    calls = "WHERE actor <> 'gate'" if name == "audit" else ""
                    (count,) = ledger.execute(f'SELECT count(*) FROM "{name}" {calls}').fetchone()
                    counts[name] = counts.get(name, 0) + count
        assert counts.get("tokens") is not None, f"no ledger below {self.store}"
        return counts


def issued(answer: Response) -> Token:
    """The token that a call returned."""
    made = json.loads(answer.body)
    return Token(secrets_used.remember(made["token"]), made["id"], made["subject"], made["expires_at"])
