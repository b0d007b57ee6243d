"""Training and evaluation data of the reasoner: generated word problems, SVAMP, GSM8K, chat prompts."""
