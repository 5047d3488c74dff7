"""What goes on between people, in the figures of a conversation; its summary, only when everybody agreed; and a person's own days, by
their own link alone."""
import json
import os
import time

from kept import exported


def consent(server, subject, purpose, **more):
    return server.json("POST", "/v1/consents", {"subject": subject, "purpose": purpose, "modalities": ["text", "voice"], "keep": True, **more}, 201)["consent"]


def talk(server, purpose, people, lines):
    """`people`: {who: subject}, each with a consent of the purpose. The session's id once all of it is kept."""
    opening = server.opening("", purpose=purpose)
    opening["participants"] = [{"who": who, "role": "customer", "subject": subject, "consent": consent(server, subject, purpose)} for who, subject in people.items()]
    here = "/v1/sessions/" + server.json("POST", "/v1/sessions", opening, 201)["session"]
    for i, (who, text) in enumerate(lines):
        server.json("POST", here + "/turns", {"who": who, "text": text, "t0": i * 5.0, "t1": i * 5.0 + 4}, 202)
    server.json("POST", here + "/finish", status=202)
    for _ in range(100):
        results = server.json("GET", here + "/results")["results"]
        if results and results[-1]["type"] == "finished":
            break
        time.sleep(0.05)
    for subject in people.values():
        exported(server, subject, 4)
    return here


LINES = [("ann", "You never listen to me, it is awful!"), ("ben", "It is not my fault, you are being unfair and I hate it.")] * 3 + [
    ("ben", "I am so sorry, that was wrong of me."), ("ann", "Thank you, that is lovely of you.")]


def between_and_summary(server):
    here = talk(server, "customer_service", {"ann": "s-ann", "ben": "s-ben"}, LINES)
    got = server.json("GET", here + "/figures")["between"]
    assert {p["who"] for p in got["people"]} == {"ann", "ben"}, got
    assert all(p["turns"] == 4 and p["variability"]["low"] <= p["variability"]["value"] <= p["variability"]["high"] for p in got["people"]), got
    assert {(p["from"], p["to"]) for p in got["pairs"]} == {("ann", "ben"), ("ben", "ann")}, got
    status, _, text = server.ask("GET", here + "/summary")
    assert status == 403 and b"2 of 2 people have not agreed" in text, text
    consent(server, "s-ann", "summary")
    assert server.ask("GET", here + "/summary")[0] == 403
    other = consent(server, "s-ben", "summary")
    told = server.json("GET", here + "/summary")["summary"]
    assert told.startswith("For ") and "ann" in told and "no judgement" in told, told
    assert server.json("GET", here + "/summary?language=de-AT")["summary"].startswith("Für ")
    status, _, text = server.ask("GET", here + "/summary?language=tlh")
    assert status == 422 and b"one of en zh es de fr ar" in text, text
    server.json("DELETE", "/v1/consents/" + other)  # withdrawn: no more
    assert server.ask("GET", here + "/summary")[0] == 403
    assert server.ask("GET", "/v1/sessions/s_" + "0" * 32 + "/summary")[0] == 404
    audit = open(server.data + "/audit").read()
    assert audit.count('"what":"summary"') >= 4 and "sorry" not in audit


def of_one_alone(server):
    """Where nothing is kept of the others, nobody can say whether they agreed."""
    here = talk(server, "customer_service", {"ann": "s-ann"}, [("ann", text) for _, text in LINES])
    consent(server, "s-ann", "summary")
    assert server.ask("GET", here + "/summary")[0] == 403


def an_open_one(server):
    here = "/v1/sessions/" + server.json("POST", "/v1/sessions", server.opening(), 201)["session"]
    assert server.ask("GET", here + "/summary")[0] == 409


def own_days(server):
    talk(server, "wellbeing", {"ann": "s-ann"}, [("ann", "What a lovely, happy day!"), ("ann", "I am glad about everything.")] * 2)
    token = server.json("POST", "/v1/subjects/s-ann/link", status=201)["token"]

    def ask(**body):
        status, _, text = server.ask("POST", "/v1/mine/wellbeing", body, None)
        return status, json.loads(text)
    status, told = ask(token=token)
    assert status == 403 and "asked for it" in told["detail"], told
    assert ask(token=token, agreed=1)[0] == 403  # true, and nothing like it
    status, told = ask(token=token, agreed=True, country="de")
    assert status == 200 and told["days"] == 1 and told["week"] > 0.1 and told["usual"] is None and not told["crisis"], told
    assert "0800 111 0 111" in told["help"] and "no diagnosis" in told["told"], told
    assert ask(token="x" * 40, agreed=True)[0] == 400 and ask(token=token, agreed=True, offset=9000)[0] in (400, 422)
    one = server.json("POST", "/v1/consents/" + consent(server, "s-ann", "wellbeing") + "/link", status=201)["token"]
    assert ask(token=one, agreed=True)[0] == 403  # a link of one consent is less
    assert server.ask("GET", "/v1/mine/wellbeing")[0] == 405
    audit = open(server.data + "/audit").read()
    assert '"what":"wellbeing","tenant":"default","key":"person"' in audit
    other = server.json("POST", "/v1/consents", {"subject": "s-new", "purpose": "customer_service", "modalities": ["text"], "keep": True}, 201)
    token = server.json("POST", "/v1/subjects/s-new/link", status=201)["token"]
    assert other and ask(token=token, agreed=True)[0] == 403  # no consent of that purpose
    server.json("POST", "/v1/consents", {"subject": "s-new", "purpose": "wellbeing", "modalities": ["text"], "until": time.time() + 2}, 201)
    assert ask(token=token, agreed=True)[0] == 200
    time.sleep(2.1)
    assert ask(token=token, agreed=True)[0] == 403  # it has run out


def usuals(server):
    """What is usual for somebody goes from one conversation to their next, where a consent of that purpose says so, and ends with it."""
    def once(sub, count):
        talk(server, "customer_service", {"ann": sub}, [("ann", "It is a fine day and I am glad.")] * 4)
        for _ in range(100):
            kept = server.json("GET", "/v1/subjects/" + sub)["usuals"]
            if len(kept) == count:
                return kept
            time.sleep(0.05)
        raise AssertionError(kept)
    once("s-no", 0)
    may = consent(server, "s-ann", "usuals")
    first = once("s-ann", 1)[0]["content"]
    assert first["usual"] == 1 and first["dims"][0]["usual"] > 0 and "glad" not in json.dumps(first), first
    time.sleep(0.2)
    second = once("s-ann", 1)[0]["content"]  # one, not two
    assert second["dims"][0]["seconds"] > first["dims"][0]["seconds"] and second["dims"][0]["usual"] > first["dims"][0]["usual"], (first, second)
    server.json("DELETE", "/v1/consents/" + may)
    assert server.json("GET", "/v1/subjects/s-ann")["usuals"] == []
    once("s-ann", 0)
    consent(server, "s-ann", "usuals", keep=False)  # without keeping it is none
    once("s-ann", 0)
    less = server.json("POST", "/v1/consents", {"subject": "s-ann", "purpose": "usuals", "modalities": ["text"], "keep": True}, 201)  # nor with less than is read
    once("s-ann", 0)
    assert less
    consent(server, "s-ann", "usuals")
    once("s-ann", 1)
    server.json("DELETE", "/v1/subjects/s-ann")
    assert server.ask("GET", "/v1/subjects/s-ann")[0] == 404


if __name__ == "__main__":
    from server import run
    os.environ["MIEN_STORE_TEXTS"] = "1"  # words are kept
    run(between_and_summary, of_one_alone, an_open_one, own_days, usuals)
