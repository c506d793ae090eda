"""What goes out, drawn as each chat client shows it: Discord, Slack and the rehearsal room side by side.

Bodies in, HTML out, and pure: `pages.looks_page` draws what it is handed, word for word as it would be sent, and knows
neither platform. What it has no drawing for is shown as exactly that, never left out. `routes.looks_routes` serves the
pages, `exporting.export_looks` writes them to a folder.
"""
