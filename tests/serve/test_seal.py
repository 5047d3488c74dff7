"""Messages sealed between the client and the service: a client by PyNaCl, and what somebody between can do."""
import asyncio
import base64
import hashlib
import json
import struct
import sys

from server import run, sample

try:
    from nacl import bindings as sodium
except ImportError:
    print("python3-nacl is not installed")
    sys.exit(77)


class Sealed:
    """The client's side of src/serve/doors/seal.h."""

    def __init__(self, ws):
        self.ws, self.given, self.taken = ws, 0, 0

    async def agree(self, service: bytes):
        mine, secret = sodium.crypto_kx_keypair()
        await self.ws.send(json.dumps({"type": "seal", "key": base64.b64encode(mine).decode()}))
        answer = json.loads(await self.ws.recv())
        assert answer["type"] == "sealed", answer
        pairs = [sodium.crypto_kx_client_session_keys(mine, secret, key) for key in (service, base64.b64decode(answer["key"]))]
        self.inward, self.outward = (hashlib.blake2b(pairs[0][k] + pairs[1][k], digest_size=32).digest() for k in (0, 1))
        return self

    def sealed(self, message) -> bytes:
        plain = b"\2" + message if isinstance(message, bytes) else b"\1" + message.encode()
        out = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, None, struct.pack("<QQQ", self.given, 0, 0), self.outward)
        self.given += 1
        return out

    async def send(self, message) -> None:
        await self.ws.send(self.sealed(message))

    async def recv(self):
        message = await self.ws.recv()
        assert isinstance(message, bytes), message
        plain = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(message, None, struct.pack("<QQQ", self.taken, 0, 0), self.inward)
        self.taken += 1
        assert plain[0] == 1
        return json.loads(plain[1:])


def key_of(server) -> bytes:
    return base64.b64decode(json.loads(server.ask("GET", "/v1/seal", key=None)[2])["key"])


async def connected(server):
    ws = await server.connect("/v1/stream", ["mien.v1"])
    assert json.loads(await ws.recv())["type"] == "hello"
    return ws


async def a_call(server):
    """The same results as without, and nothing of them to be read on the way."""
    consent, pcm, seen = server.consent(), sample()[:64000 * 12], []
    audio = [{"coding": "pcm_s16le", "rate": 16000, "channels": ["customer", "agent"]}]
    for sealed in (True, False):
        ws = await connected(server)
        talk = await Sealed(ws).agree(key_of(server)) if sealed else ws
        read = talk.recv if sealed else (lambda: ws.recv())
        await talk.send(json.dumps({"type": "open", **server.opening(consent=consent, audio=audio)}))
        results = []
        for i in range(0, len(pcm), 6400):
            await talk.send(struct.pack("<BBHQ", 1, 0, 0, i // 64000 * 1000000 + i % 64000 * 1000000 // 64000) + pcm[i:i + 6400])
        await talk.send('{"type":"finish"}')
        while not results or results[-1]["type"] != "finished":
            message = await read()
            results.append(message if sealed else json.loads(message))
        await ws.close()
        seen.append([r.get("reading", r.get("state")) for r in results if "seq" in r])
    assert seen[0] == seen[1] and len(seen[0]) > 5, [len(s) for s in seen]


async def what_others_may_try(server):
    """A message that was changed, sent twice, left out, moved, or not sealed ends the connection, and nothing of it counts."""
    service, ping = key_of(server), '{"type":"ping"}'

    async def refused(tampered) -> None:
        ws = await connected(server)
        talk = await Sealed(ws).agree(service)
        await talk.send(ping)
        assert (await talk.recv())["type"] == "pong"
        for message in tampered(talk):
            await ws.send(message)
        try:
            while True:
                assert (await asyncio.wait_for(talk.recv(), 10))["type"] == "pong"
        except Exception as ended:
            assert type(ended).__name__.startswith("ConnectionClosed") and ws.close_code == 1008, repr(ended)

    def flipped(talk):
        message = bytearray(talk.sealed(ping))
        message[7] ^= 1
        return [bytes(message)]

    def skipped(talk):
        talk.sealed(ping)
        return [talk.sealed(ping)]

    await refused(flipped)
    await refused(lambda talk: [message := talk.sealed(ping), message])
    await refused(skipped)
    await refused(lambda talk: [talk.sealed(ping), talk.sealed(ping)][::-1])
    await refused(lambda talk: [ping])
    await refused(lambda talk: [b"", ])
    await refused(lambda talk: [b"x" * 16])
    # Another service's key: what the client says then cannot be opened.
    ws = await connected(server)
    talk = await Sealed(ws).agree(sodium.crypto_kx_keypair()[0])
    await talk.send(ping)
    try:
        await asyncio.wait_for(ws.recv(), 10)
        raise AssertionError("it was answered")
    except Exception as ended:
        assert type(ended).__name__.startswith("ConnectionClosed"), repr(ended)


async def keys_that_are_none(server):
    ws = await connected(server)
    for key in (None, 3, "", "AAAA", "x" * 44, base64.b64encode(bytes(32)).decode(), base64.b64encode(bytes(33)).decode()):
        await ws.send(json.dumps({"type": "seal", "key": key}))
        answer = json.loads(await ws.recv())
        assert answer["type"] == "error" and answer["where"] == "seal", (key, answer)
    talk = await Sealed(ws).agree(key_of(server))
    await talk.send(json.dumps({"type": "seal", "key": base64.b64encode(sodium.crypto_kx_keypair()[0]).decode()}))
    assert (await talk.recv())["type"] == "error"


run(a_call, what_others_may_try, keys_that_are_none)
