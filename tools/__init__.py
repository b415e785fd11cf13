"""Programs for those who build and check the service; the service itself imports none of them."""
