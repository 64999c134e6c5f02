"""What tests share: references, harnesses, hostile files, and models that people write."""
