# sdk: lark-oapi==1.7.5
"""The Python SDK against the fake: prints how many checks passed, or the first difference."""

import base64
import io
import json
import struct
import sys

import lark_oapi as lark
from lark_oapi.api.auth.v3 import InternalTenantAccessTokenRequest, InternalTenantAccessTokenRequestBody
from lark_oapi.api.im.v1 import (
    CreateFileRequest,
    CreateFileRequestBody,
    CreateImageRequest,
    CreateImageRequestBody,
    CreateMessageRequest,
    CreateMessageRequestBody,
    PatchMessageRequest,
    PatchMessageRequestBody,
    ReplyMessageRequest,
    ReplyMessageRequestBody,
)

DOMAIN = sys.argv[1]
SECRET = "secret"
passed = 0


def client(scenario, secret=SECRET):
    builder = lark.Client.builder().app_id(f"cli_python_{scenario}").app_secret(secret).domain(DOMAIN)
    # The SDK logs every refusal that is expected here.
    return builder.log_level(lark.LogLevel.CRITICAL).build()


def expect(name, response, code, status=None):
    global passed
    assert response.code == code, f"{name}: {code} expected, got {response.code} {response.msg}"
    if status is not None:
        assert response.raw.status_code == status, f"{name}: HTTP {status} expected, got {response.raw.status_code}"
    passed += 1
    return response


def box(kind, content):
    return struct.pack(">I", len(content) + 8) + kind + content


MP4 = box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"mdat", bytes(5000))
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def file(of, file_type, content, duration=None):
    body = CreateFileRequestBody.builder().file_type(file_type).file_name("猫.mp4").file(io.BytesIO(content))
    if duration is not None:
        body = body.duration(duration)
    return of.im.v1.file.create(CreateFileRequest.builder().request_body(body.build()).build())


def image(of, content):
    body = CreateImageRequestBody.builder().image_type("message").image(io.BytesIO(content)).build()
    return of.im.v1.image.create(CreateImageRequest.builder().request_body(body).build())


def send(of, id_type, receive_id, msg_type, content, uuid=None):
    body = CreateMessageRequestBody.builder().receive_id(receive_id).msg_type(msg_type).content(json.dumps(content))
    if uuid is not None:
        body = body.uuid(uuid)
    request = CreateMessageRequest.builder().receive_id_type(id_type).request_body(body.build()).build()
    return of.im.v1.message.create(request)


def reply(of, message_id, text):
    body = ReplyMessageRequestBody.builder().msg_type("text").content(json.dumps({"text": text})).build()
    return of.im.v1.message.reply(ReplyMessageRequest.builder().message_id(message_id).request_body(body).build())


# Token
good = client("good")
expect("a good token", send(good, "chat_id", "oc_python_good", "text", {"text": "你好"}), 0)


def token(app_id, secret):
    body = InternalTenantAccessTokenRequestBody.builder().app_id(app_id).app_secret(secret).build()
    return good.auth.v3.tenant_access_token.internal(InternalTenantAccessTokenRequest.builder().request_body(body).build())


issued = json.loads(expect("the token route", token("cli_python_good", SECRET), 0, 200).raw.content)
assert issued["tenant_access_token"].startswith("t-") and issued["expire"] > 7000
expect("a wrong secret", token("cli_python_good", "wrong"), 10014, 200)
expect("an unknown app", token("cli_python_nobody", SECRET), 10014, 200)
expect("no app", token("", ""), 10003, 200)
try:
    badly = send(client("messages", "wrong"), "chat_id", "oc_x", "text", {"text": "x"})
    assert not badly.success(), "a client with a wrong secret sends nothing"
except lark.core.exception.ObtainAccessTokenException as error:
    assert error.code == 10014
passed += 1

# Uploads
uploads = client("uploads")
video = expect("an mp4", file(uploads, "mp4", MP4, 5041), 0, 200).data.file_key
assert video.startswith("file_")
expect("an mp4 without duration", file(uploads, "mp4", MP4), 0)
stream = expect("a stream", file(uploads, "stream", b"anything"), 0).data.file_key
picture = expect("an image", image(uploads, PNG), 0).data.image_key
assert picture.startswith("img_")
expect("an empty file", file(uploads, "stream", b""), 234010, 400)
expect("a file over 30 MB", file(uploads, "mp4", bytes((30 << 20) + 1)), 234006, 400)
expect("an image over 10 MB", image(uploads, PNG + bytes(10 << 20)), 234006, 400)
expect("no image", image(uploads, b"text"), 234011, 400)
expect("an unknown file_type", file(uploads, "mov", MP4), 234001, 400)

# Messages
RECEIVERS = {
    "chat_id": "oc_python",
    "open_id": "ou_python",
    "union_id": "on_python",
    "user_id": "python",
    "email": "python@a.example",
}
CONTENTS = {
    "media": {"file_key": video, "image_key": picture},
    "text": {"text": "x"},
    "image": {"image_key": picture},
}
for id_type, receive_id in RECEIVERS.items():
    for msg_type, content in CONTENTS.items():
        sent = expect(f"{msg_type} to {id_type}", send(uploads, id_type, receive_id, msg_type, content), 0)
        assert sent.data.message_id.startswith("om_")
TEXT = {"text": "x"}
expect("a stream as file", send(uploads, "chat_id", "oc_python_a", "file", {"file_key": stream}), 0)
expect("an mp4 as file", send(uploads, "chat_id", "oc_python_a", "file", {"file_key": video}), 230055, 400)
expect("a stream as media", send(uploads, "chat_id", "oc_python_a", "media", {"file_key": stream}), 230055, 400)
expect("an mp4 as video", send(uploads, "chat_id", "oc_python_a", "video", {"file_key": video}), 230001, 400)
expect("no bot in the chat", send(uploads, "chat_id", "oc_without_bot", "text", TEXT), 230002, 400)
expect("an unavailable user", send(uploads, "open_id", "ou_unavailable", "text", TEXT), 230013, 400)
expect("a malformed receiver", send(uploads, "open_id", "oc_python", "text", TEXT), 230001, 400)
expect("no receiver", send(uploads, "chat_id", "", "text", TEXT), 99992402, 400)
foreign = client("foreign")
expect("another app's key", send(foreign, "chat_id", "oc_python_b", "image", CONTENTS["image"]), 230017, 400)

# Scope, bot ability, rates
scopeless = client("scopeless")
denied = expect("a missing scope", file(scopeless, "mp4", MP4), 99991672, 400)
assert "/app/cli_python_scopeless/auth?q=" in denied.msg
expect("text without the upload scope", send(scopeless, "chat_id", "oc_python_c", "text", TEXT), 0)
expect("no bot ability", send(client("botless"), "chat_id", "oc_python_d", "text", TEXT), 230006, 400)
expect("an upload without bot ability", image(client("botless"), PNG), 234007, 400)
limited = client("limited")
slow = expect("429", reply(limited, "om_limited", "x"), 99991400, 429)
assert slow.raw.headers["x-ogw-ratelimit-reset"] == "1"
crowd = [send(limited, "chat_id", "oc_python_crowd", "text", TEXT).code for _ in range(6)]
assert crowd == [0, 0, 0, 0, 0, 230020], crowd
passed += 1

# uuid, reply, card
uuid = client("uuid")
once = expect("a uuid", send(uuid, "chat_id", "oc_python_e", "text", TEXT, "python-1"), 0).data.message_id
twice = expect("it again", send(uuid, "chat_id", "oc_python_e", "text", TEXT, "python-1"), 0).data.message_id
assert once == twice
expect("a uuid too long", send(uuid, "chat_id", "oc_python_e", "text", TEXT, "u" * 51), 99992402, 400)
expect("a reply", reply(uuid, once, "y"), 0)
card = {"config": {"update_multi": True}, "elements": []}
shown = expect("a card", send(uuid, "chat_id", "oc_python_e", "interactive", card), 0).data.message_id
body = PatchMessageRequestBody.builder().content(json.dumps(card)).build()
update = uuid.im.v1.message.patch(PatchMessageRequest.builder().message_id(shown).request_body(body).build())
expect("its update", update, 0)

print(passed)
