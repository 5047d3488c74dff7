"""kill -9 at random moments under load: what was acknowledged is there afterwards, and no chain is broken.

    test_kill.py MIEN [ROUNDS]
"""
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error

from server import PROGRAM, Server

CLIENTS = 6


class Load(threading.Thread):
    """One caller: consents given and taken back, conversations that are kept, what is kept asked for."""

    def __init__(self, server, number: int, rounds: int):
        super().__init__()
        self.server, self.random = server, random.Random(rounds * 1000 + number)
        self.subject = f"s-{number}"
        self.given, self.withdrawn, self.seen, self.failed = {}, set(), 0, None

    def run(self) -> None:
        try:
            while True:
                self.step()
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
            pass  # the server is gone
        except AssertionError as wrong:
            self.failed = wrong

    def asked(self, method, path, body=None, expected=200):
        status, _, text = self.server.ask(method, path, body)
        assert status == expected, (method, path, status, text)
        return json.loads(text) if text else None

    def step(self) -> None:
        body = {"subject": self.subject, "purpose": "customer_service", "modalities": ["text", "voice"], "keep": True}
        consent = self.asked("POST", "/v1/consents", body, 201)["consent"]
        self.given[consent] = True
        opening = self.server.opening(consent)
        opening["participants"][0]["subject"] = self.subject
        here = "/v1/sessions/" + self.asked("POST", "/v1/sessions", opening, 201)["session"]
        for text in ("This is useless, the third time!", "Thank you."):
            self.asked("POST", here + "/turns", {"who": "customer", "text": text}, 202)
        self.asked("POST", here + "/finish", None, 202)
        status, _, text = self.server.ask("GET", "/v1/subjects/" + self.subject)
        if status == 200:
            self.seen = max(self.seen, sum(len(s["records"]) for s in json.loads(text)["sessions"]))
        if self.random.random() < 0.4:  # another consent, which keeps nothing, is taken back
            body = {"subject": self.subject + "-other", "purpose": "customer_service", "modalities": ["voice"]}
            other = self.asked("POST", "/v1/consents", body, 201)["consent"]
            self.asked("DELETE", "/v1/consents/" + other)
            self.withdrawn.add(other)


def start(server) -> None:
    server.process = subprocess.Popen([PROGRAM, "serve", "--port", str(server.port), "--data", server.data],
                                      stderr=subprocess.PIPE, text=True)
    line = server.process.stderr.readline()
    assert "listening" in line, line


def kill(server) -> None:
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()


def rounds(server, count: int, end, begin) -> tuple[int, int, int]:
    """Load, an end at a random moment, a new beginning, and a look at what is there: how much was acknowledged in all."""
    given, withdrawn, seen = set(), set(), {}
    chance = random.Random(7)
    for round_ in range(count):
        clients = [Load(server, n, round_) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(chance.uniform(0.1, 1.5))
        end()
        for client in clients:
            client.join()
            assert client.failed is None, client.failed
            given |= set(client.given)
            withdrawn |= client.withdrawn
            seen[client.subject] = max(seen.get(client.subject, 0), client.seen)
        checked = subprocess.run([PROGRAM, "audit", "verify", "--data", server.data], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        begin()
        for consent in given | withdrawn:
            status, _, text = server.ask("GET", "/v1/consents/" + consent)
            assert status == 200, f"round {round_}: a consent that was acknowledged is gone"
            assert consent not in withdrawn or not json.loads(text)["modalities"], f"round {round_}: a withdrawal is gone: {text}"
        for subject, known in seen.items():
            kept = sum(len(s["records"]) for s in server.json("GET", "/v1/subjects/" + subject)["sessions"]) if known else 0
            assert kept >= known, f"round {round_}: {known} records of {subject} had been given out, {kept} are there"
    return len(given), len(withdrawn), sum(seen.values())


if __name__ == "__main__":
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    with Server() as server:
        given, withdrawn, records = rounds(server, count, lambda: kill(server), lambda: start(server))
    print(f"{count} kills: {given} consents, {withdrawn} withdrawals and {records} records that had been acknowledged are all there, and the chains are whole")
