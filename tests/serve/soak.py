"""Half the load for as long as is asked: growth of memory, lost results, errors.

    soak.py MIEN [MINUTES [CALLS]]      60 minutes, 75 calls (half of the 150 of `mien bench serve`)

Each call is both channels of the sample in real time and a turn of text each 5 s; calls end after 2 to 4 minutes
and others begin, so that what a call leaves behind would add up. The machine has to be quiet. A result is lost when a number is left out, or
when a call is not told that it is finished. Memory is looked at each half minute; growth is that of the medians
of the second and the last fifth of the time.
"""
import asyncio
import json
import random
import statistics
import struct
import sys
import time

from server import Server, sample

MINUTES = float(sys.argv[2]) if len(sys.argv) > 2 else 60
CALLS = int(sys.argv[3]) if len(sys.argv) > 3 else 75
BLOCK = 3200 * 2  # bytes of 0.1 s, two channels
TURN = json.dumps({"type": "text", "who": "customer", "text": "I have waited for three weeks and nobody has answered me."})


class Soak:
    def __init__(self, server):
        self.server, self.sound = server, sample()
        self.calls = self.results = self.lost = self.late = 0
        self.errors, self.memory = [], []

    async def take(self, ws) -> None:
        last, finished = 0, False
        async for text in ws:
            message = json.loads(text)
            if "seq" in message:
                self.results += 1
                self.lost += message["seq"] != last + 1
                last = message["seq"]
                if last % 50 == 0:
                    await ws.send(json.dumps({"type": "ack", "seq": last}))
                if message["type"] == "finished":
                    finished = True
                    break
            if message["type"] in ("error", "trouble"):
                self.errors.append(text)
        self.lost += not finished

    async def call(self, consent: str, seconds: float, chance: random.Random) -> None:
        people = [{"who": who, "role": "customer", "subject": "s-1", "consent": consent} for who in ("customer", "other")]
        audio = [{"coding": "pcm_s16le", "rate": 16000, "channels": ["customer", "other"]}]
        async with self.server.connect("/v1/stream", ["mien.v1"]) as ws:
            await ws.recv()
            await ws.send(json.dumps({"type": "open", **self.server.opening(participants=people, audio=audio)}))
            answer = json.loads(await ws.recv())
            assert answer["type"] == "opened", answer
            taking = asyncio.create_task(self.take(ws))
            taking.add_done_callback(lambda task: task.exception())  # a lost connection is met by the sending
            begun, at = time.monotonic(), chance.randrange(0, len(self.sound) // BLOCK)
            for tick in range(int(seconds * 10)):
                wait = begun + tick / 10 - time.monotonic()
                if wait > 0:
                    await asyncio.sleep(wait)
                self.late += wait < -1
                place = (at + tick) * BLOCK % (len(self.sound) - BLOCK)
                await ws.send(struct.pack("<BBHQ", 1, 0, 0, tick * 100000) + self.sound[place // 4 * 4:place // 4 * 4 + BLOCK])
                if tick % 50 == 49:
                    await ws.send(TURN)
            await ws.send('{"type":"finish"}')
            await taking
        self.calls += 1

    async def caller(self, number: int, consent: str, end: float) -> None:
        chance = random.Random(number)
        await asyncio.sleep(chance.uniform(0, 10))
        while time.monotonic() < end:
            try:
                await self.call(consent, min(chance.uniform(120, 240), max(5, end - time.monotonic())), chance)
            except Exception as wrong:  # counted, and the first are shown at the end
                self.errors.append(f"after {self.calls} calls: {wrong!r}")
                await asyncio.sleep(1)

    async def watch(self, end: float) -> None:
        while time.monotonic() < end:
            with open(f"/proc/{self.server.process.pid}/status") as status:
                self.memory.append(next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024)
            await asyncio.sleep(min(30, MINUTES * 60 / 20))

    async def run(self) -> None:
        end = time.monotonic() + MINUTES * 60
        consent = self.server.consent()
        await asyncio.gather(self.watch(end), *[self.caller(n, consent, end) for n in range(CALLS)])


def main() -> None:
    with Server() as server:
        soak = Soak(server)
        asyncio.run(soak.run())
        fifth = max(1, len(soak.memory) // 5)
        before, after = (statistics.median(m) for m in (soak.memory[fifth:2 * fifth], soak.memory[-fifth:]))
        print(f"{MINUTES:g} minutes, {CALLS} calls at once: {soak.calls} calls, {soak.results} results, {soak.lost} lost, "
              f"{len(soak.errors)} errors, {soak.late} blocks sent late; memory {before:.0f} MB, at the end {after:.0f} MB "
              f"({after - before:+.1f})")
        for error in soak.errors[:5]:
            print(error)
        sys.exit(bool(soak.lost or soak.errors or after - before > 0.05 * before))


main()
