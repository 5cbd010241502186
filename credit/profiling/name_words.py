"""What names of columns say, word by word."""

import re


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


LABEL = _set(
    "label target default defaulted bad y delinquent delinquency late outcome loss npl arrears chargeoff class"
)
"""Words of an outcome's name."""
BAD = _set("bad late default defaulted delinquent yes y true fail failed unpaid loss b")
"""Texts that say that a row is bad, where the other text does not."""
IDENTIFIER = _set("id ids identifier number no nr key code uuid guid reference ref account customer")
"""Words of the name of what tells rows apart."""
OBSERVATION = _set("application applied request requested issue issued invoice open opened observed start")
"""Words of the name of the time that a row is as of."""

_SENSITIVE = _set("""
    sex gender female male
    age birth birthday birthdate birthyear dob
    marital marriage married maritalstatus spouse divorced widowed children
    race ethnic ethnicity ancestry tribe caste skin
    religion religious faith church
    nationality nation citizenship citizen immigrant immigration foreigner
    disability disabled handicap pregnant pregnancy
    orientation union political genetic
""")
_OF_THINGS = _set("""
    account accounts company firm business wallet invoice loan credit card vehicle car house home building property
    device phone relationship contract policy file line tradeline oldest
""")
"""What an age is of where it is nobody's."""


_PLACE = _set("""
    zip zipcode postcode postal postalcode plz pincode city town village suburb district county borough province region
    neighborhood neighbourhood address birthplace
""")
_POSTAL = _set("zip zipcode postcode postal postalcode plz pincode")
LATE = _set("late lateness overdue delinquent delinquency arrears dpd")
"""Words of the name of a number that is above 0 of a row that is bad."""


def words_of(name: str) -> frozenset[str]:
    """The words of a name, in small letters: of `DaysLate`, `days_late` and `days late` the same two."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return frozenset(re.findall(r"[a-z]+", spaced.lower()))


def is_sensitive(name: str) -> bool:
    """Whether a name speaks of sex, age, marriage, race, religion, nationality or the like."""
    words = words_of(name)
    found = words & _SENSITIVE
    return bool(found) and not (found == {"age"} and words & _OF_THINGS)


def is_place(name: str) -> bool:
    """Whether a name speaks of where somebody lives, which may stand in for what nobody may be judged by."""
    return bool(words_of(name) & _PLACE)


def is_postal(name: str) -> bool:
    """Whether a name is that of a postal code: digits that are no number."""
    return bool(words_of(name) & _POSTAL)
