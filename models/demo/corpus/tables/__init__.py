"""The words and phrases that texts are made of."""
