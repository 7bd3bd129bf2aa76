"""Open a document in a real browser and record whatever it tries to do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a page did while it was open; ``script_ran`` is whether anything set ``window.__pwned``."""

    requests: tuple[str, ...]
    messages: tuple[str, ...]
    dialogs: tuple[str, ...]
    script_ran: bool
    answers: dict[str, object]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium, or skip the test where none is installed."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(_NAMES)} is in PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def visit(browser: Browser, path: Path, *, ask: dict[str, str] | None = None) -> Visit:
    """Open ``path``, move over, focus and click what is in it; ``ask`` names expressions to evaluate."""
    context = browser.new_context()
    context.route("http*://**", lambda route: route.abort())  # recorded, but never sent
    page = context.new_page()
    requests, messages, dialogs = _record(page)
    page.goto(path.as_uri(), wait_until="load")
    with suppress(Error):  # a page which was left cannot be touched; its requests show
        _touch_everything(page)
    page.wait_for_timeout(300)  # what a payload does, it does within some milliseconds
    answers = {name: page.evaluate(expression) for name, expression in (ask or {}).items()}
    script_ran = page.evaluate("'__pwned' in window") or len(context.pages) > 1
    context.close()
    return Visit(
        requests=tuple(requests),
        messages=tuple(messages),
        dialogs=tuple(dialogs),
        script_ran=script_ran,
        answers=answers,
    )


def _record(page: Page) -> tuple[list[str], list[str], list[str]]:
    requests: list[str] = []
    messages: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    return requests, messages, dialogs


def _touch_everything(page: Page) -> None:
    page.evaluate(
        """() => {
            for (const element of document.querySelectorAll("body *")) {
                for (const name of ["mouseover", "focus", "toggle", "animationstart"])
                    element.dispatchEvent(new Event(name, {bubbles: true}));
                if (element.tagName === "A" && !element.getAttribute("href")?.startsWith("#")) element.click();
            }
        }"""
    )
