"""The agenda: a screen of its own, computed anew when something changes and as time goes by."""
