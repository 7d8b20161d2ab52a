"""What people read about their reports (N3, R6, R8). No link: a report is fetched after logging in."""

from services.notifications.templates import Fact, MailText, Paragraph, SmsText, Template, TemplateName

REPORT_TEMPLATES: dict[TemplateName, Template] = {
    "report-ready": Template(
        sms={
            "ar": SmsText("حسابي: التقرير الذي طلبته جاهز. سجّل الدخول إلى «حسابي» لتنزيله.", max_parts=1),
            "en": SmsText("Hesabi: the report you asked for is ready. Log in to Hesabi to download it.", max_parts=1),
        },
        mail={
            "ar": MailText(
                subject="تقريرك جاهز",
                heading="تقريرك جاهز",
                blocks=(
                    Paragraph("عميلنا العزيز، أصبح التقرير الذي طلبته جاهزًا."),
                    Fact("وقت إعداد التقرير (بتوقيت الرياض)", "{when}"),
                    Paragraph("يمكنك تنزيله بعد تسجيل الدخول إلى «حسابي». حفاظًا على خصوصيتك لا نرسله بالبريد."),
                ),
            ),
            "en": MailText(
                subject="Your report is ready",
                heading="Your report is ready",
                blocks=(
                    Paragraph("Dear customer, the report you asked for is ready."),
                    Fact("Made at (Riyadh time)", "{when}"),
                    Paragraph("You can download it once signed in to Hesabi. To keep it private we do not mail it."),
                ),
            ),
        },
    ),
    "report-changed": Template(
        sms={
            "ar": SmsText("حسابي: وصلت قراءات جديدة غيّرت تقريرًا لك. اطلبه مجددًا في «حسابي».", max_parts=1),
            "en": SmsText("Hesabi: new readings changed a report of yours. Ask for it again in Hesabi.", max_parts=1),
        },
        mail={
            "ar": MailText(
                subject="تغيّر تقرير لك",
                heading="تغيّر تقرير لك",
                blocks=(
                    Paragraph("عميلنا العزيز، وصلت قراءات متأخرة أو مصححة لعدادك، فأعددنا نسخة جديدة من تقريرك."),
                    Fact("وقت إعداد النسخة (بتوقيت الرياض)", "{when}"),
                    Paragraph("اطلب التقرير مجددًا بعد تسجيل الدخول إلى «حسابي»، فيُعدّ من أحدث القراءات."),
                ),
            ),
            "en": MailText(
                subject="A report of yours has changed",
                heading="A report of yours has changed",
                blocks=(
                    Paragraph("Dear customer, readings came late or were corrected: your report has a new version."),
                    Fact("Made at (Riyadh time)", "{when}"),
                    Paragraph("Sign in to Hesabi and ask for the report again: it is made from the latest readings."),
                ),
            ),
        },
    ),
}
"""The templates by their names."""
