"""The rules of the domain by id, one sentence each, and those that this release must prove."""

from typing import Final

RULES: Final[dict[str, str]] = {
    # the whole
    "J1": "A customer's own journey needs no employee; only conflicting claims may.",
    "J2": "Sign up, log in, define the account, then use services; too early is refused with the missing step.",
    "J3": "Each command has exactly one answer, correlated by its id; sent again, it only gets it again.",
    "J4": "A refusal has a public reason with a text in two languages and a precise one for operators only.",
    # identity
    "I1": "A registration says whether it is an individual's or a business's.",
    "I2": "An individual states a nationality by its two-letter code; a business states none.",
    "I3": "Types of identity are data: digits, first digit and checksum as each has them; either script is read.",
    "I4": "Birth dates are Hijri, of a day that exists and has come; the triple and its Gregorian date are both kept.",
    "I5": "The first code goes to the mobile approved in the registry, never to one that was typed.",
    "I6": "A code counts when entered within 60 seconds of its sending, and within 120 of its making.",
    "I7": "After the first code come e-mail, mobile and password.",
    "I8": "Accepted terms are kept as evidence: version, language, hash of the text, time and channel.",
    "I9": "A second code proves the mobile just given.",
    "I10": "An activation link by e-mail lives 24 hours; only its token activates, and again changes nothing.",
    "I11": "Login is by identity number and password, after activation only; the token is sealed to the asker's key.",
    "I12": "Services need a national address: one of the registry's, or a new one.",
    "I13": "Resend, forgotten password, changes of contact, log out, sessions, closing, export and erasure.",
    "I14": "Guessing is bounded: five tries a code, budgets a person and a number that survive everything.",
    "I15": "Known and unknown identities get the same public answer in the same time.",
    "I16": "Passwords are judged by length and an offline list, hashed with Argon2id; no rules of composition.",
    "I17": "A business is registered by an active individual, its authorised person.",
    "I18": "Outside identity a person is a random id; only identity can tell whose it is.",
    # accounts
    "A1": "Defining an account begins with the relation to the supply: owner or tenant.",
    "A2": "The kind of identifier is chosen from data, then the identifier is given.",
    "A3": "A person reviews what they gave themselves, and nothing about anybody else.",
    "A4": "A person declares whether they are the actual beneficiary.",
    "A5": "The amounts due from this person are shown with what for, period, due date and as of when.",
    "A6": "The service's terms are accepted.",
    "A7": "Completing issues the reference number by itself.",
    "A8": "A definition's reference answers for every request under it, to its owner only.",
    "A9": "The actual account moves to owner or tenant, with both consents and every half-done step undone.",
    "A10": "Who truly benefits from a supply is determined from evidence; conflicts go to the back office.",
    "A11": "Defining needs a login; services need a defined account and a national address besides.",
    "A12": "Ownership is transferred.",
    "A13": "A subscriber is registered on a supply, and ends.",
    "A14": "Instalments add up to the debt in halalas.",
    "A15": "A bill can be asked for again, corrected, or in another language.",
    "A16": "Complaints and outages are joined into incidents; danger goes first.",
    "A17": "Insulation, quick connections and smart meters can be asked for.",
    "A18": "Who was liable on a day has one answer; debts stay with the person.",
    "A19": "Legal clocks run in working days and compensation follows a dated table.",
    "A20": "A reference number can be read over the phone: 50 bits, a check character, groups of four.",
    # notifications
    "N1": "No broadcast ever delays a code.",
    "N2": "What can no longer be used is not sent: it expires, and that is an event.",
    "N3": "Links, successes and security notices go out by SMS and e-mail in the person's language.",
    "N4": "Broadcasts have a class, permitted hours, opt-outs, progress, pause and cancel.",
    "N5": "Several gateways, and fail-over within seconds for codes.",
    "N6": "A hand-over with an unknown result is settled before anything is sent again.",
    "N7": "Receipts, late and out of order, only move a message forward.",
    "N8": "Templates are linted: same placeholders, isolated values, SMS parts within budget, allowed links.",
    "N9": "Contact channels are data, used in messages and told to whoever asks.",
    "N10": "An unknown hand-over of a code is never repeated; asking again costs the customer nothing.",
    # reports
    "R1": "Consumption by day, month and year, with the tariff's working and an honest comparison.",
    "R2": "Opening balance and bills less payments is the closing balance, or the report fails.",
    "R3": "Statements of requests and of relations in time.",
    "R4": "Reports are bilingual, tagged, reproducible PDF and CSV with every inserted number isolated.",
    "R5": "No energy is invented: a gap is no zero and has no bar.",
    "R6": "A corrected reading makes a new version and the old one stays.",
    "R7": "Days are Riyadh's and the tariff is a dated table, prorated.",
    "R8": "A report is fetched by a link that expires, by its owner only.",
}

TO_PROVE: Final = frozenset(
    [f"J{n}" for n in (1, 2, 3, 4)]
    + [f"I{n}" for n in range(1, 19)]
    + [f"A{n}" for n in (*range(1, 19), 20)]
    + [f"N{n}" for n in (2, 3, 4, 6, 8, 9, 10)]
    + [f"R{n}" for n in range(1, 8)]
)
"""The rules that this release promises."""
