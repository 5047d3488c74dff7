"""Settings whose doors open a conversation of their own, for clients that cannot say themselves what they may."""

SETTINGS = """
doors: {{profile: left_behind}}
profiles:
  left_behind:
    purpose: customer_service
    context: call
    jurisdiction: eu
    notice_given: true
    participants: [{{who: customer, role: customer, subject: s-1, consent: {consent}}}]
"""
