"""What a homeserver needs before it is asked anything.

    prepare.py port             prints a free port of loopback
    prepare.py settings PORT    prints settings that stand over the generated ones
    prepare.py rooms PORT       waits for the server, makes its people and rooms, and prints their names as JSON
"""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import quote

SECRET = "a secret of this one server"
MAX_BYTES = 2_000_000


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def settings(port):
    """JSON is YAML. Nothing outside of this machine is asked, and limits are as near as a check can reach them."""
    unlimited = {"per_second": 1000, "burst_count": 1000}
    return {
        "listeners": [
            {
                "port": port,
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "tls": False,
                "resources": [{"names": ["client", "media"], "compress": False}],
            }
        ],
        "registration_shared_secret": SECRET,
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        "max_upload_size": str(MAX_BYTES),
        "rc_message": {"per_second": 5, "burst_count": 25},
        "rc_login": {"address": unlimited, "account": unlimited, "failed_attempts": unlimited},
    }


class Person:
    def __init__(self, address, name):
        self.address, self.token = address, None
        subprocess.run(
            [
                sys.executable, "-m", "synapse._scripts.register_new_matrix_user",
                "-u", name, "-p", f"{name} has a password", "--no-admin", "-k", SECRET, address,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        identifier = {"type": "m.id.user", "user": name}
        login = {"type": "m.login.password", "identifier": identifier, "password": f"{name} has a password"}
        said = self.call("POST", "login", login)
        self.token, self.id = said["access_token"], said["user_id"]

    def call(self, method, path, body):
        request = urllib.request.Request(f"{self.address}/_matrix/client/v3/{path}", method=method)
        request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, json.dumps(body).encode(), timeout=30) as response:
            return json.load(response)

    def room(self, guests, **more):
        room = self.call("POST", "createRoom", {"invite": [guest.id for guest in guests], **more})["room_id"]
        for guest in guests:
            guest.call("POST", f"join/{quote(room)}", {})
        return room


def rooms(port):
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/_matrix/client/versions", timeout=5).read()
            break
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    bot, ann = Person(address, "bot"), Person(address, "ann")
    encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    # The ids of rooms have a server until version 11, and none since.
    plain = [ann.room([bot], room_version=version) for version in ("11", "12")]
    question = {"msgtype": "m.text", "body": "a film of a fox"}
    message = ann.call("PUT", f"rooms/{quote(plain[0])}/send/m.room.message/question", question)["event_id"]
    return {
        "address": address,
        "token": bot.token,
        "bot": bot.id,
        "rooms": plain,
        "encrypted": ann.room([bot], initial_state=[encryption]),
        "foreign": ann.room([]),
        "message": message,
        "max_bytes": MAX_BYTES,
        "limited": True,
    }


match sys.argv[1:]:
    case ["port"]:
        print(free_port())
    case ["settings", port]:
        print(json.dumps(settings(int(port))))
    case ["rooms", port]:
        print(json.dumps(rooms(int(port))))
    case _:
        sys.exit(__doc__)
