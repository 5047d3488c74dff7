"""Calls of webhooks: what is tried again, what is dead, what a kill loses, whom one that hangs holds up."""
import socket
import time

from receiver import Receiver, signatures
from test_keep import granted
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
    run(tried_again, dead_and_replayed, gone_for_good, over_a_kill, one_that_hangs)
