"""How a command of the command line ends: exit codes, and the errors that become one line on standard error."""

from typing import Final

YES: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
NO_ANSWER: Final = 3
NOT_REACHED: Final = 4
BROKEN: Final = 5
INTERRUPTED: Final = 130

_EXIT_CODES: Final = """\
exit codes:
  0    yes: answered, sealed, shown
  1    no: the answer is a refusal, a vector is wrong, a step came out otherwise
  2    what was typed is wrong; nothing was sent
  3    {no_answer}
  4    no system is reached: is `make up` running?
  5    an error of this program: what kind and where in its code is said; whether something was sent is not known
  130  ended by Ctrl-C, or by Ctrl-D where something is asked for"""

EXIT_CODES: Final = _EXIT_CODES.format(
    no_answer="no answer in time; `./hesabi send --again` asks again with the same bytes"
)
ORDERS_EXIT_CODES: Final = _EXIT_CODES.format(
    no_answer="""not known what became of an order: look (`./hesabi dead-letters list`, or SERVICE.audit by
       `./hesabi watch`) and give it anew; what is done already is not done twice"""
)
"""Of commands that give an operator's order."""


class Wrong(Exception):
    """What was typed cannot be meant. The text never repeats a value that was given."""


class NotReached(Exception):
    """There is nobody to talk to. The text says what was tried and what would help."""
