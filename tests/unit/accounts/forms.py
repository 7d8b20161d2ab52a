"""A form that each kind accepts and several that it must not: the samples of the kinds' data."""

from typing import Any, Final

LONG: Final = "x" * 20_000

GOOD: Final[dict[str, dict[str, Any]]] = {
    "bill-copy": {"bill_month": "2026-02", "delivery": "email"},
    "bill-correction": {
        "bill_month": "2026-02",
        "what_is_wrong": "reading",
        "description": "القراءة أعلى من العداد",
        "own_reading_kwh": 48_211,
    },
    "bill-language": {"language": "en"},
    "complaint": {"about": "meter", "description": "The meter hums all night."},
    "outage": {"extent": "building", "place": "Olaya, behind the mosque", "medical_device": True},
    "danger": {"danger": "fallen-line", "place": "أمام المدرسة", "people_hurt": False},
    "insulation": {"building": "villa", "stage": "walls", "permit_number": "1447/3187", "area_m2": 420},
    "barq-plus": {"premises": "charging-station", "load_kva": 400, "phases": "three"},
    "smart-meter": {"reason": "replacement", "times": ["morning", "evening"], "access": "By the gate"},
}

BAD: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "bill-copy": ({"bill_month": "2026-13", "delivery": "email"}, {"bill_month": "2026-02"}),
    "bill-correction": ({**GOOD["bill-correction"], "own_reading_kwh": -1}, {**GOOD["bill-correction"], "note": "x"}),
    "bill-language": ({"language": "fr"}, {}),
    "complaint": ({"about": "meter", "description": "     "}, {"about": "meter", "description": LONG[:1_001]}),
    "outage": ({**GOOD["outage"], "medical_device": "yes"}, {"extent": "home"}),
    "danger": ({**GOOD["danger"], "danger": "rain"}, {"danger": "fire", "place": ""}),
    "insulation": ({**GOOD["insulation"], "permit_number": "<b>"}, {**GOOD["insulation"], "area_m2": 10**9}),
    "barq-plus": ({**GOOD["barq-plus"], "load_kva": 0}, {**GOOD["barq-plus"], "load_kva": "400"}),
    "smart-meter": (
        {**GOOD["smart-meter"], "times": ["morning", "morning"]},
        {**GOOD["smart-meter"], "times": []},
        {**GOOD["smart-meter"], "times": "morning"},
    ),
}
