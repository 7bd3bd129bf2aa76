"""Why it happened: what explains a finding, an alarm or a movement."""
