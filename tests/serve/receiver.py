"""A server on loopback that others call: it keeps what comes, and answers as it is told."""
import base64
import hashlib
import hmac
import json
import threading
import time

from standin import StandIn


class Receiver(StandIn):
    def __init__(self, answers=(), always=204, pem=None):
        """`answers`: of the first calls, a status, (status, headers) or "hang"; then `always`."""
        self.answers, self.always, self.lock = list(answers), always, threading.Lock()
        super().__init__("/hook", pem)

    def answer(self, call):
        with self.lock:
            self.got.append(call)
            answer = self.answers.pop(0) if self.answers else self.always
        return answer if answer == "hang" else (*answer, b"") if isinstance(answer, tuple) else (answer, {}, b"")

    def wait(self, count, seconds=10):
        end = time.time() + seconds
        while len(self.got) < count and time.time() < end:
            time.sleep(0.02)
        assert len(self.got) >= count, f"{len(self.got)} calls came, {count} were to"
        return self.got


def signatures(secret, call):
    """The one that this secret makes, and those that came."""
    headers = call["headers"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + call["body"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode(), headers["webhook-signature"].split(" ")


def data_of(call):
    return json.loads(call["body"])["data"]
