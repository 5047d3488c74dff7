"""The arc of a text, and figures of an audience, over HTTP."""
import json
import random


def arcs(server):
    text = "It was a terrible and sad day. " * 60 + "What a lovely and happy day it was! " * 60
    got = server.json("POST", "/v1/arcs", {"text": text})
    assert got["arc"] == "rags to riches" and got["sentences"] == 120, got
    for wrong in ({}, {"text": 7}, {"text": text, "audience": [1]}, {"text": "Short."}):
        assert server.ask("POST", "/v1/arcs", wrong)[0] == 422, wrong
    assert server.ask("POST", "/v1/arcs", {"text": text}, key=None)[0] == 401


def audiences(server):
    random.seed(1)
    states = [{"viewer": f"person-{v}", "at": t, "valence": (0.8 if 30 <= t < 40 else 0) + random.gauss(0, 0.05), "arousal": random.gauss(0, 0.05)}
              for v in range(12) for t in range(60)]
    status, _, text = server.ask("POST", "/v1/audiences", {"versions": [states]})
    got = json.loads(text)
    moments = got["versions"][0]["moments"]
    assert status == 200 and got["versions"][0]["viewers"] == 12 and "person-3" not in text.decode(), got
    assert any(m["direction"] == "up" and m["from"] <= 32 and m["to"] >= 38 for m in moments), moments
    assert json.loads(server.ask("POST", "/v1/audiences", {"versions": [states]})[2]) == got  # the same again
    assert server.ask("POST", "/v1/audiences", {"versions": [states[:240]]})[0] == 422  # four viewers: nothing is said
    for wrong in ({}, {"versions": []}, {"versions": [1]}, {"versions": [[{"viewer": "a"}]]}, {"versions": [states], "every": 1000}):
        assert server.ask("POST", "/v1/audiences", wrong)[0] in (400, 422), wrong


if __name__ == "__main__":
    from server import run
    run(arcs, audiences)
