"""The texts people read (N3), in Arabic and English, with the contact channels (N9) in them.

An SMS carries no link: the activation link proves the e-mail address (I10), and people should not learn to follow links
from an SMS. A report is fetched by its owner only (R8), so no message carries a link to one. Both languages of a text
have the same placeholders (N8), which a lint checks with everything else.
"""

from services.notifications.authority_texts import AUTHORITY_TEMPLATES
from services.notifications.code_texts import CODE_TEMPLATES
from services.notifications.report_texts import REPORT_TEMPLATES
from services.notifications.request_texts import REQUEST_TEMPLATES
from services.notifications.templates import (
    Fact,
    LinkButton,
    MailText,
    Note,
    Paragraph,
    SmsText,
    Template,
    TemplateName,
)
from services.notifications.transfer_texts import TRANSFER_TEMPLATES

_IF_NOT_YOU_AR = "إن لم تكن أنت من قام بذلك، فنرجو الاتصال فورًا بخدمة العملاء على {customer_line}."
_IF_NOT_YOU_EN = "If this was not you, please call our customer line at once on {customer_line}."

TEMPLATES: dict[TemplateName, Template] = {
    **CODE_TEMPLATES,
    "activation-link": Template(
        sms={
            "ar": SmsText(
                "حسابي: أرسلنا رابط تفعيل حسابك إلى بريدك الإلكتروني، وهو صالح حتى {valid_until} بتوقيت الرياض.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: we have sent a link to your e-mail address to activate your account. "
                "It is valid until {valid_until} (Riyadh time).",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="تفعيل حسابك في «حسابي»",
                heading="مرحبًا بك في «حسابي»",
                blocks=(
                    Paragraph("شكرًا لتسجيلك. بقيت خطوة واحدة: نرجو تفعيل حسابك من خلال الزر التالي."),
                    LinkButton("تفعيل الحساب", "link"),
                    Fact("الرابط صالح حتى (بتوقيت الرياض)", "{valid_until}"),
                    Note("إن لم تكن أنت من سجّل بهذا البريد، فتجاهل هذه الرسالة ولن يُفعَّل أي حساب."),
                ),
            ),
            "en": MailText(
                subject="Activate your Hesabi account",
                heading="Welcome to Hesabi",
                blocks=(
                    Paragraph("Thank you for registering. One step is left: please activate your account."),
                    LinkButton("Activate my account", "link"),
                    Fact("The link is valid until (Riyadh time)", "{valid_until}"),
                    Note("If you did not register with this address, ignore this message and nothing is activated."),
                ),
            ),
        },
    ),
    "registration-success": Template(
        sms={
            "ar": SmsText(
                "حسابي: اكتمل تسجيلك وتم تفعيل حسابك بنجاح. لأي استفسار يسعدنا اتصالك على {customer_line}.", max_parts=2
            ),
            "en": SmsText(
                "Hesabi: your registration is complete and your account is active. "
                "Questions? Call us on {customer_line}.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="اكتمل تسجيلك في «حسابي»",
                heading="تم تفعيل حسابك بنجاح",
                blocks=(
                    Paragraph("عميلنا العزيز، اكتمل تسجيلك وأصبح حسابك جاهزًا للاستخدام."),
                    Paragraph("يمكنك الآن تسجيل الدخول برقم هويتك وكلمة المرور، ثم تعريف حساب الكهرباء الخاص بك."),
                ),
            ),
            "en": MailText(
                subject="Your Hesabi registration is complete",
                heading="Your account is active",
                blocks=(
                    Paragraph("Dear customer, your registration is complete and your account is ready to use."),
                    Paragraph("You can now sign in with your identity number and password, and define your account."),
                ),
            ),
        },
    ),
    "new-sign-in": Template(
        sms={
            "ar": SmsText(
                "حسابي: تم تسجيل الدخول إلى حسابك في {when} بتوقيت الرياض. "
                "إن لم تكن أنت فاتصل فورًا على {customer_line}.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: your account was signed in to on {when} (Riyadh time). "
                "If this was not you, call {customer_line} at once.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="تسجيل دخول جديد إلى حسابك",
                heading="تسجيل دخول جديد",
                blocks=(
                    Paragraph("عميلنا العزيز، تم تسجيل الدخول إلى حسابك في «حسابي»."),
                    Fact("وقت الدخول (بتوقيت الرياض)", "{when}"),
                    Note("إن كنت أنت من سجّل الدخول فلا يلزمك أي إجراء. " + _IF_NOT_YOU_AR),
                ),
            ),
            "en": MailText(
                subject="New sign-in to your account",
                heading="New sign-in",
                blocks=(
                    Paragraph("Dear customer, your Hesabi account was signed in to."),
                    Fact("Time of the sign-in (Riyadh)", "{when}"),
                    Note("If this was you, there is nothing to do. " + _IF_NOT_YOU_EN),
                ),
            ),
        },
    ),
    "password-changed": Template(
        sms={
            "ar": SmsText(
                "حسابي: تم تغيير كلمة مرورك في {when} بتوقيت الرياض، وانتهت جميع جلساتك. "
                "إن لم تكن أنت فاتصل فورًا على {customer_line}.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: your password was changed on {when} (Riyadh time). "
                "If this was not you, call {customer_line} at once.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="تم تغيير كلمة مرورك",
                heading="تم تغيير كلمة المرور",
                blocks=(
                    Paragraph("عميلنا العزيز، تم تغيير كلمة مرور حسابك في «حسابي»، وانتهت جميع جلساتك السابقة."),
                    Fact("وقت التغيير (بتوقيت الرياض)", "{when}"),
                    Note("إن كنت أنت من غيّرها فسجّل الدخول بكلمة المرور الجديدة. " + _IF_NOT_YOU_AR),
                ),
            ),
            "en": MailText(
                subject="Your password was changed",
                heading="Your password was changed",
                blocks=(
                    Paragraph("Dear customer, the password of your Hesabi account was changed. You are signed out."),
                    Fact("Time of the change (Riyadh)", "{when}"),
                    Note("If this was you, sign in with the new password. " + _IF_NOT_YOU_EN),
                ),
            ),
        },
    ),
    "account-defined": Template(
        sms={
            "ar": SmsText(
                "حسابي: تم تعريف حساب الكهرباء الخاص بك، ورقمك المرجعي {reference}. "
                "نرجو الاحتفاظ به للاستفسار عن طلباتك.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: your electricity account is defined. Your reference number is {reference}. "
                "Please keep it for inquiries.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="تم تعريف حساب الكهرباء الخاص بك",
                heading="تم تعريف حسابك",
                blocks=(
                    Paragraph("عميلنا العزيز، تم تعريف حساب الكهرباء الخاص بك، وأصبحت الخدمات متاحة لك."),
                    Fact("رقمك المرجعي", "{reference}"),
                    Paragraph("نرجو الاحتفاظ بهذا الرقم؛ فبه تستعلم عن جميع الخدمات والطلبات على هذا الحساب."),
                    Note(_IF_NOT_YOU_AR),
                ),
            ),
            "en": MailText(
                subject="Your electricity account is defined",
                heading="Your account is defined",
                blocks=(
                    Paragraph("Dear customer, your electricity account is defined and our services are open to you."),
                    Fact("Your reference number", "{reference}"),
                    Paragraph("Please keep this number: it answers inquiries about every service and request."),
                    Note(_IF_NOT_YOU_EN),
                ),
            ),
        },
    ),
    "transfer-requested": Template(
        sms={
            "ar": SmsText(
                "حسابي: استلمنا طلبك لنقل الحساب، ورقمه المرجعي {reference}. سنوافيك بكل جديد بإذن الله.", max_parts=2
            ),
            "en": SmsText(
                "Hesabi: we have received your request to transfer the account, reference {reference}. "
                "We will keep you informed.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="استلمنا طلبك لنقل الحساب",
                heading="تم استلام طلبك",
                blocks=(
                    Paragraph("عميلنا العزيز، استلمنا طلبك لنقل الحساب، وسنوافيك بكل جديد."),
                    Fact("الرقم المرجعي للطلب", "{reference}"),
                    Note(_IF_NOT_YOU_AR),
                ),
            ),
            "en": MailText(
                subject="We have received your transfer request",
                heading="Your request is with us",
                blocks=(
                    Paragraph(
                        "Dear customer, we have received your request to transfer the account. We keep you informed."
                    ),
                    Fact("Reference number of the request", "{reference}"),
                    Note(_IF_NOT_YOU_EN),
                ),
            ),
        },
    ),
    **REPORT_TEMPLATES,
    **TRANSFER_TEMPLATES,
    **REQUEST_TEMPLATES,
    **AUTHORITY_TEMPLATES,
}
