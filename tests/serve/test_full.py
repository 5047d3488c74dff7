"""A full disk: what cannot be accounted for is refused, with a reason; who reads already goes on; with room again all is well.

Needs a small file system of its own, so root; skipped (77) elsewhere.
"""
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time

from kept import converse, exported, granted
from recordings import address, alone
from server import PROGRAM, Server, sample
from test_stream import opened, play, until_finished

folder = tempfile.mkdtemp(prefix="mien-full-")
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", folder], stderr=subprocess.DEVNULL).returncode:
    print("no file system can be mounted here: skipped")
    os.rmdir(folder)
    sys.exit(77)


def fill() -> None:
    with open(folder + "/fill", "ab", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def empty() -> None:
    os.unlink(folder + "/fill")


class Small(Server):
    def __init__(self):
        self.data = folder
        self.process = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--data", self.data], stderr=subprocess.PIPE, text=True)
        self.port = int(self.process.stderr.readline().split("port ")[1].split()[0])
        self.key = open(os.path.join(self.data, "first.key")).read()

    def __exit__(self, *_) -> None:
        self.stop()


def problem(server, method, path, body=None):
    for _ in range(60):  # the last page of a file has room for a few records more
        status, _, text = server.ask(method, path, body)
        if status >= 300:
            break
    assert status in (500, 503, 507), (path, status, text)
    told = json.loads(text)
    assert told["title"] and told["detail"], told
    return told


def uploads_leave_room(server) -> None:
    """A recording that does not fit is refused before it takes the room that everything else needs, and what came of it is gone."""
    free = os.statvfs(folder).f_bavail
    for _ in range(3):
        status, _, text = server.ask("POST", address(alone("")), os.urandom(6 << 20), headers={"Content-Type": "audio/wav"})
        assert status == 503 and "nearly full" in text.decode(), (status, text)
    for _ in range(50):
        if os.statvfs(folder).f_bavail >= free - 64:
            return
        time.sleep(0.05)
    raise AssertionError("it still takes room")


async def reads_on(server, consent) -> None:
    """A call that is open when the disk fills up is read to its end."""
    pcm = sample()[:64000 * 20]
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        await opened(server, ws, participants=[{"who": "customer", "role": "customer", "subject": "s-full", "consent": consent}, {"who": "agent", "role": "agent"}])
        await play(ws, pcm, end=5)
        fill()
        await play(ws, pcm, start=5)
        await ws.send('{"type":"finish"}')
        results = await until_finished(ws)
    assert any(r["type"] == "state" and r["state"]["t1"] > 8 for r in results), results[-3:]


try:
    with Small() as server:
        consent = granted(server, "s-full", True)
        converse(server, "s-full", consent)
        before = exported(server, "s-full", 4)["sessions"][0]["records"]
        asyncio.run(reads_on(server, consent))
        fill()  # what a journal gave back
        problem(server, "POST", "/v1/consents", {"subject": "s-2", "purpose": "customer_service", "modalities": ["voice"]})
        problem(server, "POST", "/v1/sessions", server.opening(consent))
        assert server.ask("GET", "/healthz")[0] == 200
        empty()
        uploads_leave_room(server)
        consent2 = granted(server, "s-2", True)
        converse(server, "s-2", consent2)
        exported(server, "s-2", 4)
        assert server.json("GET", "/v1/subjects/s-full")["sessions"], "what was kept before is there"
        assert any(s["records"][:len(before)] == before for s in server.json("GET", "/v1/subjects/s-full")["sessions"])
        server.json("DELETE", "/v1/consents/" + consent)
    checked = subprocess.run([PROGRAM, "audit", "verify", "--data", folder], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
finally:
    subprocess.run(["umount", "-l", folder])
    os.rmdir(folder)
print("a full disk refuses what it must, and nothing that was kept is lost")
