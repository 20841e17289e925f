"""pages_browser.py SCRATCH SHOTS: looks at the pages in Chromium; exit 1 and a line for each fault.

WebDriver's wire is JSON over HTTP, so that the standard library is all it takes.
"""
import base64
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

scratch, shots = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
faults = []


class Browser:
    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        port = None
        for line in self.driver.stdout:  # it says which one it has taken
            if found := re.search(r"started successfully on port (\d+)", line):
                port = found.group(1)
                break
        if port is None:
            sys.exit("pages_browser: chromedriver has not started")
        self.base = f"http://127.0.0.1:{port}"
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update",
                     "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
                     f"--user-data-dir={self.profile.name}"]
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.base += "/session/" + session["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            sys.exit(f"pages_browser: {path}: {error.read().decode()[:400]}")

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def look_at(self, file, width, dark=False, printed=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=800,
                      deviceScaleFactor=1, mobile=width < 500)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", media="print" if printed else "",
                      features=[scheme])
        self.call("POST", "/url", {"url": file.absolute().as_uri()})

    # Runs by the driver, outside the page: the page's policy forbids scripts of its own.
    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": "return " + script, "args": []})

    def console(self):
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, name):
        picture = base64.b64decode(self.call("GET", "/screenshot"))
        (shots / name).write_bytes(picture)
        return struct.unpack(">II", picture[16:24])

    def close(self):
        self.call("DELETE", "")
        self.driver.terminate()
        self.driver.wait()


def expect(what, wanted, got):
    if wanted != got:
        faults.append(f"{what}: wanted {wanted!r}, got {got!r}")


def expect_text(what, text, pieces):
    faults.extend(f"{what}: no {piece!r} on it" for piece in pieces if piece not in text)


def check(browser, file, name, pieces):
    for kind, width, dark, printed in [("light", 1100, False, False), ("dark", 1100, True, False),
                                       ("phone", 360, False, False), ("print", 700, False, True)]:
        browser.look_at(file, width, dark, printed)
        what = f"{name}, {kind}"
        expect(what + ", width of the picture", width,
               browser.screenshot(f"{name}-{kind}.png")[0])
        if not printed:  # paper has pages, and no scrolling
            expect(what + ", wider than the screen", width,
                   browser.run("document.documentElement.scrollWidth"))
        red, green, blue = map(int, re.findall(r"\d+", browser.run(
            "getComputedStyle(document.body).backgroundColor"))[:3])
        expect(what + ", dark ground", dark, red + green + blue < 300)
    expect_text(name, browser.run("document.body.textContent"), pieces)
    expect(name + ", scripts and foreign elements", 0, browser.run(
        "document.querySelectorAll('script, img, iframe, object, [onerror], [onclick]').length"))
    expect(name + ", title untouched", False, "pwned" == browser.run("document.title"))
    expect(name + ", one main heading", 1, browser.run("document.querySelectorAll('h1').length"))
    expect(name + ", tables without headings", 0, browser.run(
        "document.querySelectorAll('table:not(:has(thead th[scope]))').length"))
    expect(name + ", ids twice", 0, browser.run(
        "(ids => ids.length - new Set(ids).size)([...document.querySelectorAll('[id]')]"
        ".map(e => e.id))"))
    expect(name + ", links into nothing", 0, browser.run(
        "[...document.querySelectorAll('a[href^=\"#\"]')]"
        ".filter(a => !document.getElementById(a.getAttribute('href').slice(1))).length"))
    expect(name + ", console", [], browser.console())


def follow_links(browser):
    browser.look_at(scratch / "out/index.html", 1100)
    targets = set(browser.run(
        "[...document.querySelectorAll('a[href^=students]')].map(a => a.href)"))
    expect("the class links to its students", 4, len(targets))
    for target in targets:
        browser.call("POST", "/url", {"url": target})
        if not browser.run("document.body.textContent").strip().count("Lab 01"):
            faults.append(f"a link to no student's page: {target}")


def a_policy_that_is_obeyed(browser):
    """Should escaping fail one day, no script runs: seen with a page that has one."""
    leak = scratch / "leak.html"
    leak.write_text((scratch / "right.html").read_text().replace(
        "<main>", "<main><script>document.title = 'pwned'</script>"))
    browser.look_at(leak, 1100)
    expect("a script that slipped in", True, "pwned" != browser.run("document.title"))
    expect("… is said on the console", True, any("Content Security" in m for m in browser.console()))


def main():
    browser = Browser()
    try:
        check(browser, scratch / "right.html", "right", ["of 100 points", "passed"])
        check(browser, scratch / "skeleton.html", "skeleton",
              ["What was tried", "is still to be written", "Likely cause", "A hint", "make hint"])
        check(browser, scratch / "broken.html", "broken", ["Did not compile", "<script>document"])
        check(browser, scratch / "noisy.html", "noisy",
              ["<script>document.title='pwned'</script><img src=x", "\\x1b[31m"])
        check(browser, scratch / "out/index.html", "class",
              ["To look at", "did not compile", "<script>document.title='pwned'</script>",
               "\"><img src=x", "One client <b>at a time</b>", "Mean", "Median time"])
        follow_links(browser)
        a_policy_that_is_obeyed(browser)
    finally:
        browser.close()
    print("\n".join(faults) or f"{len(list(shots.glob('*.png')))} screenshots in {shots}")
    return 1 if faults else 0


sys.exit(main())
