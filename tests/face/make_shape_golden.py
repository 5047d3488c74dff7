#!/usr/bin/env python3
"""Prints the numbers that test_shape.c holds shape.c to, out of train/face_shape.py."""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "train"))
import face_data as fd
import face_shape as shape

k = np.arange(68)
head = np.stack([np.sin(1 + .7 * k), np.cos(.37 * k) + .01 * k, .3 * np.sin(.9 * k)], 1)
head -= head.mean(0)
points = np.stack([100 + 30 * head[:, 0] + 8 * head[:, 1] + 5 * head[:, 2] + np.sin(2.3 * k),
                   80 - 7 * head[:, 0] + 29 * head[:, 1] - 6 * head[:, 2] + np.cos(3.1 * k)], 1)[None]
_, scale, angles = shape.pose(head, points)
centre, side, angle = fd.crop_of_points(points)
print("scale", scale, "yaw pitch roll", angles, "\nmeasures", shape.measures(head, points).round(6),
      "\ncrop", centre, side, angle, "\nbox", fd.box_of_points(points))
