"""How things look: safe text, times in words, states as glyph and word, themes."""
