"""Words of which most talk is made, whatever it is about: that an entry holds one of them proves little.

From general knowledge of English, and not from any query.
"""

from bot.curriculum.stems import stem

_WORDS = """"time times year years people day days man thing things woman life world week weeks month months hour
hours minute minutes today tomorrow yesterday tonight morning night evening now then soon later late early again
always never ever often sometimes already yet still once good bad nice great new old big little small long short high
low right wrong same different sure happy sorry fine okay ok know think want wants need like get got go goes going
gone come came make makes made take took give gave put keep let see saw look find tell told ask say said talk speak
hear heard feel felt try tried use used work help start stop begin end call turn show leave left bring buy pay meet
sit stand run walk live eat drink sleep send open close wait move play read write change one two three four five first
second last next another many few lot lots bit all both each every anybody anyone everybody everyone nobody somebody
someone something anything nothing everything please thanks thank hello hi hey yes about after before because between
during under over through without within against around away back down here maybe really actually quite rather well
even also home house room place town school friend mother father family name number part explain mean means meaning
define definition difference example question answer paper word words"""

_STEMS = frozenset(map(stem, _WORDS.split()))


def is_everyday(word: str) -> bool:
    """Whether a folded word, or one of its kin, is of that sort."""
    return stem(word) in _STEMS
