"""What the tests of jobs send: parts of the sample call, in multipart/form-data, with what may be read of whom."""
from __future__ import annotations

import functools
import json
import os
import subprocess
import time
import urllib.parse

from server import ROOT

SAMPLE = os.path.join(ROOT, "samples/call.opus")


def asked(consent: str = "", **more) -> dict:
    return {"purpose": "customer_service", "context": "call", "jurisdiction": "eu", "notice_given": True,
            "participants": [{"who": "customer", "role": "customer", "subject": "s-1", "consent": consent},
                             {"who": "agent", "role": "agent"}], "channels": ["customer", "agent"], **more}


def address(what: dict, **more) -> str:
    return "/v1/jobs?" + urllib.parse.urlencode({"job": json.dumps(what, separators=(",", ":")), **more})


def wait(server, job: str, until=("done", "failed", "cancelled", "interrupted")) -> dict:
    for _ in range(600):
        got = server.json("GET", "/v1/jobs/" + job)
        if got["state"] in until:
            return got
        time.sleep(0.05)
    raise AssertionError(f"it stays {got['state']}")


def form(parts, boundary="x-9Zq") -> tuple[bytes, dict]:
    """(name, filename or None, bytes) to a multipart body and its header."""
    body = b""
    for name, filename, content in parts:
        named = "" if filename is None else f'; filename="{filename}"'
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def wav(seconds: float = 8, begin: float = 26, channels: str = "pan=mono|c0=c0") -> bytes:
    return subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-ss", str(begin), "-t", str(seconds), "-i", SAMPLE, "-af", channels, "-f", "wav", "-"],
                          stdout=subprocess.PIPE, check=True).stdout


def alone(consent: str, **more) -> dict:
    return {**asked(consent, **more), "participants": [{"who": "customer", "role": "customer", "subject": "s-1", "consent": consent}],
            "channels": ["customer"]}


@functools.cache
def long_recording(seconds: int = 1200) -> bytes:
    """Speech for as long as it takes: the sample's customer over and over."""
    return subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-stream_loop", "-1", "-i", SAMPLE, "-t", str(seconds), "-af", "pan=mono|c0=c0", "-ar", "16000",
                           "-f", "wav", "-"], stdout=subprocess.PIPE, check=True).stdout


def send(server, what: dict, body: bytes, status: int = 202, filename: str = "call.wav", more=(), headers=None):
    form_body, head = form([("job", None, json.dumps(what).encode()), ("file", filename, body), *more])
    got, answered, text = server.ask("POST", "/v1/jobs", form_body, headers={**head, **(headers or {})})
    assert got == status, (got, text)
    return json.loads(text)
