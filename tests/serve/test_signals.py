"""Dictionaries of one person's own signals over HTTP: on a consent, shown, told by, told apart from others, erased with the person."""
import base64
import io
import json
import math
import random
import subprocess
import time
import wave

from server import PROGRAM, run

PLACE = {"jurisdiction": "eu", "notice_given": True}


def sound(pitch, seed):
    """1.2 s of a hum with harmonics, a little different each time."""
    chance, file = random.Random(seed), io.BytesIO()
    pitch *= 1 + chance.uniform(-0.03, 0.03)
    samples = [0.25 * sum(math.sin(2 * math.pi * pitch * h * i / 16000) / h for h in range(1, 6)) + chance.gauss(0, 0.004) for i in range(19200)]
    with wave.open(file, "wb") as to:
        to.setparams((1, 2, 16000, 0, "NONE", ""))
        to.writeframes(b"".join(int(max(-1, min(1, s)) * 32767).to_bytes(2, "little", signed=True) for s in samples))
    return base64.b64encode(file.getvalue()).decode()


def consent(server, subject="kim", keep=True, modalities=("voice", "face", "body"), purpose="self"):
    return server.json("POST", "/v1/consents", {"subject": subject, "purpose": purpose, "modalities": list(modalities), "keep": keep}, 201)["consent"]


def begun(server, subject="kim", **more):
    return server.json("POST", "/v1/signals", {"subject": subject, "consent": consent(server, subject, **more), "name": "Kim", **PLACE}, 201)["dictionary"]


def show(server, book, signal, status=201, **what):
    return server.json("POST", f"/v1/signals/{book}/examples", {"signal": signal, **what}, status)


def taught(server, book):
    for i in range(4):
        for signal, pitch in (("yes", 140), ("no", 420)):
            show(server, book, signal, recordings=[sound(pitch, i)])


def shown_learned_and_told(server):
    book = begun(server)
    assert server.json("POST", f"/v1/signals/{book}/tell", {"recordings": [sound(140, 1)]}, 409)["title"] == "Too few examples"
    first = show(server, book, "yes", recordings=[sound(140, 50)])
    assert first["has"] == ["voice"] and first["signals"] == [{"signal": "yes", "voice": 1, "face": 0, "body": 0}], first
    taught(server, book)
    all_of = server.json("GET", f"/v1/signals/{book}")
    assert all_of["accuracy"]["voice"]["count"] == 9 and all_of["accuracy"]["voice"]["right"] + all_of["accuracy"]["voice"]["none"] >= 8, all_of["accuracy"]
    assert all_of["accuracy"]["face"]["right"] is None and all_of["read"] == ["voice", "face", "body"]
    for signal, pitch in (("yes", 140), ("no", 420)):
        told = server.json("POST", f"/v1/signals/{book}/tell", {"recordings": [sound(pitch, 99)]})
        assert told["nearest"] == signal and set(told["chances"]) == {"yes", "no"} and told["has"] == ["voice"], told
    assert b'"point"' not in open(server.data + "/store", "rb").read()
    server.stop()
    server.start()
    again = server.json("GET", f"/v1/signals/{book}")
    assert again == all_of, (again, all_of)
    assert [d["dictionary"] for d in server.json("GET", "/v1/signals")["dictionaries"]] == [book]
    assert server.json("DELETE", f"/v1/signals/{book}/examples/no")["signals"] == [{"signal": "yes", "voice": 5, "face": 0, "body": 0}]
    assert server.ask("DELETE", f"/v1/signals/{book}/examples/no")[0] == 404
    assert server.ask("DELETE", f"/v1/signals/{book}")[0] == 200
    assert server.ask("GET", f"/v1/signals/{book}")[0] == 404 and server.json("GET", "/v1/signals")["dictionaries"] == []
    audit = open(server.data + "/audit").read()
    assert all(f'"what":"{what}"' in audit for what in ("signals_make", "signals_example", "signals_tell", "signals_forget", "signals_erase"))
    assert "Kim" not in audit


def face():
    """A drawn one: what is a face to the detector is its own matter; that a picture is read to its end is looked at here."""
    made = subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:d=0.1", "-frames:v", "1", "-f", "mjpeg", "-"], stdout=subprocess.PIPE)
    return base64.b64encode(made.stdout).decode()


def pictures_are_read_beside_sound(server):
    book, picture = begun(server), face()
    assert show(server, book, "yes", recordings=[sound(140, 1), picture, picture])["has"][0] == "voice"
    assert server.ask("POST", f"/v1/signals/{book}/examples", {"signal": "yes", "recordings": [picture]})[0] in (201, 422)
    assert server.ask("GET", "/healthz")[0] == 200


def by_points_alone(server):
    book = begun(server)
    for i in range(3):
        show(server, book, "comfort", voice=[1, 0, 0.1 * i], face=[0, 1], body=[0.1 * i, 0, 2])
        show(server, book, "distress", voice=[0, 1, 0.1 * i], face=[1, 0.1 * i], body=[2, 0.1 * i, 0])
    told = server.json("POST", f"/v1/signals/{book}/tell", {"voice": [0.9, 0.1, 0.1], "face": [0.1, 0.9]})
    assert told["signal"] == "comfort" and told["has"] == ["voice", "face"], told
    told = server.json("POST", f"/v1/signals/{book}/tell", {"body": [2, 0, 0.1]})
    assert told["nearest"] == "distress" and told["has"] == ["body"], told
    assert server.json("POST", f"/v1/signals/{book}/tell", {"voice": [50, -50, 9]})["signal"] is None
    show(server, book, "comfort", 422, voice=[1, 2])  # of another length


def consent_is_asked_for_and_its_end_counts(server):
    ask = {"subject": "kim", **PLACE}
    assert server.json("POST", "/v1/signals", {**ask, "consent": "c_0"}, 403)["error"] == "EPOLICY"
    server.json("POST", "/v1/signals", {**ask, "consent": consent(server, keep=False)}, 403)
    server.json("POST", "/v1/signals", {**ask, "consent": consent(server, modalities=["text"])}, 403)
    server.json("POST", "/v1/signals", {**ask, "consent": consent(server, "other")}, 403)
    good = consent(server)
    server.json("POST", "/v1/signals", {**ask, "consent": good, "notice_given": False}, 403)
    server.json("POST", "/v1/signals", {**ask, "consent": good, "role": "child"}, 403)
    book = server.json("POST", "/v1/signals", {**ask, "consent": good}, 201)["dictionary"]
    server.json("POST", "/v1/signals", {**ask, "consent": good}, 422)  # one to a consent
    taught(server, book)
    for i in range(2):
        show(server, book, "yes", face=[0, i])
        show(server, book, "no", face=[1, i])
    consent(server)  # another that covers keeping: the person stays
    assert server.ask("DELETE", f"/v1/consents/{good}?modality=face")[0] == 200
    assert server.json("GET", f"/v1/signals/{book}")["signals"] == [{"signal": "yes", "voice": 4, "face": 0, "body": 0}, {"signal": "no", "voice": 4, "face": 0, "body": 0}]
    assert server.ask("DELETE", f"/v1/consents/{good}")[0] == 200
    assert server.ask("GET", f"/v1/signals/{book}")[0] == 404
    voice = begun(server, "lee", modalities=["voice"])
    assert show(server, voice, "yes", recordings=[sound(140, 1)], status=201)["has"] == ["voice"]
    show(server, voice, "yes", 403, face=[1, 2])
    assert server.ask("DELETE", "/v1/subjects/lee")[0] == 200
    assert server.ask("GET", f"/v1/signals/{voice}")[0] == 404


def wrong_ones_are_refused(server):
    book = begun(server)
    for body in ({}, {"recordings": []}, {"recordings": "x"}, {"recordings": ["!"]}, {"recordings": [base64.b64encode(b"no recording").decode()]}, {"voice": []},
                 {"voice": ["x"]}, {"voice": [1] * 513}, {"voice": [1], "recordings": [sound(140, 1)]}, {"recordings": [base64.b64encode(bytes(40000)).decode()]}):
        status, _, text = server.ask("POST", f"/v1/signals/{book}/examples", {"signal": "yes", **body})
        assert status in (400, 415, 422), (body, status, text)
    for name in ("", "two words", "none", "x" * 32, None, 3):
        show(server, book, name, 422, voice=[1, 2])
    assert server.json("GET", f"/v1/signals/{book}")["signals"] == []
    for at in ("nothing", "g_" + "0" * 32):
        assert server.ask("POST", f"/v1/signals/{at}/tell", {"voice": [1]})[0] == 404
    assert server.ask("POST", "/v1/signals", b"[", headers={"Content-Type": "application/json"})[0] == 400


def tenants_and_scopes_are_apart(server):
    book = begun(server)
    told = subprocess.run([PROGRAM, "keys", "add", "--tenant", "acme", "--scopes", "read,stream", "--data", server.data], stdout=subprocess.PIPE, text=True, check=True)
    other = next(word for word in told.stdout.split() if word.startswith("mien_"))
    reader = server.json("POST", "/v1/keys", {"label": "r", "scopes": ["read"]}, 201)["secret"]
    server.process.send_signal(1)
    time.sleep(0.5)
    assert json.loads(server.ask("GET", "/v1/signals", key=other)[2])["dictionaries"] == []
    for method, path, body in (("GET", "", None), ("DELETE", "", None), ("POST", "/tell", {"voice": [1]}), ("POST", "/examples", {"signal": "a", "voice": [1]})):
        assert server.ask(method, f"/v1/signals/{book}{path}", body, key=other)[0] == 404, path
        assert server.ask(method, f"/v1/signals/{book}{path}", body, key=reader)[0] == (200 if method == "GET" else 403), path
    assert server.ask("GET", "/v1/signals", key=None)[0] == 401


run(shown_learned_and_told, pictures_are_read_beside_sound, by_points_alone, consent_is_asked_for_and_its_end_counts, wrong_ones_are_refused, tenants_and_scopes_are_apart)
