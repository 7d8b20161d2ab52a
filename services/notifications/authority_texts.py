"""What people read about businesses and who may act for them (I17): to the person, and to the business."""

from services.notifications.templates import Fact, MailText, Note, Paragraph, SmsText, Template, TemplateName

_NOT_EXPECTED_AR = "إن لم يكن ذلك متوقعًا، فنرجو الاتصال فورًا بخدمة العملاء على {customer_line}."
_NOT_EXPECTED_EN = "If you did not expect this, please call our customer line at once on {customer_line}."


def _both(arabic: tuple[str, str], english: tuple[str, str], said_ar: str, said_en: str) -> Template:
    """One sentence and when it became true. `arabic`, `english`: subject and heading of the e-mail."""
    return Template(
        sms={
            "ar": SmsText(f"حسابي: {said_ar} في {{when}} بتوقيت الرياض. للاستفسار {{customer_line}}.", max_parts=2),
            "en": SmsText(f"Hesabi: {said_en} on {{when}} (Riyadh time). Questions? {{customer_line}}.", max_parts=1),
        },
        mail={
            "ar": MailText(
                *arabic,
                blocks=(
                    Paragraph(f"عميلنا العزيز، {said_ar}."),
                    Fact("الوقت (بتوقيت الرياض)", "{when}"),
                    Note(_NOT_EXPECTED_AR),
                ),
            ),
            "en": MailText(
                *english,
                blocks=(
                    Paragraph(f"Dear customer, {said_en}."),
                    Fact("Time (Riyadh)", "{when}"),
                    Note(_NOT_EXPECTED_EN),
                ),
            ),
        },
    )


AUTHORITY_TEMPLATES: dict[TemplateName, Template] = {
    "business-registered": _both(
        ("تم تسجيل المنشأة", "اكتمل تسجيل المنشأة"),
        ("The business is registered", "The business is registered"),
        "تم تسجيل منشأتك وأصبحت مفوَّضًا عنها",
        "your business was registered, with you as its authorised person",
    ),
    "authority-given": _both(
        ("تم تفويضك عن منشأة", "تفويض جديد"),
        ("You may act for a business", "New authority"),
        "تم تفويضك بالتصرف عن منشأة",
        "you were authorised to act for a business",
    ),
    "authority-ended": _both(
        ("انتهى تفويضك عن منشأة", "انتهى التفويض"),
        ("You no longer act for a business", "Authority ended"),
        "انتهى تفويضك بالتصرف عن منشأة",
        "your authority to act for a business ended",
    ),
    "authorised-person-added": _both(
        ("أضيف مفوَّض إلى منشأتك", "مفوَّض جديد"),
        ("An authorised person was added", "New authorised person"),
        "أضيف شخص مفوَّض بالتصرف عن منشأتك",
        "a person was authorised to act for your business",
    ),
    "authorised-person-removed": _both(
        ("أزيل مفوَّض من منشأتك", "انتهى تفويض شخص"),
        ("An authorised person was removed", "Authorised person removed"),
        "أزيل شخص من المفوَّضين عن منشأتك",
        "a person was removed who could act for your business",
    ),
}
