# sdk: byteplus-python-sdk-v2==3.0.63 httpx==0.28.1 anyio==4.12.0 sniffio==1.3.1 cryptography==50.0.2
"""BytePlus' own SDK against the fake; it imports what its package doesn't ask for, hence the line above. Prints how many checks
passed, or the first difference."""

import sys
import time

from byteplussdkarkruntime import Ark
from byteplussdkarkruntime import _exceptions as errors

MODEL = "dreamina-seedance-2-5-260628"
ark = Ark(base_url=sys.argv[1] + "/api/v3", api_key="7e57b4c0-0b4c-4e57-8b4c-0123456789cd", max_retries=0)
tasks = ark.content_generation.tasks
passed = 0


def check(name, holds, got):
    global passed
    assert holds, f"{name}: {got}"
    passed += 1


def refused(name, kind, code, **fields):
    wanted = {"model": MODEL, "content": [{"type": "text", "text": "x"}], **fields}
    try:
        got = tasks.create(**wanted)
    except kind as error:
        check(name, error.code == code, error)
    else:
        raise AssertionError(f"{name}: {code} expected, got {got}")


before = int(time.time())
made = tasks.create(model=MODEL, content=[{"type": "text", "text": "a dog"}], ratio="21:9", duration=30, seed=7)
statuses = [tasks.get(task_id=made.id).status for _ in range(2)]
check("it runs and is done", statuses == ["running", "succeeded"], statuses)
found = [task for task in tasks.list(model=MODEL).items if task.created_at >= before]
check("it is found by model and time", made.id in [task.id for task in found], found)
done = tasks.get(task_id=made.id)
check("what was asked for", (done.ratio, done.duration, done.seed) == ("21:9", 30, 7), done)
check("a link abroad", ".tos-ap-southeast-1." in done.content.video_url, done.content)
queued = tasks.create(model=MODEL, content=[{"type": "text", "text": "stays queued"}])
tasks.delete(queued.id)
check("cancelled", tasks.get(task_id=queued.id).status == "cancelled", queued)
refused("a model of the other service", errors.ArkNotFoundError, "InvalidEndpointOrModel.NotFound", model="doubao-seedance-2-5-260628")
frame = {"type": "image_url", "image_url": {"url": "https://a.example/a.png"}, "role": "first_frame"}
refused("a frame and a ratio", errors.ArkBadRequestError, "InvalidParameter.TaskTypeConstraint", content=[frame], ratio="9:16")
made = ark.images.generate(model="seedream-4-5-251128", prompt="a dog", size="2K", response_format="url")
check("a picture", made.data[0].url.startswith("https://ark-content-generation-v2-ap-southeast-1."), made)

print(passed)
