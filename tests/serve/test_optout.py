"""A person withdraws their own consent by a link: the page, all or a part, live streams at once, and what links must not do."""
import asyncio
import json
import os
import re
import struct
import time

from kept import converse, granted
from server import run, sample


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


run(the_page, what_was_kept_goes, other_links, live_streams_stop)
