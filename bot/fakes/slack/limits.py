"""Slack's numbers. Where no other source stands, it is docs.slack.dev."""

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
TEXT = 40_000  # characters of a message's text
BLOCKS_CHARACTERS = 13_000  # over all blocks of a message: slackapi/bolt-js#2509, not documented
MARKDOWN = 12_000  # all markdown blocks of one payload together
TABLE_CHARACTERS = 10_000  # all cells of one table
ATTACHMENTS = 100
HISTORY_PAGE = 999  # messages
RESPONSE_URL_USES = 5
SOCKETS = 10
