"""The mean head, head pose and measures: what src/face/shape.c does, for training and statistics.

The mean head comes out of the points of many turned faces alone, by factorisation (Tomasi & Kanade
1992, with a scale for each picture as in Poelman & Kanade 1997): every picture's 68 points are two
rows of one matrix, whose best rank-3 part is motion times shape; the one ambiguity left, a 3x3
matrix, is what makes all motions scaled rotations. tests/face/test_shape.c holds shape.c to the
numbers of this file.
"""
from __future__ import annotations

import numpy as np

import face_data as fd

MEASURES = ["brows_lowered", "brows_raised", "smile", "smile_asymmetry", "lips_pressed",
            "mouth_open", "eyes_closed"]


def mean_head(points: np.ndarray) -> np.ndarray:
    """points [n][68][2] -> [68][3]: x right, y down, z away; unit: distance of the eyes' middles."""
    points = points - points.mean(1, keepdims=True)
    points = points / np.sqrt((points ** 2).sum((1, 2), keepdims=True))
    points = np.concatenate([points, points[:, fd.MIRROR] * [-1, 1]])  # faces are symmetric
    w = points.transpose(0, 2, 1).reshape(-1, fd.POINTS)
    u, s, v = np.linalg.svd(w, full_matrices=False)
    motion, shape = u[:, :3] * s[:3], v[:3]
    # Find symmetric q with m1 q m1 = m2 q m2 and m1 q m2 = 0 in every picture.
    def row(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.stack([a[:, 0] * b[:, 0], a[:, 0] * b[:, 1] + a[:, 1] * b[:, 0],
                         a[:, 0] * b[:, 2] + a[:, 2] * b[:, 0], a[:, 1] * b[:, 1],
                         a[:, 1] * b[:, 2] + a[:, 2] * b[:, 1], a[:, 2] * b[:, 2]], 1)
    m1, m2 = motion[0::2], motion[1::2]
    equal, square = row(m1, m1) - row(m2, m2), row(m1, m2)
    _, _, vt = np.linalg.svd(np.concatenate([equal, square]), full_matrices=False)
    a = vt[-1]
    q = np.array([[a[0], a[1], a[2]], [a[1], a[3], a[4]], [a[2], a[4], a[5]]])
    if np.trace(q) < 0:
        q = -q
    values, vectors = np.linalg.eigh(q)
    root = vectors * np.sqrt(np.clip(values, 1e-3 * values.max(), None))
    head = (np.linalg.inv(root) @ shape).T  # [68][3] up to a rotation and a mirror image
    # Turn it: x across the plane of symmetry, then y and z by the population's mean view.
    across = (head - head[fd.MIRROR]).copy()
    side = np.sign(np.arange(fd.POINTS) - fd.MIRROR[np.arange(fd.POINTS)])
    x = np.linalg.svd(across)[2][0]
    if (head[45] - head[36]) @ x < 0:
        x = -x
    rotations = motion @ root
    r1, r2 = (r / np.linalg.norm(r, axis=1, keepdims=True) for r in (rotations[0::2], rotations[1::2]))
    y = r2.mean(0) - (r2.mean(0) @ x) * x
    y /= np.linalg.norm(y)
    head = head @ np.stack([x, y, np.cross(x, y)], 1)
    if head[30, 2] > head[[0, 16], 2].mean():  # the tip of the nose is nearer than the ears
        head[:, 2] = -head[:, 2]
    head = (head + head[fd.MIRROR] * [-1, 1, 1]) / 2
    head -= head.mean(0)
    return head / np.linalg.norm(head[42:48].mean(0) - head[36:42].mean(0))


def pose(head: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """points [n][68][2] -> rotations [n][2][3], scales [n], degrees [n][3] yaw, pitch, roll."""
    d = points - points.mean(1, keepdims=True)
    a = d.transpose(0, 2, 1) @ head @ np.linalg.inv(head.T @ head)
    m = a @ a.transpose(0, 2, 1)
    det = np.sqrt(np.clip(m[:, 0, 0] * m[:, 1, 1] - m[:, 0, 1] ** 2, 1e-12, None))
    root = (m + det[:, None, None] * np.eye(2)) / np.sqrt(m[:, 0, 0] + m[:, 1, 1] + 2 * det)[:, None, None]
    r = np.linalg.inv(root) @ a
    third = np.cross(r[:, 0], r[:, 1])
    angles = np.stack([np.arctan2(-r[:, 0, 2], third[:, 2]), np.arcsin(np.clip(r[:, 1, 2], -1, 1)),
                       np.arctan2(r[:, 1, 0], r[:, 1, 1])], 1)
    return r, (root[:, 0, 0] + root[:, 1, 1]) / 2, np.degrees(angles)


def measures(head: np.ndarray, points: np.ndarray) -> np.ndarray:
    """[n][68][2] -> [n][7] in eyes, after the pose was undone; NaN where turned too far."""
    r, scale, _ = pose(head, points)
    p = (points - points.mean(1, keepdims=True)) / scale[:, None, None]
    p = p - head[None, :, 2:] * r[:, None, :, 2]
    f = np.einsum("nij,nkj->nki", np.linalg.inv(r[:, :, :2]), p)
    dist = lambda a, b: np.linalg.norm(f[:, a] - f[:, b], axis=1)
    y = f[..., 1]
    eye = lambda k: (dist(k + 1, k + 5) + dist(k + 2, k + 4)) / (2 * np.maximum(dist(k, k + 3), 1e-3))
    eyes = (y[:, 36:42].mean(1) + y[:, 42:48].mean(1)) / 2
    inner = eyes - y[:, 20:24].mean(1)
    brows = eyes - (y[:, 17:22].mean(1) + y[:, 22:27].mean(1)) / 2
    lift = (y[:, 51] + y[:, 57]) / 2 - (y[:, 48] + y[:, 54]) / 2
    out = np.stack([-(inner + .5 * dist(21, 22)), brows, lift + .5 * dist(48, 54),
                    np.abs(y[:, 48] - y[:, 54]), -(dist(51, 62) + dist(66, 57)),
                    (dist(61, 67) + dist(62, 66) + dist(63, 65)) / 3, -(eye(36) + eye(42)) / 2], 1)
    out[np.linalg.det(r[:, :, :2]) <= .5] = np.nan
    return out


def population(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median and robust deviation (1.4826 times the median absolute deviation) of each measure."""
    values = values[np.isfinite(values).all(1)]
    median = np.median(values, 0)
    return median, 1.4826 * np.median(np.abs(values - median), 0)
