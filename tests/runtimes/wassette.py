"""Wassette, which shows a component's exports to agents as MCP tools, under the repository's own policy for it."""

import json
import os
import shutil
import subprocess
import threading

from runtimes import Problem

# Granted for the fakes, beside what the policy grants.
LOOPBACK = "127.0.0.1"
TEST_VARIABLES = ["LIBTV_MEDIA_URL"]
# What its log says when every component has its policy.
LOADED = "component loading completed"


def named(value):
    """Members as the WIT names them."""
    if not isinstance(value, dict):
        return value
    return {name.replace("_", "-"): named(member) for name, member in value.items()}


class Wassette:
    """One server a state folder; it is told the environment when it starts."""

    name = "wassette"

    def __init__(self, tools, state):
        self._command = tools["wassette"]
        self._components = os.path.join(os.path.dirname(state), "components")
        # The policy's folder, beside the component.
        self.state = os.path.join(self._components, "data")
        os.makedirs(self.state)
        component = os.path.join(self._components, "libtv-video.wasm")
        shutil.copy(tools["component"], component)
        shutil.copy(tools["policy"], os.path.join(self._components, "libtv-video.policy.yaml"))
        self._server = None
        self._asked = 0

    def grant(self, kind, *what):
        """Grants more than the policy does, as a user would on the command line."""
        done = subprocess.run(
            [*self._command, "permission", "grant", kind, "libtv-video", *what, "--component-dir", self._components],
            capture_output=True, text=True, check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def call(self, export, environment, **arguments):
        if self._server is None:
            self._start(environment)
        given = named(arguments)
        answer = self._ask("tools/call", {"name": export.replace("_", "-"), "arguments": given})
        result = answer["structuredContent"]["result"]
        if "err" in result:
            raise Problem(result["err"]["kind"], result["err"]["message"])
        value = result["ok"]
        return {name.replace("-", "_"): field for name, field in value.items()} if isinstance(value, dict) else value

    def tools(self, environment):
        """What an agent is shown, by name."""
        if self._server is None:
            self._start(environment)
        return {tool["name"]: tool for tool in self._ask("tools/list", {})["tools"]}

    def _start(self, environment):
        settings = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
        self._server = subprocess.Popen(
            [*self._command, "run", "--component-dir", self._components, *settings],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        client = {"name": "libtv-video tests", "version": "1"}
        self._ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client})
        self._send({"method": "notifications/initialized"})
        # It answers before it has read the policies: a call until then would have no folder.
        log = []
        for line in self._server.stderr:
            log.append(line)
            if LOADED in line:
                break
        else:
            raise RuntimeError("wassette ended: " + "".join(log))
        # What it logs from here on must not fill the pipe.
        threading.Thread(target=self._server.stderr.read, daemon=True).start()

    def _ask(self, method, parameters):
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == self._asked:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def _send(self, message):
        self._server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._server.stdin.flush()

    def _receive(self):
        line = self._server.stdout.readline()
        if not line:
            raise RuntimeError("wassette ended")
        return json.loads(line)

    def close(self):
        if self._server is None:
            return
        self._server.kill()
        self._server.wait()
        self._server.stdin.close()
        self._server.stdout.close()
