"""A server on loopback that stands in for another: it keeps what comes in `got`, and answers what its `answer` says."""
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StandIn:
    def __init__(self, path: str, pem=None):
        """`path`: of its `url`. `pem`: of certificate and key, for https."""
        self.got, self.ended = [], threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = owner.answer({"method": self.command, "path": self.path, "headers": headers, "body": body, "at": time.time()})
                if answer == "hang":
                    owner.ended.wait(30)
                    return
                status, more, text = answer
                self.send_response(status)
                for name, value in {"content-length": str(len(text)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(text)
                except OSError:
                    pass

            do_POST = do_PUT = do_PATCH = do_GET = handle_one

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
        self.host, self.url = f"{name}:{self.port}", f"http{'s' if pem else ''}://{name}:{self.port}{path}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, call):
        """(status, headers, bytes), or "hang"; in a thread of the call's own. It is the one to put `call` in `got`."""
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
