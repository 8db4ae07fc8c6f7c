"""People at the page."""

import time
from urllib.parse import urlencode

import secrets_used
from browser import Browser
from hub import Hub
from ledger_gate import LedgerGate
from selenium.webdriver.common.keys import Keys


class Visitor:
    """A subject with a browser at a gate's page."""

    def __init__(self, browser: Browser, gate: LedgerGate, hub: Hub, subject: str) -> None:
        self.browser = browser
        self.gate = gate
        self.hub = hub
        self.subject = subject

    def sign_in(self) -> "Visitor":
        """Signs in with the button on the hub's page."""
        query = urlencode({"subject": self.subject, "gate": self.gate.page, "prefix": self.gate.prefix})
        self.browser.driver.get(f"{self.hub.url}?{query}")
        self.browser.press("Access tokens")
        self.browser.await_text("#account", self.subject)
        return self

    def open(self, view: str = "tokens") -> "Visitor":
        self.browser.go(f"{self.gate.page}{self.gate.prefix}#{view}")
        return self

    def fill_form(self, name: str, role: str = "read", expiry: str = "30") -> None:
        self.browser.press("New token")
        self.browser.write("#token-name", name)
        self.browser.choose("role", role)
        self.browser.choose("expiry", expiry)

    def create(self, name: str, role: str = "read", expiry: str = "30") -> str:
        """Creates a token with the form, and returns its text, which the page shows once."""
        self.fill_form(name, role, expiry)
        self.browser.press("Create token")
        self.browser.await_text("#once-title", f"“{name}” is ready")
        return self.token_shown()

    def token_shown(self) -> str:
        return secrets_used.remember(self.browser.text("#once-token"))

    def revoke(self, name: str) -> str:
        """Revokes a token, waits until the gate refuses it, and returns what the page says then."""
        self.browser.press(f"Revoke {name}")
        self.browser.await_text("dialog", f"Revoke “{name}”?")
        self.browser.click("dialog button[type=submit]")
        return self.browser.await_text("#notices", "the gate has refused it here since", 30)

    def rows(self) -> dict[str, str]:
        """The rows of the list, by the token's name."""
        found = self.browser.run(
            "return [...document.querySelectorAll('.token-table tbody tr')]"
            ".map((row) => [row.querySelector('.name').textContent, row.innerText])"
        )
        return {name: " ".join(text.split()) for name, text in found}


def send_escape(browser: Browser) -> None:
    browser.press_keys(Keys.ESCAPE)
    time.sleep(0.1)
