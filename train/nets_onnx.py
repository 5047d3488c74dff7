#!/usr/bin/env python3
"""The networks of voice and face as ONNX, for the comparison with ONNX Runtime (`mien bench nets`).

    nets_onnx.py MODEL.mien FOLDER     writes FOLDER/NAME-float32.onnx, and FOLDER/NAME-int8.onnx where
                                       the file's weights are int8; NAME is voice or face

voice: the first network of the committee, over one utterance. x [T][72] float32, frames as they enter the
first convolution -> logits [1][classes]. face: x [N][1][48][48] float32, a normalised crop and its mirror image
-> logits [1][classes of FER+, then of FER2013]. int8: weights as in the file, what they are
multiplied with quantised as it comes (DynamicQuantizeLinear, ConvInteger).
Needs Debian's python3-onnx."""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import mien_file
from text_onnx import Graph


class Net:
    def __init__(self, path: str, int8: bool):
        self.meta, self.tensors = mien_file.read_model(path)
        self.int8, self.g = int8, Graph("net")

    def values(self, name: str) -> np.ndarray:
        tensor = self.tensors[name]
        return (mien_file.dequantize_rows(*tensor) if isinstance(tensor, tuple) else tensor).astype(np.float32)

    def linear(self, x: str, name: str) -> str:
        return self.g("Gemm", x, self.g.constant(self.values(name + ".weight").T), self.g.constant(self.values(name + ".bias")))

    def write(self, given: list, path: Path, logits: str, classes: int) -> None:
        g = self.g
        g.nodes.append(helper.make_node("Identity", [logits], ["logits"]))
        graph = helper.make_graph(g.nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)],
                                  [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, classes])], g.constants)
        model = helper.make_model(graph, producer_name="mien", opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString())
        print(f"{path}: {path.stat().st_size} bytes")


class Voice(Net):
    """train/voice_net.py, Encoder."""

    def conv(self, x: str, name: str, stride: int, dilation: int) -> str:
        weight = self.values(f"0.{name}.weight").transpose(0, 2, 1)  # [out][in][width]
        pad = (weight.shape[2] - 1) * dilation
        y = self.g("Conv", x, self.g.constant(weight), self.g.constant(self.values(f"0.{name}.bias")),
                   strides=[stride], dilations=[dilation], pads=[pad, 0])
        return self.g("Relu", y)

    def gru(self, x: str) -> str:
        """[T][width] -> [T][width]; gates r z n in the file, z r n in ONNX."""
        g = self.g

        def turned(name: str) -> np.ndarray:
            r, z, n = np.split(self.values(f"0.gru.{name}"), 3)
            return np.concatenate([z, r, n])[None]

        bias = np.concatenate([turned("bi"), turned("bh")], 1)
        y = g.many("GRU", [g("Unsqueeze", x, g.constant([1], np.int64)), g.constant(turned("wi")),
                           g.constant(turned("wh")), g.constant(bias)], 1,
                   hidden_size=bias.shape[1] // 6, linear_before_reset=1)[0]
        return g("Squeeze", y, g.constant([1, 2], np.int64))

    def build(self, path: Path) -> None:
        g = self.g
        x = g("Unsqueeze", g("Transpose", "x", perm=[1, 0]), g.constant([0], np.int64))  # [1][72][T]
        for name in ("front0", "front1"):
            x = self.conv(x, name, 2, 1)
        for name, dilation in (("deep0", 1), ("deep1", 2)):
            x = g("Add", x, self.conv(x, name, 1, dilation))
        x = g("Transpose", g("Squeeze", x, g.constant([0], np.int64)), perm=[1, 0])
        h = g("Concat", x, self.gru(x), axis=1)
        heads, width = len(self.values("0.attend.bias")), 2 * len(self.values("0.deep0.bias"))
        weights = g("Softmax", self.linear(g("Tanh", self.linear(h, "0.look")), "0.attend"), axis=0)
        weights = g("Unsqueeze", g("Transpose", weights, perm=[1, 0]), g.constant([1], np.int64))  # [heads][1][T]
        by_head = g("Transpose", g("Reshape", h, g.constant([-1, heads, width // heads], np.int64)), perm=[1, 0, 2])
        mean = g("MatMul", weights, by_head)
        square = g("MatMul", weights, g("Mul", by_head, by_head))
        variance = g("Max", g("Sub", square, g("Mul", mean, mean)), g.constant(1e-4))
        pooled = g("Concat", g.shape(mean, 1, -1), g.shape(g("Sqrt", variance), 1, -1), axis=1)
        logits = self.linear(g("Relu", self.linear(pooled, "0.mix")), "0.classes")
        self.write(["T", len(self.values("0.input.mean"))], path, logits, len(self.values("0.classes.bias")))


class Face(Net):
    """train/face_expression.py; weights [out][height][width][in]."""

    def conv(self, x: str, name: str, stride: int) -> str:
        g, tensor, bias = self.g, self.tensors[name + ".weight"], self.values(name + ".bias")
        pad = (tensor[0] if isinstance(tensor, tuple) else tensor).shape[1] // 2
        how = {"strides": [stride] * 2, "pads": [pad] * 4}
        if not (self.int8 and isinstance(tensor, tuple)):
            return g("Conv", x, g.constant(self.values(name + ".weight").transpose(0, 3, 1, 2)), g.constant(bias), **how)
        xq, x_scale, x_zero = g.many("DynamicQuantizeLinear", [x], 3)
        product = g("ConvInteger", xq, g.constant(tensor[0].transpose(0, 3, 1, 2), np.int8), x_zero, **how)
        scales = g("Mul", x_scale, g.constant(tensor[1][None, :, None, None]))
        return g("Add", g("Mul", g("Cast", product, to=TensorProto.FLOAT), scales), g.constant(bias[None, :, None, None]))

    def build(self, path: Path) -> None:
        g, network = self.g, self.meta["network"]
        x = g("Relu", self.conv("x", "stem", 2))
        for i, stride in enumerate(network["strides"]):
            y = self.conv(g("Relu", self.conv(x, f"block{i}.a", int(stride))), f"block{i}.b", 1)
            skip = self.conv(x, f"block{i}.skip", int(stride)) if f"block{i}.skip.weight" in self.tensors else x
            x = g("Relu", g("Add", y, skip))
        places = self.values("pool")  # [places][channels]
        side = int(len(places) ** 0.5)
        weighed = g("Mul", x, g.constant(places.T.reshape(1, -1, side, side)))
        pooled = g("ReduceMean", g("ReduceSum", weighed, g.constant([2, 3], np.int64), keepdims=0), axes=[0], keepdims=1)
        self.write(["N", 1, 48, 48], path, self.linear(pooled, "out"), len(self.values("out.bias")))


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: nets_onnx.py MODEL.mien FOLDER")
    folder = Path(sys.argv[2])
    kinds = {"voice": ("voice", Voice), "face-expression": ("face", Face)}
    tensors = mien_file.read_model(sys.argv[1])[1]
    name, net = next((kinds[kind] for kind in kinds if ("stem.weight" in tensors) == (kind != "voice")))
    net(sys.argv[1], False).build(folder / f"{name}-float32.onnx")
    if any(isinstance(tensor, tuple) for tensor in tensors.values()):
        net(sys.argv[1], True).build(folder / f"{name}-int8.onnx")


if __name__ == "__main__":
    main()
