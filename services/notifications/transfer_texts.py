"""What people read about transfers of accounts (A9) and about who benefits from a supply (A10)."""

from services.notifications.templates import Fact, MailText, Note, Paragraph, SmsText, Template, TemplateName

_NEVER_TELL_AR = "لن يطلب منك أحد من موظفينا رمز الموافقة. إن لم تتوقع هذا الطلب فاتصل على {customer_line}."
_NEVER_TELL_EN = (
    "Nobody of our staff ever asks you for the code. If you did not expect this request, call {customer_line}."
)


def _result(said_ar: str, said_en: str, more_ar: str, more_en: str) -> Template:
    """What a check of several claims has come to, and what to do about it. Nobody reads who else claims the supply."""
    return Template(
        sms={
            "ar": SmsText(f"حسابي: انتهت المراجعة: {said_ar}. للاستفسار {{customer_line}}.", max_parts=2),
            "en": SmsText(f"Hesabi: our check is over. {said_en}. Questions? {{customer_line}}.", max_parts=1),
        },
        mail={
            "ar": MailText(
                subject="انتهت مراجعة المستفيد الفعلي",
                heading="نتيجة المراجعة",
                blocks=(
                    Paragraph(f"عميلنا العزيز، انتهت مراجعة المستفيد الفعلي من الخدمة: {said_ar}."),
                    Fact("انتهت المراجعة (بتوقيت الرياض)", "{when}"),
                    Note(f"{more_ar} لأي استفسار يسعدنا اتصالك على {{customer_line}}."),
                ),
            ),
            "en": MailText(
                subject="Our check of who uses the supply is over",
                heading="The result of our check",
                blocks=(
                    Paragraph(f"Dear customer, our check of who uses the supply is over. {said_en}."),
                    Fact("Our check ended (Riyadh time)", "{when}"),
                    Note(f"{more_en} Questions? Call us on {{customer_line}}."),
                ),
            ),
        },
    )


TRANSFER_TEMPLATES: dict[TemplateName, Template] = {
    "transfer-consent-wanted": Template(
        sms={
            "ar": SmsText(
                "حسابي: طلب نقل حساب رقم {reference} ينتظر موافقتك حتى {until} بتوقيت الرياض. سجّل الدخول للاطلاع عليه.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: the account transfer {reference} waits for your consent until {until} (Riyadh time). "
                "Please sign in to see it.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="طلب نقل حساب ينتظر موافقتك",
                heading="موافقتك مطلوبة",
                blocks=(
                    Paragraph("عميلنا العزيز، أنت طرف في طلب لنقل حساب كهرباء، ولا يتم النقل إلا بموافقتك."),
                    Fact("الرقم المرجعي للطلب", "{reference}"),
                    Fact("يمكنك الموافقة حتى (بتوقيت الرياض)", "{until}"),
                    Note(_NEVER_TELL_AR),
                ),
            ),
            "en": MailText(
                subject="An account transfer waits for your consent",
                heading="Your consent is needed",
                blocks=(
                    Paragraph(
                        "Dear customer, you are a party of a transfer of an electricity account. "
                        "It takes place only if you consent."
                    ),
                    Fact("Reference number of the request", "{reference}"),
                    Fact("You can consent until (Riyadh time)", "{until}"),
                    Note(_NEVER_TELL_EN),
                ),
            ),
        },
    ),
    "transfer-completed-incoming": Template(
        sms={
            "ar": SmsText(
                "حسابي: تم نقل الحساب إليك ابتداءً من {day}، مرجع {reference}. حصتك من الفاتورة الجارية {share} ريال.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: the account is yours from {day}, reference {reference}. "
                "Your part of the running bill is SAR {share}.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="تم نقل الحساب إليك",
                heading="اكتمل نقل الحساب",
                blocks=(
                    Paragraph("عميلنا العزيز، اكتمل نقل حساب الكهرباء إليك."),
                    Fact("أول يوم لك على الحساب", "{day}"),
                    Fact("حصتك من الفاتورة الجارية (ريال)", "{share}"),
                    Fact("الرقم المرجعي للطلب", "{reference}"),
                    Note("لا تتحمل أي مبلغ مستحق قبل هذا اليوم. لأي استفسار يسعدنا اتصالك على {customer_line}."),
                ),
            ),
            "en": MailText(
                subject="The account has been transferred to you",
                heading="The transfer is complete",
                blocks=(
                    Paragraph("Dear customer, the electricity account has been transferred to you."),
                    Fact("Your first day", "{day}"),
                    Fact("Your part of the running bill (SAR)", "{share}"),
                    Fact("Reference number of the request", "{reference}"),
                    Note("You owe nothing for the time before that day. Questions? Call us on {customer_line}."),
                ),
            ),
        },
    ),
    "transfer-completed-outgoing": Template(
        sms={
            "ar": SmsText(
                "حسابي: انتقل الحساب منك ابتداءً من {day}، مرجع {reference}. حصتك من الفاتورة الجارية {share} ريال، "
                "والمتبقي عليك {debt} ريال.",
                max_parts=3,
            ),
            "en": SmsText(
                "Hesabi: the account is no longer yours from {day}, reference {reference}. "
                "Your part of the running bill is SAR {share}; you still owe SAR {debt}.",
                max_parts=2,
            ),
        },
        mail={
            "ar": MailText(
                subject="انتقل الحساب منك",
                heading="اكتمل نقل الحساب",
                blocks=(
                    Paragraph("عميلنا العزيز، اكتمل نقل حساب الكهرباء منك إلى الطرف الآخر."),
                    Fact("انتقل ابتداءً من", "{day}"),
                    Fact("حصتك من الفاتورة الجارية (ريال)", "{share}"),
                    Fact("ما بقي عليك من قبل (ريال)", "{debt}"),
                    Fact("الرقم المرجعي للطلب", "{reference}"),
                    Note("ما استُحق في مدتك يبقى عليك، ولا ينتقل مع الحساب. لأي استفسار: {customer_line}."),
                ),
            ),
            "en": MailText(
                subject="The account has been transferred from you",
                heading="The transfer is complete",
                blocks=(
                    Paragraph("Dear customer, the electricity account has been transferred to the other party."),
                    Fact("No longer yours from", "{day}"),
                    Fact("Your part of the running bill (SAR)", "{share}"),
                    Fact("What you still owe from before (SAR)", "{debt}"),
                    Fact("Reference number of the request", "{reference}"),
                    Note("What fell due in your time stays with you. Questions? Call us on {customer_line}."),
                ),
            ),
        },
    ),
    "transfer-ended": Template(
        sms={
            "ar": SmsText(
                "حسابي: لم يكتمل طلب نقل الحساب رقم {reference}، ولم يتغير شيء. سجّل الدخول لمعرفة السبب.", max_parts=2
            ),
            "en": SmsText(
                "Hesabi: the account transfer {reference} did not take place and nothing has changed. "
                "Please sign in to see why.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="لم يكتمل طلب نقل الحساب",
                heading="لم يُنقل الحساب",
                blocks=(
                    Paragraph("عميلنا العزيز، انتهى طلب نقل الحساب دون أن يكتمل، وبقي كل شيء كما كان."),
                    Fact("الرقم المرجعي للطلب", "{reference}"),
                    Paragraph("تجد السبب بعد تسجيل الدخول إلى «حسابي»، ويمكنك تقديم طلب جديد متى شئت."),
                ),
            ),
            "en": MailText(
                subject="The account transfer did not take place",
                heading="The account was not transferred",
                blocks=(
                    Paragraph(
                        "Dear customer, the account transfer has ended without taking place. Nothing has changed."
                    ),
                    Fact("Reference number of the request", "{reference}"),
                    Paragraph("You find the reason once signed in to Hesabi, and can make a new request at any time."),
                ),
            ),
        },
    ),
    "beneficiary-disputed": Template(
        sms={
            "ar": SmsText(
                "حسابي: أكثر من شخص أفاد بأنه المستفيد الفعلي من خدمة أفدت عنها. يراجع فريقنا ذلك وسنوافيك بالنتيجة.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: more than one person says they use a supply that you told us about. "
                "Our staff will look into it and let you know.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="نراجع المستفيد الفعلي من الخدمة",
                heading="المستفيد الفعلي قيد المراجعة",
                blocks=(
                    Paragraph("عميلنا العزيز، أفاد أكثر من شخص بأنه المستفيد الفعلي من الخدمة نفسها."),
                    Fact("بدأت المراجعة (بتوقيت الرياض)", "{when}"),
                    Paragraph("يراجع فريقنا ما قُدِّم من إثباتات وسنوافيك بالنتيجة. يمكنك تقديم عقد إيجار أو صك ملكية."),
                ),
            ),
            "en": MailText(
                subject="We are checking who uses the supply",
                heading="The actual beneficiary is being checked",
                blocks=(
                    Paragraph("Dear customer, more than one person says that they use the same supply."),
                    Fact("Our check began (Riyadh time)", "{when}"),
                    Paragraph(
                        "Our staff look at the evidence and let you know the result. "
                        "You can show a tenancy contract or an ownership deed."
                    ),
                ),
            ),
        },
    ),
    "dispute-won": _result(
        "أنت المستفيد الفعلي من الخدمة التي أفدت عنها",
        "You are the actual beneficiary of the supply that you told us about",
        "لا يلزمك أي إجراء.",
        "You need not do anything.",
    ),
    "dispute-lost": _result(
        "لم يثبت أنك المستفيد الفعلي من الخدمة التي أفدت عنها",
        "It is not established that you use the supply that you told us about",
        "إن كان لديك عقد إيجار أو صك ملكية لم نطلع عليه، فيمكنك تقديمه في «حسابي».",
        "If you have a tenancy contract or an ownership deed that we have not seen, you can show it in Hesabi.",
    ),
}
