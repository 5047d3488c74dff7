"""Starts `mien serve` on a free port with a fresh data folder, for the tests beside this file."""
from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

try:
    import websockets
except ImportError:
    print("python3-websockets is not installed")
    sys.exit(77)

ROOT = os.environ.get("MIEN_SOURCE_ROOT", ".")
PROGRAM = sys.argv[1]


class Server:
    def __init__(self, *more: str):
        self.data = tempfile.mkdtemp(prefix="mien-serve-")
        self.more = more
        self.start()

    def start(self, environment: dict | None = None) -> None:
        """Again after it was stopped, with the same data."""
        self.process = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--data", self.data, *self.more],
                                        stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
        line = self.process.stderr.readline()
        assert "listening" in line, line
        self.port = int(line.split("port ")[1].split()[0])
        self.told = line
        self.key = open(os.path.join(self.data, "first.key")).read()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self.stop()
        shutil.rmtree(self.data)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, f"the server ended with {self.process.returncode}"

    def ask(self, method: str, path: str, body=None, key: str | None = "", headers=None):
        """Status, headers and JSON of an answer. `key` None: without one."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers or {}, method=method)
        if key is not None:
            request.add_header("Authorization", "Bearer " + (key or self.key))
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        text = answer.read()
        return answer.status if hasattr(answer, "status") else answer.code, answer.headers, text

    def json(self, method: str, path: str, body=None, status: int = 200):
        got, _, text = self.ask(method, path, body)
        assert got == status, (method, path, got, text)
        return json.loads(text)

    def connect(self, path: str, protocols=None, key: str | None = "", headers=None):
        all_of = dict(headers or {})
        if key is not None:
            all_of["Authorization"] = "Bearer " + (key or self.key)
        return websockets.connect(f"ws://127.0.0.1:{self.port}{path}", subprotocols=protocols, extra_headers=all_of,
                                  max_size=1 << 24)

    def consent(self, subject: str = "s-1", purpose: str = "customer_service", modalities=("voice",)) -> str:
        return self.json("POST", "/v1/consents", {"subject": subject, "purpose": purpose, "modalities": list(modalities)},
                         201)["consent"]

    def opening(self, consent: str = "", **more) -> dict:
        return {"purpose": "customer_service", "context": "call", "jurisdiction": "eu", "notice_given": True,
                "participants": [{"who": "customer", "role": "customer", "subject": "s-1", "consent": consent},
                                 {"who": "agent", "role": "agent"}], **more}


def sample(rate: int = 16000, channels: int = 2, form: str = "s16le") -> bytes:
    """The sample call, both channels, as raw sound."""
    return subprocess.run(["ffmpeg", "-v", "error", "-i", os.path.join(ROOT, "samples/call.opus"), "-ar", str(rate), "-ac",
                           str(channels), "-f", form, "-"], stdout=subprocess.PIPE, check=True).stdout


def run(*tests) -> None:
    for test in tests:
        print(test.__name__, flush=True)
        with Server() as server:
            made = test(server)
            if asyncio.iscoroutine(made):
                asyncio.run(asyncio.wait_for(made, 60))
