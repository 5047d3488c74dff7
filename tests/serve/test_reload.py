"""A reload while a call streams: nothing of the call is lost, and where anything is wrong nothing is taken over."""
import asyncio
import json
import os
import shutil
import signal
import tempfile
import time

from server import Server, sample
from test_stream import opened, play, until_finished

folder = tempfile.mkdtemp(prefix="mien-reload-")
settings, rules = f"{folder}/settings.yaml", f"{folder}/rules.yaml"
RULE = "rules:\n  - {{name: {name}, when: 'talking > 1 s', severity: info}}\n"


def write(limit: int, name: str, idle: str = "60 s", broken: str = "") -> None:
    open(settings, "w").write(f"limits: {{conversations: {limit}}}\ntimes: {{idle: {idle}}}\nrules: {{files: {rules}}}\n{broken}")
    shutil.copy(os.environ.get("MIEN_SOURCE_ROOT", ".") + "/rules/default.yaml", rules)
    if name:
        open(rules, "a").write("  broken: [\n")


def number(server) -> int:
    return server.json("GET", "/v1/rules")["number"]


def reloaded(server, word: str) -> str:
    server.process.send_signal(signal.SIGHUP)
    line = server.process.stderr.readline() if word else ""
    assert word in line, line
    return line


def reading(results):
    return [(r["reading"]["t0"], r["reading"]["core"]) for r in results if r["type"] == "reading"]


async def call(server, consent, during=None):
    pcm = sample()[:64000 * 20]
    async with server.connect("/v1/stream", ["mien.v1"]) as ws:
        await opened(server, ws, consent=consent)
        await play(ws, pcm, end=10)
        if during:
            during()
        await play(ws, pcm, start=10)
        await ws.send('{"type":"finish"}')
        return await until_finished(ws)


try:
    write(5, "")
    with Server("--settings", settings) as server:
        consent, first = server.consent(), number(server)
        undisturbed = asyncio.run(call(server, consent))
        write(3, "", idle="50 s")
        results = asyncio.run(call(server, consent, lambda: reloaded(server, "times.idle")))
        assert [r["seq"] for r in results] == list(range(1, len(results) + 1))
        assert reading(results) == reading(undisturbed) and len(reading(results)) > 5
        assert number(server) == first + 1

        write(4, "broken")  # settings are right, rules are not
        line = reloaded(server, "nothing was reloaded")
        assert "rules.yaml" in line, line
        write(4, "", broken="limit: 3\n")  # the other way round
        assert "settings.yaml" in reloaded(server, "nothing was reloaded")
        assert number(server) == first + 1
        # The limit of 3 is that of the reload which worked. Conversations of before linger: only new ones are counted up to it.
        for status in (201, 503):
            for _ in range(3):
                got = server.ask("POST", "/v1/sessions", server.opening(consent))[0]
                if got == 503:
                    break
            if got == 503:
                break
        assert got == 503, got
        audit = open(os.path.join(server.data, "audit")).read()
        assert audit.count('"what":"reload"') == 3, audit
finally:
    shutil.rmtree(folder)
print("streams go on over a reload; a reload is whole or nothing")
