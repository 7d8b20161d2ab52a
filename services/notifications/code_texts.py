"""The SMS that carry codes (I5, I9, I13, A9): each says what the code does, how long it lives, and not to share it."""

from services.notifications.templates import SmsText, Template, TemplateName

CODE_TEMPLATES: dict[TemplateName, Template] = {
    "approve-registration-code": Template(
        sms={
            "ar": SmsText("حسابي: رمز اعتماد التسجيل {code} صالح {seconds} ثانية. لا تشاركه مع أحد", max_parts=1),
            "en": SmsText(
                "Hesabi: {code} is your code to approve your registration. It is valid for {seconds} seconds. "
                "Never share it with anyone.",
                max_parts=1,
            ),
        },
        mail={},
    ),
    "confirm-mobile-code": Template(
        sms={
            "ar": SmsText("حسابي: رمز تأكيد جوالك {code} صالح {seconds} ثانية. لا تشاركه مع أحد", max_parts=1),
            "en": SmsText(
                "Hesabi: {code} is your code to confirm your mobile number. It is valid for {seconds} seconds. "
                "Never share it with anyone.",
                max_parts=1,
            ),
        },
        mail={},
    ),
    "reset-password-code": Template(
        sms={
            "ar": SmsText("حسابي: رمز كلمة المرور {code} صالح {seconds} ثانية. لا تشاركه مع أحد", max_parts=1),
            "en": SmsText(
                "Hesabi: {code} is your code to choose a new password. It is valid for {seconds} seconds. "
                "Never share it with anyone.",
                max_parts=1,
            ),
        },
        mail={},
    ),
    "give-consent-code": Template(
        sms={
            "ar": SmsText(
                "حسابي: الرمز {code} موافقةٌ منك على نقل حساب كهرباء أو على خطة سداد، وهو صالح {seconds} ثانية. "
                "لا تشاركه مع أحد، ولا يطلبه منك موظفونا.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: {code} is your consent to move an electricity account or to a payment plan. "
                "Valid {seconds} seconds. Never share it, not even with our staff.",
                max_parts=1,
            ),
        },
        mail={},
    ),
}
