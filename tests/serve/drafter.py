"""A server on loopback that speaks OpenAI's chat completions, as documented, or what somebody in its place could say."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def completion(text, finish="stop", **message):
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1750000000, "model": "local",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": None, **message}, "logprobs": None, "finish_reason": finish}],
            "usage": {"prompt_tokens": 400, "completion_tokens": 30, "total_tokens": 430}}


class Drafter:
    """`says`: a text, or (status, headers, bytes), or "hang", or a function of the request's JSON that gives one of these."""

    def __init__(self, says="I am looking into it now."):
        self.says, self.got, self.ended = says, [], threading.Event()
        drafter = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                drafter.got.append({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body})
                says = drafter.says(json.loads(body)) if callable(drafter.says) else drafter.says
                if says == "hang":
                    drafter.ended.wait(30)
                    return
                status, headers, answer = says if isinstance(says, tuple) else (200, {}, json.dumps(completion(says)).encode())
                self.send_response(status)
                for name, value in {"content-type": "application/json", "content-length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(answer)
                except OSError:
                    pass

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.host, self.url = f"127.0.0.1:{self.port}", f"http://127.0.0.1:{self.port}/v1/chat/completions"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
