# sdk: volcengine-ark-runtime==5.0.54
"""Volcengine's own SDK against the fake (the part `[ark]` of `volcengine-python-sdk`): prints how many checks passed, or the
first difference."""

import base64
import sys

from volcenginesdkarkruntime import Ark
from volcenginesdkarkruntime import _exceptions as errors

BASE = sys.argv[1] + "/api/v3"
KEY = "7e57a4c0-0a4c-4e57-8a4c-0123456789ab"
MODEL = "doubao-seedance-2-0-260128"
passed = 0


def client(key=KEY, retries=0):
    return Ark(base_url=BASE, api_key=key, max_retries=retries)


def text(words):
    return [{"type": "text", "text": words}]


def picture(role, url):
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


def check(name, holds, got):
    global passed
    assert holds, f"{name}: {got}"
    passed += 1


def refused(name, kind, code, call):
    try:
        got = call()
    except kind as error:
        check(name, error.code == code, error)
        check(f"{name}: a request id", "Request id: " in error.message, error.message)
    else:
        raise AssertionError(f"{name}: {code} expected, got {got}")


# A lost answer. There is no key that makes a submit harmless: the SDK repeats it, and pays twice.
tasks = client(retries=2).content_generation.tasks
again = tasks.create(model=MODEL, content=text("lost"))
listed = tasks.list(page_size=10)
check("the SDK repeats a lost submit", listed.total == 2 and again.id in [task.id for task in listed.items], listed)

# From queued to its end
tasks = client().content_generation.tasks
made = tasks.create(
    model=MODEL,
    content=text("a cat") + [picture("reference_image", "https://a.example/cat.png")],
    ratio="adaptive",
    duration=-1,
    resolution="1080p",
    generate_audio=False,
    watermark=False,
    return_last_frame=True,
    execution_expires_after=259200,
    safety_identifier="user-1",
)
check("an id", made.id.startswith("cgt-") and made.safety_identifier == "user-1", made)
running = tasks.get(task_id=made.id)
check("it runs", running.status == "running" and running.error is None and running.content is None, running)
done = tasks.get(task_id=made.id)
check("it is done", done.status == "succeeded", done)
check("a link for a day", "X-Tos-Expires=86400" in done.content.video_url, done.content)
check("the last frame", "_last_frame.png?" in done.content.last_frame_url, done.content)
check("what the model chose", (done.duration, done.ratio, done.resolution) == (5, "16:9", "1080p"), done)
check("tokens", done.usage.completion_tokens == done.usage.total_tokens > 0, done.usage)
check("settings come back", (done.execution_expires_after, done.generate_audio) == (259200, False), done)
check("moments", 0 <= done.updated_at - done.created_at < 60, done)
for _ in range(2):
    owned = tasks.create(model=MODEL, content=text("owned"))
    tasks.get(task_id=owned.id)
failed = tasks.get(task_id=owned.id)
check("it failed", failed.error.code == "OutputVideoSensitiveContentDetected.PolicyViolation", failed)

# The list
queued = tasks.create(model=MODEL, content=text("stays queued"))
check("by status", [task.id for task in tasks.list(status="queued").items][0] == queued.id, queued.id)
both = tasks.list(task_ids=[queued.id, made.id])
check("by ids, the newest first", [task.id for task in both.items] == [queued.id, made.id], both)
check("by model", tasks.list(model="doubao-seedance-2-5-260628").total == 0, MODEL)
page = tasks.list(page_num=2, page_size=1)
check("by page", page.total > 2 and len(page.items) == 1, page)

# Cancelling
tasks.delete(queued.id)
check("cancelled", tasks.get(task_id=queued.id).status == "cancelled", queued.id)
endless = tasks.create(model=MODEL, content=text("never ends"))
tasks.get(task_id=endless.id)
refused("a running task", errors.ArkConflictError, "InvalidAction.RunningTaskDeletion", lambda: tasks.delete(endless.id))
tasks.delete(made.id)
refused("a deleted task", errors.ArkNotFoundError, "NotFound.task_id", lambda: tasks.get(task_id=made.id))


# Refusals
def create(words="x", **fields):
    return lambda: tasks.create(**{"model": MODEL, "content": text(words), **fields})


bad_key = client("another").content_generation.tasks
refused("a wrong key", errors.ArkAuthenticationError, "AuthenticationError", bad_key.list)
refused("an unknown model", errors.ArkNotFoundError, "InvalidEndpointOrModel.NotFound", create(model="nothing"))
refused("a closed model", errors.ArkNotFoundError, "ModelNotOpen", create(model="doubao-seedance-1-5-pro-251215"))
refused("refused words", errors.ArkBadRequestError, "InputTextSensitiveContentDetected", create("a knife"))
refused("no such ratio", errors.ArkBadRequestError, "InvalidParameter", create(ratio="2:1"))
refused("too short", errors.ArkBadRequestError, "InvalidParameter", create(duration=3))
refused("no content", errors.ArkBadRequestError, "MissingParameter", create(content=[]))
broken = [picture("first_frame", "data:image/png;base64,AAAA")]
refused("no picture", errors.ArkBadRequestError, "InvalidParameter", create(content=broken))

# Pictures
images = client().images
made = images.generate(model="doubao-seedream-4-5-251128", prompt="a cat", size="2K", response_format="url", watermark=False)
check("a picture's link", "X-Tos-Expires=86400" in made.data[0].url and made.data[0].size == "2048x2048", made)
check("what it used", made.usage.generated_images == 1, made.usage)
made = images.generate(
    model="doubao-seedream-4-5-251128", prompt="a cat", image=["https://a.example/a.png"], response_format="b64_json"
)
check("a picture's bytes", base64.b64decode(made.data[0].b64_json).startswith(b"\xff\xd8\xff"), made.data)

print(passed)
