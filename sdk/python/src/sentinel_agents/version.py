"""The one place that knows the version."""

#: From 0.2 on guards hold budgets of runs themselves: Sentinel then pauses no other run of the agent.
VERSION = "0.4.0"
