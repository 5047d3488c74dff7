"""A conversation with somebody who is kept, for several tests."""
import subprocess
import time

from server import PROGRAM


def converse(server, subject, consent):
    opening = server.opening(consent)
    opening["participants"][0].update(subject=subject, who="zebra-who")
    here = "/v1/sessions/" + server.json("POST", "/v1/sessions", opening, 201)["session"]
    for text in ("This is zebra useless, the third time!", "Thank you, zebra."):
        server.json("POST", here + "/turns", {"who": "zebra-who", "text": text}, 202)
    server.json("POST", here + "/finish", status=202)
    for _ in range(100):
        results = server.json("GET", here + "/results")["results"]
        if results and results[-1]["type"] == "finished":
            return here.rsplit("/", 1)[1]
        time.sleep(0.05)
    raise AssertionError("it did not finish")


def granted(server, subject, keep):
    return server.json("POST", "/v1/consents", {"subject": subject, "purpose": "customer_service", "modalities": ["text", "voice"], "keep": keep}, 201)["consent"]


def exported(server, subject, count):
    for _ in range(100):  # records are written in batches
        got = server.json("GET", "/v1/subjects/" + subject)
        if sum(len(s["records"]) for s in got["sessions"]) >= count:
            return got
        time.sleep(0.05)
    raise AssertionError(got)


def restart(server):
    server.process.wait()
    server.process = subprocess.Popen([PROGRAM, "serve", "--port", str(server.port), "--data", server.data], stderr=subprocess.PIPE, text=True)
    assert "listening" in server.process.stderr.readline()
