# sdk: wechatpy==1.8.18 cryptography
"""wechatpy against the fake: prints how many checks passed, or the first difference."""

import base64
import io
import struct
import sys

from wechatpy.exceptions import WeChatClientException
from wechatpy.enterprise import WeChatClient

CORP, SECRET, AGENT = "wwtestkit00000001", "testkit-wecom-secret_0123456789abcdefghijkl", 1000002
passed = 0


class Client(WeChatClient):
    API_BASE_URL = f"{sys.argv[1]}/cgi-bin/"

    def fetch_access_token(self):
        # Its own has the platform's address in it.
        asked = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(url=f"{self.API_BASE_URL}gettoken", params=asked)


def same(name, got, wanted):
    global passed
    assert got == wanted, f"{name}: {wanted} expected, got {got}"
    passed += 1


def refused(name, call, code):
    global passed
    try:
        call()
    except WeChatClientException as error:
        assert error.errcode == code, f"{name}: {error!r}"
        passed += 1
    else:
        raise AssertionError(f"{name}: it was not refused")


def box(kind, content):
    return struct.pack(">I", len(content) + 8) + kind + content


def file(name, content):
    named = io.BytesIO(content)
    named.name = name
    return named


FILM = box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", b"vide") + box(b"mdat", bytes(50_000))
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

client = Client(CORP, SECRET)
token = client.fetch_access_token()
same("a token", (bool(token["access_token"]), token["expires_in"] > 7000), (True, True))
same("the same again", client.fetch_access_token()["access_token"], token["access_token"])

film = client.media.upload("video", file("fox.mp4", FILM))
same("a film", (film["type"], bool(film["media_id"])), ("video", True))
picture = client.media.upload("image", file("fox.png", PNG))
other = client.media.upload("file", file("fox.txt", b"not a film"))
refused("no film", lambda: client.media.upload("video", file("fox.mp4", b"not a film")), 40005)
refused("nothing", lambda: client.media.upload("image", file("fox.png", b"12345")), 40006)
refused("too large", lambda: client.media.upload("image", file("fox.png", PNG + bytes(10 << 20))), 45001)

send = client.message
same("a text", send.send_text(AGENT, "ZhangSan", "你好")["errcode"], 0)
same("to two", send.send_text(AGENT, ["ZhangSan", "LiSi"], "a")["invaliduser"], "")
same("one of them", send.send_text(AGENT, ["ZhangSan", "Nobody"], "b")["invaliduser"], "Nobody")
same("no licence", send.send_text(AGENT, "WangWu", "c")["unlicenseduser"], "WangWu")
same("the film", bool(send.send_video(AGENT, "ZhangSan", film["media_id"])["msgid"]), True)
same("the picture", bool(send.send_image(AGENT, "ZhangSan", picture["media_id"])["msgid"]), True)
same("the file", bool(send.send_file(AGENT, "ZhangSan", other["media_id"])["msgid"]), True)
refused("nobody", lambda: send.send_text(AGENT, "Nobody", "d"), 81013)
refused("another app", lambda: send.send_text(7, "ZhangSan", "e"), 301002)
refused("no such medium", lambda: send.send_image(AGENT, "ZhangSan", "3x"), 40007)
refused("another kind", lambda: send.send_image(AGENT, "ZhangSan", film["media_id"]), 40004)

checked = {
    "touser": "LiSi", "msgtype": "text", "agentid": AGENT, "text": {"content": "once"},
    "enable_duplicate_check": 1, "duplicate_check_interval": 14400,
}
first = client.post("message/send", data=checked)
same("the same bytes", client.post("message/send", data=checked)["msgid"], first["msgid"])
checked["text"] = {"content": "twice"}
same("other bytes", client.post("message/send", data=checked)["msgid"] != first["msgid"], True)

refused("a wrong secret", lambda: Client(CORP, "wrong").fetch_access_token(), 40001)
refused("a wrong company", lambda: Client("ww0", SECRET).fetch_access_token(), 40013)
print(passed)
