"""A sandbox of faktoora: invoices made and read, customers, products, projects and webhooks, as its documents describe them."""
