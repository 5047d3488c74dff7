"""`mien play`: a recording through a running service, as a newcomer does it."""
import os
import subprocess
import tempfile

from server import PROGRAM, ROOT, run


def play(server, *more, key=None, to=None):
    done = subprocess.run([PROGRAM, "play", "--to", to or f"http://localhost:{server.port}", "--key",
                           key or os.path.join(server.data, "first.key"), *more], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def part_of_the_sample(folder: str) -> str:
    path = os.path.join(folder, "call.wav")
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-ss", "26", "-t", "12", "-i", os.path.join(ROOT, "samples/call.opus"), path], check=True)
    with open(os.path.join(folder, "call.vtt"), "w") as file:
        file.write("WEBVTT\n\n00:00.500 --> 00:04.000\n<v customer>This is the third time, and it is terrible!\n\n"
                   "00:05.000 --> 00:06.000\n<v agent>I understand.\n")
    return path


def as_a_caller(server):
    with tempfile.TemporaryDirectory() as folder:
        code, out, errors = play(server, part_of_the_sample(folder))
    assert code == 0, (out, errors)
    assert "customer: read are text, voice" in out and "agent: nothing is read" in out, out
    assert "customer: This is the third time" in out and "anger" in out and "results; the consent" in out, out
    audit = open(os.path.join(server.data, "consents")).read()
    assert "withdr" in audit, "the consent of the playing is withdrawn at the end"


def without_a_consent(server):
    with tempfile.TemporaryDirectory() as folder:
        code, out, _ = play(server, part_of_the_sample(folder), "--no-consent")
    assert code == 0 and "without a consent on record" in out, out


def what_goes_wrong_is_said(server):
    with tempfile.TemporaryDirectory() as folder:
        sound, empty = part_of_the_sample(folder), os.path.join(folder, "key")
        open(empty, "w").close()
        wrong = os.path.join(folder, "wrong")
        with open(wrong, "w") as file:
            file.write("mk_none\n")
        for more, say in ((dict(to="http://localhost:1"), "is `mien serve` running"), (dict(key=empty), "there is no key"),
                          (dict(key=wrong), "the service answers 401"), (dict(to="gopher://x"), "")):
            code, out, errors = play(server, sound, **more)
            assert code == 1 and say in errors and errors.startswith("mien: "), (more, code, out, errors)
    code, _, errors = play(server, os.path.join(ROOT, "README.md"))
    assert code == 1 and errors, errors
    assert play(server, "a", "b")[0] == 2


run(as_a_caller, without_a_consent, what_goes_wrong_is_said)
