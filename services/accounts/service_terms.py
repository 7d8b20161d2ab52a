"""The terms of the account service (A6): texts by version and language. A new version is one row.

A person accepts a text, so what is kept as evidence names the hash of exactly the text that was shown.
"""

import hashlib
from typing import Literal

Language = Literal["ar", "en"]

CURRENT_VERSION = "2026-01"

SERVICE_TERMS: dict[str, dict[Language, str]] = {
    "2026-01": {
        "ar": "أقر بأن البيانات التي قدمتها عن علاقتي بهذا الحساب صحيحة، وأوافق على أن تتواصل الشركة معي بشأنه، "
        "وعلى إبلاغها عند تغير هذه العلاقة.",
        "en": "I confirm that what I have stated about my relation to this account is true. I agree that the company "
        "contacts me about it, and I will tell the company when this relation changes.",
    },
}


def text_hash(version: str, language: Language) -> str | None:
    """SHA-256 of the text's UTF-8 bytes as 64 lower-case hex digits; None for a version that is not in force."""
    texts = SERVICE_TERMS.get(version)
    return None if texts is None else hashlib.sha256(texts[language].encode()).hexdigest()
