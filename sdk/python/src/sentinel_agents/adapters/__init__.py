"""One module for each framework, imported only where it is used: none of them is needed by the rest.

`sentinel_agents.adapters.langchain`, `.openai_agents`, `.pydantic_ai`, `.agent_framework`, `.crewai`, `.google_adk`.
"""
