"""Headless Chromium as a person uses it, by the system's own chromedriver."""

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from surroundings import REPOSITORY, program
from waiting import wait_for

THEMES = ("light", "dark")
WIDTHS = (360, 768, 1440)
HEIGHT = 900
SECONDS = 15
AXE = REPOSITORY / "node_modules/axe-core/axe.min.js"
SCREENSHOTS = REPOSITORY / "build/screenshots"


def chromium() -> str | None:
    """The path of the browser; None leaves the search to chromedriver."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """One browser with a profile of its own."""

    def __init__(self) -> None:
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
            options.add_argument(argument)
        options.binary_location = chromium() or ""
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        # Questions about leaving an uncopied token are answered with yes, unless a test looks at the question.
        options.unhandled_prompt_behavior = "accept"
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.driver = webdriver.Chrome(options, Service(program("chromedriver"), env=environment))
        self.resize(1440)

    def stop(self) -> None:
        self.driver.quit()

    # Emulation

    def command(self, name: str, **arguments: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, arguments)

    def resize(self, width: int, height: int = HEIGHT) -> None:
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, theme: str = "light", motion: str = "no-preference") -> None:
        features = {"prefers-color-scheme": theme, "prefers-reduced-motion": motion}
        self.command(
            "Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in features.items()]
        )

    @contextmanager
    def without_network(self) -> Iterator[None]:
        self.command("Network.enable")
        still = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.command("Network.emulateNetworkConditions", offline=True, **still)
        try:
            yield
        finally:
            self.command("Network.emulateNetworkConditions", offline=False, **still)

    # Actions

    def go(self, url: str) -> None:
        """Loads a page afresh, even if only the fragment changes."""
        self.driver.get("about:blank")
        self.driver.get(url)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        """The first visible element; waits until there is one."""
        return wait_for(lambda: self.seen(selector), SECONDS, f"{selector} to be seen; the page shows:\n{self.text('body')}")

    def seen(self, selector: str) -> WebElement | None:
        try:
            shown = [found for found in self.driver.find_elements(By.CSS_SELECTOR, selector) if found.is_displayed()]
        except (NoSuchElementException, StaleElementReferenceException):
            return None
        return shown[0] if shown else None

    def button(self, name: str) -> WebElement:
        """An enabled button or link by its accessible name; waits until there is one."""
        return wait_for(lambda: self._button(name), SECONDS, f"a button {name!r}; the page shows:\n{self.text('body')}")

    def _button(self, name: str) -> WebElement | None:
        try:
            for found in self.driver.find_elements(By.CSS_SELECTOR, "button, a, [role=tab]"):
                if found.is_displayed() and found.is_enabled() and found.accessible_name == name:
                    return found
        except StaleElementReferenceException:
            pass
        return None

    def press(self, name: str) -> None:
        self.click(self.button(name))

    def click(self, target: WebElement | str) -> None:
        element = self.find(target) if isinstance(target, str) else target
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def choose(self, name: str, value: str) -> None:
        """Chooses a radio button, which may be hidden below its label."""
        choose = (
            "const it = document.querySelector(`input[name='${arguments[0]}'][value='${arguments[1]}']`);"
            "it?.scrollIntoView({block: 'center'}); it?.click(); return it !== null"
        )
        wait_for(lambda: self.run(choose, name, value), SECONDS, f"the choice {name}={value}")

    def write(self, selector: str, text: str) -> None:
        field = self.find(selector)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(Keys.DELETE, text)

    def select(self, selector: str, value: str) -> None:
        self.run(
            "const it = document.querySelector(arguments[0]); it.value = arguments[1];"
            "for (const name of ['input', 'change']) it.dispatchEvent(new Event(name, {bubbles: true}))",
            selector,
            value,
        )

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def await_text(self, selector: str, wanted: str, seconds: float = SECONDS) -> str:
        try:
            wait_for(lambda: wanted in self.text(selector), seconds, "")
        except TimeoutError:
            raise AssertionError(f"{wanted!r} did not come in {selector}, which says:\n{self.text(selector)}") from None
        return self.text(selector)

    def press_keys(self, *keys: str) -> None:
        self.driver.switch_to.active_element.send_keys(*keys)

    def focused(self) -> str:
        return self.driver.switch_to.active_element.accessible_name

    def focused_id(self) -> str | None:
        return self.driver.switch_to.active_element.get_attribute("id")

    # Checks

    def complaints(self) -> list[str]:
        """Broken policies and script errors that the browser reported since the last call."""
        return [
            line["message"]
            for line in self.driver.get_log("browser")
            if line["level"] == "SEVERE" and "Failed to load resource" not in line["message"]
        ]

    def accessibility_faults(self) -> list[str]:
        """What axe-core finds."""
        self.run(AXE.read_text())
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']})"
            ".then((result) => done(result.violations), (error) => done([{id: String(error), nodes: []}]))"
        )
        return [
            f"{fault['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
            for fault in found
            for node in fault["nodes"] or [{"html": ""}]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.run("return document.documentElement.scrollWidth - innerWidth")

    def screenshot(self, name: str, whole: bool = True) -> Path:
        height = self.run("return document.documentElement.scrollHeight") if whole else HEIGHT
        clip = {"x": 0, "y": 0, "width": self.run("return innerWidth"), "height": height, "scale": 1}
        image = self.command("Page.captureScreenshot", captureBeyondViewport=whole, **({"clip": clip} if whole else {}))
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        file = SCREENSHOTS / f"{name}.png"
        file.write_bytes(base64.b64decode(image["data"]))
        return file


NewBrowser = Callable[[], Browser]
