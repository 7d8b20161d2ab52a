"""Situations of a business, by name."""

from dataclasses import replace

from contracts.decision import Customer
from contracts.sealed import Secret
from services.identity.business import AuthorisedPerson, Business
from tests.scenario import NOON
from tests.unit.identity.situations import EMAIL, GIVEN_MOBILE, USER_ID

BUSINESS_ID = "b-" + "c" * 32
UNIFIED_NUMBER = "7001234567"
NAME = "شركة النور للتجارة"
OTHER_ID = "11111111-9c0d-4e5f-8a7b-1c2d3e4f5a6b"
STRANGER_ID = "22222222-9c0d-4e5f-8a7b-1c2d3e4f5a6b"

NOURA = AuthorisedPerson(USER_ID, NOON, USER_ID, Secret(EMAIL), Secret(GIVEN_MOBILE), "ar")
REEM = AuthorisedPerson(OTHER_ID, NOON, USER_ID, Secret("reem@example.com"), Secret("+966550000002"), "en")

registered_business = Business(BUSINESS_ID, Secret(UNIFIED_NUMBER), Secret(NAME), (NOURA,))
of_two = replace(registered_business, persons=(NOURA, REEM))

NOURA_ACTING = Customer(BUSINESS_ID, "s-1", "web", actor=USER_ID)
REEM_ACTING = Customer(BUSINESS_ID, "s-2", "web", actor=OTHER_ID)
REMOVED_ACTING = Customer(BUSINESS_ID, "s-3", "web", actor=STRANGER_ID)
