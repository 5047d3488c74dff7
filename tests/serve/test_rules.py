"""Rules in force: when what is read of a live conversation becomes an event, who gets it, and who does not."""
import asyncio
import json
import os
import signal
import subprocess
import time
import urllib.request

from server import PROGRAM, Server, run
from test_stream import opened, play, until_finished
from server import sample

LOUD = "version: 1\nrules:\n  furious:\n    title: Very angry\n    when: core.anger > 0.5\n    actions: [alert]\n"
SAYS = "version: 1\nrules:\n  says_so:\n    when: {words: [%s]}\n    actions: [note]\n"


def written(server, name, text):
    path = os.path.join(server.data, name)
    open(path, "w").write(text)
    return path


def converse(server, *texts, finish=True, here=None, **more):
    if not here:
        opening = server.opening()
        opening.update(more)
        here = "/v1/sessions/" + server.json("POST", "/v1/sessions", opening, 201)["session"]
    for text in texts:
        server.json("POST", here + "/turns", {"who": "customer", "text": text}, 202)
    if finish:
        server.json("POST", here + "/finish", status=202)
    for _ in range(100):
        results = server.json("GET", here + "/results")["results"]
        if results and (results[-1]["type"] == "finished" or not finish and len([r for r in results if r["type"] == "state"]) >= len(texts)):
            return here, results
        time.sleep(0.05)
    raise AssertionError("it did not finish")


def events_of(results):
    return [r["event"]["rule"] for r in results if r["type"] == "event"]


async def over_the_websocket(server):
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        await opened(server, ws, audio=[])
        await ws.send(json.dumps({"type": "text", "who": "customer", "text": "I want to speak to a manager.", "t0": 1, "t1": 3}))
        await ws.send(json.dumps({"type": "text", "who": "customer", "text": "Honestly, I want to die.", "t0": 5, "t1": 7}))
        await ws.send('{"type":"finish"}')
        results = await until_finished(ws)
    events = [r["event"] for r in results if r["type"] == "event"]
    assert [e["rule"] for e in events][:1] == ["escalation_request"] and "crisis_words" in [e["rule"] for e in events], events
    crisis = next(e for e in events if e["rule"] == "crisis_words")
    assert crisis["always"] and crisis["actions"] == ["person"] and crisis["severity"] == "critical" and crisis["who"] == "customer" and crisis["at"] == 7, crisis
    assert [r["seq"] for r in results] == list(range(1, len(results) + 1))


def by_http_and_as_a_stream(server):
    here, results = converse(server, "I want to speak to a manager.", "I want to die.", "I said I want to die!")
    wanted = [r for r in results if r["type"] == "event"]
    assert events_of(results).count("crisis_words") == 2, events_of(results)
    page = server.json("GET", here + "/events?limit=1")
    rest = server.json("GET", here + f"/events?after={page['after']}")
    assert page["events"] + rest["events"] == wanted and len(page["events"]) == 1
    stream = server.ask("GET", here + "/events?stream=1")[2].decode()
    assert stream.count("event: event") == len(wanted) and "event: state" not in stream and "event: finished" in stream, stream[:300]
    assert server.ask("GET", here + "/events", headers={"Accept": "text/event-stream"})[2].decode() == stream
    assert server.ask("GET", "/v1/sessions/s_0/events")[0] == 404
    listed = {r["rule"]: r for r in server.json("GET", "/v1/rules")["rules"]}
    assert listed["crisis_words"]["fired"] == 2 and listed["crisis_words"]["always"] and listed["frustration_rising"]["emotion"]


def on_the_screens(server):
    """All of a tenant's conversations in one stream, from now on; those alone that name an action."""
    converse(server, "I want to die.")  # before anybody watches
    def watch(query):
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/v1/events{query}", headers={"Authorization": "Bearer " + server.key})
        return urllib.request.urlopen(request, timeout=10)
    everything, people = watch(""), watch("?action=person")
    sessions = [converse(server, "I want to speak to a manager.", "I want to die.")[0].rsplit("/", 1)[1] for _ in range(2)]
    def told(stream, count):
        lines = []
        while len(lines) < count:
            line = stream.readline().decode().rstrip()
            if line.startswith("data: "):
                lines.append(json.loads(line[6:]))
        return lines
    assert [(e["session"], e["event"]["rule"]) for e in told(people, 2)] == [(s, "crisis_words") for s in sessions]
    rules = {(e["session"], e["event"]["rule"]) for e in told(everything, 4)}
    assert {(s, "escalation_request") for s in sessions} < rules, rules
    people.close()
    converse(server, "I want to die.")
    assert server.ask("GET", "/v1/events?action=%22")[0] == 422 and server.ask("GET", "/v1/events", key=None)[0] == 401
    everything.close()


def of_sound(server):
    async def listen():
        async with server.connect("/v1/stream", ["mien.v1"]) as ws:
            await opened(server, ws, consent=server.consent())
            await play(ws, sample()[:64000 * 8] + bytes(64000 * 30))
            await ws.send('{"type":"finish"}')
            return await until_finished(ws)
    results = asyncio.run(listen())
    silent = [r["event"] for r in results if r["type"] == "event" and r["event"]["rule"] == "long_silence"]
    assert silent and silent[0]["who"] is None and 15 < silent[0]["at"] < 35, silent


def observations_only(server):
    """Nothing that names an emotion; what was said still counts, and so do words of crisis."""
    both = written(server, "both.yaml", LOUD + "  either:\n    when: {any: [states.frustration > 0.01, words: [furious]]}\n  cut:\n    when: {words: [furious]}\n")
    with Server("--settings", written(server, "s.yaml", f"rules:\n  files: {both}\n")) as own:
        text = "This is the third time, I am furious! I want to die."
        assert set(events_of(converse(own, text)[1])) == {"furious", "either", "cut", "crisis_words"}
        assert set(events_of(converse(own, text, observations_only=True)[1])) == {"cut", "crisis_words"}


def crisis_words_cannot_be_left_out(server):
    rules = written(server, "r.yaml", LOUD)
    with Server("--settings", written(server, "s.yaml", f"rules:\n  files: {rules}\n  dry: 1\n")) as own:
        text = "This is the third time, I am furious! I want to die."
        assert events_of(converse(own, *[text] * 5)[1]) == ["crisis_words"] * 5
        listed = {r["rule"]: r["fired"] for r in own.json("GET", "/v1/rules")["rules"]}
        assert set(listed) == {"furious", "crisis_words"} and listed["furious"] >= 1, listed
    with Server("--settings", written(server, "s.yaml", "rules:\n  files: default\n")) as own:
        assert len(own.json("GET", "/v1/rules")["rules"]) == 8


def wrong_files(server):
    for text, part in (("version: 1\nrules:\n  a:\n    when: joy > 1\n", "line 4"), ("version: 1\n", "rules"), ("\t", "line 1"), ("", "version")):
        status, headers, answer = server.ask("POST", "/v1/rules", text.encode())
        assert status == 400 and part in answer.decode() and headers["content-type"] == "application/problem+json", (text, answer)
    assert [r["rule"] for r in json.loads(server.ask("POST", "/v1/rules", LOUD.encode())[2])["rules"]] == ["furious"]
    assert server.ask("PUT", "/v1/rules", LOUD.encode())[0] == 403
    for rules, part in (("/nowhere.yaml", "nowhere"), ("default, default", "in default already")):
        told = subprocess.run([PROGRAM, "serve", "--port", "0", "--data", os.path.join(server.data, "other")], stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "MIEN_RULES_FILES": rules})
        assert told.returncode == 1 and part in told.stderr, told


def reloaded(server):
    """By SIGHUP, in the middle of a conversation; a wrong file changes nothing."""
    rules = written(server, "r.yaml", SAYS % "alpha")
    with Server("--settings", written(server, "s.yaml", f"rules:\n  files: {rules}\n")) as own:
        def hup(text, number):
            open(rules, "w").write(text)
            own.process.send_signal(signal.SIGHUP)
            for _ in range(100):
                if own.json("GET", "/v1/rules")["number"] == number and open(os.path.join(own.data, "audit")).read().count('"what":"reload"') == hup.done:
                    break
                time.sleep(0.02)
            else:
                raise AssertionError("not reloaded")
            hup.done += 1
        hup.done = 1
        here, results = converse(own, "alpha beta", finish=False)
        assert events_of(results) == ["says_so"]
        hup(SAYS % "gamma", 2)
        _, results = converse(own, "alpha beta", "gamma delta", finish=False, here=here)
        hup("rules: [", 2)
        _, results = converse(own, "gamma", here=here)
        assert events_of(results) == ["says_so"] * 3, events_of(results)


def put_over_http(server):
    with Server("--settings", written(server, "s.yaml", "rules:\n  editable: 1\n")) as own:
        assert own.ask("PUT", "/v1/rules", b"rules: [")[0] == 400 and len(own.json("GET", "/v1/rules")["rules"]) == 8
        names = [r["rule"] for r in json.loads(own.ask("PUT", "/v1/rules", LOUD.encode())[2])["rules"]]
        assert names == ["furious", "crisis_words"], names
        own.process.kill()
        own.process.wait()
        own.process = subprocess.Popen([PROGRAM, "serve", "--port", str(own.port), "--data", own.data, "--settings", os.path.join(server.data, "s.yaml")],
                                       stderr=subprocess.PIPE, text=True)
        assert "listening" in own.process.stderr.readline()
        assert [r["rule"] for r in own.json("GET", "/v1/rules")["rules"]] == names
        assert len(own.json("DELETE", "/v1/rules")["rules"]) == 8


def kept_by_consent(server):
    consent = server.json("POST", "/v1/consents", {"subject": "s-1", "purpose": "customer_service", "modalities": ["text", "voice"], "keep": True}, 201)["consent"]
    opening = server.opening(consent)
    here, results = converse(server, "I want to speak to a manager.", participants=opening["participants"])
    wanted = [r for r in results if r["type"] == "event"]
    none, _ = converse(server, "I want to speak to a manager.")
    for _ in range(100):
        records = [r["content"] for s in server.json("GET", "/v1/subjects/s-1")["sessions"] for r in s["records"] if r["type"] == "event"]
        if len(records) == len(wanted):
            break
        time.sleep(0.05)
    assert records == wanted and wanted, records
    server.stop()
    server.process = subprocess.Popen([PROGRAM, "serve", "--port", str(server.port), "--data", server.data], stderr=subprocess.PIPE, text=True)
    assert "listening" in server.process.stderr.readline()
    assert server.json("GET", here + "/events")["events"] == wanted
    assert server.ask("GET", none + "/events")[0] == 404
    assert '"what":"events"' in open(os.path.join(server.data, "audit")).read()


def dry(server, yaml, query="", status=200):
    got, _, text = server.ask("POST", "/v1/rules/dry-run" + query, yaml.encode(), headers={"Content-Type": "application/yaml"})
    assert got == status, (got, text)
    return json.loads(text)


TRIED = LOUD + """  each_time:
    when: core.anger > 0.3
    cooldown: 10 min
    actions: [note]
  twice_a_day:
    when: core.anger > 0.3
    cooldown: 0 s
    budget: {day: 2}
    actions: [note]
  of_agents:
    role: agent
    when: core.anger > 0.1
    actions: [note]
  never:
    when: core.joy > 0.999
    actions: [note]
"""


def tried_on_what_is_kept(server):
    """Counts of what rules would have done, of those alone who agreed to be kept; nothing fires, and no word comes out of it."""
    assert dry(server, TRIED)["sessions"] == 0
    before = time.time()
    consent = server.json("POST", "/v1/consents", {"subject": "s-1", "purpose": "customer_service", "modalities": ["text", "voice"], "keep": True}, 201)["consent"]
    people = server.opening(consent)["participants"]
    angry = ("I am furious!", "I am really furious, this is an outrage!", "I hate this, I am so angry!")
    here = [converse(server, *angry, participants=people)[0] for _ in range(2)]
    converse(server, *angry)  # not kept
    for _ in range(100):
        kept = [s for s in server.json("GET", "/v1/subjects/s-1")["sessions"] if sum(r["type"] == "state" for r in s["records"]) >= 3]
        if len(kept) == 2:
            break
        time.sleep(0.05)
    fired = {r["rule"]: r["fired"] for r in server.json("GET", "/v1/rules")["rules"]}
    told = dry(server, TRIED)
    rules = {r["rule"]: r for r in told["rules"]}
    assert (told["sessions"], told["empty"], told["left"], told["more"], told["texts"]) == (2, 0, 0, False, False), told
    assert set(rules) == {"furious", "each_time", "twice_a_day", "of_agents", "never"}
    assert all(r["met"] == r["fired"] + r["cooled"] + r["spent"] for r in rules.values()), rules
    assert rules["furious"]["fired"] >= 2 and rules["furious"]["sessions"] == 2 and rules["each_time"]["fired"] == 2, rules
    assert rules["twice_a_day"]["fired"] <= 2 and rules["never"]["met"] == rules["of_agents"]["met"] == 0, rules
    assert all(word not in json.dumps(told) for word in ("outrage", "s-1", here[0].rsplit("/", 1)[1]))
    assert {r["rule"]: r["fired"] for r in server.json("GET", "/v1/rules")["rules"]} == fired
    assert {r["rule"] for r in dry(server, "")["rules"]} == set(fired), "empty: those in force"
    [file] = server.json("GET", "/v1/rules/files")["files"]
    assert file["file"] == "default" and {r["rule"] for r in dry(server, file["yaml"])["rules"]} == set(fired)
    assert dry(server, TRIED, f"?until={before - 1}")["sessions"] == 0 and dry(server, TRIED, f"?from={before - 1}&until={time.time() + 5}")["sessions"] == 2
    for query in ("?from=2&until=1", "?from=x", "?until=", "?from=nan", "?from=inf"):
        dry(server, TRIED, query, 422)
    assert "line 4" in dry(server, "version: 1\nrules:\n  a:\n    nonsense: 1\n", status=400)["detail"]
    reader = server.json("POST", "/v1/keys", {"label": "r", "scopes": ["read", "review", "stream"]}, 201)["secret"]
    assert server.ask("POST", "/v1/rules/dry-run", b"", key=reader)[0] == server.ask("GET", "/v1/rules/files", key=reader)[0] == 403
    assert '"what":"rules_dry_run"' in open(os.path.join(server.data, "audit")).read()
    assert server.ask("DELETE", f"/v1/consents/{consent}")[0] == 200
    assert dry(server, TRIED)["sessions"] == 0, "withdrawn: nothing is kept any more"


if __name__ == "__main__":
    run(tried_on_what_is_kept, over_the_websocket, by_http_and_as_a_stream, on_the_screens, of_sound, observations_only, crisis_words_cannot_be_left_out, wrong_files, reloaded, put_over_http, kept_by_consent)
