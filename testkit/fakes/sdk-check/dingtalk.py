# sdk: alibabacloud-dingtalk==2.2.65 dingtalk-sdk==1.3.8
"""The official SDK against the newer host of the fake, dingtalk-sdk against the older one: prints how many checks passed, or the first difference."""

import base64
import io
import json
import struct
import sys

from alibabacloud_dingtalk.oauth2_1_0 import models as oauth
from alibabacloud_dingtalk.oauth2_1_0.client import Client as OAuth
from alibabacloud_dingtalk.robot_1_0 import models as robot
from alibabacloud_dingtalk.robot_1_0.client import Client as Robot
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_util.models import RuntimeOptions
from dingtalk import AppKeyClient
from dingtalk.core.exceptions import DingTalkClientException

ID, SECRET = "dingtestkit00000001", "testkit-ding-secret_0123456789abcdefghijklmnop"
GROUP = "cid6KeBBLoveMJOGXoYKF5x7EeiodoA=="
MESSAGES, MEDIA = sys.argv[1].split(",")
passed = 0


def same(name, got, wanted):
    global passed
    assert got == wanted, f"{name}: {wanted} expected, got {got}"
    passed += 1


def refused(name, call, code):
    global passed
    try:
        call()
    except DingTalkClientException as error:
        assert error.errcode == code, f"{name}: {error!r}"
    except Exception as error:
        assert getattr(error, "code", None) == code, f"{name}: {error!r}"
    else:
        raise AssertionError(f"{name}: it was not refused")
    passed += 1


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


class Media(AppKeyClient):
    API_BASE_URL = f"{MEDIA}/"


config = Config(protocol="http", region_id="central", endpoint=MESSAGES.removeprefix("http://"))
asks, runtime = OAuth(config), RuntimeOptions(autoretry=False)


def token(secret=SECRET):
    return asks.get_access_token(oauth.GetAccessTokenRequest(app_key=ID, app_secret=secret)).body


issued = token()
same("a token", (bool(issued.access_token), issued.expire_in > 7000), (True, True))
refused("a wrong secret", lambda: token("wrong"), "invalidClientSecret")

client = Robot(config)


def to_person(people, key, param, access=issued.access_token):
    request = robot.BatchSendOTORequest(robot_code=ID, user_ids=people, msg_key=key, msg_param=json.dumps(param))
    headers = robot.BatchSendOTOHeaders(x_acs_dingtalk_access_token=access)
    return client.batch_send_otowith_options(request, headers, runtime).body


def to_group(key, param, group=GROUP):
    request = robot.OrgGroupSendRequest(robot_code=ID, open_conversation_id=group, msg_key=key, msg_param=json.dumps(param))
    headers = robot.OrgGroupSendHeaders(x_acs_dingtalk_access_token=issued.access_token)
    return client.org_group_send_with_options(request, headers, runtime).body


media = Media("corp", ID, SECRET)
film = media.message.media_upload("file", file("fox.mp4", FILM))
cover = media.message.media_upload("image", file("fox.png", PNG))
same("a film", (film.type, film.media_id[0]), ("file", "@"))
refused("no picture", lambda: media.message.media_upload("image", file("fox.png", FILM)), 40005)
refused("a film as such", lambda: media.message.media_upload("video", file("fox.mp4", FILM)), 40004)

text = {"content": "你好"}
same("a text", to_person(["manager1"], "sampleText", text).invalid_staff_id_list, [])
same("a key", bool(to_group("sampleText", text).process_query_key), True)
shown = {"duration": "5000", "videoMediaId": film.media_id, "videoType": "mp4", "picMediaId": cover.media_id}
same("the film", to_person(["manager1"], "sampleVideo", shown).flow_controlled_staff_id_list, [])
same("in a group", bool(to_group("sampleVideo", shown).process_query_key), True)
same("the picture", bool(to_group("sampleImageMsg", {"photoURL": cover.media_id}).process_query_key), True)
as_file = {"mediaId": film.media_id, "fileName": "fox.mp4", "fileType": "mp4"}
same("a file", bool(to_group("sampleFile", as_file).process_query_key), True)
same("nobody", to_person(["nobody"], "sampleText", text).invalid_staff_id_list, ["nobody"])
same("held back", to_person(["manager2"], "sampleText", text).flow_controlled_staff_id_list, ["manager2"])
refused("no such medium", lambda: to_group("sampleImageMsg", {"photoURL": "@x"}), "invalidParameter.mediaId")
refused("no such group", lambda: to_group("sampleText", text, "cid0"), "invalidParameter.openConversationId.notExisted")
refused("a wrong token", lambda: to_person(["manager1"], "sampleText", text, "wrong"), "InvalidAuthentication")
print(passed)
