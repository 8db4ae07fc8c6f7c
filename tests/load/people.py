"""People who sign in during a soak and manage their own tokens, until an operator revokes everything of theirs or blocks them.
After each change, this module checks that the ledger enforces it at once."""

import itertools
import time
from collections.abc import Callable
from urllib.parse import urlencode

from lives import GRACE_SECONDS, Life
from management import Answer
from visitor import sign_in_assertion

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class PersonLife(Life):
    """Somebody who signs in, creates a token and refreshes it with a grace, and then loses their session in one of three ways.
    Each is somebody new, because a ledger limits how often it writes for one subject."""

    names = itertools.count()

    def __init__(self, sign_in_key: bytes, page: str, *arguments: object) -> None:
        super().__init__(*arguments)
        self.sign_in_key, self.page = sign_in_key, page
        self.subject, self.cookie, self.csrf = "", "", ""

    def live(self) -> None:
        self.subject = f"person-{next(self.names)}"
        if not self._signs_in():
            return
        made = self._by_session("create by session", "POST", self._own(), '{"name": "laptop", "role": "read"}')
        if made.code == "name_taken":
            return
        first = made.expect(201).body
        self.seen.note_created(first["id"])
        texts = [first["token"]]
        refreshed = self._by_session("grace by session", "POST", self._own(f"/{first['id']}/refresh?grace={GRACE_SECONDS}"))
        at = time.monotonic()
        if refreshed.status == 201:
            self.seen.note_created(refreshed.body["id"])
            texts.append(refreshed.body["token"])
        elif refreshed.code != "already_revoked":
            self.seen.complain(f"a refresh by a session got {refreshed.status} {refreshed.code}")
        for text in texts[1:]:
            self.must_be_accepted(text, "a token that a session refreshed")
        how: Callable[[list[str]], None] = self.dice.choice([self._revoke_all, self._be_blocked, self._sign_out])
        if how == self._sign_out and len(texts) > 1:
            self.follow_grace(at, texts[0])
        how(texts)
        time.sleep(self.dice.uniform(0, 0.5))

    def _own(self, rest: str = "") -> str:
        return f"/-/api/subjects/{self.subject}/tokens{rest}"

    def _enter(self) -> tuple[Answer, str]:
        """A sign-in by a new assertion: if a response is lost, its assertion may be used up."""
        sent: list[str] = []

        def post() -> Answer:
            sent.append(sign_in_assertion(self.sign_in_key, self.page, self.subject))
            return self._post_assertion(sent[-1])

        return self.answered("sign-in", post), sent[-1]

    def _post_assertion(self, assertion: str) -> Answer:
        return self.api.connections.exchange("POST", "/-/sign-in", FORM, urlencode({"assertion": assertion}))

    def _signs_in(self) -> bool:
        entered, assertion = self._enter()
        if entered.status != 303 or len(entered.cookies) != 1:
            self.seen.complain(f"a sign-in got {entered.status} {entered.code}")
            return False
        (self.cookie,) = entered.cookies
        again = self.answered("sign-in again", lambda: self._post_assertion(assertion))
        if again.code != "sign_in_assertion_used":
            self.seen.complain(f"a used assertion got {again.status} {again.code}")
        self.csrf = ""
        self.csrf = self._by_session("session", "GET", "/-/api/session").expect(200).body["csrf"]
        return True

    def _by_session(self, what: str, method: str, path: str, body: str | None = None) -> Answer:
        sent = {"Cookie": self.cookie} | ({"X-Lychgate-CSRF": self.csrf} if self.csrf else {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        return self.answered(what, lambda: self.api.connections.exchange(method, path, sent, body))

    def _session_must_be_refused(self, code: str) -> None:
        """At once: the ledger is asked about each request of a session."""
        for method, path, body in (
            ("GET", "/-/api/session", None),
            ("POST", self._own(), '{"name": "again", "role": "write"}'),
        ):
            answer = self._by_session("session refused", method, path, body)
            if answer.code != code:
                self.seen.complain(f"{method} {path} of a session that is {code} got {answer.status} {answer.code}")

    def _revoke_all(self, texts: list[str]) -> None:
        answer = self.answered("revoke-all", lambda: self.api.call("DELETE", f"/subjects/{self.subject}/tokens"))
        at = time.monotonic()
        answer.expect(200, 202)
        self._session_must_be_refused("session_expired")
        if live := self.answered("list", lambda: self.api.call("GET", f"/subjects/{self.subject}/tokens")).body["tokens"]:
            self.seen.complain(f"revoke-all left {len(live)} tokens")
        for text in texts:
            self.must_be_refused(at, text, "a revoke-all")

    def _be_blocked(self, texts: list[str]) -> None:
        path = f"/subjects/{self.subject}/block"
        self.answered("block", lambda: self.api.call("PUT", path)).expect(200)
        self._session_must_be_refused("subject_blocked")
        entered, _ = self._enter()
        by_admin = self.answered("create refused", lambda: self.api.create(self.subject, "by the hub"))
        for answer in (entered, by_admin):
            if answer.code != "subject_blocked":
                self.seen.complain(f"for a blocked subject the gate answered {answer.status} {answer.code}")
        self.must_be_accepted(texts[-1], "a token of a blocked subject")
        self.answered("unblock", lambda: self.api.call("DELETE", path)).expect(200)
        # What the block revoked stays revoked.
        self._session_must_be_refused("session_expired")
        self._revoke_all(texts)

    def _sign_out(self, texts: list[str]) -> None:
        self._by_session("sign-out", "POST", "/-/sign-out").expect(204)
        self._revoke_all(texts)
