"""POST /v1/suggestions: how one might answer a participant of a live conversation, or a state that is given."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from server import PROGRAM, ROOT, Server, run
from test_live import ANGRY, opened, say, until

STATE = {"modality": "fused", "who": "c", "core": {"neutral": 0.05, "joy": 0.02, "sadness": 0.08, "anger": 0.7, "fear": 0.02, "disgust": 0.1, "surprise": 0.03},
         "states": {"frustration": 0.8}, "trend": {"valence": -0.02}, "confidence": 0.8, "abstain": None}
OPEN = {"clarify", "restate", "suggest", "inform", "act"}


def suggest(server, status=200, **asked):
    return server.json("POST", "/v1/suggestions", asked, status)


def of(server, session, fits, **asked):
    return until(lambda: (lambda got: got if fits(got) else None)(suggest(server, session=session, **asked)))


def of_a_conversation(server):
    """Of its present state, role and purpose; the app's language; nothing twice; in the audit, and nothing said in it."""
    session = opened(server)
    first = suggest(server, session=session)
    assert first["unsure"] and {s["strategy"] for s in first["suggestions"]} == {"clarify"}, first
    say(server, session, ANGRY)
    got = of(server, session, lambda got: not got["unsure"], language="de", most=5)
    assert not got["crisis"] and len(got["suggestions"]) == 5 and len({s["strategy"] for s in got["suggestions"]}) == 5
    best = got["suggestions"][0]
    assert best["language"] == "de" and best["register"] == "formal" and best["words"] and best["why"] and best["source"] and 0 < best["score"] <= 1
    assert "celebrate" not in {s["strategy"] for s in got["suggestions"]}
    assert any(b["what"].startswith(("core.", "states.", "trend.")) for s in got["suggestions"] for b in s["because"]), got
    again = suggest(server, session=session, language="de", said=[s["id"] for s in got["suggestions"]])
    assert not {s["id"] for s in again["suggestions"]} & {s["id"] for s in got["suggestions"]}
    audit = open(os.path.join(server.data, "audit")).read()
    assert '"what":"suggestions"' in audit and f'"of":"{session}"' in audit and "furious" not in audit, audit[-600:]


def words_of_crisis(server):
    """First, whatever else is read; and they stay first in this conversation."""
    session = opened(server)
    say(server, session, "I want to die.")
    say(server, session, "Thank you so much, I am really happy now!")
    for language in ("en", "zh", "es", "de", "fr", "ar"):
        got = of(server, session, lambda got: got["crisis"], language=language, most=12)
        assert got["suggestions"][0]["strategy"] == "escalate" and got["suggestions"][0]["language"] == language, got
        assert {s["strategy"] for s in got["suggestions"]} <= {"escalate", "clarify", "restate", "slow_down"}
    got = suggest(server, state=STATE, turns=[{"who": "c", "text": "No quiero vivir"}])
    assert got["crisis"] and got["suggestions"][0]["strategy"] == "escalate"


def what_may_be_read(server):
    """Observations alone: nothing of an emotion. Nothing, the agent, somebody unknown, another tenant: refused."""
    consent = server.consent("s-1", modalities=("text",))
    observed = opened(server, consent, observations_only=True)
    say(server, observed, ANGRY)
    got = until(lambda: suggest(server, session=observed, most=12))
    assert {s["strategy"] for s in got["suggestions"]} <= OPEN, got
    assert not any(b["what"].startswith(("core.", "states.", "trend.", "forecast.", "flags.", "confidence")) for s in got["suggestions"] for b in s["because"])
    session = opened(server)
    assert "agent" in suggest(server, 403, session=session, who="agent")["detail"]
    assert "no participant" in suggest(server, 422, session=session, who="nobody")["detail"]
    assert suggest(server, 404, session="s_" + "0" * 32)["status"] == 404
    for own in ("state", "role", "purpose", "neutral", "crisis"):
        assert "the conversation's own" in suggest(server, 422, session=session, **{own: STATE if own == "state" else "x"})["detail"]
    none = server.json("POST", "/v1/sessions", server.opening(participants=[{"who": "p", "role": "patient"}, {"who": "c", "role": "customer"}]), 201)["session"]
    assert "nothing may be read" in suggest(server, 403, session=none, who="p")["detail"]
    assert "several take part" in suggest(server, 422, session=none)["detail"]
    patient = opened(server, consent, "patient")  # of whom words, too, are read with a consent alone
    say(server, patient, ANGRY)
    of(server, patient, lambda got: not got["unsure"])
    server.json("DELETE", f"/v1/consents/{consent}?modality=text")
    until(lambda: server.ask("POST", "/v1/suggestions", {"session": patient})[0] == 403)
    server.json("POST", f"/v1/sessions/{session}/finish", status=202)
    until(lambda: server.ask("POST", "/v1/suggestions", {"session": session})[0] == 404)


def of_a_state(server):
    """What `mien read --json` wrote; wrong questions name what is wrong."""
    got = suggest(server, state=STATE, role="customer", purpose="customer_service", most=3)
    assert len(got["suggestions"]) == 3 and not got["unsure"] and not got["crisis"]
    assert got == suggest(server, state=STATE, role="customer", purpose="customer_service", most=3)
    assert suggest(server)["unsure"]
    for wrong, what in (({"state": 3}, "object"), ({"most": 99}, "1 to 12"), ({"mood": 1}, "'mood'"), ({"turns": [{"who": "c"}]}, "texts"), ({"who": "c"}, "'who'")):
        assert what in suggest(server, 400, **wrong)["detail"], wrong
    status, _, _ = server.ask("POST", "/v1/suggestions", {"state": STATE}, key="wrong")
    assert status == 401


HEARD = {"why": {"heard": {"source": "Rogers & Farson (1957)", "words": {"en": "People take in an answer once they have been heard."}}}, "avoid": {}}


def own_sentences(folder: str, clarify: str) -> None:
    """The smallest library: a question, and an answer to words of crisis."""
    files = {"reasons": HEARD, "clarify": [{"id": "clarify.ours", "words": {"en": clarify}, "why": "heard"}],
             "escalate": [{"id": "escalate.ours", "when": {"crisis": True}, "words": {"en": "I am bringing in [a person] now."}, "why": "heard"}]}
    for name, entries in files.items():
        one = entries if name == "reasons" else {"strategy": name, "title": {"en": name}, "source": "our handbook", "entries": entries}
        open(os.path.join(folder, name + ".json"), "w").write(json.dumps(one))


def a_library_of_ones_own() -> None:
    """Its sentences alone, a crisis first as ever; taken anew by a reload, whole or not at all; wrong, it does not start."""
    folder = tempfile.mkdtemp(prefix="mien-responses-")
    settings = os.path.join(folder, "settings.yaml")
    clarify = os.path.join(folder, "clarify.json")

    def reloaded(server, word: str) -> str:
        server.process.send_signal(signal.SIGHUP)
        audited = until(lambda: [line for line in open(os.path.join(server.data, "audit")) if '"what":"reload"' in line][reloaded.count:])
        reloaded.count += 1
        assert word in audited[0], audited
        return server.process.stderr.readline()
    reloaded.count = 0
    try:
        own_sentences(folder, "What can our house do for you?")
        open(settings, "w").write(f"respond: {{library: {folder}}}\n")
        with Server("--settings", settings) as server:
            def words() -> list:
                return [(s["id"], s["words"]) for s in suggest(server, state=STATE, language="de", most=12)["suggestions"]]
            assert words() == [("clarify.ours", "What can our house do for you?")]
            crisis = suggest(server, turns=[{"who": "c", "text": "I want to die."}])
            assert crisis["crisis"] and crisis["suggestions"][0]["id"] == "escalate.ours", crisis
            own_sentences(folder, "How may we help?")
            reloaded(server, "done")
            assert words() == [("clarify.ours", "How may we help?")]
            open(clarify, "a").write("}")
            told = reloaded(server, "not JSON")
            assert "nothing was reloaded" in told and "clarify.json, line 1, column" in told, told
            assert words() == [("clarify.ours", "How may we help?")]

            def refused(*words) -> str:
                got = subprocess.run([PROGRAM, "serve", "--port", "0", "--data", server.data + "-none", "--settings", settings], stderr=subprocess.PIPE, text=True, timeout=30)
                shutil.rmtree(server.data + "-none", ignore_errors=True)
                assert got.returncode and all(word in got.stderr for word in words), got
            refused(folder, "clarify.json, line 1, column", "not JSON")
            own_sentences(folder, "x" * 300)
            refused(folder, "clarify.json, entry 'clarify.ours'", "1 to 240 bytes")
            os.unlink(clarify)
            refused(folder, "clarify.json", "no entry for somebody of whom nothing is known")
            open(settings, "w").write("respond: {library: /nowhere/responses}\n")
            refused("/nowhere/responses", "could not be opened")
            open(settings, "w").write(f"respond: {{scorer: {ROOT}/models/text.mien}}\n")
            refused("models/text.mien", "not 'respond'")
    finally:
        shutil.rmtree(folder)
    print("a library of one's own")


def the_research_scorer() -> None:
    """Listened to where a setting names it, and told among the reasons."""
    turns = [{"who": "a", "text": "What happened then?", "strategy": "clarify"}, {"who": "c", "text": "Nothing. Three weeks, and nobody ever called me back."}]

    def reasons(server) -> set:
        got = suggest(server, state=STATE, turns=turns, role="customer", purpose="customer_service", most=12)
        return {b["what"] for s in got["suggestions"] for b in s["because"]}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as settings:
        settings.write(f"respond: {{scorer: {ROOT}/models/respond-research.mien}}\n")
        settings.flush()
        with Server("--settings", settings.name) as server:
            assert "turns.scorer" in reasons(server)
    with Server() as server:
        assert "turns.scorer" not in reasons(server)
    print("the scorer")


if __name__ == "__main__":
    run(of_a_conversation, words_of_crisis, what_may_be_read, of_a_state)
    a_library_of_ones_own()
    the_research_scorer()
