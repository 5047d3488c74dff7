#!/usr/bin/env python3
"""The deep text model as ONNX, for the comparison with ONNX Runtime (bench/onnx, `mien bench text`).

    text_onnx.py MODEL.mien FOLDER     writes FOLDER/float32.onnx and FOLDER/int8.onnx

Both take texts of one length, so that nothing is padded, and give the heads before their functions:
    ids [T][B] int32, marks [T][B] int32 (their sum, 0 to 7)  ->  heads [B][n] float32
int8: the weights as they are in the model file, one scale for each row; what they are multiplied with is
quantised as it comes (DynamicQuantizeLinear, MatMulInteger), which ONNX Runtime joins into one kernel.

Forms were compared at 16 pieces and 16 to 64 texts at once (ONNX Runtime 1.30, AVX-512 VNNI, a busy machine,
so differences of a few hundredths mean nothing). Kept: one Scan for both directions, the backward half read
from the end, with all of a step inside; a product for each part of a layer's input, since splitting one large
product copies it (a tenth of the time of int8); attention as a batched product; GlobalMaxPool in place of
ReduceMax over the first dimension. As fast: the gates that the state does not need for all steps at once. Not
faster: a graph of T steps without Scan, which was tried only with the large product split.
Needs Debian's python3-onnx."""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import mien_file


class Graph:
    """Nodes and constants; every operation returns the names of its results."""

    def __init__(self, name: str):
        self.name = name
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def fresh(self, what: str) -> str:
        return f"{self.name}.{what}.{len(self.nodes) + len(self.constants)}"

    def constant(self, values, dtype=np.float32) -> str:
        name = self.fresh("constant")
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, dtype), name))
        return name

    def many(self, kind: str, inputs: list[str], count: int, **attributes) -> list[str]:
        names = [f"{self.fresh(kind)}.{i}" for i in range(count)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names

    def __call__(self, kind: str, *inputs: str, **attributes) -> str:
        return self.many(kind, list(inputs), 1, **attributes)[0]

    def shape(self, x: str, *dims: int) -> str:
        return self("Reshape", x, self.constant(dims, np.int64))

    def slice(self, x: str, begin: int, end: int) -> str:
        """Of the first dimension."""
        return self("Slice", x, self.constant([begin], np.int64), self.constant([end], np.int64))


END = np.iinfo(np.int64).max


class Deep:
    """The network of train/text_deep_net.py, without context and padding."""

    def __init__(self, path: str, int8: bool):
        self.meta, self.tensors = mien_file.read_model(path)
        self.int8 = int8
        sizes = self.meta["network"]
        self.D, self.H, self.layers = sizes["width"], sizes["channels"], sizes["layers"]
        self.g = Graph("text")

    def values(self, name: str) -> np.ndarray:
        tensor = self.tensors[name]
        return mien_file.dequantize_rows(*tensor) if isinstance(tensor, tuple) else tensor

    def linear(self, x: str, name: str, biases: list[np.ndarray]) -> list[str]:
        """x [rows][in] -> [rows][out], as many as there are biases, of equal size."""
        g = self.g
        tensor = self.tensors[name]
        quantised = self.int8 and isinstance(tensor, tuple)
        weight = tensor[0] if quantised else self.values(name)
        parts = np.split(weight.reshape(len(weight), -1), len(biases))
        if not quantised:
            return [g("Gemm", x, g.constant(w.T), g.constant(b)) for w, b in zip(parts, biases)]
        xq, x_scale, x_zero = g.many("DynamicQuantizeLinear", [x], 3)
        out = []
        for w, scales, b in zip(parts, np.split(tensor[1], len(biases)), biases):
            product = g("MatMulInteger", xq, g.constant(w.T, np.int8), x_zero, g.constant(np.zeros(len(w)), np.int8))
            scaled = g("Mul", g("Cast", product, to=TensorProto.FLOAT), g("Mul", x_scale, g.constant(scales)))
            out.append(g("Add", scaled, g.constant(b)))
        return out

    def norm(self, x: str, name: str) -> str:
        return self.g("LayerNormalization", x, self.g.constant(self.values(name + ".gain")),
                      self.g.constant(self.values(name + ".bias")), axis=-1, epsilon=1e-5)

    def embed(self, ids: str, marks: str) -> str:
        g = self.g
        sums = np.array([[k >> i & 1 for i in range(3)] for k in range(8)], np.float32) @ self.values("marks")
        return g("Add", g("Gather", g.constant(self.values("embed.rows")), ids), g("Gather", g.constant(sums), marks))

    def zeros(self, batch: str, width: int) -> str:
        """[B][width]"""
        shape = self.g("Concat", batch, self.g.constant([width], np.int64), axis=0)
        return self.g("ConstantOfShape", shape, value=numpy_helper.from_array(np.zeros(1, np.float32)))

    def recurrence(self, parts: list[str], recur: np.ndarray, zeros: str) -> list[str]:
        """parts: [T][B][H] of the new state, f and r forwards, the same backwards, skip both ways
        -> h forwards and backwards [T][B][H]. In a step, for each direction:
        c = f (c' - new) + new with f = sigmoid(f + v c'); h = r (c - skip) + skip with r = sigmoid(r + v c')."""
        g, body = self.g, Graph("step")
        states, outs = [], []
        for way in (0, 1):
            old, new, f, r, skip = (f"step.{what}.{way}" for what in ("old", "new", "f", "r", "skip"))
            gates = [body("Sigmoid", body("Add", body("Mul", body.constant(recur[2 * way + i]), old), gate))
                     for i, gate in enumerate((f, r))]
            c = body("Add", body("Mul", gates[0], body("Sub", old, new)), new)
            states.append(c)
            outs.append(body("Add", body("Mul", gates[1], body("Sub", c, skip)), skip))
        inputs = [f"step.old.{way}" for way in (0, 1)]
        inputs += [f"step.{what}.{way}" for way in (0, 1) for what in ("new", "f", "r")]
        inputs += [f"step.skip.{way}" for way in (0, 1)]

        def value(name: str) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", self.H])

        step = helper.make_graph(body.nodes, "step", [value(n) for n in inputs], [value(n) for n in states + outs],
                                 body.constants)
        return g.many("Scan", [zeros, zeros] + parts, 4, body=step, num_scan_inputs=len(parts),
                      scan_input_directions=[0, 0, 0, 1, 1, 1, 0, 1], scan_output_directions=[0, 1])[2:]

    def layer(self, x: str, halves: list[str], k: int, batch: str, zeros: str) -> list[str]:
        """x [T][B][in], and its halves where k > 0 -> both halves [T][B][H] of the output."""
        g, H, D = self.g, self.H, self.D
        n = self.norm(x, f"layer{k}.norm")
        if k == 0:
            edge = g("Unsqueeze", self.zeros(batch, D), g.constant([0], np.int64))
            n = g("Concat", g("Concat", edge, g.slice(n, 0, -1), axis=0), n, g("Concat", g.slice(n, 1, END), edge, axis=0),
                  axis=2)
        bias, none = self.values(f"layer{k}.bias"), np.zeros(H, np.float32)
        biases = [none, bias[0], bias[1], none, bias[2], bias[3]] + [none, none] * (k == 0)
        shape = g("Concat", g.constant([-1], np.int64), batch, g.constant([H], np.int64), axis=0)
        parts = [g("Reshape", u, shape)
                 for u in self.linear(g.shape(n, -1, 2 * H if k else 3 * D), f"layer{k}.weight", biases)]
        return self.recurrence(parts + halves, self.values(f"layer{k}.recur"), zeros)

    def pool(self, x: str, y: str, batch: str) -> str:
        """[B][4H + D]"""
        g, C = self.g, 2 * self.H
        attend = self.values("attend.weight")
        A = len(attend)
        weights = g("Softmax", g("MatMul", y, g.constant(attend.T)), axis=0)
        weights = g("Unsqueeze", g("Transpose", weights, perm=[1, 2, 0]), g.constant([3], np.int64))  # [B][A][T][1]
        by_channel = g("Transpose", y, perm=[1, 2, 0])
        sliced = g("Reshape", by_channel, g("Concat", batch, g.constant([A, C // A, -1], np.int64), axis=0))
        return g("Concat", g.shape(g("MatMul", sliced, weights), -1, C), g.shape(g("GlobalMaxPool", by_channel), -1, C),
                 g("ReduceMean", x, axes=[0], keepdims=0), axis=1)

    def build(self) -> onnx.ModelProto:
        g = self.g
        batch = g.slice(g("Shape", "ids"), 1, 2)
        zeros = self.zeros(batch, self.H)
        x = h = self.embed("ids", "marks")
        halves: list[str] = []
        for k in range(self.layers):
            halves = self.layer(h, halves, k, batch, zeros)
            h = g("Concat", *halves, axis=2)
        pooled = self.pool(x, self.norm(h, "norm"), batch)
        hidden = g("Relu", *self.linear(pooled, "hidden.weight", [self.values("hidden.bias")]))
        heads = self.linear(hidden, "heads.weight", [self.values("heads.bias")])[0]
        g.nodes.append(helper.make_node("Identity", [heads], ["heads"]))
        given = [helper.make_tensor_value_info(n, TensorProto.INT32, ["T", "B"]) for n in ("ids", "marks")]
        count = len(self.values("heads.bias"))
        graph = helper.make_graph(g.nodes, "text", given, [
            helper.make_tensor_value_info("heads", TensorProto.FLOAT, ["B", count])], g.constants)
        model = helper.make_model(graph, producer_name="mien", opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        return model


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: text_onnx.py MODEL.mien FOLDER")
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, int8 in (("float32", False), ("int8", True)):
        path = folder / f"{name}.onnx"
        path.write_bytes(Deep(sys.argv[1], int8).build().SerializeToString())
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
