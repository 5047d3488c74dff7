"""What is kept, of whom, and its end: raw files are looked through for what must not be in them."""
import json
import os
import re
import sqlite3
import subprocess
import time

from kept import converse, exported, granted, restart
from server import PROGRAM, Server, run


def on_disk(server, *words) -> bool:
    return any(word.encode() in open(os.path.join(folder, file), "rb").read()
               for folder, _, files in os.walk(server.data) for file in files for word in words)


def nothing_without_consent(server):
    none = converse(server, "s-none", "")
    assert server.ask("GET", f"/v1/sessions/{none}/results?kept=1")[0] == 404, "it is open, and nothing of it is kept"
    converse(server, "s-read", granted(server, "s-read", False))
    assert server.json("GET", "/v1/kept")["sessions"] == []
    for subject in ("s-none", "s-read"):
        assert server.ask("GET", "/v1/subjects/" + subject)[0] == 404
    refused = {**server.opening(), "purpose": "recruitment"}
    refused["participants"][0]["subject"] = "zebra-refused"
    assert server.ask("POST", "/v1/sessions", refused)[0] == 403
    server.stop()
    assert not on_disk(server, "zebra")


def kept_and_erased(server):
    consent = granted(server, "s-keep", True)
    sessions = [converse(server, "s-keep", consent), converse(server, "s-keep", consent)]
    got = exported(server, "s-keep", 4)
    assert re.fullmatch("r_[0-9a-f]{32}", got["subject"]) and {s["session"] for s in got["sessions"]} == set(sessions)
    records = got["sessions"][0]["records"]
    assert {r["type"] for r in records} >= {"reading", "state"} and "useless" not in json.dumps([r["content"] for r in records])
    assert records[0]["content"]["core"]["anger"] > 0.3, records[0]
    assert server.ask("GET", f"/v1/sessions/{sessions[0]}/figures")[0] == 404, "its words are not kept, and there was no sound"
    open_ = server.json("GET", f"/v1/sessions/{sessions[0]}/results?kept=1")["results"]
    assert len(open_) >= 4 and "useless" not in json.dumps(open_) and "useless" in json.dumps(server.json("GET", f"/v1/sessions/{sessions[0]}/results"))
    first = server.json("GET", "/v1/kept?limit=1")
    second = server.json("GET", "/v1/kept?limit=1&before=" + first["before"])
    assert {first["sessions"][0]["session"], second["sessions"][0]["session"]} == set(sessions)
    assert exported(server, got["subject"], 4)["sessions"] == got["sessions"], "a subject may be asked for by their reference"
    assert not on_disk(server, "zebra", '"core"', "s-keep") and on_disk(server, sessions[0])
    status, _, text = server.ask("DELETE", "/v1/subjects/s-keep")
    certificate = json.loads(text)
    assert status == 200 and certificate["key_destroyed"] and certificate["rows"]["records"] >= 4, text
    assert server.ask("GET", "/v1/subjects/s-keep")[0] == server.ask("DELETE", "/v1/subjects/s-keep")[0] == 404
    assert server.json("GET", "/v1/kept")["sessions"] == []
    audit = open(os.path.join(server.data, "audit")).read()
    assert '"what":"export"' in audit and '"what":"erase"' in audit


def words_are_kept_where_the_settings_say(server):
    """Turns of text as they were said; figures of them, while the conversation is open and when it is over; nothing in clear on the disk."""
    os.environ["MIEN_STORE_TEXTS"] = "1"
    server.stop()
    restart(server)
    del os.environ["MIEN_STORE_TEXTS"]
    opening = server.opening(granted(server, "s-words", True))
    opening["participants"][0].update(subject="s-words")
    here = "/v1/sessions/" + server.json("POST", "/v1/sessions", opening, 201)["session"]
    for at, text in ((0, "This is the third time I call about this zebra."), (10, "Nobody ever answers."), (36, "Thank you.")):
        server.json("POST", here + "/turns", {"who": "customer", "text": text, "t0": at, "t1": at + 4}, 202)
    server.json("POST", here + "/finish", status=202)
    got = exported(server, "s-words", 7)["sessions"][0]["records"]
    turns = [r["content"] for r in got if r["type"] == "turn"]
    assert [t["turn"]["t0"] if "turn" in t else t["t0"] for t in turns] == [0, 10, 36] and "zebra" in json.dumps(turns), turns
    figures = server.json("GET", here + "/figures")
    person, = figures["people"]
    assert person["who"] == "customer" and person["all"]["turns"] == 3 and person["all"]["talk"] == 12 and figures["longest_silence"] == 22, figures
    assert [q["turns"] for q in person["quarters"]] == [1, 1, 0, 1] and person["all"]["repeat"] >= 1 and person["all"]["speed"] > 50, figures
    server.stop()
    assert not on_disk(server, "zebra")


def withdrawal_erases(server):
    consent = granted(server, "s-gone", True)
    converse(server, "s-gone", consent)
    exported(server, "s-gone", 2)
    server.json("DELETE", "/v1/consents/" + consent)
    assert server.ask("GET", "/v1/subjects/s-gone")[0] == 404


def forgotten_ones_are_erased(server):
    """Whose sessions are over their time, and whose consent has ended, is erased; the certificate is to be had."""
    soon = {"subject": "s-past", "purpose": "customer_service", "modalities": ["text", "voice"], "keep": True, "until": time.time() + 3}
    converse(server, "s-past", server.json("POST", "/v1/consents", soon, 201)["consent"])
    converse(server, "s-stays", granted(server, "s-stays", True))
    server.stop()
    time.sleep(max(0.0, soon["until"] - time.time()))
    with sqlite3.connect(os.path.join(server.data, "store")) as store:  # an hour goes by
        store.execute("UPDATE subjects SET made = made - 3600000000")
        store.execute("UPDATE sessions SET opened = opened - 3600000000")
    os.environ["MIEN_STORE_RETENTION"] = "1800 s"
    restart(server)
    del os.environ["MIEN_STORE_RETENTION"]
    for _ in range(50):
        audit = open(os.path.join(server.data, "audit")).read()
        if '"what":"erase"' in audit:
            break
        time.sleep(0.1)
    assert audit.count('"what":"erase"') == 1 and "s-past" not in audit and "s-stays" not in audit, audit
    assert server.ask("GET", "/v1/subjects/s-past")[0] == 404 and server.json("GET", "/v1/subjects/s-stays")["sessions"] == []
    certificate = json.loads(server.ask("DELETE", "/v1/subjects/s-stays")[2])
    again = server.json("GET", "/v1/certificates/" + next(v for v in certificate.values() if str(v).startswith("e_")))
    assert again == certificate and server.ask("GET", "/v1/certificates/e_" + "0" * 32)[0] == 404
    assert "mien_unkept_results_total 0" in server.ask("GET", "/metrics")[2].decode()


def over_a_kill(server):
    consent = granted(server, "s-kill", True)
    converse(server, "s-kill", consent)
    before = exported(server, "s-kill", 2)["sessions"][0]["records"]
    server.process.kill()
    restart(server)
    assert server.json("GET", "/v1/subjects/s-kill")["sessions"][0]["records"][:len(before)] == before


def the_master_key_changes(server):
    """`mien vault rotate` beside a service that runs with both; then the old one is not needed any more."""
    consent = granted(server, "s-master", True)
    converse(server, "s-master", consent)
    before = exported(server, "s-master", 2)["sessions"][0]["records"]
    server.stop()
    old, new = (os.path.join(server.data, name) for name in ("master.key", "new.key"))
    assert subprocess.run([PROGRAM, "vault", "new", "--key", new]).returncode == 0 and os.stat(new).st_mode & 0o77 == 0
    assert subprocess.run([PROGRAM, "vault", "new", "--key", new], stderr=subprocess.DEVNULL).returncode == 1
    for rotate, names in ((True, {"MIEN_VAULT_KEY": new, "MIEN_VAULT_OLD_KEY": old}), (False, {"MIEN_VAULT_KEY": "command:/bin/cat " + new})):
        server.process = subprocess.Popen([PROGRAM, "serve", "--port", str(server.port), "--data", server.data], stderr=subprocess.PIPE, text=True,
                                          env={**os.environ, **names})
        assert "listening" in server.process.stderr.readline()
        if rotate:
            keys = os.path.join(server.data, "keys.store")
            subprocess.run([PROGRAM, "vault", "rotate", "--key", new, "--old", old, "--keys", keys], check=True, stdout=subprocess.DEVNULL)
        assert server.json("GET", "/v1/subjects/s-master")["sessions"][0]["records"][:len(before)] == before
        server.stop()


if __name__ == "__main__":
    run(nothing_without_consent, kept_and_erased, words_are_kept_where_the_settings_say, withdrawal_erases, forgotten_ones_are_erased, over_a_kill, the_master_key_changes)
