"""Discord's numbers. Each group names the page of Discord's developer documentation that states it; "(OpenAPI)" marks
what Discord's own API description states as well, which a test compares. Characters are code points, times seconds.
"""

# Message resource, "Create Message" and "Message Flags"
CONTENT = 2_000  # the API description says 4,000, which is for people with a subscription
EMBEDS = 10  # (OpenAPI)
NONCE = 25  # (OpenAPI)
FILES = 10  # (OpenAPI)
FILE_BYTES = 10 * 1024**2  # of each, where nobody has paid for more ("Uploading Files")
STICKERS = 3  # (OpenAPI)
MENTIONED = 100  # ids in allowed_mentions.users and .roles, each (OpenAPI)
HISTORY_PAGE = 100
HISTORY_PAGE_DEFAULT = 50
REACTIONS = 20  # different emoji on one message
V2 = 1 << 15  # IS_COMPONENTS_V2
EPHEMERAL = 1 << 6

# Message resource, "Embed Limits"
EMBED_TITLE = 256  # (OpenAPI)
EMBED_DESCRIPTION = 4_096
EMBED_FIELDS = 25  # (OpenAPI)
EMBED_FIELD_NAME = 256  # (OpenAPI)
EMBED_FIELD_VALUE = 1_024  # (OpenAPI)
EMBED_FOOTER = 2_048  # (OpenAPI)
EMBED_AUTHOR = 256  # (OpenAPI)
EMBED_TOTAL = 6_000  # over all embeds of a message

# Component reference
ROWS = 5  # without the Components V2 flag
COMPONENTS = 40  # with it, nested ones included (OpenAPI)
COMPONENT_TEXT = 4_000  # with it, over all text displays (OpenAPI, for each of them)
ROW_BUTTONS = 5  # (OpenAPI)
BUTTON_LABEL = 80  # (OpenAPI)
BUTTON_URL = 512  # (OpenAPI)
CUSTOM_ID = 100  # (OpenAPI)
SELECT_OPTIONS = 25  # (OpenAPI)
SELECT_TEXT = 100  # an option's label, value and description, each (OpenAPI)
PLACEHOLDER = 150  # of a select (OpenAPI)
SECTION_TEXTS = 3  # (OpenAPI)
GALLERY = 10  # (OpenAPI)
MEDIA_DESCRIPTION = 1_024
MEDIA_URL = 2_048
COLOUR = 0xFFFFFF  # the largest accent colour (OpenAPI)

# Interactions, "Receiving and Responding"; component reference, "Label" and "Text Input"
MODAL_TITLE = 45  # (OpenAPI)
MODAL_COMPONENTS = 5  # the API description says 40
LABEL = 45  # (OpenAPI)
LABEL_DESCRIPTION = 100
TEXT_INPUT = 4_000  # (OpenAPI)
TEXT_INPUT_PLACEHOLDER = 100  # (OpenAPI)
CHOICES = 25  # of an autocompleted option (OpenAPI)
CHOICE_NAME = 100  # (OpenAPI)
CHOICE_VALUE = 100  # the API description says 6,000
ACKNOWLEDGE_SECONDS = 3.0
INTERACTION_TOKEN_SECONDS = 15 * 60.0

# Application commands
COMMAND_NAME = 32  # (OpenAPI)
COMMAND_DESCRIPTION = 100  # (OpenAPI, for its translations)
COMMAND_OPTIONS = 25  # (OpenAPI)
COMMAND_TEXT = 8_000  # names, descriptions and values of one command together
CHAT_COMMANDS = 100
CONTEXT_COMMANDS = 15  # user commands, and message commands, each

# Channel resource, "Start Thread from Message", "Start Thread in Forum or Media Channel", "Forum Tag Object"
THREAD_NAME = 100  # (OpenAPI)
AUTO_ARCHIVE = (60, 1_440, 4_320, 10_080)  # minutes (OpenAPI)
APPLIED_TAGS = 5  # (OpenAPI)
TAGS = 20  # of one forum
TAG_NAME = 20  # the API description says 50
PINS = 50  # in one channel, by "JSON Error Codes", 30003; Discord has raised it since, and the smaller one holds always

# Gateway
GATEWAY_PAYLOAD = 4_096  # bytes from the client
GATEWAY_COMMANDS = 120  # from the client, per minute
SESSION_STARTS = 1_000  # a day; the token of a bot that opens more is reset
SESSION_DAY = 86_400.0
IDENTIFY_SECONDS = 5.0  # in which max_concurrency shards may identify

# "Rate Limits": all else stands in the answers' headers
CALLS_PER_SECOND = 50  # over all routes, for one bot
INVALID_REQUESTS = 10_000  # answers 401, 403 and 429 in INVALID_SECONDS, after which an address is banned
INVALID_SECONDS = 600.0
OLD_MESSAGE_SECONDS = 3_600.0  # edits to what is older are limited, by "JSON Error Codes", 30046
