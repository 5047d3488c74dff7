#!/usr/bin/env python3
"""Makes expression-toy.mien: a tiny network of the expression network's form with random weights, and
what PyTorch says of a drawn crop, for test_expression.c. Run again only when the form changes."""
import os
import sys

import torch

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(root, "train"))
import face_expression as train
from mien_file import write_model

train.STEM, train.STAGES, train.LAST = 3, [(4, 1, 1), (4, 1, 1), (6, 1, 2), (20, 2, 2)], 6
torch.manual_seed(7)
network = train.Network()
network.train()
with torch.no_grad():
    for _ in range(20):  # so that the normalisations have seen something
        network(torch.randn(16, 1, 48, 48))
    for norm in [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]:
        norm.weight.uniform_(0.5, 1.5)
        norm.bias.uniform_(-0.5, 0.5)
    network.pool.uniform_(0, 0.1)
    network.eval()
    y, x = torch.meshgrid(torch.arange(48), torch.arange(48), indexing="ij")
    crop = ((x * 7 + y * 13 + (x * y) % 17 * 5) % 256).float()[None, None]
    temperature = 0.8
    views = [network(train.normalise(view)) for view in (crop, crop.flip(2))]  # upside down, and mirrored
    classes = torch.softmax((views[0][0] + views[1][0])[0] / 2 / temperature, 0)
    older = torch.softmax((views[0][1] + views[1][1])[0] / 2, 0)
write_model(os.path.join(root, "tests", "face", "expression-toy.mien"), "face-expression", {
    "name": "expression-toy", "version": "1", "feature_version": 1,
    "labels": {"classes": train.CLASSES},
    "network": {"blocks": len(network.blocks), "strides": [b.a.conv.stride[0] for b in network.blocks]},
    "calibration": {"temperature": temperature, "quantile": 0.8, "abstain_size": 4},
    "provenance": {"data": [], "licence": "Apache-2.0", "commercial": True, "date": "", "command": ""},
    "scores": {}, "golden": [float(p) for p in classes], "golden_fer2013": [float(p) for p in older]}, train.tensors_of(network, "f16"))
