"""Webhooks: who is called, what is signed, how secrets change, and what is told of it. How calls end is in test_webhooks_calls.py."""
import json
import os
import subprocess
import tempfile
import time

from receiver import Receiver, data_of, signatures
from server import PROGRAM, Server
from test_keep import granted, on_disk
from test_rules import converse, written

WANTS, CRISIS = "I want to speak to a manager.", "zebra says: I want to die."
FAST = "webhooks:\n  hosts: \"%s\"\n  retry: 50 ms\n  attempts: %d\n  timeout: 1 s\n"


class Own(Server):
    def __init__(self, server, receivers, attempts=4, more=""):
        self.settings = written(server, "s.yaml", FAST % (", ".join(r.host for r in receivers), attempts) + more)
        super().__init__("--settings", self.settings)

    def add(self, url, **more):
        return self.json("POST", "/v1/webhooks", {"url": url, **more}, 201)

    def deliveries(self, hook, state):
        return self.json("GET", f"/v1/webhooks/{hook['webhook']}/deliveries?state={state}")["deliveries"]

    def until(self, hook, state, count=1):
        for _ in range(200):
            if len(self.deliveries(hook, state)) == count:
                return self.deliveries(hook, state)
            time.sleep(0.05)
        raise AssertionError((state, {s: self.deliveries(hook, s) for s in ("waiting", "delivered", "dead")}))

    def again(self):
        self.process.wait()
        self.process = subprocess.Popen([PROGRAM, "serve", "--port", str(self.port), "--data", self.data, "--settings", self.settings], stderr=subprocess.PIPE, text=True)
        assert "listening" in self.process.stderr.readline()

    def call(self, *texts, consent=""):
        opening = self.opening(consent)
        return converse(self, *texts, participants=opening["participants"])[0].rsplit("/", 1)[1]


def signed_and_told(server):
    with Receiver() as receiver, Own(server, [receiver]) as own:
        hook = own.add(receiver.url, rules=["escalation_request", "crisis_words"])
        session = own.call(WANTS, CRISIS, consent=granted(own, "s-1", True))
        first, second = sorted(receiver.wait(2), key=lambda c: b"crisis_words" in c["body"])
        event = json.loads(first["body"])
        assert (event["specversion"], event["type"], event["id"]) == ("1.0", "mien.event.escalation_request", f"{session}-{event['data']['seq']}")
        assert event["source"] == "/v1/sessions/" + session and event["subject"] == "customer" and event["datacontenttype"] == "application/json"
        assert event["data"]["rule"] == "escalation_request" and first["headers"]["content-type"].startswith("application/cloudevents+json")
        assert data_of(second)["rule"] == "crisis_words" and data_of(second)["always"] is True
        for call in (first, second):
            right, came = signatures(hook["secret"], call)
            assert came == [right] and abs(int(call["headers"]["webhook-timestamp"]) - time.time()) < 10
        done = own.until(hook, "delivered", 2)
        assert {d["delivery"] for d in done} == {first["headers"]["webhook-id"], second["headers"]["webhook-id"]} and done[0]["tries"][0]["status"] == 204
        assert not on_disk(own, "zebra", hook["secret"], "escalation_request", receiver.url)
        secrets = json.dumps(own.json("GET", "/v1/webhooks")) + json.dumps(own.json("GET", "/v1/webhooks/" + hook["webhook"]))
        assert hook["secret"][6:] not in secrets
        assert b'mien_deliveries_total{outcome="taken"} 2' in own.ask("GET", "/metrics")[2]
        own.json("DELETE", "/v1/subjects/s-1")
        assert own.deliveries(hook, "delivered") == []


def of_those_who_are_not_kept(server):
    """They are told as well; nothing of it stays when it was taken."""
    with Receiver() as receiver, Own(server, [receiver]) as own:
        hook = own.add(receiver.url)
        own.call(WANTS)
        assert data_of(receiver.wait(1)[0])["who"] == "customer"
        time.sleep(0.3)
        assert [own.deliveries(hook, state) for state in ("waiting", "delivered", "dead")] == [[], [], []]


def withdrawn(server):
    """What may rest on a consent that was withdrawn is not sent any more."""
    with Receiver(always=503) as receiver, Own(server, [receiver], 20) as own:
        hook, consent = own.add(receiver.url, rules=["crisis_words"]), granted(own, "s-1", True)
        own.call(CRISIS, consent=consent)
        own.until(hook, "waiting")
        own.json("DELETE", f"/v1/consents/{consent}?modality=text")
        own.until(hook, "waiting", 0)
        assert own.ask("GET", "/v1/subjects/s-1")[0] == 200 and own.deliveries(hook, "dead") == []


def who_wants_what(server):
    with Receiver() as all_of, Receiver() as people, Receiver() as none, Own(server, [all_of, people, none]) as own:
        own.add(all_of.url)
        own.add(people.url, actions=["person"])
        own.add(none.url, rules=["no_such_rule"])
        own.call(WANTS, CRISIS)
        all_of.wait(2)
        people.wait(1)
        time.sleep(0.3)
        assert [data_of(c)["rule"] for c in people.got] == ["crisis_words"] and not none.got
        assert {"crisis_words", "escalation_request"} <= {data_of(c)["rule"] for c in all_of.got}


def asked_wrongly(server):
    with Receiver() as receiver, Own(server, [receiver]) as own:
        for body, part in (({}, "url"), ({"url": 1}, "url"), ({"url": receiver.url, "secret": "x"}, "secret"), ({"url": receiver.url, "secret": "whsec_AAAA"}, "secret"),
                           ({"url": receiver.url, "signature": "v2"}, "signature"), ({"url": receiver.url, "rules": "x"}, "rules"), ({"url": receiver.url, "rules": []}, "rules"),
                           ({"url": receiver.url, "actions": [1]}, "actions"), ({"url": receiver.url, "more": 1}, "more")):
            status, _, text = own.ask("POST", "/v1/webhooks", body)
            assert status == 422 and part in text.decode(), (body, status, text)
        hook = own.add(receiver.url)
        assert own.ask("GET", f"/v1/webhooks/{hook['webhook']}/deliveries?state=waiting%20w_1")[0] == 422
        for wrong in (-1, "x", 1e12):
            assert own.ask("POST", f"/v1/webhooks/{hook['webhook']}/rotate", {"overlap": wrong})[0] == 422
        for method, path, body in (("GET", "", None), ("DELETE", "", None), ("POST", "/rotate", {}), ("GET", "/deliveries", None), ("POST", "/replay", {})):
            assert own.ask(method, "/v1/webhooks/w_" + "0" * 32 + path, body)[0] == 404, path
        own.json("DELETE", "/v1/webhooks/" + hook["webhook"])
        assert own.json("GET", "/v1/webhooks")["webhooks"] == []


def rotated(server):
    with Receiver() as receiver, Own(server, [receiver]) as own:
        hook = own.add(receiver.url, rules=["crisis_words"], secret="whsec_" + "QUJD" * 12)
        fresh = own.json("POST", f"/v1/webhooks/{hook['webhook']}/rotate", {"overlap": 2})
        assert hook["secret"] == "whsec_" + "QUJD" * 12 and fresh["secret"] != hook["secret"]
        own.call(CRISIS)
        call = receiver.wait(1)[0]
        came = signatures(fresh["secret"], call)[1]
        assert came == [signatures(fresh["secret"], call)[0], signatures(hook["secret"], call)[0]]
        own.process.kill()
        own.again()
        time.sleep(2)
        own.call(CRISIS)
        call = receiver.wait(2)[1]
        assert signatures(fresh["secret"], call)[1] == [signatures(fresh["secret"], call)[0]]


def in_the_settings(server):
    secret = "whsec_" + "QUJD" * 10
    path = written(server, "hook.secret", secret + "\n")
    with Receiver() as receiver:
        endpoints = f"endpoints:\n  crm:\n    url: {receiver.url}\n    secret: \"file:{path}\"\n    rules: [crisis_words]\n"
        with Own(server, [receiver], 3, endpoints) as own:
            own.call(WANTS, CRISIS)
            call = receiver.wait(1)[0]
            assert signatures(secret, call)[1] == [signatures(secret, call)[0]] and data_of(call)["rule"] == "crisis_words"
            listed = own.json("GET", "/v1/webhooks")["webhooks"]
            assert listed[0]["webhook"] == "crm" and listed[0]["settings"] and secret[6:] not in json.dumps(listed)
            assert own.ask("DELETE", "/v1/webhooks/crm")[0] == 422
            assert own.json("GET", "/v1/webhooks/crm/deliveries")["deliveries"] == []
        for wrong, part in (("endpoints:\n  crm:\n    urll: x\n", "line 3"), ("endpoints:\n  CRM: {}\n", "line 2"), ("endpoints: [a]\n", "line 1"), ("endpoints:\n  crm:\n    url: x\n", "line 3"),
                            ("endpoints:\n  crm:\n    url: https://10.0.0.1/\n    secret: env:NOPE\n", "not public"), ("endpoints:\n  crm:\n    url: https://example.org/\n    secret: env:NOPE\n", "NOPE"),
                            (f"endpoints:\n  crm:\n    url: https://example.org/\n    secret: {secret}\n", "env:NAME"), ("endpoints:\n  crm: {url: https://example.org/, secret: env:HOME}\n", "whsec_")):
            told = subprocess.run([PROGRAM, "serve", "--port", "0", "--data", os.path.join(server.data, "other"), "--settings", written(server, "w.yaml", wrong)],
                                  stderr=subprocess.PIPE, text=True, timeout=20)
            assert told.returncode in (1, 2) and part in told.stderr and secret not in told.stderr, (wrong, told)


class Place:
    """Where a test puts its settings."""
    def __init__(self, data):
        self.data = data


def run(*tests):
    for test in tests:
        print(test.__name__, flush=True)
        with tempfile.TemporaryDirectory(prefix="mien-webhooks-") as data:
            test(Place(data))


if __name__ == "__main__":
    run(signed_and_told, of_those_who_are_not_kept, withdrawn, who_wants_what, asked_wrongly, rotated, in_the_settings)
