"""SKILL.md as an agent with a stock runtime gets it: every command in it is run as it stands there, in a shell, with the
`wasmtime` program."""

import json
import os
import re
import subprocess
import tempfile
import unittest

from runtimes import PATIENCE_S

# The smallest picture that is one: a transparent point.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c636000000000060001"
    "e221bc330000000049454e44ae426082"
)
CHAT = "oc_0123"


class SkillWords(unittest.TestCase):
    tools = None
    world = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="libtv-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = os.path.realpath(folder.name)
        skills = os.path.join(cls.folder, "skills")
        subprocess.run(
            [cls.tools["program"], "skill", "install", "--for", skills, "--integration", "runtime"],
            env={"NEXU_HOME": os.path.join(cls.folder, "nexu"), "PATH": os.environ["PATH"]},
            stdout=subprocess.DEVNULL, timeout=PATIENCE_S, check=True,
        )
        cls.skill = os.path.join(skills, "libtv-video")
        with open(os.path.join(cls.skill, "SKILL.md"), encoding="utf-8") as file:
            cls.text = file.read()
        cls.commands = commands(cls.text)
        cls.work = os.path.join(cls.folder, "work")
        os.mkdir(cls.work)
        files = {
            "reference.png": PNG,
            "words.txt": b"a cat on the moon says \"hi\", $(exit 1)",
            "key.txt": cls.world.where["gatewayKey"].encode(),
        }
        for name, content in files.items():
            with open(os.path.join(cls.work, name), "wb") as file:
                file.write(content)
        cls.put_wasmtime_on_the_path()

    @classmethod
    def put_wasmtime_on_the_path(cls):
        """A `wasmtime` that leads to the fakes, which the document knows nothing of."""
        programs = os.path.join(cls.folder, "bin")
        os.mkdir(programs)
        led = cls.world.environment()
        cls.credentials = {name: led.pop(name) for name in ("FEISHU_APP_ID", "FEISHU_APP_SECRET")}
        settings = " ".join(f"--env '{name}={value}'" for name, value in led.items())
        wrapper = os.path.join(programs, "wasmtime")
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n[ \"$1\" = run ] || exit 99\nshift\nexec '{cls.tools['wasmtime']}' run {settings} \"$@\"\n")
        os.chmod(wrapper, 0o755)
        cls.environment = {"HOME": cls.folder, "PATH": f"{programs}:/usr/bin:/bin", **cls.credentials}

    def test_every_command_runs_as_it_stands_there(self):
        definition = self.commands[0]
        self.assertTrue(definition.startswith("libtv-video() {"), definition)
        self.assertGreaterEqual(len(self.commands), 15, self.commands)
        submit = next(command for command in self.commands if "create-session --channel feishu" in command)
        session = json.loads(self.run_in_a_shell(submit))["sessionId"]
        wait = next(command for command in self.commands if "wait-and-deliver" in command)
        self.run_in_a_shell(wait, session)
        delivered = self.world.chat(CHAT)["messages"]
        self.assertEqual([sent["type"] for sent in delivered], ["media"])
        # Again is as good as once.
        self.run_in_a_shell(wait, session)
        self.assertEqual(self.world.chat(CHAT)["messages"], delivered)
        for command in self.commands[1:]:
            if command != submit:
                with self.subTest(command=command):
                    self.run_in_a_shell(command, session)

    def test_no_command_of_the_harness_is_named(self):
        for own in ("serve", "audit", "grants", "status", "doctor", "demo", "skill"):
            self.assertNotRegex(self.text, rf"libtv-video {own}\b")

    def run_in_a_shell(self, command, session=""):
        """As an agent runs it: the document's function, then the command; a key on standard input, for who reads one."""
        key = self.world.where["gatewayKey"]
        state = os.path.join(self.folder, ".libtv-video")
        os.makedirs(state, mode=0o700, exist_ok=True)
        # One of them removes the key.
        with open(os.path.join(state, "libtv.json"), "w", encoding="utf-8") as file:
            json.dump({"apiKey": key}, file)
        definition = self.commands[0].replace("SKILL_FOLDER", self.skill)
        command = command.replace("COMMAND", "recover")
        values = {
            "SESSION_ID": session, "CHAT_ID": CHAT, "WORDS_FILE": "words.txt", "KEY_FILE": "key.txt",
            "FILE": "reference.png", "FOLDER": "results",
        }
        done = subprocess.run(
            ["bash", "-ec", f"{definition}\n{command}"], cwd=self.work, env={**self.environment, **values}, input=key,
            capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout


def commands(text):
    """Fenced blocks of shell, and spans of code that begin with the program's name."""
    blocks = re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]*)`", prose)]
    return blocks + [span for span in spans if span.startswith("libtv-video ")]
