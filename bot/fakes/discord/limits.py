"""Discord's numbers, each with the page of its developer documentation that states it (characters are code points)."""

from dataclasses import dataclass, field

# Message resource, "Create Message"
CONTENT = 2_000
EMBEDS = 10
NONCE = 25
FILES = 10
STICKERS = 3
MENTIONED = 100  # ids in allowed_mentions.users and .roles, each
HISTORY_PAGE = 100
HISTORY_PAGE_DEFAULT = 50
REACTIONS = 20  # different emoji on one message

# Message resource, "Embed Limits"
EMBED_TITLE = 256
EMBED_DESCRIPTION = 4_096
EMBED_FIELDS = 25
EMBED_FIELD_NAME = 256
EMBED_FIELD_VALUE = 1_024
EMBED_FOOTER = 2_048
EMBED_AUTHOR = 256
EMBED_TOTAL = 6_000

# Component reference
ROWS = 5  # without the Components V2 flag
COMPONENTS = 40  # with it, nested ones included
COMPONENT_TEXT = 4_000  # with it, over all text displays
ROW_BUTTONS = 5
BUTTON_LABEL = 80
BUTTON_URL = 512
CUSTOM_ID = 100
SELECT_OPTIONS = 25
SELECT_TEXT = 100
PLACEHOLDER = 150
SECTION_TEXTS = 3
GALLERY = 10
MEDIA_DESCRIPTION = 1_024

# Interactions, "Receiving and Responding", and component reference (label, text input)
MODAL_TITLE = 45
MODAL_COMPONENTS = 5
LABEL = 45
LABEL_DESCRIPTION = 100
TEXT_INPUT = 4_000
TEXT_INPUT_PLACEHOLDER = 100
CHOICES = 25
CHOICE_NAME = 100
CHOICE_VALUE = 100
ACKNOWLEDGE_SECONDS = 3.0
INTERACTION_TOKEN_SECONDS = 15 * 60.0

# Application commands
COMMAND_NAME = 32
COMMAND_DESCRIPTION = 100
COMMAND_OPTIONS = 25
COMMAND_TEXT = 8_000  # names, descriptions and values of one command together
CHAT_COMMANDS = 100
CONTEXT_COMMANDS = 15  # user commands, and message commands, each

# Channel resource, "Start Thread from Message"
THREAD_NAME = 100
AUTO_ARCHIVE = (60, 1_440, 4_320, 10_080)  # minutes

# Gateway
GATEWAY_PAYLOAD = 4_096  # bytes from the client
GATEWAY_COMMANDS = 120  # from the client, per minute
SESSION_STARTS = 1_000  # a day; the token of a bot that opens more is reset
SESSION_DAY = 86_400.0
IDENTIFY_SECONDS = 5.0  # in which max_concurrency shards may identify

NONCE_SECONDS = 180.0
"""How long a nonce is remembered. The documentation says "the past few minutes" and gives no number."""

LIVES_LONG = 3_600.0
"""Seconds after which edits to a message are limited (error 30046)."""
OLD_EDITS = 30
"""Edits to old messages of one channel per hour. No number is documented."""


@dataclass(frozen=True)
class Rates:
    """How often a bot may call. (calls, seconds) per route and major parameter; only `overall` is documented (50
    requests a second per bot), the others are for a client to read from the headers."""

    overall: int = 50
    ordinary: tuple[int, float] = (50, 1.0)
    routes: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Route template, like "POST /channels/{channel}/messages" → (calls, seconds)."""


AS_SEEN = Rates(
    routes={
        "POST /channels/{channel}/messages": (5, 5.0),
        "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (1, 0.25),
        "POST /channels/{channel}/messages/{message}/threads": (50, 300.0),
    }
)
"""Near what the real service's headers have been seen to say: for tests of patience, slow."""
