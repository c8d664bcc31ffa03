"""Sending email: composing one message, handing it to sendmail or an SMTP server, and a queue that tries again."""
