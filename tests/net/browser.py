"""A browser on a host: Chromium without a window, told what to do by the WebDriver protocol (W3C) of chromedriver.

Both run in the host's namespace, since its loopback is where the host's page is. Knows nothing of mcastd.
"""
import http.client
import json

from lan import eventually

PATIENCE = 120  # seconds for one command: a browser that starts on a busy machine takes its time
ELEMENT_KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004"}
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server",
             "--disable-background-networking", "--disable-component-update", "--no-first-run",
             # So that it ends when chromedriver does, however that ends.
             "--remote-debugging-pipe"]


class Browser:
    def __init__(self, host, folder):
        self._host, self._session = host, ""
        driver = host.start("chromedriver", "--port=0")
        self._port = int(driver.wait_for("started successfully on port")[0].rstrip(".").split()[-1])
        options = {"binary": "/usr/bin/chromium", "args": [*ARGUMENTS, f"--user-data-dir={folder}/browser"]}
        made = self._command("POST", "/session", capabilities={"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}})
        self._session = f"/session/{made['sessionId']}"

    def close(self):
        self._command("DELETE", "")

    def open(self, address):
        self._command("POST", "/url", url=address)

    def run(self, script, *arguments):
        """What the function body returns, in which the arguments are called arguments[0] and so on."""
        return self._command("POST", "/execute/sync", script=script, args=arguments)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent", selector)

    def wait_for_text(self, selector, text):
        eventually(lambda: text in (self.text(selector) or ""),
                   lambda: f"{text!r} in {selector}, not {self.text(selector)!r}")

    def press(self, *keys):
        """Into whatever has the focus. A key is a letter, or one of those that have names here."""
        strokes = [{"type": kind, "value": ELEMENT_KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._command("POST", "/actions", actions=[{"type": "key", "id": "keyboard", "actions": strokes}])

    def resize(self, width, height):
        """As a telephone would have it, if it is narrow."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=width < 800)

    def devtools(self, command, **parameters):
        return self._command("POST", "/goog/cdp/execute", cmd=command, params=parameters)

    def complaints(self):
        """Warnings and errors since this was last asked: scripts that failed, what the policy of the page forbids,
        what could not be loaded."""
        return [f"{entry['level']}: {entry['message']}" for entry in self._command("POST", "/se/log", type="browser")
                if entry["level"] in ("WARNING", "SEVERE")]

    def _command(self, method, path, **parameters):
        with self._host.entered():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
            connection.connect()
        try:
            body = json.dumps(parameters) if method == "POST" else None
            connection.request(method, self._session + path, body, {"Content-Type": "application/json"})
            answer = json.load(connection.getresponse())["value"]
        finally:
            connection.close()
        assert not (isinstance(answer, dict) and "error" in answer), f"{path} {parameters}: {answer}"
        return answer
