"""The one reader of a user's arrays: .npy, .npz and IDX files. Nothing is unpickled."""

import gzip
import math
import os
import struct
import zipfile
import zlib

import numpy as np

from common.errors import UserError, one_line

MOST = 4 * 2**30  # bytes of an array
REMEDY = "save it anew with numpy.save or numpy.savez_compressed, as an array of numbers"
FORMAT = np.lib.format
IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read(path, remedy=REMEDY, names=None):
    """Read an .npy or an .npz file, whichever it is by its first bytes.

    Args:
        path: the file.
        remedy: what to do with a damaged one, the end of the error's line.
        names: those arrays of an .npz alone, where it has them; None: all.

    Returns:
        dict from an array's name in an .npz to the array; of an .npy one array, its name "".

    Raises:
        UserError: the file cannot be read, or holds objects or more than MOST bytes.
    """
    arrays, where = {}, str(path)
    # zipfile and numpy answer to damage with a dozen kinds of exception, from struct.error to
    # MemoryError. The block holds their calls only, so that none of our own mistakes hides in it.
    try:
        with open(path, "rb") as file:
            if file.read(6) == FORMAT.MAGIC_PREFIX:
                return {"": read_array(file, os.fstat(file.fileno()).st_size, where)}
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                if name == member.filename or (names is not None and name not in names):
                    continue
                where = f"{name} in {path}"
                with archive.open(member) as stream:
                    arrays[name] = read_array(stream, member.file_size, where)
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{where} cannot be read: {one_line(error)}; {remedy}") from error
    return arrays


def read_array(file, length, where):
    """Read an .npy file of so many bytes. Its header is believed only as far as there are bytes."""
    file.seek(0)
    version = FORMAT.read_magic(file)
    try:
        read_header = FORMAT.read_array_header_1_0 if version == (1, 0) else None
        shape, fortran, dtype = (read_header or FORMAT.read_array_header_2_0)(file)
    except ValueError as error:  # numpy's own words advise to trust the file
        raise ValueError("its header is torn or none of an array's") from error
    if dtype.hasobject:
        raise UserError(f"{where} holds Python objects, which are never loaded; {REMEDY}")
    size = math.prod(shape) * dtype.itemsize
    if size > MOST:
        raise UserError(f"{where} announces {size:,} bytes; give at most {MOST:,}")
    missing = size - (length - file.tell())
    if missing > 0:
        raise ValueError(f"it is truncated: {missing:,} bytes are missing")
    values = np.frombuffer(bytearray(file.read(size)), dtype)
    if file.read(1):
        raise ValueError("it goes on after the end of its array")
    return values.reshape(shape, order="F" if fortran else "C")


def read_idx(path):
    """Read an IDX file, plain or .gz: a magic number, the lengths of the dimensions (all
    big-endian), the values.

    The header is believed only after the file turned out to be as long as it says, so that a wrong
    one cannot ask for more memory than there is data.

    Raises:
        UserError: the file cannot be read or is not such a file.
    """
    remedy = "download or save it anew"
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else open(path, "rb") as file:
            length = file.seek(0, os.SEEK_END)  # unpacks a .gz to the end, keeping nothing
            file.seek(0)
            magic = file.read(4)
            number = int.from_bytes(magic, "big")
            if len(magic) < 4 or number >> 8 not in IDX_TYPES or not 1 <= magic[3] <= 4:
                told = f"begins with the magic number {number}" if magic else "is empty"
                raise UserError(f"{path} {told}: it is no IDX file; {remedy}")
            lengths = file.read(4 * magic[3])
            if len(lengths) < 4 * magic[3]:
                raise UserError(f"{path} is truncated: it ends in its header; {remedy}")
            shape, dtype = struct.unpack(f">{magic[3]}I", lengths), np.dtype(IDX_TYPES[magic[2]])
            missing = file.tell() + math.prod(shape) * dtype.itemsize - length
            if missing > 0:
                raise UserError(f"{path} is truncated: {missing} bytes are missing; {remedy}")
            if missing < 0:
                raise UserError(f"{path} has {-missing} bytes too many; {remedy}")
            if length > MOST:
                raise UserError(f"{path} holds {length:,} bytes; give at most {MOST:,}")
            values = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}; {remedy}") from error
    return np.frombuffer(values, dtype).reshape(shape)
