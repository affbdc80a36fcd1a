#!/usr/bin/env python3
"""Opens reports in headless Chromium: no message on the console, nothing asked of the network, tables sort and filter,
rows open by keyboard, no serious finding of axe, nothing wider than a phone, and pictures at 1280 and 390 pixels.

    pages.py PAGE.html... --axe axe.min.js [--pictures FOLDER] [--chromium PATH]

Needs the Python package `websocket-client`, a Chromium, and the file `axe.min.js` of the npm package `axe-core`.
"""

import argparse
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import websocket

WIDTHS = (1280, 390)


class Browser:
    """A Chromium of our own, spoken to by its debugging protocol."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory()
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run",
                   "--hide-scrollbars", "--remote-allow-origins=*", "--force-color-profile=srgb",
                   f"--user-data-dir={self.folder.name}", "about:blank"]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = self.port()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            page = next(target for target in json.load(answer) if target["type"] == "page")
        self.socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=60, max_size=None)
        self.number, self.events = 0, []

    def port(self):
        file = pathlib.Path(self.folder.name) / "DevToolsActivePort"
        for _ in range(300):
            if file.exists() and (lines := file.read_text().split()):
                return lines[0]
            time.sleep(0.1)
        raise SystemExit("Chromium did not start")

    def call(self, method, **parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def wait(self, event):
        while not any(message.get("method") == event for message in self.events):
            self.events.append(json.loads(self.socket.recv()))

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def open(self, page, width, dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        self.wait("Page.loadEventFired")

    def picture(self, path, height=None):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], height or 16000), "scale": 1}
        answer = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def key(self, name, code):
        for kind in ("rawKeyDown", "char", "keyUp"):
            text = {"text": "\r"} if kind == "char" and name == "Enter" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **text)

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=20)
        try:
            self.folder.cleanup()
        except OSError:
            pass


def told(browser):
    """What the page said on the console, threw, or asked of the network besides itself."""
    found = []
    for event in browser.events:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            found.append(f"exception: {parameters['exceptionDetails'].get('exception', {}).get('description')}")
        elif method == "Runtime.consoleAPICalled":
            found.append(f"console: {parameters['type']} {parameters['args'][:1]}")
        elif method == "Log.entryAdded":
            found.append(f"log: {parameters['entry']['text']}")
        elif method == "Network.requestWillBeSent" and not parameters["request"]["url"].startswith(("file:", "data:")):
            found.append(f"network: {parameters['request']['url']}")
    return found


# Sorts every table by each of its columns, both ways, and says which are not in order.
SORTS = r"""(() => {
  const wrong = [];
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
  let sorted = 0;
  for (const table of document.querySelectorAll("table[data-live]")) {
    const before = table.querySelectorAll("tr.row").length;
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      for (const sign of [1, -1]) {
        head.querySelector("button").click();
        sorted += 1;
        const said = head.getAttribute("aria-sort");
        if (said !== (sign === 1 ? "ascending" : "descending")) wrong.push(`${table.id} ${at}: aria-sort ${said}`);
        for (const body of table.tBodies) {
          const keys = [...body.querySelectorAll("tr.row")].map((row) => {
            const cell = row.cells[at];
            return cell.dataset.k ?? (cell.dataset.s ?? cell.textContent).trim();
          });
          for (let next = 1; next < keys.length; next += 1) {
            const [left, right] = [keys[next - 1], keys[next]];
            const missing = left === "" && right !== "";
            const order = left === "" || right === "" ? 0
              : head.dataset.type === "number" ? (left - right) * sign : collator.compare(left, right) * sign;
            if (missing || order > 0) wrong.push(`${table.id} column ${at}: ${left} before ${right}`);
          }
          for (const row of body.querySelectorAll("tr.more"))
            if (!row.previousElementSibling?.classList.contains("row")) wrong.push(`${table.id}: details without a row`);
        }
      }
    });
    if (table.querySelectorAll("tr.row").length !== before) wrong.push(`${table.id}: rows were lost`);
  }
  return { wrong, sorted };
})()"""

# Filters every table by a word of its last row.
FILTERS = r"""(() => {
  const wrong = [];
  let filtered = 0;
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  for (const tools of document.querySelectorAll(".tools")) {
    const table = document.getElementById(tools.dataset.for);
    const rows = [...table.querySelectorAll("tr.row")];
    const input = tools.querySelector("input");
    const word = rows.at(-1).cells[1].textContent.trim().split(/\s+/)[0];
    const set = (text) => { input.value = text; input.dispatchEvent(new Event("input", { bubbles: true })); };
    set(word.toUpperCase());
    const shown = rows.filter((row) => !row.hidden);
    const own = (row) => row.textContent + (row.nextElementSibling?.classList.contains("more") ? row.nextElementSibling.textContent : "");
    if (!shown.length || !shown.every((row) => plain(own(row)).includes(plain(word)))) wrong.push(`${table.id}: ${word}`);
    set("no row holds this");
    if (rows.some((row) => !row.hidden)) wrong.push(`${table.id}: rows stay that do not fit`);
    set("");
    if (rows.some((row) => row.hidden)) wrong.push(`${table.id}: rows do not come back`);
    filtered += 1;
  }
  return { wrong, filtered };
})()"""

AXE = """axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }).then((found) =>
  found.violations.map((one) => [one.impact, one.id, one.help, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]))"""

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def opens_by_keyboard(browser):
    if not browser.run("!!document.querySelector('.open-row')"):
        return []
    browser.run("document.querySelector('.open-row').focus()")
    browser.key("Enter", 13)
    state = """(() => { const button = document.querySelector('.open-row');
      return [button.getAttribute('aria-expanded'), document.getElementById(button.getAttribute('aria-controls')).hidden]; })()"""
    opened = browser.run(state)
    return [] if opened == ["true", False] else [f"a row does not open by keyboard: {opened}"]


def look(browser, page, axe, pictures):
    problems, counts = [], {}
    for width in WIDTHS:
        for dark in (False, True):
            browser.open(page, width, dark)
            name = f"{page.stem}-{width}{'-dark' if dark else ''}"
            if pictures:
                browser.picture(pictures / f"{name}.png")
            wide = browser.run(WIDER)
            if wide > 0:
                problems.append(f"{name}: {wide} pixels wider than the window")
            browser.run(axe)
            found = browser.run(AXE)
            serious = [one for one in found if one[0] in ("serious", "critical")]
            problems += [f"{name}: axe: {one}" for one in serious]
            counts[f"axe {width}{' dark' if dark else ''}"] = f"{len(serious)} serious, {len(found) - len(serious)} lesser"
            problems += [f"{name}: {one}" for one in told(browser)]
            for one in found:
                if one not in serious:
                    print(f"   lesser: {name}: {one}")
    browser.open(page, WIDTHS[0])
    sorts, filters = browser.run(SORTS), browser.run(FILTERS)
    counts |= {"sorted": sorts["sorted"], "filtered": filters["filtered"]}
    problems += sorts["wrong"] + filters["wrong"] + opens_by_keyboard(browser) + told(browser)
    problems += without_script(browser, page)
    print(f"-- {page.name}: {counts}")
    return problems


def without_script(browser, page):
    """All rows are there, and what they open can be opened, without the script."""
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page, WIDTHS[0])
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    hidden = browser.run("[...document.querySelectorAll('tr.row, tr.more')].filter((row) => !row.checkVisibility()).length")
    return [f"{hidden} rows cannot be seen without the script"] if hidden else []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    parser.add_argument("--axe", type=pathlib.Path, required=True)
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("--chromium", default="chromium")
    arguments = parser.parse_args()
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    browser = Browser(arguments.chromium)
    problems = []
    try:
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser.call(f"{domain}.enable")
        for page in arguments.pages:
            problems += look(browser, page, arguments.axe.read_text(), arguments.pictures)
    finally:
        browser.close()
    for problem in problems:
        print(f"wrong: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
