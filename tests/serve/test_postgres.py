"""The service over PostgreSQL: what is kept and erased there, its raw files, and a database that goes and comes back."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ.get("MIEN_SOURCE_ROOT", "."), "tests/store"))
from postgres import Postgres

import test_keep
from kept import converse, exported, granted
from server import run

folder = tempfile.mkdtemp(prefix="mien-serve-pg-")
database = Postgres(folder)


def gone_and_back(server):
    """Without the database, conversations go on; what is asked of it is a typed error; what waited is written when it is back."""
    consent = granted(server, "s-away", True)
    converse(server, "s-away", consent)
    before = exported(server, "s-away", 4)["sessions"][0]["session"]
    here = "/v1/sessions/" + server.json("POST", "/v1/sessions", {**server.opening(consent), "participants": [
        {"who": "customer", "role": "customer", "subject": "s-away", "consent": consent}]}, 201)["session"]
    database.stop()
    for text in ("Nobody answers me!", "This is the third time."):
        server.json("POST", here + "/turns", {"who": "customer", "text": text}, 202)
    server.json("POST", here + "/finish", status=202)
    for _ in range(100):
        results = server.json("GET", here + "/results")["results"]
        if results[-1]["type"] == "finished":
            break
        time.sleep(0.05)
    assert sum(r["type"] == "reading" for r in results) == 2, results
    status, _, text = server.ask("GET", "/v1/subjects/s-away")
    assert status in (500, 503) and b'"title"' in text, (status, text)
    database.start()
    for _ in range(200):
        status, _, text = server.ask("GET", "/v1/subjects/s-away")
        if status == 200 and len(got := json.loads(text)["sessions"]) == 2 and all(s["records"] for s in got):
            break
        time.sleep(0.05)
    assert {s["session"] for s in got} == {before, here.rsplit("/", 1)[1]}, got


try:
    if not database.bin:
        print("PostgreSQL is not installed: skipped")
        sys.exit(77)
    database.begin("service")
    os.environ["MIEN_STORE_URL"] = database.url("service")
    try:
        run(test_keep.nothing_without_consent, test_keep.withdrawal_erases, test_keep.over_a_kill, test_keep.the_master_key_changes, gone_and_back)
        raw = subprocess.run(["grep", "-rqaE", "zebra|useless|s-keep|s-away", database.data], check=False)
        assert raw.returncode == 1, "plain text in PostgreSQL's files"
    finally:
        database.stop()
finally:
    shutil.rmtree(folder)
