"""Handing a share to a screen in the same room: a short code, four digits to compare, a link sealed to that screen."""
