"""A server on loopback that speaks OpenAI's chat completions, as documented, or what somebody in its place could say."""
import json

from standin import StandIn


def completion(text, finish="stop", **message):
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1750000000, "model": "local",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": None, **message}, "logprobs": None, "finish_reason": finish}],
            "usage": {"prompt_tokens": 400, "completion_tokens": 30, "total_tokens": 430}}


class Drafter(StandIn):
    """`says`: a text, or (status, headers, bytes), or "hang", or a function of the request's JSON that gives one of these."""

    def __init__(self, says="I am looking into it now."):
        self.says = says
        super().__init__("/v1/chat/completions")

    def answer(self, call):
        self.got.append(call)
        says = self.says(json.loads(call["body"])) if callable(self.says) else self.says
        if says == "hang":
            return says
        status, headers, text = says if isinstance(says, tuple) else (200, {}, json.dumps(completion(says)).encode())
        return status, {"content-type": "application/json", **headers}, text
