"""Workbooks under a password: the only module that opens or makes them. It keeps no password."""

import io

from huizong.refused import Refused

# Shorter ones are tried out in a day by whoever gets hold of the letter.
SHORTEST = 8


def lock(data: bytes, password: str) -> bytes:
    """Put an .xlsx under a password, as Excel does (AES, agile encryption); no two are equal."""
    # Imported late: it loads a whole library of ciphers.
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def unlock(data: bytes, password: str) -> bytes:
    """
    Give what is under a password, byte for byte as it was put there.

    Raises:
        Refused: encrypted, if the password is another or the file is damaged.
    """
    import msoffcrypto

    out = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        office.load_key(password=password)
        office.decrypt(out)
    # It raises anything from a struct.error to its own InvalidKeyError.
    except Exception as error:
        raise Refused("encrypted") from error
    return out.getvalue()
