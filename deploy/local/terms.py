"""The terms of use of local runs, as identity's setting names them (I8)."""

import hashlib
from typing import Final

TERMS_VERSION: Final = "2026-01"
TERMS: Final = {
    "ar": "شروط استخدام حسابي (نص تجريبي للتشغيل المحلي).",
    "en": "Terms of use of Hesabi (a trial text for local runs).",
}


def terms_in_force() -> list[dict[str, str]]:
    """Version, language and hash of each text."""
    return [
        {"version": TERMS_VERSION, "language": language, "text_hash": hashlib.sha256(text.encode()).hexdigest()}
        for language, text in TERMS.items()
    ]
