"""What this person writes into the forms of requests (A15-A17)."""

from deploy.local.journey.person import Person

Form = dict[str, object]


def forms_of(person: Person) -> dict[str, Form]:
    """A filled-in form by the kind of request. The words are the person's alone, so that they can be searched for."""
    words = person.words
    return {
        "bill-copy": {"bill_month": "2026-02", "delivery": "app"},
        "complaint": {"about": "bill", "description": f"The bill is higher than the meter shows. {words}"},
        "insulation": {"building": "villa", "stage": "roof", "permit_number": person.permit_number, "area_m2": 400},
        "danger": {"danger": "fallen-line", "place": f"Behind the school, {words}", "people_hurt": False},
    }
