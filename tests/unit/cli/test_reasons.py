"""Why an operator orders something: nothing of a person gets into the audit."""

import pytest

from deploy.cli.reasons import reason


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "x" * 201,
        "as sami@example.org asked",
        "call 0559998877",
        "customer 055 999 8877 asked",
        "bad disk since 20260302",
        "+966 (55) 999-8877",
        "ID 101-234-5678",
        "id 1012345 678",
        "\u06f1\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8",
        "\u0661\u0660\u0661\u0662\u0663 \u0664\u0665\u0666\u0667\u0668",
    ],
)
def test_law11_a_reason_with_a_number_of_a_person_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        reason(text)


@pytest.mark.parametrize(
    "text",
    [
        "corrected in release 1.4.2",
        "disk of broker 2 on 2026-11-29",
        "tickets 48213, 48214",
        "\u0635\u064f\u062d\u062d 1.4",
    ],
)
def test_a_reason_with_a_release_a_date_or_a_ticket_is_taken(text: str) -> None:
    assert reason(text) == text
