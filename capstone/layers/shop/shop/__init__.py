"""What the shop's functions share: the table's keys and pages (`table`) and the HTTP edge (`web`)."""
