# sdk: standardwebhooks==1.1.0
# The same with the package for Python, which writes JSON with blanks in it.
import json
import sys
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

from standardwebhooks import Webhook

BASE = sys.argv[1]
SECRET = "whsec_dGVzdGtpdC13ZWJob29rLXNlY3JldC0wMTIzNDU2Nzg5"
BODY = json.dumps({"type": "media.result", "data": {"url": "https://a.example/x.mp4"}})
passed = 0


def post(secret=SECRET, at=None, sent=BODY):
    at = at or datetime.now(timezone.utc)
    headers = {
        "webhook-id": "msg_py",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_py", at, BODY),
        "content-type": "application/json",
    }
    request = urllib.request.Request(f"{BASE}/hook", sent.encode(), headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def same(name, got, wanted):
    global passed
    assert got == wanted, f"{name}: {got} instead of {wanted}"
    passed += 1


same("signed", post(), 202)
same("another secret", post("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 401)
same("another body", post(sent="{}"), 401)
same("long ago", post(at=datetime.now(timezone.utc) - timedelta(hours=1)), 401)
print(passed)
