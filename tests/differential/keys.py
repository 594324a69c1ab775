# SPDX-License-Identifier: Apache-2.0
"""Keys and signatures of swupdate-bundle(5), with python3-cryptography."""
import functools
import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import (Encoding, PublicFormat,
                                                          load_der_public_key)

from messages import require

RSA, ED25519, P256 = 1, 2, 3

# ---- Ed25519's curve: whether a key is of small order (RFC 8032, 5.1) -----------------------------

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P


def decode_point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign):
        return None
    return (x if x & 1 == sign else P - x, y)


def double(point):
    x, y = point
    product = D * x * x * y * y % P
    return (2 * x * y * pow(1 + product, P - 2, P) % P,
            (y * y + x * x) * pow(1 - product, P - 2, P) % P)


def is_small_order(point):
    for _ in range(3):
        point = double(point)
    return point == (0, 1)


# ---- keys -----------------------------------------------------------------------------------------

def key_id(kind, scheme, keyval):
    return hashlib.sha256(bytes([kind, scheme]) + keyval).digest()


def load_rsa(keyval):
    try:
        key = load_der_public_key(keyval)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    require(isinstance(key, rsa.RSAPublicKey), "not RSA")
    require(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == keyval,
            "not canonical DER")
    numbers = key.public_numbers()
    require(2048 <= key.key_size <= 8192 and numbers.n & 1, "RSA modulus")
    require(65537 <= numbers.e < 1 << 64 and numbers.e & 1, "RSA exponent")
    return key, ("RSA", numbers.n)


@functools.lru_cache(maxsize=4096)
def load(kind, keyval):
    """The key, and what makes it the same as another."""
    if kind == RSA:
        return load_rsa(keyval)
    if kind == P256:
        require(len(keyval) == 65 and keyval[0] == 4, "not an uncompressed point")
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keyval), keyval
        except ValueError:
            require(False, "not on the curve")
    require(kind == ED25519 and len(keyval) == 32, "not an Ed25519 key")
    point = decode_point(keyval)
    require(point and not is_small_order(point), "not a point, or of small order")
    return ed25519.Ed25519PublicKey.from_public_bytes(keyval), keyval


@functools.lru_cache(maxsize=65536)
def verifies(kind, keyval, signature, data):
    key, _ = load(kind, keyval)
    if len(signature) != ((key.key_size + 7) // 8 if kind == RSA else 64):
        return False
    try:
        if kind == RSA:
            key.verify(signature, data, padding.PSS(padding.MGF1(hashes.SHA256()), 32),
                       hashes.SHA256())
        elif kind == ED25519:
            key.verify(signature, data)
        else:
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
