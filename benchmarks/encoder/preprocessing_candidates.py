"""Ways from the bytes of a JPEG to the pixels of a centre crop or a padded square: what was tried against each other.

Each is a function of the bytes and a `Preprocessing`; each library is imported when its way is taken, and most of
them are no part of Lookalike (docs/benchmarks.md says why). Sizes and windows are the ones of `models.pictures`.
"""

import io
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from models.pictures import Preprocessing, decode_pixels, to_pixels

# ruff: noqa: PLC0415 - each library is imported when its way is taken

Pixels: TypeAlias = NDArray[np.uint8]
Way: TypeAlias = Callable[[bytes, Preprocessing], Pixels]
Resizer: TypeAlias = Callable[[Pixels, tuple[int, int]], Pixels]
"""An RGB array and the wanted (width, height) to an RGB array."""


def pillow_alone(data: bytes, spec: Preprocessing) -> Pixels:
    """The reference, written as everybody writes it."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    upright = ImageOps.exif_transpose(picture).convert("RGB")
    return squared(np.asarray(upright.resize(resized_size(upright.size, spec), _filter(spec))), spec)


def pillow_reducing(data: bytes, spec: Preprocessing) -> Pixels:
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    size = resized_size(picture.size, spec)
    return squared(np.asarray(picture.resize(size, _filter(spec), reducing_gap=2.0)), spec)


def pillow_draft(data: bytes, spec: Preprocessing) -> Pixels:
    """Scaled decoding down to anything that is not smaller than the target."""
    picture = Image.open(io.BytesIO(data))
    size = resized_size(picture.size, spec)
    picture.draft("RGB", size)
    return squared(np.asarray(picture.convert("RGB").resize(size, _filter(spec))), spec)


def exact(data: bytes, spec: Preprocessing) -> Pixels:
    return decode_pixels(data, replace(spec, pixels="exact"))


def fast(data: bytes, spec: Preprocessing) -> Pixels:
    return decode_pixels(data, replace(spec, pixels="fast"))


def simplejpeg_exact(data: bytes, spec: Preprocessing) -> Pixels:
    return to_pixels(Image.fromarray(_simplejpeg(data)), spec)


def simplejpeg_into_one_buffer(data: bytes, spec: Preprocessing) -> Pixels:
    """Four bytes a pixel into memory that is kept, which Pillow then shares instead of copying it."""
    import simplejpeg

    height, width, *_ = simplejpeg.decode_jpeg_header(data)
    buffer = _kept_buffer(width * height * 4)
    simplejpeg.decode_jpeg(data, "RGBX", buffer=buffer)
    shared = Image.frombuffer("CMYK", (width, height), buffer, "raw", "CMYK", 0, 1)  # four channels, none is alpha
    return _four_channels(shared, spec)


def simplejpeg_fast_dct(data: bytes, spec: Preprocessing) -> Pixels:
    return to_pixels(Image.fromarray(_simplejpeg(data, fastdct=True, fastupsample=True)), spec)


def one_call(data: bytes, spec: Preprocessing) -> Pixels:
    """fast_image_resize in its own order: down, then across."""
    import cykooz_resizer as library

    picture = Image.open(io.BytesIO(data)).convert("RGB")
    resized = Image.new("RGB", resized_size(picture.size, spec), None)
    kernel = library.ResizeAlg.convolution(library.FilterType.catmull_rom)
    library.Resizer().resize_pil(picture, resized, library.ResizeOptions(resize_alg=kernel, use_alpha=False))
    return squared(np.asarray(resized), spec)


def opencv_area(data: bytes, spec: Preprocessing) -> Pixels:
    import cv2

    cv2.setNumThreads(1)
    return _with(lambda pixels, size: cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), data, spec)


def opencv_cubic(data: bytes, spec: Preprocessing) -> Pixels:
    import cv2

    cv2.setNumThreads(1)
    return _with(lambda pixels, size: cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), data, spec)


def kornia(data: bytes, spec: Preprocessing) -> Pixels:
    from kornia_rs import imgproc

    return _with(lambda pixels, size: imgproc.resize(pixels, size[::-1], "bicubic", antialias=True), data, spec)


def onnx_runtime(data: bytes, spec: Preprocessing) -> Pixels:
    return _with(_onnx_resize, data, spec)


def numpy_matrices(data: bytes, spec: Preprocessing) -> Pixels:
    """Pillow's weights as two float32 matrices, 8 bits between."""

    def resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
        height, width, _ = pixels.shape
        rows = _weights(width, size[0]) @ pixels.astype(np.float32)  # [height, across, 3]
        narrow = np.clip(np.rint(rows), 0, 255).reshape(height, -1)
        whole = _weights(height, size[1]) @ narrow
        return np.clip(np.rint(whole), 0, 255).astype(np.uint8).reshape(size[1], size[0], 3)

    return _with(resize, data, spec)


def vips_thumbnail(data: bytes, spec: Preprocessing) -> Pixels:
    import pyvips

    with Image.open(io.BytesIO(data)) as header:
        width, height = resized_size(header.size, spec)
    small = pyvips.Image.thumbnail_buffer(data, width, height=height, size="force")
    return squared(np.asarray(small.numpy(), dtype=np.uint8), spec)


CANDIDATES: dict[str, Way] = {
    "Pillow alone, before (the reference)": pillow_alone,
    "**exact**: Pillow, fast_image_resize": exact,
    "**fast**: Pillow scaled by half of what is too much, fast_image_resize": fast,
    "simplejpeg, fast_image_resize": simplejpeg_exact,
    "simplejpeg into one buffer, fast_image_resize": simplejpeg_into_one_buffer,
    "simplejpeg with fast DCT and upsampling, fast_image_resize": simplejpeg_fast_dct,
    "Pillow, fast_image_resize in one call": one_call,
    "simplejpeg, NumPy matrices": numpy_matrices,
    "simplejpeg, ONNX Runtime Resize": onnx_runtime,
    "simplejpeg, kornia-rs bicubic": kornia,
    "Pillow with reducing_gap 2": pillow_reducing,
    "Pillow draft to ≥ target": pillow_draft,
    "simplejpeg, OpenCV INTER_AREA": opencv_area,
    "simplejpeg, OpenCV INTER_CUBIC (no antialias)": opencv_cubic,
    "pyvips thumbnail": vips_thumbnail,
}


def resized_size(size: tuple[int, int], spec: Preprocessing) -> tuple[int, int]:
    width, height = size
    if spec.fit == "pad":
        longest = max(size)
        return max(1, round(width / longest * spec.size)), max(1, round(height / longest * spec.size))
    return spec.size * width // min(size), spec.size * height // min(size)


def squared(resized: Pixels, spec: Preprocessing) -> Pixels:
    height, width, _ = resized.shape
    if spec.fit == "pad":
        canvas = np.full((spec.size, spec.size, 3), spec.background, dtype=np.uint8)
        left, top = (spec.size - width) // 2, (spec.size - height) // 2
        canvas[top : top + height, left : left + width] = resized
        return canvas
    left, top = round((width - spec.size) / 2), round((height - spec.size) / 2)
    return resized[top : top + spec.size, left : left + spec.size]


def _with(resize: Resizer, data: bytes, spec: Preprocessing) -> Pixels:
    pixels = _simplejpeg(data)
    return squared(resize(pixels, resized_size((pixels.shape[1], pixels.shape[0]), spec)), spec)


def _simplejpeg(data: bytes, **options: bool) -> Pixels:
    import simplejpeg

    return simplejpeg.decode_jpeg(data, **options)


def _filter(spec: Preprocessing) -> Image.Resampling:
    return Image.Resampling[spec.resample.upper()]


def _four_channels(picture: Image.Image, spec: Preprocessing) -> Pixels:
    import cykooz_resizer as library

    size = resized_size(picture.size, spec)
    kernel = library.ResizeAlg.convolution(library.FilterType.catmull_rom)
    options = library.ResizeOptions(resize_alg=kernel, use_alpha=False)
    resized = picture
    for step in ((size[0], picture.height), size):
        resized, before = Image.new("CMYK", step, None), resized
        library.Resizer().resize_pil(before, resized, options)
    return squared(np.asarray(resized)[:, :, :3], spec)


@cache
def _kept_buffers() -> dict[int, bytearray]:
    return {}


def _kept_buffer(size: int) -> bytearray:
    return _kept_buffers().setdefault(size, bytearray(size))


@cache
def _weights(source: int, target: int) -> NDArray[np.float32]:
    """Pillow's own weights [target, source]: what it makes of an identity matrix."""
    identity = Image.fromarray(np.eye(source, dtype=np.float32))
    return np.ascontiguousarray(np.asarray(identity.resize((target, source), Image.Resampling.BICUBIC)).T)


def _onnx_resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))[None]
    sizes = np.array([1, 3, size[1], size[0]], dtype=np.int64)
    (resized,) = _onnx_session().run(None, {"pixels": planes, "sizes": sizes})
    return np.ascontiguousarray(resized[0].transpose(1, 2, 0))


@cache
def _onnx_session() -> Any:
    import onnxruntime
    from onnx import TensorProto, helper

    attributes = {"mode": "cubic", "cubic_coeff_a": -0.5, "antialias": 1, "exclude_outside": 1}
    node = helper.make_node("Resize", ["pixels", "", "", "sizes"], ["resized"], **attributes)
    inputs = [
        helper.make_tensor_value_info("pixels", TensorProto.UINT8, [1, 3, "h", "w"]),
        helper.make_tensor_value_info("sizes", TensorProto.INT64, [4]),
    ]
    output = helper.make_tensor_value_info("resized", TensorProto.UINT8, [1, 3, None, None])
    graph = helper.make_graph([node], "resize", inputs, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
