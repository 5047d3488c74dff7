"""What a webhook must not make the service call: redirects, this machine and its networks, servers that nobody trusts, proxies."""
import os
import socket
import subprocess

from receiver import Receiver
from test_keep import granted
from test_rules import written
from test_webhooks import CRISIS, Own, run


def no_redirects(server):
    with Receiver() as secret, Receiver(always=(302, {"location": secret.url})) as receiver, Own(server, [receiver, secret], 1) as own:
        hook = own.add(receiver.url, rules=["crisis_words"])
        own.call(CRISIS, consent=granted(own, "s-1", True))
        assert own.until(hook, "dead")[0]["tries"][0]["status"] == 302 and not secret.got


def not_to_be_called(server):
    """What only this machine can reach is refused by its address, or when its name has been resolved."""
    with Receiver() as receiver, Own(server, [], 1) as own:
        port = receiver.port
        for url in (f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{port}/", f"https://[::1]:{port}/", "https://169.254.169.254/latest/meta-data/",
                    "https://10.0.0.1/", "https://192.168.1.1/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/", "https://[fd00:ec2::254]/", "https://0/",
                    "https://2130706433/", "https://0x7f.1/", "https://017700000001/", "https://127.1/", "file:///etc/passwd", "gopher://example.org/", "https://user:word@example.org/",
                    "ftp://example.org/", "https://", "", "https://exa mple.org/", "http://example.org/", "https://example.org/\r\nx: y"):
            status, _, text = own.ask("POST", "/v1/webhooks", {"url": url})
            assert status == 422 and "webhooks.hosts" in text.decode(), (url, status, text)
        # A name that resolves to this machine: refused when it is called, and nobody hears of it.
        hooks = [own.add(f"https://{name}:{port}/", rules=["crisis_words"]) for name in ("localhost", socket.gethostname())]
        own.call(CRISIS, consent=granted(own, "s-1", True))
        for hook in hooks:
            tries = own.until(hook, "dead")[0]["tries"]
            assert tries[0]["status"] == 0 and ("not public" in tries[0]["what"] or hook is hooks[1] and "resolve" in tries[0]["what"]), tries
        assert not receiver.got
    # The proxy of the environment is not asked.
    with Receiver() as proxy, Receiver() as receiver:
        os.environ.update(http_proxy=proxy.url, https_proxy=proxy.url, all_proxy=proxy.url)
        try:
            with Own(server, [receiver]) as own:
                own.add(receiver.url)
                own.call(CRISIS)
                receiver.wait(1)
                assert not proxy.got
        finally:
            for name in ("http_proxy", "https_proxy", "all_proxy"):
                del os.environ[name]


def certificates(server):
    """One that nobody the service trusts has signed is not called; nor is one of another name."""
    for name, host in (("right", "localhost"), ("other", "example.org")):
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "-", "-out", "-", "-days", "2", "-subj", "/CN=" + host,
                               "-addext", "subjectAltName=DNS:" + host], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        written(server, name + ".pem", made)
    right, other = (os.path.join(server.data, name) for name in ("right.pem", "other.pem"))
    for ca, pem, called in ((right, right, True), ("", right, False), (other, other, False)):
        with Receiver(pem=pem) as receiver, Own(server, [receiver], 1) as own:
            own.stop()
            os.environ["MIEN_WEBHOOKS_CA"] = ca
            try:
                own.again()
            finally:
                del os.environ["MIEN_WEBHOOKS_CA"]
            hook = own.add(receiver.url, rules=["crisis_words"])
            own.call(CRISIS, consent=granted(own, "s-1", True))
            tries = own.until(hook, "delivered" if called else "dead")[0]["tries"]
            assert len(receiver.got) == called and (called or "certificate" in tries[0]["what"]), (ca, tries)


if __name__ == "__main__":
    run(no_redirects, not_to_be_called, certificates)
