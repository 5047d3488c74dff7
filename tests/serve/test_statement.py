"""What the law forbids at work but for safety: refused without the operator's signed statement, read with it while it stands."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from server import PROGRAM, Server

folder = tempfile.mkdtemp(prefix="mien-statement-")
os.mkdir(f"{folder}/all")
TEXT = {"kind": "safety", "tenant": "default", "purpose": "safety", "context": "workplace", "jurisdiction": "eu",
        "reason": "drivers who fall asleep", "signed_by": "the operator", "from": "2020-01-01", "until": "2099-12-31"}


def mien(*words: str) -> str:
    return subprocess.run([PROGRAM, "statement", *words], check=True, capture_output=True, text=True).stdout


def sign(name: str, **more) -> None:
    open(f"{folder}/text", "w").write(json.dumps({**TEXT, **more}))
    open(f"{folder}/all/{name}.json", "w").write(mien("sign", "--key", f"{folder}/key", f"{folder}/text"))


try:
    public = mien("key", f"{folder}/key").strip()
    assert os.stat(f"{folder}/key").st_mode & 0o77 == 0
    sign("now")
    sign("over", until="2020-12-31")
    known = mien("check", "--public", public, f"{folder}/all/now.json").split()[0]
    over = mien("check", "--public", public, f"{folder}/all/over.json").split()[0]
    settings = f"{folder}/settings.yaml"
    open(settings, "w").write(f"guard: {{statements: {folder}/all, statement_key: {public}}}\n")
    with Server("--settings", settings) as server:
        consent = server.consent("d-1", "safety")
        opening = {"purpose": "safety", "context": "workplace", "jurisdiction": "eu", "notice_given": True,
                   "participants": [{"who": "driver", "role": "employee", "subject": "d-1", "consent": consent}]}
        for statement in (None, over, "x_" + "0" * 32):
            status, _, text = server.ask("POST", "/v1/sessions", {**opening, **({"statement": statement} if statement else {})})
            assert status == 403 and b"statement" in text, (status, text)
        opened = server.json("POST", "/v1/sessions", {**opening, "statement": known}, 201)
        assert opened["participants"][0]["read"] == ["voice"], opened
        for wrong in ({"context": "education"}, {"purpose": "medical"}, {"purpose": "recruitment"}):
            assert server.ask("POST", "/v1/sessions", {**opening, "statement": known, **wrong})[0] == 403, wrong
        audit = open(os.path.join(server.data, "audit")).read()
        assert audit.count(known) == 1 and "asleep" not in audit
        # One that does not hold is no part of a reload: all stays, and the log names the file. Taken away, it counts no more.
        broken = json.load(open(f"{folder}/all/now.json"))
        broken["statement"] = broken["statement"].replace("2099", "2199")
        json.dump(broken, open(f"{folder}/all/forged.json", "w"))
        server.process.send_signal(signal.SIGHUP)
        line = server.process.stderr.readline()
        assert "nothing was reloaded" in line and "forged.json" in line, line
        assert server.json("POST", "/v1/sessions", {**opening, "statement": known}, 201)
        os.unlink(f"{folder}/all/forged.json")
        os.unlink(f"{folder}/all/now.json")
        server.process.send_signal(signal.SIGHUP)
        for _ in range(100):
            if server.ask("POST", "/v1/sessions", {**opening, "statement": known})[0] == 403:
                break
            time.sleep(0.05)
        assert server.ask("POST", "/v1/sessions", {**opening, "statement": known})[0] == 403
        for _ in range(200):  # and who was read under it is read no more
            results = server.json("GET", f"/v1/sessions/{opened['session']}/results")["results"]
            if any(r["type"] == "trouble" for r in results):
                break
            time.sleep(0.05)
        assert any(r["type"] == "trouble" for r in results), results
    os.rename(f"{folder}/all/over.json", f"{folder}/all/x.json")
    open(settings, "w").write(f"guard: {{statements: {folder}/all, statement_key: {public[::-1]}}}\n")
    told = subprocess.run([PROGRAM, "serve", "--port", "0", "--data", f"{folder}/data", "--settings", settings], capture_output=True, text=True)
    assert told.returncode == 1 and "statement" in told.stderr, told
finally:
    shutil.rmtree(folder)
print("a statement lifts what it says, while it stands")
