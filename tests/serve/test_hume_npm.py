"""The stream of Expression Measurement by the public npm package hume, at the version of npm_hume/package.json. Skipped where
there is no Node or the registry cannot be reached."""
import json
import os
import subprocess

import packages
from server import PROGRAM, ROOT, Server

FOLDER = "npm-hume"  # in the build folder
SETTINGS = """
doors: {{profile: left_behind}}
profiles:
  left_behind:
    purpose: customer_service
    context: call
    jurisdiction: eu
    notice_given: true
    participants: [{{who: customer, role: customer, subject: s-1, consent: {consent}}}]
"""


def drive(server, key: str, texts, files):
    asked = {"base": f"ws://127.0.0.1:{server.port}", "key": key, "texts": texts, "files": files}
    return subprocess.run(["node", "drive.cjs"], cwd=FOLDER, input=json.dumps(asked), capture_output=True, text=True, timeout=60)


def most(prediction) -> str:
    return max(prediction["emotions"], key=lambda emotion: emotion["score"])["name"]


packages.install("npm_hume", FOLDER)
with Server() as server:
    wav = os.path.join(server.data, "call.wav")
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-ss", "26", "-t", "8", "-i", os.path.join(ROOT, "samples/call.opus"), "-af", "pan=mono|c0=c0", wav], check=True)
    consent = server.consent()
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
