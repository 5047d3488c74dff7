"""Cases: what a person has to decide, of whom they are kept, who decides, and how they end."""
import json
import os
import time

from server import run
from test_keep import granted, on_disk, restart
from test_rules import converse

CRISIS = "zebra says: I want to die."
WANTS = "I want to speak to a manager."


def a_call(server, subject, consent, *texts):
    opening = server.opening(consent)
    opening["participants"][0].update(subject=subject)
    return converse(server, *texts, participants=opening["participants"])[0].rsplit("/", 1)[1]


def cases(server, count, query=""):
    for _ in range(100):
        got = server.json("GET", "/v1/cases" + query)["cases"]
        if len(got) >= count:
            break
        time.sleep(0.05)
    time.sleep(0.1)
    got = server.json("GET", "/v1/cases" + query)["cases"]
    assert len(got) == count, got
    return got


def decide(server, case, status=200, **more):
    got, headers, text = server.ask("POST", f"/v1/cases/{case}/decision", more)
    assert got == status, (got, text)
    return json.loads(text)


def made_and_decided(server):
    session = a_call(server, "s-keep", granted(server, "s-keep", True), "The third time! I am furious, this is useless.", WANTS, CRISIS)
    crisis, wants = cases(server, 2)
    assert (crisis["event"]["rule"], wants["event"]["rule"]) == ("crisis_words", "escalation_request")
    assert crisis["state"] == wants["state"] == "open" and crisis["session"] == session and crisis["decisions"] == []
    assert wants["event"]["who"] == "customer" and sum(wants["reading"]["core"].values()) > 0.99 and wants["reading"]["cues"] == []
    assert server.json("GET", "/v1/cases/" + wants["case"]) == wants
    assert server.json("GET", f"/v1/sessions/{session}/events")["events"][-1]["event"] == crisis["event"]
    page = server.json("GET", "/v1/cases?limit=1")
    assert page["cases"] == [crisis] and server.json("GET", "/v1/cases?limit=1&before=" + page["before"])["cases"] == [wants]
    for wrong, part in (({}, "decision"), ({"decision": "maybe", "reason": "x"}, "decision"), ({"decision": "accept"}, "reason"),
                        ({"decision": "accept", "reason": ""}, "reason"), ({"decision": "accept", "reason": "x" * 2001}, "2000"),
                        ({"decision": "accept", "reason": "x", "correction": {"core": "joy"}}, "correct"), ({"decision": "correct", "reason": "x"}, "correct"),
                        ({"decision": "correct", "reason": "x", "correction": {"core": "rage"}}, "core"), ({"decision": "accept", "reason": "x", "more": 1}, "more"),
                        ({"decision": "correct", "reason": "x", "correction": {"valence": -2}}, "valence")):
        assert part in json.dumps(decide(server, wants["case"], 422, **wrong)), part
    assert server.json("GET", "/v1/cases/" + wants["case"])["state"] == "open"
    done = decide(server, wants["case"], decision="correct", reason="she was sad", correction={"core": "sadness", "stress": 0.7}, version=1)
    assert done["state"] == "corrected" and done["version"] == 2 and done["decisions"][0]["correction"] == {"core": "sadness", "stress": 0.7}
    decide(server, wants["case"], 409, decision="accept", reason="too late", version=1)
    assert decide(server, wants["case"], decision="reject", reason="looked again")["state"] == "rejected"
    assert decide(server, crisis["case"], decision="accept", reason="called back")["state"] == "accepted"
    assert len(server.json("GET", "/v1/cases/" + wants["case"])["decisions"]) == 2
    assert cases(server, 0, "?state=open") == [] and len(cases(server, 1, "?state=accepted")) == 1
    for path in ("/v1/cases/k_none", "/v1/cases/k_" + "0" * 32, "/v1/cases/%27%20OR%201=1"):
        assert server.ask("GET", path)[0] == 404, path
    assert not on_disk(server, "zebra", "looked again", "she was sad", '"core"', "furious")
    audit = open(os.path.join(server.data, "audit")).read()
    assert audit.count('"what":"decision"') >= 4 and '"what":"cases"' in audit and f'"of":"{wants["case"]}"' in audit
    before = server.json("GET", "/v1/cases")["cases"]
    server.process.kill()
    restart(server)
    assert server.json("GET", "/v1/cases")["cases"] == before
    exported = server.json("GET", "/v1/subjects/s-keep")
    assert {c["id"] for c in exported["cases"]} == {wants["case"], crisis["case"]}
    server.json("DELETE", "/v1/subjects/s-keep")
    assert server.json("GET", "/v1/cases")["cases"] == []


def of_those_who_are_not_kept(server):
    """Of them there is a case of a rule that is `always` alone: which rule, which session, when; not of whom."""
    a_call(server, "s-read", granted(server, "s-read", False), WANTS, CRISIS)
    session = a_call(server, "s-none", "", WANTS, CRISIS)
    last, _ = cases(server, 2)
    assert last["event"]["rule"] == "crisis_words" and last["session"] == session and last["reading"] is None
    assert last["event"]["who"] is None and "actions" not in last["event"] and "zebra" not in json.dumps(last)
    assert not on_disk(server, "zebra")
    for subject in ("s-read", "s-none"):
        assert server.ask("GET", "/v1/subjects/" + subject)[0] == 404
    decide(server, last["case"], decision="accept", reason="seen")


def withdrawn(server):
    both, keep = granted(server, "s-1", True), granted(server, "s-2", True)
    a_call(server, "s-1", both, WANTS)
    a_call(server, "s-2", keep, WANTS)
    cases(server, 2)
    server.json("DELETE", f"/v1/consents/{both}?modality=text")
    left = cases(server, 1)
    assert server.ask("GET", "/v1/subjects/s-1")[0] == 200 and left[0]["event"]["rule"] == "escalation_request"
    server.json("DELETE", "/v1/consents/" + keep)
    cases(server, 0)


def other_keys(server):
    """Without a key nobody sees any; tenants and scopes are in test_keys.py."""
    for path in ("/v1/cases", "/v1/cases/k_" + "0" * 32):
        assert server.ask("GET", path, key=None)[0] == 401
    assert server.ask("POST", "/v1/cases/k_0/decision", {}, key=None)[0] == 401


if __name__ == "__main__":
    run(made_and_decided, of_those_who_are_not_kept, withdrawn, other_keys)
