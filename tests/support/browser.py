"""Headless Chromium, driven over the DevTools protocol on a pipe: nothing but the stdlib."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",  # tests run as root in containers, where Chromium has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]
PATIENCE = 30  # seconds to wait for an answer


def find() -> str | None:
    """Return the path of a Chromium or Chrome, None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A browser process. Commands go in on its descriptor 3, answers come out on 4."""

    def __init__(self, program: str, profile: Path) -> None:
        inward, self._send = os.pipe()
        self._receive, outward = os.pipe()

        def connect() -> None:
            # Two steps, so that neither pipe is overwritten where it already is 3 or 4.
            high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (inward, outward)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)
            for fd in high:
                os.close(fd)

        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=connect,
            close_fds=False,  # the rest is not inherited anyway
        )
        os.close(inward)
        os.close(outward)
        self._buffer = b""
        self._number = 0
        self.pages: dict[str, Page] = {}

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Send a command and return its result, noting the events that come before it."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read(PATIENCE)
            assert answer is not None, f"no answer to {method}"
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def read(self, seconds: float) -> dict[str, Any] | None:
        """Return the next message, None if there is none in time; give events to their page."""
        end = time.monotonic() + seconds
        while b"\0" not in self._buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._receive], [], [], left)[0]:
                return None
            got = os.read(self._receive, 1 << 20)
            assert got, "the browser has gone"
            self._buffer += got
        line, self._buffer = self._buffer.split(b"\0", 1)
        message = json.loads(line)
        page = self.pages.get(message.get("sessionId", ""))
        if page and "method" in message:
            page.events.append((message["method"], message["params"]))
        return message

    def open(self, path: Path | str, size: tuple[int, int] = (1280, 800), **media: str) -> Page:
        """Return a new tab with this file loaded; `media` are features, `color_scheme="dark"`."""
        return Page(self, path, size, media)

    def close(self) -> None:
        """End the browser."""
        with contextlib.suppress(AssertionError, OSError):
            self.call("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._send)
        os.close(self._receive)


class Page:
    """A tab: what a person does there, and what it complained about."""

    def __init__(
        self, browser: Browser, path: Path | str, size: tuple[int, int], media: dict[str, str]
    ) -> None:
        self.browser = browser
        self.events: list[tuple[str, dict[str, Any]]] = []
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=target, flatten=True)
        self._target, self._session = target, attached["sessionId"]
        browser.pages[self._session] = self
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(*size)
        features = [
            {"name": f"prefers-{k.replace('_', '-')}", "value": v} for k, v in media.items()
        ]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.events.clear()
        url = path.absolute().as_uri() if isinstance(path, Path) else path
        self.call("Page.navigate", url=url)
        while not any(method == "Page.loadEventFired" for method, _ in self.events):
            assert browser.read(PATIENCE), f"{url} does not load"

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command to this tab."""
        return self.browser.call(method, self._session, **params)

    def close(self) -> None:
        """Close the tab."""
        self.browser.call("Target.closeTarget", targetId=self._target)

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window's inside."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; promises are waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def _mouse(self, type: str, x: float, y: float, **params: Any) -> None:
        self.call("Input.dispatchMouseEvent", type=type, x=x, y=y, **params)

    def click(self, x: float, y: float) -> None:
        """Press and release the left button."""
        for type in ("mousePressed", "mouseReleased"):
            self._mouse(type, x, y, button="left", clickCount=1)

    def click_on(self, selector: str) -> None:
        """Click in the middle of an element."""
        self.click(*self.middle(selector))

    def middle(self, selector: str) -> tuple[float, float]:
        """Return the middle of an element on the screen."""
        x, y, width, height = self.place(selector)
        return x + width / 2, y + height / 2

    def place(self, selector: str) -> tuple[float, float, float, float]:
        """Return x, y, width and height of an element on the screen."""
        found = self.evaluate(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)})"
            "?.getBoundingClientRect(); return r && [r.x, r.y, r.width, r.height]; })()"
        )
        assert found, f"there is no {selector}"
        return tuple(found)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag with the left button."""
        self._mouse("mousePressed", *start, button="left", clickCount=1)
        for part in (0.1, 0.5, 1):
            x, y = (a + (b - a) * part for a, b in zip(start, end, strict=True))
            self._mouse("mouseMoved", x, y, button="left", buttons=1)
        self._mouse("mouseReleased", *end, button="left", clickCount=1)

    def wheel(self, x: float, y: float, dx: float, dy: float, modifiers: int = 0) -> None:
        """Turn the wheel, or scroll on a touchpad."""
        self._mouse("mouseWheel", x, y, deltaX=dx, deltaY=dy, modifiers=modifiers)

    def touch(self, type: str, *points: tuple[float, float]) -> None:
        """Touch with a finger at each point; `type` is start, move or end."""
        places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.call("Input.dispatchTouchEvent", type=f"touch{type.title()}", touchPoints=places)

    def key(self, *keys: str, modifiers: int = 0) -> None:
        """Press and release keys by name: `Enter`, `ArrowDown`, `/`; 8 is Shift."""
        codes = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowUp": 38, "ArrowDown": 40, " ": 32}
        for key in keys:
            common = {
                "key": key,
                "modifiers": modifiers,
                "windowsVirtualKeyCode": codes.get(key, 0),
            }
            text = key if len(key) == 1 else "\r" if key == "Enter" else ""
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
            self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        """Insert text where the focus is."""
        self.call("Input.insertText", text=text)

    def screenshot(self, path: Path | str) -> None:
        """Write what is seen as a PNG file."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        Path(path).write_bytes(base64.b64decode(data))

    def pdf(self) -> bytes:
        """Return the page as printed."""
        data = self.call("Page.printToPDF", printBackground=True)["data"]
        return base64.b64decode(data)

    @property
    def complaints(self) -> list[Any]:
        """Errors, warnings and whatever the page wrote to its console, and dialogs."""
        methods = {
            "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded",
            "Page.javascriptDialogOpening",
        }  # fmt: skip
        return [(method, params) for method, params in self.events if method in methods]

    @property
    def requests(self) -> list[str]:
        """The addresses that the page asked for."""
        return [
            params["request"]["url"]
            for method, params in self.events
            if method == "Network.requestWillBeSent"
        ]
