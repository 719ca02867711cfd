# sdk: slack-sdk==3.47.0
"""Slack's Python SDK against the fake: prints how many checks passed, or the first difference."""

import logging
import sys
import urllib.error
import urllib.request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

API = f"{sys.argv[1]}/api/"
TOKEN = "xoxb-testkit-0123456789-abcdefghijklmnopqrstuvwx"
CHANNEL = "C0PYTHON001"
USER = "U0PYTHONUSR"
FILM = b"\0\0\0\x14ftypisom\0\0\2\0isom" + bytes(300_000)
passed = 0
# The SDK logs every refusal that is expected here.
logging.disable(logging.CRITICAL)


def client(token=TOKEN):
    # A repeated request would hide what the first one met.
    return WebClient(token=token, base_url=API, retry_handlers=[])


def same(name, got, wanted):
    global passed
    assert got == wanted, f"{name}: {wanted} expected, got {got}"
    passed += 1


def refused(name, call, error):
    global passed
    try:
        call()
    except SlackApiError as thrown:
        assert thrown.response["error"] == error, f"{name}: {error} expected, got {thrown.response.data}"
        passed += 1
        return thrown.response
    raise AssertionError(f"{name}: it was not refused")


def bring(url, method, content):
    request = urllib.request.Request(url, data=content, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


slack = client()
same("the bot", slack.auth_test()["user_id"], "U0TESTKIT01")
refused("a wrong token", client("xoxb-wrong").auth_test, "invalid_auth")
refused("a revoked token", client("xoxb-revoked").auth_test, "token_revoked")

uploaded = slack.files_upload_v2(channel=CHANNEL, content=FILM, filename="libtv-1a2b.mp4", title="a fox", initial_comment="here")
same("a file", uploaded["files"][0]["title"], "a fox")
shared = uploaded["files"][0]["id"]
slack.files_info(file=shared)
same("its share", list(slack.files_info(file=shared)["file"]["shares"]["public"]), [CHANNEL])

announced = slack.files_getUploadURLExternal(filename="a.mp4", length=len(FILM))


def complete(channel):
    return slack.files_completeUploadExternal(files=[{"id": announced["file_id"], "title": "x"}], channel_id=channel)


same("another length", bring(announced["upload_url"], "POST", FILM[1:]), 400)
same("PUT", bring(announced["upload_url"], "PUT", FILM), 405)
refused("before the bytes", lambda: complete(CHANNEL), "file_not_found")
same("the bytes", bring(announced["upload_url"], "POST", FILM), 200)
refused("a person", lambda: complete(USER), "invalid_arguments")
refused("from outside", lambda: complete("C0OUTSIDE01"), "not_in_channel")
same("the completion", complete(CHANNEL)["ok"], True)
refused("another completion", lambda: complete(CHANNEL), "file_not_found")

text = slack.chat_postMessage(channel=CHANNEL, text="你好")
same("text", (text["channel"], text["message"]["text"]), (CHANNEL, "你好"))
reply = slack.chat_postMessage(channel=CHANNEL, text="x", thread_ts=text["ts"])
same("a reply", reply["message"]["thread_ts"], text["ts"])
same("an edit", slack.chat_update(channel=CHANNEL, ts=text["ts"], text="b")["text"], "b")
direct = slack.conversations_open(users=USER)["channel"]["id"]
same("a direct message", slack.chat_postMessage(channel=direct, text="x")["channel"], direct)
same("a file in it", slack.files_upload_v2(channel=direct, content=FILM, filename="b.mp4")["ok"], True)
same("away", slack.chat_delete(channel=CHANNEL, ts=text["ts"])["ok"], True)

refused("no text", lambda: slack.chat_postMessage(channel=CHANNEL, text=""), "no_text")
refused("archived", lambda: slack.chat_postMessage(channel="C0ARCHIVED1", text="x"), "is_archived")
refused("private", lambda: slack.chat_postMessage(channel="G0OUTSIDE01", text="x"), "channel_not_found")
scopeless = refused("no scope to open", lambda: client("xoxb-few").conversations_open(users=USER), "missing_scope")
same("which", scopeless["needed"], "im:write")
limited = refused("429", lambda: slack.conversations_info(channel=CHANNEL), "ratelimited")
same("when", limited.headers["retry-after"], "7")

print(passed)
