"""The changes during the traffic of a soak: tokens are created, refreshed and revoked, and people's roles change. After each
change, this module checks that the gate enforces it and keeps enforcing it. people.py has those of people who sign in."""

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable

from management import Answer, Connections, Management
from outages import Outages
from pause import Pause

# How long after the response the gate may still enforce the old state. In the tests, a list is written at most once a second
# and read again after two. A restart adds to this.
IN_FORCE_SECONDS = 10.0
RESTART_SECONDS = 30.0

# How long a refreshed token remains accepted, if it does at all; a ledger counts in whole seconds.
GRACE_SECONDS = 4
WHOLE_SECOND = 1.0

# The most tokens of a subject, revoked ones included. The limit keeps a page of them small.
TOKENS_OF_A_SUBJECT = 40

# The number of revoked tokens that are remembered, to be tried again.
REMEMBERED = 2_000

WHOAMI = "/api/whoami-v2"
COMMIT = "/api/models/acme/widget/commit/main"

# Two roles in acme, each with the response to a commit there.
ROLES = {"write": (200, None), "read": (403, "membership_insufficient")}


class Observations:
    """The observations: counts, times until a change took effect, and everything that was wrong."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.in_force: list[float] = []
        self.wrong: list[str] = []
        self._ids: set[str] = set()
        self._lock = threading.Lock()

    def count(self, what: str, times: int = 1) -> None:
        with self._lock:
            self.counts[what] += times

    def note_in_force(self, seconds: float) -> None:
        with self._lock:
            self.in_force.append(seconds)

    def note_created(self, id: str) -> None:
        """No two tokens have one id, whatever became of the ledger between them."""
        with self._lock:
            if id in self._ids:
                self.wrong.append(f"{id} was given out twice")
            self._ids.add(id)

    def complain(self, what: str) -> None:
        with self._lock:
            self.wrong.append(what)


class Life:
    """One thread that makes changes and checks their effect, until it is told to stop."""

    def __init__(
        self, api: Management, outages: Outages, seen: Observations, pause: Pause, is_over: threading.Event, number: int
    ) -> None:
        self.api, self.outages, self.seen, self.pause, self.is_over, self.number = api, outages, seen, pause, is_over, number
        # Tokens that stay revoked.
        self.revoked: list[str] = []
        self.dice = random.Random(f"{type(self).__name__} {number}")
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.is_over.is_set():
            try:
                with self.pause.turn():
                    self.live()
            except Exception as error:  # noqa: BLE001 - if a thread died silently, the soak would pass
                self.seen.complain(f"{type(self).__name__} {self.number}: {error!r}")
                time.sleep(1)

    def live(self) -> None:
        raise NotImplementedError

    def answered(self, what: str, request: Callable[[], Answer]) -> Answer:
        """The first response to a request, which is repeated while the gate is down."""
        while True:
            began = time.monotonic()
            try:
                answer = request()
            except (OSError, http.client.HTTPException) as error:
                trouble = repr(error)
            else:
                if answer.status < 500:
                    self.seen.count(what)
                    return answer
                trouble = f"{answer.status} {answer.code}"
            if not self.outages.touch(began):
                self.seen.complain(f"{what} got {trouble} while the gate was up")
            self.seen.count("repeated")
            time.sleep(0.2)

    def use(self, text: str) -> Answer:
        return self.answered("use", lambda: self.api.use(text))

    def await_in_force(self, since: float, what: str, is_so: Callable[[], bool]) -> bool:
        """Waits until the gate enforces a change whose response arrived at `since`."""
        while not is_so():
            limit = RESTART_SECONDS if self.outages.touch(since) else IN_FORCE_SECONDS
            if time.monotonic() - since > limit:
                self.seen.complain(f"{what} is not in effect {limit:.0f} s after the response")
                return False
            time.sleep(0.1)
        self.seen.note_in_force(time.monotonic() - since)
        return True

    def must_be_accepted(self, text: str, what: str) -> None:
        answer = self.use(text)
        if answer.status != 200:
            self.seen.complain(f"{what} got {answer.status} {answer.code}")

    def must_be_refused(self, since: float, text: str, what: str) -> None:
        def is_refused() -> bool:
            answer = self.use(text)
            if (answer.status, answer.code) not in ((200, None), (401, "token_revoked")):
                self.seen.complain(f"{what}: {answer.status} {answer.code}")
            return answer.status == 401

        if self.await_in_force(since, what, is_refused):
            self.revoked.append(text)
            if len(self.revoked) > REMEMBERED:
                del self.revoked[self.dice.randrange(REMEMBERED)]

    def follow_grace(self, at: float, text: str) -> None:
        """A token that was refreshed with a grace at that time is accepted for as long, and no longer."""
        end = at + GRACE_SECONDS
        answer = self.use(text)
        if answer.status != 200 and time.monotonic() < end - WHOLE_SECOND:
            self.seen.complain(f"a token in its grace got {answer.status} {answer.code}")
        self.is_over.wait(max(0, end - time.monotonic()))
        self.must_be_refused(max(end, time.monotonic()), text, "the end of a grace")


class TokenLife(Life):
    """A token that is created, used, refreshed and revoked. Once revoked, it must stay so."""

    names = itertools.count()

    def live(self) -> None:
        name = f"token {next(self.names)}"
        subject = f"life-{self.number}-{self.seen.counts['create'] // TOKENS_OF_A_SUBJECT}"
        made = self.answered("create", lambda: self.api.create(subject, name))
        # The response to the first try may have been lost.
        if made.code == "name_taken":
            return
        first = made.expect(201).body
        self.seen.note_created(first["id"])
        self.must_be_accepted(first["token"], "a new token")
        last = first
        if self.dice.random() < 0.5:
            has_grace = self.dice.random() < 0.5
            grace = GRACE_SECONDS if has_grace else 0
            refreshed = self.answered(
                "grace" if has_grace else "refresh", lambda: self.api.refresh(subject, first["id"], grace)
            )
            at = time.monotonic()
            if refreshed.code == "already_revoked":
                return
            last = refreshed.expect(201).body
            self.seen.note_created(last["id"])
            self.must_be_accepted(last["token"], "a refreshed token")
            if has_grace:
                self.follow_grace(at, first["token"])
            else:
                self.must_be_refused(at, first["token"], "the revocation of a refreshed token")
        revocation = self.answered("revoke", lambda: self.api.revoke(subject, last["id"], wait=self.dice.choice([0, 10])))
        revocation.expect(200, 202, 404, 409)
        self.must_be_refused(time.monotonic(), last["token"], "a token's revocation")
        for text in self.dice.sample(self.revoked, min(3, len(self.revoked))):
            if self.use(text).code != "token_revoked":
                self.seen.complain("a revoked token is accepted again")
        time.sleep(self.dice.uniform(0, 0.2))


class MemberLife(Life):
    """A user whose role in acme changes to and fro."""

    def __init__(self, token: str, *arguments: object) -> None:
        super().__init__(*arguments)
        self.token, self.subject = token, f"member-{self.number}"
        self.connections = Connections(self.api.connections.host)

    def _commit(self) -> tuple[int, str | None]:
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        answer = self.answered("commit", lambda: self.connections.exchange("POST", COMMIT, sent, json.dumps({})))
        return answer.status, answer.code

    def live(self) -> None:
        for role, becomes in ROLES.items():
            self.answered(
                "membership", lambda role=role: self.api.set_membership(self.subject, {"acme": role})
            ).expect(200, 202)
            at = time.monotonic()
            if not self.await_in_force(at, f"the role {role}", lambda: self._commit() == becomes):
                continue
            until = time.monotonic() + self.dice.uniform(1, 3)
            while time.monotonic() < until and not self.is_over.is_set():
                if (found := self._commit()) != becomes:
                    self.seen.complain(f"with the role {role} in effect, a commit got {found}")
                time.sleep(0.1)
