"""Where somebody's clock probably stands: a first guess that a form shows and its writer corrects. Pure."""

from zoneinfo import available_timezones

from babel.core import get_global, parse_locale

ZONES = tuple(
    sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
)
"""Every zone that is named after a place."""

MOST_PEOPLE = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Chuuk",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Gaza",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
}
"""Of the territories that have several zones, the one in which most of their people live."""


def guess_zone(zone: str | None, locale: str | None) -> str:
    """An IANA zone. zone: the person's own, where a platform tells it; locale: their program's language, like "de" or
    "en-US". A language without a territory stands for the one where most people write it (CLDR's likely subtags), so
    that "en" becomes New York; where nothing can be told it is UTC."""
    if zone is not None and zone in ZONES:
        return zone
    territory = _territory(locale) if locale else None
    return _zone_of(territory) if territory else "UTC"


def _territory(locale: str) -> str | None:
    """ "pt-BR" → "BR", "ja" → "JP"; None for what is no locale."""
    try:
        language, territory, script, *_ = parse_locale(locale[:30].replace("-", "_"))
    except ValueError:
        return None
    if territory:
        return territory if territory.isalpha() else None  # "419" is half a continent
    likely = get_global("likely_subtags")
    found = (script and likely.get(f"{language}_{script}")) or likely.get(language)
    return parse_locale(found)[1] if found else None


def _zone_of(territory: str) -> str:
    zones = [each for each in get_global("territory_zones").get(territory, ()) if each in ZONES]
    chosen = MOST_PEOPLE.get(territory)
    return chosen if chosen in ZONES else zones[0] if len(zones) == 1 else "UTC"
