"""What a customer reads when something is refused (J4): one row a public reason, Arabic and English.

A text never tells more than its reason: whether a person, a number or an account is known stays unsaid (I15).
"""

from dataclasses import dataclass
from typing import assert_never

from contracts.values.language import Language


@dataclass(frozen=True, slots=True)
class Text:
    """The same thing said in both languages."""

    ar: str
    en: str

    def in_language(self, language: Language) -> str:
        """The text in one language."""
        match language:
            case Language.ARABIC:
                return self.ar
            case Language.ENGLISH:
                return self.en
            case _:
                assert_never(language)


PUBLIC_TEXTS: dict[str, Text] = {
    # Signing up
    "segment-not-accepted": Text(
        "يرجى تحديد نوع التسجيل: فرد أو منشأة.",
        "Please state whether you are registering as an individual or as a business.",
    ),
    "individual-first": Text(
        "تُسجَّل المنشأة من قِبل فرد مفوَّض. يرجى تسجيل الدخول كفرد ثم تسجيل المنشأة.",  # I17
        "A business is registered by an individual. Please sign in as an individual, then register the business.",
    ),
    "nationality-not-accepted": Text(
        "يرجى التحقق من الجنسية المدخلة. لا تُطلب الجنسية عند تسجيل المنشآت.",
        "Please check the nationality you entered. Businesses do not state a nationality.",
    ),
    "identity-number-not-accepted": Text(
        "تعذّر قبول رقم الهوية. يرجى التحقق من نوع الهوية ورقمها ثم المحاولة مرة أخرى.",
        "We could not accept this identity number. Please check the type and the number, then try again.",
    ),
    "birth-date-not-accepted": Text(
        "تاريخ الميلاد المدخل غير موجود في تقويم أم القرى (من 1343 إلى 1500هـ) أو لم يحن بعد. "
        "يرجى التحقق من اليوم والشهر والسنة.",
        "This birth date does not exist in the Umm al-Qura calendar (1343 to 1500 AH) or lies ahead. Please check it.",
    ),
    "mobile-not-accepted": Text(
        "تعذّر قبول رقم الجوال. يرجى إدخال رقم جوال سعودي يبدأ بـ 05 ويتكون من 10 أرقام.",
        "We could not accept this mobile number. Please enter a Saudi mobile number of 10 digits that starts with 05.",
    ),
    "email-not-accepted": Text(
        "تعذّر قبول عنوان البريد الإلكتروني. يرجى التحقق من كتابته ثم المحاولة مرة أخرى.",
        "We could not accept this e-mail address. Please check its spelling and try again.",
    ),
    "password-too-short": Text(
        "كلمة المرور قصيرة. يرجى اختيار كلمة مرور أطول.",
        "This password is too short. Please choose a longer one.",
    ),
    "password-too-long": Text(
        "كلمة المرور طويلة جدًا. الحد الأعلى 128 حرفًا.",  # I16
        "This password is too long. It may have 128 characters at most.",
    ),
    "password-blocked": Text(
        "كلمة المرور هذه سهلة التخمين. يرجى اختيار كلمة مرور أخرى لا تتضمن بياناتك الشخصية ولا عبارات شائعة.",
        "This password is easy to guess. Please choose another one, without your personal data or common words.",
    ),
    "terms-version-unknown": Text(
        "نسخة الشروط والأحكام هذه غير معتمدة. يرجى الاطلاع على النسخة الحالية والموافقة عليها.",
        "These terms and conditions are not a version in force. Please read and accept the current version.",
    ),
    "already-registered": Text(
        "تعذّر إكمال التسجيل بهذه البيانات. إن كان لديك حساب، يرجى تسجيل الدخول.",
        "We could not complete the registration with these details. If you have an account already, please sign in.",
    ),
    "link-not-accepted": Text(
        "رابط التفعيل غير صالح أو انتهت صلاحيته. يرجى استخدام الرابط في أحدث رسالة منا، أو التسجيل من جديد.",
        "This link is not valid or has expired. Please use the link in our latest e-mail, or register again.",
    ),
    # Codes and signing in
    "code-not-accepted": Text(
        "تعذّر قبول رمز التحقق. يرجى التحقق منه أو طلب رمز جديد.",
        "We could not accept this code. Please check it or ask for a new one.",
    ),
    "resend-too-soon": Text(
        "يرجى الانتظار دقيقة قبل طلب رمز جديد.",
        "Please wait a minute before you ask for another code.",
    ),
    "too-many-codes": Text(
        "تجاوزت العدد المسموح به لطلب رموز التحقق. يرجى المحاولة لاحقًا.",
        "Too many codes have been asked for. Please try again later.",
    ),
    "sign-in-refused": Text(
        "تعذّر تسجيل الدخول. يرجى التحقق من رقم الهوية وكلمة المرور.",
        "We could not sign you in. Please check your identity number and password.",
    ),
    "sign-in-needed": Text(
        "يرجى تسجيل الدخول للمتابعة.",
        "Please sign in to continue.",
    ),
    "step-missing": Text(
        "هناك خطوة يجب إكمالها قبل المتابعة.",
        "There is a step to complete before you can continue.",
    ),
    "address-not-accepted": Text(
        "تعذّر قبول العنوان الوطني. يرجى التحقق من بياناته ثم المحاولة مرة أخرى.",
        "We could not accept this national address. Please check its details and try again.",
    ),
    # Businesses
    "business-name-not-accepted": Text(
        "تعذّر قبول اسم المنشأة. يرجى التحقق من كتابته ثم المحاولة مرة أخرى.",
        "We could not accept the name of this business. Please check its spelling and try again.",
    ),
    "authority-not-confirmed": Text(
        "لم يؤكد السجل الوطني أنك مفوَّض بتمثيل هذه المنشأة. يرجى التحقق من الرقم الوطني الموحد.",
        "The national registry does not confirm that you may act for this business. "
        "Please check the unified national number.",
    ),
    "business-already-registered": Text(
        "هذه المنشأة مسجّلة من قبل. يمكن لأحد المفوّضين الحاليين إضافتك.",
        "This business is registered already. One of its authorised persons can add you.",
    ),
    "too-many-businesses": Text(
        "بلغت الحد الأعلى لعدد المنشآت التي يمكنك تسجيلها. يرجى المحاولة لاحقًا.",
        "You have registered as many businesses as one person may for now. Please try again later.",
    ),
    "business-not-found": Text(
        "لم نجد منشأة بهذه البيانات يمكنك تمثيلها.",
        "We found no business with these details for which you may act.",
    ),
    "individual-only": Text(
        "يرجى تسجيل الدخول باسمك للقيام بذلك، وليس باسم المنشأة.",
        "Please do this under your own sign-in, not in the name of a business.",
    ),
    "authorised-person-not-found": Text(
        "لم نجد هذا الشخص ضمن المفوّضين عن المنشأة.",
        "We did not find this person among those who may act for the business.",
    ),
    "last-authorised-person": Text(
        "لا يمكن إزالة آخر مفوَّض عن المنشأة. يرجى إضافة شخص آخر أولًا.",
        "The last authorised person cannot be removed. Please add another one first.",
    ),
    "too-many-authorised-persons": Text(
        "بلغت المنشأة الحد الأعلى لعدد المفوّضين.",
        "This business has as many authorised persons as it may have.",
    ),
    "too-many-invitations": Text(
        "تجاوزت العدد المسموح به لإضافة المفوّضين. يرجى المحاولة لاحقًا.",
        "Too many persons have been added lately. Please try again later.",
    ),
    # Accounts
    "account-number-not-accepted": Text(
        "تعذّر قبول رقم الحساب. يرجى التحقق من رقم الاشتراك المدوّن في فاتورتك.",
        "We could not accept this account number. Please check the subscription number on your bill.",
    ),
    "already-defined": Text(
        "سبق أن عرّفت هذا الحساب.",
        "You have already defined this account.",
    ),
    "already-requested": Text(
        "سبق أن قدّمت هذا الطلب وهو قيد المعالجة.",
        "You have already made this request, and it is being handled.",
    ),
    "too-many-definitions": Text(
        "بلغت الحد الأعلى لعدد الحسابات التي يمكن تعريفها.",
        "You have defined as many accounts as one person may.",
    ),
    "too-many-requests": Text(
        "بلغت الحد الأعلى لعدد الطلبات في هذه الفترة. يرجى المحاولة لاحقًا.",
        "You have made as many requests as one person may in this period. Please try again later.",
    ),
    "request-kind-not-offered": Text(
        "لا نقدّم هذا النوع من الطلبات بهذه الطريقة. يرجى الاطلاع على الخدمات المتاحة.",
        "We do not offer this kind of request in this way. Please look at the services on offer.",
    ),
    "bill-not-theirs": Text(  # A18
        "لم يكن هذا الحساب باسمك في الشهر المطلوب. يرجى التحقق من شهر الفاتورة.",
        "This account was not in your name in that month. Please check the month of the bill.",
    ),
    "form-not-accepted": Text(
        "تعذّر قبول النموذج. يرجى التحقق من الحقول المدخلة ثم المحاولة مرة أخرى.",
        "We could not accept this form. Please check the fields you filled in and try again.",
    ),
    "not-to-be-withdrawn": Text(
        "لم يعد بالإمكان سحب هذا الطلب.",
        "This request can no longer be withdrawn.",
    ),
    "nothing-due": Text(
        "لا توجد عليك مبالغ مستحقة لهذا الحساب.",
        "You have nothing to pay on this account.",
    ),
    "instalments-too-small": Text(
        "المبلغ المستحق أقل من أن يقسّم على هذا العدد من الأقساط. يرجى اختيار عدد أقل.",
        "What you owe is too little for this many instalments. Please choose fewer.",
    ),
    "quote-expired": Text(
        "انتهت صلاحية خطة التقسيط هذه. يرجى طلب خطة جديدة.",
        "This instalment plan is no longer on offer. Please ask for a new one.",
    ),
    "plan-not-agreed": Text(
        "تعذّر اعتماد خطة التقسيط، وربما تغيّرت المبالغ المستحقة عليك. يرجى طلب خطة جديدة.",
        "The instalment plan could not be agreed; perhaps what you owe has changed. Please ask for a new one.",
    ),
    "reference-not-found": Text(
        "لم نجد طلبًا بهذا الرقم المرجعي ضمن طلباتك. يرجى التحقق من الرقم.",
        "We found no request of yours with this reference number. Please check the number.",
    ),
    # Moving an account
    "relation-does-not-fit": Text(
        "هذا الطلب لا يناسب علاقتك بالعداد كما عرّفتها (مالك أو مستأجر).",
        "This request does not fit the relation to the supply that you have defined (owner or tenant).",
    ),
    "transfer-step-not-open": Text(
        "هذه الخطوة من طلب النقل غير متاحة لك حاليًا. يرجى الاطلاع على حالة الطلب.",
        "This step of the transfer is not open to you now. Please look at the state of the request.",
    ),
    "transfer-is-over": Text(
        "انتهى طلب النقل هذا ولا يمكن تغييره.",
        "This transfer is over and can no longer be changed.",
    ),
    # Reports
    "report-range-not-accepted": Text(
        "تعذّر قبول مدة التقرير. يرجى التحقق من تاريخي البداية والنهاية.",
        "We could not accept the period of this report. Please check its first and last day.",
    ),
    "not-enough-readings": Text(
        "القراءات المتوفرة لهذه المدة غير كافية.",
        "There are not enough meter readings for this period.",
    ),
    "relation-not-confirmed": Text(
        "لم تثبت علاقتك الحالية بهذا العداد. إن عرّفت الحساب للتو فيرجى الانتظار قليلًا، "
        "وإلا فيمكنك تقديم إثبات أو طلب نقل الحساب.",
        "Your present relation to this supply is not confirmed. If you have just defined the account, please wait a "
        "little; otherwise you can give evidence or ask for a transfer.",
    ),
    "report-does-not-reconcile": Text(
        "تعذّر إصدار هذا التقرير لأن المبالغ لم تتطابق عند المراجعة. نعمل على معالجة ذلك.",
        "We could not make this report because its amounts do not add up. We are looking into it.",
    ),
    "too-many-reports": Text(
        "بلغت الحد الأعلى لعدد التقارير في اليوم. يرجى المحاولة لاحقًا.",
        "You have asked for as many reports as one person may in a day. Please try again later.",
    ),
    # A10, A12, A13: evidence
    "document-number-not-accepted": Text(
        "تعذّر قبول رقم الوثيقة. يرجى إدخال رقم عقد الإيجار أو صك الملكية كما هو مكتوب في الوثيقة.",
        "We could not accept this document number. Please enter the number of the tenancy contract or of the deed as "
        "it is written on the document.",
    ),
    # Broadcasts, by operators
    "broadcast-recipients-not-accepted": Text(
        "يرجى تحديد المناطق أو قائمة المستفيدين، أحدهما فقط.",
        "Please give either regions or a list of persons, not both.",
    ),
    "broadcast-text-not-accepted": Text(
        "تعذّر قبول نص الرسالة. يجب ألا يحوي أقواسًا معقوفة أو رموز تحكم أو روابط غير معتمدة، وألا يزيد على ثلاثة أجزاء.",
        "We could not accept the text. It must hold no braces, control characters or links to other sites, direction "
        "marks only in pairs round a value, and fit three SMS parts in each language.",
    ),
    "broadcast-validity-not-accepted": Text(
        "يجب أن تنتهي صلاحية الرسالة في المستقبل وخلال 30 يومًا، وبعد بداية الساعات المسموح فيها بإرسالها.",
        "The message must be valid until a time ahead, within 30 days, and past the beginning of its permitted hours.",
    ),
    "broadcast-id-used": Text(
        "سبق استخدام هذا المعرّف لرسالة أخرى. يرجى اختيار معرّف جديد.",
        "This id was used for another broadcast. Please choose a new one.",
    ),
    # Any command
    "command-expired": Text(
        "انتهت مهلة هذا الطلب. يرجى إرساله من جديد.",
        "This request has expired. Please send it again.",
    ),
    "command-id-reused": Text(
        "سبق استخدام معرّف هذا الطلب لطلب مختلف. يرجى إرسال الطلب من جديد.",
        "The id of this request was used before for a different one. Please send your request again.",
    ),
    "not-found": Text(
        "لم نجد طلبًا مفتوحًا بهذه البيانات. يرجى البدء من جديد.",
        "We found no open request with these details. Please start again.",
    ),
    "not-available-now": Text(
        "نعتذر، الخدمة غير متاحة حاليًا. يرجى المحاولة لاحقًا.",
        "We are sorry, this service is not available at the moment. Please try again later.",
    ),
    "malformed": Text(
        "تعذّرت قراءة الطلب. يرجى التحقق من البيانات المدخلة.",
        "We could not read this request. Please check the data you entered.",
    ),
}


def text_for(public_reason: str) -> Text:
    """The customer text of a public reason. Raises KeyError for one without a row, which is a bug (J4)."""
    return PUBLIC_TEXTS[public_reason]
