"""A person withdraws their own consent by a link: the page, all or a part, live streams at once, and what links must not do."""
import asyncio
import json
import os
import re
import struct
import subprocess
import time

from kept import converse, granted, restart
from server import PROGRAM, run, sample


def link(server, consent: str) -> dict:
    return json.loads(server.ask("POST", f"/v1/consents/{consent}/link")[2])


def the_page(server):
    consent = granted(server, "s-person", False)
    status, headers, text = server.ask("GET", link(server, consent)["link"], key=None)
    page = text.decode()
    assert status == 200 and headers["content-type"].startswith("text/html") and "default-src 'none'" in headers["content-security-policy"]
    assert "customer service" in page and page.count("checkbox") == 2 and "s-person" not in page and "<script" not in page
    token = re.search(r'name="t" value="([\w.-]+)"', page).group(1)
    assert server.json("GET", "/v1/consents/" + consent)["modalities"] == ["text", "voice"]  # to look changes nothing
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert server.ask("POST", "/optout", f"t={token}&modality=smell".encode(), None, form)[0] == 422
    status, _, text = server.ask("POST", "/optout", f"t={token}&modality=voice".encode(), None, form)
    assert status == 200 and b"Withdrawn" in text
    assert server.json("GET", "/v1/consents/" + consent)["modalities"] == ["text"]
    assert server.ask("GET", "/optout?t=" + token, key=None)[2].count(b"checkbox") == 1
    assert server.ask("POST", "/optout?t=" + token, b"", None, form)[0] == 200  # no part named: all
    assert server.json("GET", "/v1/consents/" + consent)["modalities"] == []
    assert b"already" in server.ask("GET", "/optout?t=" + token, key=None)[2]
    audit = open(os.path.join(server.data, "audit")).read()
    assert audit.count('"what":"optout","tenant":"default","key":"person"') == 2, audit


def what_was_kept_goes(server):
    consent = granted(server, "s-kept", True)
    converse(server, "s-kept", consent)
    assert server.ask("GET", "/v1/subjects/s-kept")[0] == 200
    assert server.ask("POST", "/optout?t=" + link(server, consent)["token"], b"", None)[0] == 200
    assert server.ask("GET", "/v1/subjects/s-kept")[0] == 404


def mine(server):
    """The person's own page: what is read, by whom it was seen, off by parts, taken along, erased; a link of one consent is less."""
    consent, other = granted(server, "s-mine", True), granted(server, "s-mine", False)
    strange = granted(server, "s-other", True)
    converse(server, "s-mine", consent)
    server.json("GET", "/v1/subjects/s-mine")
    token = server.json("POST", "/v1/subjects/s-mine/link", status=201)["token"]

    def ask(path, one, **more):
        status, _, text = server.ask("POST", "/v1/mine" + path, {"token": one, **more}, None)
        return status, json.loads(text)
    status, shown = ask("", token)
    assert status == 200 and shown["whole"] and {c["consent"] for c in shown["consents"]} == {consent, other}, shown
    assert "s-mine" not in json.dumps(shown)
    whats = {one["what"] for one in shown["seen"]}
    assert {"grant", "opened", "export", "mine"} <= whats and all(one["by"]["kind"] for one in shown["seen"]), shown["seen"]
    small = link(server, other)["token"]
    status, less = ask("", small)
    assert status == 200 and not less["whole"] and [c["consent"] for c in less["consents"]] == [other] and less["seen"] == []
    for path in ("/export", "/erase"):
        assert ask(path, small)[0] == 403
    assert ask("/withdraw", small, consent=consent)[0] == 404
    assert ask("/withdraw", token, consent=strange)[0] == 404 and ask("/withdraw", token, modalities=["smell"])[0] == 422
    assert ask("/withdraw", token, consent=other, modalities=["voice"]) == (200, {"consent": other, "modalities": ["text"]})
    status, taken = ask("/export", token)
    assert status == 200 and len(taken["consents"]) == 2 and taken["kept"]["sessions"]
    for path in ("", "/withdraw", "/export", "/erase"):
        assert ask(path, token.replace("m1.", "v1."))[0] == 400 and ask(path, small.replace("v1.", "m1."))[0] == 400
        assert server.ask("POST", "/v1/mine" + path, {"token": 7}, None)[0] == 400 and server.ask("POST", "/v1/mine" + path, b"[]", None)[0] == 400
    status, gone = ask("/erase", token)
    assert status == 200 and gone["certificate"]["certificate"].startswith("e_"), gone
    assert server.ask("GET", "/v1/subjects/s-mine")[0] == 404
    assert [server.json("GET", "/v1/consents/" + c)["modalities"] for c in (consent, other)] == [[], []]
    assert server.json("GET", "/v1/consents/" + strange)["modalities"] == ["text", "voice"]
    assert ask("/erase", token)[1]["certificate"] is None  # again: nothing is there
    assert server.ask("POST", "/v1/subjects/nobody/link")[0] == 404 and server.ask("POST", "/v1/subjects/s-other/link?days=0")[0] == 422


def other_links(server):
    """Changed in any place, of another installation, over, or too long: one answer for all, and nothing is withdrawn."""
    consent, other = granted(server, "s-1", False), granted(server, "s-2", False)
    token = link(server, consent)["token"]
    wrong = [token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1:] for i in range(len(token))]
    wrong += [token.replace(consent, other), token[:-1], token + "A", "", "v1", "v1....", "." * 300, "x" * 900, "%ff%fe"]
    got = set()
    for one in wrong:
        status, _, text = server.ask("POST", "/optout?t=" + one, b"", None)
        assert status in (400, 429), (one, status)
        got.add(status)
    assert 400 in got
    for one in (consent, other):
        assert server.json("GET", "/v1/consents/" + one)["modalities"] == ["text", "voice"]
    assert server.ask("POST", f"/v1/consents/{consent}/link?days=0")[0] == 422 and server.ask("POST", "/v1/consents/c_none/link")[0] == 404


def by_the_operator(server):
    """`mien consent`: lists beside a running service, withdraws while none runs, with what was kept; finds a changed record."""
    def cli(*words):
        return subprocess.run([PROGRAM, "consent", *words, "--data", server.data], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    kept, other = granted(server, "s-cli", True), granted(server, "s-other", False)
    converse(server, "s-cli", kept)
    listed = {c["consent"]: c for c in map(json.loads, cli("list").stdout.splitlines())}
    assert set(listed) == {kept, other} and listed[kept]["modalities"] == ["text", "voice"] and listed[kept]["keep"], listed
    assert json.loads(cli("list", "--subject", "s-other").stdout)["consent"] == other and cli("list", "--tenant", "acme").stdout == ""
    refused = cli("withdraw", kept)
    assert refused.returncode == 1 and "another program" in refused.stderr, refused  # the service runs
    server.stop()
    assert cli("withdraw", kept, "--tenant", "acme").returncode == 1 and cli("withdraw", "c_none").returncode == 1
    assert cli("withdraw", other, "--modality", "voice").returncode == 0 and cli("withdraw", kept).returncode == 0
    listed = {c["consent"]: c for c in map(json.loads, cli("list").stdout.splitlines())}
    assert listed[other]["modalities"] == ["text"] and listed[kept]["modalities"] == [] and listed[kept]["withdrawn"]
    assert cli("verify").stdout.startswith("4 records"), cli("verify")
    assert open(os.path.join(server.data, "audit")).read().count('"key":"operator"') == 2
    restart(server)
    assert server.ask("GET", "/v1/subjects/s-cli")[0] == 404 and server.json("GET", "/v1/consents/" + other)["modalities"] == ["text"]
    server.stop()
    path = os.path.join(server.data, "consents")
    text = open(path).read()
    open(path, "w").write(text.replace("customer_service", "customer_servise"))
    for words in (["verify"], ["list"], ["withdraw", other]):
        told = cli(*words)
        assert told.returncode == 1 and "was changed" in told.stderr and not told.stdout, told


async def live_streams_stop(server):
    """From the press of the button on nothing is read; the stream learns of it within a second."""
    consent, sound = server.consent(), sample()
    token = link(server, consent)["token"]
    opening = server.opening(consent, audio=[{"coding": "pcm_s16le", "rate": 16000, "channels": ["customer", "agent"]}])

    async def play(s, start, end):
        for at in range(start * 64000, end * 64000, 6400):
            await s.send(struct.pack("<BBHQ", 1, 0, 0, round(at / 64000 * 1e6)) + sound[at:at + 6400])
    async with server.connect("/v1/stream", ["mien.v1"]) as s:
        await s.recv()
        await s.send(json.dumps({"type": "open", **opening}))
        assert json.loads(await s.recv())["type"] == "opened"
        await play(s, 0, 12)
        while json.loads(await s.recv())["type"] != "state":
            pass
        began = time.monotonic()
        assert (await asyncio.to_thread(server.ask, "POST", "/optout?t=" + token, b"", None))[0] == 200
        while (trouble := json.loads(await s.recv()))["type"] != "trouble":
            pass
        assert time.monotonic() - began < 1 and "withdrawn" in trouble["trouble"]["what"]
        await play(s, 12, 30)
        await s.send(json.dumps({"type": "finish"}))
        while (message := json.loads(await s.recv()))["type"] != "finished":
            assert message["type"] != "reading" or message["reading"]["t1"] < 12.5, message


run(the_page, mine, what_was_kept_goes, other_links, by_the_operator, live_streams_stop)
