"""Bytes to pixels: every odd picture that people have, and every hostile one."""

import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from models.errors import BoxError, PictureError, PictureTooLargeError, PictureUnreadableError
from models.pictures import Box, PictureLimits, Preprocessing, decode_pixels, open_picture, to_pixels
from tests.fakes.pictures import encoded, halves, picture
from tests.poison import jpegs, pngs

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
PAD = Preprocessing(size=32, fit="pad")
CROP = Preprocessing(size=32, fit="crop")


def colour_at(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    found = image.getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(found, tuple)
    return found


def is_near(found: tuple[int, ...], wanted: tuple[int, ...], tolerance: int = 12) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF"])
def test_each_allowed_format_is_read(form: str) -> None:
    opened = open_picture(picture(RED, form=form))
    assert (opened.mode, opened.size) == ("RGB", (64, 48))
    assert is_near(colour_at(opened, 0.5, 0.5), RED)


@pytest.mark.parametrize("form", ["ICO", "TGA", "PDF", "EPS"])
def test_formats_that_are_not_allowed_are_refused(form: str) -> None:
    with pytest.raises(PictureUnreadableError):
        open_picture(picture(RED, form=form))


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"hello, this is no picture", b"\xff\xd8\xff", b"GIF89a", b"RIFF....WEBP"]
)
def test_what_is_no_picture_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(PictureUnreadableError, match="picture"):
        open_picture(data)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(form: str, share: float) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    data = encoded(noise, form)
    with pytest.raises(PictureUnreadableError):
        open_picture(data[: int(len(data) * share)])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM"])
def test_damage_anywhere_is_a_picture_error_or_a_picture(form: str) -> None:
    """Whatever the decoder raises inside, the caller sees this package's errors only."""
    random = np.random.default_rng(5)
    data = encoded(Image.fromarray(random.integers(0, 255, (24, 24, 3), dtype=np.uint8)), form)
    for _ in range(60):
        damaged = bytearray(data)
        for position in random.integers(0, len(data), 6):
            damaged[position] = random.integers(0, 256)
        try:
            assert open_picture(bytes(damaged)).mode == "RGB"
        except PictureError as exc:
            assert str(exc)


def test_one_pixel_becomes_a_square_of_its_colour() -> None:
    pixels = decode_pixels(picture(BLUE, size=(1, 1)), PAD)
    assert pixels.shape == (32, 32, 3)
    assert (pixels == BLUE).all()


@pytest.mark.parametrize("size", [(1, 500), (500, 1), (3000, 2), (1, 1_000_000)])
@pytest.mark.parametrize("spec", [PAD, CROP])
def test_extreme_shapes_give_full_squares(size: tuple[int, int], spec: Preprocessing) -> None:
    assert decode_pixels(picture(RED, size=size), spec).shape == (32, 32, 3)


def test_cmyk_keeps_its_colours() -> None:
    data = encoded(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG")
    assert is_near(colour_at(open_picture(data), 0.5, 0.5), RED, 20)


def test_sixteen_bits_are_scaled_to_eight() -> None:
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(1, 256).repeat(8, axis=0)
    opened = np.asarray(open_picture(encoded(Image.fromarray(ramp), "PNG")))
    assert np.abs(opened[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_a_dark_sixteen_bit_picture_stays_dark() -> None:
    dark = np.full((8, 8), 200, dtype=np.uint16)
    assert np.asarray(open_picture(encoded(Image.fromarray(dark), "PNG"))).max() <= 1


def test_sixteen_bit_colour_is_read() -> None:
    """Pillow writes no 48-bit PNG, so it is put together here."""
    row = b"\x00" + struct.pack(">3H", 65535, 0, 0) * 4
    header = struct.pack(">2I5B", 4, 4, 16, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(row * 4)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    assert colour_at(open_picture(data), 0.5, 0.5) == RED


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "I", "F", "YCbCr", "LAB"])
def test_every_mode_comes_out_as_rgb(mode: str) -> None:
    image = (
        Image.new("RGB", (20, 20), WHITE).convert(mode)
        if mode != "LAB"
        else Image.new("LAB", (20, 20), (255, 128, 128))
    )
    opened = open_picture(encoded(image, "TIFF"))
    assert opened.mode == "RGB"
    assert is_near(colour_at(opened, 0.5, 0.5), WHITE, 3)


def test_transparency_is_laid_on_white() -> None:
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (10, 0, 20, 20))
    opened = open_picture(encoded(image, "PNG"))
    assert colour_at(opened, 0.2, 0.5) == WHITE
    assert colour_at(opened, 0.8, 0.5) == BLUE


def test_a_palette_with_transparency_is_laid_on_white() -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (10, 0, 20, 20))
    opened = open_picture(encoded(image, "PNG", transparency=0))
    assert colour_at(opened, 0.2, 0.5) == WHITE
    assert colour_at(opened, 0.8, 0.5) == BLUE


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_gives_its_first_frame(form: str) -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in (RED, GREEN, BLUE)]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:])
    assert is_near(colour_at(open_picture(data), 0.5, 0.5), RED)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "left_half_is_at"), [(1, (0.2, 0.5)), (3, (0.8, 0.5)), (6, (0.5, 0.2)), (8, (0.5, 0.8))]
)
def test_the_exif_orientation_is_honoured(form: str, orientation: int, left_half_is_at: tuple[float, float]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.open(io.BytesIO(halves(RED, BLUE)))
    opened = open_picture(encoded(stored, form, exif=exif))
    assert is_near(colour_at(opened, *left_half_is_at), RED, 30)


def test_a_bomb_is_refused_from_its_header() -> None:
    """The header announces 10 gigapixels; there is nothing behind it, so decoding would fail differently."""
    header = struct.pack(">2I5B", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    idat = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(PictureTooLargeError, match="pixels"):
        open_picture(b"\x89PNG\r\n\x1a\n" + chunk + idat)


def test_too_many_pixels_are_refused_and_the_limit_is_named() -> None:
    with pytest.raises(PictureTooLargeError, match="at most 1,000 pixels"):
        open_picture(picture(RED, size=(100, 100)), PictureLimits(max_pixels=1000))


def test_too_many_bytes_are_refused_before_anything_is_read() -> None:
    with pytest.raises(PictureTooLargeError, match="100 bytes; at most 99"):
        open_picture(b"x" * 100, PictureLimits(max_bytes=99))


def test_a_jpeg_of_60_megapixels_is_scaled_while_it_is_decoded() -> None:
    data = halves(RED, BLUE, size=(10_000, 6_000), form="JPEG")
    opened = open_picture(data)
    assert opened.size == (2500, 1500)
    assert is_near(colour_at(opened, 0.2, 0.5), RED)
    assert is_near(colour_at(opened, 0.8, 0.5), BLUE)


def test_a_png_of_60_megapixels_is_refused() -> None:
    data = encoded(Image.new("1", (10_000, 6_000)), "PNG")
    with pytest.raises(PictureTooLargeError, match="send a smaller copy"):
        open_picture(data)


def test_a_jpeg_within_the_limit_is_decoded_whole() -> None:
    assert open_picture(picture(RED, size=(1024, 768), form="JPEG")).size == (1024, 768)


def test_padding_keeps_the_whole_picture_on_the_background() -> None:
    pixels = to_pixels(Image.new("RGB", (40, 20), RED), PAD)
    assert (pixels[:7] == WHITE).all()
    assert (pixels[25:] == WHITE).all()
    assert (pixels[9:23] == RED).all()


def test_cropping_keeps_the_centre() -> None:
    wide = Image.open(io.BytesIO(halves(RED, BLUE, size=(300, 100)))).convert("RGB")
    pixels = to_pixels(wide, CROP)
    assert (pixels[:, :12] == RED).all()
    assert (pixels[:, 20:] == BLUE).all()


def test_of_a_very_long_picture_the_centre_is_cropped() -> None:
    long = Image.new("RGB", (10_000, 10), RED)
    long.paste(BLUE, (4_990, 0, 5_010, 10))
    assert (to_pixels(long, CROP)[:, 8:24] == BLUE).all()


def test_the_same_bytes_give_the_same_pixels() -> None:
    data = halves(RED, BLUE, size=(333, 222), form="JPEG")
    assert (decode_pixels(data, CROP) == decode_pixels(data, CROP)).all()


def test_a_box_selects_a_region_of_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # stored left half = upper half once upright
    data = encoded(Image.open(io.BytesIO(halves(RED, BLUE))), "PNG", exif=exif)
    assert (decode_pixels(data, CROP, Box(0, 0, 1, 0.5)) == RED).all()
    assert (decode_pixels(data, CROP, Box(0, 0.5, 1, 0.5)) == BLUE).all()


@pytest.mark.parametrize(
    "box",
    [
        Box(-0.1, 0, 1, 1),
        Box(0, -0.1, 1, 1),
        Box(0, 0, 0, 1),
        Box(0, 0, 1, 0),
        Box(1, 0, 0.5, 1),
        Box(0.5, 0.5, -0.2, 0.2),
        Box(0, 0, 0.001, 0.001),
        Box(2, 2, 1, 1),
        Box(float("nan"), 0, 1, 1),
        Box(0, 0, float("inf"), float("nan")),
    ],
)
def test_a_box_that_selects_nothing_is_refused(box: Box) -> None:
    with pytest.raises(BoxError, match=r"\[x, y, width, height\]"):
        to_pixels(Image.new("RGB", (64, 48)), CROP, box)


def test_a_box_may_touch_the_far_edges_but_for_rounding_not_pass_them() -> None:
    white = Image.new("RGB", (64, 48), "white")
    assert to_pixels(white, CROP, Box(0.334, 0.5, 0.667, 0.5)).min() == 255
    with pytest.raises(BoxError):
        to_pixels(white, CROP, Box(0.5, 0.5, 0.9, 0.5))


def test_deep_grey_is_the_same_in_bands() -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (600, 8), dtype=np.uint16)
    file = io.BytesIO()
    Image.fromarray(deep).save(file, "PNG")
    grey = np.asarray(open_picture(file.getvalue()))[:, :, 0]
    np.testing.assert_array_equal(grey, (deep * (255 / 65535)).astype(np.uint8))


def test_no_bytes_are_said_to_be_none() -> None:
    with pytest.raises(PictureUnreadableError, match="empty"):
        open_picture(b"")


def jpeg(size: tuple[int, int], orientation: int = 1) -> bytes:
    """Smooth noise, which a scaled decoding keeps."""
    noise = np.random.default_rng(0).integers(0, 256, (size[1] // 40, size[0] // 40, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC), "JPEG", quality=95, exif=exif)


@pytest.mark.parametrize(
    ("spec", "size", "opened"),
    [
        (replace(PAD, pixels="fast"), (1000, 600), (125, 75)),  # 31 times larger: by 8 at most
        (replace(PAD, size=100, pixels="fast"), (1000, 600), (250, 150)),  # 10 times: by 4, and 2.5 are left
        (replace(PAD, size=100, pixels="fast"), (399, 200), (399, 200)),  # by 2 would leave too little
        (replace(CROP, size=100, pixels="fast"), (1000, 400), (500, 200)),  # the shorter side counts
        (replace(CROP, size=100, fit="squash", pixels="fast"), (1000, 399), (1000, 399)),
        (replace(PAD, size=100), (1000, 600), (1000, 600)),  # exact
    ],
)
def test_fast_pixels_leave_the_filter_a_half_to_do(
    spec: Preprocessing, size: tuple[int, int], opened: tuple[int, int]
) -> None:
    assert open_picture(jpeg(size), spec=spec).size == opened


@pytest.mark.parametrize("box", [None, Box(0.25, 0.25, 0.5, 0.5), Box(0, 0, 0.4, 1)])
@pytest.mark.parametrize("fit", ["pad", "crop", "squash"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_fast_pixels_are_near_the_exact_ones(box: Box | None, fit: str, orientation: int) -> None:
    data = jpeg((1600, 1200), orientation)
    exact = Preprocessing(size=96, fit=fit)  # type: ignore[arg-type]
    fast = replace(exact, pixels="fast")
    distance = np.abs(decode_pixels(data, exact, box).astype(int) - decode_pixels(data, fast, box))
    assert 0 < distance.mean() < 1.5


def test_of_a_small_box_nothing_is_scaled_away() -> None:
    fast = Preprocessing(size=96, pixels="fast")
    data, box = jpeg((1600, 1200)), Box(0.5, 0.5, 0.1, 0.1)
    assert (decode_pixels(data, fast, box) == decode_pixels(data, replace(fast, pixels="exact"), box)).all()


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_only_jpegs_are_scaled_while_they_are_decoded(form: str) -> None:
    fast = replace(CROP, pixels="fast")
    assert open_picture(picture(RED, size=(640, 480), form=form), spec=fast).size == (640, 480)


@pytest.mark.parametrize("box", [Box(float("nan"), 0, 1, 1), Box(0, 0, float("inf"), 1), Box(0, 0, -1, 1)])
def test_a_wrong_box_is_a_wrong_box_on_the_fast_path_too(box: Box) -> None:
    with pytest.raises(BoxError):
        decode_pixels(jpeg((640, 480)), replace(CROP, pixels="fast"), box)


@pytest.mark.parametrize("size", [(3000, 2), (2, 3000), (400, 1)])
def test_a_line_is_scaled_no_thinner_than_a_line(size: tuple[int, int]) -> None:
    for fit in ("pad", "crop", "squash"):
        spec = Preprocessing(size=32, fit=fit, pixels="fast")  # type: ignore[arg-type]
        assert decode_pixels(picture(RED, size=size, form="JPEG"), spec).shape == (32, 32, 3)


def test_a_line_does_not_vanish_on_its_canvas() -> None:
    assert (to_pixels(Image.new("RGB", (1, 500), RED), PAD)[:, 15:17] == RED).all(axis=-1).any()


def test_opening_an_upright_rgb_picture_makes_no_copy_that_loses_its_pixels() -> None:
    """What is opened outlives its bytes and can be resized, cropped and saved."""
    opened = open_picture(jpeg((400, 300)))
    assert encoded(opened.crop((0, 0, 10, 10)), "PNG")
    assert opened.copy().tobytes() == opened.tobytes()


@pytest.mark.parametrize("name", ["jpeg with an exif of noise", "png with an animation of no frames"])
def test_what_pillow_thinks_of_odd_files_is_no_warning_of_ours(name: str) -> None:
    """Warnings would reach the terminal once for each odd file; here they would be errors."""
    (data,) = [case.data for case in (*jpegs.cases(), *pngs.cases()) if case.name == name]
    assert open_picture(data).mode == "RGB"
