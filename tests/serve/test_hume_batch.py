"""The batch of Expression Measurement, as its clients send and take it, byte for byte where they write it themselves."""
import hashlib
import json
import os
import time

from left_behind import SETTINGS
from recordings import wav
from server import Server


def begin(server: Server, **consent) -> None:
    """The doors' profile, under a consent that is recorded first."""
    granted = server.consent(**consent)
    server.stop()
    path = os.path.join(server.data, "settings.yaml")
    with open(path, "w") as file:
        file.write(SETTINGS.format(consent=granted))
    server.more = ("--settings", path)
    server.start()


def ask(server, method: str, path: str, body: bytes | None = None, kind: str = "application/json", key: str = ""):
    status, _, text = server.ask(method, path, body, key=None, headers={"X-Hume-Api-Key": key or server.key, "Content-Type": kind})
    return status, json.loads(text)


def complete(server, job: str) -> dict:
    for _ in range(400):
        status, got = ask(server, "GET", "/v0/batch/jobs/" + job)
        assert status == 200 and got["type"] == "INFERENCE" and got["job_id"] == job, got
        if got["state"]["status"] in ("COMPLETED", "FAILED"):
            return got
        assert got["state"]["status"] in ("QUEUED", "IN_PROGRESS") and got["state"]["created_timestamp_ms"] > 1.6e12
        time.sleep(0.05)
    raise AssertionError(got)


def files_and_texts(server):
    begin(server, modalities=("voice", "text"))
    sound = wav()
    body = (b"------WebKitFormBoundary7MA4\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n"
            b'{"models":{"prosody":{"granularity":"utterance"},"burst":{},"face":{}},"text":["Thank you so much!"],"notify":false}\r\n'
            b"------WebKitFormBoundary7MA4\r\nContent-Disposition: form-data; name=\"file\"; filename=\"call.wav\"\r\nContent-Type: audio/wav\r\n\r\n" + sound +
            b"\r\n------WebKitFormBoundary7MA4\r\nContent-Disposition: form-data; name=\"file\"; filename=\"broken.wav\"\r\n\r\nbroken\r\n"
            b"------WebKitFormBoundary7MA4--\r\n")
    status, made = ask(server, "POST", "/v0/batch/jobs", body, "multipart/form-data; boundary=----WebKitFormBoundary7MA4")
    assert status == 200 and list(made) == ["job_id"] and len(made["job_id"]) == 36, made
    got = complete(server, made["job_id"])
    state, asked = got["state"], got["request"]
    assert state["status"] == "COMPLETED" and state["num_errors"] == 1 and state["created_timestamp_ms"] <= state["started_timestamp_ms"] <= state["ended_timestamp_ms"], got
    assert asked["files"] == [{"filename": "call.wav", "content_type": "audio/wav", "md5sum": hashlib.md5(sound).hexdigest()},
                              {"filename": "broken.wav", "content_type": None, "md5sum": hashlib.md5(b"broken").hexdigest()}], asked
    assert asked["models"]["prosody"] == {"granularity": "utterance"} and asked["text"] == asked["urls"] == []
    status, predictions = ask(server, "GET", f"/v0/batch/jobs/{made['job_id']}/predictions")
    call, broken, text = predictions
    assert call["source"] == {"type": "file", **asked["files"][0]} and text["source"] == {"type": "text"}
    assert "results" not in broken and broken["error"], broken
    one = call["results"]["predictions"][0]
    assert one["file"] == "call.wav" and set(one["models"]) == {"prosody", "face"} and one["models"]["face"]["grouped_predictions"] == []
    heard = one["models"]["prosody"]["grouped_predictions"][0]
    assert heard["id"] == "unknown" and all(p["time"]["begin"] < p["time"]["end"] <= 9 and len(p["emotions"]) == 7 for p in heard["predictions"]), heard
    assert state["num_predictions"] == len(heard["predictions"])
    assert call["results"]["errors"] == [{"message": "the model burst is not here", "file": "call.wav"}]


def texts_alone(server):
    begin(server, modalities=("text",))
    texts = ["Thank you so much!", "Das ist schön 😀", "This is terrible, I am furious."]
    status, made = ask(server, "POST", "/v0/batch/jobs", json.dumps({"models": {"language": {}}, "text": texts}).encode())
    assert status == 200, made
    assert complete(server, made["job_id"])["state"]["num_predictions"] == 3
    _, predictions = ask(server, "GET", f"/v0/batch/jobs/{made['job_id']}/predictions")
    for sent, got in zip(texts, predictions, strict=True):
        said = got["results"]["predictions"][0]["models"]["language"]["grouped_predictions"][0]["predictions"][0]
        assert said["text"] == sent and said["position"] == {"begin": 0, "end": len(sent)} and said["emotions"], said
        assert all(0 <= e["score"] <= 1 and e["name"][0].isupper() for e in said["emotions"])
    best = [max(p["results"]["predictions"][0]["models"]["language"]["grouped_predictions"][0]["predictions"][0]["emotions"], key=lambda e: e["score"])["name"]
            for p in predictions]
    assert best[0] == "Gratitude" and best[2] in ("Anger", "Annoyance"), best
    assert ask(server, "GET", "/v0/batch/jobs?status=FAILED&status=QUEUED")[1] == []
    others = [ask(server, "POST", "/v0/batch/jobs", b'{"text":["Hello."]}')[1]["job_id"] for _ in range(3)]
    for job in others:
        complete(server, job)
    newest = [j["job_id"] for j in ask(server, "GET", "/v0/batch/jobs?limit=3")[1]]
    assert newest == others[::-1], (newest, others)
    assert [j["job_id"] for j in ask(server, "GET", "/v0/batch/jobs?direction=asc&status=COMPLETED")[1]] == [made["job_id"], *others]
    assert ask(server, "GET", "/v0/batch/jobs?when=created_after&timestamp_ms=9000000000000")[1] == []


def refused(server):
    status, got = ask(server, "POST", "/v0/batch/jobs", b'{"text":["Hello."]}')
    assert status == 403 and "open nothing" in got["detail"], got
    begin(server, modalities=("text",))
    for body, status, part in ((b"{}", 400, "nothing to read"), (b'{"urls":["http://localhost/x"]}', 400, "fetches nothing"), (b'{"text":["a"],"callback_url":"http://localhost"}', 400, "calls nobody"),
                               (b'{"text":"a"}', 400, "list"), (b'{"text":[1]}', 400, "string"), (b'{"text":["a"],"models":[]}', 400, "object"), (b"{", 400, "JSON"), (b'{"text":["a\\u0000b"]}', 400, ""),
                               (json.dumps({"text": ["a"] * 65}).encode(), 400, "64"), (json.dumps({"text": ["a"], "models": {"x" * 9000: {}}}).encode(), 400, "too long")):
        got_status, got = ask(server, "POST", "/v0/batch/jobs", body)
        assert got_status == status and part in json.dumps(got), (body[:60], got)
    assert ask(server, "POST", "/v0/batch/jobs", b'{"text":["a"]}', key="mien_" + "x" * 43)[0] == 401
    assert ask(server, "GET", "/v0/batch/jobs/none")[0] == 404 and ask(server, "GET", "/v0/batch/jobs/none/predictions")[0] == 404
    assert ask(server, "GET", "/v0/batch/jobs")[1] == [] and server.json("GET", "/v1/jobs")["jobs"] == []


def interrupted(server):
    """After a kill the job is there, and failed."""
    begin(server, modalities=("text", "voice"))
    made = ask(server, "POST", "/v0/batch/jobs", b'{"text":["Thank you."],"models":{"language":{}}}')[1]["job_id"]
    complete(server, made)
    from recordings import form, long_recording
    body, head = form([("file", "long.wav", long_recording())])
    going = ask(server, "POST", "/v0/batch/jobs", body, head["Content-Type"])[1]["job_id"]
    assert ask(server, "GET", f"/v0/batch/jobs/{going}/predictions")[0] == 400
    time.sleep(0.5)
    server.process.kill()
    server.process.wait()
    server.start()
    got = complete(server, going)
    assert got["state"]["status"] == "FAILED" and "stopped" in got["state"]["message"] and got["request"]["files"][0]["filename"] is None, got
    assert complete(server, made)["state"]["status"] == "COMPLETED"
    assert "not there any more" in ask(server, "GET", f"/v0/batch/jobs/{made}/predictions")[1][0]["error"]


if __name__ == "__main__":
    from server import run

    run(files_and_texts, texts_alone, refused, interrupted)
