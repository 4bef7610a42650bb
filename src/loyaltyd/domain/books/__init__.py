"""What a decided receipt moves: sales and returns as records, and the postings that they hold."""
