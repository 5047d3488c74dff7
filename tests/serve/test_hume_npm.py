"""Stream and batch of Expression Measurement by the public npm package hume, at the version of npm_hume/package.json. Skipped where
there is no Node or the registry cannot be reached."""
import hashlib
import json
import os
import subprocess

import packages
from left_behind import SETTINGS
from server import PROGRAM, ROOT, Server

FOLDER = "npm-hume"  # in the build folder


def drive(server, key: str, texts, files):
    asked = {"base": f"ws://127.0.0.1:{server.port}", "key": key, "texts": texts, "files": files}
    return subprocess.run(["node", "drive.cjs"], cwd=FOLDER, input=json.dumps(asked), capture_output=True, text=True, timeout=60)


def most(prediction) -> str:
    return max(prediction["emotions"], key=lambda emotion: emotion["score"])["name"]


packages.install("npm_hume", FOLDER)
with Server() as server:
    wav = os.path.join(server.data, "call.wav")
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-ss", "26", "-t", "8", "-i", os.path.join(ROOT, "samples/call.opus"), "-af", "pan=mono|c0=c0", wav], check=True)
    consent = server.consent(modalities=("voice", "text"))
    server.stop()
    settings = os.path.join(server.data, "settings.yaml")
    with open(settings, "w") as file:
        file.write(SETTINGS.format(consent=consent))
    server.process = subprocess.Popen([PROGRAM, "serve", "--port", str(server.port), "--data", server.data, "--settings", settings],
                                      stderr=subprocess.PIPE, text=True)
    assert "listening" in server.process.stderr.readline()

    told = drive(server, server.key, ["Thank you so much!", "This is terrible, I am furious."], [{"file": wav, "models": {"prosody": {}}}])
    assert told.returncode == 0, told.stderr
    thanks, anger, voice = [json.loads(line) for line in told.stdout.splitlines()]
    assert most(thanks["language"]["predictions"][0]) == "Gratitude", thanks
    assert most(anger["language"]["predictions"][0]) in ("Anger", "Annoyance"), anger
    heard = voice["prosody"]["predictions"]
    assert heard and all(0 <= p["time"]["begin"] < p["time"]["end"] <= 9 and len(p["emotions"]) == 7 for p in heard), voice

    told = drive(server, "mien_" + "x" * 43, ["Thank you!"], [])
    assert told.returncode == 1 and "401" in told.stderr, told

    asked = {"base": f"http://127.0.0.1:{server.port}", "key": server.key, "files": [wav], "texts": ["Thank you so much!", "Das ist schön 😀"]}
    told = subprocess.run(["node", "batch.cjs"], cwd=FOLDER, input=json.dumps(asked), capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    job, files, texts, listed = [json.loads(line) for line in told.stdout.splitlines()]
    assert job["state"]["status"] == "COMPLETED" and job["request"]["files"][0]["md5Sum"] == hashlib.md5(open(wav, "rb").read()).hexdigest(), job
    spoken = files[0]["results"]["predictions"][0]["models"]["prosody"]["groupedPredictions"][0]["predictions"]
    assert [p["time"] for p in spoken] == [p["time"] for p in heard] and job["state"]["numPredictions"] == len(spoken), files
    written = [text["results"]["predictions"][0]["models"]["language"]["groupedPredictions"][0]["predictions"][0] for text in texts]
    assert [w["text"] for w in written] == asked["texts"] and most(written[0]) == "Gratitude", texts
    assert [j["jobId"] for j in listed][0] == job["jobId"] and len(listed) == 2, listed

    told = subprocess.run(["node", "batch.cjs"], cwd=FOLDER, input=json.dumps({**asked, "key": "mien_" + "x" * 43}), capture_output=True, text=True, timeout=60)
    assert told.returncode == 1 and "401" in told.stderr, told
