"""Recipes: an event becomes a call of a CRM. Each stand-in checks the shape that the CRM documents, and answers as it would."""
import base64
import json
import os
import re

from receiver import Receiver
from server import ROOT
from test_rules import converse, written
from test_webhooks import CRISIS, WANTS, Own, run

SECRET = "s3cret-\"tok'en"


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def endpoint(name, receiver, secrets, **values):
    lines = [f"endpoints:\n  crm:\n    recipe: {name}\n    base: http://{receiver.host}\n    rules: [escalation_request, crisis_words]"]
    if values:
        lines.append("    values: {" + ", ".join(f"{k}: {json.dumps(v)}" for k, v in values.items()) + "}")
    lines.append("    secrets: {" + ", ".join(f"{k}: \"file:{v}\"" for k, v in secrets.items()) + "}\n")
    return "\n".join(lines)


def told(place, name, secret, status, reference="4711", **values):
    """What the stand-in gets of one call with a wish and a word of crisis in it, and the conversation's id."""
    path = written(place, "secret", SECRET + "\n")
    with Receiver(always=status) as receiver, Own(place, [receiver], 2, endpoint(name, receiver, {secret: path}, **values)) as own:
        opening = own.opening()
        more = {"reference": reference} if reference else {}
        session = converse(own, WANTS, CRISIS, participants=opening["participants"], **more)[0].rsplit("/", 1)[1]
        calls = sorted(receiver.wait(2), key=lambda c: b"critical" in c["body"] or b"urgent" in c["body"])  # they may come in any order
        listed = json.dumps(own.json("GET", "/v1/webhooks"))
        assert SECRET not in listed and json.dumps(SECRET)[1:-1] not in listed and f'"recipe": "{name}"' in listed
        own.stop()
        for folder, _, files in os.walk(own.data):
            assert not any(SECRET.encode() in open(os.path.join(folder, f), "rb").read() for f in files)
        assert all(c["headers"]["content-type"] == "application/json" and "webhook-signature" not in c["headers"] for c in calls)
        return session, calls


def keys(value, *names):
    assert isinstance(value, dict) and set(value) == set(names), value
    return value


def zendesk(place):
    session, calls = told(place, "zendesk", "token", 200, subdomain="acme", email="desk@acme.example")
    for call, priority in zip(calls, ("high", "urgent")):
        assert (call["method"], call["path"]) == ("PUT", "/api/v2/tickets/4711.json")
        assert call["headers"]["authorization"] == basic("desk@acme.example/token", SECRET)
        ticket = keys(keys(json.loads(call["body"]), "ticket")["ticket"], "priority", "comment")
        comment = keys(ticket["comment"], "public", "body")
        assert ticket["priority"] == priority and comment["public"] is False and session in comment["body"] and "{{" not in comment["body"]


def freshdesk(place):
    session, calls = told(place, "freshdesk", "key", 201, domain="acme")
    assert (calls[0]["method"], calls[0]["path"], calls[0]["headers"]["authorization"]) == ("POST", "/api/v2/tickets/4711/notes", basic(SECRET, "X"))
    note = keys(json.loads(calls[0]["body"]), "private", "body")
    assert note["private"] is True and note["body"].startswith("<p><b>") and session in note["body"]


def salesforce(place):
    session, calls = told(place, "salesforce", "token", 201, domain="acme", api="63.0", event="Mien_Event")
    assert (calls[0]["method"], calls[0]["path"]) == ("POST", "/services/data/v63.0/sobjects/Mien_Event__e/") and calls[0]["headers"]["authorization"] == "Bearer " + SECRET
    record = keys(json.loads(calls[0]["body"]), "Rule__c", "Severity__c", "Session__c", "Reference__c", "Role__c", "At__c", "Occurred__c")
    assert record["Rule__c"] == "escalation_request" and record["Session__c"] == session and record["Reference__c"] == "4711" and isinstance(record["At__c"], (int, float))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["Occurred__c"])
    assert json.loads(told(place, "salesforce", "token", 201, None, domain="acme", api="63.0", event="Mien_Event")[1][0]["body"])["Reference__c"] is None


def hubspot(place):
    session, calls = told(place, "hubspot", "token", 204, event="pe123456_mien_event")
    assert (calls[0]["method"], calls[0]["path"]) == ("POST", "/events/2026-03/send") and calls[0]["headers"]["authorization"] == "Bearer " + SECRET
    sent = [keys(json.loads(c["body"]), "eventName", "objectId", "occurredAt", "uuid", "properties") for c in calls]
    assert sent[0]["eventName"] == "pe123456_mien_event" and sent[0]["objectId"] == "4711" and sent[0]["uuid"] != sent[1]["uuid"]
    assert keys(sent[0]["properties"], "mien_rule", "mien_severity", "mien_session")["mien_session"] == session


NASTY = 'a"}],"x":{{event.rule}}\r\nx-evil: 1 <b>&../%2e?#'
OWN = """version: 1
request:
  method: POST
  url: "https://crm.example/{{event.who}}/in?of={{event.who}}"
  headers: {x-who: "of {{event.who}}", authorization: "Bearer {{secret.key}}"}
  body: {text: "<i>{{event.who|html}}</i>", raw: "{{event.who}}", said: ["{{event.who}}!", 1, true, null, "1"], seq: "{{event.seq}}"}
secrets: {key: any}
"""


def what_an_event_says_adds_nothing(place):
    """No name of a participant gets out of its place: not in the body, not in a header, not in the address."""
    recipe, secret = written(place, "own.yaml", OWN), written(place, "secret", "k\n")
    with Receiver() as receiver, Own(place, [receiver], 2, endpoint(recipe, receiver, {"key": secret})) as own:
        opening = own.opening()
        opening["participants"][0]["who"] = NASTY
        here = "/v1/sessions/" + own.json("POST", "/v1/sessions", opening, 201)["session"]
        own.json("POST", here + "/turns", {"who": NASTY, "text": CRISIS}, 202)
        call = receiver.wait(1)[0]
        body = keys(json.loads(call["body"]), "text", "raw", "said", "seq")
        assert body["raw"] == NASTY and body["said"] == [NASTY + "!", 1, True, None, "1"] and isinstance(body["seq"], int), body
        assert body["text"] == "<i>" + NASTY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;") + "</i>"
        assert "x-evil" not in {h.lower() for h in call["headers"]} and call["headers"]["x-who"] == "of " + NASTY.replace("\r\n", "  ")
        path, query = call["path"].split("?")
        assert path.count("/") == 2 and query.startswith("of=") and "&" not in query and "#" not in call["path"] and "%22%7D%5D" in path, call["path"]


def without_what_the_address_needs(place):
    """No ticket, no call: dead at once, and the reason is told."""
    secret = written(place, "secret", "k\n")
    with Receiver() as receiver, Own(place, [receiver], 9, endpoint("freshdesk", receiver, {"key": secret}, domain="acme")) as own:
        consent = own.json("POST", "/v1/consents", {"subject": "s-1", "purpose": "customer_service", "modalities": ["text", "voice"], "keep": True}, 201)["consent"]
        own.call(CRISIS, consent=consent)
        dead = own.until({"webhook": "crm"}, "dead")[0]
        assert "event.reference" in dead["tries"][0]["what"] and not receiver.got
        for reference in ("a/b", "..?", "ä", "x" * 64, 1):
            assert own.ask("POST", "/v1/sessions", {**own.opening(), "reference": reference})[0] == 422, reference
        own.json("POST", "/v1/sessions", {**own.opening(), "reference": ".."}, 201)


def as_documented(place):
    document = open(os.path.join(ROOT, "docs/recipes.md")).read()
    for name in sorted(os.listdir(os.path.join(ROOT, "recipes"))):
        assert f"`{name.removesuffix('.yaml')}`" in document, name
    example = document.split("```yaml\n")[2].split("```")[0]
    with Receiver() as receiver:
        own = endpoint(written(place, "example.yaml", example), receiver, {"key": written(place, "secret", "k\n")}, team="a b")
        with Own(place, [receiver], 2, own) as service:
            service.call(CRISIS)
            call = receiver.wait(1)[0]
            body = keys(json.loads(call["body"]), "urgency", "text", "at")
            assert call["path"] == "/api/teams/a%20b/lines" and body["urgency"] == "1" and isinstance(body["at"], (int, float)), call


def listed_and_tried(place):
    """What each needs, whether it is there, and what a call would be; no secret is shown, and no file is opened by a caller's word."""
    secret = written(place, "secret", SECRET + "\n")
    with Receiver() as receiver, Own(place, [receiver], 2, endpoint("freshdesk", receiver, {"key": secret}, domain="acme")) as own:
        recipes = {r["recipe"]: r for r in own.json("GET", "/v1/recipes")["recipes"]}
        assert set(recipes) == {"zendesk", "freshdesk", "salesforce", "hubspot"} and set(recipes["zendesk"]["values"]) == {"subdomain", "email"}
        assert recipes["freshdesk"]["endpoints"] == [{"webhook": "crm", "values": {"domain": "acme"}, "secrets": ["key"]}] and recipes["zendesk"]["endpoints"] == []
        assert SECRET not in json.dumps(recipes) and secret not in json.dumps(recipes)
        values = {"subdomain": "acme", "email": "desk@acme.example"}
        call = own.json("POST", "/v1/recipes", {"recipe": "zendesk", "values": values, "severity": "critical"})
        assert (call["method"], call["url"]) == ("PUT", "https://acme.zendesk.com/api/v2/tickets/4711.json") and call["body"]["ticket"]["priority"] == "urgent"
        assert "authorization: " + basic("desk@acme.example/token", "(token)") in call["headers"], call
        text = open(os.path.join(ROOT, "recipes", "zendesk.yaml")).read()
        assert own.json("POST", "/v1/recipes", {"yaml": text, "values": values, "severity": "critical"}) == call
        wrong = own.json("POST", "/v1/recipes", {"yaml": text.replace("method: PUT", "method: GET"), "values": values}, 400)
        assert "line" in json.dumps(wrong) and "method" in json.dumps(wrong), wrong
        for body in ({}, {"recipe": secret}, {"recipe": "../zendesk.yaml"}, {"recipe": "none"}, {"recipe": "zendesk"}, {"recipe": "zendesk", "yaml": text}, {"yaml": 3},
                     {"recipe": "zendesk", "values": {**values, "more": "x"}}, {"recipe": "zendesk", "values": values, "severity": "huge"}, {"recipe": "zendesk", "values": {**values, "email": 1}}):
            assert own.ask("POST", "/v1/recipes", body)[0] == 422, body
        reader = own.json("POST", "/v1/keys", {"label": "r", "scopes": ["read"]}, 201)["secret"]
        assert own.ask("GET", "/v1/recipes", key=reader)[0] == own.ask("POST", "/v1/recipes", {"recipe": "zendesk"}, key=reader)[0] == 403
        assert not receiver.got


if __name__ == "__main__":
    run(listed_and_tried, zendesk, freshdesk, salesforce, hubspot, what_an_event_says_adds_nothing, without_what_the_address_needs, as_documented)
