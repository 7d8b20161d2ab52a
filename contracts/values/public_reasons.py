"""Which public reason stands for a precise one (J4).

Anybody may see the public one; the precise one goes to the operators' audit only.
"""

from contracts.values.account_number import AccountIdentifierReason
from contracts.values.document_number import DocumentNumberReason
from contracts.values.email_address import EmailReason
from contracts.values.hijri_date import BirthDateReason
from contracts.values.identity_number import IdentityReason
from contracts.values.mobile import MobileReason
from contracts.values.national_address import AddressReason
from contracts.values.nationality import NationalityReason
from contracts.values.reference_number import ReferenceReason
from contracts.values.segment import SegmentReason

ValueReason = (
    SegmentReason
    | NationalityReason
    | IdentityReason
    | BirthDateReason
    | MobileReason
    | EmailReason
    | AddressReason
    | AccountIdentifierReason
    | ReferenceReason
    | DocumentNumberReason
)

_PUBLIC_REASON_OF: dict[ValueReason, str] = {
    "segment-unknown": "segment-not-accepted",
    "nationality-missing": "nationality-not-accepted",
    "nationality-unknown": "nationality-not-accepted",
    "nationality-not-for-business": "nationality-not-accepted",
    "identity-type-unknown": "identity-number-not-accepted",
    "identity-type-not-for-segment": "identity-number-not-accepted",
    "identity-number-malformed": "identity-number-not-accepted",
    "identity-number-checksum": "identity-number-not-accepted",
    "hijri-date-malformed": "birth-date-not-accepted",
    "hijri-year-out-of-range": "birth-date-not-accepted",
    "hijri-day-does-not-exist": "birth-date-not-accepted",
    "birth-date-in-the-future": "birth-date-not-accepted",
    "mobile-malformed": "mobile-not-accepted",
    "email-malformed": "email-not-accepted",
    "email-too-long": "email-not-accepted",
    "building-number-malformed": "address-not-accepted",
    "street-malformed": "address-not-accepted",
    "district-malformed": "address-not-accepted",
    "city-malformed": "address-not-accepted",
    "postal-code-malformed": "address-not-accepted",
    "additional-number-malformed": "address-not-accepted",
    "unit-malformed": "address-not-accepted",
    "short-address-malformed": "address-not-accepted",
    "short-address-contradicts-building-number": "address-not-accepted",
    "account-identifier-kind-unknown": "account-number-not-accepted",
    "account-number-malformed": "account-number-not-accepted",
    "reference-number-malformed": "reference-not-found",
    "reference-number-check-character": "reference-not-found",
    "document-number-malformed": "document-number-not-accepted",
}


def public_reason_of(reason: ValueReason) -> str:
    """The public reason of a rejected value (J4); its customer text is in `public_texts`."""
    return _PUBLIC_REASON_OF[reason]
