"""Webhooks as others take them: signatures by the npm package standardwebhooks, events by cloudevents, at the versions of
npm/package.json. Skipped where there is no Node or the registry cannot be reached."""
import json
import subprocess

import packages
from receiver import Receiver
from test_webhooks import CRISIS, WANTS, Own, run

FOLDER = "npm-webhooks"  # in the build folder


def received(calls, **secret):
    lines = "".join(json.dumps({"headers": c["headers"], "body": c["body"].decode(), **secret}) + "\n" for c in calls)
    told = subprocess.run(["node", "receive.mjs"], cwd=FOLDER, input=lines, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


def by_the_public_packages(place):
    with Receiver() as first, Receiver() as second, Own(place, [first, second]) as own:
        hmac, ed25519 = own.add(first.url), own.add(second.url, signature="v1a")
        assert "secret" not in ed25519 and ed25519["public_key"].startswith("whpk_")
        own.call(WANTS, CRISIS)
        for answer, call in zip(received(first.wait(2), secret=hmac["secret"]), first.got):
            assert answer["signed"] and not answer["changed"] and not answer["old"], answer
            event = json.loads(call["body"])
            assert answer["event"] == {name: event[name] for name in ("id", "source", "type", "subject", "time", "data")}, answer
        assert [(a["signed"], a["changed"]) for a in received(second.wait(2)[:2], public_key=ed25519["public_key"])] == [(True, False)] * 2
        fresh = own.json("POST", f"/v1/webhooks/{hmac['webhook']}/rotate", {})
        count = len(first.got)
        own.call(CRISIS)
        calls = first.wait(count + 1)[count:]
        for secret in (fresh["secret"], hmac["secret"]):
            assert all(a["signed"] for a in received(calls, secret=secret)), "old and new secret overlap"


packages.install("npm", FOLDER)
run(by_the_public_packages)
