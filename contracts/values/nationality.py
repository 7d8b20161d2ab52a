"""A nationality by ISO 3166-1 alpha-2; a business states none (I2)."""

from typing import Literal, NewType

from contracts.values.digits import capitals
from contracts.values.rejected import Rejected
from contracts.values.segment import Segment

Nationality = NewType("Nationality", str)
NationalityReason = Literal["nationality-missing", "nationality-unknown", "nationality-not-for-business"]

# ISO 3166-1: the 249 officially assigned alpha-2 codes.
_OFFICIALLY_ASSIGNED = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRY_CODES = frozenset(_OFFICIALLY_ASSIGNED.split())


def parse_nationality(text: str) -> Nationality | Rejected[NationalityReason]:
    """A nationality from a code in either case; canonical in capitals."""
    code = capitals(text.strip())
    return Nationality(code) if code in COUNTRY_CODES else Rejected("nationality-unknown")


def judge_nationality(segment: Segment, text: str | None) -> Nationality | Rejected[NationalityReason] | None:
    """What this segment states as its nationality: an individual one, a business none (I2)."""
    match segment, text:
        case Segment.BUSINESS, None:
            return None
        case Segment.BUSINESS, _:
            return Rejected("nationality-not-for-business")
        case _, None:
            return Rejected("nationality-missing")
        case _, str(stated):
            return parse_nationality(stated)
