import pytest

from services.notifications.links import is_allowed_link, links_in

HOSTS = frozenset({"hesabi.example"})


@pytest.mark.parametrize(
    "link",
    [
        "evil-pay.com",
        "EVIL-PAY.COM",
        "evil-pay.com?x=1",
        "evil-pay.com:8443/x",
        "evil-pay.com/x",
        "a.b.evil-pay.com#x",
        "http:evil-pay.com",
        "https:/evil-pay.com",
        "ftp://evil-pay.com",
        "www.evil",
        "موقع.السعودية",
        "موقع.السعودية/دفع",
        "भुगतान.भारत",
        "xn--mgb.xn--mgberp4a5d4ar/x",
        "evil\u3002com",
        "evil\u2060.com",
        "10.20.30.40/x",
        "care@evil-pay.com",
        "hesabi.example/x",
        "https://hesabi.example@evil-pay.com/x",
        "https://hesabi.example.evil-pay.com",
    ],
)
@pytest.mark.parametrize("text", ["{}", "Pay at {} now.", "ادفع ({}).", "Pay:\u2066{}\u2069، شكرًا"])
def test_N8_what_a_phone_turns_into_a_link_is_seen_and_not_allowed(link: str, text: str) -> None:
    found = links_in(text.format(link))
    assert found
    assert not any(is_allowed_link(each, HOSTS) for each in found)


@pytest.mark.parametrize("text", ["{}", "Read {}.", "اقرأ ({})، شكرًا", "\u2066{}\u2069"])
def test_N8_a_link_to_the_channels_own_pages_is_allowed(text: str) -> None:
    link = "https://hesabi.example/saving?from=sms"
    assert links_in(text.format(link)) == (link,)
    assert is_allowed_link(link, HOSTS)


@pytest.mark.parametrize(
    "text",
    [
        "Power is cut tomorrow. Please note.",
        "Save 2.5 kWh (3.75kWh at most), i.e. 0.45 SAR, e.g. at night...",
        "From 9 a.m. to 5 p.m., 24/7, no. 5; U.S.A.",
        "ينقطع التيار غدًا. نعتذر عن ذلك... شكرًا.",
        "يوم \u20662026-03-02\u2069 من \u206609:00\u2069، بنسبة ٢.٥ و1.5٪",
        "Call 92000222 or 920001100.",
    ],
)
def test_N8_prose_has_no_links(text: str) -> None:
    assert links_in(text) == ()


def test_N8_a_sentence_without_a_blank_before_it_counts_as_a_link() -> None:
    assert links_in("Thank you.Please wait.") == ("you.Please",)
