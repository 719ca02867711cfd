"""The rival from before: one process for each waiting job, urllib, whole files in memory, standard library only.

    waiter.py check | submit TEXT CHAT | wait SESSION CHAT

A submit leaves a process behind that waits for its job.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid

HOME = os.environ.get("NEXU_HOME", os.path.expanduser("~/.nexu"))
GATEWAY = os.environ.get("LIBTV_GATEWAY_URL", "https://seedance.nexu.io").rstrip("/")
MEDIA = os.environ.get("LIBTV_MEDIA_URL", "https://libtv-res.liblib.art").rstrip("/")
FEISHU = os.environ.get("FEISHU_BASE_URL", "https://open.feishu.cn").rstrip("/")
INTERVAL_S = float(os.environ.get("LIBTV_POLL_INTERVAL_SECONDS", "8"))


def call(url, headers, body=None, timeout_s=120):
    request = urllib.request.Request(url, data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:
        return answer.read()


def gateway(path, body=None):
    with open(os.path.join(HOME, "libtv.json"), encoding="utf-8") as file:
        key = json.load(file)["apiKey"]
    headers = {"X-API-KEY": key, "User-Agent": "LibTVSkill/1.0"}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body).encode()
    return json.loads(call(GATEWAY + path, headers, body))


def feishu(path, headers, body):
    answer = json.loads(call(FEISHU + "/open-apis/" + path, headers, body))
    if answer.get("code") != 0:
        raise RuntimeError(answer)
    return answer


def check():
    status = gateway("/api/v1/key/status")
    print(f"Gateway: {GATEWAY}")
    print("Key valid")
    print(f"Remaining uses: {status['remaining_uses']}/{status['max_uses']}")


def submit(text, chat):
    answer = gateway("/libtv/v1/session", {"message": text})
    session = answer["sessionId"]
    subprocess.Popen(
        [sys.executable, os.path.abspath(__file__), "wait", session, chat],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    print(json.dumps({"status": "submitted", "sessionId": session}))


def find_video(session):
    for message in gateway(f"/libtv/v1/session/{urllib.parse.quote(session)}")["messages"] or []:
        if message.get("role") != "tool":
            continue
        for video in json.loads(message["content"])["task_result"].get("videos") or []:
            return video["previewPath"]
    return None


def form(fields, name, media):
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: video/mp4\r\n\r\n".encode()
    )
    body = b"".join(parts) + media + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def wait(session, chat):
    url = find_video(session)
    print("started", flush=True)
    while url is None:
        time.sleep(INTERVAL_S)
        url = find_video(session)
    media = call(MEDIA + urllib.parse.urlsplit(url).path, {})
    app = {"app_id": os.environ["FEISHU_APP_ID"], "app_secret": os.environ["FEISHU_APP_SECRET"]}
    plain = {"Content-Type": "application/json; charset=utf-8"}
    answer = feishu("auth/v3/tenant_access_token/internal", plain, json.dumps(app).encode())
    token = {"Authorization": "Bearer " + answer["tenant_access_token"]}
    kind, body = form({"file_type": "mp4", "file_name": "video.mp4"}, "video.mp4", media)
    uploaded = feishu("im/v1/files", token | {"Content-Type": kind}, body)
    message = {
        "receive_id": chat,
        "msg_type": "media",
        "content": json.dumps({"file_key": uploaded["data"]["file_key"]}),
        "uuid": uuid.uuid4().hex,
    }
    feishu("im/v1/messages?receive_id_type=chat_id", token | plain, json.dumps(message).encode())


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check")
    for name, words in (("submit", ("text", "chat")), ("wait", ("session", "chat"))):
        command = commands.add_parser(name)
        for word in words:
            command.add_argument(word)
    arguments = vars(parser.parse_args())
    {"check": check, "submit": submit, "wait": wait}[arguments.pop("command")](**arguments)


if __name__ == "__main__":
    main()
