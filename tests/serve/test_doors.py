"""The doors of others' protocols, each spoken to byte by byte as its specification says."""
import asyncio
import base64
import hashlib
import hmac
import json
import os
import struct
import subprocess
import tempfile
import time
import uuid

import server as tool
from server import ROOT, Server, sample

SETTINGS = """
doors:
  profile: support
  audiosocket_port: 0
  audiohook_key: genesys-key
  audiohook_secret_file: {folder}/secret
profiles:
  support:
    purpose: customer_service
    context: call
    jurisdiction: eu
    notice_given: true
    participants:
      - {{who: customer, role: customer, subject: s-1}}
      - {{who: agent, role: agent}}
"""


def mulaw(channels: int = 1) -> bytes:
    return sample(8000, channels, "mulaw")


async def follow(server, session, kinds, until="finished"):
    """Results of a conversation, by server-sent events, as another client sees them."""
    text = (await asyncio.to_thread(server.ask, "GET", f"/v1/sessions/{session}/results?stream=1"))[2].decode()
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def only_session(server):
    sessions = server.json("GET", "/v1/sessions")["sessions"]
    assert len(sessions) == 1, sessions
    return sessions[0]["session"]


async def twilio(server):
    consent, sound = server.consent(), mulaw(2)
    tracks = {"inbound": sound[0::2], "outbound": sound[1::2]}
    async with server.connect("/twilio", key=None) as ws:
        await ws.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        await ws.send(json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": {
            "accountSid": "AC1", "streamSid": "MZ1", "callSid": "CA1", "tracks": ["inbound", "outbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"key": server.key, "consent": consent}}}))
        for at in range(0, len(tracks["inbound"]), 160):
            for name, track in tracks.items():
                await ws.send(json.dumps({"event": "media", "sequenceNumber": "2", "streamSid": "MZ1", "media": {
                    "track": name, "chunk": "1", "timestamp": str(at // 8), "payload": base64.b64encode(track[at:at + 160]).decode()}}))
        following = asyncio.create_task(follow(server, await asyncio.to_thread(only_session, server), None))
        await asyncio.sleep(0.1)
        await ws.send(json.dumps({"event": "stop", "sequenceNumber": "9", "streamSid": "MZ1", "stop": {"accountSid": "AC1", "callSid": "CA1"}}))
        await ws.wait_closed()
        assert ws.close_code == 1000, ws.close_code
    results = await following
    states = [r["state"] for r in results if r["type"] == "state"]
    assert len(states) > 10 and {s["who"] for s in states} == {"customer"}


async def twilio_strangers(server):
    for start in ({}, {"customParameters": {"key": "mien_no"}}, {"customParameters": {"session": "s_1", "token": "2"}}):
        async with server.connect("/twilio", key=None) as ws:
            await ws.send(json.dumps({"event": "start", "start": start}))
            await ws.wait_closed()
            assert ws.close_code == 1008, (start, ws.close_code)
    async with server.connect("/twilio", key=None) as ws:
        await ws.send("nonsense")
        await ws.wait_closed()
        assert ws.close_code == 1007
    assert server.json("GET", "/v1/sessions")["sessions"] == []


async def freeswitch(server):
    """mod_audio_fork: metadata, then linear sound; answers become its events."""
    consent, sound = server.consent(), sample(8000, 2)
    async with server.connect("/pcm?rate=8000&mix=stereo", ["audio.drachtio.org"], key=None) as ws:
        assert ws.subprotocol == "audio.drachtio.org"
        await ws.send(json.dumps({"key": server.key, "consent": consent}))
        for at in range(0, len(sound), 640):
            await ws.send(sound[at:at + 640])
        await ws.send('{"type":"finish"}')
        kinds = []
        async for message in ws:
            answer = json.loads(message)
            assert answer["type"] == "emotion", answer
            kinds.append(answer["data"]["type"])
    assert kinds.count("state") > 10 and kinds[-1] == "finished", kinds
    async with server.connect("/pcm?rate=8000", key=None) as ws:
        await ws.send(b"\0" * 320)
        assert json.loads(await ws.recv())["type"] == "error"
        await ws.wait_closed()
        assert ws.close_code == 1008
    async with server.connect("/pcm?rate=8000&coding=gsm") as ws:
        await ws.send(b"\0" * 320)
        assert "coding" in await ws.recv()


async def asterisk(server):
    opened = server.json("POST", "/v1/sessions", server.opening(server.consent(), audio=[
        {"coding": "pcm_s16le", "rate": 8000, "channels": ["customer"]}]), 201)
    sound, port = sample(8000, 1), server.audiosocket
    call = bytes.fromhex(opened["session"][2:])

    async def dial(parts, whole):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        if whole:
            writer.write(b"".join(parts))
        else:  # in pieces that do not end where the parts end
            stream = b"".join(parts)
            for at in range(0, len(stream), 331):
                writer.write(stream[at:at + 331])
        await writer.drain()
        assert await reader.read() == b""
        writer.close()
    part = lambda kind, data=b"": struct.pack(">BH", kind, len(data)) + data
    await dial([part(1, uuid.uuid4().bytes), part(16, b"\0" * 320)], True)  # nobody's
    await dial([part(16, b"\0" * 320)], True)  # no UUID
    await dial([part(1, b"short")], True)
    speech = [part(16, sound[at:at + 320]) for at in range(0, len(sound), 320)]
    following = asyncio.create_task(follow(server, opened["session"], None))
    await dial([part(1, call), part(3, b"5"), *speech, part(0)], False)
    results = await following
    assert [r["type"] for r in results].count("state") > 10
    await dial([part(1, call), *speech[:5], part(0)], True)  # a second caller is not let in
    last = server.json("GET", "/v1/sessions/" + opened["session"])
    assert last["results"] == results[-1]["seq"]


def signed(server, host, key="genesys-key", secret=b"0123456789abcdef", age=0, path="/audiohook", leave=()):
    headers = {"audiohook-organization-id": str(uuid.uuid4()), "audiohook-session-id": str(uuid.uuid4()),
               "audiohook-correlation-id": str(uuid.uuid4()), "x-api-key": key}
    values = {"@request-target": path, "host": host, **headers}
    names = [name for name in values if name not in leave]
    made = int(time.time()) - age
    nonce = base64.b64encode(os.urandom(18)).decode()
    params = "(" + " ".join(f'"{n}"' for n in names) + f');keyid="{key}";nonce="{nonce}";alg="hmac-sha256";created={made};expires={made + 30}'
    base = "".join(f'"{n}": {values[n]}\n' for n in names) + f'"@signature-params": {params}'
    signature = base64.b64encode(hmac.new(secret, base.encode(), hashlib.sha256).digest()).decode()
    return {**headers, "signature-input": "sig1=" + params, "signature": f"sig1=:{signature}:"}


async def genesys(server):
    host, consent, sound = f"127.0.0.1:{server.port}", server.consent(), mulaw(2)
    headers = signed(server, host)
    async with server.connect("/audiohook", key=None, headers=headers) as ws:
        seq, answers, mine = 0, [], str(uuid.uuid4())

        async def say(type_, parameters=None):
            nonlocal seq
            seq += 1
            await ws.send(json.dumps({"version": "2", "id": mine, "type": type_, "seq": seq, "serverseq": len(answers), "position": "PT0S",
                                      "parameters": parameters or {}}))

        async def hear(type_):
            while True:
                answer = json.loads(await ws.recv())
                answers.append(answer)
                assert answer["version"] == "2" and answer["id"] == mine and answer["seq"] == len(answers), answer
                assert answer["type"] not in ("disconnect",), answer
                if answer["type"] == type_:
                    return answer
        await say("open", {"organizationId": headers["audiohook-organization-id"], "conversationId": str(uuid.uuid4()), "language": "en-US",
                           "participant": {"id": str(uuid.uuid4()), "ani": "+1555", "aniName": "", "dnis": "+1556"},
                           "media": [{"type": "audio", "format": "PCMU", "channels": ["external", "internal"], "rate": 8000},
                                     {"type": "audio", "format": "PCMU", "channels": ["external"], "rate": 8000}],
                           "customConfig": {"consent": consent}})
        opened = await hear("opened")
        assert opened["clientseq"] == 1 and opened["parameters"]["media"][0]["channels"] == ["external", "internal"]
        await say("ping", {"rtt": "PT0.1S"})
        await hear("pong")
        for at in range(0, len(sound), 3200):
            await ws.send(sound[at:at + 3200])
        await say("close", {"reason": "end"})
        await hear("closed")
        await ws.wait_closed()
    entities = [e for a in answers if a["type"] == "event" for e in a["parameters"]["entities"]]
    assert entities and {e["type"] for e in entities} == {"emotion"}
    assert {e["data"]["state"]["who"] for e in entities if e["data"]["type"] == "state"} == {"customer"}
    for wrong in (headers, signed(server, host, secret=b"other secret 123"), signed(server, host, key="other"), signed(server, host, age=3600),
                  signed(server, "evil.example"), signed(server, host, path="/twilio"), signed(server, host, leave=("x-api-key",)),
                  signed(server, host, leave=("host",)), {}):
        try:
            async with server.connect("/audiohook", key=None, headers=wrong):
                raise AssertionError("let in")
        except Exception as refused:
            assert "401" in str(refused), refused


async def hume(server):
    """The stream of Expression Measurement: a text, a picture, a sound; each its answer."""
    wav = subprocess.run(["ffmpeg", "-v", "error", "-ss", "8", "-t", "4", "-i", os.path.join(ROOT, "samples/call.opus"), "-map_channel", "0.0.0",
                          "-f", "wav", "-"], stdout=subprocess.PIPE).stdout
    async with server.connect("/v0/stream/models", key=None, headers={"X-Hume-Api-Key": server.key}) as ws:
        await ws.send(json.dumps({"data": "Thank you so much!", "models": {"language": {}}, "raw_text": True, "payload_id": "one"}))
        answer = json.loads(await ws.recv())
        assert answer["payload_id"] == "one", answer
        said = answer["language"]["predictions"][0]
        assert max(said["emotions"], key=lambda e: e["score"])["name"] == "Gratitude", said
        await ws.send(json.dumps({"data": base64.b64encode(wav).decode(), "models": {"prosody": {}, "burst": {}}, "payload_id": "two"}))
        answer = json.loads(await ws.recv())
        assert "error" in answer, "sound needs a consent, and this profile names none"
        for wrong in ("{", '{"data":1,"models":{}}', '{"data":"x"}', '{"data":"???","models":{"face":{}}}'):
            await ws.send(wrong)
            assert "error" in json.loads(await ws.recv()), wrong
    try:
        async with server.connect("/v0/stream/models", key="mien_wrong"):
            raise AssertionError("let in")
    except Exception as refused:
        assert "401" in str(refused), refused


class Doors(Server):
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="mien-doors-")
        open(self.folder + "/secret", "w").write(base64.b64encode(b"0123456789abcdef").decode())
        open(self.folder + "/settings.yaml", "w").write(SETTINGS.format(folder=self.folder))
        super().__init__("--settings", self.folder + "/settings.yaml")
        self.audiosocket = int(self.process.stderr.readline().split("port ")[1])


tool.Server = Doors
tool.run(twilio, twilio_strangers, freeswitch, asterisk, genesys, hume)
