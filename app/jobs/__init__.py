"""What requests ask of a model, one file per question; ``app.engine`` says how a job is written."""
