"""Drafts by a language model: what it is asked and not told, what of its answers is shown, and that the library's wording
stands whatever it does: hostile answers, none, late ones; that nobody else waits; addresses that may not be called; its key."""
import json
import os
import subprocess
import tempfile
import threading
import time

from drafter import Drafter, completion
from server import PROGRAM, Server

ANGRY = {"modality": "fused", "who": "caller-4711", "t0": 0, "t1": 5,
         "core": {"neutral": 0.1, "joy": 0.02, "sadness": 0.1, "anger": 0.7, "fear": 0.02, "disgust": 0.04, "surprise": 0.02},
         "states": {"frustration": 0.8, "confusion": 0.1}, "trend": {"valence": -0.02}, "confidence": 0.8, "abstain": None,
         "cues": [{"kind": "word", "text": "useless", "toward": "anger", "weight": 0.4}, {"kind": "word", "text": "fine", "toward": "joy", "weight": -0.2}]}
TURNS = [{"who": "caller-4711", "text": "I ordered on 12 May and nothing came. This is useless!"}, {"who": "agent", "text": "Let me look."},
         {"who": "caller-4711", "text": "You said that before."}]
ASKED = {"state": ANGRY, "turns": TURNS, "role": "customer", "purpose": "customer_service", "language": "en", "draft": True}
KEY = "sk-a-secret-of-the-tests"
DAY = tempfile.mkdtemp(prefix="mien-drafts-")


def settings(**values):
    """Of the environment: MIEN_RESPOND_…"""
    return {"MIEN_RESPOND_" + name.upper(): str(value) for name, value in values.items()}


class Own:
    """A server with these settings."""

    def __init__(self, **values):
        self.values = values

    def __enter__(self):
        self.before = dict(os.environ)
        os.environ.update(settings(**self.values))
        self.server = Server()
        return self.server

    def __exit__(self, *_):
        os.environ.clear()
        os.environ.update(self.before)
        self.server.stop()


def usual(drafter, **more):
    return {"endpoint": drafter.url, "hosts": drafter.host, "model": "local", "timeout": "10 s", **more}


def off():
    with Server() as server:
        got = server.json("POST", "/v1/suggestions", ASKED)
        assert got["suggestions"] and got["draft"] == {"text": None, "refused": "off", "what": got["draft"]["what"]} and "respond.endpoint" in got["draft"]["what"], got
        assert "draft" not in server.json("POST", "/v1/suggestions", {**ASKED, "draft": False})
        status, _, text = server.ask("POST", "/v1/suggestions", {**ASKED, "draft": "yes"})
        assert status in (400, 422) and b"draft" in text, (status, text)


def asked_and_told():
    with open(DAY + "/key", "w") as file:
        file.write(KEY + "\n")
    with Drafter("Nothing since 12 May: I see that. I am looking for [the problem] now, while we speak.") as drafter, Own(**usual(drafter, key=f"file:{DAY}/key")) as server:
        got = server.json("POST", "/v1/suggestions", ASKED)
        draft, first = got["draft"], got["suggestions"][0]
        assert draft == {"text": drafter.says, "strategy": first["strategy"], "id": first["id"], "language": "en", "model": "local"}, got
        call = drafter.got[0]
        body = json.loads(call["body"])
        assert call["path"] == "/v1/chat/completions" and call["headers"]["authorization"] == "Bearer " + KEY and call["headers"]["content-type"] == "application/json"
        assert body["model"] == "local" and body["stream"] is False and [m["role"] for m in body["messages"]] == ["system", "user"]
        ground = json.loads(body["messages"][1]["content"])
        assert ground["strategy"] == first["strategy"] and ground["wording"] == first["words"] and ground["language"] == "English"
        assert ground["expressed"]["emotions"] == {"anger": 0.7} and ground["expressed"]["states"] == {"frustration": 0.8} and ground["expressed"]["heading"] == "worse"
        assert [c["text"] for c in ground["expressed"]["cues"]] == ["useless"]
        assert [t["by"] for t in ground["turns"]] == ["the person", "the one who answers", "the person"] and ground["turns"][2]["text"] == TURNS[2]["text"]
        assert b"4711" not in call["body"]  # nobody's name
        # Of whom no emotion may be read, none is told.
        server.json("POST", "/v1/suggestions", {**ASKED, "neutral": True})
        assert "expressed" not in json.loads(json.loads(drafter.got[1]["body"])["messages"][1]["content"])
        # Words of crisis are nobody's but a person's.
        crisis = server.json("POST", "/v1/suggestions", {**ASKED, "turns": [{"who": "a", "text": "I want to die."}]})
        assert crisis["crisis"] and crisis["draft"]["refused"] == "crisis" and crisis["suggestions"][0]["strategy"] == "escalate" and len(drafter.got) == 2, crisis
        # Each look is in the audit, without what was said.
        audit = server.json("GET", "/v1/audit")
        assert "drafts" in json.dumps(audit) and "useless" not in json.dumps(audit) and "while we speak" not in json.dumps(audit)
    with Drafter() as drafter, Own(**usual(drafter)) as server:
        server.json("POST", "/v1/suggestions", ASKED)
        assert "authorization" not in drafter.got[0]["headers"]  # without a key none is sent


def hostile():
    """Whatever comes back, the library's wording is told, and why the draft is not."""
    def raw(answer, status=200, **headers):
        return status, headers, answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    cases = [
        ("You feel angry, and that is understandable.", "feeling"), ("I guarantee that it comes tomorrow.", "promise"), ("Please tell me your password.", "secret"),
        ("Look at https://evil.example now.", "link"), ("Take a painkiller and rest.", "medical"), ("You are entitled to more by the law.", "legal"), ("Please calm down.", "rude"),
        ("It comes on 14 May.", "number"), ("As an AI I cannot say.", "machine"), ("Bitte entschuldigen Sie, das ist nicht gut und wir sehen es an.", "language"), ("", "empty"),
        ("a" * 700, "long"), ("One.\n- Two.", "form"), ("I\u200b am here.", "form"), ("\u202eI am here.", "form"), ("Think of suicide.", "crisis"), ("I am so angry about this, it is outrageous!", "tone"), ("What disgusting people.", "rude"),
        ("Wonderful, I am so happy and delighted, what a lovely day!", "cheer"),
        (raw(completion("I am", "length")), "answer"), (raw(completion(None)), "answer"), (raw(completion("I am.", "tool_calls", tool_calls=[{"id": "1"}])), "answer"),
        (raw(completion("x" * 5000)), "answer"), (raw(b"<html>"), "answer"), (raw(b""), "answer"), (raw(b"[" * 100000), "answer"), (raw({"choices": []}), "answer"), (raw({"error": {"message": "no"}}), "answer"),
        (raw(b'{"choices":[{"message":{"role":"assistant","content":"a","content":"b"},"finish_reason":"stop"}]}'), "answer"), (raw(b'\xff\xfe{"choices":1}'), "answer"),
        (raw(b"data: {}\n\ndata: [DONE]\n\n", **{"content-type": "text/event-stream"}), "answer"), (raw(b" " * (300 << 10)), "unreachable"), (raw(b"{}", 500), "unreachable"), (raw(b"{}", 401), "unreachable"),
        (raw(b"", 302, location="http://169.254.169.254/"), "unreachable"), (raw(b"{}", **{"content-length": "9999"}), "unreachable")]
    with Drafter() as drafter, Own(**usual(drafter, timeout="3 s")) as server:
        for says, refused in cases:
            drafter.says = says
            got = server.json("POST", "/v1/suggestions", ASKED)
            allowed = (refused, "late") if refused == "unreachable" else (refused,)
            assert got["suggestions"] and got["draft"]["text"] is None and got["draft"]["refused"] in allowed and got["draft"]["what"], (says, refused, got["draft"])
            assert drafter.host not in json.dumps(got["draft"])  # where the endpoint is, is the operator's matter
        for says in ("I'm sorry that this has taken so long. Let me find out what happened with the order of 12 May.", "Thank you for telling me; that is a long time to wait. What would help most now?"):
            drafter.says = says
            assert server.json("POST", "/v1/suggestions", ASKED)["draft"].get("text") == says, says
        drafter.says = lambda asked: "I am looking into it now."
        assert server.json("POST", "/v1/suggestions", ASKED)["draft"]["text"]
        assert server.process.poll() is None


def late():
    """A model that does not answer holds nobody up but whoever asked for a draft."""
    with Drafter("hang") as drafter, Own(**usual(drafter, timeout="2 s")) as server:
        got = []
        threads = [threading.Thread(target=lambda: got.append(server.json("POST", "/v1/suggestions", ASKED)["draft"]["refused"])) for _ in range(12)]
        began = time.time()
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        assert server.json("POST", "/v1/suggestions", {**ASKED, "draft": False})["suggestions"] and time.time() - began < 1.9  # the loop goes on
        for thread in threads:
            thread.join()
        assert got == ["late"] * 12, got
    # A stop does not wait longer than for what was asked.
    with Drafter("hang") as drafter, Own(**usual(drafter, timeout="2 s")) as server:
        threading.Thread(target=lambda: server.ask("POST", "/v1/suggestions", ASKED), daemon=True).start()
        time.sleep(0.3)


def not_to_be_called():
    """This machine and its networks only by name; a key only by where it is; and a server that starts tells no secret."""
    def refused(expects, **values):
        data = tempfile.mkdtemp(dir=DAY)
        ran = subprocess.run([PROGRAM, "serve", "--port", "0", "--data", data], env={**os.environ, **settings(**values)}, capture_output=True, text=True, timeout=60)
        assert ran.returncode and expects in ran.stderr and KEY not in ran.stderr, (values, ran.returncode, ran.stderr)

    with Drafter() as drafter:
        for url in (drafter.url, drafter.url.replace("http:", "https:"), "https://169.254.169.254/v1/chat/completions", "https://10.0.0.7/v1", "https://[::1]/v1", "http://example.org/v1",
                    "file:///etc/passwd", "https://user:word@example.org/v1", "no address"):
            refused("respond.hosts", endpoint=url, model="local")
        refused("respond.model", endpoint=drafter.url, hosts=drafter.host)
        refused("env:NAME or file:PATH", endpoint=drafter.url, hosts=drafter.host, model="local", key=KEY)
        refused("MIEN_NOT_THERE", endpoint=drafter.url, hosts=drafter.host, model="local", key="env:MIEN_NOT_THERE")
        # A name that resolves to this machine: refused when it is called.
        with Own(endpoint=f"https://localhost:{drafter.port}/v1/chat/completions", model="local") as server:
            draft = server.json("POST", "/v1/suggestions", ASKED)["draft"]
            assert draft["refused"] == "unreachable" and "not public" in draft["what"] and not drafter.got, draft


if __name__ == "__main__":
    for test in (off, asked_and_told, hostile, late, not_to_be_called):
        test()
