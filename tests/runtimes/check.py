#!/usr/bin/env python3
"""Drives the one component through a whole job in each runtime, against the fakes.

Usage: check.py TOOLS.json   where the programs are: `run` writes it.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
import unittest

import runtimes
import wassette
from runtimes import Problem
from skill import SkillWords
from fakes import Fakes

# Steps until a job has ended, at the most: it is there after four, and its two messages take a step more.
MAX_STEPS = 30


def request(message, chat):
    """What `submit` takes: a record, with a variant in it as a tag and its value."""
    route = {"channel": "feishu", "account": None, "chat": chat, "thread": None, "reply_to": None}
    return {
        "text": message, "session_id": None, "service": None, "kind": None, "ratio": None,
        "destination": {"tag": "to", "val": route},
    }


class Case(unittest.TestCase):
    """A runtime with an empty state folder; the world is shared."""

    runtime_class = None
    tools = None
    world = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="libtv-")
        self.addCleanup(folder.cleanup)
        # Without symbolic links: some runtimes resolve a granted path, and the component is told the same one.
        self.folder = os.path.realpath(folder.name)
        self.state = os.path.join(self.folder, "state")
        os.mkdir(self.state)
        self.runtime = self.runtime_class(self.tools, self.state)
        if hasattr(self.runtime, "close"):
            self.addCleanup(self.runtime.close)
        self.environment = {**self.world.environment(), "LIBTV_API_KEY": self.world.where["gatewayKey"]}

    def poll_to_the_end(self, session):
        for _ in range(MAX_STEPS):
            step = self.runtime.call("poll", self.environment, session_id=session)
            if step.get("next_poll_at_ms") is None:
                return step
            time.sleep(max(0, step["next_poll_at_ms"] / 1000 - time.time()))
        self.fail(f"the job did not end within {MAX_STEPS} steps: {step}")


class AnyRuntime(Case):
    """What holds wherever the component is loaded."""

    def test_a_job_goes_from_the_submit_to_the_chat(self):
        chat = f"oc_{self.runtime.name}"
        message = f"a red fox runs through snow, says {self.runtime.name}"
        submission = self.runtime.call("submit", self.environment, request=request(message, chat))
        step = self.poll_to_the_end(submission["session_id"])
        self.assertEqual((step["state"], step["results"], step["delivered"]), ("completed", 2, 2), step)

        told = self.world.chat(chat)
        self.assertEqual([sent["type"] for sent in told["messages"]], ["media", "image"], told)
        paid = [text for text in told["submits"] if text.startswith(message)]
        self.assertEqual(paid, [f"{message}, video ratio 16:9"])
        # Again is as good as once.
        self.poll_to_the_end(submission["session_id"])
        self.assertEqual(self.world.chat(chat), told)
        self.assertEqual(self.runtime.call("query", self.environment, session_id=submission["session_id"],
                                           after_seq=None, project_id=None)["state"], "completed")
        return submission["session_id"], told

    def test_an_error_has_its_kind_and_says_what_to_do(self):
        del self.environment["LIBTV_API_KEY"]
        with self.assertRaises(Problem) as caught:
            self.runtime.call("tasks", self.environment, service=None)
        self.assertEqual(caught.exception.kind, "permanent")
        self.assertIn("API Key not configured", str(caught.exception))


class WithCommands(AnyRuntime):
    """Where the command line can be reached as well."""

    def test_a_job_goes_from_the_submit_to_the_chat(self):
        session, told = super().test_a_job_goes_from_the_submit_to_the_chat()
        results = os.path.join(self.folder, "results")
        os.mkdir(results)
        code, out = self.command("download-results", session, "--output-dir", "/results", folders=[(results, "/results")])
        self.assertEqual(code, 0, out)
        digests = {digest(os.path.join(results, name)) for name in os.listdir(results)}
        self.assertEqual(digests, {sent["sha256"] for sent in told["messages"]})

    def test_the_commands_of_an_agent_deliver_as_well(self):
        chat = f"oc_commands_{self.runtime.name}"
        code, out = self.command("create-session", "a fox, by command", "--channel", "feishu", "--chat-id", chat)
        self.assertEqual(code, 0, out)
        session = json.loads(out)["sessionId"]
        code, out = self.command("wait-and-deliver", "--session-id", session)
        self.assertEqual(code, 0, out)
        self.assertEqual([sent["type"] for sent in self.world.chat(chat)["messages"]], ["media", "image"])

    def test_a_key_that_setup_stored_counts(self):
        key = self.environment.pop("LIBTV_API_KEY")
        code, out = self.command("setup", "--api-key", key, "--video-ratio", "9:16")
        self.assertEqual(code, 0, out)
        with open(os.path.join(self.state, "libtv.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file), {"apiKey": key, "videoRatio": "9:16"})
        code, out = self.command("check")
        self.assertEqual(code, 0, out)
        self.assertIn("✅ Key valid", out)
        self.assertIn(f"🌐 Gateway: {self.world.where['gateway']}", out)
        self.assertNotIn(key, out)

    def test_exit_codes_are_those_of_the_contract(self):
        code, out = self.command("no-such-command")
        self.assertEqual(code, 2, out)
        self.environment["LIBTV_API_KEY"] = "mgk_unknown0123456789"
        code, out = self.command("check")
        self.assertEqual(code, 1, out)

    def command(self, *arguments, folders=()):
        return self.runtime.command(list(arguments), self.environment, folders)


class WasmtimePy(WithCommands):
    """The whole job runs under bounds; these show that the bounds are real."""

    runtime_class = runtimes.WasmtimePy

    def test_a_step_that_runs_out_of_fuel_is_stopped_and_the_session_goes_on(self):
        submission = self.runtime.call("submit", self.environment, request=request("a fox without fuel", "oc_fuel"))
        self.runtime.fuel = 100_000
        with self.assertRaisesRegex(Exception, "fuel"):
            self.runtime.call("poll", self.environment, session_id=submission["session_id"])
        self.runtime.fuel = runtimes.WasmtimePy.fuel
        step = self.poll_to_the_end(submission["session_id"])
        self.assertEqual((step["state"], step["delivered"]), ("completed", 2))
        self.assertEqual(len(self.world.chat("oc_fuel")["messages"]), 2)

    def test_more_memory_than_granted_is_refused(self):
        # Less than its stack and its constants.
        self.runtime.memory_bytes = 1 << 19
        with self.assertRaisesRegex(Exception, "memory"):
            self.runtime.call("due", self.environment)


class Jco(WithCommands):
    runtime_class = runtimes.Jco


class WasmtimeCli(WithCommands):
    runtime_class = runtimes.WasmtimeCli


class Wassette(AnyRuntime):
    """No command line there: what an agent gets are tools."""

    runtime_class = wassette.Wassette

    def setUp(self):
        super().setUp()
        self.runtime.grant("network", wassette.LOOPBACK)
        for name in wassette.TEST_VARIABLES:
            self.runtime.grant("environment-variable", name)

    def test_tools_are_described_in_the_words_of_the_wit(self):
        tools = self.runtime.tools(self.environment)
        self.assertIn("Costs the user\nmoney, and is never repeated by itself.", tools["submit"]["description"])
        self.assertIn("Safe to repeat at any time.", tools["poll"]["description"])
        ours = ["submit", "upload", "download", "due", "poll", "query", "check", "doctor", "status", "tasks", "recover", "cancel",
                "change-project"]
        for name in ours:
            self.assertNotIn("Auto-generated", tools[name]["description"])

    def test_a_good_key_is_called_good(self):
        told = self.runtime.call("check", self.environment, service=None)
        self.assertEqual((told["service"], told["verified"]), ("nexu_gateway", True), told)

    def test_a_host_that_the_policy_does_not_name_is_not_asked(self):
        # Another spelling of loopback, so that nothing but the policy keeps it away.
        elsewhere = self.world.where["gateway"].replace("127.0.0.1", "localhost")
        self.environment["LIBTV_GATEWAY_URL"] = elsewhere
        with self.assertRaises(Problem) as caught:
            self.runtime.call("tasks", self.environment, service=None)
        self.assertEqual(caught.exception.kind, "permanent", caught.exception)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        Case.tools = SkillWords.tools = json.load(file)
    suite = unittest.TestSuite()
    cases = [WasmtimePy, Jco, WasmtimeCli, SkillWords]
    if "wassette" in Case.tools:
        cases.append(Wassette)
    for case in cases:
        suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(case))
    with Fakes(Case.tools["fakes"]) as Case.world:
        SkillWords.world = Case.world
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
