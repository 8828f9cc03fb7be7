"""The OpenAPI 3.1 document: one module per resource says what its operations take and answer; ``document`` joins them."""
