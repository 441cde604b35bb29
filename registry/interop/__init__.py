"""APIs of other systems at URLs of their own, for their clients."""
