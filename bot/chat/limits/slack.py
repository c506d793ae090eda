"""Slack's numbers. Each group names the page of docs.slack.dev that states it; "(SDK)" marks what Slack's own Python
SDK checks as well, which a test compares. Characters are those of the text as it is sent, times seconds.
"""

# Block Kit reference, "Blocks"
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100  # of a modal or a home tab
BLOCK_ID = 255  # (SDK)
SECTION = 3_000  # a section's text
SECTION_FIELDS = 10  # (SDK)
SECTION_FIELD = 2_000
HEADER = 150  # (SDK)
CONTEXT_ELEMENTS = 10  # (SDK)
CONTEXT = 3_000  # one element's text, which is a text object
ACTIONS = 25  # elements of one actions block (SDK)
LABEL = 2_000  # an input's label, and its hint (SDK)
ALT_TEXT = 2_000  # (SDK)
IMAGE_TITLE = 2_000  # (SDK)
IMAGE_URL = 3_000  # (SDK)
MARKDOWN = 12_000  # all markdown blocks of one payload together
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 10_000  # the cells of all tables of one message together, data tables included
DATA_TABLE_ROWS = 101  # with the header
DATA_TABLE_LEAST = 2  # rows, the header included
DATA_TABLE_PAGE = 100  # rows of one page

# Block Kit reference, "Block elements"
ACTION_ID = 255  # (SDK)
BUTTON_TEXT = 75  # (SDK)
BUTTON_VALUE = 2_000  # (SDK)
BUTTON_URL = 3_000  # (SDK)
ACCESSIBILITY_LABEL = 75  # (SDK)
PLACEHOLDER = 150  # (SDK)
SELECT_OPTIONS = 100  # (SDK)
OVERFLOW_OPTIONS = 5  # (SDK)
RADIO_OPTIONS = 10  # of radio buttons, and of checkboxes
QUERY_LENGTH = 1_000  # the largest min_query_length of an external select: no page states one
INPUT = 3_000  # of a plain_text_input

# Block Kit reference, "Composition objects"
TEXT_OBJECT = 3_000
OPTION_TEXT = 75  # and its description (SDK)
OPTION_VALUE = 150
OPTION_URL = 3_000
GROUP_LABEL = 75  # (SDK)
CONFIRM_TITLE = 100  # (SDK)
CONFIRM_TEXT = 300  # (SDK)
CONFIRM_BUTTON = 30  # (SDK)

# Reference, "Modal views" and "Home tab views"
VIEW_TITLE = 24  # and its two buttons (SDK)
PRIVATE_METADATA = 3_000  # (SDK)
CALLBACK_ID = 255  # (SDK)
EXTERNAL_ID = 255

# Web API, "chat.postMessage", "conversations.history", "pins.add"
TEXT = 40_000  # characters of a message's text
ATTACHMENTS = 100
HISTORY_PAGE = 999  # messages
PINS = 100  # in one channel: seen, not documented
BLOCKS_CHARACTERS = 13_000
"""Over all blocks of a message. Not documented: slackapi/bolt-js#2509 and #2867 saw `msg_blocks_too_long` from about
13,300 characters of one block, and with 11,341 characters of text in many rich_text blocks."""

# Interactivity, Socket Mode and the Events API
ACKNOWLEDGE_SECONDS = 3.0
TRIGGER_SECONDS = 3.0
RESPONSE_URL_USES = 5
RESPONSE_URL_SECONDS = 1_800.0
SOCKETS = 10
EVENT_SECONDS = 300.0  # the age of a signed request beyond which it is a replay, by "Verifying requests from Slack"

# App manifest schema (compared by a test)
APP_NAME = 35
APP_DESCRIPTION = 140
APP_LONG_DESCRIPTION = 4_000
SLASH_COMMANDS = 50
COMMAND_NAME = 32
COMMAND_DESCRIPTION = 2_000
COMMAND_HINT = 1_000
SHORTCUTS = 10
SHORTCUT_NAME = 24
SHORTCUT_DESCRIPTION = 150
UNFURL_DOMAINS = 5
AGENT_DESCRIPTION = 300
SUGGESTED_PROMPTS = 4
