"""Calls of webhooks: what is tried again, what is dead, what must not be called, what a kill loses, whom one that hangs holds up."""
import os
import socket
import subprocess
import time

from receiver import Receiver, signatures
from test_keep import granted
from test_rules import written
from test_webhooks import CRISIS, Own, run


def tried_again(server):
    with Receiver([500, "hang", 204]) as receiver, Own(server, [receiver], 9, "") as own:
        hook = own.add(receiver.url, rules=["crisis_words"])
        own.call(CRISIS, consent=granted(own, "s-1", True))
        calls = receiver.wait(3, 20)
        assert len({c["headers"]["webhook-id"] for c in calls}) == 1 and len({c["body"] for c in calls}) == 1
        for call in calls:
            right, came = signatures(hook["secret"], call)
            assert came == [right]
        tries = own.until(hook, "delivered")[0]["tries"]
        assert [t["status"] for t in tries] == [500, 0, 204] and "imeout" in tries[1]["what"], tries
        assert calls[2]["at"] - calls[1]["at"] > 1 + 0.8 * 60 * 0.05, "later and later"


def dead_and_replayed(server):
    with Receiver([503, 503, 503]) as receiver, Own(server, [receiver], 2) as own:
        hook = own.add(receiver.url, rules=["crisis_words"])
        own.call(CRISIS, consent=granted(own, "s-1", True))
        dead = own.until(hook, "dead")[0]
        assert dead["attempts"] == 2 and dead["next"] is None and len(receiver.got) == 2
        assert own.json("POST", f"/v1/webhooks/{hook['webhook']}/replay", {})["replayed"] == 1
        receiver.wait(4)
        done = own.until(hook, "delivered")[0]
        assert done["delivery"] == dead["delivery"] and len({c["headers"]["webhook-id"] for c in receiver.got}) == 1
        assert own.json("POST", f"/v1/webhooks/{hook['webhook']}/replay", {"delivery": done["delivery"]})["replayed"] == 1
        receiver.wait(5)
        for delivery in ("d_" + "0" * 32, "x", "k_" + "0" * 32):
            assert own.ask("POST", f"/v1/webhooks/{hook['webhook']}/replay", {"delivery": delivery})[0] in (404, 422)


def gone_for_good(server):
    with Receiver(always=410) as receiver, Own(server, [receiver], 9) as own:
        hook = own.add(receiver.url)
        own.call(CRISIS, consent=granted(own, "s-1", True))
        own.until(hook, "dead", len(receiver.wait(1)))
        assert own.json("GET", "/v1/webhooks/" + hook["webhook"])["disabled"] is True
        count = len(receiver.got)
        own.call(CRISIS)
        time.sleep(0.4)
        assert len(receiver.got) == count


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


def over_a_kill(server):
    """What waits for a server that is not there comes after a kill, once it is."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url, host = f"http://127.0.0.1:{taken.getsockname()[1]}/", f"127.0.0.1:{taken.getsockname()[1]}"
        with Receiver() as receiver:
            class At:
                pass
            nowhere = At()
            nowhere.host = host
            with Own(server, [nowhere, receiver], 20) as own:
                gone, here = own.add(url, rules=["crisis_words"]), own.add(receiver.url, rules=["crisis_words"])
                receiver.always = 503
                own.call(CRISIS, CRISIS, CRISIS, consent=granted(own, "s-1", True))
                own.until(gone, "waiting", 3)
                own.until(here, "waiting", 3)
                wanted = {d["delivery"] for d in own.deliveries(here, "waiting")}
                own.process.kill()
                receiver.always = 204
                before = len(receiver.got)
                own.again()
                assert len(own.deliveries(gone, "waiting")) == 3
                own.until(here, "delivered", 3)
                assert {c["headers"]["webhook-id"] for c in receiver.got[before:]} == wanted


def one_that_hangs(server):
    """It keeps nobody waiting: no conversation, and no other endpoint."""
    with Receiver(always="hang") as hangs, Receiver() as receiver, Own(server, [hangs, receiver], 3) as own:
        own.add(hangs.url)
        own.add(receiver.url, rules=["crisis_words"])
        begun = time.time()
        own.call(*[CRISIS] * 10)
        took = time.time() - begun
        receiver.wait(10, 5)
        assert took < 2 and receiver.got[9]["at"] - begun < 3, (took, receiver.got[9]["at"] - begun)
        assert len(hangs.got) <= 8, "a few at once"


if __name__ == "__main__":
    run(tried_again, dead_and_replayed, gone_for_good, no_redirects, not_to_be_called, certificates, over_a_kill, one_that_hangs)
