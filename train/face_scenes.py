"""Training scenes for the face detector, made on the fly: there is no box-annotated set.

A scene is a square grey picture with boxes. Its ground is a texture (noise at several scales,
gradients, stripes, letter-like strokes) or a piece of a landmarks68 frame without its face; on it
lie whole landmarks68 frames at any scale, FER+ crops, and things that are not faces, cut out by the
same masks, so that an edge of a patch says nothing. Boxes follow the rule of face_data.box_of_points
through every scaling and turn. A face that is mostly covered or cut off is neither found nor missed:
its box goes to `ignore`.
"""
from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageFilter

import face_data as fd


class Scenes:
    def __init__(self, frames: list[np.ndarray], points: np.ndarray, crops: np.ndarray,
                 crop_points: np.ndarray, others: list[np.ndarray], seed: int) -> None:
        """frames, points: landmarks68/train. crops, crop_points: FER+ train with points placed by
        the landmark network. others: for each frame, boxes of further faces that nobody marked."""
        self.rng = np.random.default_rng(seed)
        self.frames = [Image.fromarray(f) for f in frames]
        self.points, self.others = points, others
        self.crops = [Image.fromarray(c) for c in crops]
        self.crop_points = crop_points
        self.hard: list[Image.Image] = []  # what the detector took for faces and was none
        self.noise = (self.rng.standard_normal((512, 512)) * 1.0).astype(np.float32)

    def add_hard(self, patch: np.ndarray) -> None:
        self.hard.append(Image.fromarray(patch))

    # ---- grounds ---------------------------------------------------------------------------

    def texture(self, side: int) -> np.ndarray:
        """[side][side] float32 0…255: octaves of smooth noise, with stripes or strokes at times."""
        rng = self.rng
        ground = np.full((side, side), rng.uniform(20, 235), np.float32)
        for _ in range(rng.integers(1, 4)):
            cells = int(2 ** rng.uniform(1, 6))
            coarse = rng.uniform(-1, 1, (cells, cells)).astype(np.float32) * rng.uniform(8, 60)
            way = Image.Resampling.BICUBIC if rng.random() < .7 else Image.Resampling.NEAREST
            ground += np.asarray(Image.fromarray(coarse).resize((side, side), way))
        kind = rng.random()
        if kind < .15:  # stripes or a chequer
            x, y = np.meshgrid(np.arange(side), np.arange(side))
            a = rng.uniform(0, math.pi)
            wave = np.sin((x * math.cos(a) + y * math.sin(a)) * rng.uniform(.05, .8))
            ground += rng.uniform(10, 60) * np.sign(wave).astype(np.float32)
        elif kind < .4:  # strokes, dots and letter-like marks
            for _ in range(rng.integers(3, 40)):
                w, h = rng.integers(1, max(2, side // 12), 2)
                x, y = rng.integers(0, side, 2)
                ground[y:y + h, x:x + w] = rng.uniform(0, 255)
        elif kind < .5:  # two spots over a bar: what a careless detector calls a face
            for _ in range(rng.integers(1, 5)):
                self.spots(ground)
        return ground

    def spots(self, ground: np.ndarray) -> None:
        rng, side = self.rng, len(ground)
        r = rng.uniform(6, side / 5)
        cx, cy = rng.uniform(0, side, 2)
        x, y = np.meshgrid(np.arange(side) - cx, np.arange(side) - cy)
        dark = rng.uniform(-120, 120)
        head = (x / r) ** 2 + (y / (1.25 * r)) ** 2 < 1
        if rng.random() < .5:
            ground[head] = rng.uniform(0, 255)
        count = rng.integers(1, 4)
        for k in range(count):
            ex, ey = (k - (count - 1) / 2) * r * rng.uniform(.5, 1), -r * rng.uniform(-.6, .6)
            ground[(x - ex) ** 2 + (y - ey) ** 2 < (r * .2) ** 2] += dark

    def piece_without_face(self) -> Image.Image:
        """A part of a frame that does not meet its face, or a mined false face, or texture."""
        rng = self.rng
        if self.hard and rng.random() < .35:
            return self.hard[rng.integers(len(self.hard))]
        for _ in range(4):
            k = rng.integers(len(self.frames))
            frame = self.frames[k]
            boxes = np.concatenate([fd.box_of_points(self.points[k])[None], self.others[k]])
            w = rng.uniform(.15, .9) * frame.width
            h = w * rng.uniform(.7, 1.4)
            if h > frame.height:
                continue
            x, y = rng.uniform(0, frame.width - w), rng.uniform(0, frame.height - h)
            gap = np.maximum(boxes[:, :2] - [x + w, y + h], [x, y] - boxes[:, 2:]).max(1)
            if (gap > -.12 * (boxes[:, 2] - boxes[:, 0])).all():
                return frame.crop((int(x), int(y), int(x + w), int(y + h)))
        return Image.fromarray(self.texture(64).clip(0, 255).astype(np.uint8))

    # ---- pasting ---------------------------------------------------------------------------

    def turned(self, picture: Image.Image, points: np.ndarray, scale: float, angle: float,
               mirror: bool) -> tuple[Image.Image, np.ndarray, np.ndarray]:
        """Scales, mirrors, turns by `angle` radians. -> picture, its mask, points in it."""
        if mirror:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            points = np.stack([picture.width - points[:, 0], points[:, 1]], 1)
        w, h = max(2, round(picture.width * scale)), max(2, round(picture.height * scale))
        points = points * [w / picture.width, h / picture.height]
        way = Image.Resampling.BOX if scale < .5 and self.rng.random() < .5 else Image.Resampling.BILINEAR
        picture = picture.resize((w, h), way)
        mask = Image.new("L", (w, h), 255)
        if angle:
            turn = math.degrees(-angle)
            picture, mask = (p.rotate(turn, Image.Resampling.BILINEAR, expand=True) for p in (picture, mask))
            c, s = math.cos(angle), math.sin(angle)
            d = points - [w / 2, h / 2]
            points = np.stack([c * d[:, 0] - s * d[:, 1], s * d[:, 0] + c * d[:, 1]], 1) + [
                picture.width / 2, picture.height / 2]
        return picture, np.asarray(mask, np.float32) / 255, points

    def soft(self, mask: np.ndarray) -> np.ndarray:
        """A rectangle, a rectangle with soft edges, or an ellipse, all within `mask`."""
        kind = self.rng.random()
        if kind < .4:
            return mask
        h, w = mask.shape
        x = np.abs(np.linspace(-1, 1, w, dtype=np.float32))[None]
        y = np.abs(np.linspace(-1, 1, h, dtype=np.float32))[:, None]
        inner = self.rng.uniform(.75, .95)
        edge = np.hypot(x, y) if kind > .75 else np.maximum(x, y)
        return mask * np.clip((1.02 - edge) / (1.02 - inner), 0, 1)

    def paste(self, ground: np.ndarray, faces: list, picture: Image.Image, mask: np.ndarray,
              x: int, y: int) -> None:
        """Lays the picture with its corner at x, y; faces beneath lose what it covers."""
        side = len(ground)
        x0, y0 = max(0, x), max(0, y)
        x1, y1 = min(side, x + picture.width), min(side, y + picture.height)
        if x1 <= x0 or y1 <= y0:
            return
        part = mask[y0 - y:y1 - y, x0 - x:x1 - x]
        patch = np.asarray(picture, np.float32)[y0 - y:y1 - y, x0 - x:x1 - x]
        ground[y0:y1, x0:x1] += (patch - ground[y0:y1, x0:x1]) * part
        for face in faces:
            box = face[0]
            w = min(x1, box[2]) - max(x0, box[0])
            h = min(y1, box[3]) - max(y0, box[1])
            if w > 0 and h > 0:
                face[1] -= w * h / ((box[2] - box[0]) * (box[3] - box[1]))

    def relit(self, picture: Image.Image) -> Image.Image:
        rng = self.rng
        table = ((np.arange(256) / 255) ** math.exp(rng.uniform(-.4, .4)) * 255 - 128) * math.exp(
            rng.uniform(-.5, .2)) + 128 + rng.uniform(-30, 30)
        return picture.point(table.clip(0, 255).astype(int).tolist())

    def covered(self, picture: Image.Image, box: np.ndarray) -> Image.Image:
        """A mask, glasses, a bar, a hand: a band over the eyes or below them, or a side, in one grey or
        in pieces of something else. The face is still one."""
        rng = self.rng
        x0, y0, x1, y1 = box
        w, h = x1 - x0, y1 - y0
        kind = rng.random()
        if kind < .4:    # the eyes
            part = (x0 - .1 * w, y0 + rng.uniform(.12, .25) * h, x1 + .1 * w, y0 + rng.uniform(.4, .5) * h)
        elif kind < .75:  # the mouth, with or without the nose
            part = (x0 - .05 * w, y0 + rng.uniform(.5, .75) * h, x1 + .05 * w, y1 + .1 * h)
        else:             # a side
            part = (x0 - .1 * w, y0 - .1 * h, x0 + rng.uniform(.2, .45) * w, y1 + .1 * h)
            if rng.random() < .5:
                part = (x0 + x1 - part[2], part[1], x0 + x1 - part[0], part[3])
        left, top, right, bottom = (int(round(v)) for v in part)
        size = (max(1, right - left), max(1, bottom - top))
        picture = picture.copy()
        if rng.random() < .6:
            picture.paste(int(rng.uniform(0, 255)), (left, top, left + size[0], top + size[1]))
        else:
            picture.paste(self.piece_without_face().resize(size), (left, top))
        return picture

    def disturbed(self, ground: np.ndarray) -> np.ndarray:
        """What poor light and poor cameras do: darkness, glare, noise."""
        rng = self.rng
        kind = rng.random()
        if kind < .3:
            power = math.exp(rng.uniform(.2, 1.3)) if kind < .24 else math.exp(-rng.uniform(.2, 1))
            ground = (ground.clip(0, 255) / 255) ** power * 255
        if rng.random() < .4:
            ground = ground + rng.standard_normal(ground.shape, dtype=np.float32) * rng.uniform(3, 25)
        return np.rint(ground.clip(0, 255)).astype(np.float32)

    def put_face(self, ground: np.ndarray, faces: list, size: float) -> None:
        """A frame of landmarks68 or a crop of FER+, scaled to a face of `size` pixels (root of the
        box's area), anywhere that shows most of the face."""
        rng, side = self.rng, len(ground)
        use_crop = rng.random() < (.45 if size < 90 else .2)
        source = self.crops if use_crop else self.frames
        k = int(rng.integers(len(source)))
        points = self.crop_points[k] if use_crop else self.points[k]
        own = fd.box_of_points(points)
        scale = size / math.sqrt(max(1.0, (own[2] - own[0]) * (own[3] - own[1])))
        angle = float(rng.normal(0, .12) if rng.random() < .6 else rng.uniform(-.85, .85)) if rng.random() < .6 else 0.0
        mirror = rng.random() < .5
        picture, mask, points = self.turned(source[k], points, scale, angle, mirror)
        picture = self.relit(picture)
        box = fd.box_of_points(points)
        if rng.random() < .2:
            picture = self.covered(picture, box)
        centre = (box[:2] + box[2:]) / 2
        place = rng.uniform(.02, .98, 2) * side if rng.random() < .2 else (
            rng.uniform(size * .5, max(size * .5 + 1, side - size * .5), 2))
        x, y = (place - centre).round().astype(int)
        self.paste(ground, faces, picture, self.soft(mask) if use_crop else mask, x, y)
        box = box + [x, y, x, y]
        seen = np.prod(np.clip(np.minimum(box[2:], side) - np.maximum(box[:2], 0), 0, None)) / np.prod(box[2:] - box[:2])
        faces.append([box, seen])
        if not use_crop and len(self.others[k]):  # further faces of that frame: not judged
            for other in self.others[k]:
                corners = np.array([[other[i], other[j]] for i, j in ((0, 1), (2, 1), (0, 3), (2, 3))])
                _, _, at = self.turned(self.frames[k], corners, scale, angle, mirror)
                faces.append([np.concatenate([at.min(0), at.max(0)]) + [x, y, x, y], 0.5])

    def decoy(self, ground: np.ndarray, faces: list) -> None:
        rng, side = self.rng, len(ground)
        piece = self.relit(self.piece_without_face())
        scale = math.exp(rng.uniform(math.log(10), math.log(side * .7))) / max(piece.size)
        angle = rng.uniform(-.5, .5) if rng.random() < .4 else 0.0
        piece, mask, _ = self.turned(piece, np.zeros((1, 2)), scale, angle, rng.random() < .5)
        x, y = rng.integers(-piece.width // 2, side - piece.width // 2), rng.integers(
            -piece.height // 2, side - piece.height // 2)
        self.paste(ground, faces, piece, self.soft(mask), int(x), int(y))

    # ---- a scene ---------------------------------------------------------------------------

    def scene(self, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """-> picture [side][side] float32 0…255, boxes [n][4], boxes to ignore [m][4]."""
        rng = self.rng
        ground = self.texture(side)
        faces: list = []
        if rng.random() < .6:
            piece = self.relit(self.piece_without_face())
            ground[:] = np.asarray(piece.resize((side, side), Image.Resampling.BILINEAR), np.float32)
        for _ in range(rng.integers(0, 4)):
            self.decoy(ground, faces)
        count = int(rng.choice([0, 1, 2, 3, 4, 6], p=[.12, .3, .22, .16, .12, .08]))
        largest = side * .95 / math.sqrt(max(1, count))
        sizes = np.sort(np.exp(rng.uniform(math.log(10), math.log(largest), count)))[::-1]
        for size in sizes:
            self.put_face(ground, faces, float(size))
        if rng.random() < .3:
            self.decoy(ground, faces)
        if rng.random() < .25:
            r = rng.uniform(.4, 1.6)
            ground = np.asarray(Image.fromarray(ground.clip(0, 255).astype(np.uint8)).filter(
                ImageFilter.GaussianBlur(r)), np.float32)
        a, b = rng.integers(0, 512 - min(side, 448), 2) if side <= 448 else (0, 0)
        ground = ground + self.noise[a:a + side, b:b + side] * rng.uniform(0, 7)
        ground = (ground - 128) * math.exp(rng.uniform(-.5, .15)) + 128 + rng.uniform(-25, 25)
        keep = np.array([f[0] for f in faces if f[1] >= .7], np.float32).reshape(-1, 4)
        skip = np.array([f[0] for f in faces if .25 <= f[1] < .7], np.float32).reshape(-1, 4)
        return self.disturbed(ground), keep, skip
