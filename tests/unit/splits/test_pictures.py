"""Pictures are opened in RGB and whole, from any thread, and a damaged one is named."""

import hashlib
import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from splits import pictures
from splits.content import DataError
from splits.digest import sha256_of_file
from splits.pictures import MOST_PIXELS, array_pictures, file_pictures, open_picture


def photo(seed=0, size=(40, 30)):
    """Noise, which packs badly, so that a file cut in half has lost pixels."""
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(noise)


def saved(path, image=None, **options):
    (image or photo()).save(path, **options)
    return path


def told(path):
    with pytest.raises(DataError) as caught:
        open_picture(path)
    return str(caught.value).replace(str(path.parent), "FOLDER")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "gif", "tiff", "ppm"])
def test_every_usual_format_is_read_by_its_content_and_not_by_its_name(suffix, tmp_path):
    path = saved(tmp_path / f"a.{suffix}")
    path = path.rename(tmp_path / "named.jpg")
    picture = open_picture(path)
    assert (picture.mode, picture.size) == ("RGB", (40, 30))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "CMYK", "LA"])
def test_every_mode_becomes_rgb(mode, tmp_path):
    path = saved(tmp_path / ("a.jpg" if mode == "CMYK" else "a.png"), photo().convert(mode))
    assert open_picture(path).mode == "RGB"


def test_a_note_that_the_camera_was_turned_is_not_followed(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "turned.jpg", exif=exif)
    assert open_picture(path).size == (40, 30)


def test_the_first_picture_of_a_moving_one_is_taken(tmp_path):
    path = saved(tmp_path / "moving.gif", photo(1), save_all=True, append_images=[photo(2)])
    with Image.open(path) as moving:
        first = np.asarray(moving.convert("RGB"))
    assert (np.asarray(open_picture(path)) == first).all()


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "webp"])
def test_a_file_cut_off_is_refused_by_name(suffix, tmp_path):
    path = saved(tmp_path / f"cut.{suffix}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    message = told(path)
    assert f"FOLDER/cut.{suffix}" in message
    assert message.endswith("Obtain it again.")


def test_a_file_that_is_no_picture_is_refused_with_its_size(tmp_path):
    (tmp_path / "page.jpg").write_text("<html>404</html>")
    assert told(tmp_path / "page.jpg") == (
        "FOLDER/page.jpg (16 bytes) is no picture in a format that is read (JPEG, PNG, WEBP, BMP, GIF, TIFF, PPM)."
        " Obtain it again."
    )
    (tmp_path / "empty.jpg").touch()
    assert told(tmp_path / "empty.jpg").startswith("FOLDER/empty.jpg (0 bytes) is no picture")


def test_a_format_whose_decoding_would_start_a_program_is_no_picture(tmp_path):
    (tmp_path / "a.jpg").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    assert "is no picture in a format that is read" in told(tmp_path / "a.jpg")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert told(tmp_path / "none.jpg") == "The picture FOLDER/none.jpg is missing. Obtain it again."
    (tmp_path / "folder.jpg").mkdir()
    assert told(tmp_path / "folder.jpg").startswith("The picture FOLDER/folder.jpg cannot be decoded: ")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_any_damage_gives_the_one_error_or_a_picture(tmp_path):
    draw = random.Random(5)  # noqa: S311 - damage is no secret
    for suffix in ("jpg", "png", "gif", "tiff", "webp", "bmp"):
        whole = saved(tmp_path / f"a.{suffix}").read_bytes()
        for number in range(40):
            damaged = bytearray(whole)
            for _ in range(draw.randint(1, 12)):
                damaged[draw.randrange(len(damaged))] = draw.randrange(256)
            path = tmp_path / f"{number}.{suffix}"
            path.write_bytes(damaged)
            try:
                assert open_picture(path).mode == "RGB"
            except DataError as error:
                assert str(path) in str(error)  # noqa: PT017 - some damage leaves a picture


def bomb(width, height):
    """A small PNG that claims to be large."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("size", "found"),
    [((9000, 9000), "9,000 x 9,000"), ((9500, 9500), "too many"), ((60000, 60000), "too many")],
)
def test_a_small_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(size, found, tmp_path):
    (tmp_path / "bomb.png").write_bytes(bomb(*size))
    assert told(tmp_path / "bomb.png") == (
        f"The picture FOLDER/bomb.png has {found} pixels, expected at most {MOST_PIXELS:,} in all. Obtain it again."
    )


def test_pictures_are_opened_from_many_threads(tmp_path):
    files = [saved(tmp_path / f"{n}.png", photo(n)) for n in range(20)]
    opened = file_pictures(files)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: np.asarray(opened.open(n)), [n for n in range(20) for _ in range(5)]))
    for position, pixels in enumerate(found):
        assert (pixels == np.asarray(photo(position // 5))).all()


def test_the_digest_is_of_the_digests_of_the_files_in_order(tmp_path):
    files = [tmp_path / name for name in ("b", "a")]
    for file in files:
        file.write_bytes(file.name.encode() * 1000)
    each = "".join(f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files)
    assert file_pictures(files).digest(sha256_of_file) == f"sha256:{hashlib.sha256(each.encode()).hexdigest()}"
    assert file_pictures(files[::-1]).digest(sha256_of_file) != file_pictures(files).digest(sha256_of_file)


def test_the_digest_names_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match=r"^The picture .*none cannot be read: No such file"):
        file_pictures([tmp_path / "none"]).digest(sha256_of_file)


def test_an_array_is_rendered_once_and_when_it_is_needed(tmp_path):
    times = []

    def render():
        times.append(1)
        return np.stack([np.asarray(photo(n)) for n in range(3)])

    opened = array_pictures(render)
    assert times == []
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda n: np.asarray(opened.open(n)), range(3)))
    assert all((pixels == np.asarray(photo(n))).all() for n, pixels in enumerate(found))
    assert opened.digest(sha256_of_file) == f"sha256:{hashlib.sha256(render().tobytes()).hexdigest()}"
    assert len(times) == 2


def test_the_limit_is_below_the_one_at_which_the_library_warns():
    assert Image.MAX_IMAGE_PIXELS is not None
    assert pictures.MOST_PIXELS < Image.MAX_IMAGE_PIXELS
