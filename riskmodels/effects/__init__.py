"""Did an action work, and what did an incident cost."""
