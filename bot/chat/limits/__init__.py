"""What each platform documents about how much it takes: one module per platform, each number written once.

The renderers keep to them, the fakes refuse by them, and `homeroom check` says of every lesson whether it fits.
Budgets, pauses and timeouts are ours and stand with each platform.
"""
