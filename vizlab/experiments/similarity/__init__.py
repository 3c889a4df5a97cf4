"""How alike streams are where they meet: linear CKA. Likeness is not influence."""
