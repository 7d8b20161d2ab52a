"""What each text of notifications asks for, as JSON: of the code on the path, this tree's or an earlier release's."""

import json

from services.notifications.template_texts import TEMPLATES
from services.notifications.templates import placeholders, texts_of


def asked() -> dict[str, list[str]]:
    """The placeholders of every text, by template, channel and language."""
    found = {}
    for name, template in TEMPLATES.items():
        for language, sms in template.sms.items():
            found[f"{name}/sms/{language}"] = sorted(placeholders(sms.text))
        for language, mail in template.mail.items():
            found[f"{name}/email/{language}"] = sorted({each for text in texts_of(mail) for each in placeholders(text)})
    return found


if __name__ == "__main__":
    print(json.dumps(asked()))
