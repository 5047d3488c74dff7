"""Recordings as jobs: sent, read beside live calls, looked at, taken away; and what must not happen with them."""
import json
import os
import subprocess
import time
import urllib.parse

from server import PROGRAM, ROOT, run

SAMPLE = os.path.join(ROOT, "samples/call.opus")


def asked(consent: str = "", **more) -> dict:
    return {"purpose": "customer_service", "context": "call", "jurisdiction": "eu", "notice_given": True,
            "participants": [{"who": "customer", "role": "customer", "subject": "s-1", "consent": consent},
                             {"who": "agent", "role": "agent"}], "channels": ["customer", "agent"], **more}


def address(what: dict, **more) -> str:
    return "/v1/jobs?" + urllib.parse.urlencode({"job": json.dumps(what, separators=(",", ":")), **more})


def wait(server, job: str, until=("done", "failed", "cancelled", "interrupted")) -> dict:
    for _ in range(600):
        got = server.json("GET", "/v1/jobs/" + job)
        if got["state"] in until:
            return got
        time.sleep(0.05)
    raise AssertionError(f"it stays {got['state']}")


def a_raw_upload(server):
    """The sample call: the readings of the customer, as `mien read` gives them, and nothing of the agent's."""
    body = open(SAMPLE, "rb").read()
    status, headers, text = server.ask("POST", address(asked(server.consent()), name="call.opus"), body, headers={"Content-Type": "audio/ogg"})
    made = json.loads(text)
    assert status == 202 and headers["location"] == "/v1/jobs/" + made["job"] and made["name"] == "call.opus", (status, text)
    done = wait(server, made["job"])
    assert done["state"] == "done" and done["progress"] == 1 and done["error"] is None and done["seconds"] > 30, done
    results = server.json("GET", f"/v1/jobs/{made['job']}/results")["results"]
    assert len(results) == done["results"] and {r["type"] for r in results} >= {"reading", "state"}
    assert not any("agent" in (r.get("reading") or r.get("state") or {}).get("who", "") for r in results)
    own = [json.loads(line) for line in subprocess.run(
        [PROGRAM, "read", SAMPLE, "--words", "off", "--json", "--who", "left=customer,right=agent"], stdout=subprocess.PIPE, check=True).stdout.splitlines()]
    own = [{k: v for k, v in r.items() if k != "file"} for r in own if r.get("modality") == "voice" and r["who"] == "customer"]
    assert [r["reading"] for r in results if r["type"] == "reading"] == own and len(own) > 5
    lines = server.ask("GET", f"/v1/jobs/{made['job']}/results", headers={"Accept": "application/x-ndjson"})
    assert lines[1]["content-type"] == "application/x-ndjson" and [json.loads(line) for line in lines[2].splitlines()] == results
    session = server.json("GET", "/v1/sessions/" + made["session"])
    assert session["purpose"] == "customer_service", session


run(a_raw_upload)
