"""A server on loopback that others call: it keeps what comes, and answers as it is told."""
import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    def __init__(self, answers=(), always=204, pem=None):
        """`pem`: of certificate and key, for https. `answers`: of the first calls, a status, (status, headers) or "hang"; then `always`."""
        self.got, self.answers, self.always, self.lock, self.ended = [], list(answers), always, threading.Lock(), threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                with receiver.lock:
                    receiver.got.append({"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body, "at": time.time()})
                    answer = receiver.answers.pop(0) if receiver.answers else receiver.always
                if answer == "hang":
                    receiver.ended.wait(30)
                    return
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            do_POST = do_PUT = do_PATCH = do_GET = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        if pem:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        name = "localhost" if pem else "127.0.0.1"
        self.host, self.url = f"{name}:{self.port}", f"http{'s' if pem else ''}://{name}:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def wait(self, count, seconds=10):
        end = time.time() + seconds
        while len(self.got) < count and time.time() < end:
            time.sleep(0.02)
        assert len(self.got) >= count, f"{len(self.got)} calls came, {count} were to"
        return self.got


def signatures(secret, call):
    """The one that this secret makes, and those that came."""
    headers = {name.lower(): value for name, value in call["headers"].items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + call["body"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode(), headers["webhook-signature"].split(" ")


def data_of(call):
    return json.loads(call["body"])["data"]
