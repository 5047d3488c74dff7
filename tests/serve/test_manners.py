"""What a client may count on: rate limits, requests sent again, ETags, pages."""
import json
import os
import shutil
import signal
import tempfile
import time

from kept import converse, granted, restart
from server import Server, run


def sent_again(server):
    """Idempotency-Key: the first answer comes again; another request under it does not; what was refused may be tried again."""
    body = {"subject": "s-once", "purpose": "customer_service", "modalities": ["voice"]}
    key = {"Idempotency-Key": "a-1"}
    first = server.ask("POST", "/v1/consents", body, headers=key)
    again = server.ask("POST", "/v1/consents", body, headers=key)
    assert first[0] == again[0] == 201 and first[2] == again[2] and first[1]["location"] == again[1]["location"], (first, again)
    assert again[1]["idempotency-replayed"] == "true" and first[1]["idempotency-replayed"] is None
    assert server.ask("POST", "/v1/consents", body)[2] != first[2]
    assert server.ask("POST", "/v1/consents", {**body, "subject": "other"}, headers=key)[0] == 422
    assert server.ask("POST", "/v1/sessions", server.opening(), headers=key)[0] == 422
    opened = [server.ask("POST", "/v1/sessions?idempotency_key=b", server.opening()) for _ in range(2)]
    assert opened[0][0] == opened[1][0] == 201 and opened[0][2] == opened[1][2]
    assert len(server.json("GET", "/v1/sessions")["sessions"]) == 1
    here = "/v1/sessions/" + json.loads(opened[0][2])["session"]
    turn = {"who": "customer", "text": "I want my money back, this minute.", "t0": 0, "t1": 1}
    for _ in range(3):
        assert server.ask("POST", here + "/turns", turn, headers={"Idempotency-Key": "t-1"})[0] == 202
    server.json("POST", here + "/finish", status=202)
    results = []
    while not results or results[-1]["type"] != "finished":
        results = server.json("GET", here + "/results")["results"]
    assert sum(r["type"] == "reading" and r["reading"]["modality"] == "text" for r in results) == 1, results
    refused = {**server.opening(), "notice_given": False}
    assert [server.ask("POST", "/v1/sessions", body, headers={"Idempotency-Key": "c"})[0] for body in (refused, server.opening())] == [403, 201]
    assert server.ask("POST", "/v1/sessions", server.opening(), headers={"Idempotency-Key": "x" * 127})[0] == 400
    server.stop()
    for folder, _, files in os.walk(server.data):
        for file in files:
            if file != "consents":
                assert b"s-once" not in open(os.path.join(folder, file), "rb").read(), file


def etags(server):
    consent = "/v1/consents/" + server.consent()
    status, headers, _ = server.ask("GET", consent)
    tag = headers["etag"]
    assert status == 200 and tag.startswith('"'), headers
    for match, expected in ((tag, 304), (f'"x", {tag}', 304), ("*", 304), ('"x"', 200)):
        status, headers, text = server.ask("GET", consent, headers={"If-None-Match": match})
        assert status == expected and headers["etag"] == tag and bool(text) == (expected == 200), (match, status)
    server.json("DELETE", consent + "?modality=face")
    assert server.ask("GET", consent, headers={"If-None-Match": tag})[1]["etag"] == tag  # voice alone was in it
    assert server.ask("DELETE", consent, headers={"If-Match": '"x"'})[0] == 412
    assert server.json("GET", consent)["modalities"] == ["voice"]
    assert server.ask("DELETE", consent, headers={"If-Match": tag})[0] == 200
    assert server.ask("DELETE", consent, headers={"If-Match": tag})[0] == 412
    assert server.ask("DELETE", "/v1/consents/c_none", headers={"If-Match": tag})[0] == 412


def pages(server):
    """Open sessions and those that are kept, in one list, each once."""
    ended = [converse(server, f"s-{i}", granted(server, f"s-{i}", True)) for i in range(3)]
    open_ = [server.json("POST", "/v1/sessions", server.opening(), 201)["session"] for _ in range(4)]
    for size in (1, 2, 3, 100):
        got, before = [], ""
        while True:
            page = server.json("GET", f"/v1/sessions?limit={size}{before}")
            got += page["sessions"]
            assert len(page["sessions"]) <= size
            if "before" not in page:
                break
            before = "&before=" + page["before"]
        assert sorted(s["session"] for s in got) == sorted(ended + open_), (size, got)
        assert [s["opened"] for s in got] == sorted((s["opened"] for s in got), reverse=True)
    assert server.ask("GET", "/v1/sessions?before=nonsense")[0] == 422
    return ended


def kept_ones_are_shown(server):
    session = converse(server, "s-9", granted(server, "s-9", True))
    server.stop()
    restart(server)
    here = "/v1/sessions/" + session
    assert server.json("GET", here)["kept"] and server.json("GET", "/v1/sessions?state=open")["sessions"] == []
    results = server.json("GET", here + "/results")
    assert results["after"] == results["results"][-1]["seq"] > 1 and results["results"][0]["type"] in ("reading", "state"), results
    assert server.json("GET", f"{here}/results?after={results['after']}")["results"] == []
    audit = open(os.path.join(server.data, "audit")).read()
    assert f'"what":"session","tenant":"default","key":"first","of":"{session}"' in audit and '"what":"results"' in audit, audit


def settings_again(server, path):
    """By the route and by SIGHUP; a file that is wrong changes nothing."""
    def policy():
        time.sleep(0.5)
        return server.ask("GET", "/v1/sessions")[1]["ratelimit-policy"]
    time.sleep(2)
    open(path, "w").write("limits: {key_rate: 12, address_rate: 30}\n")
    assert server.ask("POST", "/v1/reload")[0] == 202 and policy() == '"key";q=12;w=1'
    open(path, "w").write("limits: {key_rate: 13, address_rate: many}\n")
    server.process.send_signal(signal.SIGHUP)
    assert policy() == '"key";q=12;w=1'
    open(path, "w").write("limits: {key_rate: 14, address_rate: 30}\n")
    server.process.send_signal(signal.SIGHUP)
    assert policy() == '"key";q=14;w=1'


def limits():
    folder = tempfile.mkdtemp(prefix="mien-manners-")
    try:
        open(f"{folder}/settings.yaml", "w").write("limits: {key_rate: 10, address_rate: 30}\n")
        with Server("--settings", f"{folder}/settings.yaml") as server:
            got = [server.ask("GET", "/v1/sessions") for _ in range(40)]
            assert got[0][1]["ratelimit-policy"] == '"key";q=10;w=1' and got[0][1]["ratelimit"].startswith('"key";r=19;t='), dict(got[0][1])
            refused = [g for g in got if g[0] == 429]
            assert 5 < len(refused) < 21 and {g[0] for g in got} == {200, 429}, [g[0] for g in got]
            assert int(refused[0][1]["retry-after"]) == 1 and json.loads(refused[0][2])["status"] == 429
            settings_again(server, f"{folder}/settings.yaml")
            got = [server.ask("GET", "/healthz", key=None)[0] for _ in range(90)]
            assert got.count(429) > 5 and got[0] == 200, got  # of the address
        with Server() as server:
            got = [server.ask("GET", "/v1/sessions", key="mien_wrong")[0] for _ in range(260)]
            assert got[0] == 401 and got[-1] == 429 and got.count(401) >= 200, got
            assert server.ask("GET", "/v1/sessions")[0] == 200  # who has a key is not kept out
    finally:
        shutil.rmtree(folder)


run(sent_again, etags, pages, kept_ones_are_shown)
limits()
