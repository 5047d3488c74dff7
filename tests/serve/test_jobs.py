"""Recordings as jobs: sent in each way, read, looked at; and what must not be taken."""
import http.client
import json
import os
import subprocess
import time

from recordings import SAMPLE, address, alone, asked, form, send, wait, wav
from server import PROGRAM, run


def a_raw_upload(server):
    """The sample call: the readings of the customer, as `mien read` gives them, and nothing of the agent's."""
    body = open(SAMPLE, "rb").read()
    status, headers, text = server.ask("POST", address(asked(server.consent()), name="call.opus"), body, headers={"Content-Type": "audio/ogg"})
    made = json.loads(text)
    assert status == 202 and headers["location"] == "/v1/jobs/" + made["job"] and made["name"] == "call.opus", (status, text)
    done = wait(server, made["job"])
    assert done["state"] == "done" and done["progress"] == 1 and done["error"] is None and done["seconds"] > 30, done
    results = server.json("GET", f"/v1/jobs/{made['job']}/results")["results"]
    assert len(results) == done["results"] and {r["type"] for r in results} >= {"reading", "state"}
    assert not any("agent" in (r.get("reading") or r.get("state") or {}).get("who", "") for r in results)
    own = [json.loads(line) for line in subprocess.run(
        [PROGRAM, "read", SAMPLE, "--words", "off", "--json", "--who", "left=customer,right=agent"], stdout=subprocess.PIPE, check=True).stdout.splitlines()]
    own = [{k: v for k, v in r.items() if k != "file"} for r in own if r.get("modality") == "voice" and r["who"] == "customer"]
    assert [r["reading"] for r in results if r["type"] == "reading"] == own and len(own) > 5
    lines = server.ask("GET", f"/v1/jobs/{made['job']}/results", headers={"Accept": "application/x-ndjson"})
    assert lines[1]["content-type"] == "application/x-ndjson" and [json.loads(line) for line in lines[2].splitlines()] == results
    session = server.json("GET", "/v1/sessions/" + made["session"])
    assert session["purpose"] == "customer_service", session


def multipart_and_transcript(server):
    """The words beside the sound, under the names that the transcript has."""
    consent = server.consent(modalities=("voice", "text"))
    words = b"WEBVTT\n\n00:00.000 --> 00:04.000\n<v Customer>This is the third time, I am furious!\n\n00:04.000 --> 00:06.000\n<v Agent>I am sorry.\n\n" \
            b"00:06.000 --> 00:08.000\n<v Someone>Who is that?\n"
    what = {**asked(consent), "channels": ["customer"]}
    made = send(server, what, wav(), more=[("transcript", "call.vtt", words)])
    done = wait(server, made["job"])
    assert done["state"] == "done" and any("1 turns" in note for note in done["notes"]), done
    results = server.json("GET", f"/v1/jobs/{made['job']}/results")["results"]
    texts = [r["reading"] for r in results if r["type"] == "reading" and r["reading"]["modality"] == "text"]
    assert len(texts) == 1 and texts[0]["who"] == "customer" and texts[0]["core"]["anger"] > 0.5, texts
    assert any(r["type"] == "reading" and r["reading"]["modality"] == "voice" for r in results)
    made = send(server, {**what, "channels": ["customer"]}, words, filename="chat.vtt")
    assert wait(server, made["job"])["results"] >= 1
    page = server.json("GET", f"/v1/jobs/{made['job']}/results?limit=1")
    assert len(page["results"]) == 1 and server.json("GET", f"/v1/jobs/{made['job']}/results?after={page['after']}")["results"] != page["results"]


def rules_run(server):
    """A rule fires in a recording as in a live call."""
    words = b"[00:01] Customer: I want to kill myself.\n"
    made = send(server, asked(server.consent(modalities=("text",))), words, filename="call.txt")
    wait(server, made["job"])
    results = server.json("GET", f"/v1/jobs/{made['job']}/results")["results"]
    assert any(r["type"] == "event" and r["event"]["rule"] == "crisis_words" for r in results), results
    assert server.json("GET", f"/v1/sessions/{made['session']}/events")["events"]


def pictures(server):
    """A video of nobody: read to its end, with nothing found; and the face of who did not consent is not looked at."""
    video = os.path.join(server.data, "v.mp4")
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=10:duration=2", video], check=True)
    clip = open(video, "rb").read()
    what = alone(server.consent(modalities=("face",)))
    del what["channels"]
    done = wait(server, send(server, what, clip, filename="v.mp4")["job"])
    assert done["state"] == "done" and done["seconds"] == 2, done
    what = alone(server.consent(modalities=("voice",)))
    done = wait(server, send(server, {**what, "jurisdiction": "eu"}, clip, filename="v.mp4")["job"])
    assert done["state"] == "failed" and done["error"], done  # it has no sound, and its pictures may not be read


def refused(server):
    """Nothing is read of whom the guard does not let be read; what is asked wrongly says so."""
    body = wav(2)
    for change, status, part in (({"purpose": "recruitment"}, 403, "5(1)(f)"), ({"notice_given": False}, 403, "50(3)"), ({"jurisdiction": "br"}, 403, "consent"),
                                 ({"participants": [{"who": "a", "role": "agent"}], "channels": ["a"]}, 403, "5(1)(f)"), ({"channels": ["nobody"]}, 422, "nobody"),
                                 ({"channels": []}, 422, "channels"), ({"audio": []}, 422, "channels"), ({"purpse": "x"}, 422, "purpse"), ({"path": "a.wav"}, 422, "more than one"),
                                 ({"profile": "none"}, 403, "profile"), ({"camera": "nobody"}, 422, "camera"), ({"name": "x" * 300}, 422, "255"), ({"name": 5}, 422, "name")):
        got = send(server, asked(**change), body, status)
        assert part in json.dumps(got), (change, got)
    for parts, status in (([("job", None, b"{}")], 422), ([("job", None, b"{")], 400), ([("job", None, b"[]"), ("file", "a", b"x")], 400), ([], 422),
                          ([("job", None, b"x" * 300000)], 413), ([(f"f{i}", None, b"") for i in range(9)], 413), ([(f"f{i}", "f", b"") for i in range(17)], 413),
                          ([("job", None, json.dumps(asked()).encode()), ("file", "a", b"1"), ("file", "b", b"2")], 422)):
        form_body, head = form(parts)
        got, _, text = server.ask("POST", "/v1/jobs", form_body, headers=head)
        assert got == status, (parts[:2], got, text)
    for kind, wrong in (("multipart/form-data", b"--x\r\n"), ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\ncut"),
                        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: " + b"b" * 9000), ("multipart/form-data; boundary=" + "x" * 71, b"--x"),
                        ("multipart/mixed; boundary=x", b"--x--"), ("multipart/form-data; boundary=x", b"nothing of it"), ("multipart/form-data; boundary=x", b"--xy--")):
        got, _, text = server.ask("POST", "/v1/jobs", wrong, headers={"Content-Type": kind})
        assert got in (400, 413), (kind, got, text)
    assert server.ask("POST", "/v1/jobs", {"purpose": "x"}, headers={"Content-Type": "application/json"})[0] == 422
    assert server.json("GET", "/v1/jobs")["jobs"] == []
    figures = server.ask("GET", "/metrics")[2].decode()
    assert "mien_jobs_waiting 0" in figures and 'mien_jobs_total{outcome="done"} 0' in figures


def broken_recordings(server):
    """Each ends as failed, with what is wrong, and without the name that the file had inside."""
    consent = server.consent()
    good = wav()
    for body, name in ((b"\x00" * 5000, "a.wav"), (os.urandom(20000), "a.mp4"), (good[:30], "a.wav"), (b"RIFF" + b"\xff" * 60, "a.wav"), (b"#EXTM3U\nfile:///etc/passwd\n", "a.m3u8"),
                       (b"\xff\xfeW\x00", "a.vtt"), (b"", "b.txt")):
        done = wait(server, send(server, alone(consent), body, filename=name)["job"])
        assert done["state"] == "failed" and done["error"]["what"] and "/proc" not in json.dumps(done), (name, done)
    done = wait(server, send(server, {**asked(consent), "channels": ["customer", "agent"]}, good)["job"])
    assert done["state"] == "failed" and "1 channel, and 2 were" in done["error"]["what"], done
    done = wait(server, send(server, alone(consent), good[:len(good) // 2])["job"])  # cut short: what there is, is read
    assert done["state"] == "done" and done["results"] > 0, done


def too_large(server):
    server.stop()
    server.start({"MIEN_JOBS_UPLOAD": "1 MB"})
    before = len(os.listdir("/proc/%d/fd" % server.process.pid))
    body = os.urandom(3 << 20)
    status, _, text = server.ask("POST", address(asked()), body, headers={"Content-Type": "audio/wav"})
    assert status == 413, (status, text)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)  # without saying how much comes
    connection.putrequest("POST", address(asked()))
    for name, value in (("Authorization", "Bearer " + server.key), ("Content-Type", "audio/wav"), ("Transfer-Encoding", "chunked")):
        connection.putheader(name, value)
    connection.endheaders()
    try:
        for _ in range(48):
            connection.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        connection.send(b"0\r\n\r\n")
        assert connection.getresponse().status in (400, 411, 413)
    except OSError:
        pass  # it was closed meanwhile
    connection.close()
    cut = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)  # and one that goes away in the middle
    cut.putrequest("POST", address(asked()))
    for name, value in (("Authorization", "Bearer " + server.key), ("Content-Type", "audio/wav"), ("Content-Length", "900000")):
        cut.putheader(name, value)
    cut.endheaders()
    cut.send(b"x" * 300000)
    cut.close()
    for _ in range(100):
        if len(os.listdir("/proc/%d/fd" % server.process.pid)) <= before + 1:
            break
        time.sleep(0.05)
    assert len(os.listdir("/proc/%d/fd" % server.process.pid)) <= before + 1, "files stay open"
    assert os.listdir(os.path.join(server.data, "jobs")) == [] and server.json("GET", "/v1/jobs")["jobs"] == []


def by_path(server):
    """Files of the tenant's own folder, and nothing that lies elsewhere, by whatever way."""
    folder = os.path.join(server.data, "recordings")
    os.makedirs(os.path.join(folder, "default", "2026"))
    os.makedirs(os.path.join(folder, "other"))
    inside, secret = os.path.join(folder, "default", "2026", "call.wav"), os.path.join(server.data, "secret.wav")
    for path in (inside, secret, os.path.join(folder, "other", "theirs.wav")):
        with open(path, "wb") as file:
            file.write(wav())
    os.symlink(secret, os.path.join(folder, "default", "link.wav"))
    os.symlink(server.data, os.path.join(folder, "default", "way"))
    os.link(secret, os.path.join(folder, "default", "hard.wav"))  # the operator's own doing
    os.mkfifo(os.path.join(folder, "default", "pipe"))
    assert "reads no files" in json.dumps(named(server, "2026/call.wav", 403))
    server.stop()
    server.start({"MIEN_JOBS_FOLDER": folder})
    made = named(server, "2026/call.wav", 202)
    assert made["name"] == "call.wav" and wait(server, made["job"])["results"] > 0 and os.path.exists(inside)
    for path, status in (("../secret.wav", 403), ("2026/../../secret.wav", 403), ("../default/2026/call.wav", 403), ("/etc/passwd", 403), ("link.wav", 403), ("way/secret.wav", 403), ("", 422),
                         (".", 403), ("2026", 403), ("2026/", 403), ("./2026/call.wav", 403), ("2026//call.wav", 403), ("pipe", 403), ("none.wav", 422), ("../other/theirs.wav", 403),
                         ("x/" * 600, 422), ("2026/call.wav/x", 403), ("2026\u0000/call.wav", 422)):
        got = named(server, path, status)
        assert "secret" not in json.dumps(got).replace("secret.wav", ""), got
    assert len(server.json("GET", "/v1/jobs")["jobs"]) == 1


def named(server, path: str, status: int):
    got, _, text = server.ask("POST", "/v1/jobs", {**alone(server.consent()), "path": path}, headers={"Content-Type": "application/json"})
    assert got == status or (got == 400 and "\0" in path), (path, got, text)
    return json.loads(text)


def tenants_and_scopes(server):
    """Who may what; and another tenant sees nothing of it."""
    made = send(server, alone(server.consent()), wav())["job"]
    wait(server, made)
    other = subprocess.run([PROGRAM, "keys", "add", "--tenant", "acme", "--scopes", "read,stream", "--data", server.data], stdout=subprocess.PIPE, text=True)
    key = next(word for word in other.stdout.split() if word.startswith("mien_"))
    reader = server.json("POST", "/v1/keys", {"label": "r", "scopes": ["read"]}, 201)["secret"]
    feeder = server.json("POST", "/v1/keys", {"label": "f", "scopes": ["stream"]}, 201)["secret"]
    server.process.send_signal(1)
    time.sleep(0.5)
    assert json.loads(server.ask("GET", "/v1/jobs", key=key)[2])["jobs"] == []
    for method, path in (("GET", ""), ("GET", "/results"), ("DELETE", "")):
        assert server.ask(method, f"/v1/jobs/{made}{path}", key=key)[0] == 404, method
    assert server.ask("GET", f"/v1/jobs/{made}/results", key=reader)[0] == 200 and server.ask("DELETE", f"/v1/jobs/{made}", key=reader)[0] == 403
    body, head = form([("job", None, json.dumps(asked()).encode()), ("file", "a", b"x")])
    assert server.ask("POST", "/v1/jobs", body, key=reader, headers=head)[0] == 403 and server.ask("GET", f"/v1/jobs/{made}", key=feeder)[0] == 403
    assert server.ask("POST", "/v1/jobs", body, key=None, headers=head)[0] == 401 and os.listdir(os.path.join(server.data, "jobs")) == []
    session = server.json("GET", "/v1/jobs/" + made)["session"]
    assert server.ask("POST", f"/v1/sessions/{session}/turns", {"who": "customer", "text": "hello"})[0] == 409
    audit = open(os.path.join(server.data, "audit")).read()
    assert f'"what":"job","tenant":"default"' in audit and f'"what":"results"' in audit and made in audit


def manners(server):
    """Pages, ETags, and a request that is sent again."""
    consent = server.consent()
    body, head = form([("job", None, json.dumps(alone(consent)).encode()), ("file", "call.wav", wav(2))])
    first = server.ask("POST", "/v1/jobs", body, headers={**head, "Idempotency-Key": "one"})
    again = server.ask("POST", "/v1/jobs", body, headers={**head, "Idempotency-Key": "one"})
    made = json.loads(first[2])["job"]
    assert first[0] == again[0] == 202 and json.loads(again[2])["job"] == made and again[1]["idempotency-replayed"] == "true", again
    assert server.ask("POST", "/v1/jobs", body.replace(b"RIFF", b"RIFX", 1), headers={**head, "Idempotency-Key": "one"})[0] == 422
    jobs = [send(server, alone(consent), wav(1))["job"] for _ in range(4)]
    for job in jobs:
        wait(server, job)
    page = server.json("GET", "/v1/jobs?limit=2")
    rest = server.json("GET", "/v1/jobs?limit=9&before=" + page["before"])
    assert [j["job"] for j in page["jobs"] + rest["jobs"]] == [*reversed(jobs), made] and "before" not in rest
    _, headers, _ = server.ask("GET", "/v1/jobs/" + made)
    assert server.ask("GET", "/v1/jobs/" + made, headers={"If-None-Match": headers["etag"]})[0] == 304
    lines = server.ask("GET", f"/v1/jobs/{made}/results?format=ndjson")
    assert server.ask("GET", f"/v1/jobs/{made}/results?format=ndjson", headers={"If-None-Match": lines[1]["etag"]})[0] == 304
    assert server.ask("DELETE", "/v1/jobs/" + made, headers={"If-Match": '"other"'})[0] == 412
    assert server.ask("DELETE", "/v1/jobs/" + made, headers={"If-Match": headers["etag"]})[0] == 200
    assert server.ask("GET", "/v1/jobs/" + made)[0] == 404 and len(server.json("GET", "/v1/jobs")["jobs"]) == 4


run(a_raw_upload, multipart_and_transcript, rules_run, pictures, refused, broken_recordings, too_large, by_path, tenants_and_scopes, manners)
