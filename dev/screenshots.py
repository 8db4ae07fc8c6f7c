"""Takes the screenshots of the page for the README: docs/images/page-light.png and page-dark.png.

Start `make dev` first, then run this in the environment that it prints, with the example origin's sign-in page as the argument:

    python3 dev/screenshots.py http://127.0.0.1:PORT/sign-in

It needs Chromium, chromedriver and selenium (tests/page/requirements.txt).
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
SUBJECT = "carol"
TOKENS = [
    ("laptop", "write", "90d", []),
    ("ci", "read", "30d", ["--repo", "acme/widget", "--area", "git"]),
    ("notebook", "read", "6d", ["--area", "inference", "--network", "203.0.113.0/24"]),
]
WIDTH, HEIGHT = 1100, 600
SECONDS = 20


def main(sign_in: str) -> None:
    lychgate("tokens", "revoke-all", "--subject", SUBJECT, "--yes")
    for name, role, lifetime, limits in TOKENS:
        token = ["--subject", SUBJECT, "--name", name, "--role", role, "--expires-in", lifetime, *limits]
        lychgate("tokens", "create", *token)
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        driver = browser(profile)
        try:
            driver.get(sign_in)
            driver.find_element(By.XPATH, f"//button[text()='{SUBJECT}']").click()
            wait(driver, lambda: driver.find_elements(By.CSS_SELECTOR, ".token-table tbody tr"))
            for theme in ("light", "dark"):
                driver.execute_cdp_cmd(
                    "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
                )
                driver.save_screenshot(str(IMAGES / f"page-{theme}.png"))
        finally:
            driver.quit()


def lychgate(*arguments: str) -> None:
    subprocess.run(["lychgate", *arguments], check=True, stdout=subprocess.DEVNULL)


def browser(profile: str) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"):
        options.add_argument(argument)
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver"), env=environment))
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 2, "mobile": False}
    )
    return driver


def wait(driver: webdriver.Chrome, condition) -> None:
    WebDriverWait(driver, SECONDS).until(lambda _: condition())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
