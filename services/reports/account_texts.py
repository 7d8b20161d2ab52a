"""The words of versions, payment reports and statements of requests (R2, R3, R6)."""

from collections.abc import Mapping

from services.reports.phrase import Phrase

ACCOUNT_PHRASES: Mapping[str, Phrase] = {
    # Days outside the relation, and versions (A18, R6)
    "notice-cut": Phrase(
        "You asked for {first} to {last}. This report holds only the days on which your relation to this supply is "
        "confirmed.",
        "طلبت الفترة من {first} إلى {last}. يقتصر هذا التقرير على الأيام التي ثبتت فيها علاقتك بهذا العداد.",
    ),
    "note-restricted": Phrase(
        "Days before or after your relation to this supply are not shown and not compared with.",
        "الأيام السابقة لعلاقتك بهذا العداد أو اللاحقة لها لا تُعرض ولا تُستخدم في المقارنة.",
    ),
    "notice-version": Phrase(
        "Version {version}: readings of {days} came late or were corrected. It replaces the version of {instant} "
        "Riyadh time, which stays as it is.",
        "الإصدار {version}: وردت قراءات متأخرة أو مصححة ({days}). يحل محل إصدار {instant} بتوقيت الرياض، "
        "ويبقى ذلك كما هو.",
    ),
    "notice-version-same": Phrase(
        "Version {version}: readings changed after the version of {instant} Riyadh time, but no day of this period "
        "differs.",
        "الإصدار {version}: تغيّرت قراءات بعد إصدار {instant} بتوقيت الرياض، ولا يختلف أي يوم من هذه الفترة.",
    ),
    "changed-days": Phrase("{n} days", "عدد الأيام {n}"),
    "changed-day": Phrase("{n} day", "يوم {n}"),
    "changes": Phrase("What has changed since the version before", "ما تغيّر عن الإصدار السابق"),
    "before-kwh": Phrase("Before, kWh", "سابقًا، ك.و.س"),
    "after-kwh": Phrase("Now, kWh", "الآن، ك.و.س"),
    "marks-change": Phrase("Readings, before and now", "القراءات سابقًا والآن"),
    "before-and-now": Phrase("{before}; now {now}", "{before}، والآن {now}"),
    "more-changes": Phrase("{n} more days have changed.", "أيام أخرى تغيّرت: {n}."),
    "not-listed": Phrase("not listed", "غير مدرج"),
    "before-quality": Phrase("Quality mark before", "علامة الجودة سابقًا"),
    # The payment report
    "payments-title": Phrase("Payment report", "تقرير المدفوعات"),
    "opening": Phrase("Opening balance", "الرصيد الافتتاحي"),
    "billed": Phrase("Billed", "الفواتير"),
    "paid": Phrase("Paid", "المدفوعات"),
    "closing": Phrase("Closing balance", "الرصيد الختامي"),
    "owed": Phrase("owed", "مستحق عليك"),
    "credit": Phrase("in your favour", "رصيد لصالحك"),
    "settled": Phrase("nothing owed", "لا مستحقات"),
    "bills-count": Phrase("bills: {n}", "عدد الفواتير: {n}"),
    "payments-count": Phrase("payments: {n}", "عدد الدفعات: {n}"),
    "entries": Phrase("Bills and payments", "الفواتير والمدفوعات"),
    "entry": Phrase("Entry", "القيد"),
    "entry-bill": Phrase("Bill: {what}", "فاتورة: {what}"),
    "entry-payment": Phrase("Payment: {what}", "دفعة: {what}"),
    "bill": Phrase("Bill", "فاتورة"),
    "payment": Phrase("Payment", "دفعة"),
    "bill-sar": Phrase("Bill, SAR", "فاتورة، ريال"),
    "payment-sar": Phrase("Payment, SAR", "دفعة، ريال"),
    "balance-sar": Phrase("Balance, SAR", "الرصيد، ريال"),
    "kind": Phrase("Kind", "النوع"),
    "what-for": Phrase("For", "البيان"),
    "no-entries": Phrase(
        "There were no bills and no payments in this period.", "لا توجد فواتير ولا مدفوعات في هذه الفترة."
    ),
    "note-reconciles": Phrase(
        "Opening balance plus bills less payments is the closing balance. We have added it up ourselves.",
        "الرصيد الافتتاحي مضافًا إليه الفواتير ومطروحًا منه المدفوعات يساوي الرصيد الختامي، وقد راجعنا هذا المجموع.",
    ),
    "note-own-entries": Phrase(
        "Only what was billed to and paid by you is listed, not what concerns others on the same account.",
        "يشمل التقرير ما صدر عليك وما دفعته أنت فقط، دون ما يخص غيرك على الحساب نفسه.",
    ),
    "note-balance": Phrase("A balance below zero is a credit.", "الرصيد الأقل من الصفر رصيد لصالحك."),
    "billing-as-of": Phrase("Books as of", "السجلات حتى"),
    # The statement
    "statement-title": Phrase("Statement of requests", "كشف الطلبات"),
    "requests-number": Phrase("Requests", "الطلبات"),
    "requests-open": Phrase("open: {n}", "قيد المعالجة: {n}"),
    "relations-number": Phrase("Relations to supplies", "العلاقات بالعدادات"),
    "relations-present": Phrase("present: {n}", "حالية: {n}"),
    "relations": Phrase("Your relations to supplies", "علاقاتك بالعدادات"),
    "relation": Phrase("Relation", "العلاقة"),
    "basis": Phrase("Shown by", "الإثبات"),
    "from-day": Phrase("From", "من"),
    "to-day": Phrase("To", "إلى"),
    "goes-on": Phrase("present", "مستمرة"),
    "no-relations": Phrase("There is no confirmed relation in this period.", "لا توجد علاقة ثابتة في هذه الفترة."),
    "requests": Phrase("Your requests", "طلباتك"),
    "request-kind": Phrase("Request", "الطلب"),
    "state-now": Phrase("State", "الحالة"),
    "opened-at": Phrase("First seen", "أول حالة"),
    "no-requests": Phrase("There are no requests in this period.", "لا توجد طلبات في هذه الفترة."),
    "history": Phrase("What happened to them", "مراحل الطلبات"),
    "when": Phrase("When, Riyadh time", "الوقت (الرياض)"),
    "made-at": Phrase("Made", "تاريخ الإصدار"),
    "definition": Phrase("Definition", "تعريف الحساب"),
    "note-statement-period": Phrase(
        "Requests that moved in this period or were still open at its beginning; states are those reached by its end.",
        "الطلبات التي تغيّرت حالتها في هذه الفترة أو كانت مفتوحة في بدايتها، بحالتها في نهايتها.",
    ),
    "note-left-out": Phrase(
        "There are more requests than one statement holds: older ones are left out.",
        "عدد الطلبات أكثر مما يتسع له الكشف، ولم تُدرج الطلبات الأقدم.",
    ),
}

WHAT_FOR: Mapping[str, Phrase] = {
    "consumption": Phrase("Consumption", "استهلاك"),
    "electricity-bill": Phrase("Electricity", "كهرباء"),
    "meter-service": Phrase("Meter service", "خدمة العداد"),
    "instalment": Phrase("Instalment", "قسط"),
    "reconnection": Phrase("Reconnection", "إعادة الخدمة"),
}

RELATIONS: Mapping[str, Phrase] = {"owner": Phrase("Owner", "مالك"), "tenant": Phrase("Tenant", "مستأجر")}

BASES: Mapping[str, Phrase] = {
    "billing": Phrase("Billing's books", "سجلات الفوترة"),
    "tenancy-contract": Phrase("Tenancy contract", "عقد إيجار"),
    "ownership-deed": Phrase("Ownership deed", "صك ملكية"),
    "transfer": Phrase("Transfer", "نقل الحساب"),
    "back-office": Phrase("Review by our staff", "مراجعة المختصين"),
}

REQUEST_KINDS: Mapping[str, Phrase] = {
    "actual-account": Phrase("Transfer of the actual account", "نقل الحساب الفعلي"),
    "ownership": Phrase("Transfer of ownership", "نقل الملكية"),
    "subscriber": Phrase("Registration of a subscriber", "تسجيل مشترك"),
    "subscription-end": Phrase("End of a subscription", "إنهاء اشتراك"),
    "instalments": Phrase("Instalments", "تقسيط"),
    "beneficiary-evidence": Phrase("Evidence of who benefits", "إثبات المستفيد"),
    "bill-copy": Phrase("Copy of a bill", "نسخة من فاتورة"),
    "bill-correction": Phrase("Correction of a bill", "تصحيح فاتورة"),
    "bill-language": Phrase("Language of the bill", "لغة الفاتورة"),
    "complaint": Phrase("Complaint", "شكوى"),
    "outage": Phrase("Power outage", "بلاغ انقطاع الكهرباء"),
    "danger": Phrase("Danger", "بلاغ خطر"),
    "insulation": Phrase("Thermal insulation", "العزل الحراري"),
    "barq-plus": Phrase("Barq Plus", "برق بلس"),
    "smart-meter": Phrase("Smart meter", "العداد الذكي"),
}

STATES: Mapping[str, Phrase] = {
    "requested": Phrase("Requested", "قُدّم"),
    "received": Phrase("Received", "استُلم"),
    "asked": Phrase("Asked for", "طُلب"),
    "checking": Phrase("Being checked", "قيد التحقق"),
    "awaiting-consents": Phrase("Waiting for consents", "بانتظار الموافقات"),
    "closing": Phrase("Closing reading and bill", "القراءة والفاتورة الختامية"),
    "moving": Phrase("Moving", "جارٍ النقل"),
    "undoing": Phrase("Being undone", "قيد التراجع"),
    "completed": Phrase("Completed", "اكتمل"),
    "cancelled": Phrase("Cancelled", "أُلغي"),
    "declined": Phrase("Declined", "لم يُقبل"),
    "timed-out": Phrase("Timed out", "انتهت المهلة"),
    "failed": Phrase("Not possible", "تعذّر"),
    "quoted": Phrase("Plan offered", "عُرضت الخطة"),
    "accepted": Phrase("Accepted", "قُبل"),
    "agreed": Phrase("Agreed", "اعتُمد"),
    "refused": Phrase("Refused", "رُفض"),
    "expired": Phrase("Expired", "انتهت الصلاحية"),
    "nothing-due": Phrase("Nothing due", "لا مستحقات"),
    "parts-too-small": Phrase("Amount too small for instalments", "المبلغ أقل من أن يُقسَّط"),
    "not-available": Phrase("Not available", "لم يتوفر"),
    "assigned": Phrase("Assigned", "أُسند"),
    "escalated": Phrase("Escalated", "صُعّد"),
    "answered": Phrase("Answered", "أُجيب"),
    "resolved": Phrase("Resolved", "حُلّ"),
    "secured": Phrase("Secured", "أُمّن الموقع"),
    "no-danger-found": Phrase("No danger found", "لم يوجد خطر"),
    "visit-planned": Phrase("Visit planned", "حُددت زيارة"),
    "approved": Phrase("Approved", "اعتُمد"),
    "installed": Phrase("Installed", "رُكّب"),
    "assessed": Phrase("Assessed", "قُيّم"),
    "connected": Phrase("Connected", "أُوصلت الخدمة"),
    "under-review": Phrase("Under review", "قيد المراجعة"),
    "corrected": Phrase("Corrected", "صُحّح"),
    "confirmed-as-billed": Phrase("Confirmed as billed", "الفاتورة صحيحة"),
    "sent": Phrase("Sent", "أُرسل"),
    "changed": Phrase("Changed", "غُيّر"),
    "withdrawn": Phrase("Withdrawn", "سُحب"),
    "settled": Phrase("Settled", "حُسم"),
    "disputed": Phrase("In dispute", "محل نزاع"),
    "confirmed": Phrase("Confirmed", "ثبت"),
    "not-confirmed": Phrase("Not confirmed", "لم يثبت"),
    "not-yet-in-force": Phrase("Not yet in force", "لم يسرِ بعد"),
    "not-checked": Phrase("Could not be checked", "تعذّر التحقق"),
}
