"""What a loyalty program is: values and pure decisions. No I/O, no clock, no logging."""
