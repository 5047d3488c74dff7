"""Jobs that end otherwise than by being read: cancelled, without consent, with the service; and live calls beside them."""
import json
import os
import time

from recordings import address, alone, long_recording, send, wait, wav
from server import run


def cancelled(server):
    """One that is being read, one that waits: nothing more of them is read, and nothing is left."""
    what = alone(server.consent())
    recording = long_recording()
    first, second = (send(server, what, recording)["job"] for _ in range(2))
    wait(server, first, ("running",))
    for _ in range(200):
        got = server.json("GET", "/v1/jobs/" + first)
        if got["progress"] > 0 and got["results"]:
            break
        time.sleep(0.02)
    assert 0 < got["progress"] < 1, got
    assert server.json("GET", f"/v1/jobs/{first}/results")["results"]  # so far
    for job in (second, first):
        assert server.json("DELETE", "/v1/jobs/" + job, status=202)["state"] == "cancelled"
        assert server.ask("GET", f"/v1/jobs/{job}/results")[0] == 410
    for job in (first, second):
        done = wait(server, job)
        assert done["state"] == "cancelled" and done["results"] == 0, done
    third = send(server, what, wav(2))["job"]  # the thread is free again
    assert wait(server, third)["state"] == "done"
    for _ in range(60):
        if 'mien_jobs_total{outcome="cancelled"} 2' in server.ask("GET", "/metrics")[2].decode():
            break
        time.sleep(0.05)
    else:
        raise AssertionError("two were cancelled")
    assert server.json("DELETE", "/v1/jobs/" + first)["forgotten"] == first and server.ask("GET", "/v1/jobs/" + first)[0] == 404


def consent_ends(server):
    """Withdrawn while it is read, or after: its results are gone at once."""
    consent = server.consent("s-2", modalities=("voice", "face"))
    what = {**alone(consent), "jurisdiction": "br"}
    what["participants"][0]["subject"] = "s-2"
    done = send(server, what, wav())["job"]
    assert wait(server, done)["results"] > 0
    going = send(server, what, long_recording())["job"]
    wait(server, going, ("running",))
    time.sleep(0.3)
    server.json("DELETE", "/v1/consents/" + consent)
    time.sleep(1.5)
    for job in (done, going):
        left = server.json("GET", f"/v1/jobs/{job}/results")["results"]
        assert not [r["type"] for r in left if r["type"] != "trouble"], job
    assert wait(server, going)["state"] in ("done", "failed")
    assert server.ask("POST", address(what), b"RIFF", headers={"Content-Type": "audio/wav"})[0] == 403


def live_calls_go_first(server):
    """Live texts are answered while a long recording is being read, and before it is."""
    job = send(server, alone(server.consent()), long_recording())["job"]
    wait(server, job, ("running",))
    opened = server.json("POST", "/v1/sessions", server.opening(), 201)
    here = "/v1/sessions/" + opened["session"]
    for _ in range(20):
        began = time.monotonic()
        after = server.json("POST", here + "/turns", {"who": "customer", "text": "This is useless."}, 202)["after"]
        while not server.json("GET", f"{here}/results?after={after}")["results"]:
            assert time.monotonic() - began < 60, "a live text was not answered"
            time.sleep(0.002)  # a key may ask 1,000 times a second
    assert server.json("GET", "/v1/jobs/" + job)["state"] == "running", "it was over too soon to tell"
    server.json("DELETE", "/v1/jobs/" + job, status=202)


def killed(server):
    """kill -9 with a job running and one waiting: both are said to be interrupted, no recording is on the disk; what is kept under
    a consent is there, sealed."""
    consent = server.json("POST", "/v1/consents", {"subject": "s-1", "purpose": "customer_service", "modalities": ["voice"], "keep": True}, 201)["consent"]
    done = send(server, alone(consent), wav())["job"]
    kept = wait(server, done)["results"]
    recording = long_recording()
    running, queued = (send(server, alone(consent), recording)["job"] for _ in range(2))
    wait(server, running, ("running",))
    time.sleep(0.5)
    server.process.kill()
    server.process.wait()
    assert os.listdir(os.path.join(server.data, "jobs")) == []
    for folder, _, files in os.walk(server.data):
        for file in files:
            raw = open(os.path.join(folder, file), "rb").read()
            assert recording[5000:5200] not in raw and b"call.wav" not in raw and b'"modality"' not in raw, file
    server.start()
    for job in (running, queued):
        got = server.json("GET", "/v1/jobs/" + job)
        assert got["state"] == "interrupted" and "stopped" in got["error"]["what"] and "name" not in got, got
    assert server.json("GET", "/v1/jobs/" + done)["state"] == "done"
    again = server.json("GET", f"/v1/jobs/{done}/results")["results"]
    assert 0 < len(again) <= kept and again[0]["type"] in ("reading", "state")
    assert server.json("DELETE", "/v1/jobs/" + done)["forgotten"] == done
    session = [s["session"] for s in server.json("GET", "/v1/sessions")["sessions"]]
    assert len(session) == 2, session  # that of the forgotten job is gone
    server.stop()
    server.start()
    assert [j["state"] for j in server.json("GET", "/v1/jobs")["jobs"]] == ["interrupted", "interrupted"]


def stopped(server):
    """A clean stop does not wait for recordings, and says the same of them."""
    job = send(server, alone(server.consent()), long_recording())["job"]
    wait(server, job, ("running",))
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 15
    server.start()
    assert server.json("GET", "/v1/jobs/" + job)["state"] == "interrupted"
    assert server.ask("GET", f"/v1/jobs/{job}/results")[0] == 410


def over_time(server):
    """After jobs.retention nothing of a job is there."""
    server.stop()
    server.start({"MIEN_JOBS_RETENTION": "3 s"})
    job = send(server, alone(server.consent()), wav(2))["job"]
    wait(server, job)
    for _ in range(80):
        if server.ask("GET", "/v1/jobs/" + job)[0] == 404:
            return
        time.sleep(0.1)
    raise AssertionError("it is still there")


run(cancelled, consent_ends, live_calls_go_first, killed, stopped, over_time)
