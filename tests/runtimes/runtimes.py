"""One class a runtime. Each runs the same component as it is, on a state folder of its own.

`call` runs a typed export, `command` the command line; every call is a fresh instance.
"""

import json
import os
import re
import subprocess

import wasmtime
from wasmtime import component as components

# Longer than any single step against loopback takes; a runtime that hangs must not hang the check.
PATIENCE_S = 120


class Problem(Exception):
    """The component's own error: the kind of its `problem`, and the message."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class WasmtimePy:
    """The official Python bindings, embedded, with bounds on fuel and memory."""

    name = "wasmtime-py"
    # A poll step with a video of 3 MB takes about a tenth of it.
    fuel = 2_000_000_000
    # What our own harness allows a step.
    memory_bytes = 64 << 20
    _engine = None
    _component = None

    def __init__(self, tools, state):
        self.state = state
        if WasmtimePy._engine is None:
            config = wasmtime.Config()
            config.consume_fuel = True
            WasmtimePy._engine = wasmtime.Engine(config)
            with open(tools["component"], "rb") as file:
                WasmtimePy._component = components.Component(self._engine, file.read())

    def call(self, export, environment, **arguments):
        store, instance = self._instance(environment, [], [])
        given = [record(value) for value in arguments.values()]
        value = instance.get_func(store, export.replace("_", "-"))(store, *given)
        # Cases that Python can tell apart by their type come without a tag.
        if isinstance(value, components.Variant):
            if value.tag == "err":
                raise Problem(value.payload.kind, value.payload.message)
            value = value.payload
        elif hasattr(value, "retry-after-ms") or hasattr(value, "retry_after_ms"):
            raise Problem(value.kind, value.message)
        return plain(value)

    def command(self, arguments, environment, folders=()):
        out = os.path.join(os.path.dirname(self.state), "stdout")
        store, instance = self._instance(environment, arguments, folders, out)
        interface = instance.get_export_index(store, "wasi:cli/run@0.2.12")
        run = instance.get_func(store, instance.get_export_index(store, "run", interface))
        try:
            code = 0 if run(store).tag == "ok" else 1
        except wasmtime.ExitTrap as exit:
            code = exit.code
        # The file is written when the store is gone.
        del store, instance, interface, run
        with open(out, encoding="utf-8") as file:
            return code, file.read()

    def _instance(self, environment, arguments, folders, out=None):
        linker = components.Linker(self._engine)
        linker.add_wasip2()
        linker.add_wasi_http()
        store = wasmtime.Store(self._engine)
        store.set_fuel(self.fuel)
        store.set_limits(memory_size=self.memory_bytes)
        wasi = wasmtime.WasiConfig()
        wasi.argv = ["libtv-video", *arguments]
        wasi.env = environment.items()
        wasi.preopen_dir(self.state, "/data")
        for host, guest in folders:
            wasi.preopen_dir(host, guest)
        if out:
            wasi.stdout_file = out
        store.set_wasi(wasi)
        store.set_wasi_http()
        return store, linker.instantiate(store, self._component)


def record(value):
    """A dictionary as a record. Of a variant in an option the option is told; the case is told by what it holds."""
    if not isinstance(value, dict):
        return value
    if "tag" in value:
        return components.Variant("some", record(value["val"]))
    made = components.Record()
    for name, field in value.items():
        setattr(made, name.replace("_", "-"), record(field))
    return made


def plain(value):
    """A record as a dictionary."""
    fields = getattr(value, "__dict__", None)
    return {name.replace("-", "_"): plain(field) for name, field in fields.items()} if fields else value


class Jco:
    """What jco makes of the component for JavaScript, on Node with its WASI shim: `jco.mjs`."""

    name = "jco"

    def __init__(self, tools, state):
        self.state = state
        self._node = ["node", tools["jco"]]

    def call(self, export, environment, **arguments):
        done = self._run({"export": export, "arguments": list(arguments.values())}, environment, [])
        answer = json.loads(done.stdout)
        if "problem" in answer:
            raise Problem(answer["problem"]["kind"], answer["problem"]["message"])
        return answer["value"]

    def command(self, arguments, environment, folders=()):
        done = self._run({"command": arguments}, environment, folders)
        return done.returncode, done.stdout

    def _run(self, wanted, environment, folders):
        preopens = {"/data": self.state, **{guest: host for host, guest in folders}}
        request = json.dumps({**wanted, "environment": environment, "preopens": preopens})
        return run([*self._node, request])


def wave(value):
    """WAVE, the text form of component values: strings are written as in JSON, and what is none may be left out of a record."""
    if value is None:
        return "none"
    if not isinstance(value, dict):
        return json.dumps(value)
    if "tag" in value:
        return f"{value['tag']}({wave(value['val'])})"
    fields = [f"{name.replace('_', '-')}: {wave(field)}" for name, field in value.items() if field is not None]
    return "{" + ", ".join(fields) + "}"


class WasmtimeCli:
    """The `wasmtime` program: its command line runs ours, and `--invoke` a typed export."""

    name = "wasmtime-cli"

    def __init__(self, tools, state):
        self.state = state
        self._component = tools["component"]
        self._wasmtime = tools["wasmtime"]

    def call(self, export, environment, **arguments):
        words = ", ".join(wave(value) for value in arguments.values())
        done = self._run(environment, [], ["--invoke", f"{export.replace('_', '-')}({words})"], [])
        answer = done.stdout.strip()
        failed = re.match(r'err\(\{kind: ([a-z-]+), cause: [a-z-]+, message: "(.*?)"', answer)
        if failed:
            raise Problem(*failed.groups())
        fields = re.findall(r'([a-z-]+): (?:some\()?("(?:[^"\\]|\\.)*"|[a-z-]+|\d+)', answer)
        # A record's own fields stand before those of what it holds; those that are none are left out.
        return {name.replace("-", "_"): self._value(text) for name, text in reversed(fields)}

    @staticmethod
    def _value(text):
        if text.startswith('"'):
            return json.loads(text.replace("\\'", "'"))
        return None if text == "none" else int(text) if text.isdigit() else text

    def command(self, arguments, environment, folders=()):
        done = self._run(environment, folders, [], arguments)
        return done.returncode, done.stdout

    def _run(self, environment, folders, options, arguments):
        command = [self._wasmtime, "run", "-S", "http", "--dir", f"{self.state}::/data"]
        for host, guest in folders:
            command += ["--dir", f"{host}::{guest}"]
        for name, value in environment.items():
            command += ["--env", f"{name}={value}"]
        return run([*command, *options, self._component, *arguments])


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if not done.stdout:
        raise RuntimeError(f"{command[0]} ended with {done.returncode} and said nothing but: {done.stderr}")
    return done
