"""What people read about requests and instalments (A8, A14, A16). A kind of request is data of another service: these
texts fit them all, and name the reference under which its own texts are shown."""

from services.notifications.templates import Fact, MailText, Note, Paragraph, SmsText, Template, TemplateName

REQUEST_TEMPLATES: dict[TemplateName, Template] = {
    "instalments-agreed": Template(
        sms={
            "ar": SmsText(
                "حسابي: تم اعتماد خطة التقسيط رقم {reference}: {total} ريال على {parts} دفعات، أولها في {day}.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: your instalment plan {reference} is agreed: SAR {total} in {parts} parts, the first on {day}.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="تم اعتماد خطة التقسيط",
                heading="خطة التقسيط سارية",
                blocks=(
                    Paragraph("عميلنا العزيز، اعتُمدت خطة تقسيط المبلغ المستحق عليك."),
                    Fact("المبلغ الإجمالي (ريال)", "{total}"),
                    Fact("عدد الدفعات", "{parts}"),
                    Fact("استحقاق الدفعة الأولى", "{day}"),
                    Fact("الرقم المرجعي للخطة", "{reference}"),
                    Note("إن لم تكن أنت من طلب التقسيط، فنرجو الاتصال على {customer_line}."),
                ),
            ),
            "en": MailText(
                subject="Your instalment plan is agreed",
                heading="The plan is in force",
                blocks=(
                    Paragraph("Dear customer, the plan to pay what is due from you in parts is agreed."),
                    Fact("Total (SAR)", "{total}"),
                    Fact("Parts", "{parts}"),
                    Fact("The first is due on", "{day}"),
                    Fact("Reference number of the plan", "{reference}"),
                    Note("If you did not ask for instalments, please call our customer line on {customer_line}."),
                ),
            ),
        },
    ),
    "request-ended": Template(
        sms={
            "ar": SmsText("حسابي: انتهت معالجة طلبك رقم {reference}. سجّل الدخول للاطلاع على النتيجة.", max_parts=2),
            "en": SmsText(
                "Hesabi: your request {reference} has been dealt with. Please sign in to see the result.", max_parts=1
            ),
        },
        mail={
            "ar": MailText(
                subject="انتهت معالجة طلبك",
                heading="نتيجة طلبك جاهزة",
                blocks=(
                    Paragraph("عميلنا العزيز، انتهت معالجة طلبك، وتجد النتيجة بعد تسجيل الدخول إلى «حسابي»."),
                    Fact("الرقم المرجعي للطلب", "{reference}"),
                    Note("لأي استفسار يسعدنا اتصالك على {customer_line}."),
                ),
            ),
            "en": MailText(
                subject="Your request has been dealt with",
                heading="The result of your request",
                blocks=(
                    Paragraph("Dear customer, your request has been dealt with. Sign in to Hesabi to see the result."),
                    Fact("Reference number of the request", "{reference}"),
                    Note("Questions? Call us on {customer_line}."),
                ),
            ),
        },
    ),
    "danger-received": Template(
        sms={
            "ar": SmsText(
                "حسابي: استلمنا بلاغ الخطر رقم {reference} وأبلغنا فريق الطوارئ. ابتعد عن المكان، وللطوارئ اتصل على "
                "{emergency}.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: we have your danger report {reference} and told the emergency team. "
                "Keep away from the place. Emergencies: {emergency}.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="استلمنا بلاغ الخطر",
                heading="أبلغنا فريق الطوارئ",
                blocks=(
                    Paragraph("عميلنا العزيز، استلمنا بلاغك وأبلغنا فريق الطوارئ. نرجو الابتعاد عن مكان الخطر."),
                    Fact("الرقم المرجعي للبلاغ", "{reference}"),
                    Fact("طوارئ الكهرباء", "{emergency}"),
                ),
            ),
            "en": MailText(
                subject="We have received your danger report",
                heading="The emergency team has been told",
                blocks=(
                    Paragraph("Dear customer, we have told the emergency team. Please keep away from the place."),
                    Fact("Reference number of the report", "{reference}"),
                    Fact("Electricity emergencies", "{emergency}"),
                ),
            ),
        },
    ),
    "danger-ended": Template(
        sms={
            "ar": SmsText(
                "حسابي: أُغلق بلاغ الخطر رقم {reference} بعد معاينة فريقنا. شكرًا لك. للطوارئ: {emergency}.",
                max_parts=2,
            ),
            "en": SmsText(
                "Hesabi: our team has dealt with your danger report {reference}. Thank you. Emergencies: {emergency}.",
                max_parts=1,
            ),
        },
        mail={
            "ar": MailText(
                subject="أُغلق بلاغ الخطر",
                heading="انتهت معالجة البلاغ",
                blocks=(
                    Paragraph("عميلنا العزيز، انتهى فريق الطوارئ من معالجة بلاغك. شكرًا لتعاونك."),
                    Fact("الرقم المرجعي للبلاغ", "{reference}"),
                    Fact("طوارئ الكهرباء", "{emergency}"),
                ),
            ),
            "en": MailText(
                subject="Your danger report has been dealt with",
                heading="The emergency team is done",
                blocks=(
                    Paragraph("Dear customer, the emergency team has dealt with your report. Thank you for your help."),
                    Fact("Reference number of the report", "{reference}"),
                    Fact("Electricity emergencies", "{emergency}"),
                ),
            ),
        },
    ),
}
