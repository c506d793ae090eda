"""What is drawn and set: a cohort's heat map (PNG) and a member's portfolio (PDF), by templates that stand beside.

Each picture is set by a program of its own (`setter.py`), which ends with it: nothing stays in memory, hostile words
can harm nothing but their own picture, and there is nobody to shut down.
"""
