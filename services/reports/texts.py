"""The words of the reports in Arabic and English. Values go in by `say`, which isolates each of them (R4)."""

import re
from collections.abc import Mapping

from contracts.values.language import Language
from services.reports.account_texts import ACCOUNT_PHRASES
from services.reports.phrase import Phrase

ISOLATE_LTR = "\u2066"
END_ISOLATE = "\u2069"


# What the fonts beside this module can show. PDF/UA refuses a text with anything else, and a direction mark in a value
# would break out of its isolate.
_NOT_SHOWN = re.compile(
    r"[^ -~\u00a1-\u00ac\u00ae-\u017f\u0621-\u063a\u0641-\u0652\u0660-\u0669\u060c\u061b\u061f\u2013\u2014\u2212]"
)


def shown(text: str) -> str:
    """A text from elsewhere with a question mark for each character that the fonts cannot show."""
    return _NOT_SHOWN.sub("?", text)


def isolate(value: str | int) -> str:
    """The value held left-to-right on its own: without it `2026-01-31` turns round in Arabic text (R4)."""
    return f"{ISOLATE_LTR}{shown(str(value))}{END_ISOLATE}"


PHRASES: Mapping[str, Phrase] = {
    **ACCOUNT_PHRASES,
    "brand": Phrase("Hesabi", "حسابي"),
    "title": Phrase("Consumption report", "تقرير الاستهلاك"),
    "period": Phrase("Period", "الفترة"),
    "span": Phrase("{first} to {last}", "من {first} إلى {last}"),
    "hijri-span": Phrase("{first} to {last} AH", "من {first} إلى {last} هـ"),
    "account": Phrase("Account number", "رقم الحساب"),
    "reference": Phrase("Reference", "الرقم المرجعي"),
    "as-of": Phrase("As of", "حتى تاريخ"),
    "as-of-value": Phrase("{instant} Riyadh time", "{instant} بتوقيت الرياض"),
    "tariff": Phrase("Tariff", "التعرفة"),
    "residential": Phrase("Residential", "سكني"),
    "commercial": Phrase("Commercial", "تجاري"),
    "consumption": Phrase("Consumption", "الاستهلاك"),
    "kwh": Phrase("kWh", "ك.و.س"),
    "no-reading": Phrase("No reading", "لا توجد قراءة"),
    "mean-day": Phrase("{kwh} kWh on an average measured day", "المتوسط {kwh} ك.و.س في اليوم المقيس"),
    "no-mean-day": Phrase("No day is fully measured", "لا يوجد يوم مقيس بالكامل"),
    "amount": Phrase("Amount with VAT", "المبلغ شامل الضريبة"),
    "sar": Phrase("SAR", "ريال"),
    "amount-note": Phrase("SAR {net} before VAT; not a bill", "{net} ريال قبل الضريبة، وليس فاتورة"),
    "no-amount": Phrase("Not computed", "لم يُحتسب"),
    "no-tariff-for-day": Phrase("The tariff table has no row for {day}.", "لا توجد تعرفة مسجلة ليوم {day}."),
    "no-readings": Phrase("There are no readings.", "لا توجد قراءات."),
    "cover": Phrase("Days measured", "الأيام المقيسة"),
    "measured-days": Phrase("{measured} of {days} days measured", "الأيام المقيسة: {measured} من {days}"),
    "cover-value": Phrase("{measured} of {days}", "{measured} من {days}"),
    "days-unit": Phrase("days", "يوم"),
    "cover-all": Phrase("No gaps", "لا توجد فجوات"),
    "cover-missing": Phrase("without readings: {n}", "بلا قراءات: {n}"),
    "cover-partial": Phrase("partial: {n}", "جزئية: {n}"),
    "cover-estimated": Phrase("estimated: {n}", "مقدّرة: {n}"),
    "comparison": Phrase("Comparison", "المقارنة"),
    "month-before": Phrase("Same period a month before", "الفترة نفسها قبل شهر"),
    "year-before": Phrase("Same period a year before", "الفترة نفسها قبل سنة"),
    "not-compared": Phrase("Not compared", "لا مقارنة"),
    "change": Phrase("Change of the average day", "تغيّر متوسط اليوم"),
    "mean-day-earlier": Phrase("Average day then, kWh", "متوسط اليوم آنذاك، ك.و.س"),
    "mean-day-now": Phrase("Average day now, kWh", "متوسط اليوم الآن، ك.و.س"),
    "no-earlier-readings": Phrase("no readings then", "لا توجد قراءات آنذاك"),
    "earlier-cover-too-low": Phrase(
        "{measured} of {days} days measured then, {percent} needed",
        "المقيس آنذاك {measured} من {days} يوم، والمطلوب {percent}",
    ),
    "cover-too-low": Phrase(
        "{measured} of {days} days measured now, {percent} needed",
        "المقيس الآن {measured} من {days} يوم، والمطلوب {percent}",
    ),
    "no-change-from-zero": Phrase("nothing was used then", "لا استهلاك آنذاك"),
    "chart-days": Phrase("Consumption by day", "الاستهلاك حسب اليوم"),
    "chart-months": Phrase("Consumption by month", "الاستهلاك حسب الشهر"),
    "chart-alt": Phrase(
        "Bar chart, {bars} bars in kWh. Highest: {peak} kWh, {peak_label}. {cover}.",
        "رسم بأعمدة عددها {bars} بالكيلوواط ساعة. الأعلى: {peak} ك.و.س في {peak_label}. {cover}.",
    ),
    "chart-alt-empty": Phrase("Bar chart without bars: no readings.", "رسم بلا أعمدة: لا توجد قراءات."),
    "legend-full": Phrase("Measured", "مقيس"),
    "legend-incomplete": Phrase("Estimated or partial", "مقدّر أو جزئي"),
    "legend-gap": Phrase("No reading (not zero)", "لا قراءة (وليس صفرًا)"),
    "working": Phrase("How the amount is worked out", "طريقة احتساب المبلغ"),
    "days": Phrase("Days", "الأيام"),
    "block": Phrase("Block", "الشريحة"),
    "block-to": Phrase("up to {limit} kWh", "حتى {limit} ك.و.س"),
    "block-above": Phrase("above {limit} kWh", "أكثر من {limit} ك.و.س"),
    "block-between": Phrase("{floor} to {limit} kWh", "من {floor} إلى {limit} ك.و.س"),
    "block-all": Phrase("all energy", "كامل الاستهلاك"),
    "energy-kwh": Phrase("Energy, kWh", "الطاقة، ك.و.س"),
    "rate": Phrase("Rate, halalas/kWh", "السعر، هللة/ك.و.س"),
    "amount-sar": Phrase("Amount, SAR", "المبلغ، ريال"),
    "subtotal": Phrase("Before VAT", "المجموع قبل الضريبة"),
    "vat": Phrase("VAT {percent} of SAR {base}", "ضريبة القيمة المضافة {percent} من {base} ريال"),
    "total": Phrase("Total", "الإجمالي"),
    "prorated": Phrase(
        "Monthly limits are prorated by days where a line covers part of a month.",
        "تُحتسب حدود الشرائح الشهرية بنسبة الأيام حيث يغطي السطر جزءًا من الشهر.",
    ),
    "tariff-source": Phrase("Source of rates: {source}.", "مصدر الأسعار: {source}."),
    "by-day": Phrase("Day by day", "يومًا بيوم"),
    "by-month": Phrase("Month by month", "شهرًا بشهر"),
    "by-year": Phrase("Year by year", "سنة بسنة"),
    "day": Phrase("Day", "اليوم"),
    "month": Phrase("Month", "الشهر"),
    "year": Phrase("Year", "السنة"),
    "hijri-day": Phrase("Hijri day", "اليوم الهجري"),
    "hijri-months": Phrase("Hijri days", "الأيام الهجرية"),
    "status": Phrase("Readings", "القراءات"),
    "measured": Phrase("Measured", "مقيس"),
    "partial": Phrase("Partial", "جزئي"),
    "estimated": Phrase("Estimated", "مقدّر"),
    "missing": Phrase("No reading", "لا قراءة"),
    "quality": Phrase("Quality mark", "علامة الجودة"),
    "quality-measured": Phrase("measured", "مقيسة"),
    "quality-raw": Phrase("raw", "خام"),
    "quality-corrected": Phrase("corrected", "مصححة"),
    "quality-estimated": Phrase("estimated", "مقدّرة"),
    "sum": Phrase("Sum of the readings, {cover}", "مجموع القراءات، {cover}"),
    "chart-unit": Phrase("kilowatt hours (kWh), {cover}", "كيلوواط ساعة (ك.و.س)، {cover}"),
    "notes": Phrase("Notes", "ملاحظات"),
    "note-gap": Phrase(
        "A day without readings has no value and no bar: a gap is not a zero, and nothing is filled in.",
        "اليوم الذي لا قراءات له بلا قيمة وبلا عمود: الفجوة ليست صفرًا، ولا يُضاف أي تقدير.",
    ),
    "note-measured": Phrase(
        "A day is measured when all its intervals are there and none is estimated. Days are Riyadh's ({offset}).",
        "يُعد اليوم مقيسًا إذا اكتملت قراءات فتراته كلها ولم يُقدَّر أي منها. الأيام بتوقيت الرياض ({offset}).",
    ),
    "note-quality": Phrase(
        "“Raw” readings come straight from the meter and have not been checked; “corrected” ones replace earlier ones.",
        "القراءة «الخام» واردة من العداد مباشرة ولم تُدقَّق، و«المصححة» حلّت محل قراءة سابقة.",
    ),
    "note-interval": Phrase("Interval length in minutes: {minutes}.", "طول فترة القراءة بالدقائق: {minutes}."),
    "note-amount": Phrase(
        "The amount is for information, from the readings there are. It is not a bill.",
        "المبلغ للعلم، ومحتسب من القراءات المتوفرة، وليس فاتورة.",
    ),
    "note-comparison": Phrase(
        "Periods are compared by their average measured day, and only when {percent} of the days of both are measured.",
        "تُقارن الفترات بمتوسط يومها المقيس، وفقط إذا كان {percent} من أيام كل منها مقيسًا.",
    ),
    "covered-s": Phrase("Covered, seconds", "المغطى، ثانية"),
    "source": Phrase("Source", "المصدر"),
    "source-note": Phrase("Source of data: {notes}.", "مصدر البيانات: {notes}."),
}

# Metering's words on where readings come from, as far as they are known; others are printed as they are.
SOURCE_NOTES: Mapping[str, Phrase] = {
    "public sample, shifted": Phrase(
        "public sample, shifted (not readings of this account)", "عيّنة عامة مُزاحة زمنيًا (ليست قراءات هذا الحساب)"
    ),
}

MONTHS: Mapping[Language, tuple[str, ...]] = {
    Language.ENGLISH: (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    Language.ARABIC: (
        "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
        "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
    ),
}  # fmt: skip

WEEKDAYS: Mapping[Language, tuple[str, ...]] = {
    Language.ENGLISH: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    Language.ARABIC: ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
}


def say(language: Language, key: str, *, inner: Mapping[str, str] | None = None, **values: str | int) -> str:
    """The phrase with every value isolated; `inner` are texts made by this module, whose numbers already are.

    KeyError for an unknown phrase or a missing value.
    """
    phrase = PHRASES[key]
    text = phrase.ar if language is Language.ARABIC else phrase.en
    return text.format_map({**(inner or {}), **{name: isolate(value) for name, value in values.items()}})


def source_text(language: Language, notes: tuple[str, ...]) -> str:
    """Where the readings come from, as metering says it; in the reader's language where the words are known."""
    known = ((SOURCE_NOTES.get(note), note) for note in notes)
    return "; ".join(
        isolate(note) if phrase is None else phrase.ar if language is Language.ARABIC else phrase.en
        for phrase, note in known
    )


def plain_name(names: Mapping[str, Phrase], code: str, language: Language) -> str:
    """The name of a code in the reader's language; of one that has none yet the code itself."""
    phrase = names.get(code)
    return code if phrase is None else phrase.ar if language is Language.ARABIC else phrase.en


def shown_name(names: Mapping[str, Phrase], code: str, language: Language) -> str:
    """The name of a code for the paper: a code without a name is isolated like every value (R4)."""
    return plain_name(names, code, language) if code in names else isolate(code)
