"""The reader: every lesson, paper briefing and concept as a page, never ahead of the cohort.

`pages.reader_page` is the whole of it, and pure; `routes.reader_routes` serves it, `exporting.export_pages` writes it
to a folder. One flat tree of names with relative links (`index.html`, `day-32.html`, `paper-11.html`, `files/…`) works
under any prefix and from disk.
"""
