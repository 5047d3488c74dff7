"""All live conversations at a glance: who may see them, what is told of whom, what changes, what ends, and who reads slowly."""
import json
import os
import socket
import threading
import time
import urllib.request

from server import run
from test_cases import WANTS, cases, decide
from test_keep import granted
from test_rules import converse

ANGRY = "This is the third time! I am furious, this is useless and you never listen to me."


def opened(server, consent=None, role="customer", **more):
    consent = consent or server.consent("s-1", modalities=("text",))
    opening = server.opening(consent, **more)
    if "participants" not in more:
        opening["participants"][0].update(role=role)
    return server.json("POST", "/v1/sessions", opening, 201)["session"]


def say(server, session, text, who="customer"):
    return server.json("POST", f"/v1/sessions/{session}/turns", {"who": who, "text": text}, 202)


def until(what, seconds=10):
    end = time.time() + seconds
    while time.time() < end:
        got = what()
        if got:
            return got
        time.sleep(0.05)
    raise AssertionError("it did not come")


class Reader:
    """Server-sent events, one after the other."""

    def __init__(self, server, path="/v1/live"):
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", headers={"Authorization": "Bearer " + server.key, "Accept": "text/event-stream"})
        self.answer = urllib.request.urlopen(request, timeout=15)
        assert self.answer.headers["content-type"].startswith("text/event-stream")

    def next(self):
        kind, data = "", ""
        while True:
            line = self.answer.readline().decode()
            assert line, "the stream ended"
            if line.startswith("event: "):
                kind = line[7:].strip()
            elif line.startswith("data: "):
                data = line[6:]
            elif line == "\n":
                return kind, json.loads(data)

    def find(self, fits):
        for _ in range(200):
            kind, data = self.next()
            if fits(kind, data):
                return data
        raise AssertionError("it did not come")


def of(data, session):
    return next((s for s in data["sessions"] if s["session"] == session), None)


def at_a_glance(server):
    """What is told: the customer's state and not the agent's, the last event, those first that need somebody most."""
    assert server.json("GET", "/v1/live") == {"live": 0, "sessions": []}
    calm, angry = opened(server), opened(server, reference="T-7")
    say(server, calm, "Thank you, that is very kind, I am happy with it.")
    say(server, angry, ANGRY)
    say(server, angry, WANTS)

    def both():
        got = server.json("GET", "/v1/live")
        return got if len([s for s in got["sessions"] if s["people"][0]["state"]]) == 2 and of(got, angry)["last"] else None

    got = until(both)
    assert [s["session"] for s in got["sessions"]] == [angry, calm] and got["live"] == 2
    first, second = got["sessions"]
    assert 0 <= second["need"] < first["need"] <= 1 and first["reference"] == "T-7" and first["purpose"] == "customer_service"
    customer, agent = first["people"]
    assert customer["role"] == "customer" and customer["read"] == ["text"] and customer["state"]["valence"] < 0
    assert customer["state"]["core"] in ("anger", "disgust", "sadness") and 0 < customer["state"]["confidence"] <= 1
    assert not {"cue", "cue_of"} & set(customer["state"]), "words are told nobody here"
    assert agent == {"who": "agent", "role": "agent", "mode": "nothing", "read": [], "state": None}
    assert first["kept"] is False and server.json("GET", f"/v1/live?session={angry}")["sessions"][0]["kept"] is False
    assert first["last"]["rule"] == "escalation_request" and first["last"]["severity"] == "warning" and first["last"]["age"] < 30
    assert "manager" not in json.dumps(got) and "furious" not in json.dumps(got)
    assert len(server.json("GET", "/v1/live?limit=1")["sessions"]) == 1
    assert '"what":"live"' in open(os.path.join(server.data, "audit")).read()


def never_of_agents(server):
    """Where a policy lets an agent's words be read, their state is not on the board all the same."""
    opening = server.opening(server.consent("s-9", "self", ("text",)), purpose="self")
    opening["participants"] = [{"who": "one", "role": "self", "subject": "s-9", "consent": opening["participants"][0]["consent"]}]
    session = server.json("POST", "/v1/sessions", opening, 201)["session"]
    say(server, session, ANGRY, "one")
    assert until(lambda: of(server.json("GET", "/v1/live"), session)["people"][0]["state"])["valence"] < 0
    other = opened(server)
    status, _, _ = server.ask("POST", f"/v1/sessions/{other}/turns", {"who": "agent", "text": ANGRY})
    assert status == 403
    assert of(server.json("GET", "/v1/live"), other)["people"][1]["state"] is None


def as_it_changes(server):
    """The whole at first, then what changes, at most twice a second; events; the end; nothing of another tenant."""
    consent = server.consent("s-1", modalities=("text",))
    session = opened(server, consent, "patient")  # of whom words, too, are read with a consent alone
    reader = Reader(server)
    kind, first = reader.next()
    assert kind == "sessions" and first["whole"] and of(first, session)["people"][0]["state"] is None and first["missed"] == 0
    came = []
    for _ in range(6):
        say(server, session, ANGRY)
        time.sleep(0.12)
    changed = reader.find(lambda kind, data: kind == "sessions" and of(data, session) and of(data, session)["people"][0]["state"])
    assert not changed["whole"] and of(changed, session)["need"] > 0
    say(server, session, "I want to die.")
    fired = reader.find(lambda kind, data: kind == "event" and data["event"]["rule"] == "crisis_words")
    assert fired["session"] == session
    for text in (ANGRY, "All right, thank you.", ANGRY, "That is good.", ANGRY):
        say(server, session, text)
        kind, data = reader.next()
        if kind == "sessions":
            came.append(time.time())
        time.sleep(0.05)
    assert all(b - a > 0.4 for a, b in zip(came[1:], came[2:])), came
    later = opened(server, consent)
    assert not of(reader.find(lambda kind, data: kind == "sessions" and of(data, later)), later)["events"]
    server.json("DELETE", f"/v1/consents/{consent}?modality=text")
    gone = reader.find(lambda kind, data: kind == "sessions" and of(data, session) and not of(data, session)["people"][0]["read"])
    assert of(gone, session)["people"][0]["state"] is None, "a consent ended: nothing that rests on it is told any more"
    server.json("POST", f"/v1/sessions/{session}/finish", status=202)
    reader.find(lambda kind, data: kind == "sessions" and session in data["ended"])
    left = server.json("GET", "/v1/live")
    assert [s["session"] for s in left["sessions"]] == [later]
    made = server.json("POST", "/v1/keys", {"label": "x", "scopes": ["stream", "review"]}, 201)["secret"]
    assert server.ask("GET", "/v1/live", key=made)[0] == 403 and server.ask("GET", "/v1/live", key=None)[0] == 401


def who_reads_slowly(server):
    """Who takes nothing is not sent all that came meanwhile, is not closed either, and has the newest when it reads again."""
    consents = [server.consent("s-1", modalities=("text", "voice", "face")) for _ in range(16)]
    people = [{"who": f"{i:02} {'x' * 60}", "role": "customer", "subject": "s-1", "consent": consent} for i, consent in enumerate(consents)]
    for _ in range(140):
        opened(server, consents[0], participants=people)
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    slow.connect(("127.0.0.1", server.port))
    slow.sendall(f"GET /v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\nAccept: text/event-stream\r\n\r\n".encode())
    quick, taken = Reader(server).answer, [0]
    threading.Thread(target=lambda: [taken.__setitem__(0, taken[0] + len(line)) for line in quick], daemon=True).start()
    for consent in consents:  # each is in all conversations, and all are told again
        for modality in ("voice", "face"):
            server.json("DELETE", f"/v1/consents/{consent}?modality={modality}")
            time.sleep(0.6)
    assert taken[0] >= 8 << 20, taken
    last = opened(server, consents[0])
    slow.settimeout(5)
    got = 0
    text = b""
    while last.encode() not in text:
        part = slow.recv(1 << 20)
        assert part, "it was closed"
        got += len(part)
        text = text[-100:] + part
    print(f"  slow: {got} bytes, quick: {taken[0]}")
    assert got < 0.7 * taken[0], (got, taken)
    slow.close()


def agreed(server):
    """How often each rule fired, and how often people agreed."""
    def count(rule):
        return next(r for r in server.json("GET", "/v1/rules/counts")["rules"] if r["rule"] == rule)

    none = server.json("GET", "/v1/rules/counts")
    assert none["cases"] == 0 and none["all"] and {r["agreed"] for r in none["rules"]} == {None} and len(none["rules"]) >= 8
    consent = granted(server, "s-keep", True)
    opening = server.opening(consent)
    opening["participants"][0].update(subject="s-keep")
    for _ in range(3):
        converse(server, WANTS, participants=opening["participants"])
    made = cases(server, 3)
    decide(server, made[0]["case"], decision="accept", reason="right")
    decide(server, made[1]["case"], decision="reject", reason="a manager of theirs")
    got = count("escalation_request")
    assert (got["fired"], got["open"], got["accepted"], got["rejected"], got["corrected"], got["agreed"]) == (3, 1, 1, 1, 0, 0.5), got
    assert count("crisis_words")["agreed"] is None


def contacts(server):
    """Earlier conversations of the same people and purpose: of whose consent covers keeping, and not once it has ended."""
    consent = granted(server, "s-keep", True)
    opening = server.opening(consent)
    opening["participants"][0].update(subject="s-keep")
    earlier = converse(server, WANTS, participants=opening["participants"])[0].rsplit("/", 1)[1]
    other = opened(server)
    assert server.json("GET", f"/v1/sessions/{other}/contacts") == {"contacts": []}, "nothing of theirs is kept"
    now = opened(server, consent, participants=opening["participants"])
    got = until(lambda: [c for c in server.json("GET", f"/v1/sessions/{now}/contacts")["contacts"] if c["events"]])
    assert [c["session"] for c in got] == [earlier] and got[0]["events"] == 1 and got[0]["last"]["rule"] == "escalation_request", got
    assert got[0]["who"] == "customer" and got[0]["last"]["severity"] == "warning" and "manager" not in json.dumps(got)
    assert server.ask("GET", "/v1/sessions/s_" + "0" * 32 + "/contacts")[0] == 404
    assert any('"what":"contacts"' in line and now in line for line in open(os.path.join(server.data, "audit")))
    server.json("DELETE", "/v1/consents/" + consent)
    assert server.json("GET", f"/v1/sessions/{now}/contacts") == {"contacts": []}


def panel(server):
    """Off until an administrator turns it on, and off again at once; with the cue and what is kept, never of the agent."""
    consent = granted(server, "s-keep", True)
    opening = server.opening(consent)
    opening["participants"][0].update(subject="s-keep")
    session = opened(server, consent, participants=opening["participants"])
    here = f"/v1/live/{session}"
    status, _, text = server.ask("GET", here)
    assert status == 403 and "off for this team" in text.decode() and "administrator" in json.loads(text)["remedy"]
    assert server.json("GET", "/v1/team") == {"agent_view": False, "cue": True, "suggestion": True, "hold": 4.0}
    for wrong, part in (({"agent_view": 1}, "agent_view"), ({"hold": 0.5}, "hold"), ({"hold": "4"}, "hold"), ({"more": True}, "more")):
        status, _, text = server.ask("PUT", "/v1/team", wrong)
        assert status == 422 and part in text.decode(), (wrong, text)
    assert server.ask("PUT", "/v1/team", b"[]")[0] == 400
    reads = server.json("POST", "/v1/keys", {"label": "x", "scopes": ["read", "stream"]}, 201)["secret"]
    assert server.ask("PUT", "/v1/team", {"agent_view": True}, key=reads)[0] == 403
    assert server.json("PUT", "/v1/team", {"agent_view": True})["agent_view"]
    say(server, session, ANGRY)
    person = until(lambda: (p := server.json("GET", here)["sessions"][0]["people"][0])["state"] and p)
    assert person["kept"] is True and person["state"]["cue"] and person["read"] == ["text", "voice"], person
    assert of(server.json("GET", "/v1/live"), session)["kept"] is True
    measured = person["state"]["cue_of"]
    assert set(measured) == {"kind", "value", "unit", "z"} and measured["kind"] == "word" and isinstance(measured["unit"], str), measured
    agent = server.json("GET", here)["sessions"][0]["people"][1]
    assert agent["state"] is None and agent["kept"] is False
    assert server.ask("GET", here, key=reads)[0] == 200
    reader = Reader(server, here)
    assert of(reader.next()[1], session)["people"][0]["state"]
    server.json("PUT", "/v1/team", {"cue": False})
    assert reader.answer.read() == b"", "what was open ends"
    assert not {"cue", "cue_of"} & set(server.json("GET", here)["sessions"][0]["people"][0]["state"])
    server.stop()
    server.start()
    assert server.json("GET", "/v1/team") == {"agent_view": True, "cue": False, "suggestion": True, "hold": 4.0}
    other = opened(server)
    reader = Reader(server, f"/v1/live/{other}")
    reader.next()
    server.json("POST", f"/v1/sessions/{other}/finish", status=202)
    assert other in reader.find(lambda kind, data: kind == "sessions" and data["ended"])["ended"]
    assert reader.answer.read() == b"" and server.ask("GET", f"/v1/live/{other}")[0] == 404
    server.json("PUT", "/v1/team", {"agent_view": False})
    assert server.ask("GET", f"/v1/live/{other}")[0] == 403
    audit = open(os.path.join(server.data, "audit")).read()
    assert '"what":"team"' in audit and '"what":"panel"' in audit


if __name__ == "__main__":
    run(panel, contacts, at_a_glance, never_of_agents, as_it_changes, who_reads_slowly, agreed)
