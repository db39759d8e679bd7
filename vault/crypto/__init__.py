"""All cryptography of the product: the only room that imports ``cryptography``. Bytes in, bytes out, no storage."""
