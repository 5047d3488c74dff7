"""mien.v1: a call over WebSocket: what is read, of whom, and until when."""
import asyncio
import json
import struct
import time

from server import run, sample


def sound(pcm: bytes, at: float, stream: int = 0) -> bytes:
    return struct.pack("<BBHQ", 1, stream, 0, round(at * 1e6)) + pcm


async def opened(server, ws, **more):
    assert json.loads(await ws.recv())["type"] == "hello"
    audio = [{"coding": "pcm_s16le", "rate": 16000, "channels": ["customer", "agent"]}]
    await ws.send(json.dumps({"type": "open", **server.opening(**{"audio": audio, **more})}))
    answer = json.loads(await ws.recv())
    assert answer["type"] == "opened", answer
    return answer


async def until_finished(ws):
    results = []
    while not results or results[-1]["type"] != "finished":
        results.append(json.loads(await ws.recv()))
    return results


async def play(ws, pcm, start=0.0, end=None, block=0.1, width=4, rate=16000):
    at, step = start, int(block * rate) * width
    for i in range(int(start * rate) * width, len(pcm) if end is None else int(end * rate) * width, step):
        await ws.send(sound(pcm[i:i + step], at))
        at += block


async def a_call(server):
    consent, pcm = server.consent(), sample()
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        assert ws.subprotocol == "mien.v1"
        told = await opened(server, ws, consent=consent)
        assert told["participants"][0]["read"] == ["text", "voice"] and told["participants"][1]["read"] == []
        await play(ws, pcm)
        await ws.send(json.dumps({"type": "text", "who": "customer", "text": "This is useless.", "t0": 1.0, "t1": 3.0}))
        await ws.send(json.dumps({"type": "finish"}))
        results = await until_finished(ws)
    readings = [r["reading"] for r in results if r["type"] == "reading"]
    states = [r["state"] for r in results if r["type"] == "state"]
    assert len(states) > 10 and {r["modality"] for r in readings} == {"voice", "text"}, len(states)
    assert {r["who"] for r in readings + states} == {"customer"}, "the agent's channel is dropped"
    assert [r["seq"] for r in results] == list(range(1, len(results) + 1))
    return readings


async def in_pieces_or_at_once(server):
    """However the sound is cut, the same is read."""
    consent, pcm, seen = server.consent(), sample()[:64000 * 15], []
    for block in (0.02, 0.1, 1.7):
        async with server.connect("/v1/stream", ["mien.v1"]) as ws:
            await opened(server, ws, consent=consent)
            await play(ws, pcm, block=block)
            await ws.send('{"type":"finish"}')
            seen.append([r.get("reading", r.get("state")) for r in await until_finished(ws)])
    assert seen[0] == seen[1] == seen[2] and len(seen[0]) > 5


async def without_consent(server):
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        told = await opened(server, ws)
        assert told["participants"][0]["read"] == ["text"] and "voice" in told["participants"][0]["why"]
        await play(ws, sample()[:64000 * 5])
        await ws.send('{"type":"finish"}')
        assert [r["type"] for r in await until_finished(ws)] == ["finished"]
    assert b"mien_refused_inputs_total 50" in server.ask("GET", "/metrics")[2]


async def withdrawn(server):
    """From the withdrawal on nothing is read; the stream learns of it within a second."""
    consent, pcm = server.consent(), sample()
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        await opened(server, ws, consent=consent)
        await play(ws, pcm, end=12)
        while json.loads(await ws.recv())["type"] != "state":
            pass
        begun = time.monotonic()
        left = json.loads((await asyncio.to_thread(server.ask, "DELETE", "/v1/consents/" + consent))[2])
        assert left["modalities"] == []
        trouble = None
        while not trouble:
            result = json.loads(await ws.recv())
            trouble = result if result["type"] == "trouble" else None
        assert time.monotonic() - begun < 1 and "withdrawn" in trouble["trouble"]["what"]
        await play(ws, pcm, start=12, end=30)
        await ws.send('{"type":"finish"}')
        for result in await until_finished(ws):
            assert result["type"] != "reading" or result["reading"]["t1"] < 12.5, result


async def rejoined(server):
    """A client that was cut off loses nothing."""
    consent, pcm = server.consent(), sample()[:64000 * 20]
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        await opened(server, ws, consent=consent)
        await play(ws, pcm)
        await ws.send('{"type":"finish"}')
        whole = await until_finished(ws)
    ws = await server.connect("/v1/stream", ["mien.v1"])
    told = await opened(server, ws, consent=consent)
    await play(ws, pcm, end=9)
    got = [json.loads(await ws.recv()) for _ in range(4)]
    ws.transport.abort()
    for token, fits in (("0" * 64, False), (told["token"], True)):
        async with server.connect("/v1/stream", ["mien.v1"]) as ws:
            await ws.recv()
            await ws.send(json.dumps({"type": "rejoin", "session": told["session"], "token": token, "after": got[-1]["seq"]}))
            answer = json.loads(await ws.recv())
            assert answer["type"] == ("rejoined" if fits else "error"), answer
            if not fits:
                continue
            await play(ws, pcm, start=answer["heard"][0])
            await ws.send('{"type":"finish"}')
            got += await until_finished(ws)
    assert [r["seq"] for r in got] == list(range(1, len(got) + 1))
    assert [r.get("reading", r.get("state")) for r in got] == [r.get("reading", r.get("state")) for r in whole]


async def observations_only(server):
    consent = server.consent()
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        told = await opened(server, ws, consent=consent, observations_only=True)
        assert told["participants"][0]["mode"] == "observations_only"
        await play(ws, sample()[:64000 * 15])
        await ws.send('{"type":"finish"}')
        results = await until_finished(ws)
    readings = [r["reading"] for r in results if r["type"] == "reading"]
    assert readings and not [r for r in results if r["type"] == "state"]
    for r in readings:
        assert len(set(r["core"].values())) == 1 and r["dims"]["valence"] is None and r["abstain"] == "observations only"
        assert r["confidence"] is None and all(c["toward"] is None and c["weight"] is None for c in r["cues"])
    assert any(r["cues"] for r in readings)


async def two_in_one_channel(server):
    """Told apart by their voices; nothing of the channel is read unless both may be."""
    consents, pcm = [server.consent(subject) for subject in ("s-1", "s-2")], sample(channels=1)
    for known in (2, 1):
        people = [{"who": who, "role": "customer", "subject": f"s-{i + 1}", "consent": consents[i] if i < known else ""}
                  for i, who in enumerate(("first", "second"))]
        async with server.connect("/v1/stream", ["mien.v1"]) as ws:
            await opened(server, ws, participants=people,
                         audio=[{"coding": "pcm_s16le", "rate": 16000, "channels": [["first", "second"]]}])
            await play(ws, pcm, width=2)
            await ws.send('{"type":"finish"}')
            results = await until_finished(ws)
        who = [r["reading"]["who"] for r in results if r["type"] == "reading"]
        assert set(who) == ({"first", "second"} if known == 2 else set()), who
        if known == 2:
            assert min(who.count("first"), who.count("second")) >= 3, who
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        await ws.recv()
        for bad in (["first"], ["second", "first"], ["first", "first"], ["first", "nobody"], [["first"]], [3, 4], []):
            await ws.send(json.dumps({"type": "open", **server.opening(participants=people, audio=[
                {"coding": "pcm_s16le", "rate": 16000, "channels": [bad]}])}))
            answer = json.loads(await ws.recv())
            assert answer["type"] == "error" and "audio" in json.dumps(answer), (bad, answer)


async def wrong_messages(server):
    for key in (None, "mien_nothing"):
        try:
            async with server.connect("/v1/stream", ["mien.v1"], key=key):
                raise AssertionError("let in")
        except Exception as refused:
            assert "401" in str(refused), refused
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        await ws.recv()
        for message, part in (("{", "expected"), ("{}", "type"), ('{"type":"nonsense"}', "open"), ('{"type":"open"}', "purpose"),
                              (b"\x01\x00", "conversation"), ('{"type":"rejoin"}', "token")):
            await ws.send(message)
            answer = json.loads(await ws.recv())
            assert answer["type"] == "error" and part in json.dumps(answer), (message, answer)
        await ws.send(json.dumps({"type": "open", **server.opening(server.consent())}))
        assert json.loads(await ws.recv())["type"] == "opened"
        for message, part in ((sound(b"\0" * 640, 0, 7), "stream"), (b"\x09" + b"\0" * 20, "picture"),
                              ('{"type":"text","who":"x","text":"y"}', "participant")):
            await ws.send(message)
            answer = json.loads(await ws.recv())
            assert answer["type"] == "error" and part in json.dumps(answer), (message, answer)
        await ws.send('{"type":"ping"}')
        assert json.loads(await ws.recv())["type"] == "pong"
        await ws.send(b"\x01" * (5 << 20))
        await ws.wait_closed()
        assert ws.close_code == 1009, ws.close_code
    assert server.ask("GET", "/healthz")[0] == 200


async def stopping_finishes_what_is_said(server):
    consent = server.consent()
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        await opened(server, ws, consent=consent)
        await play(ws, sample()[:64000 * 6])
        await asyncio.sleep(0.3)
        server.process.terminate()
        results = await until_finished(ws)
        assert any(r["type"] == "reading" and r["reading"]["final"] for r in results)


if __name__ == "__main__":
    run(a_call, in_pieces_or_at_once, without_consent, withdrawn, rejoined, observations_only, two_in_one_channel, wrong_messages, stopping_finishes_what_is_said)
