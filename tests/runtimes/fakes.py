"""The fakes as another program sees them: `testkit/fakes/src/bin/fake-services.rs`."""

import json
import subprocess


class Fakes:
    """A running world. Use it as a context manager: the program ends when its standard input does."""

    def __init__(self, program):
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.where = json.loads(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def chat(self, chat_id):
        """What a chat received, and every submit that was charged until now."""
        self._process.stdin.write(chat_id + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def environment(self):
        """What a person sets in a stock runtime, with real values, and the overrides that lead to loopback."""
        return {
            "LIBTV_GATEWAY_URL": self.where["gateway"],
            "LIBTV_DIRECT_BASE_URL": self.where["direct"],
            "LIBTV_MEDIA_URL": self.where["media"],
            "FEISHU_BASE_URL": self.where["feishu"],
            "FEISHU_APP_ID": self.where["appId"],
            "FEISHU_APP_SECRET": self.where["appSecret"],
            "LIBTV_POLL_INTERVAL_SECONDS": "0.1",
        }
