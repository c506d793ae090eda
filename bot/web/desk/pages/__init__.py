"""The pages of the desk: each module has its own doors; `bot.web.desk.table` puts them together."""
